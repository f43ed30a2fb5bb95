"""A machine that lacks a part is told which, with the command that helps, and the run ends with 3."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from deskhand.errors import EnvironmentProblem
from deskhand.sandbox.bubblewrap import PROGRAMS
from deskhand.sandbox.lightbox import Lightbox
from tests.conftest import COMMAND, deskhand, environment

pytestmark = pytest.mark.lightbox

WITHOUT_NAMESPACES = """
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
root = os.geteuid() == 0
inside, outside = os.pipe(), os.pipe()
child = os.fork()
if child == 0:
    # A user namespace in which no further one may be made, as an administrator would set it.
    assert libc.unshare(0x10000000) == 0, os.strerror(ctypes.get_errno())
    os.write(inside[1], b".")
    os.read(outside[0], 1)
    with open("/proc/sys/user/max_user_namespaces", "w") as limit:
        limit.write("0")
    os.execv(sys.argv[1], sys.argv[1:])
os.read(inside[0], 1)
if not root:
    open(f"/proc/{child}/setgroups", "w").write("deny")
for kind, number in (("uid", os.getuid()), ("gid", os.getgid())):
    with open(f"/proc/{child}/{kind}_map", "w") as lines:
        lines.write("0 0 65536" if root else f"{number} {number} 1")
os.write(outside[1], b".")
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "script.json"
    path.write_text(json.dumps({"dialect": "ui-tars-1.0", "replies": ["Action: finished()"]}))
    return path


def one_sentence(text: str) -> str:
    """What stands on standard error, which must be one message and no traceback."""
    assert "Traceback" not in text
    lines = text.strip().splitlines()
    assert len(lines) == 1, text
    return lines[0]


@pytest.mark.parametrize("program", sorted(PROGRAMS))
def test_a_missing_program_is_named_with_its_package(
    program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for other in PROGRAMS:
        found = shutil.which(other)
        if other != program and found is not None:
            (tmp_path / other).symlink_to(found)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EnvironmentProblem) as caught:
        Lightbox().start()
    assert f"apt-get install {PROGRAMS[program]}" in str(caught.value)


def test_without_any_program_a_run_ends_with_3_and_one_sentence(script: Path) -> None:
    done = deskhand("run", "task", "--policy", f"scripted:{script}", env={"PATH": "/nonexistent"})
    assert done.returncode == 3
    said = one_sentence(done.stderr)
    for package in PROGRAMS.values():
        assert package in said
    assert "apt-get install" in said


def test_without_user_namespaces_a_run_ends_with_3_and_one_sentence(script: Path) -> None:
    command = [*COMMAND, "run", "task", "--policy", f"scripted:{script}"]
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_NAMESPACES, *command],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 3, done.stderr
    said = one_sentence(done.stderr)
    assert "user namespaces" in said
    assert "sysctl -w" in said


@pytest.mark.parametrize("place", ["/proc/deskhand", "/dev/null/deskhand", "/tmp/" + "long" * 30])
def test_a_state_folder_that_cannot_be_used_is_an_environment_problem(
    place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESKHAND_STATE", place)
    try:
        with pytest.raises(EnvironmentProblem, match="DESKHAND_STATE"):
            Lightbox().start()
    finally:
        shutil.rmtree("/tmp/" + "long" * 30, ignore_errors=True)


def test_a_state_folder_below_a_closed_one_is_said_to_be_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root's sandboxes run as other users, who cannot enter pytest's folders."""
    if os.geteuid() != 0:
        pytest.skip("a plain user's sandboxes run as that user")
    monkeypatch.setenv("DESKHAND_STATE", str(tmp_path / "state"))
    with pytest.raises(EnvironmentProblem, match="DESKHAND_STATE"):
        Lightbox().start()
