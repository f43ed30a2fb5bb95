"""Replays a trajectory through the agent's own loop, and shows where it drifted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from deskhand.actions.geometry import Box
from deskhand.agent.control import Control
from deskhand.agent.given import Openable, given_again
from deskhand.agent.limits import Limits
from deskhand.agent.listener import Listener
from deskhand.agent.loop import run
from deskhand.agent.named_secrets import NamedSecrets, secrets_in
from deskhand.agent.result import RunResult
from deskhand.agent.rules.guard import Guard
from deskhand.disk import replacing, writing
from deskhand.errors import UsageError
from deskhand.perception.reader import PIXELS, ScreenReader
from deskhand.perception.screen import Pixels, Screenshot
from deskhand.perception.watch.observe import Observer
from deskhand.policies.protocol import Policy
from deskhand.policies.replay.policy import HELP, ReplayPolicy
from deskhand.policies.replay.report import Drift, ReplayReport
from deskhand.policies.replay.script import ReplayPlan
from deskhand.sandbox.protocol import Sandbox
from deskhand.trajectories.records import Task

DRIFT_PICTURE = "drift.png"
"""File in the new trajectory's folder with the expected screen beside the actual one."""

GAP = 16
MARK = (220, 30, 30)


@dataclass(frozen=True, slots=True)
class Replayed:
    """How a replay ended.

    Attributes:
        result: as of every run; a drift is ``infeasible``.
        report: what was found at each step.
        picture: the two screens that are not one, side by side; None where nothing drifted.
    """

    result: RunResult
    report: ReplayReport
    picture: Path | None

    @property
    def exit_code(self) -> int:
        """1 on drift; else that of the run."""
        return 1 if self.report.drift is not None else self.result.exit_code


def replay(
    script: ReplayPlan,
    sandbox: Sandbox,
    *,
    task: Task | None = None,
    helper: Policy | None = None,
    speed: float | None = None,
    patience: float = 0.0,
    limits: Limits | None = None,
    out: Path | None = None,
    listener: Listener | None = None,
    control: Control | None = None,
    open: Sequence[Openable] = (),
    guard: Guard | None = None,
    secrets: NamedSecrets | None = None,
) -> Replayed:
    """Do a script again on a desktop that is running. The application of its task is launched first.

    Args:
        script: what to do, as ``script_of`` makes it from a trajectory.
        task: the task of the new run; by default the recorded one.
        helper: a policy that is asked where a screen is not recognised.
        speed: as a multiple of the recording's pace; None for as fast as each step can be verified.
        patience: seconds that each screen is given at least; three times what the recording waited, else.
        limits: what the run may use up; by default enough for each step to wait and to be helped.
        out, listener, control, guard, secrets: as for ``run``.
        open: files in place of those that the recorded run was given, in their order; by default those.

    Raises:
        as ``run``; UsageError: the recorded run typed a secret that is not given; TrajectoryError: a file
            that the recorded run was given is not in its folder any more.
    """
    task = task if task is not None else script.trajectory.task
    lacking = set(secrets_in(script.trajectory.header)) - set(secrets.names if secrets is not None else ())
    if lacking:
        raise UsageError(
            f"the recorded run typed the secret {min(lacking)}: give it, with --secret {min(lacking)}"
        )
    given = given_again(script.trajectory, open) if task.given or open else ()
    policy = ReplayPolicy(script, helper, speed, patience)
    reader = ScreenReader(sources=PIXELS)
    looking = Observer(
        sandbox.screenshot, reader, answer=sandbox.answer_seconds, arrived=policy.arrived, timeout=10.0
    )
    result = run(
        task,
        sandbox,
        policy,
        limits=_limits(script, policy, limits),
        out=out,
        listener=listener,
        control=control,
        observer=looking,
        masks=script.masks,
        open=given,
        guard=guard,
        secrets=secrets,
    )
    drift = policy.report.drift
    picture = None
    if drift is not None and drift.expected is not None and result.trajectory.is_dir():
        picture = result.trajectory / DRIFT_PICTURE
        shown = replace(drift, actual=drift.actual.painted(script.masks))
        with writing(DRIFT_PICTURE, result.trajectory), replacing(picture) as whole:
            Image.fromarray(side_by_side(shown)).save(whole)
    return Replayed(result, policy.report, picture)


def _limits(script: ReplayPlan, policy: ReplayPolicy, limits: Limits | None) -> Limits:
    if limits is not None:
        return replace(limits, circles=False)
    waits = [policy.waits(planned) for planned in (*script.steps, *((script.last,) if script.last else ()))]
    steps = sum(2 + len(one) + HELP for one in waits)
    seconds = max(600.0, 30.0 * len(script.steps)) + sum(map(sum, waits))
    return Limits(steps=steps, seconds=seconds, circles=False)


def side_by_side(drift: Drift) -> Pixels:
    """The expected screen, with what was aimed at, beside the actual one. RGB uint8 (H, W, 3)."""
    assert drift.expected is not None
    left, right = _marked(drift.expected, drift.target), drift.actual.pixels
    height = max(left.shape[0], right.shape[0])
    both = np.full((height, left.shape[1] + GAP + right.shape[1], 3), 255, np.uint8)
    both[: left.shape[0], : left.shape[1]] = left
    both[: right.shape[0], left.shape[1] + GAP :] = right
    return both


def _marked(screenshot: Screenshot, box: Box | None) -> Pixels:
    picture = Image.fromarray(screenshot.pixels)
    view = screenshot.viewport
    box = box.intersection(Box(0, 0, view.width, view.height)) if box is not None else None
    if box is not None and box.area:
        edges = (box.left - 3, box.top - 3, box.right + 2, box.bottom + 2)
        ImageDraw.Draw(picture).rectangle(edges, outline=MARK, width=3)
    return np.asarray(picture)
