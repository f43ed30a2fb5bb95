"""Lends a folder of this machine to a sandbox that may run as another user.

A plain user's sandbox runs as that user, and nothing has to be arranged. Root's sandbox runs as a
passing user id: that id gets access through an access control list for as long as the sandbox
lives; afterwards the list is taken away and new files go to the folder's owner.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from deskhand.errors import EnvironmentProblem, UsageError


@contextlib.contextmanager
def lend_folder(folder: Path, uid: int) -> Iterator[int]:
    """Open ``folder`` and let ``uid`` read and write it for the body of a with statement.

    Yields:
        a descriptor of the folder, which needs no rights on the folders above it.

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
        _setfacl(folder, "--modify", f"u:{uid}:rwX,d:u:{uid}:rwX")
        try:
            yield handle
        finally:
            owner = os.fstat(handle)
            for path in (folder, *folder.rglob("*")):
                with contextlib.suppress(FileNotFoundError):
                    if os.lstat(path).st_uid == uid:
                        os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)
            _setfacl(folder, "--remove", f"u:{uid},d:u:{uid}")
    finally:
        os.close(handle)


def _setfacl(folder: Path, how: str, entries: str) -> None:
    if shutil.which("setfacl") is None:
        raise EnvironmentProblem("sharing a folder as root needs setfacl: apt-get install acl")
    line = ["setfacl", "--recursive", "--physical", how, entries, "--", str(folder)]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    if done.returncode:
        raise EnvironmentProblem(
            f"{folder} cannot be shared as root ({done.stderr.strip()[:300]}); run as its owner"
        )
