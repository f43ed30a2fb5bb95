"""The live page of a run: a small server on this machine's loopback.

The browser that first opens the printed link is in charge: it pauses, answers, tells and takes over. It can
invite others, each with a link of their own that works once; they watch. Of all pages one at a time operates
the desktop, and only while the agent does not.
"""

from __future__ import annotations

from deskhand.actions.geometry import Viewport
from deskhand.human.live.live_run import LiveRun
from deskhand.human.live.messages import LIVE_COMMAND, HideTyped, LiveWish, OpenForMe, Simple, Tell, YesOrNo
from deskhand.human.live.viewers import POLL_SECONDS, Role, Viewers
from deskhand.human.pages.inbox import EventInbox
from deskhand.human.pages.link_server import LinkServer, number
from deskhand.human.recording.camera import CameraPictures
from deskhand.human.recording.events import Hide, OpenProgram
from deskhand.human.recording.messages import BATCH
from deskhand.serving import Response


class LiveServer(LinkServer):
    """Serves the live page of one run until it is closed. A context manager.

    Args:
        live: the run.
        port: where to listen; a free one is chosen where it is 0.
    """

    cookie_name = "deskhand-live"
    folder = __package__ or ""
    assets = ("page.js", "page.css")

    def __init__(self, live: LiveRun, port: int = 0) -> None:
        super().__init__(port)
        self.live, self.viewers = live, Viewers()
        self.inbox = EventInbox()
        self._pictures = CameraPictures(live.camera)
        live.driver_is_here = lambda: self.viewers.driver_is_here

    def __exit__(self, *_: object) -> None:
        if self.live.is_over:
            self.say_goodbye(lambda: self.viewers.all_told(self.live.version))
        super().__exit__()

    def invitation(self, role: Role) -> str:
        """A link for one more browser.

        Raises:
            UsageError: too many were let in.
        """
        return f"{self.url}?invitation={self.viewers.invite(role)}"

    def get(self, name: str, query: dict[str, list[str]], cookie: str) -> Response:
        """The page, the screen, how it stands, or the picture of a step."""
        if name == "":
            return self._page(cookie, query.get("invitation", [""])[0])
        page = query.get("page", [""])[0]
        if not self.viewers.hears(cookie, page):
            return Response.refused(403, "this page was not let in: use a link that was not used yet")
        if name == "screen":
            return self._pictures.newer(number(query, "after"), POLL_SECONDS)
        if name == "state":
            state = self.live.changes(number(query, "after"), POLL_SECONDS)
            self.viewers.tell(page, state["version"])
            return Response.of({**state, "mine": self.viewers.drives(page)})
        if name == "programs":
            return Response.of(self.live.programs())
        if name == "picture":
            picture = self.live.picture(number(query, "step"))
            return Response(picture, "image/jpeg") if picture else Response(status=404)
        return Response.refused(404, "there is nothing here")

    def post(self, name: str, body: bytes, cookie: str) -> Response:
        """Commands and, of the page that operates, events; a page that leaves is forgotten."""
        if name == "leave":
            self.viewers.leave(cookie, body.decode("ascii", "replace")[:64])
            return Response.of({})
        if self.viewers.role(cookie) != "in charge":
            return Response.refused(403, "this browser may watch, not more")
        if name == "events":
            batch = BATCH.validate_json(body)
            if not (self.viewers.hears(cookie, batch.page) and self.viewers.drives(batch.page)):
                return Response.refused(409, "another page operates the desktop")
            return self.inbox.take(batch, self._viewport(), self.live.submit)
        if name == "command":
            sent = LIVE_COMMAND.validate_json(body)
            if not self.viewers.hears(cookie, sent.page):
                return Response.refused(403, "this page was not let in: load it again")
            return self._obey(sent.page, sent.command)
        return Response.refused(404, "there is nothing here")

    def _obey(self, page: str, wish: LiveWish) -> Response:
        control = self.live.control
        if _operates(wish) and control.taken and not self.viewers.drives(page):
            return Response.refused(409, "another page operates the desktop: choose Operate here first")
        match wish:
            case Simple(do="invite"):
                return Response.of({"link": self.invitation("watching")})
            case Simple(do="take"):
                if self.viewers.drive(page) or not control.taken:
                    self.inbox = EventInbox()
                    self.live.let_go()
                self.live.take_over()
            case Simple(do="give" | "give-paused"):
                self.live.give_back(pause=wish.do == "give-paused")
            case Simple(do="pause"):
                control.pause()
            case Simple(do="resume"):
                control.resume()
            case Simple(do="step"):
                control.step()
            case Simple():
                control.stop()
            case Tell(text=text):
                self.live.tell(text)
            case YesOrNo():
                self.live.answer(wish.id, wish.yes)
            case OpenForMe(name=name):
                self.live.submit([OpenProgram(name)])
            case HideTyped(on=on):
                self.live.submit([Hide(on)])
        self.live.wake()
        return Response.of({})

    def _page(self, cookie: str, invitation: str) -> Response:
        known = self.viewers.enter(cookie, invitation)
        if known is None:
            return self.html("elsewhere.html", status=409)
        page, view = self.viewers.open(known), self._viewport()
        role = "charge" if self.viewers.role(known) == "in charge" else "watch"
        body = f'<body data-page="{page}" data-size="{view.width}x{view.height}" data-role="{role}">'
        return self.html("page.html", body, cookie=known)

    def _viewport(self) -> Viewport:
        return self.live.camera.newest.screenshot.viewport


def _operates(wish: LiveWish) -> bool:
    """Whether it is only for the page that operates the desktop."""
    return isinstance(wish, OpenForMe | HideTyped) or (
        isinstance(wish, Simple) and wish.do.startswith("give")
    )
