"""The page in which a person operates a sandbox: a small server on this machine's loopback.

The link holds a token that counts once: the browser that opens it gets a cookie, and any other is told
that the recording is open elsewhere. One page at a time operates; a page that is gone for long ends the
recording. Events are numbered, so each is done in order and at most once.
"""

from __future__ import annotations

import contextlib
import hmac
import http.cookies
import json
import logging
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from pydantic import ValidationError

from deskhand.errors import UsageError
from deskhand.human.recording.camera import jpeg
from deskhand.human.recording.messages import BATCH, COMMAND, EventBatch, as_event, as_item
from deskhand.human.recording.pages import POLL_SECONDS, PageHolder
from deskhand.human.recording.recording import Full, Recording

log = logging.getLogger(__name__)

HOST = "127.0.0.1"
COOKIE = "deskhand-recording"
LARGEST_BODY = 128 << 10
SOCKET_SECONDS = 30.0
MOST_CONNECTIONS = 64

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


@dataclass(frozen=True, slots=True)
class PageAnswer:
    """What is answered to a request."""

    body: bytes = b""
    status: int = 200
    kind: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, value: object, status: int = 200) -> PageAnswer:
        """A value as JSON."""
        return cls(json.dumps(value).encode(), status)

    @classmethod
    def refused(cls, status: int, why: str, **more: object) -> PageAnswer:
        """An error as JSON: why, in words, and what else the page needs to know."""
        return cls.of({"error": why, **more}, status)


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
        self._server = _Server((HOST, port), self)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="page-server", daemon=True
        )

    @property
    def authority(self) -> str:
        """HOST:PORT of this server, as a browser's Host header has it."""
        return f"{HOST}:{self._server.server_address[1]}"

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
        self._server.server_close()
        self._thread.join()

    # Answers.

    def get(self, name: str, query: dict[str, list[str]], cookie: str) -> PageAnswer:
        """What a GET request is answered: the page and its parts, the screen, or the state.

        Args:
            name: the path behind the token.
            cookie: which browser asks.
        """
        if name == "":
            return self._page(cookie, over="over" in query)
        if name in _ASSETS:
            return PageAnswer(_asset(name), kind=_TYPES[name.rpartition(".")[2]])
        if not self.pages.knows(cookie):
            return PageAnswer.refused(403, "this browser does not have the recording")
        page = query.get("page", [""])[0]
        if name == "alive":
            return PageAnswer.of({"alive": self.pages.is_open})
        if not self.pages.hears(page):
            return PageAnswer.refused(409, "the recording is open in another page")
        after = _number(query, "after")
        if name == "screen":
            return self._screen(after)
        if name == "state":
            return PageAnswer.of(self.recording.feed.changes(after, _number(query, "line"), POLL_SECONDS))
        return PageAnswer.refused(404, "there is nothing here")

    def post(self, name: str, body: bytes, cookie: str) -> PageAnswer:
        """What a POST request is answered: events and commands are taken, a page that leaves is let go.

        Args:
            name: the path behind the token.
            body: JSON, checked here.
            cookie: which browser asks.

        Raises:
            ValidationError: the body is of another form.
        """
        if not self.pages.knows(cookie):
            return PageAnswer.refused(403, "this browser does not have the recording")
        if name == "events":
            return self._events(BATCH.validate_json(body))
        if name == "command":
            sent = COMMAND.validate_json(body)
            if not self.pages.hears(sent.page):
                return PageAnswer.refused(409, "the recording is open in another page")
            with self._order:
                self.recording.submit([as_item(sent.command, self._viewport())])
            return PageAnswer.of({})
        if name == "leave":
            self.pages.leave(body.decode("ascii", "replace")[:64])
            return PageAnswer.of({})
        return PageAnswer.refused(404, "there is nothing here")

    def _events(self, batch: EventBatch) -> PageAnswer:
        """Do a page's events that were not done yet; none of them if one makes no sense."""
        if not self.pages.hears(batch.page):
            return PageAnswer.refused(409, "the recording is open in another page")
        with self._order:
            expected = self.pages.next
            if batch.first > expected:
                return PageAnswer.refused(409, "events are missing before these", next=expected)
            fresh = batch.events[expected - batch.first :]
            viewport, events = self._viewport(), []
            for index, sent in enumerate(fresh):
                try:
                    events.append(as_event(sent, viewport, self.pages.clock))
                except UsageError as error:
                    at = expected - batch.first + index
                    return PageAnswer.refused(400, str(error), index=at, next=expected)
            self.recording.submit(events)
            self.pages.next = expected + len(fresh)
            return PageAnswer.of({"next": self.pages.next})

    def _page(self, cookie: str, *, over: bool) -> PageAnswer:
        known = self.pages.enter(cookie)
        if known is None:
            return PageAnswer(_asset("elsewhere.html"), 409, _TYPES["html"])
        page = self.pages.take(over=over)
        set_cookie = {
            "Set-Cookie": f"{COOKIE}={known}; Path={self.base}; HttpOnly; SameSite=Strict",
        }
        if page is None:
            same = _asset("elsewhere.html").replace(b"<body>", b'<body data-same="yes">')
            return PageAnswer(same, 409, _TYPES["html"], set_cookie)
        view = self._viewport()
        body = _asset("page.html").replace(
            b"<body>", f'<body data-page="{page}" data-size="{view.width}x{view.height}">'.encode()
        )
        return PageAnswer(body, 200, _TYPES["html"], set_cookie)

    def _screen(self, after: int) -> PageAnswer:
        look = self.recording.camera.newer(after, POLL_SECONDS)
        if look is None:
            return PageAnswer(status=204)
        number, picture = self._picture
        if number != look.number:
            picture = jpeg(look.screenshot.pixels)
            self._picture = look.number, picture
        return PageAnswer(picture, 200, "image/jpeg", {"X-Number": str(look.number)})

    def _viewport(self) -> Any:
        return self.recording.camera.newest.screenshot.viewport


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], owner: PageServer) -> None:
        self.owner = owner
        self._room = threading.BoundedSemaphore(MOST_CONNECTIONS)
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answers in a thread; hangs up where ``MOST_CONNECTIONS`` are open."""
        if not self._room.acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Makes room for another connection at the end."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._room.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that broke concerns nobody but its page."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "deskhand"
    sys_version = ""
    timeout = SOCKET_SECONDS
    server: _Server

    def log_message(self, *arguments: object) -> None:
        """Nothing of what is asked is logged: the token stands in it."""

    def do_GET(self) -> None:
        """Passes the request on, if it comes from this page."""
        self._answer(b"")

    def do_POST(self) -> None:
        """Reads the body, if its length is told and not too large, and passes the request on."""
        length = self.headers.get("Content-Length") or ""
        if not (length.isascii() and length.isdigit() and len(length) < 10):
            return self._refuse(HTTPStatus.LENGTH_REQUIRED, "how long is it?")
        if int(length) > LARGEST_BODY:
            return self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "that is too much at once")
        self._answer(self.rfile.read(int(length)))

    def _answer(self, body: bytes) -> None:
        owner, asked = self.server.owner, urlsplit(self.path)
        if not self._is_from_here():
            return self._refuse(HTTPStatus.FORBIDDEN, "this is not for other pages")
        if asked.path == "/favicon.ico":
            return self._send(PageAnswer(status=204))  # a browser asks by itself
        if not hmac.compare_digest(asked.path[: len(owner.base)].encode(), owner.base.encode()):
            return self._refuse(HTTPStatus.NOT_FOUND, "there is nothing here: use the link that was printed")
        name = asked.path[len(owner.base) :]
        try:
            if self.command == "GET":
                answer = owner.get(name, parse_qs(asked.query), self._cookie())
            else:
                answer = owner.post(name, body, self._cookie())
        except ValidationError as error:
            answer = PageAnswer.refused(400, "this makes no sense", faults=error.error_count())
        except UsageError as error:
            answer = PageAnswer.refused(400, str(error))
        except Full as error:
            answer = PageAnswer.refused(503, str(error))
        self._send(answer)

    def _is_from_here(self) -> bool:
        """Whether it was asked by a page of this server, or by a person who opened the link."""
        here = f"http://{self.server.owner.authority}"
        if self.headers.get("Host") != self.server.owner.authority:
            return False
        origin, site = self.headers.get("Origin"), self.headers.get("Sec-Fetch-Site", "none")
        if self.command == "POST":
            kind = (self.headers.get("Content-Type") or "").partition(";")[0]
            return origin == here and site in ("same-origin", "none") and kind == "application/json"
        opened = self.headers.get("Sec-Fetch-Mode") == "navigate"
        return origin in (None, here) and (opened or site in ("same-origin", "none"))

    def _cookie(self) -> str:
        jar: http.cookies.SimpleCookie = http.cookies.SimpleCookie()
        with contextlib.suppress(http.cookies.CookieError):
            jar.load((self.headers.get("Cookie") or "")[:4096])
        found = jar.get(COOKIE)
        return found.value if found is not None else ""

    def _refuse(self, status: int, why: str) -> None:
        self.close_connection = True  # what else was sent is not read
        self._send(PageAnswer.refused(status, why))

    def _send(self, answer: PageAnswer) -> None:
        self.send_response(answer.status)
        for name, value in {**SECURITY, **answer.headers}.items():
            self.send_header(name, value)
        if answer.status != 204:
            self.send_header("Content-Type", answer.kind)
            self.send_header("Content-Length", str(len(answer.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(answer.body)


def _asset(name: str) -> bytes:
    return files(__package__ or "").joinpath(name).read_bytes()


def _number(query: dict[str, list[str]], name: str) -> int:
    text = query.get(name, ["0"])[0]
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise UsageError(f"{name} is a number")
    return int(text)
