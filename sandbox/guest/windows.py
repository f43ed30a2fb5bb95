"""The windows of the desktop, as the window manager lists them (EWMH)."""

from __future__ import annotations

from typing import Any

from Xlib import X, display
from Xlib.error import XError


def windows() -> list[dict[str, Any]]:
    """Every window that a person would see in a task list: id, title, class, pid."""
    screen = display.Display()
    try:
        listed = _property(screen, screen.screen().root, "_NET_CLIENT_LIST")
        active = _property(screen, screen.screen().root, "_NET_ACTIVE_WINDOW")
        found = []
        for number in listed if listed is not None else ():
            try:
                found.append(_describe(screen, int(number), active is not None and number in active))
            except XError:
                continue  # it was closed while we looked
        return found
    finally:
        screen.close()


def _describe(screen: Any, number: int, active: bool) -> dict[str, Any]:
    window = screen.create_resource_object("window", number)
    title = _property(screen, window, "_NET_WM_NAME")
    pid = _property(screen, window, "_NET_WM_PID")
    names = window.get_wm_class() or ("", "")
    plain = window.get_wm_name() or ""
    return {
        "id": number,
        "title": bytes(title).decode(errors="replace") if title is not None else str(plain),
        "class": str(names[1]),
        "pid": int(pid[0]) if pid is not None and len(pid) else 0,
        "active": active,
        "mapped": window.get_attributes().map_state == X.IsViewable,
    }


def _property(screen: Any, window: Any, name: str) -> Any:
    found = window.get_full_property(screen.intern_atom(name), X.AnyPropertyType)
    return None if found is None else found.value
