"""Writing and reading files so that no fault passes unnoticed, and holding them against others.

What is read here may come from a stranger: links, pipes and devices are not followed, and sizes are
bounded. What is written appears under its name only when it is complete and on the disk.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Any, BinaryIO

from deskhand.errors import LogError, TrajectoryError, UsageError

_ADVICE = {
    errno.ENOSPC: "the disk is full: free some space, or choose another folder with --out",
    errno.EDQUOT: "the quota is used up: free some space, or choose another folder with --out",
    errno.EFBIG: "the file would be larger than this process may write: raise the limit (ulimit -f)",
    errno.EROFS: "the file system is read-only: choose another folder with --out",
    errno.EACCES: "it is not allowed: choose a folder of your own with --out",
    errno.EPERM: "it is not allowed: choose a folder of your own with --out",
    errno.ENOTDIR: "a part of the path is a file: choose another folder with --out",
    errno.ELOOP: "a part of the path is a link: choose another folder with --out",
    errno.ENAMETOOLONG: "the name is too long: choose a shorter folder with --out",
    errno.EMFILE: "too many files are open: raise the limit (ulimit -n)",
}
PART_NAME = re.compile(r"\.[0-9a-f]{16}\.part")
"""What a killed run may leave behind of a file that was not whole yet."""

_UNSAFE = re.compile(r"[\x00-\x1f\x7f\\\ud800-\udfff]")


@contextmanager
def writing(what: str, path: Path) -> Iterator[None]:
    """Turn every fault of the file system into a LogError that says what, where and what to do."""
    try:
        yield
    except OSError as error:
        advice = _ADVICE.get(
            error.errno or 0, f"{error.strerror or error}; check the disk, or use another --out"
        )
        raise LogError(f"{what} could not be written to {path}: {advice}") from error


def take_lock(file: int | IO[Any], *, shared: bool = False) -> bool:
    """Take the lock of an open file, for as long as it is open; whether nobody else holds it."""
    try:
        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A place to write a file to that takes its name only when it is whole: half of one is never seen."""
    part = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part{path.suffix}")
    try:
        yield part
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def write_all(descriptor: int, data: bytes) -> None:
    """Write every byte; a short write goes on, and a fault is an OSError."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def write_new_file(path: Path, data: bytes) -> None:
    """Write a file that is either whole and on the disk, or absent under its name.

    Raises:
        LogError: it cannot be written.
    """
    part = path.with_name(f".{secrets.token_hex(8)}.part")
    with writing(path.name, path.parent):
        try:
            descriptor = _create(part)
            try:
                write_all(descriptor, data)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            os.replace(part, path)
        except BaseException:  # Ctrl-C too
            part.unlink(missing_ok=True)
            raise


def _create(path: Path) -> int:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
    return os.open(path, flags, 0o644)


def sync_folder(path: Path) -> None:
    """Bring a folder's own entries to the disk, so that a new file in it survives a power cut."""
    with writing("the folder's list of files", path):
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def refuse_link(folder: Path) -> None:
    """A folder of a trajectory is a folder: a link could lead out of the trajectory.

    Raises:
        TrajectoryError: it is a link.
    """
    if folder.is_symlink():
        raise TrajectoryError(
            f"{folder} is a link, and links are not followed: give the folder that it points to"
        )


def read_below(root: Path, name: str, most: int) -> bytes:
    """The bytes of a plain file of at most ``most`` bytes by its relative name; no part of it may be a link.

    Raises:
        TrajectoryError: as ``read_regular_file``, the name leads out of ``root``, or a part is a link.
    """
    try:
        path = safe_relative(name)
    except UsageError as error:
        raise TrajectoryError(f"{root}: {error}") from error
    for parent in (root, *(root / part for part in reversed(path.parents))):
        refuse_link(parent)
    return read_regular_file(root / path, most)


def is_being_written(log: Path) -> bool:
    """Whether a writer holds a trajectory's log at this moment.

    Raises:
        TrajectoryError: as ``open_regular_file``.
    """
    with open_regular_file(log) as file:
        return not take_lock(file, shared=True)


def open_regular_file(path: Path) -> BinaryIO:
    """A plain file, opened for reading.

    Raises:
        TrajectoryError: it is missing, unreadable, or a link, a pipe, a folder or a device.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise TrajectoryError(f"{path} cannot be read: {error.strerror or error}") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise TrajectoryError(f"{path} is not a plain file")
    return open(descriptor, "rb")


def read_regular_file(path: Path, most: int) -> bytes:
    """The bytes of a plain file of at most ``most`` bytes.

    Raises:
        TrajectoryError: as ``open_regular_file``, or it is larger.
    """
    with open_regular_file(path) as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise TrajectoryError(f"{path} is over {most} bytes, too large to be part of a trajectory")
    return data


def safe_relative(name: str) -> PurePosixPath:
    """A name from inside a sandbox as a path that stays below the folder it is put into.

    Raises:
        UsageError: it is absolute, climbs, has control characters, or is too long.
    """
    path = PurePosixPath(name)
    parts = name.split("/")
    if not name or path.is_absolute() or any(part in ("", ".", "..") for part in parts):
        raise UsageError(f"{name[:80]!r} is not a plain relative path")
    if _UNSAFE.search(name):
        raise UsageError(f"{name[:80]!r} has characters that a file's name may not have here")
    if len(os.fsencode(name)) > 1024 or any(len(os.fsencode(part)) > 250 for part in parts):
        raise UsageError(f"{name[:80]!r}... is too long for a file's name")
    return path
