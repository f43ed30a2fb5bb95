"""An append-only file of results, one JSON object a line, that a killed run can go on with."""

from __future__ import annotations

import fcntl
import json
import logging
import os
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Generic, Self, TypeVar

from pydantic import BaseModel, ValidationError

from deskhand.errors import LogError, UsageError
from deskhand.trajectories.disk import writing

log = logging.getLogger(__name__)

M = TypeVar("M", bound=BaseModel)


class ResultLines(Generic[M]):
    """The file at ``path``, whose lines are records of one kind."""

    def __init__(self, path: Path, kind: type[M]) -> None:
        self.path, self._kind = path, kind
        self._file: BinaryIO

    def read(self) -> list[M]:
        """What is in it; half a line at its end is left out, and a file that is not there is empty.

        Raises:
            UsageError: another line is no such record; it names the line.
        """
        if not self.path.exists():
            return []
        lines = self.path.read_bytes().split(b"\n")
        found = []
        for number, line in enumerate(lines, 1):
            if not line:
                continue
            try:
                found.append(self._kind.model_validate(json.loads(line)))
            except (ValueError, ValidationError) as error:
                if number == len(lines):
                    log.warning("%s: half a line at the end is left out", self.path)
                    break
                raise UsageError(f"{self.path}: line {number} is no result: choose another --out") from error
        return found

    def __enter__(self) -> Self:
        """Make its folder, keep others from writing, and take away what a killed run left of a line.

        Raises:
            LogError: it cannot be written, or another run writes it.
        """
        with writing(self.path.name, self.path.parent):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("ab")
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                self._file.close()
                raise LogError(
                    f"{self.path} is being written by another run: choose another --out"
                ) from error
            self._file.truncate(self.path.read_bytes().rfind(b"\n") + 1)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def append(self, record: M) -> None:
        """Add a line, inside a with statement; it is on the disk when this returns.

        Raises:
            LogError: it cannot be written.
        """
        with writing(self.path.name, self.path.parent):
            self._file.write(record.model_dump_json().encode() + b"\n")
            self._file.flush()
            os.fsync(self._file.fileno())
