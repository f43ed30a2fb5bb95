"""First program of the lightbox: starts the display, the window manager and the guest server.

    python3 -m deskhand.sandbox.guest.session WIDTHxHEIGHT DESCRIPTOR < token

The host listens on a unix socket and hands its descriptor down; requests that come early wait in
its queue. The token is one line on standard input, so that it is in no process's arguments.
Everything runs under the sandbox's pid namespace: when this program ends, so does all else.
"""

from __future__ import annotations

import os
import socket
import sys

from deskhand.sandbox.guest.desktop import (
    display_name,
    limit_resources,
    prepare_home,
    quietly,
    start_bus,
    start_window_manager,
    wait_for_desktop,
)

MOST_PROCESSES = 400


def main(arguments: list[str]) -> None:
    size, descriptor = arguments
    token = sys.stdin.readline().strip()
    if not token:
        return  # the controller was killed before bubblewrap could see to it that we end with it
    limit_resources(MOST_PROCESSES)
    prepare_home()
    bus = start_bus()
    display = _start_display(size)
    # Imported here because it takes a while, in which the display starts.
    from deskhand.sandbox.guest.http import Key
    from deskhand.sandbox.guest.server import Desk, serve

    os.environ["DISPLAY"] = display_name(display)
    manager = start_window_manager()
    desk = Desk()
    wait_for_desktop(bus, manager)
    serve(socket.socket(fileno=int(descriptor)), Key(token), desk)


def _start_display(size: str) -> int:
    """Start Xvfb; returns the descriptor from which its display's number can be read."""
    width, height = (int(side) for side in size.split("x"))
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", f"{width}x{height}x24"]
    command += ["-nolisten", "tcp", "-noreset", "-ac", "-dpi", "96"]
    quietly(command, pass_fds=(writing,))
    os.close(writing)
    return reading


if __name__ == "__main__":
    main(sys.argv[1:])
