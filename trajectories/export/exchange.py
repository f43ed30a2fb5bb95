"""What every format shares: what is written appears whole, and what a foreign file adds of ours."""

from __future__ import annotations

import io
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal

from PIL import Image
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from deskhand.actions.dialects import Dialect
from deskhand.actions.geometry import Box, Viewport
from deskhand.actions.outcome import Outcome
from deskhand.disk import read_regular_file, safe_relative, write_new_file, writing
from deskhand.errors import UsageError
from deskhand.perception.screen import Screenshot
from deskhand.trajectories.reader import Trajectory
from deskhand.trajectories.records import Decision, EndRecord, HeaderRecord, NoteRecord, Step, Target

EXTRA = "deskhand"
"""The field in which a foreign file carries what its own format has no place for."""

LARGEST_FILE = 256 << 20

Prompt = Callable[[Dialect, str, Viewport], str]
"""The words before a trajectory's first screenshot: dialect, instruction, size of the screen."""


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """What a person may choose; each format takes only some of it.

    Attributes:
        pictures: where the screenshots of a document go: files beside it, inside it, or nowhere.
        dialect: in which the replies of training records are written, by its name.
        per: whether there is one training record a step or one a trajectory.
        history: most earlier steps in the record of a step.
        corrections: whether only the steps of a person who took over are training records.
        prompt, feedback: what the user of a training record says; plain words if they are not given.
        size: longest side of a film in pixels.
        speed: how much faster than it happened a film goes.
    """

    pictures: Literal["files", "inside", "none"] = "files"
    dialect: str = "ui-tars-1.5"
    per: Literal["step", "trajectory"] = "step"
    history: int = 4
    corrections: bool = False
    prompt: Prompt | None = None
    feedback: Callable[[Step], str] | None = None
    size: int = 1280
    speed: float = 1.0


class KeptStep(BaseModel):
    """What a foreign step carries of ours: everything but the frame, which the format has itself."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    step: int = Field(ge=0, le=10**9)
    decision: Decision
    outcomes: tuple[Outcome, ...] = ()
    targets: tuple[Target | None, ...] = ()
    masked: tuple[Box, ...] = ()
    hidden: tuple[int, ...] = ()
    by: Literal["", "person"] = ""
    seconds: float = Field(default=0.0, allow_inf_nan=False)
    notes: tuple[NoteRecord, ...] = ()


class KeptRun(BaseModel):
    """What a foreign trajectory carries of ours, once: the header, the end, notes outside any step."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    header: HeaderRecord
    end: EndRecord | None = None
    notes: tuple[NoteRecord, ...] = ()


def kept_step(trajectory: Trajectory, step: Step) -> dict[str, Any]:
    """A step as JSON for the extra field."""
    kept = KeptStep(
        step=step.step,
        decision=step.decision,
        outcomes=step.outcomes,
        targets=step.targets,
        masked=step.masked,
        hidden=step.hidden,
        by=step.by,
        seconds=step.seconds,
        notes=tuple(note for note in trajectory.notes if note.step == step.step),
    )
    return kept.model_dump(mode="json")


def kept_run(trajectory: Trajectory) -> dict[str, Any]:
    """A trajectory's header, end and other notes as JSON for the extra field."""
    steps = {step.step for step in trajectory.steps}
    notes = tuple(note for note in trajectory.notes if note.step not in steps)
    kept = KeptRun(header=trajectory.header, end=trajectory.end, notes=notes)
    return kept.model_dump(mode="json")


def read_kept_step(value: Any) -> KeptStep | None:
    """The extra of a step; None if there is none that this version understands."""
    try:
        return KeptStep.model_validate(value)
    except (ValidationError, RecursionError):
        return None


def read_kept_run(value: Any) -> KeptRun | None:
    """The extra of a trajectory; None if there is none that this version understands."""
    try:
        return KeptRun.model_validate(value)
    except (ValidationError, RecursionError):
        return None


def copy_files(trajectory: Trajectory, folder: Path) -> None:
    """Put what the run made into ``files`` of a folder.

    Raises:
        TrajectoryError: a file of the trajectory is too large, or vanished.
        LogError: one cannot be written.
    """
    for name in trajectory.files:
        content = read_regular_file(trajectory.folder / "files" / name, LARGEST_FILE)
        path = folder / "files" / safe_relative(name)
        with writing(name, folder):
            path.parent.mkdir(parents=True, exist_ok=True)
        write_new_file(path, content)


def png(screenshot: Screenshot) -> bytes:
    """A screenshot as PNG."""
    out = io.BytesIO()
    Image.fromarray(screenshot.pixels).save(out, "PNG", compress_level=3)
    return out.getvalue()


def check_free(path: Path) -> None:
    """Refuse a place where something stands already, or that is in no folder.

    Raises:
        UsageError: it does; nothing is ever replaced.
    """
    if os.path.lexists(path):
        raise UsageError(f"{path} already exists and is not replaced: choose another --out")
    if not path.parent.is_dir():
        raise UsageError(f"cannot write {path}: there is no folder {path.parent}")


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """A file that appears under its name only when the block has ended well.

    Raises:
        UsageError: something stands there.
        LogError: it cannot be written.
    """
    part = _part(path)
    try:
        with writing(path.name, path.parent), part.open("xb") as file:
            yield file
        _publish(part, path)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """A folder that appears under its name only when the block has ended well; yields where to write.

    Raises:
        UsageError: something stands there.
        LogError: it cannot be written.
    """
    part = _part(path)
    try:
        with writing(path.name, path.parent):
            part.mkdir()
            yield part
            check_free(path)
            os.rename(part, path)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def part_of(path: Path) -> Path:
    """Where a program may write what becomes ``path``; give it to ``publish`` when it is whole."""
    return _part(path)


def publish(part: Path, path: Path) -> None:
    """Give a finished file its name, unless something got there first."""
    with writing(path.name, path.parent):
        _publish(part, path)


def _part(path: Path) -> Path:
    check_free(path)
    return path.with_name(f".{secrets.token_hex(8)}.part")


def _publish(part: Path, path: Path) -> None:
    try:
        os.link(part, path)
    except FileExistsError as error:
        raise UsageError(f"{path} already exists and is not replaced: choose another --out") from error
    except PermissionError:  # a file system without hard links
        check_free(path)
        os.rename(part, path)


def check_suffix(path: Path, *suffixes: str) -> None:
    """Refuse a file name that says something else than what would be in it.

    Raises:
        UsageError: it has none of the suffixes.
    """
    if path.suffix.lower() not in suffixes:
        raise UsageError(f"--out must end in {' or '.join(suffixes)}, not {path.name[:80]!r}")
