"""``deskhand workflow``: a recording with parameters, run again with other values."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from deskhand.agent.control import Control
from deskhand.agent.listener import Listener, Silent
from deskhand.cli import completion
from deskhand.cli.console import RunPrinter, print_json, print_rows
from deskhand.cli.helping import helping
from deskhand.cli.options import (
    DialectOption,
    GivenOption,
    ModelOption,
    ProfileOption,
    SetOption,
    taking,
)
from deskhand.cli.sandboxes import ChosenSandbox, ConsentOption, RootOption, SandboxOption, SizeOption
from deskhand.errors import UsageError
from deskhand.text import clean

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="""Make a workflow from a trajectory, and run it with other values.

    Example: deskhand workflow make runs/NAME --out note.json, then
    deskhand workflow run note.json --set file=list.txt""",
)

_JSON = Annotated[bool, typer.Option("--json", help="Print one JSON object a line instead of a table.")]


@app.command("make")
def make(
    trajectory: Annotated[
        Path,
        typer.Argument(
            help="Folder of the trajectory.", show_default=False, autocompletion=completion.trajectories
        ),
    ],
    parameter: Annotated[
        list[str] | None,
        typer.Option(help="NAME=CONSTANT: make this typed text a parameter of that name; repeatable."),
    ] = None,
    only_named: Annotated[
        bool, typer.Option("--only-named", help="Make no parameters except those given with --parameter.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(help="File to write; default: TRAJECTORY.workflow.json beside the trajectory."),
    ] = None,
    json: _JSON = False,
) -> None:
    """Find the typed texts of a recording that can vary, and write them as parameters to a workflow file.

    A typed text that also occurs in the instruction becomes a parameter, and so does each one named with
    --parameter. A text that was hidden while recording becomes a secret. The file refers to the folder of
    the trajectory: keep both where they are relative to each other.

    Example: deskhand workflow make runs/20261127-101500-save-a-note --parameter greeting=hello
    """
    from deskhand.trajectories.constants import parameters_of
    from deskhand.trajectories.reader import Trajectory
    from deskhand.trajectories.workflow import Workflow, log_hash

    recording = Trajectory.open(trajectory)
    found = parameters_of(recording, _pairs(parameter, "--parameter"))
    if only_named:
        named = _pairs(parameter, "--parameter")
        found = tuple(one for one in found if one.name in named or one.type == "secret")
    folder = trajectory.resolve()
    path = out if out is not None else folder.with_name(f"{folder.name}.workflow.json")
    try:
        below = folder.relative_to(path.parent.resolve())
    except ValueError as error:
        raise UsageError(
            "a workflow file must be beside its trajectory or in a folder above it, "
            f"and {path} is not: choose another --out"
        ) from error
    Workflow(
        instruction=recording.task.instruction,
        trajectory=below.as_posix(),
        log=log_hash(folder),
        parameters=found,
    ).write(path)
    rows = [
        {
            "parameter": one.name,
            "type": one.type,
            "constant": clean(one.constant),
            "steps": ", ".join(str(use.step) for use in one.uses),
        }
        for one in found
    ]
    print_rows(f"Workflow {path}", rows, as_json=json)


@dataclass(frozen=True, slots=True)
class WorkflowOptions:
    """How a workflow is run; as typed on the command line."""

    values: Annotated[
        list[str] | None, typer.Option("--set", help="NAME=VALUE: value of a parameter; repeatable.")
    ] = None
    rows: Annotated[
        Path | None, typer.Option(help="CSV file with a column for each parameter; each row is one run.")
    ] = None
    policy: Annotated[
        str | None,
        typer.Option(
            help="Policy for screens that are not recognised; default: none.",
            autocompletion=completion.policies,
        ),
    ] = None
    model: ModelOption = None
    dialect: DialectOption = None
    profile: ProfileOption = None
    profile_set: SetOption = None
    sandbox: SandboxOption = "lightbox"
    open: GivenOption = None
    share: Annotated[
        Path | None,
        typer.Option(
            help="Folder that the desktop can read and write as ~/shared; default: none.", file_okay=False
        ),
    ] = None
    size: SizeOption = None
    root: RootOption = "host"
    yes_drive_my_desktop: ConsentOption = False
    keep_desktop: Annotated[
        bool, typer.Option("--keep-desktop", help="Do not reset the desktop between rows.")
    ] = False
    out: Annotated[
        Path | None, typer.Option(help="Folder for results and trajectories; an existing one is continued.")
    ] = None
    json: _JSON = False


@app.command("run")
@taking(WorkflowOptions)
def run(
    file: Annotated[Path, typer.Argument(help="File of the workflow.", show_default=False)],
    options: WorkflowOptions,
) -> None:
    """Run a workflow with other values, once or for each row of a table.

    Every value is checked against the type of its parameter first. A parameter without a value keeps the
    recorded one. A secret is read from DESKHAND_SECRET_NAME and never stored. Each step is verified as in
    `deskhand replay`. Results are appended to results.jsonl in --out; rows that already succeeded there
    with the same values are skipped (a changed secret is not noticed).

    A recording that was given files with --open gives them to every row, as they were when it was recorded;
    --open names others in their place.

    Example: deskhand workflow run note.json --rows people.csv --out notes

    Example: deskhand workflow run sort.json --open other.txt

    Exit codes: 0 all done, 1 a row is not done, 2 usage, 3 environment, 4 model or backend, 130 interrupted.
    """
    from rich.progress import track

    from deskhand import paths
    from deskhand.agent.given import given_again
    from deskhand.agent.opening import check_opening
    from deskhand.agent.workflow import RowResult, open_workflow, read_table, run_rows, secrets_given
    from deskhand.cli.replay import recorded_size
    from deskhand.trajectories.folders import new_run_folder

    ready = open_workflow(file)
    given = {**secrets_given(ready.workflow), **_pairs(options.values, "--set")}
    _refuse_secrets(ready.workflow.parameters, options.values)
    table = (
        read_table(options.rows, ready.workflow, given) if options.rows else [ready.workflow.values(given)]
    )
    ready.check(table)
    check_opening(ready.recording.task, options.sandbox)
    given_files = given_again(ready.recording, options.open or ())
    chosen = ChosenSandbox(
        options.sandbox,
        size=options.size if options.size is not None else recorded_size(ready.recording, options.sandbox),
        share=options.share,
        root=options.root,
        agreed=options.yes_drive_my_desktop,
    )
    folder = (
        options.out
        if options.out is not None
        else new_run_folder(paths.runs_dir(), f"workflow {file.stem[:30]}")
    )
    console, control = Console(stderr=True), Control()
    listener: Listener = Silent() if options.json or len(table) > 1 else RunPrinter(Console())
    results: list[RowResult] = []
    with helping(options) as helper, chosen.open(console, quiet=options.json) as desktop, control.signals():
        run = run_rows(
            ready,
            table,
            desktop,
            folder,
            helper=helper,
            listener=listener,
            control=control,
            fresh=not options.keep_desktop and options.sandbox != "host",
            open=given_files,
        )
        with contextlib.suppress(KeyboardInterrupt):
            for result in track(
                run, total=len(table), console=console, description="rows", disable=len(table) == 1
            ):
                results.append(result)
    shown: list[dict[str, Any]] = [_shown(result) for result in results]
    if options.json:
        for row in shown:
            print_json(row)
    else:
        print_rows(f"{clean(ready.workflow.instruction)}", shown, as_json=False, notes=[f"Results: {folder}"])
    stopped = control.stopping or len(results) < len(table)
    raise typer.Exit(130 if stopped else 0 if all(result.done for result in results) else 1)


def _shown(result: Any) -> dict[str, Any]:
    return {
        "row": result.row,
        **{f"{name}": clean(value, 40) for name, value in result.values.items() if name != "row"},
        "status": result.status,
        "step": result.step,
        "seconds": result.seconds,
        "reason": clean(result.reason, 200),
    }


def _pairs(given: Sequence[str] | None, option: str) -> dict[str, str]:
    """NAME=VALUE, as often as it was given.

    Raises:
        UsageError: one has no "=", or a name is given twice.
    """
    found: dict[str, str] = {}
    for pair in given or ():
        name, equals, value = pair.partition("=")
        if not equals:
            raise UsageError(f"{option} takes NAME=VALUE, not {pair[:40]!r}")
        if name in found:
            raise UsageError(f"{option}: {name[:40]} is given twice: give it once")
        found[name] = value
    return found


def _refuse_secrets(parameters: Sequence[Any], values: Sequence[str] | None) -> None:
    """A secret on the command line would be seen by every user of the machine."""
    given = _pairs(values, "--set")
    for parameter in parameters:
        if parameter.type == "secret" and parameter.name in given:
            raise UsageError(
                f"{parameter.name} is a secret, and others can read command lines: "
                f"set DESKHAND_SECRET_{parameter.name.upper()} instead"
            )
