"""An HTTP server for this machine that nobody can hold up: every byte, second and connection has a bound.

A connection is a stranger's until it has shown what the server asks for. Strangers have few places and few
seconds, and the newest of them takes the oldest one's place, so that however many come, whoever is known
keeps a place of their own. What a page of another site sends, or a name that was only made to lead here
(DNS rebinding), is refused before anything else is read.

This module runs inside sandboxes too, so it imports only the standard library.
"""

from __future__ import annotations

import contextlib
import ipaddress
import json
import socket
import socketserver
import threading
import time
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import urlsplit

SLOWEST = 256 << 10
"""Bytes a second that a body must come with, and an answer be taken with."""
PARTING_SECONDS = 1.0
PARTING_BYTES = 256 << 10


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a server puts up with.

    Attributes:
        body: bytes of a request's body.
        head: bytes of its first line and headers.
        strangers: connections that have not shown yet what is asked for; the newest takes the oldest's place.
        known: connections that have; one more is answered that it may come back later.
        seconds: for a stranger altogether, for the head of any request, and for the first bytes of a body.
        idle: seconds between the requests of a known connection; None for as long as it likes.
    """

    body: int
    head: int = 64 << 10
    strangers: int = 32
    known: int = 64
    seconds: float = 10.0
    idle: float | None = 60.0


@dataclass(frozen=True, slots=True)
class Response:
    """What is answered to a request."""

    body: bytes = b""
    content_type: str = "application/octet-stream"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, value: object, status: int = 200) -> Response:
        """A value as JSON."""
        return cls(json.dumps(value).encode(), "application/json", status)

    @classmethod
    def refused(cls, status: int, why: str, **more: object) -> Response:
        """An error as JSON: why, in words, and what else the other side needs to know."""
        return cls.of({"error": why, **more}, status)


@dataclass(frozen=True, slots=True)
class Tunnel:
    """What is answered where a connection is not the server's any more: it leads to another one.

    Attributes:
        other: the connection that it leads to; it is closed when either end has closed its own.
        first: what is sent to who asked before anything else is.
    """

    other: socket.socket
    first: bytes = b""

    def relay(self, connection: socket.socket) -> None:
        """Pass bytes to and fro until one of the two connections ends, which ends both."""
        with contextlib.closing(self.other):
            with contextlib.suppress(OSError):
                connection.sendall(self.first)
            back = threading.Thread(
                target=_pass_on, args=(self.other, connection), name="tunnel", daemon=True
            )
            back.start()
            _pass_on(connection, self.other)
            back.join()


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(1 << 16):
            target.sendall(piece)
    for one in (source, target):
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)


class _HeadTooLarge(Exception):
    """More bytes before a request's body than it may have."""


class _Line:
    """One connection, and until when it is given time; ``end`` is None while we work on its request."""

    __slots__ = ("end", "known", "socket")

    def __init__(self, connection: socket.socket, seconds: float) -> None:
        self.socket = connection
        self.known = False
        self.end: float | None = time.monotonic() + seconds

    def give(self, seconds: float | None) -> None:
        """Let it have so many seconds from now on."""
        self.end = None if seconds is None else time.monotonic() + seconds

    def cut(self) -> None:
        """End it, whatever its thread waits for."""
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)


class BoundedServer(socketserver.ThreadingMixIn, socketserver.BaseServer):
    """Answers on a socket that listens already, unix or TCP, each connection in a thread.

    Args:
        listener: the listening socket.
        handler: what answers a connection.
        bounds: what it puts up with.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(self, listener: socket.socket, handler: type[BoundedHandler], bounds: Bounds) -> None:
        super().__init__(("", 0), handler)
        self.socket, self.bounds = listener, bounds
        self._lines: dict[socket.socket, _Line] = {}  # in the order in which they came
        self._lock = threading.Lock()

    def fileno(self) -> int:
        """The listening socket, for who waits for a connection."""
        return self.socket.fileno()

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accepts a connection; where there are too many strangers, the oldest one goes.

        Raises:
            OSError: there is none any more, or no place even for its thread.
        """
        connection, _ = self.socket.accept()
        if connection.family != socket.AF_UNIX:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._lock:
            strangers = [line for line in self._lines.values() if not line.known]
            if len(strangers) >= 4 * self.bounds.strangers:  # those that were ended have not gone yet
                connection.close()
                raise ConnectionAbortedError
            for line in strangers[: max(0, len(strangers) + 1 - self.bounds.strangers)]:
                line.cut()
            self._lines[connection] = _Line(connection, self.bounds.seconds)
        return connection, ("", 0)

    def service_actions(self) -> None:
        """Ends the connections whose time is up; called by ``serve_forever`` again and again."""
        now = time.monotonic()
        with self._lock:
            for line in self._lines.values():
                if line.end is not None and now > line.end:
                    line.cut()

    def line(self, connection: socket.socket) -> _Line:
        """What is known of a connection."""
        with self._lock:
            return self._lines[connection]

    def know(self, connection: socket.socket) -> bool:
        """A connection is no stranger's any more; False where there is no place for another one."""
        with self._lock:
            line = self._lines[connection]
            if not line.known and sum(one.known for one in self._lines.values()) >= self.bounds.known:
                return False
            line.known = True
            return True

    def count(self) -> int:
        """How many connections are open."""
        with self._lock:
            return len(self._lines)

    def shutdown_request(self, request: Any) -> None:
        """Ends a connection and forgets it."""
        with self._lock:
            self._lines.pop(request, None)
            request.close()

    def hang_up(self) -> None:
        """Stop listening and end every connection; the threads that answer on them end by themselves."""
        self.socket.close()
        with self._lock:
            for line in self._lines.values():
                line.cut()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that broke concerns nobody but its other end."""


class _BoundedReader:
    """A connection's bytes; those of a request's head are counted."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self.left = 0

    def readline(self, limit: int = -1) -> bytes:
        """A line of the head.

        Raises:
            _HeadTooLarge: it is too long, or all of them are.
        """
        line: bytes = self._file.readline(self.left + 1)
        self.left -= len(line)
        if self.left < 0:
            raise _HeadTooLarge
        return line

    def read(self, count: int) -> bytes:
        """So many bytes of the body; fewer where the connection ends before."""
        data: bytes = self._file.read(count)
        return data

    def close(self) -> None:
        """Let go of the connection."""
        self._file.close()


class BoundedHandler(BaseHTTPRequestHandler):
    """One connection of a ``BoundedServer``. Subclasses say who is known and what is answered."""

    protocol_version = "HTTP/1.1"
    default_request_version = "HTTP/1.0"  # what is no request gets an answer with a status, too
    always: Mapping[str, str] = {}
    """Headers of every answer."""
    linked = True
    """Whether a link on another site's page may lead here: what is asked for by it shows a token, too."""
    server: BoundedServer

    @abstractmethod
    def judge(self) -> Response | None:
        """What a request without what is asked for gets, by its head alone; None for one that has it."""

    @abstractmethod
    def respond(self, body: bytes) -> Response | Tunnel:
        """What a request gets that has it."""

    def setup(self) -> None:
        """Counts what is read, and finds what is known of the connection."""
        super().setup()
        self.rfile: Any = _BoundedReader(self.rfile)
        self.connected = self.server.line(self.connection)
        self.requestline = self.request_version = self.command = ""

    def handle_one_request(self) -> None:
        """Reads a request within the bounds of its head, and answers it."""
        if self.connected.known:
            self.connected.give(self.server.bounds.idle)
        self.rfile.left = self.server.bounds.head
        try:
            super().handle_one_request()
        except _HeadTooLarge:
            most = self.server.bounds.head
            self._part(Response.refused(431, f"the first line and the headers have at most {most} bytes"))

    def parse_request(self) -> bool:
        """The head's first line has come, and the rest of it must soon."""
        if self.connected.known:
            self.connected.give(self.server.bounds.seconds)
        return super().parse_request()

    def handle_expect_100(self) -> bool:
        """A body is asked for only when it is known whose it is."""
        return True

    def do_GET(self) -> None:
        """Answers, if the request may be answered."""
        self._answer()

    def do_POST(self) -> None:
        """Answers, if the request may be answered."""
        self._answer()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuses what is no request as everything else is refused."""
        self._part(Response.refused(code, message or explain or "this is no request"))

    def version_string(self) -> str:
        """What the answers call this server."""
        return "deskhand"

    def log_message(self, *arguments: object) -> None:
        """Nothing of what is asked is logged: a token stands in it."""

    def _answer(self) -> None:
        refusal = self._from_elsewhere() or self.judge()
        if refusal is not None:
            return self._part(refusal)
        if not self.server.know(self.connection):
            return self._part(Response.refused(503, "too many connections at once: come back later"))
        length = self._length()
        if isinstance(length, Response):
            return self._part(length)
        self.connected.give(self.server.bounds.seconds + length / SLOWEST)
        if length and self.headers.get("Expect", "").lower() == "100-continue":
            self.send_response_only(100)
            self.end_headers()
        body = self.rfile.read(length)
        if len(body) < length:
            self.close_connection = True
            return
        self.connected.give(None)
        answer = self.respond(body)
        if isinstance(answer, Tunnel):
            self.close_connection = True
            return answer.relay(self.connection)
        self._send(answer)

    def _from_elsewhere(self) -> Response | None:
        """The refusal of a request that was sent to another server's name, or by another site's page."""
        hosts = self.headers.get_all("Host") or []
        if len(hosts) != 1 or not is_here(hosts[0], self.connection):
            named = hosts[0][:80] if hosts else "no name"
            return Response.refused(
                403, f"this server is asked as 127.0.0.1 or localhost, not as {named!r}: use its own address"
            )
        origin = self.headers.get("Origin")
        site = self.headers.get("Sec-Fetch-Site", "none")
        opened = self.linked and self.headers.get("Sec-Fetch-Mode") == "navigate" and self.command == "GET"
        if origin not in (None, f"http://{hosts[0]}") or not (opened or site in ("none", "same-origin")):
            return Response.refused(403, "a page of another site asks: this server answers none of them")
        return None

    def _length(self) -> int | Response:
        """How long the body is, or the refusal of one of no or too great length."""
        lengths = self.headers.get_all("Content-Length") or []
        if self.headers.get("Transfer-Encoding") is not None or (self.command == "POST" and not lengths):
            return Response.refused(411, "a request says how long its body is (Content-Length)")
        if len(set(lengths)) > 1 or not all(text.isascii() and text.isdigit() for text in lengths):
            return Response.refused(400, "the length of the body is no number")
        if lengths and (len(lengths[0]) > 15 or int(lengths[0]) > self.server.bounds.body):
            most = self.server.bounds.body
            return Response.refused(413, f"the request is too large: a body has at most {most} bytes")
        return int(lengths[0]) if lengths else 0

    def _send(self, response: Response) -> None:
        size = len(response.body)
        self.connected.give(self.server.bounds.seconds + size / SLOWEST)
        self.send_response(response.status)
        for name, value in {**self.always, **response.headers}.items():
            self.send_header(name, value)
        if response.status != 204:
            self.send_header("Content-Type", response.content_type)
            self.send_header("Content-Length", str(size))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)

    def _part(self, response: Response) -> None:
        """Answer, and hang up; what the other end still sends is taken for a moment, or it would not hear."""
        self.close_connection = True
        self._send(response)
        self.connected.give(PARTING_SECONDS)
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
            left = PARTING_BYTES
            while left > 0 and (piece := self.connection.recv(min(left, 1 << 16))):
                left -= len(piece)


def is_here(host: str, connection: socket.socket) -> bool:
    """Whether a Host header names this machine's loopback, or the address at which a connection came in."""
    try:
        parts = urlsplit(f"//{host}")
        name, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if parts.netloc != host or "@" in host or port == 0:
        return False
    if name == "localhost":
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    own = connection.getsockname()[0] if connection.family != socket.AF_UNIX else ""
    return address.is_loopback or name == own
