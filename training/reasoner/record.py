"""Records scripted episodes of a suite: its oracles, with the tasks and seeds that training may see."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Generator, Sequence
from hashlib import sha256
from pathlib import Path

from deskhand.actions.geometry import Viewport
from deskhand.benchmarks.registry import ChosenPolicy, load_suite
from deskhand.benchmarks.runner.engines.local import LocalProcesses
from deskhand.benchmarks.runner.engines.worker import WorkerRecipe
from deskhand.benchmarks.runner.episodes import EpisodeKey, keys, trajectory_folder
from deskhand.benchmarks.runner.run import evaluate
from deskhand.benchmarks.suite import choose_tasks
from deskhand.sandbox.registry import DEFAULT_SIZE
from deskhand.screens.variation import FIRST_TRAINING_SEED
from deskhand.training.reasoner.fonts import OtherFonts
from deskhand.trajectories.folders import slug

SUBSET = "trained"
"""The subset of a suite that training may see."""


def record(
    suite: str,
    out: Path,
    episodes: int,
    workers: int = 1,
    fonts: Sequence[Path] = (),
    tasks: Sequence[str] = (),
) -> Generator[tuple[int, Path | None], None, None]:
    """Record episodes of every task that training may see; those already in ``out`` are kept.

    Args:
        suite: its name; it has a subset ``trained``.
        out: folder of the recordings, as `deskhand eval` writes it.
        episodes: how many of each task, with seeds that no evaluation uses.
        workers: processes with a sandbox each.
        fonts: font files in which the desktops write, besides their own.
        tasks: which of those that training may see; default: all.

    Yields:
        how many there will be, and the folder of one that succeeded, or None for one that did not.

    Raises:
        UsageError: there is no such suite, or it has nothing for training.
    """
    wanted, screen = _wanted(suite, episodes, tasks)
    make_sandbox = functools.partial(OtherFonts, screen, fonts)
    recipe = WorkerRecipe(functools.partial(load_suite, suite), ChosenPolicy("oracle"), make_sandbox, out)
    with contextlib.closing(
        evaluate(recipe, wanted, engine=LocalProcesses(workers), rerun_errors=True)
    ) as run:
        for episode in run:
            yield len(wanted), trajectory_folder(out, *episode.key) if episode.success else None


def place_of(suite: str) -> str:
    """The name of the folder that a suite's recordings lie in."""
    kind, colon, place = suite.partition(":")
    if not colon:
        return suite
    whole = Path(place).expanduser().absolute()
    return f"{kind}-{slug(whole.name)}-{sha256(str(whole).encode()).hexdigest()[:6]}"


def is_late(folder: Path, first: int) -> bool:
    """Whether a recording is of one of the seeds of a task after the first so many."""
    return seed_of(folder.name) >= FIRST_TRAINING_SEED + first


def seed_of(name: str) -> int:
    """The seed in the name of a recording; -1 where there is none."""
    seed = name.rpartition("-")[2].partition(".")[0]
    return int(seed) if seed.isdecimal() else -1


def _wanted(name: str, episodes: int, tasks: Sequence[str]) -> tuple[list[EpisodeKey], Viewport]:
    suite = load_suite(name)
    try:
        seeds = range(FIRST_TRAINING_SEED, FIRST_TRAINING_SEED + episodes)
        seen = choose_tasks(suite, subset=SUBSET)
        chosen = [one for one in seen if not tasks or one in tasks]
        return keys(chosen, seeds), suite.screen or DEFAULT_SIZE
    finally:
        suite.close()
