"""Sets of screens are read as they were written, also when writing was cut off."""

from __future__ import annotations

import numpy as np
import pytest

from deskhand.actions.geometry import Box
from deskhand.errors import UsageError
from deskhand.perception.screen import Element
from deskhand.screens.sets import LIST, ScreenSet, TrueScreen

ELEMENTS = (
    Element("button", "OK 확인", Box(1, 2, 30, 12)),
    Element("checkbox", "", Box(3, 20, 13, 30), label="Wrap", state=frozenset({"checked", "focused"})),
)


def screen(name):
    return TrueScreen(name, "train", "demo", "tk", "plain", "start", ELEMENTS)


def pixels():
    return np.random.default_rng(0).integers(0, 255, (40, 50, 3)).astype(np.uint8)


def test_what_is_added_is_read_again(tmp_path):
    made = ScreenSet(tmp_path / "set")
    made.add(screen("one"), pixels())
    made.add(screen("two"), pixels())
    assert made.names() == {"one", "two"}
    first = next(iter(ScreenSet(tmp_path / "set")))
    assert first.elements == ELEMENTS
    assert (first.screenshot().pixels == pixels()).all()


def test_a_set_that_is_not_there_is_empty(tmp_path):
    assert list(ScreenSet(tmp_path / "none")) == []


def test_a_line_that_was_cut_off_is_left_out(tmp_path):
    made = ScreenSet(tmp_path)
    made.add(screen("one"), pixels())
    made.add(screen("two"), pixels())
    text = (tmp_path / LIST).read_text()
    (tmp_path / LIST).write_text(text[:-20])
    assert made.names() == {"one"}


@pytest.mark.parametrize(
    "line",
    [
        '{"format": 99}',
        "[]",
        "not json",
        '{"format": 1, "name": "x"}',
        '{"format":1,"name":"../x","split":"train","application":"a","toolkit":"tk","look":"l","scene":"s",'
        '"elements":[]}',
        '{"format":1,"name":"x","split":"train","application":"a","toolkit":"tk","look":"l","scene":"s",'
        '"elements":[{"role":"spaceship","box":[0,0,1,1]}]}',
    ],
)
def test_a_line_that_makes_no_sense_is_named(tmp_path, line):
    (tmp_path / LIST).write_text(line + "\n")
    with pytest.raises(UsageError, match="line 1"):
        list(ScreenSet(tmp_path))
