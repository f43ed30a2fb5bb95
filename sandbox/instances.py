"""Live sandboxes of this machine: a folder each, and the reaping of those whose owner was killed.

A sandbox's folder goes with a lock file that its controller holds for as long as it lives, however
it ends. A folder whose lock is free is a leftover: its processes are ended and it is removed.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import secrets
import shutil
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from deskhand.disk import take_lock
from deskhand.errors import EnvironmentProblem, SandboxError
from deskhand.sandbox.share import take_back
from deskhand.waiting import wait_until

log = logging.getLogger(__name__)

DYNAMIC_UIDS = range(61184, 65520)
"""User ids that systemd sets aside for passing services; a root controller lends one to each sandbox."""


@dataclass(slots=True)
class Instance:
    """The folder of one live sandbox, locked by this process; ``uid`` owns it and runs the sandbox."""

    folder: Path
    uid: int
    lock: int
    kind: str = ""

    def remember(self, pid: int) -> None:
        """Write down the sandbox's first process, so that a later run can end it."""
        record = {"pid": pid, "began": _began(pid), "kind": self.kind}
        (self.folder / "process.json").write_text(json.dumps(record))

    def remember_share(self, folder: Path) -> None:
        """Write down which folder was lent, so that a later run can take it back.

        It is written into the lock file, which nobody but this user can change.
        """
        os.pwrite(self.lock, json.dumps({"share": str(folder.absolute())}).encode(), 0)

    def remove(self) -> None:
        """Remove the folder and give the lock back. May be called twice."""
        if self.lock >= 0:
            shutil.rmtree(self.folder, ignore_errors=True)
            _lock_of(self.folder).unlink(missing_ok=True)
            os.close(self.lock)
            self.lock = -1


@dataclass(frozen=True, slots=True)
class LiveSandbox:
    """A sandbox that runs on this machine, or is left of one.

    Attributes:
        name: its folder's name.
        kind: what it is: lightbox, vm. Empty if it has not started yet.
        pid: its outermost process; None if it has none.
        age_s: seconds since it was started.
        owned: whether the program that started it still lives; what is not owned will be reaped.
    """

    name: str
    kind: str
    pid: int | None
    age_s: float
    owned: bool


def new_instance(base: Path, kind: str = "") -> Instance:
    """Make and lock a folder for a new sandbox under ``base``, after reaping leftovers.

    Raises:
        SandboxError: every user id of the range is taken.
    """
    live = base / "live"
    live.mkdir(parents=True, exist_ok=True)
    reap(base)
    for uid, name in _candidates():
        folder = live / name
        lock = _try_lock(_lock_of(folder))
        if lock is None:
            continue
        folder.mkdir(mode=0o700)
        if uid != os.geteuid():
            os.chown(folder, uid, uid)
        return Instance(folder, uid, lock, kind)
    raise SandboxError(f"no user id is free for another sandbox; close some of those under {live}")


def reap(base: Path) -> int:
    """End and remove every sandbox whose controller is gone; returns how many there were."""
    found = 0
    for path in (base / "live").glob("*.lock"):
        lock = _try_lock(path)
        if lock is None:
            continue
        folder = path.with_suffix("")
        if folder.exists():
            log.warning("removing the sandbox %s, whose controller is gone", folder.name)
            _end_process(folder)
            _take_back_share(folder, lock)
            found += 1
        Instance(folder, 0, lock).remove()
    return found


def found(base: Path) -> list[LiveSandbox]:
    """The sandboxes under ``base``, oldest first."""
    sandboxes = []
    for path in (base / "live").glob("*.lock"):
        with contextlib.suppress(FileNotFoundError):  # it ended while we looked
            age = time.time() - path.stat().st_mtime
            process = _process_of(path.with_suffix(""))
            pid, kind = (process.pid, process.kind) if process else (None, "")
            sandboxes.append(LiveSandbox(path.stem, kind, pid, max(0.0, age), _is_locked(path)))
    return sorted(sandboxes, key=lambda one: -one.age_s)


def stop(base: Path, name: str) -> bool:
    """End a sandbox by its name; whoever uses it finds it lost and removes it. False if there is none."""
    if name not in {one.name for one in found(base)}:
        return False
    _end_process(base / "live" / name)
    reap(base)
    return True


def _candidates() -> Iterator[tuple[int, str]]:
    """User ids and folder names to try. A root controller never runs a sandbox as root."""
    if os.geteuid() != 0:
        yield os.geteuid(), secrets.token_hex(6)
        return
    for uid in DYNAMIC_UIDS:
        yield uid, str(uid)


def _lock_of(folder: Path) -> Path:
    return folder.with_name(folder.name + ".lock")


def _try_lock(path: Path) -> int | None:
    """Open and lock a file; None if another process holds it or removed it meanwhile."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    with contextlib.suppress(FileNotFoundError):
        if take_lock(handle) and path.exists() and os.stat(path).st_ino == os.fstat(handle).st_ino:
            return handle
    os.close(handle)
    return None


def _take_back_share(folder: Path, lock: int) -> None:
    record = os.pread(lock, 1 << 16, 0)
    if not record or not folder.name.isdigit():
        return  # nothing was lent, or it was lent to this very user
    try:
        take_back(Path(json.loads(record)["share"]), int(folder.name))
    except (ValueError, KeyError, OSError, EnvironmentProblem) as error:
        log.warning("a shared folder could not be taken back: %s", error)


def _end_process(folder: Path) -> None:
    process = _process_of(folder)
    if process is None:
        return  # it was killed before it started anything, or is gone
    with contextlib.suppress(ProcessLookupError):
        os.kill(process.pid, signal.SIGKILL)
    wait_until(lambda: _began(process.pid) != process.began, timeout=10, what=f"process {process.pid} to end")


class _Process(NamedTuple):
    pid: int
    began: str
    kind: str


def _process_of(folder: Path) -> _Process | None:
    """The first process of a sandbox, if it still runs: its number may belong to another one now."""
    try:
        record = json.loads((folder / "process.json").read_text())
        process = _Process(int(record["pid"]), str(record["began"]), str(record.get("kind", "")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return process if _began(process.pid) == process.began else None


def _is_locked(path: Path) -> bool:
    """Whether somebody holds a lock file. A shared lock is asked for: it disturbs no other who looks."""
    with path.open("rb") as file:
        return not take_lock(file, shared=True)


def _began(pid: int) -> str:
    """When a process began, in clock ticks since boot; empty if there is none or it is a zombie."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] == "Z" else fields[19]
