"""An end for every request, whatever the other side sends: a socket's own time-out is for each byte."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator


@contextlib.contextmanager
def cut_off(connection: socket.socket, seconds: float) -> Iterator[threading.Event]:
    """End a connection after some time, even if its other end keeps sending a byte now and then.

    Yields:
        an event that is set when that has happened.
    """
    late = threading.Event()
    # The socket's own time-out is for each single byte.
    connection.settimeout(None)

    def cut() -> None:
        late.set()
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield late
    finally:
        timer.cancel()
