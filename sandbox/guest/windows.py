"""The windows of the desktop, as the window manager lists and steers them (EWMH)."""

from __future__ import annotations

from typing import Any

from Xlib import X, display
from Xlib.error import XError
from Xlib.protocol import event

FROM_A_PAGER = 2
"""Who asks, in EWMH's words: the window manager obeys a pager, where it may only mark an application."""


SAMPLED = 13
"""One pixel of so many is looked at to see whether a window is painted."""
MOST_OF_A_BLANK = 2
"""Colours of a window that is not painted yet: its background, and perhaps an edge."""
LEAST_SIDE = 6
MOST_DEPTH = 4
_KIND = "_NET_WM_WINDOW_TYPE"
_NO_TASKS = ("DOCK", "DESKTOP", "SPLASH")
"""Kinds of windows that are no place to work: a panel, the background, a picture while a program loads."""


def windows(*, with_panels: bool = False) -> list[dict[str, Any]]:
    """Every window that a person would see in a task list: id, title, class, instance, pid.

    Args:
        with_panels: those too that a task list leaves out.
    """
    screen = display.Display()
    try:
        left_out = [screen.intern_atom(f"{_KIND}_{kind}") for kind in _NO_TASKS]
        listed = _property(screen, screen.screen().root, "_NET_CLIENT_LIST")
        active = _property(screen, screen.screen().root, "_NET_ACTIVE_WINDOW")
        found = []
        for number in listed if listed is not None else ():
            try:
                kinds = _property(screen, screen.create_resource_object("window", int(number)), _KIND)
                if not with_panels and kinds is not None and set(kinds) & set(left_out):
                    continue
                found.append(_describe(screen, int(number), active is not None and number in active))
            except XError:
                continue  # it was closed while we looked
        return found
    finally:
        screen.close()


def activate(number: int) -> None:
    """Ask the window manager to raise a window and give it the keyboard."""
    _ask(number, "_NET_ACTIVE_WINDOW", [FROM_A_PAGER, X.CurrentTime, 0, 0, 0])


def close(number: int) -> None:
    """Ask a window to close, as a click on its corner would; it may ask back instead."""
    _ask(number, "_NET_CLOSE_WINDOW", [X.CurrentTime, FROM_A_PAGER, 0, 0, 0])


def size(number: int) -> tuple[int, int]:
    """Width and height of a window in pixels, without its frame.

    Raises:
        LookupError: it was closed.
    """
    screen = display.Display()
    try:
        found = screen.create_resource_object("window", number).get_geometry()
    except XError as error:
        raise LookupError("the window was closed") from error
    finally:
        screen.close()
    return int(found.width), int(found.height)


def _ask(number: int, message: str, data: list[int]) -> None:
    screen = display.Display()
    try:
        root = screen.screen().root
        asked = event.ClientMessage(
            window=screen.create_resource_object("window", number),
            client_type=screen.intern_atom(message),
            data=(32, data),
        )
        root.send_event(asked, event_mask=X.SubstructureRedirectMask | X.SubstructureNotifyMask)
        screen.sync()
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
        "instance": str(names[0]),
        "pid": int(pid[0]) if pid is not None and len(pid) else 0,
        "active": active,
        "mapped": window.get_attributes().map_state == X.IsViewable,
    }


def _property(screen: Any, window: Any, name: str) -> Any:
    found = window.get_full_property(screen.intern_atom(name), X.AnyPropertyType)
    return None if found is None else found.value


def sample(number: int) -> tuple[bytes, ...] | None:
    """Some of the pixels that the screen shows where a window is; None if it has gone or lies outside."""
    screen = display.Display()
    try:
        window = screen.create_resource_object("window", number)
        place, root = window.get_geometry(), screen.screen().root
        at = window.translate_coords(root, 0, 0)
        whole = root.get_geometry()
        left, top = max(0, -at.x), max(0, -at.y)
        right, bottom = min(whole.width, left + place.width), min(whole.height, top + place.height)
        if right <= left or bottom <= top:
            return None
        data = root.get_image(left, top, right - left, bottom - top, X.ZPixmap, 0xFFFFFFFF).data
    except XError:
        return None
    finally:
        screen.close()
    return tuple(data[i : i + 3] for i in range(0, len(data) - 3, 4 * SAMPLED))


def surfaces() -> list[dict[str, Any]]:
    """Every window that is to be seen, menus and tips too, the lowest first.

    Each has "id", "title", "box" (with its frame, as left, top, right, bottom), "popup" (the window
    manager does not know it: a menu, a tip) and "parts": what the window manager painted around it, each
    a box.
    """
    screen = display.Display()
    try:
        listed = _property(screen, screen.screen().root, "_NET_CLIENT_LIST")
        clients = set(listed) if listed is not None else set()
        found = []
        for window in screen.screen().root.query_tree().children:
            try:
                found.append(_surface(screen, window, clients))
            except XError:
                continue  # it was closed while we looked
        return [one for one in found if one is not None]
    finally:
        screen.close()


def _surface(screen: Any, window: Any, clients: set[int]) -> dict[str, Any] | None:
    place = window.get_geometry()
    if not _seen(window) or min(place.width, place.height) < LEAST_SIDE:
        return None
    client, parts = (window.id, []) if window.id in clients else _inside(window, place, clients)
    edge = 2 * place.border_width
    return {
        "id": client or window.id,
        "title": _describe(screen, client, False)["title"] if client else "",
        "box": [place.x, place.y, place.x + place.width + edge, place.y + place.height + edge],
        "popup": client is None,
        "parts": parts if client else [],
    }


def _inside(frame: Any, place: Any, clients: set[int]) -> tuple[int | None, list[list[int]]]:
    """The client that a frame holds, and the boxes of the other windows in it that can be seen."""
    client, parts = None, []
    todo = [(frame, place.x, place.y, 0)]
    while todo:
        parent, left, top, depth = todo.pop()
        for window in parent.query_tree().children:
            if window.id in clients:
                client = window.id
            elif _seen(window):
                place = window.get_geometry()
                x, y = left + place.x + place.border_width, top + place.y + place.border_width
                parts.append([x, y, x + place.width, y + place.height])
                if depth < MOST_DEPTH:
                    todo.append((window, x, y, depth + 1))
    return client, parts


def _seen(window: Any) -> bool:
    attributes = window.get_attributes()
    return bool(attributes.map_state == X.IsViewable and attributes.win_class == X.InputOutput)
