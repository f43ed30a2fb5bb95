"""HTTP for the guest: a table of routes and a token; nothing here knows of desktops."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, parse_qs, urlsplit

from deskhand.serving import BoundedHandler, BoundedServer, Bounds, Response, Tunnel

__all__ = ["BOUNDS", "AccessToken", "Request", "Response", "Routes", "Server", "Tunnel"]

BOUNDS = Bounds(body=80 << 20, seconds=30.0, idle=None)
"""A controller keeps a connection for as long as it lives, and thinks for minutes between requests."""


@dataclass(frozen=True)
class Request:
    """What was asked; ``query`` and ``body`` as they came."""

    query: dict[str, list[str]]
    body: bytes
    content_type: str = ""

    def json(self) -> Any:
        return json.loads(self.body)


KEEPS_NOTHING: Mapping[str, str] = {"Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}
"""The token may stand in the address, and what is answered is nobody else's."""

Routes = dict[tuple[str, str], Callable[[Request], Response | Tunnel]]
"""(method, path) -> what answers it. What it raises becomes status 400 with {"error"}."""


class AccessToken:
    """The token that every request must show: as a bearer, as the password of basic authentication,
    which lets HTTP clients carry it in their address (http://desk:TOKEN@host), or, for those that can send
    no headers at all, as the first part of the path (http://host/TOKEN)."""

    def __init__(self, token: str) -> None:
        self.token = token

    def after(self, path: str) -> str | None:
        """What follows the token in a path that begins with it; None for every other path."""
        first, slash, rest = path.removeprefix("/").partition("/")
        return f"{slash}{rest}" if self._is(first) else None

    def opens(self, authorization: str) -> bool:
        """Whether a header of that name shows the token."""
        scheme, _, shown = authorization.partition(" ")
        if scheme.lower() == "basic":
            try:
                shown = base64.b64decode(shown, validate=True).decode(errors="replace").partition(":")[2]
            except binascii.Error:
                return False
        elif scheme.lower() != "bearer":
            return False
        return self._is(shown)

    def _is(self, shown: str) -> bool:
        """Compares all of it, however much is right: the time that it takes gives nothing away."""
        return hmac.compare_digest(shown.encode(errors="replace"), self.token.encode())


class Server(BoundedServer):
    """Answers what has the token, by a table of routes.

    Args:
        listener: the listening socket, unix or TCP.
        key: what requests must show.
        routes: what can be asked.
        bounds: what it puts up with.
    """

    def __init__(
        self, listener: socket.socket, key: AccessToken, routes: Routes, bounds: Bounds = BOUNDS
    ) -> None:
        super().__init__(listener, _Handler, bounds)
        self.key, self.routes = key, routes


class _Handler(BoundedHandler):
    always = KEEPS_NOTHING
    server: Server

    def judge(self) -> Response | None:
        key, shown = self.server.key, self.headers.get("Authorization") or ""
        if key.opens(shown) or key.after(self._asked().path) is not None:
            return None
        return Response.refused(401, "the token is wrong")

    def _asked(self) -> SplitResult:
        try:
            return urlsplit(self.path)
        except ValueError:
            return urlsplit("")  # it names no place

    def do_HEAD(self) -> None:
        """Answers as GET, without the body: OSWorld's client asks so whether the server is there."""
        self._answer()

    def respond(self, body: bytes) -> Response | Tunnel:
        asked = self._asked()
        after = self.server.key.after(asked.path)
        path = asked.path if after is None else after
        method = "GET" if self.command == "HEAD" else self.command
        route = self.server.routes.get((method, path))
        if route is None:
            return Response.refused(404, f"there is no {self.command} {path[:100]}")
        request = Request(parse_qs(asked.query), body, self.headers.get("Content-Type") or "")
        try:
            return route(request)
        except Exception as error:  # noqa: BLE001 (whatever goes wrong is the answer, not a dropped connection)
            return Response.refused(400, f"{error}" or type(error).__name__)
