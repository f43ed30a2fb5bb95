"""Python programs run as a plain user, also where the tests are run by root."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from deskhand.sandbox.share import may_enter
from tests.conftest import REPOSITORY, environment

NOBODY = 65534


def python_of_a_plain_user(folder: Path) -> tuple[list[str], dict[str, str]]:
    """The command line and environment with which a plain user runs Python with deskhand and the tests.

    Args:
        folder: becomes the user's home, with a state folder of its own in it; everybody must be able to
            enter those above it.

    The test is skipped where there is no such Python.
    """
    packages = sysconfig.get_path("purelib")
    env = environment(
        {
            "HOME": str(folder),
            "DESKHAND_STATE": str(folder / "state"),
            "XDG_RUNTIME_DIR": None,
            "PYTHONPATH": os.pathsep.join((str(REPOSITORY), str(REPOSITORY / "src"), packages)),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
    )
    if os.geteuid() != 0:
        return [sys.executable], env
    os.chown(folder, NOBODY, NOBODY)
    for place in (REPOSITORY, Path(packages), folder):
        if not may_enter(place, NOBODY):
            pytest.skip(f"a plain user may not enter {place}")
    become = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    for python in (sys.executable, f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}"):
        line = [*become, "sh", "-c", 'exec "$0" "$@"', python]  # the shell has nothing left of root's rights
        done = subprocess.run([*line, "-c", "import cv2"], env=env, capture_output=True, check=False)
        if done.returncode == 0:
            return line, env
    pytest.skip("a plain user can run no Python here that has deskhand's packages")
