"""Decides from a trajectory: repeats its actions where their targets are now, or stops.

No model is asked while the screen is recognised. A step is done only on the expected screen, recognised by
its pixels, or by its texts and by what the step before changed. The target of a click is found again, at its
place or elsewhere, or the click is not done.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from deskhand.actions.reply import Reply
from deskhand.actions.vocabulary import TERMINAL_KINDS, Action, Infeasible, Type, Wait, points_of
from deskhand.errors import TrajectoryError
from deskhand.perception.screen import Screenshot
from deskhand.perception.watch.difference import difference
from deskhand.perception.watch.observe import Observation
from deskhand.policies.protocol import BreaksOff, Policy
from deskhand.policies.replay.aim import Aim, placed, take_aim
from deskhand.policies.replay.recognise import Recogniser, Recognition, looks_the_same
from deskhand.policies.replay.report import Drift, ReplayReport, StepFinding
from deskhand.policies.replay.script import PlanStep, ReplayPlan
from deskhand.trajectories.records import Decision, Step, Task, Usage

WAITS = (0.4, 1.2, 2.5)
"""The first waits, in seconds, for a screen that is not yet the expected one."""

SLOWER = 3.0
"""A screen is waited for this many times as long as in the recording: this machine may be slower."""

LONGEST_WAIT = 5.0
"""Most seconds between two looks at a screen that is waited for."""

MOST_PATIENCE = 3600.0

WAY_BACK = "Close the dialog or the menu that is in the way, and do nothing else"
"""The helper's instruction where it is not to do the step itself."""

HELP = 3
"""Decisions that a helper may take at each step to get back to the expected screen."""

DWELL = 0.3
"""Seconds for which the expected screen must stay; measured: GTK enables a button 0.16 s after a name."""

LONGEST_PACE = 5.0
"""Most seconds of one wait for the recording's pace; a run can be stopped between two waits."""

LITTLE = 0.02
"""Share of a screen's pixels; where fewer differ, the screen is given time to become the expected one."""


class ReplayPolicy:
    """Replays a plan.

    ``report`` has what was found at each step; ``report.drift`` says where it stopped, if it did.

    Args:
        script: the plan.
        helper: a policy that is asked where the screen is not recognised.
        speed: multiple of the recording's pace; None for as fast as steps can be verified.
        patience: least seconds to wait for each screen; three times the recording's wait, where that is more.
    """

    def __init__(
        self,
        script: ReplayPlan,
        helper: Policy | None = None,
        speed: float | None = None,
        patience: float = 0.0,
    ) -> None:
        self.name = "replay" if helper is None else f"replay+{helper.name}"
        self._script, self._helper, self._speed = script, helper, speed
        self._patience = min(patience, MOST_PATIENCE)
        self.report = ReplayReport()
        self.begin(Task(instruction="replay"))

    def begin(self, task: Task) -> None:
        """Start from the first step."""
        self.report = ReplayReport()
        self._recogniser = Recogniser(self._script)
        self._at = self._waited = self._helped = 0
        self._began: float | None = None
        self._same_since: float | None = None

    def arrived(self, screenshot: Screenshot) -> bool:
        """Whether a screenshot is the screen that the next step expects, to the pixel, for ``DWELL`` seconds.

        These are for late changes: the recording may have looked before a button was enabled. Where the step
        before changed nothing in the recording, they are left out.
        """
        planned = self._planned()
        if planned is None or not planned.frame or self._script.values:
            return False
        try:
            same = looks_the_same(self._script.frame(planned), screenshot, planned.masked)
        except TrajectoryError:
            return False  # deciding will say so
        if not same:
            self._same_since = None
            return False
        if self._same_since is None:
            self._same_since = time.monotonic()
        before = self._script.steps[self._at - 1] if self._at else None
        static = before is not None and before.frame == planned.frame
        return static or time.monotonic() - self._same_since >= DWELL

    def decide(self, observation: Observation, history: Sequence[Step]) -> Decision:
        """The next step of the plan, or a wait, a helper's decision, or the end."""
        began = time.monotonic()
        failed = _failure(history)
        if failed:
            return self._stop(None, observation.screenshot, failed)
        planned = self._planned()
        if planned is None:
            return _says(self._script.ending, "everything was done again")
        ahead = self._ahead(planned)
        if ahead > 0:  # before the screen is looked at, since it may change meanwhile
            return _says(Wait(seconds=min(ahead, LONGEST_PACE)), "the recording took longer")
        if planned.hidden:
            reason = (
                "what was typed here is not in the trajectory: make a workflow of it, and give it the text"
            )
            return self._stop(planned, observation.screenshot, reason)
        try:
            recognition = self._recogniser.look(planned, observation.screenshot)
        except TrajectoryError as error:
            return self._stop(planned, observation.screenshot, f"it cannot be verified: {error}")
        aim = take_aim(planned, recognition, self._recogniser)
        complaint = _complaint(planned, recognition, aim)
        if complaint:
            return self._not_yet(planned, observation, recognition, aim, complaint)
        if not self._waited and _almost(planned, recognition, aim):
            self._waited += 1
            return _says(
                Wait(seconds=WAITS[0]), f"almost the screen of step {planned.step}, perhaps it is not done"
            )
        return self._go(planned, recognition, aim, time.monotonic() - began)

    def break_off_when(self, over: Callable[[], bool]) -> None:
        """See ``deskhand.policies.protocol.BreaksOff``; only the helper waits for a server."""
        if isinstance(self._helper, BreaksOff):
            self._helper.break_off_when(over)

    def close(self) -> None:
        """Close the helper."""
        if self._helper is not None:
            self._helper.close()

    def _planned(self) -> PlanStep | None:
        """The next step; after the last one the screen that it led to; then None."""
        steps = self._script.steps
        if self._at < len(steps):
            return steps[self._at]
        return self._script.last if self._at == len(steps) else None

    def _go(self, planned: PlanStep, recognition: Recognition, aim: Aim, seconds: float) -> Decision:
        """Do the step, or end the run on the last screen."""
        self._note(planned, recognition, aim, seconds)
        self._recogniser.accept(planned, recognition)
        self._at += 1
        self._waited = self._helped = 0
        self._same_since = None
        if not planned.actions:
            return _says(self._script.ending, "the screen is as it was at the end")
        thought = planned.thought or planned.words
        usage = Usage(seconds=seconds)
        reply = Reply(thought=thought, actions=aim.actions)
        return Decision(reply=reply, usage=usage, hidden=planned.secret)

    def _note(self, planned: PlanStep, recognition: Recognition, aim: Aim, seconds: float) -> None:
        found = aim.found[0].how if aim.found else "same" if recognition.exact else "screen"
        likeness = recognition.likeness
        differs = [*likeness.unexpected, *likeness.missing] if likeness is not None else []
        self.report.findings.append(
            StepFinding(
                planned.step,
                planned.words or "the screen at the end",
                found,
                aim.shift,
                min((one.sure for one in aim.found), default=1.0 if likeness is None else likeness.share),
                self._waited,
                seconds,
                f"{len(differs)} texts differ" if differs else "",
            )
        )

    def _not_yet(
        self, planned: PlanStep, observation: Observation, recognition: Recognition, aim: Aim, complaint: str
    ) -> Decision:
        """Wait for the screen, then ask the helper, then stop."""
        waits = self.waits(planned)
        if self._waited < len(waits):
            seconds = waits[self._waited]
            self._waited += 1
            return _says(
                Wait(seconds=seconds), f"waiting for the screen of step {planned.step}; so far {complaint}"
            )
        helped = self._help(planned, observation, complaint)
        if helped is not None:
            return helped
        given = f"{complaint}; it was given {sum(waits):.0f} s, and --patience gives more"
        return self._stop(planned, observation.screenshot, given, recognition, aim)

    def waits(self, planned: PlanStep) -> tuple[float, ...]:
        """Seconds to wait for the screen of a step, one after another."""
        steps = (*self._script.steps, *((self._script.last,) if self._script.last is not None else ()))
        at = next((number for number, one in enumerate(steps) if one is planned), 0)
        took = planned.seconds - steps[at - 1].seconds if at else planned.seconds
        left = max(self._patience, min(SLOWER * took, MOST_PATIENCE)) - sum(WAITS)
        waits = list(WAITS)
        while left > 0:
            waits.append(min(left, LONGEST_WAIT))
            left -= LONGEST_WAIT
        return tuple(waits)

    def _help(self, planned: PlanStep, observation: Observation, complaint: str) -> Decision | None:
        """A decision of the helper: where the step's target is, or how to get to the expected screen."""
        if self._helper is None or self._helped >= HELP:
            return None
        if not self._helped:
            self._helper.begin(Task(instruction=planned.words if _is_one_place(planned) else WAY_BACK))
        self._helped += 1
        decision = self._helper.decide(observation, ())
        actions = decision.reply.actions if decision.reply is not None else ()
        if not actions or actions[0].kind in TERMINAL_KINDS:
            return None
        aimed = _regrounded(planned, actions[0])
        if aimed is None or decision.reply is None:
            # It does something else first; then the screen is looked at again. The replay does the step.
            return None if any(_does(action, planned) for action in actions) else decision
        self.report.findings.append(StepFinding(planned.step, planned.words, "regrounded", note=complaint))
        self._at += 1
        self._waited = self._helped = 0
        return decision.model_copy(update={"reply": decision.reply.model_copy(update={"actions": aimed})})

    def _stop(
        self,
        planned: PlanStep | None,
        actual: Screenshot,
        reason: str,
        recognition: Recognition | None = None,
        aim: Aim | None = None,
    ) -> Decision:
        """End without an action; the report keeps both screens."""
        step = planned.step if planned is not None else self._script.steps[max(0, self._at - 1)].step
        words = planned.words if planned is not None else ""
        expected = recognition.expected if recognition is not None else None
        self.report.findings.append(StepFinding(step, words, "drift", waited=self._waited, note=reason))
        self.report.drift = Drift(step, reason, expected, actual, aim.box if aim is not None else None)
        return _says(Infeasible(reason=f"drift at step {step}: {reason}"), reason)

    def _ahead(self, planned: PlanStep) -> float:
        """Seconds until the step is due at the requested speed."""
        if not self._speed or not planned.actions:
            return 0.0
        now = time.monotonic()
        if self._began is None:
            self._began = now - planned.seconds / self._speed
        return self._began + planned.seconds / self._speed - now


def _says(action: Action, thought: str) -> Decision:
    return Decision(reply=Reply(thought=thought, actions=(action,)))


def _failure(history: Sequence[Step]) -> str:
    """What went wrong with the last step's actions; empty if nothing did."""
    outcomes = history[-1].outcomes if history else ()
    bad = next((outcome for outcome in outcomes if not outcome.ok), None)
    return "" if bad is None else f"an action was {bad.status}: {bad.reason}"


def _complaint(planned: PlanStep, recognition: Recognition, aim: Aim) -> str:
    """Why the step is not done on this screen; empty if it is.

    A click needs only its target, which is seen: the rest of the screen may differ. Typed text goes wherever
    the keyboard focus is, and a place that is known only by its surroundings is not seen itself: for those
    the whole screen must be recognised.
    """
    if aim.lost:
        return aim.lost if not recognition.complaint else f"{aim.lost}; {recognition.complaint}"
    if recognition.pending:
        return recognition.pending
    seen = planned.aimed and all(one.seen for one in aim.found)
    return "" if seen else recognition.complaint


def _almost(planned: PlanStep, recognition: Recognition, aim: Aim) -> bool:
    """Whether a target is at its place and only looks different, as a button that is not enabled yet."""
    same = all(one.how == "text" for one in aim.found) and max(map(abs, aim.shift)) <= 2
    if not aim.found or not same or recognition.expected.viewport != recognition.actual.viewport:
        return False
    return difference(recognition.expected, recognition.actual, ignore=planned.masked).share < LITTLE


def _is_one_place(planned: PlanStep) -> bool:
    """Whether the step is one action at one place, which a helper can point to."""
    return len(planned.actions) == 1 and len(points_of(planned.actions[0])) == 1


def _regrounded(planned: PlanStep, action: Action) -> tuple[Action, ...] | None:
    """The step's action at the place that a helper's action has; None if the two do not match."""
    if not _is_one_place(planned) or planned.actions[0].kind != action.kind or len(points_of(action)) != 1:
        return None
    return (placed(planned.actions[0], points_of(action)),)


def _does(action: Action, planned: PlanStep) -> bool:
    """Whether an action is one of the step's, or types where the step types: it would then be done twice."""
    typed = [one.text for one in planned.actions if isinstance(one, Type)]
    return action in planned.actions or (isinstance(action, Type) and bool(typed))
