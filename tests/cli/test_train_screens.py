"""`deskhand train screens`: the real command, with a program that the machine has."""

from __future__ import annotations

from pathlib import Path

import pytest

from deskhand.screens.sets import ScreenSet
from tests.conftest import deskhand


def test_a_split_that_is_not_there_is_a_mistake_in_use(tmp_path: Path) -> None:
    done = deskhand("train", "screens", "--out", str(tmp_path), "--split", "exam")
    assert done.returncode == 2
    assert "train, dev, test" in done.stderr


@pytest.mark.lightbox
def test_it_makes_a_set_and_says_how_large_it_is(tmp_path: Path) -> None:
    out = tmp_path / "set"
    done = deskhand(
        *("train", "screens", "--out", str(out), "--split", "train"),
        *("--programs", "mousepad", "--screens", "2", "--seed", "3", "--at-once", "1"),
        timeout=280,
    )
    assert done.returncode == 0, done.stderr
    assert f"{out}: 2 screens" in " ".join(done.stdout.split())
    assert {screen.application for screen in ScreenSet(out)} == {"mousepad"}
