"""A page on this machine's loopback, behind a link that only the browser can follow that opens it first.

The link holds a token. Whoever opens it is given a cookie, or is told that it was opened elsewhere; what is
asked for with another token, under another host name, or by another site's page is refused.
"""

from __future__ import annotations

import contextlib
import hmac
import http.cookies
import secrets
import socket
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from importlib.resources import files
from typing import Self
from urllib.parse import parse_qs, urlsplit

from pydantic import ValidationError

from deskhand.errors import UsageError
from deskhand.human.recording.recording import Full
from deskhand.sandbox.ports import HOST
from deskhand.sandbox.serve import loopback_listener
from deskhand.serving import BoundedHandler, BoundedServer, Bounds, Response
from deskhand.waiting import WaitTimeout, wait_until

LARGEST_BODY = 128 << 10
BOUNDS = Bounds(body=LARGEST_BODY)
SECURITY = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
GOODBYE_SECONDS = 3.0
_TYPES = {"html": "text/html; charset=utf-8", "js": "text/javascript; charset=utf-8", "css": "text/css"}
DESKTOP = "desktop.js"
"""The script that shows and operates a desktop, for every page."""


class LinkServer(ABC):
    """Serves one page until it is closed. A context manager.

    Args:
        port: where to listen; a free one is chosen where it is 0.

    Attributes:
        cookie_name: under which the browser keeps what it is known by.
        folder: the package in which the page's files are.
        assets: names of those that any browser with the link may have.
    """

    cookie_name: str
    folder: str
    assets: tuple[str, ...]

    def __init__(self, port: int = 0) -> None:
        self.token = secrets.token_urlsafe(24)
        listener = loopback_listener(port)
        self._port = listener.getsockname()[1]
        self._server = _Server(listener, self)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="page-server", daemon=True
        )

    @property
    def authority(self) -> str:
        """HOST:PORT of this server, as a browser's Host header has it."""
        return f"{HOST}:{self._port}"

    @property
    def base(self) -> str:
        """The path under which everything of this page is; the cookie is sent nowhere else."""
        return f"/{self.token}/"

    @property
    def url(self) -> str:
        """The link for the person: whoever opens it first has the page."""
        return f"http://{self.authority}{self.base}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def say_goodbye(self, all_know: Callable[[], bool]) -> None:
        """Give open pages a moment to hear how it ended, before the server is closed."""
        with contextlib.suppress(WaitTimeout):
            wait_until(all_know, timeout=GOODBYE_SECONDS, what="the pages to hear the end")

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.hang_up()

    @abstractmethod
    def get(self, name: str, query: dict[str, list[str]], cookie: str) -> Response:
        """What a GET request is answered.

        Args:
            name: the path behind the token; none of ``assets``.
            cookie: which browser asks; empty for one that is not known.

        Raises:
            UsageError: what is asked makes no sense.
        """

    @abstractmethod
    def post(self, name: str, body: bytes, cookie: str) -> Response:
        """What a POST request is answered.

        Args:
            name: the path behind the token.
            body: JSON, to be checked.
            cookie: which browser asks.

        Raises:
            ValidationError: the body is of another form.
            UsageError: what it wants makes no sense.
            Full: too much waits to be done.
        """

    def known_by(self, cookie: str) -> dict[str, str]:
        """The header with which a browser keeps its cookie."""
        return {"Set-Cookie": f"{self.cookie_name}={cookie}; Path={self.base}; HttpOnly; SameSite=Strict"}

    def asset(self, name: str) -> bytes:
        """A file of the page, or the shared script."""
        package = __package__ if name == DESKTOP else self.folder
        return files(package or "").joinpath(name).read_bytes()

    def html(self, name: str, body: str = "<body>", status: int = 200, cookie: str = "") -> Response:
        """One of the page's documents.

        Args:
            body: its body's tag, with what the script is to know; none of it is a stranger's.
            cookie: what the browser is known by from now on.
        """
        text = self.asset(name).replace(b"<body>", body.encode(), 1)
        return Response(text, _TYPES["html"], status, self.known_by(cookie) if cookie else {})

    def answer(self, command: str, path: str, body: bytes, cookie: str) -> Response:
        """What any request is answered that came with the token."""
        asked = urlsplit(path)
        name = asked.path[len(self.base) :]
        try:
            if command != "GET":
                return self.post(name, body, cookie)
            if name == DESKTOP or name in self.assets:
                return Response(self.asset(name), _TYPES[name.rpartition(".")[2]])
            return self.get(name, parse_qs(asked.query), cookie)
        except ValidationError as error:
            return Response.refused(400, "this makes no sense", faults=error.error_count())
        except UsageError as error:
            return Response.refused(400, str(error))
        except Full as error:
            return Response.refused(503, str(error))


class _Server(BoundedServer):
    def __init__(self, listener: socket.socket, owner: LinkServer) -> None:
        super().__init__(listener, _Handler, BOUNDS)
        self.owner = owner


class _Handler(BoundedHandler):
    always = SECURITY
    server: _Server

    def judge(self) -> Response | None:
        """Whether the link's token stands in the path, and this page or the person asks."""
        owner, asked = self.server.owner, urlsplit(self.path)
        if not self._is_from_here():
            return Response.refused(403, "this is not for other pages: use the link that was printed")
        if asked.path == "/favicon.ico":
            return Response(status=204)  # a browser asks by itself
        if not hmac.compare_digest(asked.path[: len(owner.base)].encode(), owner.base.encode()):
            return Response.refused(404, "there is nothing here: use the link that was printed")
        return None

    def respond(self, body: bytes) -> Response:
        """Passes the request on."""
        return self.server.owner.answer(self.command, self.path, body, self._cookie())

    def _is_from_here(self) -> bool:
        """Whether it was asked under the printed address, and events by its page; a cookie has no port."""
        authority = self.server.owner.authority
        if self.command != "POST":
            return self.headers.get("Host") == authority
        kind = (self.headers.get("Content-Type") or "").partition(";")[0]
        return (
            self.headers.get("Host") == authority
            and self.headers.get("Origin") == f"http://{authority}"
            and kind == "application/json"
        )

    def _cookie(self) -> str:
        jar: http.cookies.SimpleCookie = http.cookies.SimpleCookie()
        with contextlib.suppress(http.cookies.CookieError):
            jar.load((self.headers.get("Cookie") or "")[:4096])
        found = jar.get(self.server.owner.cookie_name)
        return found.value if found is not None else ""


def number(query: dict[str, list[str]], name: str) -> int:
    """A number of a query; 0 where it is not there.

    Raises:
        UsageError: it is none.
    """
    text = query.get(name, ["0"])[0]
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise UsageError(f"{name} is a number")
    return int(text)
