"""Has the window manager arrange windows, or another one take its place.

    python3 arrange.py maximize ID       ask the window manager to maximise a window
    python3 arrange.py place ID X Y W H  ask it to move a window and change its size; 0 0 leaves the size
    python3 arrange.py manage FILE       have openbox with the configuration in that file of the home
                                           folder take the place of the window manager

It runs inside the sandbox.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

from Xlib import X, display
from Xlib.protocol import event

from deskhand.waiting import wait_until

FROM_A_PAGER = 2
MANAGER_SECONDS = 15.0


def main(arguments: list[str]) -> None:
    screen = display.Display()
    if arguments[0] == "manage":
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


if __name__ == "__main__":
    main(sys.argv[1:])
