"""OSWorld's results: a folder with ``traj.jsonl``, a line an action, and a screenshot after each.

Fields of a line, as OSWorld's runners write them: ``step_num``, ``action_timestamp``, ``action`` (calls of
pyautogui in pixels, or WAIT, DONE, FAIL; an object in its other action spaces), ``response``, ``reward``,
``done``, ``info``, ``screenshot_file``. Beside it lie ``instruction.txt``, ``result.txt`` and
``step_0.png``, the first screen, in the versions that keep them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from deskhand.actions.geometry import ScreenPixels, Viewport
from deskhand.actions.script import write_script
from deskhand.actions.vocabulary import TERMINAL_KINDS, Action, Finished, Infeasible, Wait
from deskhand.disk import write_new_file
from deskhand.progress import Progress
from deskhand.trajectories.export.exchange import (
    EXTRA,
    ExportOptions,
    copy_files,
    kept_run,
    kept_step,
    new_folder,
    png,
)
from deskhand.trajectories.export.source import head
from deskhand.trajectories.reader import Trajectory
from deskhand.trajectories.records import Decision, Step

NAME = "osworld"
LOG = "traj.jsonl"
RUN = "deskhand.json"
"""Beside the log: what of the whole run OSWorld has no place for."""

FIRST = ("step_0.png", "initial_state.png", "step_reset.png")
"""Names of the screen before the first action, newest custom first."""

SCORE_NOTE = "OSWorld's score"


def looks_like(path: Path) -> bool:
    """Whether a path holds OSWorld's results."""
    if path.is_dir():
        return (path / LOG).is_file()
    return path.name == LOG or (path.suffix == ".jsonl" and b'"screenshot_file"' in head(path))


def export(trajectory: Trajectory, out: Path, options: ExportOptions, progress: Progress) -> list[str]:
    """Write a folder as OSWorld's runners leave one; returns warnings.

    Raises:
        UsageError: ``out`` exists.
        LogError: it cannot be written.
        TrajectoryError: a frame is missing or damaged.
    """
    with new_folder(out) as folder:
        for note in trajectory.notes:
            score = note.data.get("score")
            if note.text == SCORE_NOTE and isinstance(score, int | float):
                write_score(score, folder)
                break
        return write_steps(trajectory, folder, progress)


def write_steps(trajectory: Trajectory, folder: Path, progress: Progress) -> list[str]:
    """Write all but the score into a folder; returns warnings. Raises as ``export``."""
    warnings: list[str] = []
    write_new_file(folder / "instruction.txt", trajectory.task.instruction.encode())
    write_new_file(folder / RUN, json.dumps(kept_run(trajectory), ensure_ascii=False).encode())
    copy_files(trajectory, folder)
    if trajectory.steps:
        write_new_file(folder / FIRST[0], png(trajectory.frame(trajectory.steps[0].frame)))
    with (folder / LOG).open("x", encoding="utf-8") as log:
        for number, step in enumerate(trajectory.steps, 1):
            progress(f"steps ({number} of {len(trajectory.steps)})", number / len(trajectory.steps))
            for record in _records(trajectory, number, step, folder, warnings):
                log.write(json.dumps(record, ensure_ascii=False) + "\n")
    return warnings


def write_score(score: float, folder: Path) -> None:
    """Write how the task was judged."""
    write_new_file(folder / "result.txt", f"{score}\n".encode())


def _records(
    trajectory: Trajectory, number: int, step: Step, folder: Path, warnings: list[str]
) -> Iterator[dict[str, Any]]:
    """The lines of a step, and its screenshot afterwards."""
    after = _after(trajectory, number)
    stamp = _stamp(trajectory.header.started, step.seconds)
    name = f"step_{number}_{stamp}.png"
    if after is not None:
        write_new_file(folder / name, png(trajectory.frame(after)))
    viewport = trajectory.frame(step.frame).viewport
    actions = step.decision.reply.actions if step.decision.reply else ()
    codes = codes_of(actions, viewport)
    unsaid = _unsaid(actions, viewport)
    if unsaid:
        warnings.append(
            f"step {step.step}: OSWorld cannot say all of {', '.join(unsaid)}; only deskhand reads it"
        )
    for index, code in enumerate(codes):
        yield {
            "step_num": number,
            "action_timestamp": stamp,
            "action": code,
            "response": response_of(step.decision),
            "reward": 0,
            "done": code in ("DONE", "FAIL"),
            "info": {},
            "screenshot_file": name if after is not None else None,
            **({EXTRA: kept_step(trajectory, step)} if index == 0 else {}),
        }


def _after(trajectory: Trajectory, number: int) -> str | None:
    """The frame after step ``number`` (from 1), if anybody looked."""
    if number < len(trajectory.steps):
        return trajectory.steps[number].frame
    return trajectory.end.frame if trajectory.end else None


def _stamp(started: str, seconds: float) -> str:
    try:
        moment = datetime.fromisoformat(started) + timedelta(seconds=seconds)
    except (ValueError, OverflowError):
        moment = datetime(1970, 1, 1) + timedelta(seconds=min(max(seconds, 0), 10**8))
    return moment.strftime("%Y%m%d@%H%M%S")


def response_of(decision: Decision) -> str:
    """What the model said: its text as it came, else the thought, else nothing."""
    return decision.raw or (decision.reply.thought if decision.reply else "")


def codes_of(actions: Sequence[Action], viewport: Viewport) -> list[str]:
    """Actions as OSWorld takes them: calls together, its three words by themselves."""
    codes: list[str] = []
    batch: list[Action] = []
    for action in actions:
        if action.kind not in TERMINAL_KINDS:
            batch.append(action)
            continue
        if batch:
            codes.append(_code(batch, viewport))
            batch = []
        codes.append("DONE" if isinstance(action, Finished) else "FAIL")
    return [*codes, _code(batch, viewport)] if batch or not codes else codes


def _code(actions: Sequence[Action], viewport: Viewport) -> str:
    if len(actions) == 1 and actions[0] == Wait():
        return "WAIT"
    return write_script(actions, ScreenPixels(), viewport).text


def _unsaid(actions: Sequence[Action], viewport: Viewport) -> list[str]:
    written = write_script(actions, ScreenPixels(), viewport)
    said = (Finished(), Infeasible())
    return [actions[index].kind for index in written.unsaid if actions[index] not in said]
