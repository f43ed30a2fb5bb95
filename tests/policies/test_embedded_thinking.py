"""Thoughts as tokens: words that are known, copies of the task and texts of places, and back."""

from __future__ import annotations

import re

import pytest

from deskhand.actions.geometry import Box
from deskhand.errors import NotExpressible
from deskhand.policies.embedded.places import ScreenPlace
from deskhand.policies.embedded.spelling import COPY, END, TAKE, SpellingToken
from deskhand.policies.embedded.thinking import thought_from, thought_tokens, vocabulary

TASK = "Click on the 'Uf7C' button, then sort harvest plan.txt"
SPANS = tuple(hit.span() for hit in re.finditer(r"\w+|[^\w\s]", TASK))
PLACES = (ScreenPlace("button", "Zürich West", Box(0, 0, 9, 9)), ScreenPlace("text", "", Box(9, 0, 18, 9)))
WORDS = (" ", "I", " click", " the", " button", " '", "'", ".", " open")


def told(thought: str) -> tuple[SpellingToken, ...]:
    return thought_tokens(thought, TASK, SPANS, PLACES, WORDS)


@pytest.mark.parametrize(
    ("thought", "kinds"),
    [
        ("I click the button.", []),
        ("I click the button 'Uf7C'.", [COPY]),
        ("I open harvest plan.txt.", [COPY]),
        ("I click 'Zürich West'.", [TAKE]),
        ("I open Zürich West.", [TAKE]),
        ("", []),
    ],
)
def test_a_thought_comes_back_as_it_was(thought: str, kinds: list[int]) -> None:
    tokens = told(thought)
    assert tokens[-1].token == END
    assert [t.token for t in tokens if t.token in (COPY, TAKE)] == kinds
    assert thought_from(tokens, TASK, SPANS, PLACES, WORDS) == thought


@pytest.mark.parametrize("thought", ["I click the moon.", "I click the butto", "I click" + " the" * 30])
def test_what_nothing_says_is_refused(thought: str) -> None:
    with pytest.raises(NotExpressible):
        told(thought)


def test_known_words_are_those_that_occur_often_each_with_its_space() -> None:
    words = vocabulary(["I click 'a1'."] * 9 + [f"I wait {number}" for number in range(5)])
    assert words[0] == " " and words[1] == "I"
    assert set(words) == {" ", "I", " click", " '", "a1", "'", "."}
    assert vocabulary([]) == (" ",)


def test_a_row_of_tokens_without_an_end_is_read_to_its_end() -> None:
    assert thought_from((SpellingToken(4), SpellingToken(5)), TASK, SPANS, PLACES, WORDS) == "I click"
    backwards = SpellingToken(COPY, first=5, last=2)
    assert thought_from((backwards,), TASK, SPANS, PLACES, WORDS) == TASK[slice(*SPANS[5])]
