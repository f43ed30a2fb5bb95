"""An end for every request, whatever the other side sends: of its time, and of the size of its answer."""

from __future__ import annotations

import contextlib
import http.client
import socket
import threading
from collections.abc import Iterator

_PIECE = 1 << 16


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
        timer.join()  # or it might still cut off the next request on this connection


def read_body(response: http.client.HTTPResponse, most: int) -> bytes:
    """An answer's body; of one with more than ``most`` bytes, the first ``most`` + 1."""
    if not response.chunked:
        return response.read(most + 1)
    # There, read() takes a chunk of a negative size for all that may ever come.
    found, piece = bytearray(), bytearray(_PIECE)
    while len(found) <= most and (count := response.readinto(piece)):
        found += piece[:count]
    return bytes(found[: most + 1])
