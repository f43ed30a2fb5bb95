"""What an episode is before and after it is run, and the file that keeps results."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from deskhand.disk import refuse_link, safe_relative
from deskhand.errors import UsageError
from deskhand.lines import FORMAT, ResultLines
from deskhand.trajectories.reader import Trajectory

RESULTS = "results.jsonl"
MOST_EPISODES = 1_000_000
_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")


class EpisodeKey(NamedTuple):
    """One episode to be run: ``attempt`` counts from 1."""

    task: str
    seed: int
    attempt: int = 1


class Episode(BaseModel):
    """One finished episode: a line of the results file.

    ``error`` is set where the environment failed; such an episode is neither a success nor a failure.

    Attributes:
        reward: as the task gave it; None in files that kept only the success.
        cost: money, where the model server reports it.
        trajectory: folder of the run, relative to the results file; empty where none was begun.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    suite: str
    task: str
    version: str
    seed: int
    attempt: int = Field(default=1, ge=1)
    policy: str
    category: str = ""
    instruction: str
    status: str
    success: bool
    reward: float | None = None
    reason: str = ""
    steps: int = 0
    seconds: float = 0.0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float | None = None
    error: str = ""
    trajectory: str = ""

    @property
    def key(self) -> EpisodeKey:
        """Which episode this was: task, seed and attempt."""
        return EpisodeKey(self.task, self.seed, self.attempt)

    @property
    def raw(self) -> float:
        """The task's own reward."""
        return float(self.success) if self.reward is None else self.reward


class Header(BaseModel):
    """First line of a results file: what all its episodes have in common."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    format: int = FORMAT
    suite: str
    policy: str
    version: str
    settings: dict[str, Any] = {}


def keys(
    tasks: Sequence[str], seeds: Iterable[int], repeat: int = 1, limit: int | None = None
) -> list[EpisodeKey]:
    """The episodes of a run in order: every task with the first seed, then with the next, then again.

    Raises:
        UsageError: there are more than ``MOST_EPISODES``.
    """
    numbers = list(seeds)
    count = len(tasks) * len(numbers) * repeat
    if min(count, limit or count) > MOST_EPISODES:
        raise UsageError(
            f"{count} episodes are too many, the most is {MOST_EPISODES}: use fewer seeds, or --limit"
        )
    every = (EpisodeKey(task, seed, n) for n in range(1, repeat + 1) for seed in numbers for task in tasks)
    return list(itertools.islice(every, limit))


def read_results(path: Path) -> list[Episode]:
    """The episodes of a results file; half a line at its end is left out.

    Raises:
        UsageError: another line is not a result; it names the line. Or the format is newer.
    """
    return ResultLines(path, Episode).read()


def read_run(folder: Path) -> list[Episode]:
    """The episodes of a run's folder, each as its last try ended.

    Raises:
        UsageError: there are none, or of several policies, or as ``read_results``.
    """
    path = folder / RESULTS if folder.is_dir() else folder
    found = latest(read_results(path))
    if not found:
        raise UsageError(f"{path} contains no results: give a folder that `deskhand eval` wrote")
    policies = sorted({e.policy for e in found})
    if len(policies) > 1:
        raise UsageError(
            f"{path} contains results of several policies "
            f"({', '.join(policies[:5])}): use one folder for each policy"
        )
    return found


def latest(episodes: Iterable[Episode]) -> list[Episode]:
    """One episode a key and policy, the last that was written, in the order in which they first stood."""
    return list({(e.policy, *e.key): e for e in episodes}.values())


def is_plain(name: str) -> bool:
    """Whether a name can be a folder's on every machine."""
    return _PLAIN.fullmatch(name) is not None


def recorded(folder: Path, episode: Episode) -> Trajectory:
    """The trajectory of an episode; its folder's name comes from a file that a stranger may have written.

    Raises:
        UsageError: the name leads out of the run's folder.
        TrajectoryError: there is none, or it cannot be read.
    """
    if not episode.trajectory:
        return Trajectory.open(trajectory_folder(folder, *episode.key))
    relative = safe_relative(episode.trajectory)
    for part in (*reversed(relative.parents), relative):
        refuse_link(folder / part)
    return Trajectory.open(folder / relative)


def trajectory_folder(out: Path, task: str, seed: int, attempt: int = 1) -> Path:
    """Where the trajectory of an episode's last try is.

    Raises:
        UsageError: the task's name cannot be a folder's.
    """
    if not is_plain(task):
        raise UsageError(
            f"{task[:80]!r} cannot name a folder: tasks are named by A-Z, a-z, 0-9, '.', '_', '-'"
        )
    again = "" if attempt == 1 else f".attempt{attempt}"
    return out / "trajectories" / f"{task}-{seed}{again}"
