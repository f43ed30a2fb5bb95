"""Failed actions are counted with what came of them, from what the trajectories say."""

from __future__ import annotations

from pathlib import Path

import pytest

from deskhand.actions.geometry import ScreenPoint
from deskhand.actions.outcome import Outcome
from deskhand.actions.reply import Reply
from deskhand.actions.vocabulary import Action, Click, Finished, Scroll, Wait
from deskhand.benchmarks.runner.episodes import Episode
from deskhand.benchmarks.runner.noticing import failed, noticed, noticing_rows
from deskhand.trajectories.records import Decision, Step
from deskhand.trajectories.writer import TrajectoryWriter
from tests.trajectories.samples import header, look

HERE, THERE = Click(at=ScreenPoint(3, 3)), Click(at=ScreenPoint(30, 30))


def step(action: Action | None, changed: bool | None = True, ok: bool = True) -> Step:
    reply = None if action is None else Reply(actions=(action,))
    outcomes = () if reply is None else (Outcome.done() if ok else Outcome.failed("gone"),)
    return Step(step=1, frame="", decision=Decision(reply=reply), outcomes=outcomes, changed=changed)


@pytest.mark.parametrize(
    ("action", "changed", "ok", "fails"),
    [
        (HERE, True, True, False),
        (HERE, False, True, True),
        (HERE, None, True, False),
        (HERE, True, False, True),
        (Scroll(at=ScreenPoint(3, 3), dy=1), False, True, True),
        (Wait(seconds=1), False, True, False),
        (Finished(), False, True, False),
        (None, False, True, False),
    ],
)
def test_what_did_nothing_failed(action: Action | None, changed: bool | None, ok: bool, fails: bool) -> None:
    assert failed(step(action, changed, ok)) is fails


def test_something_else_is_noticing_and_the_same_again_or_a_claim_is_not() -> None:
    nothing = step(HERE, changed=False)
    assert noticed([nothing, step(THERE), step(Finished())], success=True) == {0: "repaired"}
    assert noticed([step(HERE), nothing, step(THERE)], success=False) == {1: "noticed"}
    assert noticed([nothing, nothing, step(None)], success=False) == {0: "missed", 1: "noticed"}
    assert noticed([nothing, step(Finished())], success=True) == {0: "missed"}
    assert noticed([nothing], success=False) == {0: "missed"}
    assert noticed([nothing, nothing], success=True, cut_short=True) == {0: "missed"}, "nothing could follow"
    assert noticed([step(HERE), step(THERE)], success=True) == {}


def episode(folder: str, *, success: bool, error: str = "") -> Episode:
    return Episode(
        suite="s", task=folder, version="1", seed=0, policy="p", instruction="x", status="finished",
        success=success, error=error, trajectory=folder,
    )  # fmt: skip


def test_a_run_has_one_row_from_its_trajectories(tmp_path: Path) -> None:
    for name in ("good", "bad", "lost"):
        with TrajectoryWriter(tmp_path / name, header("x")) as writer:
            same, other = writer.frame(look(40)), writer.frame(look(90))
            for number, (frame, action) in enumerate(((same, HERE), (same, THERE), (other, HERE)), 1):
                writer.decision(number, frame, Decision(reply=Reply(actions=(action,))))
                writer.outcome(number, 0, Outcome.done())
            writer.end(3, "finished", frame=writer.frame(look(120)))
    episodes = [episode("good", success=True), episode("bad", success=False)]
    others = [episode("lost", success=False, error="the sandbox died"), episode("nowhere", success=False)]
    assert noticing_rows([*episodes, *others], tmp_path) == [
        {"failed actions": 2, "repaired, %": 50, "noticed, %": 50, "missed, %": 0}
    ]
    assert noticing_rows(others, tmp_path) == []
