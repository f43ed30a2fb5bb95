"""Reads the reports of UI-TARS-desktop; see ``uitars``."""

from __future__ import annotations

import base64
import binascii
import json
import re
from datetime import UTC, datetime
from typing import Any

from pydantic import Field

from deskhand.actions import dialects
from deskhand.actions.dialects.catalogue import SECOND
from deskhand.actions.dialects.dialect import TextDialect
from deskhand.actions.dialects.quoting import escape, unescape
from deskhand.actions.dialects.render import Writer
from deskhand.actions.geometry import UnitSquare, Viewport
from deskhand.actions.reply import Reply
from deskhand.disk import read_regular_file
from deskhand.errors import ActionParseError, TrajectoryError
from deskhand.perception.screen import Screenshot
from deskhand.trajectories.export.exchange import (
    EXTRA,
    KeptStep,
    read_kept_run,
    read_kept_step,
)
from deskhand.trajectories.export.importing import (
    Story,
    TrajectoryImport,
    checked_task,
    foreign_header,
    unread,
)
from deskhand.trajectories.export.source import (
    LARGEST_DOCUMENT,
    Foreign,
    ForeignSource,
    as_record,
    decoded,
    parse,
)
from deskhand.trajectories.export.uitars import BOXES, IMAGE, NAME, STATUS, predictions_of, value_of
from deskhand.trajectories.records import Decision, Usage

MOST_TURNS = 50_000
_DUMP = re.compile(r"<script[^<>]{0,200}ui_tars_web_dump[^<>]{0,200}>\s*(?=[{\[])")
_WORD = re.compile(r"[A-Za-z_]\w{0,40}")
_LANGUAGE = TextDialect(
    "ui-tars-desktop", UnitSquare(), Writer("ui-tars-desktop", "box", SECOND), press_holds=True
)
"""The words of a report; its places are shares of the screen."""


class _Timing(Foreign):
    start: float = Field(default=0, ge=0, le=1e15, allow_inf_nan=False)
    cost: float = Field(default=0, ge=0, le=1e12, allow_inf_nan=False)


class _Context(Foreign):
    scaleFactor: float = Field(default=1, gt=0, le=100, allow_inf_nan=False)


class _Parsed(Foreign):
    action_type: str
    action_inputs: dict[str, Any] = Field(default_factory=dict)
    thought: str | None = None
    reflection: str | None = None


class _Turn(Foreign):
    from_: str = Field(alias="from")
    value: str = ""
    screenshotBase64: str | None = None
    screenshotContext: _Context | None = None
    predictionParsed: list[_Parsed] | None = None
    timing: _Timing | None = None


class _Report(Foreign):
    instruction: str | None = None
    modelName: str | None = None
    modelDetail: dict[str, Any] | None = None
    status: str | None = None
    errMsg: str | None = None
    logTime: float = Field(default=0, ge=0, le=1e15, allow_inf_nan=False)
    conversations: list[dict[str, Any]] = Field(max_length=MOST_TURNS)


def stories(source: ForeignSource) -> list[Story]:
    """Every run in a report.

    Raises:
        TrajectoryError: there is none, or it is cut off.
    """
    path = source.file("*.html", "*.json")
    if path is None:
        raise TrajectoryError(f"{source.path} contains no report: give an .html or .json file")
    text = read_regular_file(path, LARGEST_DOCUMENT).decode("utf-8", "replace")
    found: list[Any] = []
    if path.suffix.lower() == ".json":
        found.append(parse(text, str(path)))
    for number, hit in enumerate(_DUMP.finditer(text) if not found else (), 1):
        found.append(_dump(text, hit.end(), f"{path}, report {number}"))
    runs = [run for value in found for run in (value if isinstance(value, list) else [value])]
    if not runs:
        raise TrajectoryError(f"{path} is not a report of UI-TARS-desktop: it contains no run")
    return [_story(source, run, f"{path}, run {number}") for number, run in enumerate(runs, 1)]


def _dump(text: str, start: int, where: str) -> Any:
    try:
        return json.JSONDecoder().raw_decode(text, start)[0]
    except (ValueError, RecursionError, MemoryError) as error:
        raise TrajectoryError(f"{where}: not whole JSON ({type(error).__name__})") from error


def _story(source: ForeignSource, value: Any, where: str) -> Story:
    report = as_record(_Report, value, where)
    instruction = source.instruction or report.instruction or _first_words(report) or ""
    checked_task(instruction, where)
    return Story(instruction.strip(), lambda imported: _read(source, report, value, where, imported))


def _first_words(report: _Report) -> str | None:
    """The instruction as the first thing that the person said."""
    for turn in report.conversations[:20]:
        value = turn.get("value")
        if turn.get("from") == "human" and isinstance(value, str) and value != IMAGE:
            return value
    return None


def _read(
    source: ForeignSource, report: _Report, value: dict[str, Any], where: str, imported: TrajectoryImport
) -> None:
    replies = [turn.get("from") == "gpt" for turn in report.conversations]
    if any(replies) and not any(turn.get("screenshotBase64") for turn in report.conversations):
        raise TrajectoryError(
            f"{where}: the report has {sum(replies)} replies and no screenshot, and a trajectory keeps the "
            "screen of each step: save the report again with its screenshots"
        )
    run = read_kept_run(value.get(EXTRA))
    instruction = source.instruction or report.instruction or _first_words(report) or ""
    name = report.modelName or str((report.modelDetail or {}).get("name") or "ui-tars")
    header = foreign_header(
        checked_task(instruction, where), policy=name, sandbox="ui-tars-desktop", kept=run,
        started=datetime.fromtimestamp(min(report.logTime / 1000, 4e9), UTC).isoformat(timespec="seconds"),
    )  # fmt: skip
    if instruction.strip() != header.task.instruction.strip():
        header = header.model_copy(
            update={"task": header.task.model_copy(update={"instruction": instruction.strip()})}
        )
    imported.begin(header, {"format": NAME})
    shown: Screenshot | None = None
    fresh = False
    for number, raw in enumerate(report.conversations, 1):
        place = f"{where}, conversation {number}"
        imported.doing(
            f"conversations ({number} of {len(report.conversations)})", number / len(report.conversations)
        )
        turn = as_record(_Turn, raw, place)
        if turn.from_ == "human" and turn.screenshotBase64:
            shown, fresh = _picture(turn.screenshotBase64, place), True
        elif turn.from_ == "gpt":
            if shown is None:
                raise TrajectoryError(f"{place}: no screenshot comes before this reply")
            _step(imported, shown, turn, raw, report, place)
            fresh = False
    status = STATUS.get(report.status or "", "stopped")
    imported.end(shown if fresh else None, run, status=status, reason=(report.errMsg or "")[:2000])


def _picture(text: str, where: str) -> Screenshot:
    body = text.partition(",")[2] if text.startswith("data:") else text
    try:
        data = base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError) as error:
        raise TrajectoryError(f"{where}: the screenshot is not base64") from error
    return decoded(data, "screenshot", where)


def _step(
    imported: TrajectoryImport,
    shown: Screenshot,
    turn: _Turn,
    raw: dict[str, Any],
    report: _Report,
    place: str,
) -> None:
    kept = read_kept_step(raw.get(EXTRA))
    if kept is not None:
        if _unchanged(kept, raw, shown.viewport):
            imported.kept(shown, kept)
            return
        imported.warn(f"{place}: it was changed after deskhand wrote it, so only its own text is taken")
    timing = turn.timing or _Timing()
    decision = _decision(turn, report, shown.viewport)
    if decision.reply is None:
        imported.warn(f"{place}: {decision.error}; the step is kept without an action")
    spent = decision.model_copy(update={"usage": Usage(seconds=timing.cost / 1000)})
    seconds = max(0.0, (timing.start + timing.cost - report.logTime) / 1000) if timing.start else 0.0
    imported.step(shown, spent, seconds=seconds)


def _unchanged(kept: KeptStep, raw: dict[str, Any], viewport: Viewport) -> bool:
    same = predictions_of(kept.decision.reply, viewport) == raw.get("predictionParsed")
    return same and value_of(kept.decision, viewport) == raw.get("value")


def _decision(turn: _Turn, report: _Report, viewport: Viewport) -> Decision:
    parsed = turn.predictionParsed or []
    raw = turn.value[:200_000]
    scale = (turn.screenshotContext or _Context()).scaleFactor
    try:
        if not parsed:
            return Decision(reply=_model_dialect(report).parse(raw, viewport), raw=raw)
        actions = [
            action
            for one in parsed
            for action in _LANGUAGE.parse(_call(one, viewport, scale), viewport).actions
        ]
    except ActionParseError as error:
        return unread(str(error), raw)
    thought, reflection = parsed[0].thought or "", parsed[0].reflection or ""
    return Decision(reply=Reply(thought=thought, reflection=reflection, actions=tuple(actions)), raw=raw)


def _model_dialect(report: _Report) -> dialects.Dialect:
    """The dialect of the model that a report names, for replies that nobody took apart."""
    name = (report.modelName or "").lower()
    return dialects.get("ui-tars-1.5" if "1.5" in name and "doubao" not in name else "ui-tars-1.0")


def _call(one: _Parsed, viewport: Viewport, scale: float) -> str:
    """A prediction as the call that it was made of, with places as shares of the screen."""
    if not _WORD.fullmatch(one.action_type):
        raise ActionParseError(f"{one.action_type[:60]!r} is no action")
    written = []
    for name, value in list(one.action_inputs.items())[:32]:
        if name in BOXES.values() or value in (None, ""):
            continue
        if not _WORD.fullmatch(name):
            raise ActionParseError(f"{one.action_type}: {name[:60]!r} is no argument")
        if name in BOXES:
            written.append(f"{name}='{_share(value)}'")
        else:
            text = value if isinstance(value, str) else json.dumps(value)[:2000]
            written.append(f"{name}='{escape(unescape(text))}'")
    for box, coords in BOXES.items():
        if not one.action_inputs.get(box) and one.action_inputs.get(coords):
            written.append(f"{box}='{_of_pixels(one.action_inputs[coords], viewport, scale)}'")
    return f"Action: {one.action_type}({', '.join(written)})"


def _share(value: Any) -> str:
    """A box as the point in its middle."""
    numbers = _numbers(_list(value) if isinstance(value, str) else value)
    if len(numbers) not in (2, 4):
        raise ActionParseError("a box has two or four numbers")
    x, y = (numbers[0] + numbers[-2]) / 2, (numbers[1] + numbers[-1]) / 2
    return f"({x:.9f},{y:.9f})"


def _list(text: str) -> Any:
    try:
        return parse(text[:1000], "a box")
    except TrajectoryError as error:
        raise ActionParseError("a box is a list of numbers") from error


def _of_pixels(value: Any, viewport: Viewport, scale: float) -> str:
    numbers = _numbers(value)
    if len(numbers) != 2:
        raise ActionParseError("a place has two numbers")
    return f"({numbers[0] / scale / viewport.width:.9f},{numbers[1] / scale / viewport.height:.9f})"


def _numbers(value: Any) -> list[float]:
    if not isinstance(value, list) or not all(type(one) in (int, float) and abs(one) < 1e6 for one in value):
        raise ActionParseError("a place is a list of numbers")
    return [float(one) for one in value]
