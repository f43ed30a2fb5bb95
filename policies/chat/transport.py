"""One question over HTTP, with bounds on everything that a server controls.

Seconds of the whole exchange, from the first byte sent to the last one read, whatever drips; bytes of
the answer, decompressed; no redirect is followed, because the question holds a picture of the screen.
"""

from __future__ import annotations

import socket
import threading
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import httpx

from deskhand.waiting import Deadline

MOST_BYTES = 16 * 1024 * 1024
"""Of one answer, after decompression: events repeat much around every few characters."""
MOST_BYTES_OF_AN_ERROR = 64 * 1024
CONNECT_SECONDS = 10.0
_WATCH_SECONDS = 0.05


class AnswerTooLong(Exception):
    """The server sent more than an answer can be, or in an encoding that was not asked for."""


class NotAnAnswer(Exception):
    """What the server sent is no answer of a model."""


class BrokenOff(Exception):
    """The exchange was ended from this side: time was up, or nobody waits for the answer any more."""


class ServerResponse:
    """What a server answers: its status, its headers, and its body in pieces."""

    def __init__(self, response: httpx.Response) -> None:
        self.status = response.status_code
        self.headers: Mapping[str, str] = response.headers
        self._response = response

    def pieces(self, most: int = MOST_BYTES) -> Iterator[bytes]:
        """The body, decompressed, piece by piece.

        Raises:
            AnswerTooLong: it is over ``most`` bytes, or in an encoding that was not asked for.
        """
        encoding = self.headers.get("content-encoding", "identity").strip().lower()
        unpack = _unpacker(encoding)
        total = 0
        for raw in self._response.iter_raw():
            for piece in unpack(raw):
                total += len(piece)
                if total > most:
                    raise AnswerTooLong(f"the answer is over {most} bytes")
                yield piece


class Transport:
    """Connections to one server, which are kept between questions.

    Args:
        url: where it is; nothing else is asked, so plain HTTP needs no certificates.
        seconds: without a byte, after which an exchange is given up.
    """

    def __init__(self, url: str, seconds: float) -> None:
        limits = httpx.Timeout(seconds, connect=min(CONNECT_SECONDS, seconds))
        self._url = url
        self._client = httpx.Client(timeout=limits, follow_redirects=False, verify=url.startswith("https:"))
        self._sockets: list[Any] = []

    def close(self) -> None:
        self._client.close()

    @contextmanager
    def post(
        self,
        headers: Mapping[str, str],
        body: bytes,
        *,
        deadline: Deadline,
        over: Callable[[], bool],
    ) -> Iterator[ServerResponse]:
        """Ask, and have the answer's body read in the body of a with statement.

        Args:
            deadline: for the whole exchange.
            over: asked again and again; once it is true the exchange is broken off.

        Raises:
            httpx.HTTPError: the connection failed or broke.
            BrokenOff: the deadline passed, or ``over`` became true.
        """
        done = threading.Event()
        ended = threading.Event()

        def watch() -> None:
            while not done.wait(_WATCH_SECONDS):
                if deadline.passed() or over():
                    ended.set()
                    self._hang_up()
                    return

        watcher = threading.Thread(target=watch, name="transport", daemon=True)
        watcher.start()
        try:
            extensions = {"trace": self._trace}
            with self._client.stream(
                "POST", self._url, headers=headers, content=body, extensions=extensions
            ) as response:
                yield ServerResponse(response)
        except Exception:
            if ended.is_set():  # half an answer may be any kind of fault
                raise BrokenOff from None
            raise
        finally:
            done.set()
            watcher.join()
        if ended.is_set():
            raise BrokenOff

    def _trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Remember each connection, so that it can be ended while the library waits for it."""
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self._sockets.append(info["return_value"].get_extra_info("socket"))
            del self._sockets[:-4]

    def _hang_up(self) -> None:
        for connection in self._sockets:
            try:
                twin = socket.fromfd(connection.fileno(), connection.family, connection.type)
            except (OSError, ValueError):
                continue  # it is closed already
            with twin, suppress(OSError):
                twin.shutdown(socket.SHUT_RDWR)


def _unpacker(encoding: str) -> Callable[[bytes], Iterator[bytes]]:
    if encoding in ("", "identity"):
        return lambda raw: iter((raw,))
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise AnswerTooLong(f"the answer is encoded in a way that was not asked for ({encoding[:20]!r})")
    machine = zlib.decompressobj(zlib.MAX_WBITS | 32)  # the header says which of the two it is

    def unpack(raw: bytes) -> Iterator[bytes]:
        while raw:
            try:
                piece = machine.decompress(raw, 64 * 1024)
            except zlib.error as error:
                raise AnswerTooLong(f"the answer cannot be unpacked ({error})") from error
            raw = machine.unconsumed_tail
            if piece:
                yield piece

    return unpack
