"""Each check knows a task that was done from one that was not, by what was left behind.

A family a commit, chosen by its hash; all of them with DESKHAND_TEST_ALL=1.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from deskhand.benchmarks.contract import check_suite
from deskhand.benchmarks.suites.desk.family import families
from deskhand.benchmarks.suites.desk.suite import DeskSuite
from deskhand.sandbox.lightbox import Lightbox
from tests.benchmarks.drawn import drawn
from tests.conftest import EVERYTHING

pytestmark = [pytest.mark.lightbox, pytest.mark.suite]

SUITE = DeskSuite()
FAMILIES = families()


def chosen() -> list[str]:
    names = [family.name for family in FAMILIES]
    if EVERYTHING:
        return names
    names = [name for name in names if not name.startswith("several-")]  # they take minutes
    return drawn(names, len(names))


def seed_of(task: str) -> int:
    """Another variation each time, too."""
    return int(hashlib.sha256(SUITE.version(task).encode()).hexdigest(), 16) % 5


@pytest.mark.parametrize("task", chosen())
def test_each_check_knows_what_was_done(task: str, tmp_path: Path) -> None:
    check_suite(SUITE, Lightbox, tasks=[task], seed=seed_of(task), out=tmp_path)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_wrong_policies_differ_from_the_oracle(family: object) -> None:
    name = family.name  # type: ignore[attr-defined]
    for seed in range(30):
        right = SUITE.oracle(name, seed)
        for wrong in SUITE.wrong(name, seed):
            assert wrong._moves != right._moves, (name, seed)  # type: ignore[attr-defined]
