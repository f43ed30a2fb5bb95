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
    help="""Check, repair, edit and clean up trajectories.

    Nothing is rewritten: repair, cut, mask and note make a new trajectory. Its header names the id of the
    one that it was made from (derived_from); check --json prints both.

    Example: deskhand trajectory check runs/2*""",
)

_JSON = Annotated[bool, typer.Option("--json", help="Print one JSON object a line instead of a table.")]
_Origin = Annotated[
    Path,
    typer.Argument(
        help="Folder of the trajectory.", show_default=False, autocompletion=completion.trajectories
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
    """Read every line, frame and file of trajectories, and report what is damaged.

    A repair is what every reader corrects by itself: a last line that was cut off, an action without an
    outcome. A fault cannot be corrected: a line that cannot be read, a frame that is missing or whose
    pixels do not match its name, a missing file. Each fault is printed with its line in trajectory.jsonl.
    During a run, repairs do not count as damage.

    Keys are looked for too: the values of OPENAI_API_KEY and DESKHAND_SECRET_*, and those in the
    addresses of OPENAI_BASE_URL and DESKHAND_SANDBOX, as far as they are set now. If one is found in a
    text, a file or a name of the trajectory, its variable is printed, so that you can replace the key.
    Pictures are not searched, and values of less than 6 characters are not searched for.

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
    """Make a new trajectory from what is readable in a damaged one.

    Lines that cannot be read are left out, and so are lines that depend on them. An action without an
    outcome gets the outcome unknown. A step whose frame is lost stays, without its picture. Losses are
    printed, and noted in the copy. A trajectory without a header cannot be repaired.

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
    """Copy a range of steps of a trajectory, first and last included.

    Steps keep their numbers. The screen after the last copied step is kept. Files that the run made are
    kept only if the last step of the run is, because any step may have made them.

    Example: deskhand trajectory cut runs/long --from 3 --to 9 --out runs/short
    """
    from deskhand.trajectories.repair.edit import cut as cut_one

    with progress_bar() as progress:
        made = cut_one(trajectory, out, first=first, last=last, progress=progress)
    _print_copy(made, json)


@app.command("note")
def note(
    trajectory: _Origin,
    text: Annotated[str, typer.Argument(help="Text of the note, up to 2000 characters.", show_default=False)],
    step: Annotated[
        int, typer.Option(min=0, help="Number of the step that the note belongs to.", show_default=False)
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
            help="Region to mask: left,top,right,bottom in pixels of the frames; repeatable.",
        ),
    ] = None,
    steps: Annotated[
        str | None,
        typer.Option(metavar="A-B", help="Mask only the frames of these steps; default: all."),
    ] = None,
    text: Annotated[
        bool,
        typer.Option(
            "--text/--no-text", help="Hide also text typed into a region, and names of elements in it."
        ),
    ] = True,
    hide_text: Annotated[
        list[int] | None,
        typer.Option(
            metavar="STEP", help="Hide the text that this step types, wherever it appears; repeatable."
        ),
    ] = None,
    json: _JSON = False,
) -> None:
    """Copy a trajectory with regions of the screen painted black and their texts removed.

    Texts that were typed into an element in a region, and names of elements there, become [hidden]
    everywhere: in actions, targets, thoughts, raw replies, notes, answers and the task. A thought or raw
    reply that contains one is removed as a whole. Files that the run made are left out if they contain
    such a text, or are not plain text.

    Descriptions of a region in other words are not found: read the copy before you share it. With --steps
    the frames of other steps stay unchanged, unless they are the same picture.

    Example: deskhand trajectory mask runs/login --box 410,300,700,330 --out runs/login-masked
    """
    from deskhand.trajectories.redaction.mask import mask as mask_one
    from deskhand.trajectories.redaction.typed import Mask

    if not box and not hide_text:
        raise UsageError("there is nothing to mask: give a region with --box, or a step with --hide-text")
    first, last = _range(steps)
    wanted = Mask(tuple(box_of(one) for one in box or ()), first, last, text, frozenset(hide_text or ()))
    with progress_bar() as progress:
        made = mask_one(trajectory, out, wanted, progress=progress)
    _print_copy(made, json)


@app.command("gc")
def gc(
    runs: Annotated[Path, typer.Argument(help="Folder that contains trajectories.", show_default=False)],
    yes: Annotated[
        bool, typer.Option("--yes/--dry-run", help="Remove the files; --dry-run only lists them.")
    ] = False,
    json: _JSON = False,
) -> None:
    """Remove unused files of trajectories: unreferenced frames, partly written files, empty folders.

    It checks every trajectory in the folder, down to eight levels. A trajectory that a run is writing, or
    that has an unreadable line or frame, is skipped. Only files with names that deskhand gives are
    removed; links are neither followed nor removed.

    With --json a row has trajectory; frames, files, folders (the number of each); bytes; removed; paths;
    and skipped (the reason, or empty). A trajectory with nothing to remove has a row too.

    Example: deskhand trajectory gc runs --yes
    """
    from deskhand.trajectories.repair.gc import sweep, trajectories_below

    swept = [sweep(folder, remove=yes) for folder in trajectories_below(runs)]
    rows = [
        _swept_row(one, yes) if json else _swept_row(one) for one in swept if json or _is_worth_a_row(one)
    ]
    things, size = sum(len(one.leftovers) for one in swept), sum(one.bytes for one in swept)
    leftovers = f"{things} unused files or folders, {size} bytes"
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
    """A row of gc; the paths, and whether they are gone, only where ``removed`` is given."""
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
    searched = (
        f"looked for the values of {names}"
        if names
        else "no API key is set here, so the trajectory was not searched for one"
    )
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
