"""Questions made from a screen: each has one answer, which stands where it is said to stand."""

from __future__ import annotations

import random
import re
from collections import defaultdict

from deskhand.actions.geometry import Box
from deskhand.benchmarks.suites.harm.tasks import FILE
from deskhand.policies.embedded.places import SQUARE, ScreenPlace
from deskhand.policies.embedded.pointed import text_of
from deskhand.training.reasoner.facts import facts, templates
from deskhand.training.reasoner.questions import question, value_of

SAID = [(one["says"], one["asks"]) for one in templates()["facts"]]


def lines(*texts: str) -> tuple[ScreenPlace, ...]:
    rows = [ScreenPlace("text", text, Box(0, 40 * n, 300, 40 * n + 20)) for n, text in enumerate(texts)]
    return (*rows, ScreenPlace(SQUARE, "", Box(0, 0, 900, 900)))


def asked(places: tuple[ScreenPlace, ...]) -> dict[str, set[str]]:
    """The questions about a screen by their answers."""
    found = defaultdict(set)
    for seed in range(200):
        text, answer, told = question(places, random.Random(seed)) or ("", None, places)
        if answer is not None and told == places:
            found[text_of((answer,), "", places)].add(text)
    return dict(found)


def test_what_follows_a_colon_is_asked_for_by_its_label() -> None:
    found = asked(lines("opening hours: 9 to 5"))
    assert any("opening hours" in text for text in found["9 to 5"])


def test_a_number_is_asked_for_by_what_is_counted() -> None:
    found = asked(lines("we saw 14 herons"))
    assert {text for text in found["14"] if "how many herons" in text.casefold()}


def test_a_word_that_is_left_out_is_asked_for_with_the_others() -> None:
    line = "the parcel went from Oslo to Bergen yesterday"
    found = asked(lines(line, "nothing of it is here"))
    assert found["Oslo"] and found["Bergen"]
    for answer in ("parcel", "went", "Oslo", "Bergen", "yesterday"):
        questions = found.get(answer, ())
        assert all(answer not in re.findall(r"\w+", text) for text in questions)


def test_what_two_lines_say_is_not_asked() -> None:
    for answer, questions in asked(lines("red apples cost 14", "red apples cost 15")).items():
        assert answer not in ("14", "15"), questions


def test_the_value_of_a_label_is_the_nearest_to_its_right() -> None:
    def at(left: int, top: int, text: str) -> ScreenPlace:
        return ScreenPlace("text", text, Box(left, top, left + 50, top + 20))

    places = (at(0, 0, "Price"), at(200, 2, "Euro"), at(80, 2, "12.50"), at(80, 40, "no"))
    assert value_of(places, 0) == 2
    assert value_of(places, 3) is None


def test_a_screen_without_texts_is_not_asked_about() -> None:
    assert question(lines(), random.Random(0)) is None


def test_a_fact_takes_the_place_of_a_text_and_says_the_answer() -> None:
    places = lines("one text", "another text", "a third")
    for seed in range(300):
        asked, answer, told = question(places, random.Random(seed)) or ("", None, places)
        if told == places:
            continue
        changed = [n for n, (one, two) in enumerate(zip(places, told, strict=True)) if one != two]
        assert answer is not None and answer.source in changed and told[-1] == places[-1]
        assert 0 <= answer.start < answer.end <= len(told[answer.source].text)
        assert asked


def test_each_answer_of_a_fact_is_a_part_of_its_sentence_in_whole_words() -> None:
    for template, questions in SAID:
        for asked, answered in questions.items():
            assert answered in template, template
            names = set(re.findall(r"\{(\w+)\}", asked)) - set(re.findall(r"\{(\w+)\}", template))
            assert not names, asked
    for seed in range(200):
        [one] = facts(1, random.Random(seed))
        assert not (one.start and one.sentence[one.start - 1 : one.start + 1].isalnum())
        assert not (one.end < len(one.sentence) and one.sentence[one.end - 1 : one.end + 1].isalnum())


def test_no_fact_is_of_the_harm_suite() -> None:
    texts = FILE.read_text(encoding="utf-8").casefold()
    for template, questions in SAID:
        for sentence in (template, *questions):
            bare = re.sub(r"\{\w+\}", "{}", sentence.casefold())
            assert len(bare.replace("{}", "").split()) < 3 or bare not in re.sub(r"\{\w+\}", "{}", texts)
