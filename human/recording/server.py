"""The page in which a person operates a sandbox: a small server on this machine's loopback.

The link holds a token that is valid once: the browser that opens it gets a cookie, and any other is shown
that the recording is open elsewhere. One page at a time operates; a page that is gone for long ends the
recording. Events are numbered, so each is done in order and at most once.
"""

from __future__ import annotations

import contextlib
import hmac
import http.cookies
import secrets
import socket
import threading
from importlib.resources import files
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from pydantic import ValidationError

from deskhand.errors import UsageError
from deskhand.human.recording.camera import jpeg
from deskhand.human.recording.messages import BATCH, COMMAND, EventBatch, as_event, as_item
from deskhand.human.recording.pages import POLL_SECONDS, PageHolder
from deskhand.human.recording.recording import Full, Recording
from deskhand.sandbox.serve import HOST, loopback_listener
from deskhand.serving import BoundedHandler, BoundedServer, Bounds, Response

COOKIE = "deskhand-recording"
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
_TYPES = {"html": "text/html; charset=utf-8", "js": "text/javascript; charset=utf-8", "css": "text/css"}
_ASSETS = ("page.js", "page.css", "elsewhere.js")


class PageServer:
    """Serves the page of one recording until it is closed. A context manager.

    Args:
        recording: what the page operates.
        port: where to listen; a free one is chosen where it is 0.
    """

    def __init__(self, recording: Recording, port: int = 0) -> None:
        self.recording = recording
        self.token = secrets.token_urlsafe(24)
        self.pages = PageHolder()
        self._order = threading.Lock()
        self._picture: tuple[int, bytes] = (0, b"")
        recording.away = self.pages.away
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
        """The path under which everything of this recording is; the cookie is sent nowhere else."""
        return f"/{self.token}/"

    @property
    def url(self) -> str:
        """The link for the person: whoever opens it first has the desktop."""
        return f"http://{self.authority}{self.base}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.hang_up()

    # Answers.

    def get(self, name: str, query: dict[str, list[str]], cookie: str) -> Response:
        """What a GET request is answered: the page and its parts, the screen, or the state.

        Args:
            name: the path behind the token.
            cookie: which browser asks.
        """
        if name == "":
            return self._page(cookie, over="over" in query)
        if name in _ASSETS:
            return Response(_asset(name), _TYPES[name.rpartition(".")[2]])
        if not self.pages.knows(cookie):
            return Response.refused(403, "this browser does not have the recording")
        page = query.get("page", [""])[0]
        if name == "alive":
            return Response.of({"alive": self.pages.is_open})
        if not self.pages.hears(page):
            return Response.refused(409, "the recording is open in another page")
        after = _number(query, "after")
        if name == "screen":
            return self._screen(after)
        if name == "state":
            return Response.of(self.recording.feed.changes(after, _number(query, "line"), POLL_SECONDS))
        return Response.refused(404, "there is nothing here")

    def post(self, name: str, body: bytes, cookie: str) -> Response:
        """What a POST request is answered: events and commands are taken, a page that leaves is let go.

        Args:
            name: the path behind the token.
            body: JSON, checked here.
            cookie: which browser asks.

        Raises:
            ValidationError: the body is of another form.
        """
        if not self.pages.knows(cookie):
            return Response.refused(403, "this browser does not have the recording")
        if name == "events":
            return self._events(BATCH.validate_json(body))
        if name == "command":
            sent = COMMAND.validate_json(body)
            if not self.pages.hears(sent.page):
                return Response.refused(409, "the recording is open in another page")
            with self._order:
                self.recording.submit([as_item(sent.command, self._viewport())])
            return Response.of({})
        if name == "leave":
            self.pages.leave(body.decode("ascii", "replace")[:64])
            return Response.of({})
        return Response.refused(404, "there is nothing here")

    def _events(self, batch: EventBatch) -> Response:
        """Do a page's events that were not done yet; none of them if one makes no sense."""
        if not self.pages.hears(batch.page):
            return Response.refused(409, "the recording is open in another page")
        with self._order:
            expected = self.pages.next
            if batch.first > expected:
                return Response.refused(409, "events are missing before these", next=expected)
            fresh = batch.events[expected - batch.first :]
            viewport, events = self._viewport(), []
            for index, sent in enumerate(fresh):
                try:
                    events.append(as_event(sent, viewport, self.pages.clock))
                except UsageError as error:
                    at = expected - batch.first + index
                    return Response.refused(400, str(error), index=at, next=expected)
            self.recording.submit(events)
            self.pages.next = expected + len(fresh)
            return Response.of({"next": self.pages.next})

    def _page(self, cookie: str, *, over: bool) -> Response:
        known = self.pages.enter(cookie)
        if known is None:
            return Response(_asset("elsewhere.html"), _TYPES["html"], 409)
        page = self.pages.take(over=over)
        set_cookie = {
            "Set-Cookie": f"{COOKIE}={known}; Path={self.base}; HttpOnly; SameSite=Strict",
        }
        if page is None:
            same = _asset("elsewhere.html").replace(b"<body>", b'<body data-same="yes">')
            return Response(same, _TYPES["html"], 409, set_cookie)
        view = self._viewport()
        body = _asset("page.html").replace(
            b"<body>", f'<body data-page="{page}" data-size="{view.width}x{view.height}">'.encode()
        )
        return Response(body, _TYPES["html"], 200, set_cookie)

    def _screen(self, after: int) -> Response:
        look = self.recording.camera.newer(after, POLL_SECONDS)
        if look is None:
            return Response(status=204)
        number, picture = self._picture
        if number != look.number:
            picture = jpeg(look.screenshot.pixels)
            self._picture = look.number, picture
        return Response(picture, "image/jpeg", 200, {"X-Number": str(look.number)})

    def _viewport(self) -> Any:
        return self.recording.camera.newest.screenshot.viewport


class _Server(BoundedServer):
    def __init__(self, listener: socket.socket, owner: PageServer) -> None:
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
        owner, asked = self.server.owner, urlsplit(self.path)
        name = asked.path[len(owner.base) :]
        try:
            if self.command == "GET":
                return owner.get(name, parse_qs(asked.query), self._cookie())
            return owner.post(name, body, self._cookie())
        except ValidationError as error:
            return Response.refused(400, "this makes no sense", faults=error.error_count())
        except UsageError as error:
            return Response.refused(400, str(error))
        except Full as error:
            return Response.refused(503, str(error))

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
        found = jar.get(COOKIE)
        return found.value if found is not None else ""


def _asset(name: str) -> bytes:
    return files(__package__ or "").joinpath(name).read_bytes()


def _number(query: dict[str, list[str]], name: str) -> int:
    text = query.get(name, ["0"])[0]
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise UsageError(f"{name} is a number")
    return int(text)
