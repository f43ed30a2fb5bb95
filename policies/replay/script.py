"""A trajectory as a plan: which actions are repeated, and on which screens."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from deskhand.actions.geometry import Box
from deskhand.actions.vocabulary import INWARD_KINDS, TERMINAL_KINDS, Action, Finished, Type, points_of
from deskhand.actions.words import describe
from deskhand.errors import UsageError
from deskhand.perception.screen import Screenshot
from deskhand.text import clean
from deskhand.trajectories.reader import Trajectory
from deskhand.trajectories.records import HIDDEN_TEXT, Step, Target

NOT_REPEATED = INWARD_KINDS | {"wait", "screenshot"}
"""Kinds that are not repeated: a replay waits for screens, not for seconds."""


@dataclass(frozen=True, slots=True)
class PlanStep:
    """One step of the plan.

    Attributes:
        step: its number in the trajectory.
        frame: digest of the screen that it was decided on; empty if it is not verified.
        actions: those whose outcome was ok, in order.
        targets: the target of each action, if it was recorded.
        masked: regions of the frame that are painted over.
        hidden: whether a text that was typed is not in the trajectory.
        secret: indexes of actions whose text must be kept nowhere.
        thought: the policy's thought.
        seconds: when it was decided, from the start of the run.
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
        """Whether every action has a place, so that the keyboard focus does not matter."""
        return bool(self.actions) and all(points_of(action) for action in self.actions)

    @property
    def words(self) -> str:
        """The actions in words; hidden texts stay hidden."""
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
    """The steps of a trajectory that did something, and how it ended.

    Attributes:
        steps: the steps, in order.
        ending: the action that ended the run.
        last: the screen on which it ended, as a step without actions; None if that was not recorded.
        values: a workflow's values: recorded text and the text that replaces it on screens and in names.
    """

    trajectory: Trajectory
    steps: tuple[PlanStep, ...]
    ending: Action
    last: PlanStep | None
    values: tuple[tuple[str, str], ...] = ()

    def frame(self, planned: PlanStep) -> Screenshot:
        """The screen that a step expects.

        Raises:
            TrajectoryError: it is missing or damaged.
        """
        return self.trajectory.frame(planned.frame)

    @property
    def masks(self) -> tuple[Box, ...]:
        """Every region that is masked on any screen, also of steps that are not repeated."""
        boxes = {box for step in self.trajectory.steps for box in step.masked}
        return tuple(sorted(boxes | {box for planned in self.steps for box in planned.masked}))

    def ending_with(self, claim: Action) -> ReplayPlan:
        """The same plan with another ending."""
        return replace(self, ending=claim)

    def after(self, planned: PlanStep) -> PlanStep | None:
        """The step whose screen comes next; None if it was not recorded."""
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
    """The plan of a trajectory.

    Args:
        first, last: numbers of the first and last step; all if not given.
        values: recorded texts and the texts that replace them.
        typed: actions that replace recorded ones, by step number and index.
        secrets: indexes of actions that type a secret, by step number.

    Raises:
        UsageError: no step has an action to repeat.
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
    used = {old: new for old, new in (values or {}).items() if old.strip()}
    pairs = tuple(sorted(used.items(), key=lambda pair: -len(pair[0])))
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
    """The ending of the chosen steps, and the screen after them."""
    after = [step for step in trajectory.steps if step.step > planned.step]
    # Steps that only waited are skipped: the screen after them counts.
    settled = next((step for step in after if _planned(step) is not None or _claim(step) is not None), None)
    claim = _claim(settled) if settled is not None and settled in chosen else None
    kept = (trajectory.end.frame or "") if trajectory.end is not None else ""
    if settled is not None:
        # What is claimed changes nothing, so the screen that was kept last is the same, and more settled.
        frame, masked = (kept if claim is not None else "") or settled.frame, settled.masked
    else:
        frame, masked = kept, planned.masked
    end = PlanStep(planned.step + 1, frame, (), (), masked, False, (), "", planned.seconds) if frame else None
    return claim or Finished(), end


def _claim(step: Step) -> Action | None:
    """The action by which a step ends the run, if it does."""
    actions = step.decision.reply.actions if step.decision.reply is not None else ()
    return next((action for action in actions if action.kind in TERMINAL_KINDS), None)
