"""Records scripted episodes in the lightbox: the desk families' oracles, with what training may see."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from deskhand.benchmarks.desk.family import families
from deskhand.benchmarks.desk.suite import DeskSuite
from deskhand.benchmarks.desk.variation import FIRST_TRAINING_SEED
from deskhand.benchmarks.runner import run_suite, trajectory_folder
from deskhand.sandbox.lightbox import Lightbox


def record(out: Path, episodes: int) -> Iterator[tuple[int, Path | None]]:
    """Record episodes of every family that training may see; those already in ``out`` are kept.

    Args:
        out: folder of the recordings, as `deskhand eval` writes it.
        episodes: how many of each family.

    Yields:
        how many there will be, and the folder of one that succeeded, or None for one that did not.
    """
    suite = DeskSuite()
    tasks = [family.name for family in families() if family.trained]
    seeds = range(FIRST_TRAINING_SEED, FIRST_TRAINING_SEED + episodes)
    for episode in run_suite(suite, suite.oracle, tasks, seeds, out, make_sandbox=Lightbox):
        folder = trajectory_folder(out, episode.task, episode.seed)
        yield len(tasks) * episodes, folder if episode.success else None
