"""A recording that goes on in a thread, and a person whose events it is given."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from deskhand.actions.geometry import ScreenPoint
from deskhand.actions.vocabulary import Button
from deskhand.agent.result import RunResult
from deskhand.human.recording.events import Event, Finish, Kind
from deskhand.human.recording.recording import POLICY, Recording
from deskhand.sandbox.protocol import Sandbox
from deskhand.trajectories.reader import Trajectory
from deskhand.trajectories.records import HeaderRecord, Step, Task
from deskhand.trajectories.writer import TrajectoryWriter
from deskhand.waiting import wait_until

PATIENCE = 60.0

LOGIN = """
import gi
gi.require_version("Gtk", "3.0")
from gi.repository import Gtk
window = Gtk.Window(title="Log in")
grid = Gtk.Grid(row_spacing=12, column_spacing=12, margin=24)
window.add(grid)
entries = []
for row, name in enumerate(("User:", "Password:", "Remarks:")):
    entry = Gtk.Entry(width_chars=30, visibility=row != 1)
    grid.attach(Gtk.Label(label=name, mnemonic_widget=entry), 0, row, 1, 1)
    grid.attach(entry, 1, row, 1, 1)
    entries.append(entry)
def save(_):
    open("login.txt", "w").write(entries[1].get_text())
    open("user.txt", "w").write(entries[0].get_text())
show = Gtk.CheckButton(label="Show it")
show.connect("toggled", lambda _: entries[1].set_visibility(show.get_active()))
button = Gtk.Button(label="Save")
button.connect("clicked", save)
grid.attach(show, 1, 3, 1, 1)
grid.attach(button, 1, 4, 1, 1)
window.show_all()
Gtk.main()
"""


class Person:
    """Does things at a recorded desktop."""

    def __init__(self, recording: Recording, out: Path) -> None:
        self.recording, self.out = recording, out
        self.result: RunResult | None = None
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        self.result = self.recording.run()

    def event(self, kind: Kind, **what: Any) -> None:
        self.recording.submit([Event(kind, time.monotonic(), **what)])

    def click(self, x: int, y: int, button: Button = "left") -> None:
        at = ScreenPoint(x, y)
        self.event("move", at=at)
        self.event("press", at=at, button=button)
        self.event("release", at=at, button=button)

    def key(self, key: str, text: str = "") -> None:
        self.event("key_down", key=key, text=text)
        self.event("key_up", key=key)

    def type(self, text: str) -> None:
        for letter in text:
            self.key(letter.lower() if letter.isascii() else "", letter)

    def chord(self, *keys: str) -> None:
        for key in keys:
            self.event("key_down", key=key)
        for key in reversed(keys):
            self.event("key_up", key=key)

    def until(self, count: int) -> None:
        """Until so many actions are recorded."""
        changes = self.recording.feed.changes
        wait_until(
            lambda: sum(line["kind"] == "action" for line in changes(-1, 0, 0)["lines"]) >= count,
            timeout=PATIENCE,
            what=f"{count} recorded actions",
        )

    def until_reported(self, words: str = "") -> None:
        """Until the programs have reported what the screen shows now, ``words`` among it."""
        camera = self.recording.camera

        def reported() -> bool:
            xml = camera.newest.accessibility.xml
            return xml is not None and words in xml

        wait_until(reported, timeout=PATIENCE, what=f"the programs to report {words}".rstrip())

    def end(self, *items: Any) -> RunResult:
        if items:
            self.recording.submit(items)
        self._thread.join(PATIENCE)
        assert self.result is not None, "the recording did not end"
        return self.result

    def done(self, answer: str | None = None) -> RunResult:
        return self.end(Finish(done=True, answer=answer))

    @property
    def trajectory(self) -> Trajectory:
        return Trajectory.open(self.out)

    @property
    def said(self) -> list[str]:
        return [line["text"] for line in self.recording.feed.changes(-1, 0, 0)["lines"]]


@contextlib.contextmanager
def recorded(sandbox: Sandbox, out: Path, **options: Any) -> Iterator[Person]:
    """A recording of a sandbox; it is stopped at the end if it still goes on."""
    header = HeaderRecord(task=Task(instruction="a task"), policy=POLICY, sandbox=sandbox.name)
    with (
        TrajectoryWriter(out, header) as writer,
        contextlib.closing(Recording(sandbox, writer, **options)) as recording,
    ):
        person = Person(recording, out)
        try:
            yield person
        finally:
            if person.result is None:
                person.end(Finish(done=False))


def actions(steps: tuple[Step, ...]) -> list[Any]:
    return [action for step in steps if step.decision.reply for action in step.decision.reply.actions]


def words(steps: tuple[Step, ...]) -> list[str | None]:
    return [target.words if target else None for step in steps for target in step.targets]


def holding(folder: Path, *secrets: str) -> list[str]:
    """Every file below a folder in whose bytes or name a secret stands."""
    return [
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        for secret in secrets
        if secret in path.name or (path.is_file() and secret.encode() in path.read_bytes())
    ]
