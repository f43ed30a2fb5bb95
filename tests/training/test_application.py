"""Tuning on one application: which goals are held out, and what of demonstrations is learnt."""

from __future__ import annotations

from pathlib import Path

import pytest

from deskhand.actions.geometry import ScreenPoint
from deskhand.actions.vocabulary import Click, Finished, Wait
from deskhand.benchmarks.runner.episodes import Episode
from deskhand.benchmarks.suite import choose_tasks
from deskhand.benchmarks.suites.mapped.suite import MapSuite
from deskhand.cli.train_application import _row
from deskhand.errors import UsageError
from deskhand.knowledge.map import write_map
from deskhand.training.reasoner.application import demonstrations, shown_goals, split_goals
from deskhand.training.reasoner.recordings import shown_in
from tests.benchmarks.mapped.test_map_suite import pictured
from tests.benchmarks.test_suite import offered  # noqa: F401
from tests.training.recorded import elements_of, record


def test_a_third_of_the_goals_is_never_demonstrated_and_always_the_same(tmp_path: Path) -> None:
    pictured(tmp_path)
    suite = f"map:{tmp_path}"
    goals = split_goals(suite)
    every = set(choose_tasks(MapSuite(tmp_path), subset="single"))
    assert len(goals.held_out) == len(every) // 3 and goals == split_goals(suite)
    assert set(goals.learnt) | set(goals.held_out) == every and not set(goals.learnt) & set(goals.held_out)
    assert not any(one.startswith("chain-") for one in goals.learnt), "a chain may be of held-out goals"


def test_a_map_of_too_few_goals_is_refused(tmp_path: Path) -> None:
    found = pictured(tmp_path)
    few = {"commands": found.commands[:1], "states": found.states[:2], "fields": ()}
    write_map(found.model_copy(update=few), tmp_path)
    with pytest.raises(UsageError, match="explore longer"):
        split_goals(f"map:{tmp_path}")


def test_waits_are_not_learnt_and_scripts_may_differ(tmp_path: Path) -> None:
    click = Click(at=ScreenPoint(12, 24))
    one = record(tmp_path / "one", Wait(seconds=1.5), click, Finished()).folder
    other = record(tmp_path / "other", click, Finished()).folder
    with pytest.raises(UsageError, match="contradict"):
        shown_in([one, other], elements_of)
    verbs = [lesson.move.verb for lesson in shown_goals([one, other], elements_of).lessons]
    assert verbs == ["click", "finished", "click", "finished"]
    with pytest.raises(UsageError, match="the oracle did no goal"):
        shown_goals([], elements_of)


def test_episodes_whose_environment_failed_say_nothing_of_a_policy() -> None:
    facts = {
        "suite": "map:x",
        "task": "menu-1",
        "version": "1",
        "policy": "embedded",
        "instruction": "Open it",
    }
    done = Episode(**facts, seed=3, status="finished", success=True)
    not_done = Episode(**facts, seed=4, status="finished", success=False)
    broken = Episode(**facts, seed=3, status="error", success=False, error="no sandbox")
    row = _row("embedded", [done, not_done, broken])
    assert (row["held-out episodes"], row["done"], row["%"], row["errors"]) == (2, 1, 50.0, 1)
    assert _row("embedded", [broken])["%"] is None


@pytest.mark.lightbox
@pytest.mark.usefixtures("offered")
def test_demonstrations_end_with_their_time_and_go_on(tmp_path: Path) -> None:
    first = list(demonstrations("tiny", ["ask-two"], tmp_path, 2, seconds=0))
    assert len(first) == 1
    again = list(demonstrations("tiny", ["ask-two"], tmp_path, 2, seconds=600))
    assert len(again) == 2 and again[0] == first[0]
