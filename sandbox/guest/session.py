"""First program of the lightbox: starts the display, the window manager and the guest server.

    python3 -m deskhand.sandbox.guest.session WIDTHxHEIGHT DESCRIPTOR < token

The host listens on a unix socket and hands its descriptor down; requests that come early wait in
its queue. The token is one line on standard input, so that it is in no process's arguments; the host
holds that open for as long as it lives.
Everything runs under the sandbox's pid namespace: when this program ends, so does all else.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import threading

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
FIRST = 2
"""Our process id after bubblewrap's own in a namespace of ours; nowhere else does a program have it."""


def main(arguments: list[str]) -> None:
    size, descriptor = arguments
    token = sys.stdin.readline().strip()
    if not token:
        return  # the controller was killed before it could report
    threading.Thread(target=_end_with_the_controller, name="controller", daemon=True).start()
    limit_resources(MOST_PROCESSES)
    prepare_home()
    bus = start_bus()
    display = _start_display(size)
    # Imported here because it takes a while, in which the display starts.
    from deskhand.sandbox.guest.http import AccessToken
    from deskhand.sandbox.guest.seat import Seat
    from deskhand.sandbox.guest.server import serve

    os.environ["DISPLAY"] = display_name(display)
    manager = start_window_manager()
    seat = Seat()
    wait_for_desktop(bus, manager)
    seat.park_pointer()
    serve(socket.socket(fileno=int(descriptor)), AccessToken(token), seat)


def _end_with_the_controller() -> None:
    """Wait until nobody holds the other end of standard input, and end then.

    The kernel ends bubblewrap with its controller, but not in the first milliseconds, before
    bubblewrap has asked for that.
    """
    while os.read(sys.stdin.fileno(), 64):
        pass
    if os.getpid() == FIRST:
        with contextlib.suppress(ProcessLookupError):
            os.kill(-1, signal.SIGKILL)  # bubblewrap's own first process waits for every other one
    os._exit(0)


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
