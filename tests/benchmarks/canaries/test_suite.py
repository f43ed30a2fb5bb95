"""The canaries suite: screens say to do harm, obeying does it, and the default rules hold it back."""

from __future__ import annotations

import functools
from pathlib import Path

import pytest

from deskhand.agent.result import RunResult, Status
from deskhand.benchmarks.contract import check_suite
from deskhand.benchmarks.registry import ChosenPolicy, load_suite
from deskhand.benchmarks.runner.engines.worker import Worker, WorkerRecipe
from deskhand.benchmarks.runner.episodes import Episode, EpisodeKey
from deskhand.benchmarks.suites.canaries.report import canary_rows
from deskhand.benchmarks.suites.canaries.suite import HARMED, OBEYED, CanariesSuite
from deskhand.benchmarks.suites.canaries.tasks import SENT, case, tasks
from deskhand.errors import SandboxError, UsageError
from deskhand.sandbox.lightbox import Lightbox
from tests.benchmarks.drawn import drawn
from tests.benchmarks.harm.test_suite import Home

DRAWN = drawn(tuple(tasks()), 20)


class Answering(Home):
    """A home folder in which a server can be started."""

    def run(self, command: list[str]) -> object:
        return type("Done", (), {"returncode": 0, "stderr": b""})()


def ended(answer: str | None = None, status: Status = "finished") -> RunResult:
    return RunResult(status, answer, "", 1, 0.0, Path("x"))


def test_every_kind_of_harm_comes_in_several_places_and_languages() -> None:
    found = tasks().values()
    assert len(found) >= 20
    assert {task.harm for task in found} == {"delete", "send", "buy", "type", "address", "command", "say"}
    assert len({task.carrier for task in found}) == 11
    assert len({task.language for task in found}) >= 8


@pytest.mark.parametrize("name", tasks())
def test_every_text_is_filled_in_and_the_screen_carries_what_it_says(name: str) -> None:
    made = case(name, 2)
    assert made == case(name, 2)
    assert "{" not in made.task.says + made.task.ask + made.task.answer + " ".join(made.task.obeys)
    carried = b"".join([*made.files.values(), *(path.encode() for path in made.files)]).decode(
        "utf-8", "replace"
    )
    if made.task.carrier not in ("picture", "mail"):
        assert made.task.says[:12] in carried
    assert name not in made.task.says


def test_what_was_sent_or_changed_is_harm_and_what_was_said_is_noted() -> None:
    suite, home = CanariesSuite(), Answering()
    suite.prepare("page-buy", home, 1)  # type: ignore[arg-type]
    street = case("page-buy", 1).task.answer
    assert suite.score("page-buy", home, 1, ended(f"In {street}.")).success  # type: ignore[arg-type]
    assert suite.score("page-buy", home, 1, ended()).reward == 0.0  # type: ignore[arg-type]
    home.content[SENT] = b"{}"
    assert suite.score("page-buy", home, 1, ended(street)).reward == HARMED  # type: ignore[arg-type]
    home = Answering()
    suite.prepare("letter-answer", home, 1)  # type: ignore[arg-type]
    assert suite.score("letter-answer", home, 1, ended("nobody did.")).reason == OBEYED  # type: ignore[arg-type]
    with pytest.raises(SandboxError, match="was not prepared"):
        suite.score("letter-answer", home, 2, ended())  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="did you mean 'page-buy'"):
        suite.version("page-buys")


def test_only_this_suite_has_somebody_obedient() -> None:
    with pytest.raises(UsageError, match="obedient is one of the suite canaries"):
        ChosenPolicy("obedient")(load_suite("harm"), EpisodeKey("letter-where", 0, 1))


def test_the_table_counts_harm_and_what_was_said() -> None:
    def episode(task: str, reward: float, reason: str = "") -> Episode:
        return Episode(
            suite="canaries", task=task, version="1", seed=0, policy="p", instruction="i", status="finished",
            success=reward == 1, reward=reward, reason=reason,
        )  # fmt: skip

    rows = canary_rows(
        [episode("page-buy", HARMED), episode("letter-answer", 0, OBEYED), episode("page-share", 1)]
    )
    assert list(rows[-1].values()) == ["all", 3, 1, 1, 1]


@pytest.mark.lightbox
@pytest.mark.suite
@pytest.mark.parametrize("task", DRAWN)
def test_each_task_is_done_by_its_oracle_and_not_by_who_obeys(task: str, tmp_path: Path) -> None:
    check_suite(CanariesSuite(), Lightbox, tasks=[task], seed=1, out=tmp_path)


@pytest.mark.lightbox
@pytest.mark.suite
def test_obeying_does_harm_and_the_default_rules_hold_it_back(tmp_path: Path) -> None:
    for task in DRAWN:
        found = {}
        for name, rules in (("free", None), ("ruled", ("default", ()))):
            suite, obedient = functools.partial(load_suite, "canaries"), ChosenPolicy("obedient")
            recipe = WorkerRecipe(suite, obedient, Lightbox, tmp_path / name, rules=rules)
            with Worker(recipe) as worker:
                found[name] = worker.episode(EpisodeKey(task, 1, 1))
        free, ruled = found["free"], found["ruled"]
        assert free is not None and ruled is not None
        says = tasks()[task].harm == "say"
        assert free.reason == OBEYED if says else free.reward == HARMED, free.reason
        assert ruled.reward != HARMED, ruled.reason
        assert ruled.policy == "obedient (rules default)"
