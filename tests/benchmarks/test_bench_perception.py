"""The table of how screens are seen, on the few screens that the repository holds."""

from __future__ import annotations

import numpy as np
import pytest

from deskhand.benchmarks.speed.perception import is_known, rows, with_a_word
from deskhand.screens.sets import ScreenSet
from tests.conftest import REPOSITORY

SAMPLES = ScreenSet(REPOSITORY / "tests" / "screens" / "samples")


pytestmark = pytest.mark.slow(reason="it looks at every sample screen")


@pytest.fixture(scope="module")
def table():
    counted = []
    found = list(rows(SAMPLES, lambda: counted.append(1)))
    assert len(counted) == len(SAMPLES.names())
    return found


def named(table, look):
    return next(row for row in table if row["application"] == "all" and row["look"] == look)


def test_the_total_is_of_all_screens_and_roles(table):
    total = named(table, "pixels")
    assert total is table[-1]
    truth = [one for screen in SAMPLES for one in screen.elements if one.actionable]
    assert total["screens"] == len(SAMPLES.names()) and total["elements"] == len(truth)
    by_role = [row for row in table if row["application"] == "all" and "screens" not in row]
    assert sum(row["elements"] for row in by_role) == total["elements"]
    assert {row["look"] for row in by_role} == {one.role for one in truth}
    each = [row for row in table if row["application"] != "all"]
    assert sum(row["screens"] for row in each) == total["screens"]


def test_reading_alone_finds_texts_but_no_widgets(table):
    alone, both = named(table, "ocr alone"), named(table, "pixels")
    assert alone["recall"] == 0 and alone["first_ms"] is None
    assert both["recall"] > 0.3 and both["text_exact"] > alone["text_exact"] > 0.2
    assert 0 < both["click"] <= 1 and both["none_ms"] < both["first_ms"]


def test_a_small_change_is_a_word_in_the_middle():
    pixels = np.full((400, 600, 3), 90, np.uint8)
    changed = np.argwhere((with_a_word(pixels) != pixels).any(axis=2))
    assert (changed.min(axis=0) >= (188, 260)).all() and (changed.max(axis=0) < (212, 340)).all()
    assert (pixels == 90).all()


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("Save As...", True),
        ("Größe 12", True),
        ("保存", True),
        ("Файл", False),
        ("파일", False),
        ("ملف", False),
    ],
)
def test_texts_are_told_apart_by_their_script(text, known):
    assert is_known(text) is known
