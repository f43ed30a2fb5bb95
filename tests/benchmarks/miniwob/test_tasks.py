"""An oracle does each task; who does nothing, stops too early or hands in at once does not.

A fortieth of the tasks a commit, chosen by its hash; all of them with DESKHAND_TEST_ALL=1.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from deskhand.benchmarks.contract import check_suite
from deskhand.benchmarks.suites.miniwob.suite import SCREEN, MiniwobSuite
from deskhand.sandbox.lightbox import Lightbox
from tests.benchmarks.drawn import drawn

pytestmark = [
    pytest.mark.lightbox,
    pytest.mark.suite,
    pytest.mark.skipif(find_spec("miniwob") is None, reason="pip install --no-deps miniwob==1.1.0"),
]

GROUPS = 40
MOVING = ("click-pie", "drag-cube", "number-checkboxes", "simon-says", "stock-market", "terminal")
"""Tasks whose first screen is not the same each time."""


def chosen() -> list[tuple[str, ...]]:
    """Groups of tasks; each group is done in one sandbox."""
    if find_spec("miniwob") is None:
        return [()]
    names = MiniwobSuite().subset("oracle")
    size = -(-len(names) // GROUPS)
    groups = [tuple(names[first::GROUPS]) for first in range(GROUPS)]
    assert max(map(len, groups)) == size
    return drawn(groups, GROUPS)


@pytest.mark.parametrize("tasks", chosen(), ids=lambda tasks: tasks[0] if tasks else "none")
def test_each_task_is_done_by_its_oracle_and_by_nobody_else(tasks: tuple[str, ...], tmp_path: Path) -> None:
    check_suite(MiniwobSuite(), lambda: Lightbox(SCREEN), tasks=tasks, seed=0, out=tmp_path, moving=MOVING)
