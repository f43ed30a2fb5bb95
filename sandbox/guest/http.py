"""HTTP for the guest: a table of routes, a token, bounded bodies; nothing here knows of desktops."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import socket
import socketserver
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

LARGEST_BODY = 80 << 20
SMALL_BODY = 64 << 10


@dataclass(frozen=True)
class Request:
    """What was asked; ``query`` and ``body`` as they came."""

    query: dict[str, list[str]]
    body: bytes
    content_type: str = ""

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Response:
    """What is answered."""

    body: bytes
    content_type: str = "application/octet-stream"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, value: object, status: int = 200) -> Response:
        """A value as JSON."""
        return cls(json.dumps(value).encode(), "application/json", status)


Routes = dict[tuple[str, str], Callable[[Request], Response]]
"""(method, path) -> what answers it. What it raises becomes status 400 with {"error"}."""


class AccessToken:
    """The token that every request must show: as a bearer, or as the password of basic
    authentication, which lets any HTTP client carry it in its address (http://desk:TOKEN@host)."""

    def __init__(self, token: str) -> None:
        self.token = token

    def opens(self, authorization: str) -> bool:
        scheme, _, shown = authorization.partition(" ")
        if scheme.lower() == "basic":
            try:
                shown = base64.b64decode(shown, validate=True).decode(errors="replace").partition(":")[2]
            except binascii.Error:
                return False
        elif scheme.lower() != "bearer":
            return False
        return hmac.compare_digest(shown.encode(errors="replace"), self.token.encode())


class Server(socketserver.ThreadingMixIn, socketserver.BaseServer):
    """Answers on a socket that listens already, unix or TCP, each connection in a thread.

    Args:
        listener: the listening socket.
        key: what requests must show.
        routes: what can be asked.
    """

    daemon_threads = True

    def __init__(self, listener: socket.socket, key: AccessToken, routes: Routes) -> None:
        super().__init__(("", 0), Handler)
        self.socket, self.key, self.routes = listener, key, routes

    def fileno(self) -> int:
        return self.socket.fileno()

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, _ = self.socket.accept()
        if connection.family != socket.AF_UNIX:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection, ("host", 0)

    def shutdown_request(self, request: Any) -> None:
        request.close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that broke concerns nobody but its client."""


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: Server  # type: ignore[assignment]

    def log_message(self, *arguments: object) -> None:
        """Requests are logged by the host."""

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if not 0 <= length <= LARGEST_BODY:
            self.close_connection = True
            return self._send(Response.of({"error": "the request is too large"}, 413))
        if not self.server.key.opens(self.headers.get("Authorization") or ""):
            self.close_connection = True  # a stranger's body is not read
            if length <= SMALL_BODY:
                self.rfile.read(length)  # who still sends it would not hear the answer
            return self._send(Response.of({"error": "the token is wrong"}, 401))
        body = self.rfile.read(length)
        asked = urlsplit(self.path)
        route = self.server.routes.get((self.command, asked.path))
        if route is None:
            return self._send(Response.of({"error": f"there is no {self.command} {self.path[:100]}"}, 404))
        request = Request(parse_qs(asked.query), body, self.headers.get("Content-Type") or "")
        try:
            response = route(request)
        except Exception as error:  # noqa: BLE001 (whatever goes wrong is the answer, not a dropped connection)
            response = Response.of({"error": f"{error}" or type(error).__name__}, 400)
        self._send(response)

    def _send(self, response: Response) -> None:
        self.send_response(response.status)
        self.send_header("Content-Type", response.content_type)
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        self.wfile.write(response.body)
