"""How well workflows are done with values unlike the recorded ones: rows in five applications."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

from deskhand.agent.limits import Limits
from deskhand.agent.loop import run
from deskhand.agent.workflow import Ready, run_once
from deskhand.benchmarks.oracle import MovesPolicy
from deskhand.benchmarks.speed.rows.jobs import JOBS, Values, WorkflowJob
from deskhand.errors import EnvironmentProblem, SandboxError
from deskhand.sandbox.protocol import Sandbox
from deskhand.trajectories.constants import parameters_of
from deskhand.trajectories.reader import Trajectory
from deskhand.trajectories.records import Task
from deskhand.trajectories.workflow import Workflow, log_hash

Row = dict[str, Any]
RECORDING = Limits(steps=20, seconds=240)
COLUMNS = {
    "right": "the row is there, to the letter, as it is read from outside",
    "stopped": "the replay said that it does not know the screen, and why",
    "wrong": "the end was claimed and is not true",
}


def rows(sandbox: Sandbox, out: Path, jobs: Sequence[WorkflowJob] = JOBS) -> Iterator[Row]:
    """Record every job once, and do it again with each of its rows on a fresh desktop.

    Raises:
        EnvironmentProblem: a job could not be recorded.
    """
    for job in jobs:
        folder = out / job.name.replace(" ", "-").lower()
        ready = _recorded(job, sandbox, folder / "recorded")
        for number, values in enumerate(job.rows, 1):
            sandbox.reset()
            job.prepare(sandbox)
            found = run_once(ready, ready.workflow.values(values), sandbox, out=folder / f"row-{number}")
            drift = found.report.drift
            made = _made(job, sandbox, values)
            right = made == _wanted(values)
            yield {
                "application": job.name,
                "row": " | ".join(values.values()),
                "verdict": "right" if right else "stopped" if drift is not None else "wrong",
                "reason": drift.reason if drift is not None else "" if right else f"there is {made}"[:200],
            }


def total(done: Sequence[Row]) -> list[Row]:
    """A row for each application, and one for all."""
    names = [*dict.fromkeys(str(row["application"]) for row in done)]
    groups = [(name, [row for row in done if row["application"] == name]) for name in names]
    return [
        {
            "application": name,
            "rows": len(some),
            **{verdict: sum(row["verdict"] == verdict for row in some) for verdict in COLUMNS},
        }
        for name, some in [*groups, ("all", list(done))]
    ]


def _recorded(job: WorkflowJob, sandbox: Sandbox, folder: Path) -> Ready:
    sandbox.reset()
    job.prepare(sandbox)
    task = Task(
        instruction=job.instruction.format(**job.recorded), launch=job.launch, arguments=job.arguments
    )
    policy = MovesPolicy("oracle", job.moves(job.recorded), 0)
    result = run(task, sandbox, policy, limits=RECORDING, out=folder)
    made = _made(job, sandbox, job.recorded)
    if made != _wanted(job.recorded):
        raise EnvironmentProblem(
            f"{job.name} was not recorded ({result.status} {result.reason}): there is {made}; see {folder}"
        )
    recording = Trajectory.open(folder)
    parameters = parameters_of(recording, job.recorded)
    workflow = Workflow(
        instruction=task.instruction, trajectory="recorded", log=log_hash(folder), parameters=parameters
    )
    return Ready(workflow, recording)


def _wanted(values: Values) -> list[str]:
    return [value for name, value in values.items() if name != "file"]


def _made(job: WorkflowJob, sandbox: Sandbox, values: Values) -> list[str]:
    """What is there; nothing where it cannot be read."""
    try:
        return list(job.made(sandbox, values))
    except (SandboxError, OSError, zipfile.BadZipFile, ParseError, json.JSONDecodeError, UnicodeDecodeError):
        return []
