"""Reads what others wrote: bounded, only below one folder, and with the line in every complaint."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from deskhand.disk import open_regular_file, read_regular_file, safe_relative
from deskhand.errors import TrajectoryError, UsageError
from deskhand.perception.pictures import MOST_BYTES, read_picture
from deskhand.perception.screen import Screenshot

LONGEST_FOREIGN_LINE = 64 << 20
MOST_FOREIGN_LINES = 200_000
LARGEST_DOCUMENT = 256 << 20
SNIFFED = 256 * 1024

Model = TypeVar("Model", bound=BaseModel)


class Foreign(BaseModel):
    """A record of another format: unknown fields are left alone, wrong types are errors."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


@dataclass(frozen=True, slots=True)
class ForeignSource:
    """What is imported.

    Attributes:
        path: a file, or a folder of them.
        images: folder of the screenshots, if they do not lie beside the file.
        instruction: what the task was, for files that do not say.
    """

    path: Path
    images: Path | None = None
    instruction: str | None = None

    @property
    def folder(self) -> Path:
        """The folder out of which nothing is read."""
        return self.path if self.path.is_dir() else self.path.parent

    def file(self, *patterns: str) -> Path | None:
        """The file itself, or the only one in the folder that fits the first pattern that any fits.

        Raises:
            UsageError: several fit it.
        """
        if not self.path.is_dir():
            return self.path
        for pattern in patterns:
            found = sorted(path for path in self.path.glob(pattern) if path.is_file())
            if len(found) > 1:
                names = ", ".join(path.name[:60] for path in found[:4])
                raise UsageError(f"{self.path} has several files that could be meant ({names}): name one")
            if found:
                return found[0]
        return None

    def picture(self, name: str, where: str) -> Screenshot:
        """A screenshot by the name that a record gives it.

        Raises:
            TrajectoryError: it is missing, no picture, too large, or lies outside the folder.
        """
        for folder in [self.images] if self.images else [self.folder, self.folder / "images"]:
            path = _inside(folder, name, where)
            if path.exists():
                with open_regular_file(path) as file:
                    return decoded(file.read(MOST_BYTES + 1), name, where)
        hint = "" if self.images else "; give the folder of the screenshots with --images"
        raise TrajectoryError(f"{where}: the screenshot {name[:120]!r} is missing{hint}")

    def has(self, name: str) -> bool:
        """Whether a plain file of this name lies in the folder."""
        path = (self.images or self.folder) / name
        return path.is_file() and not path.is_symlink()

    def kept_file(self, name: str) -> bytes | None:
        """A file of the run that lies in ``files`` beside the log, None if there is none.

        Raises:
            TrajectoryError: its name leads elsewhere, or it is too large.
        """
        path = _inside(self.folder / "files", name, str(self.folder))
        return read_regular_file(path, LARGEST_DOCUMENT) if path.exists() else None

    def text(self, name: str) -> str | None:
        """A small text file of the folder, None if there is none."""
        path = self.folder / name
        if not path.is_file():
            return None
        return read_regular_file(path, LARGEST_DOCUMENT).decode("utf-8", "replace")


POINTER = b"version https://git-lfs.github.com/spec/"


def refuse_pointer(data: bytes | str, where: str) -> None:
    """Refuse what Git LFS leaves in the place of a file that was not fetched.

    Raises:
        TrajectoryError: it is that.
    """
    start = data[: len(POINTER)]
    if (start.encode("utf-8", "replace") if isinstance(start, str) else start) == POINTER:
        raise TrajectoryError(f"{where}: this is a Git LFS pointer, not the file itself: run `git lfs pull`")


def decoded(data: bytes, name: str, where: str) -> Screenshot:
    """A picture's bytes as a screenshot.

    Raises:
        TrajectoryError: they are none, are damaged, or have too many pixels.
    """
    refuse_pointer(data, f"{where}: the screenshot {name[:120]!r}")
    if len(data) > MOST_BYTES:
        raise TrajectoryError(f"{where}: the screenshot {name[:120]!r} is over {MOST_BYTES >> 20} MiB")
    try:
        return read_picture(BytesIO(data), name[:120])
    except UsageError as error:
        raise TrajectoryError(f"{where}: {error}") from error


def _inside(folder: Path, name: str, where: str) -> Path:
    """The path of a name below a folder, whatever links lie on the way."""
    try:
        path = folder / safe_relative(name)
        path.resolve().relative_to(folder.resolve())
    except (UsageError, ValueError, OSError, RuntimeError) as error:
        raise TrajectoryError(f"{where}: {name[:120]!r} is outside its folder") from error
    return path


def lines(path: Path) -> Iterator[tuple[str, bytes]]:
    """The lines of a file that are not blank, each with where it stands ("traj.jsonl, line 3").

    Raises:
        TrajectoryError: it cannot be read, or is too large.
    """
    with open_regular_file(path) as file:
        number = 0
        while line := file.readline(LONGEST_FOREIGN_LINE + 1):
            number += 1
            where = f"{path}, line {number}"
            if len(line) > LONGEST_FOREIGN_LINE:
                raise TrajectoryError(f"{where}: longer than {LONGEST_FOREIGN_LINE} bytes")
            if number > MOST_FOREIGN_LINES:
                raise TrajectoryError(f"{path} has more than {MOST_FOREIGN_LINES} lines")
            if line.strip():
                yield where, line


def read_record(model: type[Model], data: bytes | str, where: str) -> Model:
    """JSON as a record.

    Raises:
        TrajectoryError: it is no JSON, is cut off, or has a field of the wrong type.
    """
    return as_record(model, parse(data, where), where)


def as_record(model: type[Model], value: Any, where: str) -> Model:
    """Parsed JSON as a record."""
    try:
        return model.model_validate(value)
    except (ValidationError, RecursionError) as error:
        raise TrajectoryError(f"{where}: {_fault(error)}") from error


def parse(data: bytes | str, where: str) -> Any:
    """JSON, whatever a stranger put into it.

    Raises:
        TrajectoryError: it is none, or is nested too deeply, or has numbers too large.
    """
    refuse_pointer(data, where)
    try:
        return json.loads(data)
    except (ValueError, RecursionError, MemoryError) as error:
        reason = error.msg if isinstance(error, json.JSONDecodeError) else type(error).__name__
        raise TrajectoryError(f"{where}: not whole JSON ({reason})") from error


def _fault(error: Exception) -> str:
    """Where and why, without the input: a line may hold anything."""
    if not isinstance(error, ValidationError):
        return "nested too deeply"
    fault = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(str(part)[:40] for part in fault["loc"])[:100]
    return f"{place}: {fault['msg'][:200]}" if place else fault["msg"][:200]


def contains(path: Path, mark: bytes) -> bool:
    """Whether some bytes stand anywhere in a file; False if it is none or is too large."""
    try:
        return mark in read_regular_file(path, LARGEST_DOCUMENT)
    except TrajectoryError:
        return False


def head(path: Path) -> bytes:
    """The beginning of a file, to recognise its format by; empty if it is none."""
    try:
        with open_regular_file(path) as file:
            return file.read(SNIFFED)
    except TrajectoryError:
        return b""
