"""Wishes in other words than a map's: which are asked for, and how finding is counted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from deskhand.benchmarks.speed.retrieving import rows, wishes
from deskhand.errors import UsageError
from deskhand.knowledge.map import AppMap, write_map
from tests.knowledge.test_map import example


def alike(texts: Sequence[str]) -> NDArray[np.float32]:
    """Says that all texts mean the same."""
    return np.ones((len(texts), 1), np.float32)


def test_a_wish_has_no_word_of_its_command_and_is_counted_where_that_is_found(tmp_path: Path) -> None:
    write_map(example(), tmp_path / "trial")
    asked = list(wishes(example()))
    assert {one.deed.words for _, commands in asked for one in commands} == {
        "Print",
        "Find and Replace...",
        "Undo",
    }
    assert not any("undo" in wish.casefold() for wish, _ in asked)
    [row] = rows([tmp_path / "trial"], alike)
    assert (row["wishes"], row["meaning"]) == (len(asked), 100.0), "all five commands are as near"
    assert row["words"] < 50
    write_map(AppMap(application="none", size=(640, 480)), tmp_path / "none")
    with pytest.raises(UsageError, match="no map has a command"):
        list(rows([tmp_path / "none"], alike))
