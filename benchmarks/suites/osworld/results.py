"""Results of ``deskhand eval osworld`` as OSWorld's own tree, so that its scripts read them.

    TREE/pyautogui/screenshot/MODEL/DOMAIN/ID/{traj.jsonl, step_*.png, result.txt, runtime.log}

A task whose environment failed has no result.txt: OSWorld counts it as not run yet. OSWorld has one result a
task, so of a run with several seeds or attempts each is a model of its own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from deskhand.actions.words import describe
from deskhand.benchmarks.runner.episodes import Episode, is_plain, read_run, recorded
from deskhand.benchmarks.suites.osworld.folder import DOMAINS
from deskhand.disk import write_new_file, writing
from deskhand.errors import TrajectoryError, UsageError
from deskhand.progress import Progress, silent
from deskhand.text import clean
from deskhand.trajectories.export.exchange import new_folder
from deskhand.trajectories.export.osworld import LOG, write_score, write_steps
from deskhand.trajectories.reader import Trajectory

ACTION_SPACE, OBSERVATION_TYPE = "pyautogui", "screenshot"
"""What trajectories are written in, and what policies are shown."""
SUITE = "osworld"
_OTHER = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class ResultTree:
    """What was written.

    Attributes:
        models: names of the folders of the models, one for each seed and attempt.
        tasks, errors: how many tasks have a result, and how many an environment that failed.
        warnings: what OSWorld's form cannot say, and which trajectories are missing.
    """

    models: tuple[str, ...]
    tasks: int
    errors: int
    warnings: tuple[str, ...]


def write_result_tree(
    run: Path, out: Path, *, model: str | None = None, progress: Progress = silent
) -> ResultTree:
    """Write the tree of a run into a new folder.

    Args:
        run: folder that `deskhand eval osworld` wrote.
        model: what the model is called there; the policy's name if not given.

    Raises:
        UsageError: the folder has no results of OSWorld's tasks, or ``out`` exists.
        LogError: it cannot be written.
    """
    episodes = read_run(run)
    if episodes[0].suite != SUITE:
        raise UsageError(
            f"{run} has results of {episodes[0].suite[:80]!r}: only those of `deskhand eval osworld` have "
            "OSWorld's form"
        )
    name = _OTHER.sub("-", model or episodes[0].policy)[:80].strip("-.") or "deskhand"
    several = len({(one.seed, one.attempt) for one in episodes}) > 1
    warnings: list[str] = []
    models: list[str] = []
    with new_folder(out) as tree:
        for number, episode in enumerate(episodes, 1):
            progress(f"tasks ({number} of {len(episodes)})", number / len(episodes))
            mine = _model(name, episode) if several else name
            place = tree / ACTION_SPACE / OBSERVATION_TYPE / mine
            if mine not in models:
                models.append(mine)
                _write_arguments(place, mine, episode)
            warnings += _write_task(run, episode, place / _domain(episode) / _task(episode))
    errors = sum(bool(one.error) for one in episodes)
    return ResultTree(tuple(models), len(episodes) - errors, errors, tuple(warnings))


def _model(name: str, episode: Episode) -> str:
    again = "" if episode.attempt == 1 else f"-attempt{episode.attempt}"
    return f"{name}-seed{episode.seed}{again}"


def _domain(episode: Episode) -> str:
    return episode.category if episode.category in DOMAINS else "other"


def _task(episode: Episode) -> str:
    if not is_plain(episode.task):
        raise UsageError(
            f"{episode.task[:80]!r} cannot name a folder: the results are not as they were written"
        )
    return episode.task


def _write_arguments(place: Path, model: str, episode: Episode) -> None:
    """What OSWorld's runner keeps of its command line, as far as there is such a thing here."""
    known = {
        "action_space": ACTION_SPACE,
        "observation_type": OBSERVATION_TYPE,
        "model": model,
        "policy": episode.policy,
    }
    with writing("args.json", place):
        place.mkdir(parents=True)
    write_new_file(place / "args.json", json.dumps(known, indent=4).encode())


def _write_task(run: Path, episode: Episode, place: Path) -> list[str]:
    """Write one task's folder; returns warnings."""
    warnings: list[str] = []
    trajectory = None
    with writing(episode.task, place):
        place.mkdir(parents=True)
    try:
        trajectory = recorded(run, episode)
        warnings = [f"{episode.task}: {one}" for one in write_steps(trajectory, place, silent)]
    except (TrajectoryError, UsageError) as error:
        if not episode.error:
            warnings.append(f"{episode.task}: only its result is there: {error}")
    lines = "".join(f"{clean(line, 2000)}\n" for line in _lines(episode, trajectory))
    write_new_file(place / "runtime.log", lines.encode())
    if episode.error:
        with writing(LOG, place), (place / LOG).open("a", encoding="utf-8") as log:
            log.write(json.dumps({"Error": episode.error}) + "\n")
    else:
        write_score(episode.raw, place)
    return warnings


def _lines(episode: Episode, trajectory: Trajectory | None) -> Iterator[str]:
    """What happened, for a person."""
    yield f"task {episode.task}, seed {episode.seed}, policy {episode.policy}: {episode.instruction}"
    for step in () if trajectory is None else trajectory.steps:
        reply = step.decision.reply
        yield f"step {step.step}: {reply.thought if reply else step.decision.raw}"
        actions = reply.actions if reply else ()
        for index, action in enumerate(actions):
            outcome = step.outcomes[index] if index < len(step.outcomes) else None
            became = "" if outcome is None else f": {outcome.status} {outcome.reason}"
            yield f"step {step.step}, {describe(action)}{became}"
        yield from (f"step {step.step}, note: {note}" for note in step.notes)
    yield f"ended: {episode.status}, after {episode.steps} steps and {episode.seconds:.1f} s"
    why = f" ({episode.reason})" if episode.reason else ""
    yield f"environment error: {episode.error}" if episode.error else f"score: {episode.raw}{why}"
