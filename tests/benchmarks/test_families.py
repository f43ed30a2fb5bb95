"""The files of the desk suite: OSWorld tasks that name draws, moves and makers of ours."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deskhand.actions.vocabulary import Finished, Infeasible
from deskhand.benchmarks.suites.desk import family as family_module
from deskhand.benchmarks.suites.desk import suite as suite_module
from deskhand.benchmarks.suites.desk.families import tables
from deskhand.benchmarks.suites.desk.family import FOLDER, families, read_family
from deskhand.benchmarks.suites.desk.suite import DeskSuite
from deskhand.benchmarks.task_files import lookup
from deskhand.benchmarks.task_files.doing import one
from deskhand.errors import UsageError
from tests.benchmarks.osworld.places import ended, place

Content = dict[str, Any]
every = pytest.mark.parametrize("path", sorted(FOLDER.glob("*.json")), ids=lambda path: path.stem)


def change(tmp_path: Path, edit: Callable[[Content], None], name: str = "editor-append") -> Path:
    content = json.loads((FOLDER / f"{name}.json").read_text())
    edit(content)
    path = tmp_path / f"{name}.json"
    path.write_text(json.dumps(content))
    return path


@every
def test_a_family_is_a_task_that_every_reader_of_osworld_understands(path: Path) -> None:
    content = json.loads(path.read_text())
    assert content["instruction"] == content["deskhand"]["wordings"][0]
    assert {"id", "snapshot", "config", "trajectory", "related_apps", "evaluator"} <= content.keys()
    assert content["related_apps"]


@every
def test_with_every_seed_it_is_a_task_that_can_be_set_up_and_checked(path: Path) -> None:
    family = read_family(path)
    for seed in range(5):
        case = DeskSuite().case(family.name, seed)
        lookup.check(case.task, family.name)
        assert case.task.instruction == case.instruction
        left = re.findall(r"\{\w+\}", case.task.model_dump_json())
        assert not {name.strip("{}") for name in left} & case.parameters.keys()


def test_names_that_are_not_there_are_all_named(tmp_path: Path) -> None:
    def edit(content: Content) -> None:
        content["deskhand"] |= {"draw": "lots", "oracle": "delphi"}
        content["config"][0]["parameters"] = {"path": "a", "make": "magic"}
        content["evaluator"]["func"] = "telepathy"

    with pytest.raises(UsageError) as refused:
        read_family(change(tmp_path, edit))
    for name in ("'lots'", "'delphi'", "'magic'", "telepathy"):
        assert name in str(refused.value)


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        (lambda content: content.pop("deskhand"), "object 'deskhand'"),
        (lambda content: content["deskhand"].pop("held_out"), "held_out"),
        (lambda content: content["deskhand"].update(colour="red"), "colour"),
        (lambda content: content.update(instruction="something else"), "first of the wordings"),
        (lambda content: content.update(id="another"), "id is the file's name"),
    ],
)
def test_a_file_that_is_no_family_is_refused(tmp_path: Path, edit: Any, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        read_family(change(tmp_path, edit))


QUESTIONS = ("calculator", "reader-page", "reader-question", "sheet-question", "web-question")


@pytest.mark.parametrize("name", QUESTIONS)
def test_an_answer_in_a_sentence_that_repeats_the_question_is_right(name: str, tmp_path: Path) -> None:
    for seed in range(20):
        case = DeskSuite().case(name, seed)
        check = next(case.task.evaluator.checks())
        assert check.result == {"type": "deskhand_answer"}
        right = last_answer(name, seed)
        for answer, good in (
            (right, True),
            (f"{case.instruction} The answer is {right}.", True),
            (f"{right} or {int(right) + 1}", False),
            (f"{right}1", False),
            (case.instruction, False),
        ):
            score = one(check, place(tmp_path, result=ended(answer=answer)))
            assert score.success is good, (answer, score.reason)


def last_answer(name: str, seed: int) -> str:
    case = DeskSuite().case(name, seed)
    last = case.family.moves(case.parameters)[-1].do
    assert isinstance(last, Finished)
    assert last.answer is not None
    return last.answer


def test_every_draw_and_every_list_of_moves_is_used() -> None:
    contents = [json.loads(path.read_text()) for path in FOLDER.glob("*.json")]
    ours = [content["deskhand"] for content in contents]
    known = tables()
    assert {own["draw"] for own in ours} == known.draws.keys()
    assert {own["oracle"] for own in ours} == known.moves.keys()


def test_an_agent_that_claims_to_have_done_what_cannot_be_done_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = change(tmp_path, lambda content: content.update(evaluator={"func": "infeasible"}))
    impossible = read_family(path)
    assert impossible.infeasible
    assert not any(family.infeasible for family in families() if family.name == impossible.name)
    monkeypatch.setattr(suite_module, "family_named", lambda name: impossible)
    assert family_module.family_named("editor-append") is not impossible
    for wrong in DeskSuite().wrong("editor-append", 0):
        last = wrong._moves[-1].do  # type: ignore[attr-defined]
        assert isinstance(last, Finished)
        assert not any(isinstance(move.do, Infeasible) for move in wrong._moves)  # type: ignore[attr-defined]
