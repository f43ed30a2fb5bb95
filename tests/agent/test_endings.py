"""Every way in which a run ends has its status, is recorded, and is read back without repairs."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from deskhand.actions.geometry import ScreenPoint
from deskhand.actions.vocabulary import Finished, Key, Move, OpenApp, Type, Wait
from deskhand.agent.control import Control
from deskhand.agent.limits import Limits
from deskhand.agent.result import EXIT_CODES, RunResult, Status
from deskhand.errors import BackendError, SandboxError
from deskhand.perception.watch.observe import Observation
from deskhand.policies.chat.client import Answer
from deskhand.policies.chat.policy import ChatPolicy
from deskhand.policies.profiles.profile import plain_profile
from deskhand.policies.scripted import SCRIPT_ENDED
from deskhand.sandbox.lightbox import Lightbox
from deskhand.trajectories.reader import Trajectory
from deskhand.trajectories.records import Decision, Step, Task, Usage
from deskhand.waiting import wait_until
from tests.agent.desk import DONE, IDLE, NOTHING, Deciding, Reacting, Recalling, acting, go, press

pytestmark = pytest.mark.lightbox


def ended(result: RunResult, trajectory: Trajectory, status: Status) -> None:
    """What the caller got, what is on the disk, and that the log is whole."""
    assert result.status == status, result.reason
    assert result.exit_code == EXIT_CODES[status]
    assert trajectory.end is not None
    assert trajectory.end.status == status
    assert trajectory.end.reason == result.reason
    assert trajectory.repairs == ()
    assert len(trajectory.steps) == result.steps


def test_finished_is_the_policys_claim_with_its_answer(box: Lightbox, tmp_path: Path) -> None:
    result, trajectory = go(box, Recalling([NOTHING, DONE]), tmp_path)
    ended(result, trajectory, "finished")
    assert result.answer == "yes"
    assert result.steps == 2
    assert [step.outcomes[0].status for step in trajectory.steps[:1]] == ["ok"]
    assert trajectory.end is not None
    assert trajectory.frame(trajectory.end.frame or "").pixels.shape == (800, 1280, 3)


def test_infeasible_keeps_the_reason(box: Lightbox, tmp_path: Path) -> None:
    result, trajectory = go(box, Recalling(["Action: infeasible(content='no such app')"]), tmp_path)
    ended(result, trajectory, "infeasible")
    assert result.reason == "no such app"


def test_a_script_that_ends_claims_nothing(box: Lightbox, tmp_path: Path) -> None:
    result, trajectory = go(box, Recalling([NOTHING]), tmp_path)
    ended(result, trajectory, "infeasible")
    assert result.reason == SCRIPT_ENDED


def test_asking_a_person_ends_the_run(box: Lightbox, tmp_path: Path) -> None:
    result, trajectory = go(box, Recalling(["Action: call_user(content='which file?')"]), tmp_path)
    ended(result, trajectory, "needs_user")
    assert result.reason == "which file?"


def test_a_task_that_takes_nothing_more_ends_the_run_before_the_next_action(
    box: Lightbox, tmp_path: Path
) -> None:
    asked: list[bool] = []

    def over() -> bool:
        asked.append(len(asked) == 2)
        return asked[-1]

    script = [press("left"), f"{press('right')}\n\n{press('up')}", DONE]
    result, trajectory = go(box, Recalling(script), tmp_path, over=over)
    ended(result, trajectory, "ended")
    assert result.steps == 2
    assert [outcome.status for step in trajectory.steps for outcome in step.outcomes] == [
        "ok",
        "ok",
        "refused",
    ]


def test_a_task_that_ends_a_while_after_the_action_ends_the_run_before_the_next_decision(
    box: Lightbox, tmp_path: Path
) -> None:
    answers = iter([False, True])
    result, trajectory = go(
        box, Recalling([press("left"), DONE]), tmp_path, over=functools.partial(next, answers)
    )
    ended(result, trajectory, "ended")
    assert (result.steps, len(trajectory.steps)) == (1, 1)
    assert next(answers, None) is None


def test_the_limit_of_steps_counts_decisions(box: Lightbox, tmp_path: Path) -> None:
    result, trajectory = go(
        box, Recalling([press("left"), press("right"), DONE]), tmp_path, limits=Limits(steps=2)
    )
    ended(result, trajectory, "limit")
    assert result.steps == 2


def test_the_limit_of_seconds_is_looked_at_before_every_action(box: Lightbox, tmp_path: Path) -> None:
    slow = acting(Wait(seconds=0.5), Wait(seconds=0.5), Wait(seconds=0.5), Move(at=ScreenPoint(77, 77)))
    result, trajectory = go(box, Deciding(slow, IDLE), tmp_path, limits=Limits(seconds=0.8))
    ended(result, trajectory, "limit")
    statuses = [outcome.status for outcome in trajectory.steps[0].outcomes]
    # The action that is under way is stopped; one that was not begun is recorded as not done.
    assert statuses[-1] in ("failed", "refused")
    assert set(statuses[:-1]) <= {"ok"} and len(statuses) < 4
    assert box.screenshot().cursor != ScreenPoint(77, 77)


def test_the_limit_of_tokens_ends_before_acting_and_the_decision_is_kept(
    box: Lightbox, tmp_path: Path
) -> None:
    cheap, dear = Usage(prompt_tokens=80, completion_tokens=10), Usage(prompt_tokens=200)
    first = IDLE.model_copy(update={"usage": cheap})
    second = acting(Move(at=ScreenPoint(99, 99))).model_copy(update={"usage": dear})
    result, trajectory = go(box, Deciding(first, second), tmp_path, limits=Limits(tokens=100))
    ended(result, trajectory, "limit")
    assert result.steps == 2, "what was paid for is in the log"
    assert trajectory.steps[1].outcomes[0].status == "refused"
    assert box.screenshot().cursor != ScreenPoint(99, 99)


def test_the_same_action_on_the_same_screen_is_told_at_the_second_and_ends_at_the_fourth(
    box: Lightbox, tmp_path: Path
) -> None:
    policy = Recalling([NOTHING] * 9)
    result, trajectory = go(box, policy, tmp_path)
    ended(result, trajectory, "stuck")
    assert result.steps == 4
    told = [any("already tried" in note for note in step.notes) for step in trajectory.steps]
    assert told == [False, True, True, False]
    assert trajectory.steps[3].outcomes[0].status == "refused", "the fourth was not done"
    last_shown = policy.histories[-1]
    assert "already tried" in last_shown[1].notes[0], "the policy reads it with its next decision"
    assert [step.changed for step in last_shown] == [False, False, False]


def test_three_replies_in_a_row_that_are_no_action_end_the_run(box: Lightbox, tmp_path: Path) -> None:
    policy = Recalling(["hm", "Action: fly(to='moon')", "Thought: what now", DONE])
    result, trajectory = go(box, policy, tmp_path)
    ended(result, trajectory, "format_error")
    assert result.steps == 3
    assert "fly" in policy.histories[-1][1].notes[0], "the error goes back to the policy"
    assert trajectory.steps[0].decision.raw == "hm"


def test_a_good_reply_in_between_forgives_bad_ones(box: Lightbox, tmp_path: Path) -> None:
    result, trajectory = go(box, Recalling(["hm", "hm", NOTHING, "hm", "hm", DONE]), tmp_path)
    ended(result, trajectory, "finished")


def test_a_backend_that_fails_for_good_ends_the_run(box: Lightbox, tmp_path: Path) -> None:
    result, trajectory = go(box, Deciding(IDLE, BackendError("the server is gone")), tmp_path)
    ended(result, trajectory, "backend_error")
    assert (result.steps, result.reason) == (1, "the server is gone")


def test_a_stop_is_heard_at_the_next_action_boundary(box: Lightbox, tmp_path: Path) -> None:
    control = Control()
    policy = Deciding(acting(Move(at=ScreenPoint(50, 50)), Move(at=ScreenPoint(60, 60))))
    result, trajectory = go(
        box, policy, tmp_path, control=control, listener=Reacting(acted=lambda step: control.stop())
    )
    ended(result, trajectory, "stopped")
    assert [outcome.status for outcome in trajectory.steps[0].outcomes] == ["ok", "refused"]
    assert box.screenshot().cursor == ScreenPoint(50, 50)


def test_a_stop_before_the_first_step_does_nothing_at_all(box: Lightbox, tmp_path: Path) -> None:
    control = Control()
    control.stop()
    result, trajectory = go(box, Recalling([NOTHING]), tmp_path, control=control)
    ended(result, trajectory, "stopped")
    assert result.steps == 0


def test_a_pause_ends_with_the_time_limit_if_nobody_comes(box: Lightbox, tmp_path: Path) -> None:
    control = Control()
    control.pause()
    result, trajectory = go(box, Recalling([NOTHING]), tmp_path, control=control, limits=Limits(seconds=0.3))
    ended(result, trajectory, "limit")
    assert result.steps == 0


def test_what_follows_a_refused_action_in_the_same_step_is_not_done(
    lightbox: Lightbox, tmp_path: Path
) -> None:
    """And what was done was done once: the editor holds exactly one of each."""
    refused = acting(Type(text="a"), OpenApp(name="nothing of this name"), Type(text="b"))
    after = acting(Type(text="c"), Key(keys=("ctrl", "s")))
    name, done = acting(Type(text="once.txt", submit=True)), acting(Wait(seconds=0.5), Finished())
    task = Task(instruction="a task", launch="mousepad")
    result, trajectory = go(lightbox, Deciding(refused, after, name, done), tmp_path, task=task, patient=True)
    ended(result, trajectory, "finished")
    assert [outcome.status for outcome in trajectory.steps[0].outcomes] == ["ok", "refused"]
    assert "open_app was refused" in trajectory.steps[0].notes[0]
    assert (tmp_path / "files" / "once.txt").read_text().strip() == "ac"


def test_finished_behind_other_actions_is_heard_after_them(box: Lightbox, tmp_path: Path) -> None:
    policy = Deciding(acting(Move(at=ScreenPoint(31, 32)), Finished(answer="x")))
    result, trajectory = go(box, policy, tmp_path)
    ended(result, trajectory, "finished")
    assert box.screenshot().cursor == ScreenPoint(31, 32)


def test_an_application_that_is_not_there_is_an_error_before_anything_is_written(
    box: Lightbox, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    with pytest.raises(SandboxError, match="no program named"):
        go(box, Recalling([DONE]), out, task=Task(instruction="x", launch="no-such-program"))
    assert not out.exists()


def test_a_decision_without_a_reply_and_without_an_error_still_counts(box: Lightbox, tmp_path: Path) -> None:
    result, trajectory = go(box, Deciding(*[Decision(reply=None)] * 3), tmp_path)
    ended(result, trajectory, "format_error")


class Waiting(Deciding):
    """A policy that waits for somebody else's computer, for ever."""

    over: Callable[[], bool]

    def break_off_when(self, over: Callable[[], bool]) -> None:
        self.over = over

    def decide(self, observation: Observation, history: Sequence[Step]) -> Decision:
        wait_until(self.over, timeout=60, what="the run to be over")
        raise BackendError("the decision was broken off")


def test_a_decision_that_never_comes_is_broken_off_when_time_is_up(box: Lightbox, tmp_path: Path) -> None:
    policy = Waiting()
    result, _ = go(box, policy, tmp_path, limits=Limits(seconds=1.0))
    assert (result.status, "not enough" in (result.reason or "")) == ("limit", True)
    assert not policy.over(), "what is asked of it later is not for this run to end"


def test_a_model_opens_an_application_by_its_name_where_none_is_open(
    lightbox: Lightbox, tmp_path: Path
) -> None:
    """It is told the menu's names, and what it was told stands in the trajectory."""
    asked: list[Sequence[dict[str, Any]]] = []
    replies = ["Thought: a\nAction: open_app(app_name='Mousepad')", "Thought: done\nAction: finished()"]

    def ask(messages: Sequence[dict[str, Any]]) -> Answer:
        asked.append(messages)
        return Answer(replies[len(asked) - 1])

    policy = ChatPolicy("chat", ask, plain_profile("ui-tars-1.5"))
    result, trajectory = go(lightbox, policy, tmp_path / "o")
    assert result.status == "finished"
    assert [window["class"] for window in lightbox.windows()] == ["Mousepad"]
    names = lightbox.applications()
    assert "Mousepad" in names
    assert f"there are: {', '.join(names)}." in str(asked[0][0]["content"])
    assert [note.text for note in trajectory.notes] == [
        f"no application was opened; those that can be: {', '.join(names)}"
    ]
    _, other = go(lightbox, Deciding(acting(Finished())), tmp_path / "p")
    assert other.notes == ()
    replies[:] = ["Thought: done\nAction: finished()"] * 3
    _, last = go(lightbox, policy, tmp_path / "q")
    assert last.notes == (), "a program is open now"
