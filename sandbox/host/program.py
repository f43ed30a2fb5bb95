"""The guest's server in a process of its own, on the display of the environment.

    python3 -P -m deskhand.sandbox.host.program DESCRIPTOR

The descriptor is a listening unix socket; the first line of standard input is the token. When standard
input ends, its controller is gone, and this process ends too, as at SIGTERM: keys and buttons are released,
and what a person had copied stays on the clipboard.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading

from deskhand.sandbox.guest.http import AccessToken
from deskhand.sandbox.guest.keeper import outlive
from deskhand.sandbox.guest.seat import Seat
from deskhand.sandbox.guest.server import serve


class PersonsSeat(Seat):
    """A seat that leaves a person's clipboard as it found it, and their programs as they are."""

    prepares = False

    def close(self) -> None:
        """Let go of everything; a text on the clipboard that would end with this process stays there."""
        copied = self.executor.held_text()
        super().close()
        if copied is not None:
            outlive(copied)


def main(arguments: list[str]) -> None:
    """Serve on the socket whose descriptor is the only argument; the token comes on the standard input."""
    [descriptor] = arguments
    token = os.read(0, 4096).decode().strip()
    threading.Thread(target=_end_with_controller, daemon=True, name="controller").start()
    serve(socket.socket(fileno=int(descriptor)), AccessToken(token), PersonsSeat())


def _end_with_controller() -> None:
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main(sys.argv[1:])
