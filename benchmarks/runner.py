"""Runs the episodes of a suite one after another and keeps every result and trajectory."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from deskhand.agent.control import Control
from deskhand.agent.limits import Limits
from deskhand.agent.loop import run
from deskhand.benchmarks.suite import Suite
from deskhand.errors import EnvironmentProblem, SandboxError
from deskhand.policies.protocol import Policy
from deskhand.sandbox.protocol import Sandbox
from deskhand.trajectories.lines import ResultLines

log = logging.getLogger(__name__)

RESULTS = "results.jsonl"


class Episode(BaseModel):
    """One finished episode: a line of the results file.

    ``error`` is set where the environment failed; such an episode is neither a success nor a failure.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    suite: str
    task: str
    version: str
    seed: int
    policy: str
    instruction: str
    status: str
    success: bool
    reason: str = ""
    steps: int = 0
    seconds: float = 0.0
    error: str = ""


def run_suite(
    suite: Suite,
    make_policy: Callable[[str, int], Policy],
    tasks: Sequence[str],
    seeds: Iterable[int],
    out: Path,
    *,
    make_sandbox: Callable[[], Sandbox],
    limits: Limits = Limits(steps=15, seconds=180),
    control: Control | None = None,
) -> Iterator[Episode]:
    """Run every task with every seed in a fresh sandbox; yields each result once it is on disk.

    An episode of this policy and this version of its task that ``out`` already holds a result for is
    not run again, unless its environment had failed: a killed run goes on where it stopped. One that
    a person stopped gets no result.

    Args:
        make_policy: called with a task and a seed; the policy is closed afterwards.
        out: folder that gets results.jsonl and a trajectory for each episode.
        control: stops the whole suite between and inside episodes.
    """
    results = ResultLines(out / RESULTS, Episode)
    known = {(e.task, e.seed, e.policy, e.version): e for e in results.read() if not e.error}
    with make_sandbox() as sandbox, results:
        for seed in seeds:
            for task in tasks:
                with contextlib.closing(make_policy(task, seed)) as policy:
                    done = known.get((task, seed, policy.name, suite.version(task)))
                    if done is None:
                        done = _episode(suite, policy, task, seed, out, sandbox, limits, control)
                        if done.status == "stopped":
                            return
                        results.append(done)
                yield done
                if control is not None and control.stopping:
                    return


def _episode(
    suite: Suite,
    policy: Policy,
    task: str,
    seed: int,
    out: Path,
    sandbox: Sandbox,
    limits: Limits,
    control: Control | None,
) -> Episode:
    facts: dict[str, Any] = {
        "suite": suite.name,
        "task": task,
        "version": suite.version(task),
        "seed": seed,
        "policy": policy.name,
    }
    try:
        sandbox.reset()
        told = suite.prepare(task, sandbox, seed)
        folder = trajectory_folder(out, task, seed)
        _set_aside(folder)
        result = run(told, sandbox, policy, limits=limits, out=folder, control=control)
        if result.status in ("sandbox_lost", "log_error"):
            raise EnvironmentProblem(result.reason)
        score = suite.score(task, sandbox, seed, result)
    except (SandboxError, EnvironmentProblem) as error:
        log.warning("%s with seed %d: %s", task, seed, error)
        return Episode(**facts, instruction="", status="error", success=False, error=str(error))
    return Episode(
        **facts,
        instruction=told.instruction,
        status=result.status,
        success=score.success,
        reason=score.reason or result.reason,
        steps=result.steps,
        seconds=round(result.seconds, 2),
    )


def read_results(path: Path) -> list[Episode]:
    """The episodes of a results file; half a line at its end is left out.

    Raises:
        UsageError: another line is not a result; it names the line.
    """
    return ResultLines(path, Episode).read()


def trajectory_folder(out: Path, task: str, seed: int) -> Path:
    """Where the trajectory of an episode's last attempt is."""
    return out / "trajectories" / f"{task}-{seed}"


def _set_aside(folder: Path) -> None:
    """Move what an earlier, cut-off attempt left behind out of the way; nothing is overwritten."""
    number = 1
    while folder.exists():
        number += 1
        aside = folder.with_name(f"{folder.name}.{number}")
        if not aside.exists():
            folder.rename(aside)
