"""What a report shows of a run: tables, and each failure with the last screen of its episode."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from deskhand.actions.words import describe
from deskhand.benchmarks.runner.episodes import RESULTS, Episode, read_run, recorded
from deskhand.benchmarks.runner.statistics import summarize
from deskhand.benchmarks.runner.tables import Row, baseline_rows, category_rows, task_rows, total_rows
from deskhand.errors import TrajectoryError, UsageError
from deskhand.trajectories.reader import Trajectory
from deskhand.trajectories.viewer import bounds

MOST_FAILURES = 1000
MOST_PICTURES = 300
PICTURE_SIDE = 480
LONGEST = 600


@dataclass(frozen=True, slots=True)
class Failure:
    """An episode that was not done, or whose environment failed; texts are foreign, and bounded.

    Attributes:
        reason: what the check, or the environment, said.
        last: the last thing that was thought and done, in words.
        picture: the last screen as a data URL; empty with ``missing`` saying why.
    """

    task: str
    seed: int
    attempt: int
    instruction: str
    status: str
    reason: str
    steps: int
    last: str
    trajectory: str
    picture: str
    missing: str


@dataclass(frozen=True, slots=True)
class Content:
    """All of a report. Rows are those of ``benchmarks.tables``."""

    suite: str
    policy: str
    totals: Sequence[Row]
    categories: Sequence[Row]
    tasks: Sequence[Row]
    failures: Sequence[Failure]
    errors: Sequence[Failure]
    left_out: int


def content_of(folder: Path, *, pictures: bool = True) -> Content:
    """Read a run, and the baselines in it.

    Raises:
        UsageError: the folder has no results, or they cannot be read.
    """
    episodes = read_run(folder)
    totals = total_rows(summarize(episodes), episodes[0].policy)
    for beside in _baselines(folder):
        totals += baseline_rows(summarize(beside), beside[0].policy)
    bad = [e for e in episodes if e.error or not e.success]
    failures = list(_failures(folder, bad[:MOST_FAILURES], MOST_PICTURES if pictures else 0))
    return Content(
        suite=bounds.text(episodes[0].suite, 100),
        policy=bounds.text(episodes[0].policy, 100),
        totals=totals,
        categories=category_rows(episodes),
        tasks=task_rows(episodes),
        failures=[failure for failure, e in zip(failures, bad, strict=False) if not e.error],
        errors=[failure for failure, e in zip(failures, bad, strict=False) if e.error],
        left_out=len(bad) - len(failures),
    )


def _baselines(folder: Path) -> Iterator[list[Episode]]:
    below = folder / "baselines"
    for path in sorted(below.iterdir())[:20] if below.is_dir() and not below.is_symlink() else ():
        if (path / RESULTS).is_file():
            yield read_run(path)


def _failures(folder: Path, episodes: Sequence[Episode], pictures: int) -> Iterator[Failure]:
    for episode in episodes:
        last, picture, missing = "", "", ""
        try:
            trajectory = recorded(folder, episode)
            last = _last(trajectory)
            if pictures > 0:
                picture, pictures = _picture(trajectory), pictures - 1
            else:
                missing = "no picture: there are many; the trajectory has it"
        except (TrajectoryError, UsageError) as error:
            missing = f"no picture: {error}"
        yield Failure(
            task=bounds.text(episode.task, 100),
            seed=episode.seed,
            attempt=episode.attempt,
            instruction=bounds.text(episode.instruction, LONGEST),
            status=bounds.text(episode.status, 40),
            reason=bounds.text(episode.error or episode.reason, LONGEST),
            steps=episode.steps,
            last=last,
            trajectory=bounds.text(episode.trajectory, 300),
            picture=picture,
            missing=bounds.text(missing, LONGEST),
        )


def _last(trajectory: Trajectory) -> str:
    if not trajectory.steps:
        return "nothing was decided"
    decision = trajectory.steps[-1].decision
    if decision.reply is None:
        return bounds.text(f"a reply that is no action: {decision.error}", LONGEST)
    done = ", ".join(describe(action) for action in decision.reply.actions[:10])
    return bounds.text(f"{decision.reply.thought} → {done}", LONGEST)


def _picture(trajectory: Trajectory) -> str:
    """The last screen that was kept, made small, as a data URL.

    Raises:
        TrajectoryError: there is none, or it cannot be read.
    """
    frames = [step.frame for step in trajectory.steps]
    if trajectory.end is not None and trajectory.end.frame is not None:
        frames.append(trajectory.end.frame)
    if not frames:
        raise TrajectoryError(f"{trajectory.folder} has no screens")
    image = Image.fromarray(trajectory.frame(frames[-1]).pixels)
    image.thumbnail((PICTURE_SIDE, PICTURE_SIDE))
    data = io.BytesIO()
    image.save(data, "WEBP", quality=70)
    return "data:image/webp;base64," + base64.b64encode(data.getvalue()).decode()
