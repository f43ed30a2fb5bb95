"""Going round in circles is noticed, whatever the circle's size; new screens are never a circle."""

from __future__ import annotations

from itertools import cycle, islice
from typing import get_args

from deskhand.actions.geometry import ScreenPoint
from deskhand.actions.vocabulary import Click, Key, Type
from deskhand.agent.limits import REPEATS_NOTED, REPEATS_STUCK, LoopDetector
from deskhand.agent.result import EXIT_CODES, Status

CLICK = Click(at=ScreenPoint(1, 2))


def test_the_same_action_on_the_same_screen_counts_up() -> None:
    detector = LoopDetector()
    assert [detector.count("frame", (CLICK,)) for _ in range(4)] == [1, 2, 3, 4]
    assert REPEATS_NOTED == 2
    assert REPEATS_STUCK == 4


def test_another_screen_is_another_count() -> None:
    detector = LoopDetector()
    assert [detector.count(f"frame {n}", (CLICK,)) for n in range(9)] == [1] * 9


def test_another_action_is_another_count() -> None:
    detector = LoopDetector()
    actions = [CLICK, Click(at=ScreenPoint(1, 3)), Key(keys=("a",)), Type(text="a")]
    assert [detector.count("frame", (action,)) for action in actions] == [1] * 4
    assert detector.count("frame", (CLICK, CLICK)) == 1


def test_a_circle_over_three_screens_is_found() -> None:
    detector = LoopDetector()
    counts = [detector.count(frame, (CLICK,)) for frame in islice(cycle("abc"), 12)]
    assert max(counts) == REPEATS_STUCK


def test_texts_cannot_be_put_together_to_look_like_other_actions() -> None:
    detector = LoopDetector()
    detector.count("f", (Type(text='a"}\n{"kind":"type","text":"b'),))
    assert detector.count("f", (Type(text="a"), Type(text="b"))) == 1


def test_every_status_has_an_exit_code_of_the_table() -> None:
    assert set(EXIT_CODES) == set(get_args(Status))
    assert set(EXIT_CODES.values()) == {0, 1, 3, 4, 5, 130}
    assert [status for status, code in EXIT_CODES.items() if code == 0] == ["finished", "ended"]
