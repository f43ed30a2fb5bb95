"""What the documents promise to be checked is checked: their commands select tests."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys

import pytest

from tests.conftest import REPOSITORY

COMMANDS = re.findall(r"`pytest ([^`]+)`", (REPOSITORY / "docs" / "security.md").read_text())


def test_there_are_promises_to_check() -> None:
    assert len(COMMANDS) > 8


@pytest.mark.parametrize("arguments", COMMANDS)
def test_the_command_beside_a_promise_selects_tests(arguments: str) -> None:
    line = [sys.executable, "-m", "pytest", "--collect-only", "-q", *shlex.split(arguments)]
    done = subprocess.run(line, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-500:]
