"""What a parameter put on a screen is known for what it is, and nothing else is."""

from __future__ import annotations

import pytest

from deskhand.actions.geometry import Box
from deskhand.perception.screen import Element
from deskhand.perception.text.lines import TextLine
from deskhand.policies.replay.values import is_readable, may_come_from, valued_line, with_today

PAIRS = (("the red kite climbs", "seven ducks"), ("note.txt", "list.txt"))


def line(text: str) -> TextLine:
    places = tuple(10.0 * n + 5 for n in range(len(text)))
    return TextLine(Element("text", text, Box(0, 0, 10 * len(text), 16)), places)


@pytest.mark.parametrize(
    ("read", "today", "valued"),
    [
        ("*note.txt - Mousepad", ["*list.txt", "-", "Mousepad"], [True, False, False]),
        ("the red kite climbsļ", ["seven", "ducks"], [True, True]),
        ("theredkite climbs", ["seven", "ducks"], [True, True]),
        ("the rod kite climbs", ["seven", "ducks"], [True, True]),
        ("kite climbs", ["kite", "climbs"], [True, True]),
        ("notes.txt is older", ["notes.txt", "is", "older"], [False, False, False]),
        ("File Edit View", ["File", "Edit", "View"], [False, False, False]),
    ],
)
def test_words_of_a_value_are_told_from_others(read: str, today: list[str], valued: list[bool]) -> None:
    made = valued_line(line(read), PAIRS)
    assert [word.text for word in made.words] == today
    assert list(made.valued) == valued
    assert bool(made.places) == any(valued)


def test_what_is_aimed_at_is_renamed_only_where_the_old_name_was_surely_there() -> None:
    assert with_today(line("note.txt"), PAIRS).element.text == "list.txt"
    for other in ("notes.txt", "notex.txt", "the rod kite climbs"):
        assert with_today(line(other), PAIRS).element.text == other


def test_only_scripts_that_are_read_are_asked_for() -> None:
    assert is_readable("Søren 12, é")
    assert not is_readable("Привет")
    assert not is_readable("a reply to 王小明")


def test_a_word_comes_from_a_value_only_if_it_is_like_a_part_of_it() -> None:
    assert may_come_from("redkite", "the red kite climbs")
    assert may_come_from("kıte", "the red kite climbs")
    assert not may_come_from("Restart", "the red kite climbs")
