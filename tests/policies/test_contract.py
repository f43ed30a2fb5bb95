"""The contract catches policies that break it."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from deskhand.actions.geometry import ScreenPoint
from deskhand.actions.reply import Reply
from deskhand.actions.vocabulary import Click, Finished, Wait
from deskhand.perception.watch.observe import Observation
from deskhand.policies.contract import check_policy
from deskhand.trajectories.records import Decision, Step, Task


class Honest:
    """Waits, whatever it sees."""

    name = "honest"

    def begin(self, task: Task) -> None: ...

    def decide(self, observation: Observation, history: Sequence[Step]) -> Decision:
        return Decision(reply=Reply(actions=(Wait(),)))

    def close(self) -> None: ...


def test_an_honest_policy_passes() -> None:
    check_policy(Honest)


def test_a_secret_in_the_name_or_a_decision_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_API_KEY", "sk-0123456789")

    class Named(Honest):
        name = "model with sk-0123456789"

    class Telling(Honest):
        def decide(self, observation: Observation, history: Sequence[Step]) -> Decision:
            return Decision(reply=Reply(actions=(Wait(),)), raw="the key is sk-0123456789")

    for broken in (Named, Telling):
        with pytest.raises(AssertionError, match="shows a secret") as caught:
            check_policy(broken)
        assert "sk-0123456789" not in str(caught.value)


def test_a_policy_that_remembers_the_run_before_is_found() -> None:
    class Remembering(Honest):
        count = 0.0

        def decide(self, observation: Observation, history: Sequence[Step]) -> Decision:
            self.count += 1
            return Decision(reply=Reply(actions=(Wait(seconds=self.count),)))

    with pytest.raises(AssertionError, match="did not make it forget"):
        check_policy(Remembering)
    check_policy(Remembering, deterministic=False)


def test_a_policy_that_draws_without_its_seed_is_found() -> None:
    class Drawing(Honest):
        def begin(self, task: Task) -> None:
            self.dice = random.Random(id(self))

        def __init__(self) -> None:
            self.number = next(numbers)

        def decide(self, observation: Observation, history: Sequence[Step]) -> Decision:
            return Decision(reply=Reply(actions=(Wait(seconds=self.number),)))

    numbers = iter(range(10))
    with pytest.raises(AssertionError, match="one seed decided differently"):
        check_policy(Drawing)


def test_points_outside_the_screen_are_found() -> None:
    class Blind(Honest):
        def decide(self, observation: Observation, history: Sequence[Step]) -> Decision:
            return Decision(reply=Reply(actions=(Click(at=ScreenPoint(1000, 700)),)))

    with pytest.raises(AssertionError, match="on a 800x1280 screen"):
        check_policy(Blind)


def test_a_claim_beside_another_action_and_a_silent_failure_are_found() -> None:
    class Hasty(Honest):
        def decide(self, observation: Observation, history: Sequence[Step]) -> Decision:
            return Decision(reply=Reply(actions=(Wait(), Finished())))

    class Mute(Honest):
        def decide(self, observation: Observation, history: Sequence[Step]) -> Decision:
            return Decision(reply=None)

    with pytest.raises(AssertionError, match="does not stand alone"):
        check_policy(Hasty)
    with pytest.raises(AssertionError, match="does not say why"):
        check_policy(Mute)


def test_a_policy_that_chokes_on_its_history_is_found() -> None:
    class Choking(Honest):
        def decide(self, observation: Observation, history: Sequence[Step]) -> Decision:
            if any(not outcome.ok for step in history for outcome in step.outcomes):
                raise IndexError("unforeseen")
            return super().decide(observation, history)

    with pytest.raises(IndexError):
        check_policy(Choking)
