"""Reads a trajectory folder, mends what a killed run leaves behind, and refuses the rest by line.

A trajectory may come from a stranger, so sizes are bounded, names are checked before they become
paths, and links are not followed.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import BinaryIO, Self

from pydantic import BaseModel, ValidationError

from deskhand.actions.outcome import Outcome
from deskhand.actions.vocabulary import TERMINAL_KINDS
from deskhand.disk import PART_NAME, open_regular_file
from deskhand.errors import TrajectoryError
from deskhand.perception.screen import Screenshot
from deskhand.trajectories.frames import FrameStore, StoredFrame, is_digest
from deskhand.trajectories.records import (
    FORMAT,
    RECORD,
    DecisionRecord,
    EndRecord,
    HeaderRecord,
    NoteRecord,
    OutcomeRecord,
    Record,
    Step,
    Task,
)

LOG_NAME = "trajectory.jsonl"
LONGEST_LINE = 8 * 1024 * 1024
MOST_LINES = 250_000
MOST_LOG_BYTES = 64 * 1024 * 1024
"""Bounds of what is read; the objects that a log becomes take many times its bytes."""

MOST_FILES = 100_000


class _Peek(BaseModel):
    """What is looked at before a line is read as a record of this format."""

    type: str = ""
    format: int = 0


@dataclass(frozen=True)
class Trajectory:
    """One run as it was recorded.

    Attributes:
        folder: where it lies.
        header: what was asked, of whom, with what.
        steps: every decision with its outcomes, oldest first.
        notes: every note, oldest first; those of a step are also in its ``notes`` as text.
        end: how the run ended; None if it was cut off or still goes on.
        repairs: what was mended to read it, in words; empty for a clean trajectory.
    """

    folder: Path
    header: HeaderRecord
    steps: tuple[Step, ...]
    notes: tuple[NoteRecord, ...]
    end: EndRecord | None
    repairs: tuple[str, ...]

    @classmethod
    def open(cls, folder: Path | str) -> Self:
        """Read a trajectory.

        Raises:
            TrajectoryError: there is none, it is of a newer format, or a line cannot be read; the
                message names the line.
        """
        path = Path(folder) / LOG_NAME
        script = LogAssembler(path)
        with open_regular_file(path) as file:
            for number, line in numbered_lines(file, path):
                script.read(number, line)
        return cls(Path(folder), *script.result())

    @property
    def task(self) -> Task:
        """What was asked."""
        return self.header.task

    @cached_property
    def files(self) -> tuple[str, ...]:
        """What the run made, as sorted paths relative to files/; plain files only."""
        return tuple(sorted(_plain_files(self.folder / "files")))

    @cached_property
    def _frames(self) -> FrameStore:
        return FrameStore(self.folder / "frames")

    def frame(self, digest: str) -> Screenshot:
        """A frame by its digest, checked against it.

        Raises:
            TrajectoryError: it is missing, damaged or hostile.
        """
        return self._frames.get(digest)

    def stored_frame(self, digest: str) -> StoredFrame:
        """A frame as it lies on the disk, not decoded and not checked.

        Raises:
            TrajectoryError: it is missing, or its head is damaged.
        """
        return self._frames.stored(digest)


def numbered_lines(file: BinaryIO, path: Path) -> Iterator[tuple[int, bytes]]:
    """Numbered lines from 1 with their newline, if they have one.

    Raises:
        TrajectoryError: a line, or all of them together, are longer than a log may be; it names the line.
    """
    number = size = 0
    while line := file.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) > LONGEST_LINE:
            raise TrajectoryError(f"{path}, line {number}: longer than {LONGEST_LINE} bytes")
        if number > MOST_LINES:
            raise TrajectoryError(f"{path}, line {number}: a trajectory has at most {MOST_LINES} lines")
        size += len(line)
        if size > MOST_LOG_BYTES:
            raise TrajectoryError(f"{path}, line {number}: a log has at most {MOST_LOG_BYTES} bytes")
        yield number, line


@dataclass
class LogAssembler:
    """Puts the records together, line by line."""

    path: Path
    header: HeaderRecord | None = None
    decisions: list[DecisionRecord] = field(default_factory=list)
    outcomes: dict[int, list[Outcome]] = field(default_factory=lambda: defaultdict(list))
    notes: list[NoteRecord] = field(default_factory=list)
    said: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    end: EndRecord | None = None
    repairs: list[str] = field(default_factory=list)

    def read(self, number: int, line: bytes) -> Record | None:
        """Take one line and return its record; None if it was cut off. What is refused changes nothing.

        Raises:
            TrajectoryError: it cannot be read, or a record of its kind cannot stand here.
        """
        record = self._parse(number, line)
        complaint = self._take(record) if record is not None else ""
        if complaint:
            raise TrajectoryError(f"{self.path}, line {number}: {complaint}")
        return record

    def result(
        self,
    ) -> tuple[HeaderRecord, tuple[Step, ...], tuple[NoteRecord, ...], EndRecord | None, tuple[str, ...]]:
        """What the lines say: header, steps, notes, end, repairs."""
        if self.header is None:
            raise TrajectoryError(
                f"{self.path}, line 1: there is no whole header, so nothing can be read from it"
            )
        steps = tuple(self._step(at) for at in range(len(self.decisions)))
        return self.header, steps, tuple(self.notes), self.end, tuple(self.repairs)

    def _parse(self, number: int, line: bytes) -> Record | None:
        """One line as a record; None for a cut-off last line, which is reported as a repair."""
        whole = line.endswith(b"\n")
        try:
            if number == 1:
                self._refuse_newer(_Peek.model_validate_json(line))
            record = RECORD.validate_json(line)
        except ValidationError as error:
            # Only the last line can lack its newline, and no part of a JSON object is one.
            if not whole:
                self.repairs.append(f"line {number} was cut off after {len(line)} bytes and is left out")
                return None
            raise TrajectoryError(f"{self.path}, line {number}: {_first_fault(error)}") from error
        if not whole:
            self.repairs.append(f"line {number} had lost only its line end")
        return record

    def _refuse_newer(self, peek: _Peek) -> None:
        if peek.type == "header" and peek.format > FORMAT:
            raise TrajectoryError(
                f"{self.path} is in format {str(peek.format)[:20]}, made by a newer deskhand; "
                f"this one reads formats up to {FORMAT}: update deskhand"
            )

    def _take(self, record: Record) -> str:
        """File the record; what is wrong with it standing here, or nothing."""
        if (self.header is None) != isinstance(record, HeaderRecord):
            return "a trajectory has one header, as its first line"
        if self.end is not None:
            return f"a {record.type} after the end"
        match record:
            case HeaderRecord():
                if record.format < 1:
                    return f"there is no format {str(record.format)[:20]}"
                self.header = record
            case DecisionRecord():
                return self._take_decision(record)
            case OutcomeRecord():
                return self._take_outcome(record)
            case NoteRecord():
                self.notes.append(record)
                self.said[record.step].append(record.text)
            case EndRecord():
                if record.frame is not None and not is_digest(record.frame):
                    return "the end's frame is not the name of a frame"
                self.end = record
        return ""

    def _take_decision(self, record: DecisionRecord) -> str:
        if self.decisions and record.step <= self.decisions[-1].step:
            return f"step {record.step} after step {self.decisions[-1].step}"
        if not is_digest(record.frame):
            return "the decision's frame is not the name of a frame"
        self.decisions.append(record)
        return ""

    def _take_outcome(self, record: OutcomeRecord) -> str:
        if not self.decisions or record.step != self.decisions[-1].step:
            return f"an outcome for step {record.step}, which is not the step before it"
        reply = self.decisions[-1].decision.reply
        known = self.outcomes[record.step]
        if record.index != len(known) or reply is None or record.index >= len(reply.actions):
            return f"an outcome for action {record.index}, which is not the next of step {record.step}"
        known.append(record.outcome)
        return ""

    def _step(self, at: int) -> Step:
        record = self.decisions[at]
        return Step(
            step=record.step,
            frame=record.frame,
            targets=record.targets,
            masked=record.masked,
            hidden=record.hidden,
            by=record.by,
            decision=record.decision,
            seconds=record.seconds,
            outcomes=self._outcomes(record),
            notes=tuple(self.said.get(record.step, ())),
            changed=self._changed(at),
        )

    def _outcomes(self, record: DecisionRecord) -> tuple[Outcome, ...]:
        """The outcomes as written, and one that is unknown if the next was never written."""
        known = tuple(self.outcomes.get(record.step, ()))
        actions = record.decision.reply.actions if record.decision.reply else ()
        over = len(known) == len(actions) or (known and not known[-1].ok)
        if over or actions[len(known)].kind in TERMINAL_KINDS:
            return known
        self.repairs.append(
            f"step {record.step}: action {len(known)} has no outcome, so whether it was done is unknown"
        )
        return (*known, Outcome.unknown("no outcome was recorded; it may have been done"))

    def _changed(self, at: int) -> bool | None:
        """Whether the next look at the screen differed; None if there was none, or a step is missing."""
        here = self.decisions[at]
        if at + 1 == len(self.decisions):
            after = self.end and self.end.frame
        else:
            following = self.decisions[at + 1]
            after = following.frame if following.step == here.step + 1 else None
        return None if after is None else after != here.frame


def _first_fault(error: ValidationError) -> str:
    """Where and why, without the input: a line may hold anything."""
    fault = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(str(part) for part in fault["loc"])[:100]
    reason = fault["msg"][:200]
    return f"{place}: {reason}" if place else reason


def _plain_files(root: Path) -> Iterator[str]:
    """Relative paths of the plain files below ``root``; links are neither named nor followed."""
    count = 0
    if root.is_symlink():
        return
    for folder, _, names in os.walk(root, followlinks=False):
        for name in names:
            path = Path(folder) / name
            if path.is_symlink() or not path.is_file() or PART_NAME.fullmatch(name):
                continue
            count += 1
            if count > MOST_FILES:
                raise TrajectoryError(f"{root} has more than {MOST_FILES} files")
            yield path.relative_to(root).as_posix()
