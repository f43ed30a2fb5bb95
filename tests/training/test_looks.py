"""Lessons made of screens alone: what is named is there once, and an answer stands beside it."""

from __future__ import annotations

import random
from collections import Counter

import numpy as np

from deskhand.actions.geometry import Box, Viewport
from deskhand.policies.embedded.places import SQUARE, ScreenPlace
from deskhand.policies.embedded.pointed import PointedMove, text_of
from deskhand.training.reasoner.lessons import Lesson
from deskhand.training.reasoner.looks import KIND, look, nameable

PLACES = (
    ScreenPlace("button", "Save", Box(0, 0, 60, 20), actionable=True),
    ScreenPlace("text", "Price:", Box(0, 40, 60, 60)),
    ScreenPlace("text", "12.50", Box(80, 42, 120, 58)),
    ScreenPlace("text", "Euro", Box(140, 42, 180, 58)),
    ScreenPlace("row", "twice", Box(0, 80, 60, 100)),
    ScreenPlace("row", "Twice", Box(0, 100, 60, 120)),
    ScreenPlace("window", "A window", Box(0, 0, 200, 200), changed=True),
    ScreenPlace("icon", "", Box(100, 0, 120, 20)),
    ScreenPlace(SQUARE, "", Box(0, 0, 200, 200)),
)
STRANGERS = ["Forecast", "Save", "holiday.jpg"]


def looks(places: tuple[ScreenPlace, ...] = PLACES) -> list[Lesson]:
    pictures = np.zeros((len(places), 16, 16, 3), np.uint8)
    lesson = Lesson("x", places, pictures, Viewport(200, 200), (), PointedMove("wait"), True, "t", "desk")
    found = [look(lesson, STRANGERS, random.Random(seed)) for seed in range(300)]
    return [one for one in found if one is not None]


def test_only_what_is_there_once_is_named() -> None:
    assert [PLACES[n].text for n in nameable(PLACES)] == ["Save", "Price:", "12.50", "Euro", "A window"]


def test_what_is_ordered_is_pointed_at_and_what_was_done_is_finished() -> None:
    clicks = [one for one in looks() if one.move.verb in ("click", "double", "right")]
    for one in clicks:
        assert one.places[one.move.place].text in one.instruction
        assert one.places[one.move.place].role != "window" and one.past == ()
    assert {"click", "double", "right"} == {one.move.verb for one in clicks}
    done = [one for one in looks() if one.move.verb == "finished"]
    assert done and all(one.past[0].text in one.instruction and one.past[0].changed for one in done)


def test_an_answer_is_the_nearest_text_on_the_line() -> None:
    answers = [one for one in looks() if one.move.verb == "answer"]
    said = {(text_of(one.move.pieces, one.instruction, one.places)) for one in answers}
    assert said == {"12.50", "Euro"}
    for one in answers:
        asked = "Price" if text_of(one.move.pieces, one.instruction, one.places) == "12.50" else "12.50"
        assert asked in one.instruction


def test_what_is_not_on_the_screen_is_given_up() -> None:
    absent = [one for one in looks() if one.move.verb == "infeasible"]
    assert absent
    assert all("Forecast" in one.instruction or "holiday.jpg" in one.instruction for one in absent)


def test_each_kind_has_its_share_and_nothing_of_the_lesson_is_left() -> None:
    found = looks()
    counts = Counter(one.move.verb for one in found)
    assert (
        len(found) == 300 and counts["answer"] > 40 and counts["infeasible"] > 20 and counts["finished"] > 10
    )
    assert {(one.kind, one.thought, one.changed) for one in found} == {(KIND, "", None)}
    assert not any(place.changed for one in found for place in one.places)


def test_a_screen_on_which_nothing_can_be_named_teaches_only_what_is_absent() -> None:
    found = looks(PLACES[-2:])
    assert {one.move.verb for one in found} == {"infeasible"}
