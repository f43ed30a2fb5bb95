"""What the X server and the window manager know of the windows on the screen, as JSON.

    python3 x_windows.py                   every window that is to be seen, the lowest first
    python3 x_windows.py maximize ID       ask the window manager to maximise a window
    python3 x_windows.py place ID X Y W H  ask it to move a window and change its size; 0 0 leaves the size
    python3 x_windows.py manage FILE       have openbox with the configuration in that file of the home
                                           folder take the place of the window manager

Each window has "id", "title", "box", "popup" (the window manager does not know it: a menu, a tip) and
"parts": what the window manager painted around it, each a box; [] for a window that has no frame. It
runs inside the sandbox.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from Xlib import X, display
from Xlib.error import XError
from Xlib.protocol import event

from deskhand.waiting import wait_until

MOST_DEPTH = 4
LEAST_SIDE = 6
FROM_A_PAGER = 2
MANAGER_SECONDS = 15.0


def main(arguments: list[str]) -> None:
    screen = display.Display()
    if not arguments:
        sys.stdout.write(json.dumps(_windows(screen)))
    elif arguments[0] == "manage":
        _manage(Path.home() / arguments[1])
    elif arguments[0] == "maximize":
        both = [screen.intern_atom(f"_NET_WM_STATE_MAXIMIZED_{way}") for way in ("VERT", "HORZ")]
        _ask(screen, int(arguments[1]), "_NET_WM_STATE", [1, *both, FROM_A_PAGER, 0])
    else:
        x, y, width, height = map(int, arguments[2:6])
        flags = 1 | 0x300 | (0xC00 if width else 0) | FROM_A_PAGER << 12
        _ask(screen, int(arguments[1]), "_NET_MOVERESIZE_WINDOW", [flags, x, y, width, height])
    screen.close()


def _manage(configuration: Path) -> None:
    ready, null = Path.home() / ".managed", subprocess.DEVNULL
    command = ["openbox", "--replace", "--config-file", str(configuration), "--startup", f"touch {ready}"]
    subprocess.Popen(command, stdin=null, stdout=null, stderr=null, start_new_session=True)
    wait_until(ready.exists, timeout=MANAGER_SECONDS, what="the new window manager")


def _ask(screen: Any, number: int, message: str, data: list[int]) -> None:
    root = screen.screen().root
    window = screen.create_resource_object("window", number)
    asked = event.ClientMessage(window=window, client_type=screen.intern_atom(message), data=(32, data))
    root.send_event(asked, event_mask=X.SubstructureRedirectMask | X.SubstructureNotifyMask)
    screen.sync()


def _windows(screen: Any) -> list[dict[str, Any]]:
    root = screen.screen().root
    listed = root.get_full_property(screen.intern_atom("_NET_CLIENT_LIST"), X.AnyPropertyType)
    clients = set(listed.value) if listed is not None else set()
    found = []
    for window in root.query_tree().children:
        try:
            described = _window(screen, window, clients)
        except XError:
            continue  # it was closed while we looked
        if described is not None:
            found.append(described)
    return found


def _window(screen: Any, window: Any, clients: set[int]) -> dict[str, Any] | None:
    attributes, place = window.get_attributes(), window.get_geometry()
    inputless = attributes.win_class != X.InputOutput
    if attributes.map_state != X.IsViewable or inputless or min(place.width, place.height) < LEAST_SIDE:
        return None
    client, parts = (window.id, []) if window.id in clients else _inside(window, clients)
    edge = 2 * place.border_width
    return {
        "id": client or window.id,
        "title": _title(screen, client) if client else "",
        "box": [place.x, place.y, place.x + place.width + edge, place.y + place.height + edge],
        "popup": client is None,
        "parts": parts if client else [],
    }


def _inside(frame: Any, clients: set[int]) -> tuple[int | None, list[list[int]]]:
    """The client that a frame holds, and the boxes of the other windows in it that can be seen."""
    client, parts = None, []
    todo = [(frame, frame.get_geometry().x, frame.get_geometry().y, 0)]
    while todo:
        parent, left, top, depth = todo.pop()
        for window in parent.query_tree().children:
            if window.id in clients:
                client = window.id
                continue
            place = window.get_geometry()
            x, y = left + place.x + place.border_width, top + place.y + place.border_width
            attributes = window.get_attributes()
            if attributes.map_state != X.IsViewable or attributes.win_class != X.InputOutput:
                continue
            parts.append([x, y, x + place.width, y + place.height])
            if depth < MOST_DEPTH:
                todo.append((window, x, y, depth + 1))
    return client, parts


def _title(screen: Any, number: int) -> str:
    window = screen.create_resource_object("window", number)
    found = window.get_full_property(screen.intern_atom("_NET_WM_NAME"), X.AnyPropertyType)
    if found is not None:
        return bytes(found.value).decode(errors="replace")
    return str(window.get_wm_name() or "")


if __name__ == "__main__":
    main(sys.argv[1:])
