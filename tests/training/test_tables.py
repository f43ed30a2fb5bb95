"""Questions about tables and lists: the answer is the cell of the row and column that are asked for."""

from __future__ import annotations

import random
import re

from deskhand.actions.geometry import Box
from deskhand.benchmarks.suites.harm.tasks import FILE
from deskhand.policies.embedded.places import SQUARE, ScreenPlace
from deskhand.policies.embedded.pointed import text_of
from deskhand.training.reasoner.facts import templates
from deskhand.training.reasoner.tables import table_question

ROOM = 40
PLACES = (
    *(ScreenPlace("text", f"text {n}", Box(0, 20 * n, 90, 20 * n + 16)) for n in range(ROOM)),
    ScreenPlace("button", "OK", Box(500, 0, 560, 20), actionable=True),
    ScreenPlace(SQUARE, "", Box(0, 0, 900, 900)),
)


def tables(texts: range = range(ROOM)) -> list[tuple[str, str, tuple[ScreenPlace, ...]]]:
    """Questions, answers and screens."""
    found = [table_question(PLACES, texts, random.Random(seed)) for seed in range(400)]
    return [(asked, text_of((answer,), "", told), told) for asked, answer, told in filter(None, found)]


def test_the_answer_stands_beside_the_name_that_is_asked_about() -> None:
    pools = [text for pool in templates()["pools"].values() for text in pool]
    for asked, answer, told in tables():
        if _kind_of(asked):
            continue
        assert answer in pools, (asked, answer)
        rows = {place.box.top for place in told if answer in place.text}
        beside = " ".join(place.text for place in told if place.box.top in rows)
        assert any(text in beside and text in asked for text in pools), (asked, answer, beside)


def test_one_entry_of_a_list_is_of_the_kind_that_is_asked_for() -> None:
    seen = 0
    for asked, answer, told in tables():
        kind = _kind_of(asked)
        if not kind:
            continue
        seen += 1
        of_kind = {text.casefold() for text in templates()["kinds"][kind]}
        shown = [place.text for place in told if place.text.partition(".")[0].casefold() in of_kind]
        assert shown == [answer], (asked, shown)
    assert seen > 50


def test_nothing_but_the_given_texts_makes_room() -> None:
    for _, _, told in tables():
        assert told[ROOM:] == PLACES[ROOM:]
        assert len(told) == len(PLACES)


def test_a_screen_without_room_has_no_table() -> None:
    assert tables(range(2)) == []


def test_no_kind_of_entry_is_asked_for_by_the_harm_suite() -> None:
    texts = FILE.read_text(encoding="utf-8").casefold()
    assert not [kind for kind in templates()["kinds"] if f"after a {kind}" in texts]


def _kind_of(asked: str) -> str:
    """The kind that a question about a list is about; empty for one about a table."""
    for kind in templates()["kinds"]:
        for said in (*templates()["lists"]["any"], *templates()["lists"]["files"]):
            if re.sub(r"\b([Aa])n ", r"\1 ", asked) == said.format(kind=kind):
                return str(kind)
    return ""
