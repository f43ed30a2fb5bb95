"""Files of the guest's home folder, by relative path; links are never followed."""

from __future__ import annotations

import os
import stat
from pathlib import Path, PurePosixPath

MOST_FILES = 1000
LARGEST_READ = 64 << 20


def read(path: str) -> bytes:
    """The content of a regular file under home.

    Raises:
        OSError: it does not exist, is no regular file, or a part of its path is a link.
    """
    handle = _open(path, os.O_RDONLY)
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise IsADirectoryError(f"{path} is not a regular file")
        return file.read(LARGEST_READ)


def write(path: str, data: bytes) -> None:
    """Write a file under home, making the folders it needs."""
    relative = _relative(path)
    (Path.home() / relative.parent).mkdir(parents=True, exist_ok=True)
    handle = _open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    with os.fdopen(handle, "wb") as file:
        file.write(data)


def made(skip: tuple[str, ...]) -> list[dict[str, object]]:
    """Regular files under home, without hidden ones and without the folders named in ``skip``."""
    home, found = str(Path.home()), []
    for folder, folders, names in os.walk(home):
        folders[:] = [f for f in folders if not f.startswith(".") and not (folder == home and f in skip)]
        for name in sorted(names):
            path = os.path.join(folder, name)
            facts = os.lstat(path)
            if name.startswith(".") or not stat.S_ISREG(facts.st_mode):
                continue
            found.append({"path": os.path.relpath(path, home), "size": facts.st_size})
            if len(found) >= MOST_FILES:
                return found
    return found


def _relative(path: str) -> PurePosixPath:
    relative = PurePosixPath(path)
    if relative.is_absolute() or ".." in relative.parts or not relative.parts or "\0" in path:
        raise PermissionError(f"{path!r} does not lie in the home folder")
    return relative


def _open(path: str, flags: int) -> int:
    """Open a path under home, step by step, so that no part of it can be a link."""
    *folders, name = _relative(path).parts
    at = os.open(Path.home(), os.O_RDONLY | os.O_DIRECTORY)
    try:
        for folder in folders:
            inner = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=at)
            os.close(at)
            at = inner
        return os.open(name, flags | os.O_NOFOLLOW | os.O_NONBLOCK, 0o644, dir_fd=at)
    finally:
        os.close(at)
