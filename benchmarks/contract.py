"""What every suite must do, as checks that can be run on any of them, ours or another's.

    check_suite(MySuite(), Lightbox)                    # or: tasks=["one"], seed=3

A check that cannot fail measures nothing: so each task is done by its oracle, left alone, and done
wrongly twice, and only the first may count.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deskhand.agent.loop import run
from deskhand.agent.result import RunResult
from deskhand.benchmarks.oracle import idle
from deskhand.benchmarks.runner.episodes import trajectory_folder
from deskhand.benchmarks.suite import Score, Suite
from deskhand.errors import UsageError
from deskhand.perception.screen import Screenshot
from deskhand.policies.protocol import Policy
from deskhand.sandbox.protocol import Sandbox
from deskhand.trajectories.reader import Trajectory
from deskhand.trajectories.records import Task

BLINKING = 0.001
"""Share of a screen's pixels that may differ at the start: a text cursor blinks."""


@dataclass(frozen=True, slots=True)
class _Done:
    """One episode: its task, how it ended, what the check found, the first screen."""

    task: Task
    result: RunResult
    score: Score
    start: Screenshot | None


def check_suite(
    suite: Suite,
    make_sandbox: Callable[[], Sandbox],
    *,
    tasks: Sequence[str] | None = None,
    seed: int = 0,
    out: Path | None = None,
    moving: Collection[str] = (),
    changed: Callable[[str], Suite] | None = None,
) -> None:
    """Run every check on the tasks; all faults are reported at once.

    For each task: the oracle passes; an idle agent and the two wrong ones act without passing, and the
    check says why; four starts with the same seed have the same instruction and the same first screen;
    the version is the task's own and stays what it is.

    Args:
        make_sandbox: makes a sandbox that is not started. One is used for all.
        tasks: which; None for all.
        out: folder that gets the trajectories; by default they are not kept.
        moving: tasks whose screen moves by itself, so that first screens are not compared.
        changed: makes the suite with a task changed; its version of that task must be another.

    Raises:
        AssertionError: a suite that does not keep the contract; one line for each fault.
        DeskhandError: the sandbox does not start.
    """
    chosen = list(suite.tasks() if tasks is None else tasks)
    faults = list(_names(suite))
    with contextlib.ExitStack() as stack:
        folder = out if out is not None else Path(stack.enter_context(tempfile.TemporaryDirectory()))
        sandbox = stack.enter_context(make_sandbox())
        stack.callback(suite.close)
        for task in chosen:
            checks = (*_version(suite, task, changed), *_task(suite, sandbox, task, seed, folder, moving))
            faults += [f"{task} with seed {seed}: {fault}" for fault in checks]
    if faults:
        raise AssertionError(f"{suite.name} does not keep the contract:\n" + "\n".join(faults))


def _names(suite: Suite) -> Iterator[str]:
    names = list(suite.tasks())
    if not names:
        yield "it has no tasks"
    if len(set(names)) != len(names):
        yield "two tasks have one name"
    for name in names:
        try:
            trajectory_folder(Path(), name, 0)
        except UsageError as error:
            yield str(error)
    versions = [suite.version(name) for name in names]
    if len(set(versions)) != len(set(names)):
        yield "two tasks have one version, so it cannot change with each of them"


def _version(suite: Suite, task: str, changed: Callable[[str], Suite] | None) -> Iterator[str]:
    version = suite.version(task)
    if not version or not version.isprintable() or len(version) > 100:
        yield f"its version {version[:40]!r} is no hash"
    if suite.version(task) != version:
        yield "its version changes though the task does not"
    if changed is not None and changed(task).version(task) == version:
        yield "its version stays though the task has changed"


def _task(
    suite: Suite, sandbox: Sandbox, task: str, seed: int, folder: Path, moving: Collection[str]
) -> Iterator[str]:
    def do(policy: Policy, name: str) -> _Done:
        return _episode(suite, sandbox, task, seed, policy, folder / task / name)

    oracle = do(suite.oracle(task, seed), "oracle")
    if not oracle.score.success:
        yield f"the oracle fails: {oracle.score.reason or oracle.result.reason or oracle.result.status}"
    if oracle.result.status not in ("finished", "infeasible", "ended"):
        yield f"the oracle's run ends with {oracle.result.status} ({oracle.result.reason})"
    others = [("an idle agent", do(idle(), "idle"))]
    for number, policy in enumerate(suite.wrong(task, seed), 1):
        others.append((f"wrong agent {number}", do(policy, f"wrong{number}")))
    for who, done in others:
        if done.score.success:
            yield f"{who} passes: {done.score.reason}"
        elif not done.score.reason:
            yield f"the check does not say why {who} fails"
        if done.task != oracle.task:
            yield f"the start of {who} is another: {done.task!r} and not {oracle.task!r}"
        elif task not in moving and not _alike(done.start, oracle.start):
            yield f"the first screen of {who} is another than the oracle's"


def _episode(suite: Suite, sandbox: Sandbox, task: str, seed: int, policy: Policy, folder: Path) -> _Done:
    with contextlib.closing(policy):
        suite.reset(sandbox)
        prepared = suite.prepare(task, sandbox, seed)
        result = run(
            prepared, sandbox, policy, limits=suite.limits, out=folder, over=lambda: suite.over(task, sandbox)
        )
        score = suite.score(task, sandbox, seed, result)
    trajectory = Trajectory.open(folder)
    start = trajectory.frame(trajectory.steps[0].frame) if trajectory.steps else None
    return _Done(prepared, result, score, start)


def _alike(one: Screenshot | None, other: Screenshot | None) -> bool:
    if one is None or other is None:
        return one is other
    if one.viewport != other.viewport:
        return False
    differing = np.any(one.pixels != other.pixels, axis=2)
    return bool(differing.mean() <= BLINKING)
