"""``deskhand trajectory``: check, repair, tidy up and edit what runs have left."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deskhand import credentials
from deskhand.cli import completion
from deskhand.cli.console import print_json, print_rows, progress_bar
from deskhand.cli.see import box_of
from deskhand.errors import UsageError
from deskhand.text import clean

if TYPE_CHECKING:
    from deskhand.trajectories.repair.check import CheckReport
    from deskhand.trajectories.repair.copies import Copy
    from deskhand.trajectories.repair.gc import Swept

LONGEST_LINE = 300
MOST_LINES = 40

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="""Check, repair, tidy up and edit what runs have left.

    Nothing is rewritten: repair, cut, mask and note make a new trajectory. Its header names the id of the
    one that it was made from (derived_from); check --json prints both.

    Example: deskhand trajectory check runs/*""",
)

_JSON = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
_Origin = Annotated[
    Path,
    typer.Argument(
        help="The folder of the trajectory.", show_default=False, autocompletion=completion.trajectories
    ),
]
_Out = Annotated[Path, typer.Option(help="Folder of the copy; it must be new or empty.", show_default=False)]


@app.command("check")
def check(
    trajectories: Annotated[
        list[Path],
        typer.Argument(
            help="Folders of trajectories.", show_default=False, autocompletion=completion.trajectories
        ),
    ],
    json: _JSON = False,
) -> None:
    """Read every line, every frame and every file of trajectories, and tell what is wrong with them.

    A repair is what every reader mends by itself: a last line that was cut off, an action whose outcome was
    never written. A fault is what it cannot: a line that cannot be read, a frame that is missing or has
    other pixels than its name says, a file that is not there. Each fault is told with the line of
    trajectory.jsonl that it is read in. While a run still goes on, repairs are not counted as wrong.

    Keys are looked for too: the values of OPENAI_API_KEY and DESKHAND_SECRET_*, and those in the addresses of
    OPENAI_BASE_URL and DESKHAND_SANDBOX, as far as they are set now. One that is in a text, a file or a name
    of the trajectory is told with its variable, so that you can change it. Pictures are not read, and values
    of less than 6 characters are not looked for.

    With --json a row has trajectory, state (whole, incomplete, damaged), steps, frames (different ones),
    bytes, end (the run's status, or null), written (whether a run writes it now), id, derived_from, repairs,
    faults (each with line, 0 if it is in no line, and reason), keys: the variables that were looked for in
    keys, those found in leaks (each with variable, place and times), and in unsearched what could not be.

    Example: deskhand trajectory check runs/20260301-101500-save-the-note

    Exit codes: 0 all are whole, and none of the keys that are set is in them; 1 something is wrong; 2 usage.
    """
    from deskhand.trajectories.repair.check import check as check_one

    with progress_bar() as progress:
        reports = [check_one(folder, progress) for folder in trajectories]
    if json:
        print_rows("", [_report_record(one) for one in reports], as_json=True)
    else:
        print_rows(
            "Trajectories", [_report_row(one) for one in reports], as_json=False, notes=_notes(reports)
        )
    raise typer.Exit(0 if all(one.whole and not one.keys.leaks for one in reports) else 1)


@app.command("repair")
def repair(trajectory: _Origin, out: _Out, json: _JSON = False) -> None:
    """Make a new trajectory of what can still be read of a damaged one.

    Lines that cannot be read are left out, and so is what cannot stand without them. An action whose outcome
    was never written gets the outcome unknown. A step whose frame is lost stays, without its picture. What is
    lost is printed, and noted in the copy. Of a trajectory without a header nothing can be read.

    Example: deskhand trajectory repair runs/broken --out runs/mended
    """
    from deskhand.trajectories.repair.edit import repair as repair_one

    with progress_bar() as progress:
        made = repair_one(trajectory, out, progress=progress)
    _print_copy(made, json, nothing="nothing was wrong with it")


@app.command("cut")
def cut(
    trajectory: _Origin,
    out: _Out,
    first: Annotated[
        int | None, typer.Option("--from", min=0, help="First step of the copy; default: the first.")
    ] = None,
    last: Annotated[
        int | None, typer.Option("--to", min=0, help="Last step of the copy; default: the last.")
    ] = None,
    json: _JSON = False,
) -> None:
    """Copy a part of a trajectory: the steps from one to another, both of them too.

    Steps keep their numbers. The screen that followed the last of them is kept. Files that the run made are
    kept only if its last step is, for they may come from any step.

    Example: deskhand trajectory cut runs/long --from 3 --to 9 --out runs/short
    """
    from deskhand.trajectories.repair.edit import cut as cut_one

    with progress_bar() as progress:
        made = cut_one(trajectory, out, first=first, last=last, progress=progress)
    _print_copy(made, json)


@app.command("note")
def note(
    trajectory: _Origin,
    text: Annotated[str, typer.Argument(help="The note, up to 2000 characters.", show_default=False)],
    step: Annotated[
        int, typer.Option(min=0, help="Number of the step that it belongs to.", show_default=False)
    ],
    out: _Out,
    json: _JSON = False,
) -> None:
    """Copy a trajectory with a note on one of its steps.

    Example: deskhand trajectory note runs/a "here the wrong menu opened" --step 4 --out runs/a-noted
    """
    from deskhand.trajectories.repair.edit import note as note_one

    with progress_bar() as progress:
        made = note_one(trajectory, out, step=step, text=text, progress=progress)
    _print_copy(made, json)


@app.command("mask")
def mask(
    trajectory: _Origin,
    out: _Out,
    box: Annotated[
        list[str] | None,
        typer.Option(
            metavar="L,T,R,B",
            help="A region: left,top,right,bottom in pixels of the frames; may be given again.",
        ),
    ] = None,
    steps: Annotated[
        str | None,
        typer.Option(metavar="A-B", help="Only in the frames of these steps; default: everywhere."),
    ] = None,
    text: Annotated[
        bool,
        typer.Option("--text/--no-text", help="Hide also what was typed into a region, and names in it."),
    ] = True,
    hide_text: Annotated[
        list[int] | None,
        typer.Option(metavar="STEP", help="Hide what this step types, wherever it went; may be given again."),
    ] = None,
    json: _JSON = False,
) -> None:
    """Copy a trajectory with regions of the screen painted black and their texts taken out.

    Hidden texts are what was typed into something that lies in a region, wholly or in part, and what the
    elements there are called. They become [hidden] wherever they are said: in actions, targets, thoughts,
    raw replies, notes, answers and the task. A thought or a raw reply in which one is found goes as a whole.
    Files that the run made are left out if a hidden text is in them, or if they are no plain text.

    What a model said in words of its own about a region cannot be known: look at the copy before you give it
    away. With --steps the frames of other steps stay as they are, unless they are the same picture.

    Example: deskhand trajectory mask runs/login --box 410,300,700,330 --out runs/login-masked
    """
    from deskhand.trajectories.redaction.mask import mask as mask_one
    from deskhand.trajectories.redaction.typed import Mask

    if not box and not hide_text:
        raise UsageError("nothing is to be masked: name a region with --box, or a step with --hide-text")
    first, last = _range(steps)
    wanted = Mask(tuple(box_of(one) for one in box or ()), first, last, text, frozenset(hide_text or ()))
    with progress_bar() as progress:
        made = mask_one(trajectory, out, wanted, progress=progress)
    _print_copy(made, json)


@app.command("gc")
def gc(
    runs: Annotated[Path, typer.Argument(help="Folder that trajectories lie in.", show_default=False)],
    yes: Annotated[
        bool, typer.Option("--yes/--dry-run", help="Remove it; without --yes only tell what would go.")
    ] = False,
    json: _JSON = False,
) -> None:
    """Remove what no trajectory needs: frames that nothing names, half-written files, empty folders.

    It looks at every trajectory in the folder, at any depth up to eight. One that a run writes at the moment
    is left alone, and so is one with a line or a frame that cannot be read. Only what has a name that
    deskhand itself gives is removed; links are neither followed nor removed.

    With --json a row has trajectory, frames, files, folders (how many of each), bytes, removed, paths (of
    each thing), and skipped (why it was left alone, or empty); one with nothing to remove has a row too.

    Example: deskhand trajectory gc runs --yes
    """
    from deskhand.trajectories.repair.gc import sweep, trajectories_below

    swept = [sweep(folder, remove=yes) for folder in trajectories_below(runs)]
    rows = [
        _swept_row(one, yes) if json else _swept_row(one) for one in swept if json or _is_worth_a_row(one)
    ]
    things, size = sum(len(one.leftovers) for one in swept), sum(one.bytes for one in swept)
    leftovers = f"{things} left-overs of {size} bytes"
    notes = (
        [f"removed {leftovers}" if yes else f"--yes would remove {leftovers}"]
        if things
        else ["nothing to remove"]
    )
    title = f"Left-overs in {clean(str(runs), LONGEST_LINE)}; trajectories looked at: {len(swept)}"
    print_rows(title, rows, as_json=json, notes=notes)


def _is_worth_a_row(swept: Swept) -> bool:
    return bool(swept.skipped or swept.leftovers)


def _swept_row(swept: Swept, removed: bool | None = None) -> dict[str, Any]:
    """A row of gc; the paths, and whether they are gone, only where ``removed`` is told."""
    kinds = [one.kind for one in swept.leftovers]
    row: dict[str, Any] = {
        "trajectory": str(swept.folder),
        "frames": kinds.count("unused frame"),
        "files": kinds.count("unfinished file"),
        "folders": kinds.count("empty folder"),
        "bytes": swept.bytes,
    }
    if removed is not None:
        row |= {"removed": removed and not swept.skipped, "paths": [one.path for one in swept.leftovers]}
    return row | {"skipped": swept.skipped}


def _report_record(report: CheckReport) -> dict[str, Any]:
    return {
        "trajectory": str(report.folder),
        "state": _state(report),
        "steps": report.steps,
        "frames": report.frames,
        "bytes": report.bytes,
        "end": report.end,
        "written": report.written,
        "id": report.id,
        "derived_from": report.derived_from,
        "repairs": list(report.repairs),
        "faults": [{"line": fault.line, "reason": fault.reason} for fault in report.faults],
        "keys": asdict(report.keys),
    }


def _report_row(report: CheckReport) -> dict[str, Any]:
    record = _report_record(report)
    row = {name: record[name] for name in ("trajectory", "state", "steps", "frames", "bytes", "end")}
    return row | {
        "repairs": len(report.repairs),
        "faults": len(report.faults),
        "keys": len(report.keys.leaks),
    }


def _state(report: CheckReport) -> str:
    return "damaged" if report.faults else "incomplete" if report.repairs else "whole"


def _notes(reports: Sequence[CheckReport]) -> list[str]:
    """What is wrong, and which keys were looked for."""
    known = credentials.known()
    short = [name for name, value in known.items() if len(value) < credentials.SHORTEST]
    names = ", ".join(name for name in known if name not in short)
    searched = f"looked for the values of {names}" if names else "no key is set, so none was looked for"
    return [*_complaints(reports), searched, *(f"{name} is too short to be looked for" for name in short)]


def _complaints(reports: Sequence[CheckReport]) -> list[str]:
    """What is wrong, a line for each thing, as far as a person reads."""
    lines = [
        clean(f"{report.folder}: {what}", LONGEST_LINE)
        for report in reports
        for what in (
            *(str(leak) for leak in report.keys.leaks),
            *(str(fault) for fault in report.faults),
            *(f"not searched for keys: {one}" for one in report.keys.unsearched),
            *(f"mended when read: {one}" for one in report.repairs),
        )
    ]
    more = len(lines) - MOST_LINES
    return lines if more <= 0 else [*lines[:MOST_LINES], f"and {more} more: --json lists them all"]


def _print_copy(made: Copy, as_json: bool, nothing: str = "") -> None:
    """Say what a copy is, and what is not in it."""
    if as_json:
        print_json({"trajectory": str(made.folder), "steps": made.steps, "remarks": list(made.remarks)})
        return
    for line in made.remarks[:MOST_LINES] or ((nothing,) if nothing else ()):
        typer.echo(clean(line, LONGEST_LINE))
    if len(made.remarks) > MOST_LINES:
        typer.echo(f"and {len(made.remarks) - MOST_LINES} more: --json lists them all")
    typer.echo(f"{made.steps} steps in {clean(str(made.folder), LONGEST_LINE)}")


def _range(text: str | None) -> tuple[int, int]:
    found = re.fullmatch(r"\s*(\d{1,9})(?:\s*-\s*(\d{1,9}))?\s*", text or "0-999999999", re.ASCII)
    if found is None or int(found[1]) > int(found[2] or found[1]):
        raise UsageError(f"steps are A-B or one number, as 3-7 or 4, not {text!r:.60}")
    return int(found[1]), int(found[2] or found[1])
