"""UI-TARS-desktop's report: a page that carries JSON, or that JSON by itself.

The JSON is an object with ``instruction``, ``systemPrompt``, ``modelName``, ``modelDetail``, ``status``,
``logTime`` (milliseconds) and ``conversations``. Those ``from`` human with the value ``<image>`` carry
``screenshotBase64``; those from gpt the reply as ``value`` and, understood, as ``predictionParsed``: for
each action ``action_type``, ``action_inputs``, ``thought`` and ``reflection``. A ``start_box`` is a text of
four shares of the screen. In the page it stands in ``<script type="ui_tars_web_dump">``.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import datetime
from html import escape as escape_html
from pathlib import Path
from typing import Any

from deskhand.actions import dialects
from deskhand.actions.dialects.quoting import escape
from deskhand.actions.dialects.render import spoken
from deskhand.actions.geometry import ScreenPoint, Viewport
from deskhand.actions.reply import Reply
from deskhand.actions.vocabulary import Action
from deskhand.actions.words import describe
from deskhand.errors import NotExpressible
from deskhand.perception.screen import Screenshot
from deskhand.progress import Progress
from deskhand.text import clean
from deskhand.trajectories.export.exchange import (
    EXTRA,
    ExportOptions,
    check_suffix,
    kept_run,
    kept_step,
    new_file,
    png,
)
from deskhand.trajectories.export.source import contains
from deskhand.trajectories.reader import Trajectory
from deskhand.trajectories.records import Decision, Step

NAME = "uitars"
IMAGE = "<image>"
BOXES = {"start_box": "start_coords", "end_box": "end_coords"}
STATUS = {"end": "finished", "call_user": "needs_user", "max_loop": "limit", "user_stopped": "stopped"}
"""How a run ended: the report's word -> ours."""
_STATUS_WRITTEN = {ours: theirs for theirs, ours in STATUS.items()} | {"infeasible": "end"}


_MARKS = {".html": b"ui_tars_web_dump", ".htm": b"ui_tars_web_dump", ".json": b'"conversations"'}
"""What a report has in it, by the end of its name."""


def looks_like(path: Path) -> bool:
    """Whether a path holds a report of UI-TARS-desktop."""
    files = sorted([*path.glob("*.html"), *path.glob("*.json")])[:8] if path.is_dir() else [path]
    return any(contains(file, mark) for file in files if (mark := _MARKS.get(file.suffix.lower())))


def export(trajectory: Trajectory, out: Path, options: ExportOptions, progress: Progress) -> list[str]:
    """Write a report: a page if ``out`` ends in .html, its JSON if in .json; returns warnings.

    Raises:
        UsageError: ``out`` exists, or ends in something else.
        LogError: it cannot be written.
        TrajectoryError: a frame is missing or damaged.
    """
    check_suffix(out, ".html", ".json")
    warnings: list[str] = []
    if trajectory.files:
        warnings.append(f"a report has no place for files: the run's {len(trajectory.files)} are left out")
    page = out.suffix.lower() == ".html"
    with new_file(out) as file:
        if page:
            file.write(_page_head(trajectory).encode())
        for piece in _document(trajectory, progress, warnings):
            # In JSON this stands for the same character, and nothing in it can end the script.
            file.write(piece.replace("<", "\\u003c").encode() if page else piece.encode())
        file.write(b"\n</script></body></html>\n" if page else b"\n")
    return warnings


def _page_head(trajectory: Trajectory) -> str:
    title = escape_html(clean(trajectory.task.instruction, 200))
    items = "".join(f"<li>{escape_html(_line(step))}</li>" for step in trajectory.steps)
    return (
        f'<!DOCTYPE html><html><head><meta charset="utf-8"><title>{title}</title></head><body>'
        f"<h1>{title}</h1><ol>{items}</ol>"
        '<script type="ui_tars_web_dump" type="application/json">'
    )


def _line(step: Step) -> str:
    actions = step.decision.reply.actions if step.decision.reply else ()
    return "; ".join(describe(action) for action in actions) or "no action"


def _document(trajectory: Trajectory, progress: Progress, warnings: list[str]) -> Iterator[str]:
    """The JSON in pieces, so that not all pictures are in memory at once."""
    head = {
        "version": 1,
        "instruction": trajectory.task.instruction,
        "systemPrompt": "",
        "modelName": trajectory.header.policy,
        "modelDetail": {"name": trajectory.header.policy, "provider": "", "baseUrl": "", "maxLoop": 0},
        "logTime": _began(trajectory.header.started),
        "status": _STATUS_WRITTEN.get(trajectory.end.status, "error") if trajectory.end else "running",
        EXTRA: kept_run(trajectory),
    }
    yield _json(head)[:-1] + ', "conversations": ['
    yield _json({"from": "human", "value": trajectory.task.instruction, "timing": _timing(trajectory, 0, 0)})
    for number, step in enumerate(trajectory.steps, 1):
        progress(f"steps ({number} of {len(trajectory.steps)})", number / len(trajectory.steps))
        shot = trajectory.frame(step.frame)
        yield ",\n" + _json(_shown(trajectory, shot, step.seconds))
        yield ",\n" + _json(_said(trajectory, step, shot.viewport, warnings))
    if trajectory.end is not None and trajectory.end.frame is not None:
        last = _shown(trajectory, trajectory.frame(trajectory.end.frame), trajectory.end.seconds)
        yield ",\n" + _json(last)
    yield "]}"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _began(started: str) -> int:
    try:
        return max(0, round(datetime.fromisoformat(started).timestamp() * 1000))
    except (ValueError, OverflowError):
        return 0


def _timing(trajectory: Trajectory, seconds: float, cost: float) -> dict[str, float]:
    end = _began(trajectory.header.started) + round(seconds * 1000)
    return {"start": end - round(cost * 1000), "end": end, "cost": round(cost * 1000)}


def _shown(trajectory: Trajectory, shot: Screenshot, seconds: float) -> dict[str, Any]:
    view = shot.viewport
    return {
        "from": "human",
        "value": IMAGE,
        "screenshotBase64": base64.b64encode(png(shot)).decode(),
        "screenshotContext": {
            "size": {"width": view.width, "height": view.height}, "mime": "image/png", "scaleFactor": 1,
        },
        "timing": _timing(trajectory, seconds, 0),
    }  # fmt: skip


def _said(trajectory: Trajectory, step: Step, viewport: Viewport, warnings: list[str]) -> dict[str, Any]:
    reply = step.decision.reply
    unsaid = [action.kind for action in reply.actions if not _sayable(action)] if reply else []
    if unsaid:
        warnings.append(
            f"step {step.step}: UI-TARS cannot say all of {', '.join(unsaid)}; only deskhand reads it"
        )
    return {
        "from": "gpt",
        "value": value_of(step.decision, viewport),
        "predictionParsed": predictions_of(reply, viewport),
        "screenshotContext": {"size": {"width": viewport.width, "height": viewport.height}, "scaleFactor": 1},
        "timing": _timing(trajectory, step.seconds, step.decision.usage.seconds),
        EXTRA: kept_step(trajectory, step),
    }


def value_of(decision: Decision, viewport: Viewport) -> str:
    """The reply as a model writes it: its own text, else what UI-TARS 1.5 would have written."""
    reply = decision.reply
    if decision.raw or reply is None:
        return decision.raw
    try:
        return dialects.get("ui-tars-1.5").render(reply.actions, reply.thought, viewport)
    except NotExpressible:
        return f"Thought: {reply.thought}\nAction: {'; '.join(describe(action) for action in reply.actions)}"


def predictions_of(reply: Reply | None, viewport: Viewport) -> list[dict[str, Any]]:
    """Each action of a reply as the report has it, with the reply's thought; none without a reply."""
    if reply is None:
        return []
    return [
        {
            "reflection": reply.reflection or None,
            "thought": reply.thought,
            "action_type": word,
            "action_inputs": inputs,
        }
        for word, inputs in (_spoken(action, viewport) for action in reply.actions)
    ]


def _sayable(action: Action) -> bool:
    try:
        spoken(action)
    except NotExpressible:
        return False
    return True


def _spoken(action: Action, viewport: Viewport) -> tuple[str, dict[str, Any]]:
    """An action's word and inputs; one that has none only its kind."""
    if not _sayable(action):
        return action.kind, {}
    word, arguments = spoken(action)
    inputs: dict[str, Any] = {}
    for role, value in arguments:
        if isinstance(value, ScreenPoint):
            name = "end_box" if role == "end" else "start_box"
            x, y = value.x / viewport.width, value.y / viewport.height
            inputs[name] = json.dumps([x, y, x, y])
            inputs[BOXES[name]] = [value.x, value.y]
        else:
            inputs[role] = escape(value).replace("\\'", "'")
    return word, inputs
