"""Lends a folder of this machine to a sandbox that may run as another user.

A plain user's sandbox runs as that user, and nothing has to be arranged. Root's sandbox runs as a
passing user id: that id gets access through an access control list for as long as the sandbox
lives; afterwards the list is taken away and new files go to the folder's owner.
"""

from __future__ import annotations

import contextlib
import os
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path

from deskhand.errors import EnvironmentProblem, UsageError
from deskhand.sandbox.environment import find_program, run_tool

_LISTS = ("system.posix_acl_access", "system.posix_acl_default")
_NAMED = frozenset({0x02, 0x08})
"""Tags of list entries that name a user or a group (linux/posix_acl.h)."""


@contextlib.contextmanager
def lend_folder(folder: Path, uid: int) -> Iterator[int]:
    """Open ``folder`` and let ``uid`` read and write it for the body of a with statement.

    Yields:
        a descriptor of the folder.

    Raises:
        UsageError: it is not a folder.
        EnvironmentProblem: access cannot be lent here.
    """
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise UsageError(f"{folder} cannot be shared: {error.strerror}") from error
    try:
        if uid == os.geteuid():
            yield handle
            return
        _require_passage(folder, uid)
        _setfacl([folder], "--recursive", "--modify", f"u:{uid}:rwX,d:u:{uid}:rwX")
        try:
            yield handle
        finally:
            take_back(folder, uid)
    finally:
        os.close(handle)


def take_back(folder: Path, uid: int) -> None:
    """Undo what lending a folder to ``uid`` did to it, also when another process had lent it.

    Raises:
        EnvironmentProblem: access cannot be taken back.
    """
    if not folder.is_dir():
        return
    owner = folder.stat()
    paths = [folder, *folder.rglob("*")]
    for path in paths:
        with contextlib.suppress(FileNotFoundError):
            if os.lstat(path).st_uid == uid:
                os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)
    _setfacl([folder], "--recursive", "--remove", f"u:{uid},d:u:{uid}")
    plain = [path for path in paths if _names_nobody(path)]
    for start in range(0, len(plain), 500):
        _setfacl(plain[start : start + 500], "--remove-all")


def _require_passage(folder: Path, uid: int) -> None:
    """Refuse a folder that ``uid`` cannot reach, as one below /root.

    bubblewrap looks for a folder by its path, even when it is given a descriptor.
    """
    parent = folder.resolve().parent
    if not may_enter(parent, uid):
        raise EnvironmentProblem(
            f"{folder} lies below a folder that only its owner may enter, and root's sandboxes run as "
            f"another user: chmod o+x {parent}, share another folder, or run as a plain user"
        )


def may_enter(folder: Path, uid: int) -> bool:
    """Whether a user may pass through a folder and all above it."""
    if uid == os.geteuid():
        return os.access(folder, os.X_OK)
    line = ["test", "-x", str(folder)]
    return run_tool(line, user=uid, group=uid, extra_groups=[], cwd="/").returncode == 0


def _names_nobody(path: Path) -> bool:
    """Whether a path has access lists, but none that names a user or a group any more."""
    found = []
    for name in _LISTS:
        with contextlib.suppress(OSError):
            data = os.getxattr(path, name, follow_symlinks=False)
            found += [tag for tag, _, _ in struct.iter_unpack("<HHI", data[4:])]
    return bool(found) and not _NAMED & set(found)


def _setfacl(paths: Sequence[Path], *options: str) -> None:
    if find_program("setfacl") is None:
        raise EnvironmentProblem("sharing a folder as root needs setfacl: apt-get install acl")
    line = ["setfacl", "--physical", *options, "--", *map(str, paths)]
    done = run_tool(line)
    if done.returncode:
        raise EnvironmentProblem(
            f"{paths[0]} cannot be shared as root ({done.stderr.strip()[:300]}); "
            "run as a plain user who owns it"
        )
