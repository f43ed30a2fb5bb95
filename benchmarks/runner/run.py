"""Runs the episodes of a suite, and keeps every result and trajectory, so that a killed run goes on."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import deskhand
from deskhand.agent.control import Control
from deskhand.agent.limits import Limits
from deskhand.benchmarks.runner import episodes as records
from deskhand.benchmarks.runner.engines.local import Engine, ThisProcess
from deskhand.benchmarks.runner.engines.worker import WorkerRecipe, measured
from deskhand.benchmarks.runner.episodes import (
    RESULTS,
    Episode,
    EpisodeKey,
    Header,
    read_results,
    trajectory_folder,
)
from deskhand.benchmarks.suite import LIMITS, Suite
from deskhand.errors import UsageError
from deskhand.lines import ResultLines, only_writer
from deskhand.policies.protocol import Policy
from deskhand.sandbox.protocol import Sandbox
from deskhand.text import clean

MAPS = "maps"
"""Setting of a results file: the maps that the policy may have read, by name, with a digest of each."""

__all__ = ["RESULTS", "Episode", "evaluate", "read_results", "run_suite", "trajectory_folder"]


def evaluate(
    recipe: WorkerRecipe,
    keys: Sequence[EpisodeKey],
    *,
    engine: Engine | None = None,
    control: Control | None = None,
    rerun_errors: bool = False,
    settings: Mapping[str, Any] | None = None,
) -> Generator[Episode, None, None]:
    """Run episodes and keep their results; yields those that are known, then each once it is on disk.

    An episode of this policy and this version of its task that ``recipe.out`` already holds a result
    for is not run again. One that a person stopped gets no result.

    Args:
        recipe: suite, policy, sandbox and folder.
        engine: where they are run; by default in this process.
        control: stops between and inside episodes.
        rerun_errors: run those again whose environment had failed.
        settings: what else is written to the header of a new results file.

    Raises:
        UsageError: the folder holds results of another suite or policy, or another run writes to it.
        LogError: results or trajectories cannot be written.
        DeskhandError: no sandbox can be started; the model is missing.
    """
    if not keys:
        return
    suite = recipe.suite()
    header = _header(recipe, suite, keys, settings or {})
    versions = {task: suite.version(task) for task in {key.task for key in keys}}
    for key in keys:
        trajectory_folder(recipe.out, *key)
    with only_writer(recipe.out):
        results = ResultLines(recipe.out / RESULTS, Episode)
        known = _known(results, header, versions, rerun_errors)
        results.begin(header)
        yield from (known[key] for key in keys if key in known)
        left = [key for key in keys if key not in known]
        if left:
            run = (engine or ThisProcess()).run(recipe, left, control or Control())
            with contextlib.closing(run):
                for episode in run:
                    results.append(episode)
                    yield episode


def run_suite(
    suite: Suite,
    make_policy: Callable[[str, int], Policy],
    tasks: Sequence[str],
    seeds: Iterable[int],
    out: Path,
    *,
    make_sandbox: Callable[[], Sandbox],
    limits: Limits = LIMITS,
    control: Control | None = None,
) -> Generator[Episode, None, None]:
    """Run every task with every seed in this process; as ``evaluate``, with errors run again."""
    recipe = WorkerRecipe(
        functools.partial(_itself, suite),
        lambda suite, key: make_policy(key.task, key.seed),
        make_sandbox,
        out,
        limits,
    )
    return evaluate(recipe, records.keys(tasks, seeds), control=control, rerun_errors=True)


def _itself(suite: Suite) -> Suite:
    return suite


def _header(
    recipe: WorkerRecipe, suite: Suite, keys: Sequence[EpisodeKey], settings: Mapping[str, Any]
) -> Header:
    policy, maps = measured(recipe, suite, keys[0])
    return Header(
        suite=suite.name,
        policy=policy,
        version=deskhand.__version__,
        settings={**settings, MAPS: maps},
    )


def _maps(used: Any) -> str:
    """Maps in words, each with its digest; what stands in a file may be anything."""
    if not isinstance(used, dict) or not used:
        return "no map"
    return clean("the maps " + ", ".join(f"{name} ({digest})" for name, digest in used.items()))[:300]


def _known(
    results: ResultLines[Episode], header: Header, versions: Mapping[str, str], rerun_errors: bool
) -> dict[EpisodeKey, Episode]:
    """What need not be run again.

    Raises:
        UsageError: the file is another run's.
    """
    written = results.header()
    for what, mine in (("suite", header.suite), ("policy", header.policy)):
        theirs = written.get(what, mine)
        if theirs != mine:
            raise UsageError(
                f"{results.path} contains results of the {what} {str(theirs)[:80]!r}, not {mine!r}: "
                "choose another --out"
            )
    settings = written.get("settings")
    mine, theirs = header.settings[MAPS], settings.get(MAPS, {}) if isinstance(settings, dict) else {}
    if written and theirs != mine:
        raise UsageError(
            f"{results.path} contains results with {_maps(theirs)}, not with {_maps(mine)}: choose another "
            "--out, or the --map that was read"
        )
    return {
        episode.key: episode
        for episode in records.latest(results.read())
        if episode.policy == header.policy
        and episode.version == versions.get(episode.task)
        and not (episode.error and rerun_errors)
    }
