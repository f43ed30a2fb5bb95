"""What all tests of OSWorld's tasks share."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from tests.benchmarks.osworld.upstream import PACKAGES, Absent


@pytest.fixture(scope="module", autouse=True)
def _no_stand_ins() -> Iterator[None]:
    """Take away after each module what stood in for parts of OSWorld, so that others can load it whole."""
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if name.split(".")[0] == PACKAGES[0] or isinstance(sys.modules[name], Absent):
            del sys.modules[name]
