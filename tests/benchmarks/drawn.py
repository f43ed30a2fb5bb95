"""Which tasks of a suite a commit's tests run."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Sequence
from typing import TypeVar

from tests.conftest import EVERYTHING, REPOSITORY

One = TypeVar("One")


def drawn(names: Sequence[One], groups: int) -> list[One]:
    """One group of so many, drawn by the commit; all with DESKHAND_TEST_ALL=1."""
    if EVERYTHING:
        return list(names)
    line = ["git", "-C", str(REPOSITORY), "rev-parse", "HEAD"]
    commit = subprocess.run(line, capture_output=True, check=False).stdout
    return list(names)[int(hashlib.sha256(commit).hexdigest(), 16) % groups :: groups]
