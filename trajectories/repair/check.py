"""Reads a trajectory to its last byte: every line, every frame, every file that the end names.

Where the reader stops at the first invalid line, this goes on and reports each one, so a damaged
trajectory is repaired from it, too.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

from deskhand import credentials
from deskhand.disk import is_being_written, open_regular_file, read_below
from deskhand.errors import TrajectoryError
from deskhand.progress import Progress, silent
from deskhand.trajectories.frames import FrameStore
from deskhand.trajectories.reader import LOG_NAME, LogAssembler, Trajectory, numbered_lines
from deskhand.trajectories.records import DecisionRecord, EndRecord, Record
from deskhand.trajectories.redaction.leaks import Search, find_leaks

MOST_FAULTS = 200
"""Faults that are listed one by one; of more only the number is given."""

LARGEST_FILE = 256 << 20


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is wrong; ``line`` is where it is read in the log, 0 if it is in no line."""

    line: int
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}" if self.line else self.reason


@dataclass(frozen=True, slots=True)
class Reading:
    """All that could be read of a log.

    Attributes:
        trajectory: what the valid lines say.
        records: these lines with their numbers, header first.
        faults: the lines that are left out.
    """

    trajectory: Trajectory
    records: tuple[tuple[int, Record], ...]
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What a check found.

    Attributes:
        steps, frames: how many could be read; frames that are the same count once.
        bytes: of all plain files in the folder.
        id, derived_from: what the header says of itself and of its origin; empty if it says nothing.
        end: the status that the run ended with; None if it was cut off or still goes on.
        written: whether a run writes it at this moment, so that its last step is not to be judged yet.
        repairs: what the reader mends by itself, in words.
        faults: what it cannot.
        keys: the search for this machine's keys in it.
    """

    folder: Path
    steps: int = 0
    frames: int = 0
    bytes: int = 0
    id: str = ""
    derived_from: str = ""
    end: str | None = None
    written: bool = False
    repairs: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()
    keys: Search = field(default_factory=Search)

    @property
    def whole(self) -> bool:
        """Whether nothing is wrong, as far as that is known already."""
        return not self.faults and (self.written or not self.repairs)


def read_all(folder: Path | str) -> Reading:
    """Read every valid line, and report the others.

    Raises:
        TrajectoryError: there is no log, its header cannot be read, or it is of a newer format.
    """
    path = Path(folder) / LOG_NAME
    script = LogAssembler(path)
    records: list[tuple[int, Record]] = []
    faults: list[Fault] = []
    number = missed = 0
    with open_regular_file(path) as file:
        lines = numbered_lines(file, path)
        while True:
            try:
                number, line = next(lines)
                record = script.read(number, line)
                if record is not None:
                    records.append((number, record))
            except StopIteration:
                break
            except TrajectoryError as error:
                if not records:
                    raise
                missed += 1
                if missed <= MOST_FAULTS:
                    faults.append(_fault(number, error, path))
    if missed > MOST_FAULTS:
        faults.append(Fault(0, f"and {missed - MOST_FAULTS} more lines cannot be read"))
    return Reading(Trajectory(Path(folder), *script.result()), tuple(records), tuple(faults))


def _fault(number: int, error: TrajectoryError, path: Path) -> Fault:
    """An error of the reader as a fault; one that the next line would have been is of that line."""
    line, said, reason = str(error).removeprefix(f"{path}, line ").partition(": ")
    return (
        Fault(int(line), reason) if said and line.isascii() and line.isdigit() else Fault(number, str(error))
    )


def identity(reading: Reading) -> str:
    """The id of a trajectory; of one without, 32 hexadecimal digits made from nothing but its times."""
    header = reading.trajectory.header
    if header.id:
        return header.id
    times = [f"{r.type} {r.step} {getattr(r, 'seconds', 0)}" for _, r in reading.records]
    return blake2b("\n".join((header.started, *times)).encode(), digest_size=16).hexdigest()


def check(
    folder: Path | str,
    progress: Progress = silent,
    keys: Mapping[str, str] | None = None,
) -> CheckReport:
    """Read everything of a trajectory. Nothing is raised for what is wrong in it: that is in the report.

    Args:
        keys: the name of each key that must not be in it -> its value; those that deskhand itself takes from
            the environment if it is None.
    """
    folder = Path(folder)
    size = _bytes(folder)
    search = find_leaks(folder, credentials.known() if keys is None else keys, progress)
    try:
        reading = read_all(folder)
        written = is_being_written(folder / LOG_NAME)
    except TrajectoryError as error:
        return CheckReport(folder, bytes=size, faults=(Fault(0, str(error)),), keys=search)
    trajectory = reading.trajectory
    frames = _frames(reading)
    faults = [*reading.faults, *_frame_faults(folder, frames, progress), *_file_faults(reading)]
    return CheckReport(
        folder,
        steps=len(trajectory.steps),
        frames=len(frames),
        bytes=size,
        id=identity(reading),
        derived_from=trajectory.header.derived_from or "",
        end=trajectory.end.status if trajectory.end else None,
        written=written,
        repairs=trajectory.repairs,
        faults=tuple(faults),
        keys=search,
    )


def _frames(reading: Reading) -> dict[str, int]:
    """Every frame that is named, with the first line that names it."""
    found: dict[str, int] = {}
    for number, record in reading.records:
        if isinstance(record, DecisionRecord | EndRecord) and record.frame is not None:
            found.setdefault(record.frame, number)
    return found


def _frame_faults(folder: Path, frames: dict[str, int], progress: Progress) -> list[Fault]:
    store = FrameStore(folder / "frames")
    faults = []
    for count, (digest, line) in enumerate(frames.items()):
        progress(f"reading the frames of {folder}", count / len(frames))
        try:
            store.get(digest)
        except TrajectoryError as error:
            faults.append(Fault(line, str(error)))
    return faults


def _file_faults(reading: Reading) -> list[Fault]:
    line, end = reading.records[-1]
    root = reading.trajectory.folder / "files"
    if root.is_symlink():
        return [Fault(0, f"{root} is a link: links are not followed")]
    if not isinstance(end, EndRecord):
        return []
    faults = []
    for name in end.files:
        try:
            read_below(root, name, LARGEST_FILE)
        except TrajectoryError as error:
            faults.append(Fault(line, str(error)))
    return faults


def _bytes(folder: Path) -> int:
    """Bytes of the plain files below a folder; links are not followed."""
    total = 0
    if not folder.is_dir():
        return total
    for _, _, names, descriptor in os.fwalk(folder, follow_symlinks=False):
        for name in names:
            try:
                found = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
            except FileNotFoundError:  # a part that has become whole meanwhile
                continue
            total += found.st_size if stat.S_ISREG(found.st_mode) else 0
    return total
