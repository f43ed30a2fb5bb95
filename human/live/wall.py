"""A wall of small screens: the episodes of an evaluation that go on now, read from their trajectories.

It only looks at what workers write anyway, so it costs them nothing and works for any number of them on this
machine. Nobody can take over an episode: its result is to be the policy's own.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deskhand.actions.words import describe
from deskhand.errors import TrajectoryError
from deskhand.human.live.messages import WALL_COMMAND
from deskhand.human.live.viewers import POLL_SECONDS, Viewers
from deskhand.human.pages.link_server import LinkServer, number
from deskhand.perception.thumbnails import thumbnail
from deskhand.serving import Response
from deskhand.text import clean
from deskhand.trajectories.reader import LOG_NAME, Trajectory

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.5
MOST_SHOWN, MOST_OVER = 64, 12
WIDTH = 420
LONGEST = 300


@dataclass(frozen=True, slots=True)
class WallScreen:
    """An episode that goes on: its folder's name, how far it is, what it does, and the frame it is on."""

    name: str
    step: int
    words: str
    frame: str


class Wall:
    """What the wall shows. A context manager; leaving it stops looking.

    Args:
        folder: in which each episode has the folder of its trajectory.
        title: what is measured, in words.
    """

    def __init__(self, folder: Path, title: str) -> None:
        self.folder, self.title = folder, clean(title)
        self._since = time.time()
        self._changed = threading.Condition()
        self._screens: tuple[WallScreen, ...] = ()
        self._over: list[dict[str, str]] = []
        self._counts = {"done": 0, "not done": 0, "error": 0}
        self._version = 1
        self._known: dict[str, tuple[int, WallScreen | None]] = {}
        self._closing = False
        self._ended = False
        self._thread = threading.Thread(target=self._look, name="wall", daemon=True)

    def __enter__(self) -> Wall:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()

    @property
    def version(self) -> int:
        """Grows with everything that happens."""
        return self._version

    def finished(self, name: str, mark: str, reason: str) -> None:
        """An episode has its result: done, not done or error."""
        with self._changed:
            self._counts[mark] = self._counts.get(mark, 0) + 1
            self._over.insert(0, {"name": name, "mark": mark, "reason": clean(reason, LONGEST)})
            del self._over[MOST_OVER:]
            self._turn()

    def end(self) -> None:
        """All is measured."""
        with self._changed:
            self._ended = True
            self._turn()

    def changes(self, after: int, timeout: float) -> dict[str, Any]:
        """What goes on and what is over, once there is something newer than version ``after``."""
        with self._changed:
            self._changed.wait_for(lambda: self._version > after, timeout)
            return {
                "version": self._version,
                "title": self.title,
                "screens": [
                    {"name": one.name, "step": one.step, "words": one.words, "frame": one.frame}
                    for one in self._screens
                ],
                "over": list(self._over),
                "counts": dict(self._counts),
                "ended": self._ended,
            }

    def picture(self, name: str) -> bytes:
        """The frame that an episode is on, small; empty where it is not shown any more."""
        with self._changed:
            shown = next((one for one in self._screens if one.name == name), None)
        if shown is None:
            return b""
        try:
            return thumbnail(Trajectory.open(self.folder / shown.name).frame(shown.frame), WIDTH)
        except TrajectoryError:
            return b""

    def _turn(self) -> None:
        self._version += 1
        self._changed.notify_all()

    def _look(self) -> None:
        while True:
            screens = tuple(self._now())
            with self._changed:
                if screens != self._screens:
                    self._screens = screens
                    self._turn()
                if self._changed.wait_for(lambda: self._closing, LOOK_SECONDS):
                    return

    def _now(self) -> list[WallScreen]:
        """The episodes whose trajectories have no end yet; a log that has not grown is not read again."""
        found = []
        for folder in sorted(self.folder.glob("*")) if self.folder.is_dir() else ():
            try:
                status = (folder / LOG_NAME).stat()
            except OSError:
                continue
            if status.st_mtime < self._since:
                continue
            size, screen = self._known.get(folder.name, (-1, None))
            if size != status.st_size:
                screen = _screen(folder)
                self._known[folder.name] = status.st_size, screen
            if screen is not None:
                found.append(screen)
        return found[:MOST_SHOWN]


def _screen(folder: Path) -> WallScreen | None:
    try:
        trajectory = Trajectory.open(folder)
    except TrajectoryError:
        return None  # its first line is just being written
    if trajectory.end is not None or not trajectory.steps:
        return None
    last = trajectory.steps[-1]
    reply = last.decision.reply
    words = "; ".join(map(describe, reply.actions)) if reply is not None else last.decision.error
    return WallScreen(folder.name, last.step, clean(words, LONGEST), last.frame)


class WallServer(LinkServer):
    """Serves the wall until it is closed. A context manager.

    Args:
        wall: what is shown.
        stop: ends the evaluation.
    """

    cookie_name = "deskhand-wall"
    folder = __package__ or ""
    assets = ("wall.js", "page.css", "wall.css")

    def __init__(self, wall: Wall, stop: Callable[[], None], port: int = 0) -> None:
        super().__init__(port)
        self.wall, self._stop, self.viewers = wall, stop, Viewers()

    def __exit__(self, *_: object) -> None:
        self.say_goodbye(lambda: self.viewers.all_told(self.wall.version))
        super().__exit__()

    def get(self, name: str, query: dict[str, list[str]], cookie: str) -> Response:
        """The page, what goes on, or the picture of an episode."""
        if name == "":
            known = self.viewers.enter(cookie, query.get("invitation", [""])[0])
            if known is None:
                return self.html("elsewhere.html", status=409)
            role = "charge" if self.viewers.role(known) == "in charge" else "watch"
            page = self.viewers.open(known)
            return self.html("wall.html", f'<body data-page="{page}" data-role="{role}">', cookie=known)
        page = query.get("page", [""])[0]
        if not self.viewers.hears(cookie, page):
            return Response.refused(403, "this page was not let in: use a link that was not used yet")
        if name == "state":
            state = self.wall.changes(number(query, "after"), POLL_SECONDS)
            self.viewers.tell(page, state["version"])
            return Response.of(state)
        if name == "picture":
            picture = self.wall.picture(query.get("name", [""])[0])
            return Response(picture, "image/jpeg") if picture else Response(status=404)
        return Response.refused(404, "there is nothing here")

    def post(self, name: str, body: bytes, cookie: str) -> Response:
        """Whoever is in charge stops all, or invites another browser to watch."""
        if name == "leave":
            self.viewers.leave(cookie, body.decode("ascii", "replace")[:64])
            return Response.of({})
        sent = WALL_COMMAND.validate_json(body)
        if self.viewers.role(cookie) != "in charge" or not self.viewers.hears(cookie, sent.page):
            return Response.refused(403, "this browser may watch, not more")
        if sent.do == "invite":
            return Response.of({"link": f"{self.url}?invitation={self.viewers.invite()}"})
        self._stop()
        return Response.of({})
