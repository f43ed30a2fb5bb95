"""The page in which a person operates a sandbox: a small server on this machine's loopback.

The link holds a token that is valid once: the browser that opens it gets a cookie, and any other is shown
that the recording is open elsewhere. One page at a time operates; a page that is gone for long ends the
recording. Events are numbered, so each is done in order and at most once.
"""

from __future__ import annotations

import threading

from deskhand.actions.geometry import Viewport
from deskhand.human.pages.inbox import EventInbox
from deskhand.human.pages.link_server import LinkServer, number
from deskhand.human.recording.camera import CameraPictures
from deskhand.human.recording.messages import BATCH, COMMAND, as_item
from deskhand.human.recording.pages import POLL_SECONDS, PageHolder
from deskhand.human.recording.recording import Recording
from deskhand.serving import Response

COOKIE = "deskhand-recording"
_NOT_YOURS = "this browser does not have the recording"
_ELSEWHERE = "the recording is open in another page"


class PageServer(LinkServer):
    """Serves the page of one recording until it is closed. A context manager.

    Args:
        recording: what the page operates.
        port: where to listen; a free one is chosen where it is 0.
    """

    cookie_name = COOKIE
    folder = __package__ or ""
    assets = ("page.js", "page.css", "elsewhere.js")

    def __init__(self, recording: Recording, port: int = 0) -> None:
        super().__init__(port)
        self.recording = recording
        self.pages = PageHolder()
        self._order = threading.Lock()
        self.inbox = EventInbox()
        self._pictures = CameraPictures(recording.camera)
        recording.away = self.pages.away

    def get(self, name: str, query: dict[str, list[str]], cookie: str) -> Response:
        """The page, the screen, or the state."""
        if name == "":
            return self._page(cookie, over="over" in query)
        if not self.pages.knows(cookie):
            return Response.refused(403, _NOT_YOURS)
        if name == "alive":
            return Response.of({"alive": self.pages.is_open})
        if not self.pages.hears(query.get("page", [""])[0]):
            return Response.refused(409, _ELSEWHERE)
        if name == "programs":
            return Response.of(self.recording.programs())
        after = number(query, "after")
        if name == "screen":
            return self._pictures.newer(after, POLL_SECONDS)
        if name == "state":
            return Response.of(self.recording.feed.changes(after, number(query, "line"), POLL_SECONDS))
        return Response.refused(404, "there is nothing here")

    def post(self, name: str, body: bytes, cookie: str) -> Response:
        """Events and commands are taken, a page that leaves is let go."""
        if not self.pages.knows(cookie):
            return Response.refused(403, _NOT_YOURS)
        if name == "events":
            batch = BATCH.validate_json(body)
            if not self.pages.hears(batch.page):
                return Response.refused(409, _ELSEWHERE)
            with self._order:
                return self.inbox.take(batch, self._viewport(), self.recording.submit)
        if name == "command":
            sent = COMMAND.validate_json(body)
            if not self.pages.hears(sent.page):
                return Response.refused(409, _ELSEWHERE)
            with self._order:
                self.recording.submit([as_item(sent.command, self._viewport())])
            return Response.of({})
        if name == "leave":
            self.pages.leave(body.decode("ascii", "replace")[:64])
            return Response.of({})
        return Response.refused(404, "there is nothing here")

    def _page(self, cookie: str, *, over: bool) -> Response:
        known = self.pages.enter(cookie)
        if known is None:
            return self.html("elsewhere.html", status=409)
        page = self.pages.take(over=over)
        if page is None:
            return self.html("elsewhere.html", '<body data-same="yes">', 409, known)
        self.inbox = EventInbox()
        view = self._viewport()
        return self.html(
            "page.html", f'<body data-page="{page}" data-size="{view.width}x{view.height}">', cookie=known
        )

    def _viewport(self) -> Viewport:
        return self.recording.camera.newest.screenshot.viewport
