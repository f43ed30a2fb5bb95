"""Reads OSWorld's results, of every version of its runners that is known; see ``osworld``."""

from __future__ import annotations

import contextlib
import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from deskhand.actions.geometry import ScreenPixels, ScreenPoint, Viewport
from deskhand.actions.script import ScriptReading, read_script
from deskhand.actions.script.calls import ScriptCall, Value
from deskhand.actions.script.meaning import mean
from deskhand.actions.vocabulary import Action, CallUser, Finished, Infeasible, Wait
from deskhand.errors import ActionParseError, TrajectoryError
from deskhand.perception.screen import Screenshot
from deskhand.trajectories.export.exchange import (
    EXTRA,
    KeptRun,
    KeptStep,
    read_kept_run,
    read_kept_step,
)
from deskhand.trajectories.export.importing import (
    Story,
    TrajectoryImport,
    blank,
    checked_task,
    decided,
    foreign_header,
    unread,
    whole,
)
from deskhand.trajectories.export.osworld import FIRST, LOG, NAME, RUN, SCORE_NOTE, codes_of, response_of
from deskhand.trajectories.export.source import Foreign, ForeignSource, lines, parse, read_record
from deskhand.trajectories.records import Decision

_WORDS: dict[str, Action] = {
    "WAIT": Wait(), "DONE": Finished(), "FAIL": Infeasible(), "CALL_USER": CallUser(),
}  # fmt: skip
BEGINNING = "__init__"
NO_FIRST = "the first screen was not kept: a black one stands for it"
_FENCE = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_THOUGHT = re.compile(r"Thoughts?:\s*(.*)\Z", re.DOTALL | re.IGNORECASE)


class _Line(Foreign):
    step_num: int | None = None
    action: str | dict[str, Any] | None = None
    response: Any = None
    screenshot_file: str | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class _Turn:
    """The lines between which nothing was seen: one step."""

    where: str
    lines: tuple[_Line, ...]
    kept: KeptStep | None

    @property
    def codes(self) -> list[str | dict[str, Any] | None]:
        """What each line did, in the words of the file."""
        return [line.action for line in self.lines]


def stories(source: ForeignSource) -> list[Story]:
    """The one trajectory of a results folder.

    Raises:
        TrajectoryError: there is none.
    """
    log = source.path / LOG if source.path.is_dir() else source.path
    kept = source.text(RUN)
    run = None if kept is None else read_kept_run(parse(kept, f"{source.folder / RUN}"))
    instruction_text = (
        source.instruction or source.text("instruction.txt") or (run.header.task.instruction if run else "")
    )
    instruction = instruction_text.strip() or f"OSWorld task {source.folder.resolve().name}"
    return [Story(instruction, lambda imported: _read(source, log, instruction, run, imported))]


def _read(
    source: ForeignSource, log: Path, instruction: str, run: KeptRun | None, imported: TrajectoryImport
) -> None:
    task = checked_task(instruction, str(source.folder))
    header = foreign_header(task, policy="osworld", sandbox="osworld", kept=run)
    if source.instruction is not None:
        header = header.model_copy(
            update={"task": header.task.model_copy(update={"instruction": task.instruction})}
        )
    imported.begin(header, {"format": NAME, "example": source.folder.resolve().name[:200]})
    turns = _turns(log, imported)
    before = _first(source)
    pointer: ScreenPoint | None = None
    for number, turn in enumerate(turns, 1):
        imported.doing(f"steps ({number})", None)
        name = turn.lines[-1].screenshot_file
        after = source.picture(name, turn.where) if name else None
        if turn.codes == [BEGINNING]:
            before = after or before  # a line that some runs begin with: nothing was done yet
            continue
        shown = before or (blank(after) if after else None)
        if shown is None:
            raise TrajectoryError(f"{turn.where}: there is no screenshot before or after this action")
        pointer = _step(imported, turn, shown, pointer, seen=before is not None)
        before = after or shown
    seen = bool(run and run.end and run.end.frame) or not run
    imported.files(source, run)
    if run is None:
        _score(source, imported)
    imported.end(before if seen else None, run)


def _score(source: ForeignSource, imported: TrajectoryImport) -> None:
    """How the task was judged, if it was."""
    result = (source.text("result.txt") or "").strip()
    with contextlib.suppress(ValueError):
        score = float(result[:40])
        if math.isfinite(score):
            imported.note(SCORE_NOTE, {"score": score})


def _first(source: ForeignSource) -> Screenshot | None:
    name = next((name for name in FIRST if source.has(name)), None)
    return None if name is None else source.picture(name, str(source.folder))


def _turns(log: Path, imported: TrajectoryImport) -> Iterator[_Turn]:
    """Lines in groups: those of the same step that share their screenshot."""
    waiting: _Turn | None = None
    for where, data in lines(log):
        value = parse(data, where)
        if isinstance(value, dict) and "Error" in value and "action" not in value:
            imported.warn(f"{where}: the run broke off: {str(value['Error'])[:200]}")
            continue
        line = read_record(_Line, data, where)
        kept = read_kept_step(value.get(EXTRA)) if isinstance(value, dict) else None
        if waiting is not None and kept is None and _together(waiting, line):
            waiting = replace(waiting, lines=(*waiting.lines, line))
            continue
        if waiting is not None:
            yield waiting
        waiting = _Turn(where, (line,), kept)
    if waiting is not None:
        yield waiting


def _together(turn: _Turn, line: _Line) -> bool:
    before = turn.lines[-1]
    same = (before.step_num, before.screenshot_file) == (line.step_num, line.screenshot_file)
    has_picture = line.screenshot_file is not None or turn.kept is not None
    return same and has_picture and line.step_num is not None


def _step(
    imported: TrajectoryImport, turn: _Turn, shown: Screenshot, pointer: ScreenPoint | None, *, seen: bool
) -> ScreenPoint | None:
    """Write one step to the import; returns where the pointer is then."""
    if not seen:
        imported.warn(NO_FIRST)
    kept = turn.kept
    if kept is not None:
        actions = kept.decision.reply.actions if kept.decision.reply else ()
        same = codes_of(actions, shown.viewport) == turn.codes
        if same and turn.lines[0].response == response_of(kept.decision):
            imported.kept(shown, kept)
            return None
        imported.warn(f"{turn.where}: it was changed after deskhand wrote it, so only its own text is taken")
    decision, pointer = _decision(turn, shown.viewport, pointer)
    if decision.reply is None:
        imported.warn(f"{turn.where}: {decision.error}; the step is kept without an action")
    notes: dict[str, dict[str, Any]] = {} if seen else {NO_FIRST: {}}
    imported.step(shown, decision, masked=() if seen else (whole(shown),), notes=notes)
    return pointer


def _decision(
    turn: _Turn, viewport: Viewport, pointer: ScreenPoint | None
) -> tuple[Decision, ScreenPoint | None]:
    response = turn.lines[0].response
    raw = (
        response
        if isinstance(response, str)
        else json.dumps(response, ensure_ascii=False)
        if response
        else ""
    )
    scripts: list[ScriptReading] = []
    try:
        for line in turn.lines:
            script = _script(line.action, viewport, pointer)
            pointer = script.pointer
            scripts.append(script)
    except ActionParseError as error:
        action = turn.lines[0].action
        code = action if isinstance(action, str) else json.dumps(action, ensure_ascii=False)
        return unread(str(error), raw or code[:100_000]), None
    joined = ScriptReading(
        tuple(action for script in scripts for action in script.actions),
        "\n".join(script.said for script in scripts if script.said),
        tuple(repair for script in scripts for repair in script.repairs),
        pointer,
    )
    return decided(joined, thought=_thought(raw, joined.said), raw=raw), pointer


def _thought(raw: str, said: str) -> str:
    """What was thought: said beside the calls, or what the response holds beside its code."""
    found = _THOUGHT.search(said)
    if found is not None:
        return found[1].strip()
    return said or _FENCE.sub("", raw).strip()


def _script(
    action: str | dict[str, Any] | None, viewport: Viewport, pointer: ScreenPoint | None
) -> ScriptReading:
    if isinstance(action, dict):
        return _object(action, viewport, pointer)
    found = _WORDS.get((action or "").strip().upper())
    if found is not None:
        return ScriptReading((found,), pointer=pointer)
    return read_script(action or "", ScreenPixels(), viewport, pointer)


def _object(action: dict[str, Any], viewport: Viewport, pointer: ScreenPoint | None) -> ScriptReading:
    """OSWorld's other action spaces: computer_13, and objects that carry a command."""
    command = action.get("command")
    if isinstance(command, str):
        return _script(command, viewport, pointer)
    kind = action.get("action_type")
    if not isinstance(kind, str):
        raise ActionParseError("an object without an action_type is no action")
    if kind.upper() in _WORDS:
        return _script(kind, viewport, pointer)
    given = action.get("parameters")
    values = given if isinstance(given, dict) else {k: v for k, v in action.items() if k != "action_type"}
    return mean(_calls(kind, values), ScreenPixels(), viewport, pointer)


def _calls(kind: str, given: dict[str, Any]) -> list[ScriptCall]:
    named: dict[str, Value] = {str(name): _value(value) for name, value in given.items()}
    if kind == "SCROLL":
        ways = (("scroll", "dy"), ("hscroll", "dx"))
        return [ScriptCall(word, (), {"clicks": named[way]}, 0) for word, way in ways if named.get(way)]
    word = {"TYPING": "write", "PRESS": "press"}.get(kind, kind)
    return [ScriptCall(word, (), named, 0)]


def _value(value: Any) -> Value:
    if isinstance(value, list):
        return tuple(_value(one) for one in value[:256] if not isinstance(one, list | dict))
    return value if isinstance(value, str | int | float | bool) else None
