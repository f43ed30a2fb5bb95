"""A trajectory as a script: what is done again, and on which screens."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from deskhand.actions.geometry import Box
from deskhand.actions.vocabulary import TERMINAL_KINDS, Action, Finished, Type, points_of
from deskhand.actions.words import describe
from deskhand.errors import UsageError
from deskhand.perception.screen import Screenshot
from deskhand.text import clean
from deskhand.trajectories.reader import Trajectory
from deskhand.trajectories.records import HIDDEN_TEXT, Step, Target

NOT_REPEATED = frozenset({"wait", "screenshot"})
"""Replay waits for screens, not for seconds."""


@dataclass(frozen=True, slots=True)
class PlanStep:
    """One step of the script.

    Attributes:
        step: its number in the trajectory.
        frame: digest of the screen that it was decided on; empty if that is not to be checked.
        actions: what was done and went well, in order.
        targets: what each was aimed at, if that was recorded.
        masked: regions of the frame that were painted over.
        hidden: whether a text that was typed is not in the trajectory.
        secret: indexes of actions whose text must be kept nowhere.
        thought: what was thought then.
        seconds: when it was decided.
    """

    step: int
    frame: str
    actions: tuple[Action, ...]
    targets: tuple[Target | None, ...]
    masked: tuple[Box, ...]
    hidden: bool
    secret: tuple[int, ...]
    thought: str
    seconds: float

    @property
    def aimed(self) -> bool:
        """Whether all that is done is aimed at a place, so that the keyboard does not matter."""
        return bool(self.actions) and all(points_of(action) for action in self.actions)

    @property
    def words(self) -> str:
        """What is done, as one would say it."""
        shown = (
            Type(text=HIDDEN_TEXT) if index in self.secret else action
            for index, action in enumerate(self.actions)
        )
        said = (
            describe(action, target.words if target is not None else "")
            for action, target in zip(shown, self.targets, strict=True)
        )
        return clean(", then ".join(said))


@dataclass(frozen=True)
class ReplayPlan:
    """What a trajectory does, from its first to its last step that did anything.

    Attributes:
        steps: the steps, in order.
        ending: how it ends: the claim that the run made.
        last: the screen on which it ended, as a planned without actions; None if that was not recorded.
        values: texts that stand for others on the expected screens and in their names, as workflows have
            them: old text and new.
    """

    trajectory: Trajectory
    steps: tuple[PlanStep, ...]
    ending: Action
    last: PlanStep | None
    values: tuple[tuple[str, str], ...] = ()

    def frame(self, planned: PlanStep) -> Screenshot:
        """The screen that a planned expects.

        Raises:
            TrajectoryError: it is missing or damaged.
        """
        return self.trajectory.frame(planned.frame)

    @property
    def masks(self) -> tuple[Box, ...]:
        """Every region that was painted over on any screen, also of steps that are not done again."""
        boxes = {box for step in self.trajectory.steps for box in step.masked}
        return tuple(sorted(boxes | {box for planned in self.steps for box in planned.masked}))

    def ending_with(self, claim: Action) -> ReplayPlan:
        """The same with another claim at its end."""
        return replace(self, ending=claim)

    def after(self, planned: PlanStep) -> PlanStep | None:
        """The planned whose screen comes next; None if it was not recorded."""
        screens = [*self.steps, *([self.last] if self.last is not None else [])]
        return next((one for one in screens if one.step > planned.step), None)


def script_of(
    trajectory: Trajectory,
    *,
    first: int | None = None,
    last: int | None = None,
    values: Mapping[str, str] | None = None,
    typed: Mapping[int, Mapping[int, Action]] | None = None,
    secrets: Mapping[int, Collection[int]] | None = None,
) -> ReplayPlan:
    """What is to be done again.

    Args:
        first, last: numbers of the first and last step; all if not given.
        values: old texts and what stands in their place now.
        typed: other actions, by the numbers of their steps and their indexes there.
        secrets: which actions of a step type what must be kept nowhere.

    Raises:
        UsageError: no step is left that did anything.
    """
    chosen = [
        step
        for step in trajectory.steps
        if (first is None or step.step >= first) and (last is None or step.step <= last)
    ]
    other, secret = typed or {}, secrets or {}
    made = (_planned(step, other.get(step.step, {}), secret.get(step.step, ())) for step in chosen)
    steps = [planned for planned in made if planned is not None]
    if not steps:
        raise UsageError(
            f"{trajectory.folder}: no step in this range has an action, so there is nothing to replay"
        )
    ending, end = _ending(trajectory, chosen, steps[-1])
    told = {old: new for old, new in (values or {}).items() if old.strip()}
    pairs = tuple(sorted(told.items(), key=lambda pair: -len(pair[0])))
    return ReplayPlan(trajectory, tuple(steps), ending, end, pairs)


def _planned(step: Step, instead: Mapping[int, Action] = {}, secret: Collection[int] = ()) -> PlanStep | None:
    if step.decision.reply is None:
        return None
    done = [
        (index, action)
        for index, (action, outcome) in enumerate(
            zip(step.decision.reply.actions, step.outcomes, strict=False)
        )
        if outcome.ok and action.kind not in NOT_REPEATED | TERMINAL_KINDS
    ]
    if not done:
        return None
    return PlanStep(
        step.step,
        step.frame,
        tuple(instead.get(index, action) for index, action in done),
        tuple(step.target(index) for index, _ in done),
        step.masked,
        any(index in step.hidden and index not in secret for index, _ in done),
        tuple(number for number, (index, _) in enumerate(done) if index in secret),
        step.decision.reply.thought,
        step.seconds,
    )


def _ending(
    trajectory: Trajectory, chosen: Sequence[Step], planned: PlanStep
) -> tuple[Action, PlanStep | None]:
    """The claim at the end of the steps that were chosen, and the screen that was there after them."""
    after = [step for step in trajectory.steps if step.step > planned.step]
    # What was only waited for is skipped: the screen after it is the one that counts.
    settled = next((step for step in after if _planned(step) is not None or _claim(step) is not None), None)
    claim = _claim(settled) if settled is not None and settled in chosen else None
    if settled is not None:
        frame, masked = settled.frame, settled.masked
    else:
        frame, masked = (trajectory.end.frame or "") if trajectory.end is not None else "", planned.masked
    end = PlanStep(planned.step + 1, frame, (), (), masked, False, (), "", planned.seconds) if frame else None
    return claim or Finished(), end


def _claim(step: Step) -> Action | None:
    """The claim that a step makes, if it makes one."""
    actions = step.decision.reply.actions if step.decision.reply is not None else ()
    return next((action for action in actions if action.kind in TERMINAL_KINDS), None)
