"""The guest's server in a process of its own, on the display of the environment.

    python3 -P -m deskhand.sandbox.host.hand DESCRIPTOR

The descriptor is a listening unix socket; the first line of standard input is the token. When standard
input ends, its controller is gone: keys and buttons are released, and this process ends too.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading

from deskhand.sandbox.guest.http import Key
from deskhand.sandbox.guest.server import Desk, serve


def main(arguments: list[str]) -> None:
    [descriptor] = arguments
    token = os.read(0, 4096).decode().strip()
    threading.Thread(target=_end_with_controller, daemon=True, name="controller").start()
    serve(socket.socket(fileno=int(descriptor)), Key(token), Desk())


def _end_with_controller() -> None:
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main(sys.argv[1:])
