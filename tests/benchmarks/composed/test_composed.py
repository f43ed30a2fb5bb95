"""The composed suite: a seed draws one page, what is wished for is on it, and only that counts."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest

from deskhand.agent.loop import run
from deskhand.benchmarks.browsing.moves import Moves, TaskPage, css
from deskhand.benchmarks.browsing.policy import PagePolicy
from deskhand.benchmarks.composing.goals import Within, is_met, solve
from deskhand.benchmarks.contract import check_suite
from deskhand.benchmarks.suites.composed.doing import click, state_of
from deskhand.benchmarks.suites.composed.pages import IMPOSSIBLE, QUESTION, TASKS, composed
from deskhand.benchmarks.suites.composed.suite import ComposedSuite
from deskhand.sandbox.lightbox import Lightbox
from tests.benchmarks.drawn import drawn

SEEDS = range(25)


@pytest.mark.parametrize("task", TASKS)
def test_a_seed_draws_the_same_page_and_another_seed_another(task: str) -> None:
    pages = [composed(task, seed) for seed in SEEDS]
    assert composed(task, 3).document == pages[3].document
    assert composed(task, 3).instruction == pages[3].instruction
    assert len({page.document for page in pages}) == len(SEEDS)
    assert len({page.instruction for page in pages}) > len(SEEDS) / 2


@pytest.mark.parametrize("task", TASKS)
def test_what_is_asked_for_is_named_and_is_on_the_page_but_for_what_is_impossible(task: str) -> None:
    for seed in SEEDS:
        made = composed(task, seed)
        assert len(made.goals) == TASKS[task][1]
        for goal in made.goals:
            name = goal.named.get("name") or goal.named["number"]
            assert name.casefold() in made.instruction.casefold()
            assert goal.possible is (task != IMPOSSIBLE) and bool(goal.answer) is (task == QUESTION)
            shown = re.sub(r"<[^>]*>", "\n", made.document.partition("<body")[2]).casefold()
            if task == IMPOSSIBLE and "number" not in goal.named and "icon" not in "".join(goal.said):
                assert f"\n{html.escape(name).casefold()}\n" not in shown
            elif not goal.answer and task not in ("numbers", "buttons"):
                assert all(own.rpartition(" ")[2] in made.document for own in goal.wanted)


def test_a_number_may_be_near() -> None:
    assert is_met({"a": "52"}, "a", Within(44, 56)) and not is_met({"a": "60"}, "a", Within(44, 56))
    assert not is_met({"a": None}, "a", Within(0, 9)) and not is_met({}, "a", "x")
    assert is_met({"a": True}, "a", True)


@pytest.mark.lightbox
@pytest.mark.suite
@pytest.mark.parametrize("task", drawn(tuple(TASKS), len(TASKS)))
def test_each_task_is_done_by_its_oracle_and_by_nobody_else(task: str, tmp_path: Path) -> None:
    check_suite(ComposedSuite(), Lightbox, tasks=[task], seed=1, out=tmp_path)


@pytest.mark.lightbox
@pytest.mark.suite
def test_what_was_changed_unasked_is_no_success_and_a_teacher_goes_on_from_anywhere(tmp_path: Path) -> None:
    suite, seed = ComposedSuite(), 4
    goals = composed("buttons", seed).goals

    def spoils(page: TaskPage, instruction: str) -> Moves:
        yield from solve(goals, state_of)(page, instruction)
        others = "[data-act^=press]:not([hidden] *)"
        for number in range(page.count(others)):
            element = f"document.querySelectorAll('{others}')[{number}]"
            if page.there(element) and f"pressed {page.js(element + '.id')}" not in goals[0].wanted:
                yield from click(page, element, "another button")
                return

    def part_way(page: TaskPage, instruction: str) -> Moves:
        yield page.click(css("#said"), "the foot of the page")
        yield next(solve(composed("three", seed).goals, state_of)(page, instruction))

    with Lightbox() as box:
        task = suite.prepare("buttons", box, seed)
        result = run(task, box, PagePolicy("spoils", suite._page, spoils), out=tmp_path / "spoiled")
        score = suite.score("buttons", box, seed, result)
        assert not score.success and "changed without being asked" in score.reason
        suite.reset(box)
        task = suite.prepare("three", box, seed)
        result = run(task, box, PagePolicy("part-way", suite._page, part_way), out=tmp_path / "part")
        assert not suite.score("three", box, seed, result).success
        result = run(task, box, suite.teacher("three", seed), out=tmp_path / "rest", limits=suite.limits)
        assert suite.score("three", box, seed, result).success
