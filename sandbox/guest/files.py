"""Files of the guest's home folder, by relative path, links never followed; and, for protocols that name
files of the whole machine, those that this user may read."""

from __future__ import annotations

import os
import stat
from pathlib import Path, PurePosixPath
from typing import Any

MOST_FILES = 1000
MOST_ENTRIES = 20_000
MOST_DEPTH = 40
LARGEST_READ = 64 << 20


def read(path: str) -> bytes:
    """The content of a regular file under home.

    Raises:
        OSError: it does not exist, is no regular file, is too large, or a part of its path is a link.
    """
    return _content(_open(path, os.O_RDONLY), path)


def read_anywhere(path: Path) -> bytes:
    """The content of a regular file anywhere, links followed.

    Raises:
        OSError: it does not exist, may not be read, is too large, or is no regular file.
    """
    return _content(os.open(path, os.O_RDONLY | os.O_NONBLOCK), str(path))


def write(path: str, data: bytes) -> None:
    """Write a file under home, making the folders it needs."""
    relative = _relative(path)
    (Path.home() / relative.parent).mkdir(parents=True, exist_ok=True)
    handle = _open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    with os.fdopen(handle, "wb") as file:
        file.write(data)


def write_anywhere(path: Path, data: bytes) -> None:
    """Write a file anywhere, links followed, making the folders it needs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Not blocking: a pipe that nobody reads is an error, not a wait.
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NONBLOCK, 0o644)
    with os.fdopen(handle, "wb") as file:
        file.write(data)


def made(skip: tuple[str, ...]) -> list[dict[str, object]]:
    """Regular files under home, without hidden ones and without the folders named in ``skip``.

    At most one over ``MOST_FILES``, which shows that there are more. One that vanishes meanwhile is left out.
    """
    home, found = str(Path.home()), []
    for folder, folders, names in os.walk(home):
        folders[:] = [f for f in folders if not f.startswith(".") and not (folder == home and f in skip)]
        for name in sorted(names):
            path = os.path.join(folder, name)
            try:
                facts = os.lstat(path)
            except FileNotFoundError:
                continue
            if name.startswith(".") or not stat.S_ISREG(facts.st_mode):
                continue
            found.append({"path": os.path.relpath(path, home), "size": facts.st_size})
            if len(found) > MOST_FILES:
                return found
    return found


def tree(folder: Path) -> dict[str, Any]:
    """A folder with all that is in it, as {"type", "name", "children"}; links are not followed.

    A folder that may not be read is {"error"}. At most ``MOST_ENTRIES`` entries, ``MOST_DEPTH`` deep.
    """
    return _branch(folder, MOST_DEPTH, [MOST_ENTRIES])


def _branch(folder: Path, depth: int, left: list[int]) -> dict[str, Any]:
    children: list[dict[str, Any]] = []
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        return {"error": str(error)}
    for entry in entries:
        left[0] -= 1
        if left[0] < 0:
            break
        if depth and entry.is_dir(follow_symlinks=False):
            children.append(_branch(Path(entry.path), depth - 1, left))
        else:
            children.append({"type": "file", "name": entry.name})
    return {"type": "directory", "name": folder.name, "children": children}


def _content(handle: int, path: str) -> bytes:
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise IsADirectoryError(f"{path} is not a regular file")
        data = file.read(LARGEST_READ + 1)
    if len(data) > LARGEST_READ:
        raise OSError(f"{path} is over {LARGEST_READ >> 20} MiB")
    return data


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
