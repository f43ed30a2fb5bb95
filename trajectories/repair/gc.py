"""Removes what no trajectory needs: frames that nothing names, what killed runs left half-written, and
empty folders.

It is meant for a folder full of runs, so it errs on the side of leaving things. A trajectory that somebody
writes is left alone, and so is one with a line or a frame that cannot be read: what that named is not known.
Only names that the writer itself gives are ever removed, and links are neither followed nor removed.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from deskhand.disk import PART_NAME, open_regular_file, refuse_link, take_lock
from deskhand.errors import TrajectoryError, UsageError
from deskhand.trajectories.frames import FrameStore
from deskhand.trajectories.reader import LOG_NAME
from deskhand.trajectories.repair.check import read_all

DEEPEST = 8
MOST_FOLDERS = 100_000
_FRAME_NAME = re.compile(r"[0-9a-f]{32}\.(webp|crop)")

Kind = Literal["unused frame", "unfinished file", "empty folder"]


@dataclass(frozen=True, slots=True)
class Leftover:
    """Something that is not needed: its path inside the trajectory, and the bytes of it."""

    path: str
    kind: Kind
    bytes: int


@dataclass(frozen=True, slots=True)
class Swept:
    """What was found in one trajectory; ``skipped`` says why it was left alone, if it was."""

    folder: Path
    leftovers: tuple[Leftover, ...] = ()
    skipped: str = ""

    @property
    def bytes(self) -> int:
        """How much all leftovers take on disk."""
        return sum(one.bytes for one in self.leftovers)


def trajectories_below(folder: Path | str) -> Iterator[Path]:
    """Every trajectory in a folder, the folder itself too, sorted; links are not followed.

    Raises:
        UsageError: there is no such folder.
    """
    root = Path(folder)
    if not root.is_dir():
        raise UsageError(f"{str(root)[:200]!r} is not a folder: give the folder that contains the runs")
    for count, (place, folders, names) in enumerate(os.walk(root, followlinks=False)):
        folders.sort()
        here = Path(place)
        if LOG_NAME in names:
            yield here
        if LOG_NAME in names or len(here.relative_to(root).parts) >= DEEPEST or count >= MOST_FOLDERS:
            folders.clear()


def sweep(folder: Path | str, *, remove: bool) -> Swept:
    """Find what one trajectory does not need, and remove it if ``remove`` is true.

    Raises:
        TrajectoryError: something could not be removed; what was done until then stays done.
    """
    folder = Path(folder)
    try:
        with _alone(folder / LOG_NAME):
            found = tuple(_leftovers(folder, _needed(folder)))
            if remove:
                for one in found:
                    _remove(folder, one)
    except TrajectoryError as error:
        return Swept(folder, skipped=str(error))
    except OSError as error:
        raise TrajectoryError(f"{folder} could not be cleaned up: {error.strerror or error}") from error
    return Swept(folder, found)


@contextmanager
def _alone(log: Path) -> Iterator[None]:
    """Hold the lock that a writer would hold, so that none can begin meanwhile."""
    with open_regular_file(log) as file:
        if not os.fstat(file.fileno()).st_size:
            raise TrajectoryError("nothing is recorded in it yet")
        if not take_lock(file):
            raise TrajectoryError("it is being written at this moment")
        yield


def _needed(folder: Path) -> frozenset[str]:
    """The files that frames are read from, and those that the end names, as paths inside the trajectory.

    Raises:
        TrajectoryError: a line or a frame cannot be read.
    """
    reading = read_all(folder)
    if reading.faults:
        raise TrajectoryError(
            f"{reading.faults[0]}; deskhand trajectory repair makes a copy that can be read"
        )
    store = FrameStore(folder / "frames")
    end = reading.trajectory.end
    frames = {step.frame for step in reading.trajectory.steps}
    frames |= {end.frame} if end and end.frame else set()
    needed = {f"frames/{name}" for frame in frames for name in store.files_of(frame)}
    return frozenset(needed.union(f"files/{name}" for name in (end.files if end else ())))


def _leftovers(folder: Path, needed: frozenset[str]) -> Iterator[Leftover]:
    for part in ("frames", "files"):
        refuse_link(folder / part)
        if not (folder / part).is_dir():
            continue
        gone: set[str] = set()
        # From the leaves up: a folder is empty too if all that is in it goes.
        for place, folders, names, descriptor in os.fwalk(
            folder / part, topdown=False, follow_symlinks=False
        ):
            here = Path(place).relative_to(folder)
            going = []
            for name in names:
                about = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
                kind = _kind(here, name, needed) if stat.S_ISREG(about.st_mode) else None
                if kind is not None:
                    going.append(Leftover(str(here / name), kind, about.st_size))
            yield from sorted(going, key=lambda one: one.path)
            kept = len(names) - len(going) + sum(str(here / name) not in gone for name in folders)
            if not kept:
                gone.add(str(here))
                yield Leftover(str(here), "empty folder", 0)


def _kind(here: Path, name: str, needed: frozenset[str]) -> Kind | None:
    """What a plain file is, if it is not needed and has a name that the writer gives."""
    if str(here / name) in needed:
        return None
    if PART_NAME.fullmatch(name):
        return "unfinished file"
    return "unused frame" if here == Path("frames") and _FRAME_NAME.fullmatch(name) else None


def _remove(folder: Path, one: Leftover) -> None:
    """Remove by folders that are opened one inside the other, so that no link can come in between."""
    *parents, name = Path(one.path).parts
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for parent in parents:
            inner = os.open(
                parent, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=descriptor
            )
            os.close(descriptor)
            descriptor = inner
        if one.kind == "empty folder":
            os.rmdir(name, dir_fd=descriptor)
        else:
            os.unlink(name, dir_fd=descriptor)
    finally:
        os.close(descriptor)
