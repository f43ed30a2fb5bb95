"""An end for every request, whatever the other side sends: of its time, and of the size of its answer."""

from __future__ import annotations

import contextlib
import http.client
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_PIECE = 1 << 16
_ASK_SECONDS = 0.05
"""How often it is asked whether anybody still waits for the answer."""


def never() -> bool:
    """Nothing ends a request but its own time."""
    return False


@dataclass(slots=True)
class CutOff:
    """Whether a connection was ended from this side, and why: its time was up, or nobody waits any more."""

    late: bool = False
    unwanted: bool = False

    @property
    def happened(self) -> bool:
        """Whether it was ended, so that whatever came is half an answer."""
        return self.late or self.unwanted


@contextlib.contextmanager
def cut_off(connection: socket.socket, seconds: float, over: Callable[[], bool] = never) -> Iterator[CutOff]:
    """End a connection after some time, even if its other end keeps sending a byte now and then.

    Args:
        over: asked again and again from another thread; once it is true the connection is ended, too.

    Yields:
        what says whether that has happened.
    """
    cut, done = CutOff(), threading.Event()
    # The socket's own time-out is for each single byte.
    connection.settimeout(None)
    # What is wrapped for TLS meanwhile has lost its descriptor; this one leads to the same connection.
    twin = connection.dup()
    end = time.monotonic() + seconds

    def watch() -> None:
        step = seconds if over is never else _ASK_SECONDS
        while not done.wait(max(0.0, min(end - time.monotonic(), step))):
            cut.unwanted = over()
            cut.late = not cut.unwanted and time.monotonic() >= end
            if cut.happened:
                with contextlib.suppress(OSError):
                    twin.shutdown(socket.SHUT_RDWR)
                return

    watcher = threading.Thread(target=watch, name="cut-off", daemon=True)
    watcher.start()
    try:
        yield cut
    finally:
        done.set()
        watcher.join()  # or it might still cut off the next request on this connection
        twin.close()


def read_body(response: http.client.HTTPResponse, most: int) -> bytes:
    """An answer's body; of one with more than ``most`` bytes, the first ``most`` + 1."""
    if not response.chunked:
        return response.read(most + 1)
    # There, read() takes a chunk of a negative size for all that may ever come.
    found, piece = bytearray(), bytearray(_PIECE)
    while len(found) <= most and (count := response.readinto(piece)):
        found += piece[:count]
    return bytes(found[: most + 1])
