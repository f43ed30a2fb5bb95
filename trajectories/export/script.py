"""A trajectory as a Python script on the public API, for a person to own.

What stands in the script from the screen, the instruction or the trajectory is written as a Python literal
or as a comment without line ends; deskhand never runs the script.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import deskhand
from deskhand.actions.geometry import ScreenPoint
from deskhand.actions.vocabulary import (
    ACTION,
    INWARD_KINDS,
    TERMINAL_KINDS,
    Action,
    Click,
    Drag,
    Key,
    Scroll,
    Type,
)
from deskhand.actions.words import describe
from deskhand.disk import write_new_file
from deskhand.errors import UsageError
from deskhand.progress import Progress
from deskhand.text import clean
from deskhand.trajectories.constants import parameters_of
from deskhand.trajectories.export.exchange import ExportOptions, check_free
from deskhand.trajectories.reader import Trajectory
from deskhand.trajectories.records import GIVEN_FOLDER, Step, Target
from deskhand.trajectories.workflow import Parameter, whole

HEAD = """\
#!/usr/bin/env python3
{title}

# Made from a recording by deskhand {version}. It is yours: change what you like.
# Each step waits until what it needs is on the screen, and raises where that does not come.

import argparse
{imports}from pathlib import Path

from deskhand import {names}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--sandbox", default="lightbox", help="lightbox, vm, http://HOST:PORT")
    options.add_argument("--out", default="made", help="new folder for the files that it makes")
{options}
    given = options.parse_args()
    if Path(given.out).exists():
        options.error(f"{{given.out}} is there already: name another folder with --out")
    with load_sandbox(given.sandbox) as sandbox:
        desk = Desk(sandbox)
        work(desk, given)
        for file in desk.keep(given.out):
            print(file)


def work(desk: Desk, given: argparse.Namespace) -> None:
{body}


if __name__ == "__main__":
    main()
"""
LONGEST_TITLE = 300
SKIPPED = INWARD_KINDS | {"screenshot", "wait"}
NOT_NAMED = frozenset({"", "text", "window", "titlebar"})
"""Roles that say nothing to a script."""


def export(trajectory: Trajectory, out: Path, options: ExportOptions, progress: Progress) -> list[str]:
    """Write a script to a new file; returns what a person should know of it.

    Raises:
        UsageError: something is there already, or the trajectory did nothing.
        LogError: it cannot be written.
    """
    check_free(out)
    script, warnings = script_text(trajectory)
    write_new_file(out, script.encode())
    return warnings


def script_text(recording: Trajectory) -> tuple[str, list[str]]:
    """The script, and warnings: which steps have no named target, or were not done."""
    parameters = parameters_of(recording)
    lines, warnings = [], []
    if recording.task.launch is not None:
        words = ", ".join(_literal(word) for word in (recording.task.launch, *recording.task.arguments))
        lines.append(f"    desk.open({words})")
    for name in recording.task.given:
        place = f"files/{GIVEN_FOLDER}/{name}"
        warnings.append(f"{name} was given to the run: put {place} into the desktop's home first")
    for step in recording.steps:
        for said, warning in _step(step, parameters):
            lines.append(said)
            warnings += [warning] if warning else []
    if not lines:
        raise UsageError(f"{recording.folder}: it has no actions, so there is no script to write")
    secrets = any(parameter.type == "secret" for parameter in parameters)
    text = HEAD.format(
        title=_docstring(recording.task.instruction),
        version=deskhand.__version__,
        imports="import os\n" if secrets else "",
        names="ACTION, Desk, load_sandbox"
        if any("ACTION." in line for line in lines)
        else "Desk, load_sandbox",
        options="\n".join(_option(one) for one in parameters) or "    # it has no parameters",
        body="\n".join(lines),
    )
    ast.parse(text)  # a script that cannot be read would be our own fault
    return text, warnings


def _step(step: Step, parameters: Sequence[Parameter]) -> Iterator[tuple[str, str]]:
    """The lines of a step, each with a warning or an empty text."""
    actions = step.decision.reply.actions if step.decision.reply is not None else ()
    for index, (action, outcome) in enumerate(zip(actions, step.outcomes, strict=False)):
        if not outcome.ok or action.kind in SKIPPED | TERMINAL_KINDS:
            continue
        used = [p for p in parameters if any((u.step, u.action) == (step.step, index) for u in p.uses)]
        target = step.target(index)
        call = _call(action, target, used)
        blind = isinstance(action, Click) and not _is_named(target)
        warning = f"step {step.step} clicks a place: nothing with a name was known there" if blind else ""
        words = describe(Type(text="...") if used else action, target.words if target is not None else "")
        yield f"    {call}  # {step.step}: {clean(words, 60)}", warning


def _call(action: Action, target: Target | None, used: Sequence[Parameter]) -> str:
    match action:
        case Click() if target is not None and _is_named(target):
            role = [] if target.role in NOT_NAMED else [_literal(target.role)]
            return f"desk.click({', '.join([_literal(target.name), *role, *_how(action)])})"
        case Click(at=ScreenPoint() as at):
            return f"desk.click_at({', '.join([str(at.x), str(at.y), *_how(action)])})"
        case Type(text=text, submit=submit, clear=False):
            return f"desk.type({_text(text, used)}{', submit=True' if submit else ''})"
        case Key(keys=keys, times=1, seconds=0) if all("+" not in key for key in keys):
            return f"desk.press({_literal('+'.join(keys))})"
        case Scroll(at=at, dx=dx, dy=dy, hold=()):
            place = "" if at is None else f", at=({at.x}, {at.y})"
            return f"desk.scroll({dy}, {dx}{place})"
        case Drag(path=path) if len(path) > 1:
            points = [f"({point.x}, {point.y})" for point in path]
            return f"desk.drag({', '.join([*points, *_how(action)])})"
    fields = ACTION.dump_python(action, mode="json")
    return f"desk.do(ACTION.validate_python({fields!r}))"


def _is_named(target: Target | None) -> bool:
    return target is not None and bool(target.name.strip()) and target.role != "window"


def _how(action: Click | Drag) -> Iterator[str]:
    if action.button != "left":
        yield f"button={_literal(action.button)}"
    if isinstance(action, Click) and action.count != 1:
        yield f"count={action.count}"
    if action.hold:
        yield f"hold={list(action.hold)!r}"


def _text(text: str, used: Sequence[Parameter]) -> str:
    """A text with options in place of constants, as an expression that only joins texts."""
    secret = next((one for one in used if one.type == "secret"), None)
    if secret is not None:
        return f"given.{secret.name}"
    by_constant = {one.constant: one.name for one in used}
    pattern = "|".join(whole(constant) for constant in sorted(by_constant, key=len, reverse=True))
    found = re.search(pattern, text) if pattern else None
    if found is None:
        return _literal(text)
    before, after = text[: found.start()], text[found.end() :]
    parts = [_literal(before)] * bool(before) + [f"given.{by_constant[found[0]]}"]
    return " + ".join([*parts, *([_text(after, used)] if after else [])])


def _option(parameter: Parameter) -> str:
    if parameter.type == "secret":
        variable = _literal(f"DESKHAND_SECRET_{parameter.name.upper()}")
        return f"    options.set_defaults({parameter.name}=os.environ.get({variable}, ''))"
    name, default = _literal(f"--{parameter.name}"), _literal(parameter.constant)
    return f"    options.add_argument({name}, default={default}, help={_literal(parameter.type)})"


def _docstring(text: str) -> str:
    """Text as a docstring: a literal on one line, so that nothing in it can end it."""
    return _literal(clean(text, LONGEST_TITLE).replace("%", "%%"))


def _literal(text: str) -> str:
    """A Python literal in ASCII with double quotes where these need no escaping."""
    plain = repr(text) if text.isprintable() else ascii(text)
    inside = plain[1:-1]
    return f'"{inside}"' if plain.startswith("'") and '"' not in inside and "\\'" not in inside else plain
