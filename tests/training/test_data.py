"""Synthetic demonstrations: seeded, answerable, and free of what is kept for measuring."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from deskhand.benchmarks.suites.desk.families.galculator import OPERATORS
from deskhand.benchmarks.suites.desk.family import families
from deskhand.errors import UsageError
from deskhand.policies.embedded import language
from deskhand.policies.embedded.language import read_answer
from deskhand.screens import variation
from deskhand.training.reasoner import dataset, samples, screens, wordings, words
from deskhand.training.reasoner.samples import Sample, data_hash

KINDS = sorted(dataset.MAKERS)


def test_the_data_are_a_function_of_their_seed() -> None:
    first, again, other = (dataset.build(300, seed) for seed in (3, 3, 4))
    assert data_hash(first) == data_hash(again)
    assert data_hash(first) != data_hash(other)
    assert not {s.to_json() for s in first} & {s.to_json() for s in other}


def test_the_hash_depends_on_order_and_survives_the_file(tmp_path: Path) -> None:
    made = dataset.build(50, 1)
    samples.write(tmp_path / "data" / "a.jsonl", made)
    read = samples.read(tmp_path / "data" / "a.jsonl")
    assert read == made
    assert data_hash(read) == data_hash(made)
    assert data_hash(made[::-1]) != data_hash(made)


def test_a_line_that_is_no_sample_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(dataset.build(50, 1)[0].to_json() + "\n{}\n")
    with pytest.raises(UsageError, match="line 2"):
        samples.read(path)


@pytest.mark.parametrize("kind", KINDS)
def test_every_sample_can_be_answered_from_its_page(kind: str) -> None:
    chance = random.Random(kind)
    for _ in range(150):
        for sample in dataset.MAKERS[kind](chance).samples:
            _check(sample)


def _check(sample: Sample) -> None:
    move, page = sample.move, sample.page
    assert sample.thought and "\n" not in sample.thought
    assert read_answer(language.answer_text(sample.thought, move)) == (sample.thought, move)
    assert len(page.labels) == len(set(page.labels)) <= language.MOST_LABELS
    if move.verb in language.ON_ELEMENT:
        assert move.argument in page.labels
    if move.verb in language.COPIED:
        assert language.find_span(move.argument, page.sources())
    if move.verb == "answer":
        assert language.find_span(move.argument, page.screen_texts())
    if move.verb in language.FREE:
        assert not language.find_span(move.argument, page.sources())


def test_kinds_come_in_their_shares() -> None:
    found = dict(dataset.counts(dataset.build(1000, 0)))
    whole = sum(dataset.SHARES.values())
    for kind in KINDS:
        # a task that went wrong is counted under its own kind, which may be another's
        assert found[kind] == pytest.approx(1000 * dataset.SHARES[kind] / whole, abs=2)


def _shape(wording: str) -> str:
    return " ".join(re.sub(r"\{\w+\}|'|\"|[.,?!:]", " ", wording.lower()).split())


def test_no_wording_that_is_kept_for_measuring_is_trained_on() -> None:
    kept = {_shape(wording) for family in families() for wording in family.held_out}
    own = {_shape(wording) for templates in wordings.OWN.values() for wording in templates}
    assert not kept & own


def test_no_word_that_is_kept_for_measuring_is_trained_on() -> None:
    kept = {*variation.NOUNS.unseen, *variation.VERBS.unseen, *variation.ADJECTIVES.unseen}
    assert not kept & set(words.PLAIN)
    assert not kept & {
        word for sample in dataset.build(2000, 5) for word in re.findall(r"\w+", sample.page.instruction)
    }


def test_no_name_of_an_operator_that_is_kept_for_measuring_is_trained_on() -> None:
    kept = {names[-1] for names in OPERATORS.values() if len(names) > 1}
    assert kept
    asked = " ".join(sample.page.instruction.lower() for sample in dataset.build(3000, 7))
    assert not [name for name in kept if name in asked]


def test_only_applications_that_may_be_trained_on_are_named() -> None:
    never = {family.application for family in families() if not family.trained}
    text = "\n".join(sample.page.prompt().lower() for sample in dataset.build(2000, 6))
    assert not any(application in text for application in never)


def test_reading_loses_nothing_that_a_sample_needs() -> None:
    chance = random.Random(1)
    for _ in range(300):
        texts = [words.file_name(chance) for _ in range(20)]
        screen = screens.read(chance, texts, keep=[texts[7]], exact=[texts[3]])
        assert screen.became[texts[7]] in screen.labels
        assert screen.became[texts[3]] == texts[3]
