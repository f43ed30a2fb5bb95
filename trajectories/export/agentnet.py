"""AgentNet's trajectories (OpenCUA): JSON lines, one task a line, screenshots in a folder of images.

A line has ``task_id``, ``instruction``, further words about the task and its scores, and ``traj``: for
each step ``index``, ``image`` (the screen before) and ``value`` with ``code`` (calls of pyautogui with
places as shares of the screen), ``observation``, ``thought``, ``action``, ``reflection`` and two verdicts
on the step before.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import Field

from deskhand.actions.geometry import ScreenPoint, UnitSquare, Viewport
from deskhand.actions.script import read_script, write_script
from deskhand.disk import write_new_file
from deskhand.errors import ActionParseError, TrajectoryError
from deskhand.perception.screen import Screenshot
from deskhand.progress import Progress
from deskhand.trajectories.export.exchange import (
    EXTRA,
    ExportOptions,
    copy_files,
    kept_run,
    kept_step,
    new_folder,
    png,
    read_kept_run,
    read_kept_step,
)
from deskhand.trajectories.export.importing import (
    Story,
    TrajectoryImport,
    checked_task,
    decided,
    foreign_header,
    unread,
)
from deskhand.trajectories.export.source import Foreign, ForeignSource, as_record, head, lines, parse
from deskhand.trajectories.folders import slug
from deskhand.trajectories.reader import Trajectory
from deskhand.trajectories.records import Decision, Step

NAME = "agentnet"
LOG = "agentnet.jsonl"
TASK_NOTE = "AgentNet's words on the task"
STEP_NOTE = "AgentNet's words on the step"
MOST_STEPS = 20_000
_OWN = frozenset({"task_id", "instruction", "traj", EXTRA})
_SAID = ("observation", "action", "last_step_correct", "last_step_redundant")


class _Value(Foreign):
    code: str
    thought: str | None = None
    reflection: str | None = None


class _Step(Foreign):
    image: str = Field(min_length=1)
    value: _Value


class _Task(Foreign):
    task_id: str = ""
    instruction: str | None = None
    natural_language_task: str | None = None
    traj: list[dict[str, Any]] = Field(max_length=MOST_STEPS)


def looks_like(path: Path) -> bool:
    """Whether a path holds AgentNet's trajectories."""
    files = sorted(path.glob("*.jsonl"))[:8] if path.is_dir() else [path]
    return any(file.suffix == ".jsonl" and b'"traj"' in head(file) for file in files)


def export(trajectory: Trajectory, out: Path, options: ExportOptions, progress: Progress) -> list[str]:
    """Write a folder with one line of AgentNet's and the screenshots in ``images``; returns warnings.

    Raises:
        UsageError: ``out`` exists.
        LogError: it cannot be written.
        TrajectoryError: a frame is missing or damaged.
    """
    warnings: list[str] = []
    about = _note(trajectory, 0, TASK_NOTE)
    task_id = slug(str(about.pop("task_id", ""))) or slug(trajectory.folder.resolve().name) or "task"
    with new_folder(out) as folder:
        images = folder / "images"
        images.mkdir()
        copy_files(trajectory, folder)
        steps = []
        for index, step in enumerate(trajectory.steps):
            progress(f"steps ({index + 1} of {len(trajectory.steps)})", (index + 1) / len(trajectory.steps))
            name = f"{task_id}_{index}.png"
            shot = trajectory.frame(step.frame)
            write_new_file(images / name, png(shot))
            steps.append(_record(trajectory, step, index, name, shot.viewport, warnings))
        record = {
            "task_id": task_id,
            "instruction": trajectory.task.instruction,
            **{name: value for name, value in about.items() if name not in _OWN},
            "traj": steps,
            EXTRA: kept_run(trajectory) | _last(trajectory, images, task_id),
        }
        write_new_file(folder / LOG, json.dumps(record, ensure_ascii=False).encode() + b"\n")
    return warnings


def stories(source: ForeignSource) -> list[Story]:
    """Every task of a file, in order.

    Raises:
        TrajectoryError: there is none, or a line cannot be read; the message names it.
    """
    path = source.file("*.jsonl")
    if path is None:
        raise TrajectoryError(f"{source.path} contains no file of JSON lines")
    found = [_story(source, where, line) for where, line in lines(path)]
    if not found:
        raise TrajectoryError(f"{path} is empty")
    return found


def _story(source: ForeignSource, where: str, line: bytes) -> Story:
    value = parse(line, where)
    task = as_record(_Task, value, where)
    if not task.traj:
        raise TrajectoryError(f"{where}: the task has no steps")
    instruction = source.instruction or task.instruction or task.natural_language_task or ""
    checked_task(instruction, where)
    return Story(instruction.strip(), lambda imported: _read(source, where, parse(line, where), imported))


def _record(
    trajectory: Trajectory, step: Step, index: int, image: str, viewport: Viewport, warnings: list[str]
) -> dict[str, Any]:
    reply = step.decision.reply
    written = write_script(reply.actions if reply else (), UnitSquare(), viewport)
    if reply and written.unsaid:
        kinds = ", ".join(reply.actions[at].kind for at in written.unsaid)
        warnings.append(f"step {step.step}: AgentNet cannot say all of {kinds}; only deskhand reads it")
    said = _note(trajectory, step.step, STEP_NOTE)
    return {
        "index": index,
        "image": image,
        "value": {
            "code": written.text,
            "thought": reply.thought if reply else step.decision.raw,
            "reflection": reply.reflection if reply else "",
            **{name: said[name] for name in _SAID if name in said},
        },
        EXTRA: kept_step(trajectory, step),
    }


def _note(trajectory: Trajectory, step: int, text: str) -> dict[str, Any]:
    """What an import noted, to be written back."""
    found = (note.data for note in trajectory.notes if note.step == step and note.text == text)
    return dict(next(found, {}))


def _last(trajectory: Trajectory, images: Path, task_id: str) -> dict[str, str]:
    """The screen at the end, for which AgentNet has no place."""
    if trajectory.end is None or trajectory.end.frame is None:
        return {}
    name = f"{task_id}_{len(trajectory.steps)}.png"
    write_new_file(images / name, png(trajectory.frame(trajectory.end.frame)))
    return {"last_image": name}


def _read(source: ForeignSource, where: str, value: dict[str, Any], imported: TrajectoryImport) -> None:
    task = as_record(_Task, value, where)
    run = read_kept_run(value.get(EXTRA))
    instruction = source.instruction or task.instruction or task.natural_language_task or ""
    header = foreign_header(checked_task(instruction, where), policy="person", sandbox=NAME, kept=run)
    if instruction.strip() != header.task.instruction.strip():
        header = header.model_copy(
            update={"task": header.task.model_copy(update={"instruction": instruction.strip()})}
        )
    imported.begin(header, {"format": NAME, "task_id": task.task_id[:200]})
    if run is None:
        imported.note(
            TASK_NOTE, {name: thing for name, thing in value.items() if name not in _OWN - {"task_id"}}
        )
    pointer: ScreenPoint | None = None
    for number, (place, raw) in enumerate(_steps(task, where), 1):
        imported.doing(f"steps ({number} of {len(task.traj)})", number / len(task.traj))
        step = as_record(_Step, raw, place)
        pointer = _step(imported, source.picture(step.image, place), step, raw, place, pointer)
    imported.files(source, run)
    last = value[EXTRA].get("last_image") if run is not None else None
    imported.end(source.picture(last, where) if isinstance(last, str) else None, run)


def _steps(task: _Task, where: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for index, raw in enumerate(task.traj):
        yield f"{where}, step {index}", raw


def _step(
    imported: TrajectoryImport,
    shown: Screenshot,
    step: _Step,
    raw: dict[str, Any],
    place: str,
    pointer: ScreenPoint | None,
) -> ScreenPoint | None:
    """Write one step to the import; returns where the pointer is then."""
    kept = read_kept_step(raw.get(EXTRA))
    if kept is not None:
        reply = kept.decision.reply
        written = write_script(reply.actions if reply else (), UnitSquare(), shown.viewport).text
        thought = reply.thought if reply else kept.decision.raw
        if (written, thought) == (step.value.code, step.value.thought):
            imported.kept(shown, kept)
            return None
        imported.warn(f"{place}: it was changed after deskhand wrote it, so only its own text is taken")
    decision, pointer = _decision(step.value, shown.viewport, pointer)
    if decision.reply is None:
        imported.warn(f"{place}: {decision.error}; the step is kept without an action")
    said = {name: raw["value"][name] for name in _SAID if raw["value"].get(name) is not None}
    imported.step(shown, decision, notes={STEP_NOTE: said} if said else None)
    return pointer


def _decision(
    value: _Value, viewport: Viewport, pointer: ScreenPoint | None
) -> tuple[Decision, ScreenPoint | None]:
    thought = value.thought or ""
    try:
        script = read_script(value.code, UnitSquare(), viewport, pointer)
    except ActionParseError as error:
        return unread(str(error), value.code[:100_000], thought), None
    reflection = value.reflection or ""
    return decided(script, thought=thought, reflection=reflection, raw=value.code[:100_000]), script.pointer
