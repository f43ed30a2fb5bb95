"""How well recordings are replayed: desk tasks, recorded once and replayed on changed desktops.

Each case is right (the suite's own check passes), stopped (the replay reported drift, and had done nothing
wrong until then), or wrong.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from deskhand.actions.vocabulary import Finished, Key
from deskhand.agent.limits import Limits
from deskhand.agent.loop import run
from deskhand.agent.replay import Replayed, replay
from deskhand.benchmarks.moves import OracleMove
from deskhand.benchmarks.oracle import MovesPolicy
from deskhand.benchmarks.speed.replaying.variations import VARIATIONS, DesktopVariation, Intruder, show_dialog
from deskhand.benchmarks.suites.desk.by_mouse import BY_MOUSE
from deskhand.benchmarks.suites.desk.suite import DeskSuite
from deskhand.errors import EnvironmentProblem, UsageError
from deskhand.policies.protocol import Policy
from deskhand.policies.replay.script import ReplayPlan, script_of
from deskhand.sandbox.protocol import Sandbox
from deskhand.trajectories.reader import Trajectory
from deskhand.trajectories.records import Task

TASKS = (
    "calculator", "editor-append", "editor-rewrite", "editor-save", "files-folder", "files-rename",
    "other-editor-save", "other-files-folder", "terminal-file", "terminal-folder",
)  # fmt: skip
"""The families whose results are compared between versions."""

Row = dict[str, Any]
Verdict = Literal["right", "stopped", "wrong"]
RECORDING = Limits(steps=15, seconds=120)
COLUMNS = {
    "cases": "recordings that were replayed",
    "right": "done, by the suite's own check",
    "stopped": "not done: it stopped where the screen was not the expected one, before doing anything wrong",
    "wrong": "something was done that should not have been, or the end was claimed and is not true",
    "right_share": "right / cases",
    "steps_a_second": "verified steps, of the cases done right, looking and waiting included",
    "waits": "times that a screen was given more time",
}


def variations_named(names: str) -> tuple[DesktopVariation, ...]:
    """Variations by their names, separated by commas; all if the text is empty.

    Raises:
        UsageError: there is no such variation.
    """
    known = {variation.name: variation for variation in VARIATIONS}
    wanted = [name.strip() for name in names.split(",")] if names.strip() else list(known)
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise UsageError(f"there is no desktop {unknown[0][:40]!r}; there are {', '.join(known)}")
    return tuple(known[name] for name in wanted)


@dataclass(frozen=True, slots=True)
class ReplayCase:
    """One recording replayed under one variation, with its result."""

    variation: str
    task: str
    seed: int
    verdict: Verdict
    steps: int
    seconds: float
    waits: int
    reason: str


def cases(
    sandbox: Sandbox,
    out: Path,
    *,
    seeds: Sequence[int] = range(5),
    variations: Sequence[DesktopVariation] = VARIATIONS,
    tasks: Sequence[str] | None = None,
) -> Iterator[ReplayCase]:
    """Record every task with every seed, and replay it under every variation.

    Args:
        out: folder for the trajectories.
    """
    suite = DeskSuite()
    for task in tasks if tasks is not None else TASKS:
        for seed in seeds:
            recording = _record(suite, sandbox, task, seed, out)
            for variation in variations:
                yield _replayed(suite, sandbox, variation, recording, task, seed, out)


def _record(suite: DeskSuite, sandbox: Sandbox, task: str, seed: int, out: Path) -> ReplayPlan:
    """A recording that did its task; for odd seeds by mouse, where an oracle can."""
    ways: list[Policy] = [suite.oracle(task, seed)]
    if seed % 2 and task in BY_MOUSE:
        ways.insert(0, MovesPolicy("oracle", BY_MOUSE[task](suite.case(task, seed).parameters), seed))
    reason = ""
    for number, policy in enumerate(ways):
        sandbox.reset()
        prepared = suite.prepare(task, sandbox, seed)
        folder = out / f"{task}-{seed}{'-again' * number}"
        result = run(prepared, sandbox, policy, limits=RECORDING, out=folder)
        score = suite.score(task, sandbox, seed, result)
        if score.success:
            return script_of(Trajectory.open(folder))
        reason = score.reason
    raise EnvironmentProblem(f"{task} with seed {seed} could not be recorded: {reason}")


def _replayed(
    suite: DeskSuite,
    sandbox: Sandbox,
    variation: DesktopVariation,
    script: ReplayPlan,
    task: str,
    seed: int,
    out: Path,
) -> ReplayCase:
    sandbox.reset()
    chance = random.Random(f"{variation.name}:{task}:{seed}")
    started = _start(suite.prepare(task, sandbox, seed), sandbox, variation, chance)
    before = chance.randint(1, len(script.steps)) if variation.intrudes else 0
    if before == 1:
        show_dialog(sandbox)
    folder = out / f"{task}-{seed}-{variation.name.replace(' ', '-')}"
    found = replay(script, sandbox, task=started, out=folder, listener=Intruder(sandbox, before))
    score = suite.score(task, sandbox, seed, found.result)
    verdict = _verdict(found, score.success, script, before)
    reason = found.report.drift.reason if found.report.drift else score.reason or found.result.reason
    waits = sum(finding.waited for finding in found.report.findings)
    steps = len(found.report.findings)
    return ReplayCase(variation.name, task, seed, verdict, steps, found.result.seconds, waits, reason)


def _start(task: Task, sandbox: Sandbox, variation: DesktopVariation, chance: random.Random) -> Task:
    """Start the task's program on the changed desktop; returns the task without its launch."""
    assert task.launch is not None
    given = [f"{name}={value}" for name, value in variation.prepare(sandbox).items()]
    sandbox.launch("env", [*given, task.launch, *task.arguments])
    variation.started(sandbox, chance)
    return task.model_copy(update={"launch": None, "arguments": ()})


def _verdict(found: Replayed, success: bool, script: ReplayPlan, before: int) -> Verdict:
    drift = found.report.drift
    if drift is None:
        return "right" if success else "wrong"
    if success:
        return "right"  # all was done; only the last screen was not recognised
    return "wrong" if before and drift.step > _must_notice(script, before) else "stopped"


def _must_notice(script: ReplayPlan, before: int) -> int:
    """The last step at which a dialog that takes the keyboard may be noticed: the first that types.

    A click before that is safe: its target is seen on the screen.
    """
    typing = (planned.step for planned in script.steps[before - 1 :] if not planned.aimed)
    return next(typing, script.steps[-1].step + 1)


def static_row(sandbox: Sandbox, out: Path, steps: int = 40) -> Row:
    """How fast steps are verified and done on a static screen, with keys that do nothing."""
    sandbox.reset()
    moves = [OracleMove(("Nothing happens.",), Key(keys=("shift",))) for _ in range(steps)]
    task = Task(instruction="Press a key again and again")
    limits = Limits(steps=steps + 1, circles=False)
    run(
        task,
        sandbox,
        MovesPolicy("oracle", [*moves, OracleMove(("Done.",), Finished())], 0),
        limits=limits,
        out=out / "static",
    )
    script = script_of(Trajectory.open(out / "static"))
    done = replay(script, sandbox, out=out / "static-again")
    verified = len(done.report.findings)
    return {
        "desktop": "a static screen",
        "cases": 1,
        "right": int(done.result.status == "finished"),
        "stopped": int(done.report.drift is not None),
        "wrong": 0,
        "right_share": None,
        "steps_a_second": round(verified / done.result.seconds, 1),
        "waits": sum(finding.waited for finding in done.report.findings),
    }


def table(done: Sequence[ReplayCase]) -> list[Row]:
    """A row for each variation, and one for all changed desktops."""
    names = list(dict.fromkeys(case.variation for case in done))
    rows = [_row(name, [case for case in done if case.variation == name]) for name in names]
    changed = [case for case in done if case.variation != VARIATIONS[0].name]
    return [*rows, *([_row("all changed", changed)] if changed else [])]


def _row(name: str, some: Sequence[ReplayCase]) -> Row:
    verdicts = Counter(case.verdict for case in some)
    right = [case for case in some if case.verdict == "right"]
    seconds = sum(case.seconds for case in right)
    return {
        "desktop": name,
        "cases": len(some),
        **{verdict: verdicts[verdict] for verdict in ("right", "stopped", "wrong")},
        "right_share": round(len(right) / len(some), 3) if some else None,
        "steps_a_second": round(sum(case.steps for case in right) / seconds, 1) if seconds else None,
        "waits": sum(case.waits for case in some),
    }
