"""Lessons in other words: every open wording is understood, and what is typed stays the same."""

from __future__ import annotations

import random
import re
from dataclasses import replace

import numpy as np
import pytest

from deskhand.actions.geometry import Box, Viewport
from deskhand.benchmarks.suites.desk.family import families, family_named
from deskhand.benchmarks.suites.desk.suite import DeskSuite
from deskhand.benchmarks.task_files.filling import filled
from deskhand.policies.embedded.places import ScreenPlace
from deskhand.policies.embedded.pointed import PointedMove, pieces_of, text_of
from deskhand.policies.embedded.seeing import PastMove
from deskhand.screens import variation
from deskhand.screens.variation import FIRST_TRAINING_SEED
from deskhand.training.reasoner import wordings, words
from deskhand.training.reasoner.lessons import Lesson
from deskhand.training.reasoner.phrasings import PHRASINGS
from deskhand.training.reasoner.rewording import (
    names_in,
    parameters_of,
    relabelled,
    renamed,
    revalued,
    reworded,
    templates,
)

TRAINED = [family.name for family in families() if family.trained]
PLACES = (ScreenPlace("field", "Name", Box(0, 0, 9, 9)),)


def lesson(kind: str, sentence: str, typed: str = "") -> Lesson:
    pictures = np.zeros((1, 16, 16, 3), np.uint8)
    pieces = pieces_of(typed, sentence, PLACES) if typed else ()
    move = PointedMove("type", pieces=pieces) if typed else PointedMove("click", 0)
    return Lesson(sentence, PLACES, pictures, Viewport(9, 9), (), move, None, "", kind)


@pytest.mark.parametrize("kind", TRAINED)
def test_the_parameters_of_every_open_wording_are_found_again(kind: str) -> None:
    suite, family = DeskSuite(), family_named(kind)
    for seed in range(FIRST_TRAINING_SEED, FIRST_TRAINING_SEED + 20):
        parameters = suite.case(kind, seed).parameters
        for template in family.wordings:
            found = parameters_of(kind, filled(template, parameters))
            assert found == {name: parameters[name] for name in names_in(template)}, template


@pytest.mark.parametrize("kind", TRAINED)
def test_each_intent_has_many_sentences_and_they_fit_its_parameters(kind: str) -> None:
    known = {name for template in family_named(kind).wordings for name in names_in(template)}
    assert len(templates(kind)) >= 12
    assert len(set(templates(kind))) == len(templates(kind))
    assert all(names_in(template) <= known for template in templates(kind))


def test_what_is_typed_stays_the_same_in_other_words() -> None:
    kind, sentence = "sheet-add", "Add a row with pear jam and the price 3.75 at the end of the list and save"
    sentences = set()
    for seed in range(50):
        other = reworded(lesson(kind, sentence, "pear jam"), random.Random(seed))
        assert text_of(other.move.pieces, other.instruction, PLACES) == "pear jam"
        assert all(not piece.written for piece in other.move.pieces), "it is copied from the new sentence"
        assert "3.75" in other.instruction
        sentences.add(other.instruction)
    assert len(sentences) > 10
    assert reworded(lesson(kind, sentence), random.Random(1)).move == PointedMove("click", 0)


def test_an_open_file_need_not_be_named_but_one_that_is_typed_must() -> None:
    append = "Add the line 'two plums' to the end of list.txt and save it"
    assert parameters_of("editor-append", append) == {"text": "two plums", "name": "list.txt"}
    others = [reworded(lesson("editor-append", append, "two plums"), random.Random(n)) for n in range(60)]
    assert {"list.txt" in other.instruction for other in others} == {True, False}
    assert all("two plums" in other.instruction for other in others)
    assert any(re.search("[^'\"“‘`]two plums[^'\"”’`]", other.instruction + " ") for other in others), (
        "unquoted"
    )
    named = [reworded(lesson("editor-append", append, "list.txt"), random.Random(n)) for n in range(60)]
    assert all("list.txt" in other.instruction for other in named)


def test_what_is_not_understood_stays_as_it_was() -> None:
    for one in (lesson("sheet-add", "Do something else"), lesson("click-button", "Click on the OK button")):
        assert reworded(one, random.Random(0)) is one


def test_no_sentence_that_is_kept_for_measuring_is_among_them() -> None:
    def shape(wording: str) -> str:
        return " ".join(re.sub(r"\{\w+\}|'|\"|[.,?!:;]", " ", wording.lower()).split())

    kept = {shape(wording) for family in families() for wording in family.held_out}
    own = (*PHRASINGS.values(), *wordings.OWN.values())
    assert not kept & {shape(one) for phrasings in own for one in phrasings}
    assert not any(templates(family.name) for family in families() if not family.trained)


def test_no_word_that_is_kept_for_measuring_is_drawn() -> None:
    kept = {*variation.NOUNS.unseen, *variation.VERBS.unseen, *variation.ADJECTIVES.unseen}
    chance = random.Random(5)
    drawn = " ".join(words.sentence(chance) + " " + words.file_name(chance) for _ in range(2000))
    assert kept and not kept & set(words.PLAIN)
    assert not kept & set(re.findall(r"[a-z]+", drawn.lower()))


def test_what_is_copied_becomes_another_text_wherever_it_stands() -> None:
    task = "Add the line 'two plums' to the end of list.txt and save it"
    one = lesson("editor-append", task, "two plums")
    one = replace(
        one, places=(replace(PLACES[0], text="1 two plums"),), past=(PastMove("type", "two plums"),)
    )
    seen = set()
    for seed in range(30):
        other = revalued(one, random.Random(seed))
        typed = text_of(other.move.pieces, other.instruction, other.places)
        assert other.instruction == task.replace("two plums", typed)
        assert other.places[0].text == f"1 {typed}" and other.past[0].text == typed
        assert all(piece.source < 0 and not piece.written for piece in other.move.pieces)
        seen.add(typed)
    assert len(seen) > 25 and "two plums" not in seen
    named = revalued(lesson("editor-append", task, "list.txt"), random.Random(0))
    assert re.fullmatch(r"\S+\.[a-z]+", text_of(named.move.pieces, named.instruction, PLACES))


def test_a_number_becomes_another_unless_it_is_on_the_screen() -> None:
    one = lesson("calculator", "Compute 355 plus 18", "355+18")
    for seed in range(20):
        other = revalued(one, random.Random(seed))
        typed = text_of(other.move.pieces, other.instruction, PLACES)
        assert re.fullmatch(r"\d+[+*-]\d+", typed) and typed != "355+18"
        sign = next(one for one in "+-*" if one in typed)
        word = {"+": "plus", "-": "minus", "*": "times"}[sign]
        assert other.instruction == f"Compute {typed.replace(sign, f' {word} ')}"
    shown = replace(lesson("sheet-price", "Enter 355", "355"), places=(replace(PLACES[0], text="355"),))
    assert revalued(shown, random.Random(1)) is shown


@pytest.mark.parametrize("typed", ["henry@example.org", "docs/a", "apples"])
def test_addresses_and_what_stands_twice_keep_their_values(typed: str) -> None:
    one = lesson("sheet-price", f"Enter apples, not apples: {typed}", typed)
    assert revalued(one, random.Random(1)) is one


def test_what_the_task_names_has_another_name_there_and_on_the_screen() -> None:
    task = 'Type "two plums" into Delivery note and press SEND'
    places = (
        ScreenPlace("text", "into Delivery note and", Box(0, 0, 90, 9)),
        ScreenPlace("field", "Delivery note", Box(0, 20, 90, 29), actionable=True),
        ScreenPlace("button", "SEND", Box(0, 40, 90, 49), actionable=True),
        ScreenPlace("button", "Type", Box(0, 60, 90, 69), actionable=True),
    )
    move = PointedMove("type", 1, pieces=pieces_of("two plums", task, places))
    past = (PastMove("click", "Delivery note"),)
    one = replace(lesson("fields", task), places=places, move=move, past=past)
    names = set()
    for seed in range(40):
        other = relabelled(one, random.Random(seed))
        field, button = (place.text for place in other.places[1:3])
        assert other.instruction == f'Type "two plums" into {field} and press {button}'
        assert text_of(other.move.pieces, other.instruction, other.places) == "two plums"
        assert (other.move.place, other.past[0].text) == (1, field)
        assert other.places[0].text == f"into {field} and" and other.places[3].text == "Type"
        assert len(field.split()) == 2 and field[0].isupper() and button.isupper()
        names |= {field, button}
    assert len(names) > 30
    bare = replace(one, places=(places[0], places[3]), move=PointedMove("click", 1))
    assert relabelled(bare, random.Random(1)) is bare, "a line of text and a sentence's first word stay"


def test_a_program_of_another_name_is_the_same_lesson() -> None:
    places = (
        ScreenPlace("titlebar", "~/list.txt - Mousepad", Box(0, 0, 90, 9)),
        ScreenPlace("text", "Mousepad is an editor", Box(0, 20, 90, 29)),
        ScreenPlace("titlebar", "agent", Box(0, 40, 90, 49)),
    )
    one = replace(lesson("editor-append", "Add x"), places=places)
    titles = set()
    for seed in range(60):
        other = renamed(one, random.Random(seed))
        titles.add(other.places[0].text)
        assert other.places[1] == places[1] and other.move == one.move
        assert other.places[0].text.startswith("~/list.txt") and "Mousepad" not in other.places[0].text
        assert other.places[2].text.startswith("agent")
    assert "~/list.txt" in titles and len(titles) > 20
