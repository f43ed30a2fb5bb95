"""The programs suite: a seed draws one program, what is wished for is in it, and only that counts."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from deskhand.agent.loop import run
from deskhand.agent.result import RunResult
from deskhand.benchmarks.browsing.moves import Moves, press
from deskhand.benchmarks.browsing.policy import PagePolicy
from deskhand.benchmarks.composing.goals import is_met, is_reached, solve
from deskhand.benchmarks.composing.wording import sentences
from deskhand.benchmarks.contract import check_suite
from deskhand.benchmarks.suite import Score
from deskhand.benchmarks.suites.programs.drawn import SPOTS, OneStroke
from deskhand.benchmarks.suites.programs.program import IMPOSSIBLE, QUESTION, TASKS, program
from deskhand.benchmarks.suites.programs.suite import NEEDS_GTK, ProgramsSuite
from deskhand.benchmarks.suites.programs.window import ProgramWindow, click, fill, leave, state_of
from deskhand.errors import SandboxError
from deskhand.policies.protocol import Policy
from deskhand.sandbox.lightbox import Lightbox
from deskhand.screens.variation import FIRST_TRAINING_SEED
from tests.benchmarks.drawn import drawn

SEEDS = range(25)


@pytest.fixture(scope="module")
def desktop() -> Iterator[Lightbox]:
    with Lightbox() as box:
        if box.run(["python3", "-c", NEEDS_GTK]).returncode:
            pytest.skip("the sandbox's python3 has no GTK 3")
        yield box


@pytest.mark.parametrize("task", TASKS)
def test_a_seed_draws_the_same_program_and_another_seed_another(task: str) -> None:
    made = [program(task, seed) for seed in SEEDS]
    again = program(task, 3)
    assert json.dumps(again.window) == json.dumps(made[3].window) and again.look == made[3].look
    assert again.instruction == made[3].instruction and again.start == made[3].start
    assert len({json.dumps(one.window) for one in made}) == len(SEEDS)
    assert len({one.instruction for one in made}) > len(SEEDS) / 2


@pytest.mark.parametrize("task", TASKS)
def test_what_is_asked_for_is_named_possible_and_not_there_yet(task: str) -> None:
    for seed in SEEDS:
        made = program(task, seed)
        assert len(made.goals) == TASKS[task][1]
        window = json.dumps(made.window)
        for goal in made.goals:
            assert all(text.casefold() in made.instruction.casefold() for text in goal.named.values())
            assert goal.possible is (task != IMPOSSIBLE) and bool(goal.answer) is (task == QUESTION)
            if goal.possible and not goal.answer:
                assert not is_reached(goal, made.start)
                assert all(f'"{own.rpartition(" ")[2]}"' in window for own in goal.wanted)


def test_an_impossible_wish_names_nothing_that_the_program_has() -> None:
    for seed in SEEDS:
        made = program(IMPOSSIBLE, seed)
        [goal] = made.goals
        name = next(iter(goal.named.values()))
        assert f'"{name}"' not in json.dumps(made.window), (seed, name)


def test_some_sentences_are_kept_for_measuring() -> None:
    assert all(not {*sentences(kind)} & {*sentences(kind, False)} for kind in ("typing", "menu", "line"))

    def said(seed: int, kind: str) -> bool:
        [goal] = program(kind, seed).goals
        return bool({*goal.said} & {*sentences("icon", seed >= FIRST_TRAINING_SEED or seed % 5 < 3)})

    seeds = (0, 1, 2, 3, 4, FIRST_TRAINING_SEED + 3, FIRST_TRAINING_SEED + 4)
    assert all(said(seed, "toolbars") for seed in seeds)


def test_a_stroke_may_be_near_and_go_back_but_nothing_else_may_be_there() -> None:
    start, end = SPOTS["top left corner"], SPOTS["middle"]
    line, dot = OneStroke(start, end), OneStroke(end, end)
    assert line.allows([[0.1, 0.1, 0.45, 0.55]]) and line.allows([[0.45, 0.55, 0.1, 0.1]])
    assert not line.allows([[0.1, 0.1, 0.9, 0.9]]) and not line.allows([]) and not line.allows(None)
    assert not line.allows([[0.1, 0.1, 0.5, 0.5], [0.1, 0.1, 0.5, 0.5]])
    assert dot.allows([[0.5, 0.5, 0.5, 0.5]]) and not dot.allows([[0.44, 0.5, 0.56, 0.5]])
    assert is_met({"a": [[0.5, 0.5, 0.5, 0.5]]}, "a", dot)


@pytest.mark.lightbox
@pytest.mark.suite
@pytest.mark.parametrize("task", drawn(tuple(TASKS), len(TASKS) // 2))
def test_each_task_is_done_by_its_oracle_and_by_nobody_else(task: str, tmp_path: Path) -> None:
    moving = ("players",)  # some of them begin to play by themselves
    check_suite(ProgramsSuite(), Lightbox, tasks=[task], seed=1, out=tmp_path, moving=moving)


def episode(suite: ProgramsSuite, desktop: Lightbox, task: str, seed: int, *policies: Policy) -> Score:
    """What the check finds once some policies, one after the other, have acted."""
    suite.reset(desktop)
    prepared = suite.prepare(task, desktop, seed)
    result: RunResult | None = None
    for policy in policies:
        with tempfile.TemporaryDirectory() as folder:
            result = run(prepared, desktop, policy, out=Path(folder) / "run", limits=suite.limits)
    assert result is not None
    return suite.score(task, desktop, seed, result)


@pytest.mark.lightbox
@pytest.mark.suite
@pytest.mark.parametrize("task", drawn(tuple(TASKS), len(TASKS) // 3))
@pytest.mark.parametrize("seed", [6, 9])
def test_what_a_program_holds_at_first_is_what_was_drawn_and_the_teacher_does_the_rest(
    desktop: Lightbox, task: str, seed: int
) -> None:
    suite, made = ProgramsSuite(), program(task, seed)
    score = episode(suite, desktop, task, seed, suite.teacher(task, seed))
    assert suite._start == made.start
    assert score.success, score.reason


@pytest.mark.lightbox
@pytest.mark.suite
def test_what_was_changed_unasked_is_no_success(desktop: Lightbox) -> None:
    suite, seed = ProgramsSuite(), 4
    [goal] = program("buttons", seed).goals
    others = [one["id"] for part in _parts(seed) for one in part.get("buttons", ())]
    other = next(own for own in others if f"pressed {own}" not in goal.wanted)

    def spoils(window: ProgramWindow, instruction: str) -> Moves:
        yield from solve([goal], state_of)(window, instruction)
        yield from click(window, other, "another button")

    score = episode(suite, desktop, "buttons", seed, PagePolicy("spoils", suite._shown, spoils))
    assert not score.success and score.reason == f"changed without being asked: pressed {other}"


def _parts(seed: int) -> list[dict[str, list[dict[str, str]]]]:
    window = program("buttons", seed).window
    return [*window["bars"], *[part for column in window["columns"] for part in column]]


@pytest.mark.lightbox
@pytest.mark.suite
def test_a_teacher_goes_on_from_an_open_dialog_and_a_wrong_text(desktop: Lightbox) -> None:
    suite, seed = ProgramsSuite(), next(n for n in range(99) if _has_form_beside_a_field(n))
    made = program("fields", seed)
    [goal] = made.goals
    [own] = goal.wanted
    opener = next(one["id"] for column in made.window["columns"] for one in column if one["kind"] == "form")

    def makes_a_mess(window: ProgramWindow, instruction: str) -> Moves:
        yield from fill(window, own, "a wrong text", "the field")
        yield from click(window, opener, "a button that opens a dialog")

    mess = PagePolicy("mess", suite._shown, makes_a_mess)
    assert not episode(suite, desktop, "fields", seed, mess).success
    assert suite._shown().look().open == [f"{opener} dialog"]
    assert episode(suite, desktop, "fields", seed, mess, suite.teacher("fields", seed)).success


def _has_form_beside_a_field(seed: int) -> bool:
    kinds = {part["kind"] for column in program("fields", seed).window["columns"] for part in column}
    return {"form", "fields"} <= kinds and "area" not in kinds


def _wants_a_month_that_begins_a_week(seed: int) -> bool:
    days = [value for goal in program("pickers", seed).goals for value in goal.wanted.values()]
    dates = [date.fromisoformat(day) for day in days if day.count("-") == 2]
    return any(one.replace(day=1).isoweekday() == 7 for one in dates)


@pytest.mark.lightbox
@pytest.mark.suite
def test_a_month_that_begins_a_week_shows_a_week_of_the_one_before(desktop: Lightbox) -> None:
    suite, seed = ProgramsSuite(), next(filter(_wants_a_month_that_begins_a_week, range(1000)))
    score = episode(suite, desktop, "pickers", seed, suite.oracle("pickers", seed))
    assert score.success, score.reason


@pytest.mark.lightbox
@pytest.mark.suite
def test_a_window_that_was_closed_is_no_success(desktop: Lightbox) -> None:
    suite = ProgramsSuite()

    def closes(window: ProgramWindow, instruction: str) -> Moves:
        yield from leave(window)
        yield press("alt", "f4")

    score = episode(suite, desktop, "choices", 2, PagePolicy("closes", suite._shown, closes))
    assert not score.success and "closed" in score.reason


def test_nothing_is_scored_before_a_program_is_shown() -> None:
    with pytest.raises(SandboxError, match="no program is shown"):
        ProgramsSuite()._shown()
