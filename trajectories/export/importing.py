"""Turns what was read from another format into a trajectory of ours, step by step."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from deskhand.actions.geometry import Box
from deskhand.actions.outcome import Outcome
from deskhand.actions.reply import Reply
from deskhand.actions.script import ScriptReading
from deskhand.actions.vocabulary import TERMINAL_KINDS
from deskhand.errors import LogError, TrajectoryError
from deskhand.perception.screen import Pixels, Screenshot
from deskhand.text import first_fault
from deskhand.trajectories.export.exchange import KeptRun, KeptStep, part_of
from deskhand.trajectories.export.source import ForeignSource
from deskhand.trajectories.reader import Trajectory
from deskhand.trajectories.records import Decision, EndRecord, HeaderRecord, NoteRecord, Task
from deskhand.trajectories.writer import TrajectoryWriter

LONGEST_THOUGHT = 100_000
LONGEST_INSTRUCTION = 20_000

ENDS = {"finished": "finished", "infeasible": "infeasible", "call_user": "needs_user"}
"""How a run ended, by the kind of its last action."""


@dataclass(frozen=True, slots=True)
class Story:
    """One trajectory in a foreign file.

    Attributes:
        instruction: what was to be done.
        read_into: reads it and writes it to an import, step by step.
    """

    instruction: str
    read_into: Callable[[TrajectoryImport], None]


class TrajectoryImport:
    """A trajectory that is being made of a foreign one."""

    def __init__(self, folder: Path, doing: Callable[[str, float | None], None]) -> None:
        self.folder = folder
        self.doing = doing
        self.warnings: list[str] = []
        self.steps = 0
        self.unread = 0
        self._writer: TrajectoryWriter | None = None
        self._last_step = 0
        self._last_kind = ""
        self._answer: str | None = None

    def begin(self, header: HeaderRecord, origin: Mapping[str, Any]) -> None:
        """Write the header; ``origin`` says where the trajectory came from."""
        configuration = {**header.configuration, "imported": dict(origin)}
        self._writer = TrajectoryWriter(
            self.folder, header.model_copy(update={"configuration": configuration, "derived_from": None})
        )

    @property
    def writer(self) -> TrajectoryWriter:
        """What writes the trajectory.

        Raises:
            TrajectoryError: the header is not written yet.
        """
        if self._writer is None:
            raise TrajectoryError("nothing can be imported before the task is known")
        return self._writer

    def warn(self, text: str) -> None:
        """Note something for the person who imports, once."""
        if text not in self.warnings:
            self.warnings.append(text)

    def kept(self, screenshot: Screenshot, kept: KeptStep) -> None:
        """A step that this program wrote itself, whole."""
        writer = self.writer
        writer.decision(
            kept.step,
            writer.frame(screenshot),
            kept.decision,
            targets=kept.targets,
            masked=kept.masked,
            hidden=kept.hidden,
            by=kept.by,
            seconds=kept.seconds,
        )
        for index, outcome in enumerate(kept.outcomes):
            writer.outcome(kept.step, index, outcome)
        self._notes(kept.notes)
        self._counted(kept.step, kept.decision)

    def step(
        self,
        screenshot: Screenshot,
        decision: Decision,
        *,
        seconds: float = 0.0,
        masked: tuple[Box, ...] = (),
        notes: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        """A step of a foreign program: what it decided was done, as far as its file says."""
        writer, number = self.writer, self._last_step + 1
        writer.decision(number, writer.frame(screenshot), decision, masked=masked, seconds=seconds)
        for index, action in enumerate(decision.reply.actions if decision.reply else ()):
            if action.kind not in TERMINAL_KINDS:
                writer.outcome(number, index, Outcome.done())
        for text, data in (notes or {}).items():
            writer.note(number, text, data)
        self._counted(number, decision)

    def note(self, text: str, data: Mapping[str, Any]) -> None:
        """Something about the whole run."""
        self.writer.note(self._last_step, text, data)

    def files(self, source: ForeignSource, kept: KeptRun | None) -> None:
        """Take over what the run had made, where the file says that we wrote it."""
        for name in kept.end.files if kept is not None and kept.end is not None else ():
            content = source.kept_file(name)
            if content is None:
                self.warn(f"the run's file {name[:120]!r} is not there")
            else:
                self.writer.add_file(name, content)

    def end(
        self,
        screenshot: Screenshot | None,
        kept: KeptRun | None = None,
        *,
        status: str = "",
        reason: str = "",
    ) -> None:
        """Write the end: ours if the file carries it, else what the last action says."""
        writer = self.writer
        frame = None if screenshot is None else writer.frame(screenshot)
        self._notes(kept.notes if kept else ())
        if kept is not None:
            if kept.end is not None:
                self._end_as(kept.end, frame)
            return
        status = ENDS.get(self._last_kind) or status or "stopped"
        writer.end(
            self._last_step,
            status,
            answer=self._answer,
            reason=reason or ("" if status in ENDS.values() else "the imported file ends here"),
            frame=frame,
        )

    def _end_as(self, end: EndRecord, frame: str | None) -> None:
        self.writer.end(
            end.step, end.status, answer=end.answer, reason=end.reason, frame=frame, seconds=end.seconds
        )

    def _notes(self, notes: tuple[NoteRecord, ...]) -> None:
        for note in notes:
            self.writer.note(note.step, note.text, note.data)

    def _counted(self, number: int, decision: Decision) -> None:
        self.steps += 1
        self._last_step = number
        reply = decision.reply
        self.unread += reply is None
        last = reply.actions[-1] if reply and reply.actions else None
        self._last_kind = last.kind if last else ""
        self._answer = getattr(last, "answer", None)

    def close(self) -> None:
        """Close the files, as far as they were opened."""
        if self._writer is not None:
            self._writer.close()


@contextmanager
def importing_to(out: Path, doing: Callable[[str, float | None], None]) -> Iterator[TrajectoryImport]:
    """A trajectory that appears as ``out`` only when all of it was read and can be opened again.

    ``out`` is absent, or an empty folder that was made for it.
    """
    empty = out.is_dir() and not out.is_symlink() and not any(out.iterdir())
    if empty:
        out.rmdir()
    part = part_of(out)
    imported = TrajectoryImport(part, doing)
    try:
        yield imported
        imported.close()
        _check(part)
        os.rename(part, out)
    except OSError as error:
        raise LogError(f"{out} could not be written: {error.strerror or error}") from error
    finally:
        imported.close()
        shutil.rmtree(part, ignore_errors=True)


def _check(folder: Path) -> None:
    try:
        Trajectory.open(folder)
    except TrajectoryError as error:
        reason = str(error).rpartition(": ")[2]
        raise TrajectoryError(f"what the file says does not make a trajectory: {reason}") from error


def checked_task(instruction: str, where: str) -> Task:
    """The task of a foreign file.

    Raises:
        TrajectoryError: the instruction is missing or far too long.
    """
    text = instruction.strip()
    if not 0 < len(text) <= LONGEST_INSTRUCTION:
        raise TrajectoryError(
            f"{where}: an instruction has 1 to {LONGEST_INSTRUCTION} characters, not {len(text)}; "
            "--instruction gives one"
        )
    return Task(instruction=text)


def decided(script: ScriptReading, *, thought: str, reflection: str = "", raw: str = "") -> Decision:
    """The decision of a text of calls; without an action it is one that could not be read."""
    if not script.actions:
        return unread("it says no action", raw, thought)
    try:
        reply = Reply(
            thought=thought[:LONGEST_THOUGHT],
            reflection=reflection[:LONGEST_THOUGHT],
            actions=script.actions,
            repairs=script.repairs,
        )
    except ValidationError as error:
        return unread(first_fault(error), raw, thought)
    return Decision(reply=reply, raw=raw)


def unread(reason: str, raw: str, thought: str = "") -> Decision:
    """A decision whose action is not understood; its text stays."""
    text = raw if not thought or thought in raw else f"{thought}\n{raw}"
    return Decision(reply=None, raw=text, error=reason[:1000])


def blank(like: Screenshot) -> Screenshot:
    """A black screen of the size of another, for one that nobody kept."""
    pixels: Pixels = like.pixels * 0
    return Screenshot(pixels)


def whole(screenshot: Screenshot) -> Box:
    """The box of a whole screen."""
    return Box(0, 0, screenshot.viewport.width, screenshot.viewport.height)


def foreign_header(
    task: Task, *, policy: str, sandbox: str, kept: KeptRun | None, started: str = ""
) -> HeaderRecord:
    """The header that a file carries of ours, else one that says who made the trajectory."""
    if kept is not None:
        return kept.header
    return HeaderRecord(task=task, policy=policy[:200] or "unknown", sandbox=sandbox, started=started)
