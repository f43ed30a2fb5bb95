"""The desk suite's tasks in other languages: each can be told, and none of its sentences is learnt from."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from deskhand.benchmarks.registry import load_suite
from deskhand.benchmarks.suites.desk.family import families
from deskhand.benchmarks.suites.desk.languages import languages, read_language
from deskhand.benchmarks.suites.desk.suite import DeskSuite
from deskhand.errors import UsageError
from deskhand.training.reasoner.languages import codes, phrasings
from deskhand.training.reasoner.rewording import OPEN, names_in
from deskhand.trajectories.reader import Trajectory
from tests.conftest import deskhand


def bare(sentence: str) -> str:
    """Its letters alone, without parameters."""
    return re.sub(r"\W", "", re.sub(r"\{\w+\}", "", sentence.casefold()))


def test_there_are_four_languages_to_measure_and_to_learn() -> None:
    assert languages() == codes() == ("de", "es", "ko", "zh")


@pytest.mark.parametrize("code", ["de", "es", "ko", "zh"])
def test_each_family_is_told_with_the_parameters_that_it_has(code: str) -> None:
    language = read_language(code)
    assert set(language.wordings) == {family.name for family in families()}
    for family in families():
        known = {name for sentence in family.wordings for name in names_in(sentence)}
        for sentence in language.wordings[family.name]:
            assert names_in(sentence) <= known, sentence
            assert known - names_in(sentence) <= ({"name"} if family.name in OPEN else set()), sentence


@pytest.mark.parametrize("code", ["de", "es", "ko", "zh"])
def test_what_is_learnt_is_of_open_families_and_not_what_is_measured(code: str) -> None:
    open_ones = {family.name for family in families() if family.trained}
    assert set(phrasings(code)) == open_ones
    measured = {bare(one) for sentences in read_language(code).wordings.values() for one in sentences}
    for family, sentences in phrasings(code).items():
        known = {n for one in families() if one.name == family for s in one.wordings for n in names_in(s)}
        for sentence in sentences:
            assert bare(sentence) not in measured, sentence
            assert names_in(sentence) <= known, sentence


def test_a_task_in_another_language_has_the_same_values() -> None:
    english, german = DeskSuite(), load_suite("desk:de")
    for task in ("document-look", "editor-save", "sheet-sort"):
        for seed in range(5):
            one = english.case(task, seed)
            other = DeskSuite("de").case(task, seed)
            assert one.parameters == other.parameters
            assert one.instruction != other.instruction
            assert "{" not in other.instruction
    assert german.name == "desk:de" and german.version("editor-save") != english.version("editor-save")


def test_a_value_that_is_said_in_words_is_in_the_language() -> None:
    said = {DeskSuite("de").case("document-look", seed).instruction for seed in range(20)}
    assert not any(re.search(r"\b(bold|italic|underlined)\b", sentence) for sentence in said)


def test_a_language_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(UsageError, match="de, es, ko, zh"):
        load_suite("desk:xx")


def test_the_command_tells_the_tasks_in_a_language(tmp_path: Path) -> None:
    options = ["--language", "de", "--policy", "idle", "--tasks", "calculator", "--seeds", "0"]
    deskhand("eval", "desk", *options, "--out", str(tmp_path))
    header = json.loads((tmp_path / "results.jsonl").read_text().splitlines()[0])
    assert header["suite"] == "desk:de"
    [folder] = (tmp_path / "trajectories").iterdir()
    said = DeskSuite("de").case("calculator", 0).instruction
    assert Trajectory.open(folder).task.instruction == said
