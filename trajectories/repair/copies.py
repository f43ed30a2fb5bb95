"""How an edited copy of a trajectory is made.

Nothing is rewritten. A copy is a trajectory of its own with an id of its own; its header's
``derived_from`` is the id of its origin, drawn at random when that was begun. Origins without an id (older
ones, and those made by hand) get one from their times alone, so that it reveals nothing of what they hold.

A copy appears under its name only when it is complete. Its frames are written anew, its steps keep their
numbers and times.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deskhand.actions.outcome import Outcome
from deskhand.actions.vocabulary import TERMINAL_KINDS
from deskhand.disk import is_being_written, read_below, sync_folder, writing
from deskhand.errors import TrajectoryError, UsageError
from deskhand.perception.screen import Screenshot
from deskhand.progress import Progress, silent
from deskhand.trajectories.reader import LOG_NAME
from deskhand.trajectories.records import (
    DecisionRecord,
    EndRecord,
    HeaderRecord,
    NoteRecord,
    OutcomeRecord,
    Record,
)
from deskhand.trajectories.repair.check import LARGEST_FILE, Reading, identity, read_all
from deskhand.trajectories.writer import TrajectoryWriter

MOST_REMARKS = 200

Body = DecisionRecord | OutcomeRecord | NoteRecord | EndRecord


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy that was made.

    Attributes:
        remarks: what is not in it or was changed on the way, in words.
    """

    folder: Path
    steps: int
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """A copy to be made.

    Attributes:
        header: its header; id and origin are put in when it is written.
        body: the records after it. Frames are named as in the origin.
        files: which files of the run are kept, relative to files/.
        paint: changes a frame before it is kept.
        hides: whether something of the origin must not be known from the copy: then the hash of a frame that
            is lost is not in it either.
    """

    header: HeaderRecord
    body: Sequence[Body]
    files: tuple[str, ...]
    paint: Callable[[str, Screenshot], Screenshot] = lambda digest, screenshot: screenshot
    hides: bool = False


def open_whole(folder: Path | str, *, damaged: bool = False) -> Reading:
    """Every line of a trajectory that nobody writes.

    Raises:
        TrajectoryError: somebody does, or it cannot be read; a damaged line is allowed if ``damaged``.
    """
    reading = read_all(folder)
    path = Path(folder) / LOG_NAME
    if is_being_written(path):
        raise TrajectoryError(f"{path} is being written by a run: wait until it has ended")
    if reading.faults and not damaged:
        raise TrajectoryError(
            f"{path}, {reading.faults[0]}. Make a copy that can be read: deskhand trajectory repair"
        )
    return reading


def as_it_is(reading: Reading) -> Draft:
    """A draft that changes nothing, except that an outcome that was never written becomes unknown."""
    trajectory = reading.trajectory
    files = {*trajectory.files, *(trajectory.end.files if trajectory.end else ())}
    return Draft(trajectory.header, tuple(_with_outcomes(reading.records)), tuple(sorted(files)))


def _with_outcomes(records: Iterable[tuple[int, Record]]) -> Iterator[Body]:
    decision: DecisionRecord | None = None
    known: list[OutcomeRecord] = []
    for _, record in records:
        if isinstance(record, DecisionRecord | EndRecord):
            yield from _unknown(decision, known)
            decision, known = None, []
        match record:
            case HeaderRecord():
                continue
            case DecisionRecord():
                decision = record
            case OutcomeRecord():
                known.append(record)
        yield record
    yield from _unknown(decision, known)


def _unknown(decision: DecisionRecord | None, known: Sequence[OutcomeRecord]) -> Iterator[OutcomeRecord]:
    actions = decision.decision.reply.actions if decision and decision.decision.reply else ()
    over = len(known) == len(actions) or (known and not known[-1].outcome.ok)
    if decision is None or over or actions[len(known)].kind in TERMINAL_KINDS:
        return
    outcome = Outcome.unknown("no outcome was recorded; it may have been done")
    yield OutcomeRecord(step=decision.step, index=len(known), outcome=outcome, seconds=decision.seconds)


def write_copy(
    reading: Reading,
    draft: Draft,
    out: Path,
    *,
    remarks: Sequence[str] = (),
    damaged: bool = False,
    progress: Progress = silent,
) -> Copy:
    """Write a draft as a new trajectory.

    Args:
        remarks: what is known to be lost already.
        damaged: whether ``remarks`` is noted in the copy.

    Raises:
        UsageError: ``out`` holds something, or lies inside the origin. LogError: it cannot be written.
    """
    header = draft.header.model_copy(update={"derived_from": identity(reading)})
    with _staged(out, reading.trajectory.folder) as staging, TrajectoryWriter(staging, header) as writer:
        copier = _Copier(reading, draft, writer, list(remarks), progress)
        copier.write(damaged)
    steps = sum(isinstance(record, DecisionRecord) for record in draft.body)
    return Copy(out, steps, tuple(copier.remarks))


class _Copier:
    """Writes one draft: frames before the records that name them, and files before the end."""

    def __init__(
        self, reading: Reading, draft: Draft, writer: TrajectoryWriter, remarks: list[str], progress: Progress
    ) -> None:
        self.origin, self.draft, self.writer = reading.trajectory, draft, writer
        self.remarks, self.progress = remarks, progress
        self.names: dict[str, str] = {}

    def write(self, damaged: bool) -> None:
        """Write everything; with ``damaged``, a note before the records says what could not be read."""
        body = self.draft.body
        kept: list[Body] = []
        for count, record in enumerate(body):
            self.progress("copying the steps", count / len(body))
            if isinstance(record, DecisionRecord | EndRecord) and record.frame is not None:
                record = record.model_copy(update={"frame": self._frame(record.step, record.frame)})
            kept.append(record)
        self._keep_files()
        if damaged and self.remarks:
            lost = {"lost": self.remarks[:MOST_REMARKS]}
            self.writer.copy(
                NoteRecord(step=0, text="this is a repaired copy; not all could be read", data=lost)
            )
        for record in kept:
            if isinstance(record, EndRecord):
                record = record.model_copy(update={"files": self.writer.files})
            self.writer.copy(record)

    def _frame(self, step: int, digest: str) -> str:
        """Keep a frame of the origin and return its name here."""
        if digest not in self.names:
            try:
                screenshot = self.origin.frame(digest)
            except TrajectoryError as error:
                self.remarks.append(f"step {step}: its frame is lost: {error}")
                self.names[digest] = secrets.token_hex(16) if self.draft.hides else digest
            else:
                self.names[digest] = self.writer.frame(self.draft.paint(digest, screenshot))
        return self.names[digest]

    def _keep_files(self) -> None:
        for name in self.draft.files:
            try:
                self.writer.add_file(name, read_below(self.origin.folder / "files", name, LARGEST_FILE))
            except (TrajectoryError, UsageError) as error:
                self.remarks.append(f"a file is lost: {error}")


@contextmanager
def _staged(out: Path, origin: Path) -> Iterator[Path]:
    """A folder beside ``out`` that takes its name when all is well, and is removed otherwise."""
    if out.is_symlink() or (out.exists() and not (out.is_dir() and not any(out.iterdir()))):
        raise UsageError(f"{str(out)[:200]!r} already exists and is not replaced: choose a new folder")
    if out.resolve().is_relative_to(origin.resolve()):
        raise UsageError(f"{str(out)[:200]!r} is inside the trajectory itself: choose a folder elsewhere")
    staging = out.parent / f".{secrets.token_hex(8)}.part"
    with writing("the copy", out):
        staging.mkdir(parents=True)
        try:
            yield staging
            staging.rename(out)
            sync_folder(out.parent)
        except BaseException:  # Ctrl-C too
            shutil.rmtree(staging, ignore_errors=True)
            raise
