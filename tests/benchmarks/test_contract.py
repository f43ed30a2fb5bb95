"""check_suite passes a suite that keeps its word and finds each way of not keeping it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

import pytest

import deskhand
from deskhand.agent.result import RunResult
from deskhand.benchmarks.contract import check_suite
from deskhand.benchmarks.suite import Score
from deskhand.policies.protocol import Policy
from deskhand.sandbox.lightbox import Lightbox
from deskhand.sandbox.protocol import Sandbox
from deskhand.trajectories.records import Task
from tests.benchmarks.tiny import Answering, TinySuite

pytestmark = [pytest.mark.lightbox, pytest.mark.suite]

SLOW = pytest.mark.slow(reason="two suites that break their word are tested")
TASK = "ask-one"


class Another(TinySuite):
    def version(self, task: str) -> str:
        return f"{task}-2"


class Lenient(TinySuite):
    def score(self, task: str, sandbox: Sandbox, seed: int, result: RunResult) -> Score:
        return Score(1.0, "whatever")


class Silent(TinySuite):
    """Nor does its oracle know the answer."""

    def score(self, task: str, sandbox: Sandbox, seed: int, result: RunResult) -> Score:
        return Score(super().score(task, sandbox, seed, result).reward)

    def oracle(self, task: str, seed: int) -> Policy:
        return Answering("no idea")


class Forgetful(TinySuite):
    def __init__(self) -> None:
        self._numbers: Iterator[int] = count()

    def prepare(self, task: str, sandbox: Sandbox, seed: int) -> Task:
        prepared = super().prepare(task, sandbox, seed)
        return prepared.model_copy(update={"instruction": f"{prepared.instruction} ({next(self._numbers)})"})


class Restless(TinySuite):
    """Puts another file's name on the screen at each start."""

    def __init__(self) -> None:
        self._numbers: Iterator[int] = count()

    def prepare(self, task: str, sandbox: Sandbox, seed: int) -> Task:
        prepared = super().prepare(task, sandbox, seed)
        colour = ("red", "blue", "green", "white")[next(self._numbers) % 4]
        sandbox.launch("xterm", ("-bg", colour))
        return prepared


class Undated(TinySuite):
    def version(self, task: str) -> str:
        return "1"


class Doubled(TinySuite):
    def tasks(self) -> Sequence[str]:
        return (TASK, TASK, "../up")


def test_a_suite_that_keeps_its_word_passes_and_its_trajectories_can_be_kept(tmp_path: Path) -> None:
    deskhand.check_suite(
        TinySuite(), Lightbox, tasks=[TASK], seed=3, out=tmp_path, changed=lambda _: Another()
    )
    assert {path.name for path in (tmp_path / TASK).iterdir()} == {"oracle", "idle", "wrong1", "wrong2"}


@pytest.mark.parametrize(
    ("suite", "said"),
    [
        (Lenient(), ("an idle agent passes: whatever", "wrong agent 1 passes", "wrong agent 2 passes")),
        pytest.param(
            Silent(), ("does not say why an idle agent fails", "the oracle fails: finished"), marks=SLOW
        ),
        pytest.param(Forgetful(), ("the start of wrong agent 2 is another",), marks=SLOW),
        pytest.param(Restless(), ("first screen of an idle agent is another",), marks=SLOW),
    ],
    ids=lambda value: type(value).__name__,
)
def test_one_that_does_not_is_told_how(suite: TinySuite, said: tuple[str, ...]) -> None:
    with pytest.raises(AssertionError) as found:
        check_suite(suite, Lightbox, tasks=[TASK])
    for words in said:
        assert words in str(found.value)


def test_a_version_that_does_not_change_with_its_task_is_found() -> None:
    with pytest.raises(AssertionError, match="its version stays though the task has changed"):
        check_suite(TinySuite(), Lightbox, tasks=[TASK], changed=lambda _: TinySuite())


@pytest.mark.parametrize(
    ("suite", "said"),
    [(Undated(), "two tasks have one version"), (Doubled(), r"(?s)one name.*'\.\./up' cannot name a folder")],
    ids=lambda value: type(value).__name__,
)
def test_names_and_versions_are_checked_for_the_whole_suite(suite: TinySuite, said: str) -> None:
    with pytest.raises(AssertionError, match=said):
        check_suite(suite, Lightbox, tasks=[])
