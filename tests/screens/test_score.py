"""What counts as seen, told with a handful of boxes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deskhand.actions.geometry import Box
from deskhand.perception.screen import Element
from deskhand.screens.score import DetectionScore, by_name, edits, score

SAVE = Element("button", "Save", Box(10, 10, 60, 30))
NAME = Element("field", "", Box(10, 40, 110, 60), label="Name", state=frozenset({"focused"}))
WRAP = Element("checkbox", "Wrap lines", Box(10, 70, 110, 86), state=frozenset({"checked"}))
NOTE = Element("text", "Read me", Box(10, 90, 80, 104))
TRUE = (SAVE, NAME, WRAP, NOTE)


def test_who_sees_everything_has_full_marks():
    seen = score(TRUE, TRUE)
    assert (seen.recall(), seen.precision(), seen.placed_share()) == (1, 1, 1)
    assert (seen.texts, seen.exact, seen.wrong) == (3, 3, 0)
    assert (seen.states, seen.known) == (2, 2)
    assert (seen.names, seen.clicked) == (3, 3)
    assert (seen.shown_names, seen.shown_clicked) == (2, 2)  # the field's name is not on it


def test_who_sees_nothing_has_none():
    seen = score((), TRUE)
    assert (seen.recall(), seen.precision()) == (0, None)
    assert (seen.exact, seen.texts, seen.clicked, seen.names) == (0, 3, 0, 3)


def test_another_role_is_a_place_but_no_recall():
    seen = score((replace(SAVE, role="link"),), (SAVE,))
    assert (seen.recall("button"), seen.precision("link"), seen.placed_share("button")) == (0, 0, 1)
    assert seen.exact == 1


@pytest.mark.parametrize(("shift", "found"), [(0, 1), (16, 1), (18, 0)])
def test_half_the_union_must_be_shared(shift, found):
    box = Box(10 + shift, 10, 60 + shift, 30)
    assert score((replace(SAVE, box=box),), (SAVE,)).recall() == found


def test_windows_and_title_bars_are_counted_apart():
    window, bar = Element("window", "", Box(0, 0, 300, 200)), Element("titlebar", "Note", Box(0, 0, 300, 20))
    seen = score((*TRUE, window, replace(window, box=Box(400, 0, 700, 200))), (*TRUE, window, bar))
    assert (seen.recall(), seen.precision()) == (1, 1), "nobody clicks them"
    assert seen.frames == {"window": 1, "titlebar": 1}
    assert seen.frames_found == {"window": 1} and seen.frames_predicted == {"window": 2}


def test_what_is_told_twice_is_right_once():
    seen = score((SAVE, replace(SAVE, box=Box(11, 10, 60, 30))), (SAVE,))
    assert (seen.recall(), seen.precision()) == (1, 0.5)


def test_a_state_that_is_not_seen_is_not_known():
    seen = score((replace(WRAP, state=frozenset()),), (WRAP,))
    assert (seen.states, seen.known) == (1, 0)


def test_a_misread_letter_is_counted_and_the_click_still_lands():
    seen = score((replace(SAVE, text="Sove"), NAME), (SAVE, NAME))
    assert (seen.exact, seen.letters, seen.wrong, seen.clicked) == (0, 4, 1, 2)


def test_a_text_of_several_lines_is_what_was_read_of_them():
    whole = Element("text", "Please bring\nthe red book", Box(10, 10, 120, 44))
    first, second = (
        Element("text", "Please bring", Box(10, 10, 110, 22)),
        Element("text", "the red book", Box(10, 32, 120, 44)),
    )
    assert score((second, first), (whole,)).exact == 1
    assert score((first,), (whole,)).exact == 0


def test_a_name_that_stands_twice_is_not_asked_for():
    assert score((), (SAVE, replace(SAVE, box=Box(200, 10, 250, 30)))).names == 0


def test_a_name_is_found_where_it_can_be_clicked():
    label = Element("text", "Save", Box(300, 300, 340, 312))
    assert by_name((label, SAVE), "save") == SAVE
    assert by_name((label, SAVE), "print") is None


def test_scores_of_screens_add_up():
    total = DetectionScore()
    total += score(TRUE, TRUE)
    total += score((), TRUE)
    assert (total.recall(), total.names, total.clicked) == (0.5, 6, 3)


@pytest.mark.parametrize(("one", "other", "count"), [("", "abc", 3), ("kitten", "sitting", 3), ("a", "a", 0)])
def test_edits_are_counted(one, other, count):
    assert edits(one, other) == edits(other, one) == count
