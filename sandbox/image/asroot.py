"""Runs programs as root, or as what a plain user has instead: root of a user namespace.

There the user's own id is root's, and the range of subordinate ids that /etc/subuid gives the user
are the others. What such a program writes belongs to the user and to those ids; only a program that
is run in the same way may remove all of it.

Every program gets a process namespace of its own, which ends with it and with this process, however
that ends; so no build is left running, and nothing stays mounted.
"""

from __future__ import annotations

import os
import pwd
import shutil
from pathlib import Path

from deskhand.errors import EnvironmentProblem
from deskhand.sandbox.environment import run_tool

FEWEST_IDS = 65536


def command(line: list[str]) -> list[str]:
    """The command line that runs ``line`` as root, with a process namespace of its own."""
    start = ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--fork"]
    start += ["--kill-child", "--mount-proc"]
    if os.geteuid() != 0:
        start += ["--map-root-user", "--map-auto"]
    return [*start, "--", *line]


def require() -> None:
    """Check that programs can be run in this way here.

    Raises:
        EnvironmentProblem: they cannot; the message says what to change.
    """
    done = run_tool(command(["true"]))
    user = _user_name()
    if os.geteuid() != 0 and not all(_ids_of(user, Path(f"/etc/{kind}")) for kind in ("subuid", "subgid")):
        raise EnvironmentProblem(
            f"the user {user} has no range of {FEWEST_IDS} subordinate ids in /etc/subuid and /etc/subgid, "
            "which files of an image belong to; root gives one with: usermod --add-subuids 100000-165535 "
            f"--add-subgids 100000-165535 {user} (or build as root)"
        )
    if done.returncode:
        said = " ".join(done.stderr.split())[-300:]
        raise EnvironmentProblem(
            f"this machine lets {user} make no namespaces to build in ({said}): apt-get install uidmap; "
            "sysctl -w kernel.unprivileged_userns_clone=1 kernel.apparmor_restrict_unprivileged_userns=0"
        )


def remove(folder: Path) -> None:
    """Remove a folder that such programs wrote.

    Raises:
        EnvironmentProblem: something of it cannot be removed.
    """
    shutil.rmtree(folder, ignore_errors=True)
    if not folder.exists():
        return
    done = run_tool(command(["rm", "-rf", "--one-file-system", "--", str(folder)]))
    if folder.exists():
        raise EnvironmentProblem(f"{folder} cannot be removed: {' '.join(done.stderr.split())[-300:]}")


def _user_name() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def _ids_of(user: str, table: Path) -> int:
    """The size of the largest range that a table of subordinate ids gives a user; 0 if it is too small."""
    most = 0
    if table.is_file():
        for line in table.read_text().splitlines():
            owner, _, rest = line.partition(":")
            count = rest.rpartition(":")[2]
            if owner in (user, str(os.geteuid())) and count.isdigit():
                most = max(most, int(count))
    return most if most >= FEWEST_IDS else 0
