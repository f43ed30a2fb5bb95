"""An append-only file of results, one JSON object a line, that a killed run can go on with.

Its first line may be a header, an object with a ``format``; one of a newer format is refused.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from deskhand.disk import read_regular_file, sync_folder, take_lock, write_all, writing
from deskhand.errors import TrajectoryError, UsageError

log = logging.getLogger(__name__)

M = TypeVar("M", bound=BaseModel)

FORMAT = 1
"""The format integer that headers are written with."""

LARGEST = 1 << 30
"""Bytes of a file of results; an episode's line has a few hundred."""


class ResultLines(Generic[M]):
    """The file at ``path``, whose lines are records of one kind, after a header if it has one."""

    def __init__(self, path: Path, kind: type[M]) -> None:
        self.path, self._kind = path, kind

    def read(self) -> list[M]:
        """What is in it; half a line at its end is left out, and a file that is not there is empty.

        Raises:
            UsageError: another line is no such record; it names the line. Or it cannot be read, or its
                format is newer than this version knows.
        """
        lines = self._lines()
        found = []
        for number, line in enumerate(lines, 1):
            if not line:
                continue
            try:
                value = json.loads(line)
                if number == 1 and _is_header(value):
                    self._refuse_newer(value)
                    continue
                found.append(self._kind.model_validate(value))
            except (ValueError, ValidationError, RecursionError) as error:
                if number == len(lines):
                    log.warning("%s: half a line at the end is left out", self.path)
                    break
                raise UsageError(
                    f"{self.path}: line {number} is not a result: choose another --out"
                ) from error
        return found

    def header(self) -> dict[str, Any]:
        """What the first line says of the others; empty if the file has no header.

        Raises:
            UsageError: the file cannot be read, or is of a newer format.
        """
        try:
            value = json.loads(self._lines()[0])
        except (ValueError, RecursionError):
            return {}
        if not _is_header(value):
            return {}
        self._refuse_newer(value)
        return dict(value)

    def begin(self, header: BaseModel | None = None) -> None:
        """Make its folder, mend the line that a killed run left, and give an empty file its header.

        Raises:
            LogError: it cannot be written.
        """
        with writing(self.path.name, self.path.parent):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if self.path.exists():
                self._mend()
            if header is not None and not (self.path.exists() and self.path.stat().st_size):
                self.append(header)
                sync_folder(self.path.parent)

    def append(self, record: BaseModel) -> None:
        """Add a line; it is on the disk when this returns.

        Raises:
            LogError: it cannot be written.
        """
        line = record.model_dump_json().encode() + b"\n"
        with writing(self.path.name, self.path.parent), self.path.open("ab", buffering=0) as file:
            before = os.fstat(file.fileno()).st_size
            try:
                write_all(file.fileno(), line)
                os.fsync(file.fileno())
            except BaseException:  # Ctrl-C too: the next line must not stand behind half a one
                with suppress(OSError):
                    file.truncate(before)
                raise

    def _lines(self) -> list[bytes]:
        if not (self.path.exists() or self.path.is_symlink()):
            return [b""]
        try:
            return read_regular_file(self.path, LARGEST).split(b"\n")
        except TrajectoryError as error:
            raise UsageError(f"{error}: choose another --out") from error

    def _mend(self) -> None:
        """Take away half a line at the end; a whole one that lacks only its newline gets it."""
        whole, _, last = read_regular_file(self.path, LARGEST).rpartition(b"\n")
        if not last:
            return
        try:
            value = json.loads(last)
            if not _is_header(value):
                self._kind.model_validate(value)
        except (ValueError, ValidationError, RecursionError):
            os.truncate(self.path, len(whole) + 1 if whole else 0)
            return
        with self.path.open("ab") as file:
            file.write(b"\n")

    def _refuse_newer(self, header: dict[str, Any]) -> None:
        written = header["format"]
        if not isinstance(written, int) or written > FORMAT:
            raise UsageError(
                f"{self.path} is of format {str(written)[:20]}, newer than the {FORMAT} that this deskhand "
                "reads: update deskhand, or choose another --out"
            )


def _is_header(value: Any) -> bool:
    return isinstance(value, dict) and "format" in value


@contextmanager
def only_writer(out: Path) -> Iterator[None]:
    """Hold the folder of a run, so that no second run writes into it.

    Raises:
        UsageError: another run does.
        LogError: the folder cannot be written.
    """
    with writing("results", out):
        out.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(out / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
    try:
        if not take_lock(descriptor):
            raise UsageError(f"another run is writing to {out}: wait for it, or choose another --out")
        yield
    finally:
        os.close(descriptor)
