"""Writes a trajectory as it happens: nothing is done at the desk that is not on the disk first.

``trajectory.jsonl`` only ever grows by whole lines. A line that could be written only in part (a
full disk) is taken back before the error is raised, so what was written before stays readable.
"""

from __future__ import annotations

import os
import platform
import secrets
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from pydantic import BaseModel

import deskhand
from deskhand.actions.geometry import Box
from deskhand.actions.outcome import Outcome
from deskhand.disk import safe_relative, sync_folder, take_lock, write_all, write_new_file, writing
from deskhand.errors import LogError, UsageError
from deskhand.perception.screen import Screenshot
from deskhand.trajectories.frames import FrameStore, is_digest
from deskhand.trajectories.reader import LOG_NAME, LONGEST_LINE, MOST_LOG_BYTES
from deskhand.trajectories.records import (
    Decision,
    DecisionRecord,
    EndRecord,
    HeaderRecord,
    NoteRecord,
    OutcomeRecord,
    Target,
)


def versions() -> dict[str, str]:
    """What a header says of the programs that made it."""
    return {"deskhand": deskhand.__version__, "python": platform.python_version()}


class TrajectoryWriter:
    """The one writer of a trajectory folder; a context manager.

    Every method that writes raises LogError if it could not. The caller must then do nothing more
    at the desk; it may still try to write the end, since space can come back.
    """

    def __init__(self, folder: Path | str, header: HeaderRecord) -> None:
        """Make the folder if need be and write the header.

        Raises:
            LogError: the folder cannot be written, holds a trajectory, or has a writer already.
        """
        self.folder = Path(folder)
        self.path = self.folder / LOG_NAME
        self._began = time.monotonic()
        self._size = 0
        self._files: list[str] = []
        with writing("the trajectory", self.folder):
            missing = [path for path in (self.folder / "frames", self.folder) if not path.exists()]
            (self.folder / "frames").mkdir(parents=True, exist_ok=True)
            for folder in (self.folder / "frames", self.folder / "files"):
                if folder.is_symlink():
                    raise LogError(f"{folder} is a link, and links are not followed: choose another folder")
            self._descriptor: int | None = _open_alone(self.path)
        self._frames = FrameStore(self.folder / "frames")
        try:
            started = header.started or datetime.now(UTC).isoformat(timespec="seconds")
            self._append(
                header.model_copy(update={"started": started, "id": secrets.token_hex(16)}), sync=True
            )
            sync_folder(self.folder)
        except BaseException:
            self.path.unlink()  # it is ours, and empty
            self.close()
            for path in missing:
                with suppress(OSError):
                    path.rmdir()
            raise

    @property
    def files(self) -> tuple[str, ...]:
        """What was added with ``add_file``, relative to files/, in order."""
        return tuple(self._files)

    def frame(self, screenshot: Screenshot) -> str:
        """Keep a screenshot and return its digest; an unchanged screen costs nothing."""
        return self._frames.put(screenshot)

    def decision(
        self,
        step: int,
        frame: str,
        decision: Decision,
        *,
        targets: Sequence[Target | None] = (),
        masked: Sequence[Box] = (),
        hidden: Sequence[int] = (),
        by: Literal["", "person"] = "",
        seconds: float | None = None,
    ) -> None:
        """Record a decision. It is on the disk when this returns: only then may it be done.

        Args:
            targets, masked, hidden, by: as in ``Step``.
            seconds: when it was decided, from the start of the run, if that was not now.
        """
        if not is_digest(frame):
            raise ValueError(f"a decision names the digest of its frame, not {frame[:80]!r}")
        record = DecisionRecord(
            step=step,
            frame=frame,
            targets=tuple(targets),
            masked=tuple(masked),
            hidden=tuple(sorted({*hidden, *decision.hidden})),
            by=by,
            decision=decision.kept(),
            seconds=self._seconds() if seconds is None else seconds,
        )
        self._append(record, sync=True)

    def outcome(self, step: int, index: int, outcome: Outcome) -> None:
        """Record what became of action number ``index`` (from 0) of a step."""
        self._append(OutcomeRecord(step=step, index=index, outcome=outcome, seconds=self._seconds()))

    def note(self, step: int, text: str, data: Mapping[str, Any] | None = None) -> None:
        """Record something worth knowing that is neither a decision nor an outcome."""
        self._append(NoteRecord(step=step, text=text, data=dict(data or {})))

    def end(
        self,
        step: int,
        status: str,
        *,
        answer: str | None = None,
        reason: str = "",
        frame: str | None = None,
        seconds: float | None = None,
    ) -> None:
        """Record how the run ended, the last frame, and the files that were added. Synced.

        Args:
            seconds: when that was, from the start of the run, if it was not now.
        """
        if frame is not None and not is_digest(frame):
            raise ValueError(f"the end names the digest of its frame, not {frame[:80]!r}")
        record = EndRecord(
            step=step,
            status=status,
            answer=answer,
            reason=reason,
            frame=frame,
            files=self.files,
            seconds=self._seconds() if seconds is None else seconds,
        )
        self._append(record, sync=True)

    def copy(self, record: DecisionRecord | OutcomeRecord | NoteRecord | EndRecord) -> None:
        """Record what another trajectory holds, as it stands there. Only the end is synced."""
        self._append(record, sync=isinstance(record, EndRecord))

    def add_file(self, relative_path: str, content: bytes) -> str:
        """Keep a file that the run made as ``files/relative_path``; returns the relative path.

        Raises:
            UsageError: the name is not a plain relative path (it comes from inside the sandbox), or
                it stands where another file or folder of the run already is.
            LogError: it cannot be written.
        """
        name = safe_relative(relative_path)
        root = self.folder / "files"
        # The folders below root were made by this writer alone, so none of them can be a link.
        _refuse_clash(name.as_posix(), self._files)
        with writing(f"files/{name}", self.folder):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
        write_new_file(root / name, content)
        self._files.append(name.as_posix())
        return name.as_posix()

    def close(self) -> None:
        """Let go of the file and its lock. May be called twice."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _seconds(self) -> float:
        return round(time.monotonic() - self._began, 3)

    def _append(self, record: BaseModel, *, sync: bool = False) -> None:
        """Add one whole line, or nothing and a LogError."""
        line = record.model_dump_json().encode() + b"\n"
        if len(line) > LONGEST_LINE:
            raise LogError(
                f"a record of {len(line)} bytes is too long for {self.path}: at most {LONGEST_LINE}"
            )
        if self._descriptor is None:
            raise LogError(f"{self.path} is already closed: begin a new trajectory")
        if self._size + len(line) > MOST_LOG_BYTES:
            raise LogError(
                f"{self.path} is full: a trajectory holds at most {MOST_LOG_BYTES} bytes of records"
            )
        with writing("a record", self.path):
            self._take_back(self._descriptor)
            try:
                write_all(self._descriptor, line)
                if sync:
                    os.fsync(self._descriptor)
                self._size += len(line)
            except BaseException:  # Ctrl-C too: nothing may be written behind half a record
                with suppress(OSError):
                    self._take_back(self._descriptor)
                raise

    def _take_back(self, descriptor: int) -> None:
        """Cut the file back to its last whole record, if half a one stands behind it."""
        if os.fstat(descriptor).st_size != self._size:
            os.ftruncate(descriptor, self._size)


def _open_alone(path: Path) -> int:
    """Open the log for appending under a lock that the process's end releases.

    Raises:
        LogError: somebody else writes it, or a trajectory is in it already.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
    descriptor = os.open(path, flags, 0o644)
    try:
        if not take_lock(descriptor):
            raise LogError(f"{path} is being written by another run: choose another folder")
        if os.fstat(descriptor).st_nlink == 0:
            raise LogError(f"{path} has just been given up by another run: choose another folder")
        if os.fstat(descriptor).st_size:
            raise LogError(
                f"{path} already contains a trajectory, which is not replaced: choose another folder"
            )
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _refuse_clash(name: str, known: list[str]) -> None:
    for other in known:
        if name == other or name.startswith(other + "/") or other.startswith(name + "/"):
            raise UsageError(f"files/{name} stands in the way of files/{other}: a kept file is not replaced")
