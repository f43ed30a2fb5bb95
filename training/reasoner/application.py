"""Tunes the embedded reasoner on one application, from demonstrations of the goals of its map.

A third of the goals is held out: no demonstration is of them, and they are asked for in words and with texts
that training does not see.
"""

from __future__ import annotations

import contextlib
import functools
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path

from deskhand.benchmarks.registry import ChosenPolicy, load_suite
from deskhand.benchmarks.runner.engines.local import LocalProcesses
from deskhand.benchmarks.runner.engines.worker import WorkerRecipe
from deskhand.benchmarks.runner.episodes import Episode, keys
from deskhand.benchmarks.runner.run import evaluate
from deskhand.benchmarks.suite import choose_tasks
from deskhand.errors import UsageError
from deskhand.sandbox.registry import load_sandbox
from deskhand.training.reasoner.lessons import ElementsOf
from deskhand.training.reasoner.record import SUBSET, record
from deskhand.training.reasoner.recordings import MOST_RUNS, ShownTasks, shown_in
from deskhand.trajectories.folders import slug

SINGLE = "single"
"""The subset of a map's suite with its goals, without chains of them."""
PARTS = 3
"""One goal of so many is held out."""
FIRST_SEED = 3
"""The first seed of measuring whose words training does not see."""


@dataclass(frozen=True, slots=True)
class SplitGoals:
    """The goals of a map: those that are demonstrated, and those that only measure."""

    learnt: tuple[str, ...]
    held_out: tuple[str, ...]


def split_goals(suite: str) -> SplitGoals:
    """Hold out a third of a map's goals, always the same.

    Raises:
        UsageError: there are too few.
    """
    with contextlib.closing(load_suite(suite)) as made:
        goals, every = choose_tasks(made, subset=SINGLE), choose_tasks(made, subset=SUBSET)
    order = sorted(goals, key=lambda name: blake2b(name.encode()).digest())
    held_out = tuple(order[: len(order) // PARTS])
    if not held_out:
        raise UsageError(f"{suite} has {len(goals)} goals, at least {PARTS} are needed: explore longer")
    # A chain may be of any goals, so none is learnt.
    return SplitGoals(tuple(one for one in goals if one not in held_out and one in every), held_out)


def demonstrations(
    suite: str,
    goals: Sequence[str],
    out: Path,
    episodes: int,
    *,
    workers: int = 1,
    seconds: float,
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[Path]:
    """Record the oracle at goals, and yield what its check passed; what was recorded before is kept.

    Args:
        seconds: after which no more is recorded.
    """
    began, found = time.monotonic(), 0
    with contextlib.closing(record(suite, out, episodes, workers, tasks=goals)) as made:
        for number, (total, folder) in enumerate(made, 1):
            if progress is not None:
                progress(number, total)
            if folder is not None:
                found += 1
                yield folder
            if time.monotonic() - began > seconds or found == MOST_RUNS:
                return


def shown_goals(
    runs: Sequence[Path], elements_of: ElementsOf, progress: Callable[[int, int], None] | None = None
) -> ShownTasks:
    """What demonstrations show, but for the waits of the oracle, which depend on how slow the machine was.

    Raises:
        UsageError: there is nothing to learn in them.
    """
    if not runs:
        raise UsageError("the oracle did no goal that is learnt: see `deskhand eval map MAP --policy oracle`")
    shown = shown_in(runs, elements_of, progress, may_differ=True)
    return replace(shown, lessons=tuple(one for one in shown.lessons if one.move.verb != "wait"))


def measured(
    suite: str,
    goals: Sequence[str],
    out: Path,
    policy: str,
    *,
    seeds: int = 1,
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[Episode]:
    """Run a policy at goals, without the map; results are kept in a folder of the policy's own."""
    with contextlib.closing(load_suite(suite)) as made:
        screen = made.screen
    wanted = keys(list(goals), range(FIRST_SEED, FIRST_SEED + seeds))
    make = functools.partial(load_sandbox, "lightbox", size=screen)
    recipe = WorkerRecipe(
        functools.partial(load_suite, suite), ChosenPolicy(policy), make, out / slug(policy)
    )
    episodes = evaluate(recipe, wanted, engine=LocalProcesses(workers), rerun_errors=True)
    for number, episode in enumerate(episodes, 1):
        if progress is not None:
            progress(number, len(wanted))
        yield episode
