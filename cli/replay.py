"""``deskhand replay``: a recorded trajectory done again, each step verified."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from deskhand.cli import completion
from deskhand.cli.attending import AttendedOptions, attending, secrets_named
from deskhand.cli.console import print_json, print_rows
from deskhand.cli.helping import helping
from deskhand.cli.options import (
    DialectOption,
    GivenOption,
    ModelOption,
    ProfileOption,
    SetOption,
    taking,
)
from deskhand.cli.rules import guard_of
from deskhand.cli.sandboxes import ChosenSandbox, ConsentOption, RootOption, SandboxOption, SizeOption
from deskhand.errors import TrajectoryError, UsageError
from deskhand.text import clean

if TYPE_CHECKING:
    from deskhand.agent.replay import Replayed
    from deskhand.policies.replay.script import ReplayPlan
    from deskhand.trajectories.reader import Trajectory


@dataclass(frozen=True, slots=True)
class ReplayOptions(AttendedOptions):
    """How a trajectory is replayed; as typed on the command line."""

    first: Annotated[
        int | None, typer.Option("--from", min=1, help="First step to replay; default: the first.")
    ] = None
    last: Annotated[
        int | None, typer.Option("--to", min=1, help="Last step to replay; default: the last.")
    ] = None
    speed: Annotated[
        float | None,
        typer.Option(
            min=0.01, help="Speed relative to the recording; default: as fast as steps can be verified."
        ),
    ] = None
    patience: Annotated[
        float,
        typer.Option(
            min=0,
            max=3600,
            help="Seconds to wait for each screen, if longer than three times the recorded time.",
        ),
    ] = 0.0
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Print the steps and what would keep them from being replayed; do nothing."
        ),
    ] = False
    policy: Annotated[
        str | None,
        typer.Option(
            help="Policy for screens that are not recognised: embedded, openai, ...; default: none.",
            autocompletion=completion.policies,
        ),
    ] = None
    model: ModelOption = None
    dialect: DialectOption = None
    profile: ProfileOption = None
    profile_set: SetOption = None
    sandbox: SandboxOption = "lightbox"
    launch: Annotated[
        bool, typer.Option("--launch/--no-launch", help="Open the program that the recording opened first.")
    ] = True
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
    time_limit: Annotated[float, typer.Option(min=1, help="Seconds before the run ends.")] = 3600.0
    out: Annotated[
        Path | None, typer.Option(help="Folder for the new trajectory; default: a new one below runs/.")
    ] = None
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object a step, then one for the run.")
    ] = False


@taking(ReplayOptions)
def replay(
    trajectory: Annotated[
        Path,
        typer.Argument(
            help="Folder of the trajectory.", show_default=False, autocompletion=completion.trajectories
        ),
    ],
    options: ReplayOptions,
) -> None:
    """Replay a trajectory, verifying each screen; stop at the first that is not recognised.

    Each step checks that the screen is the expected one: by its pixels, or by the words on it and what
    the step before changed. The target of a click is located again: at its place, or elsewhere in a moved
    window, a scrolled list, another theme or size. If that fails, --policy decides; without it the replay
    stops, and drift.png in the new trajectory shows the expected screen beside the actual one. Without
    --size the screen has the size of the recorded one.

    With --rules, --secret and --live a replay is ruled, given its secrets and watched like a run.

    A recording that was given files with --open gives them again; --open names others in their place.

    Example: deskhand replay runs/20261127-101500-save-a-note --policy embedded

    Exit codes: 0 done, 1 drift or not done, 2 usage, 3 environment, 4 model or backend, 5 limit,
    130 interrupted.
    """
    from deskhand.agent.given import given_again
    from deskhand.agent.limits import Limits
    from deskhand.agent.opening import check_opening
    from deskhand.agent.replay import replay as replay_script
    from deskhand.policies.replay.script import script_of
    from deskhand.trajectories.reader import Trajectory

    recorded = Trajectory.open(trajectory)
    script = script_of(recorded, first=options.first, last=options.last)
    if options.dry_run:
        raise typer.Exit(_plan(script, options.json))
    if options.open and not options.launch:
        raise UsageError(
            "--open is given to the program that the recording began with: leave out --no-launch"
        )
    if options.launch:
        check_opening(recorded.task, options.sandbox)
    given = given_again(recorded, options.open or ()) if options.launch else ()
    chosen = ChosenSandbox(
        options.sandbox,
        size=options.size if options.size is not None else recorded_size(recorded, options.sandbox),
        share=options.share,
        root=options.root,
        agreed=options.yes_drive_my_desktop,
    )
    task = recorded.task if options.launch else recorded.task.unopened
    secrets = secrets_named(options.secret, task.instruction)
    guard_of(options.rules, options.yes, options.sandbox, None)  # says faults before anything starts
    with (
        helping(options) as helper,
        chosen.open(Console(), quiet=options.json) as desktop,
        attending(options, desktop, task.instruction, helper, secrets=secrets, quiet=options.json) as person,
    ):
        done = replay_script(
            script,
            desktop,
            task=task,
            helper=helper,
            speed=options.speed,
            patience=options.patience,
            limits=Limits(steps=1000 * (len(script.steps) + 1), seconds=options.time_limit),
            out=options.out,
            listener=person.listener,
            control=person.control,
            guard=person.guard,
            secrets=secrets,
            open=given,
        )
    _print_result(done, options.json)
    raise typer.Exit(done.exit_code)


def recorded_size(recorded: Trajectory, sandbox: str) -> str | None:
    """The recorded screen's size, for sandboxes that can have it."""
    if sandbox.partition(":")[0] not in ("lightbox", "vm") or not recorded.steps:
        return None
    try:
        view = recorded.frame(recorded.steps[0].frame).viewport
    except TrajectoryError:
        return None
    return f"{view.width}x{view.height}"


def _plan(script: ReplayPlan, as_json: bool) -> int:
    """Print what would be done; 1 if something in it cannot be replayed."""
    rows, bad = [], 0
    task = script.trajectory.task
    if task.launch is not None:
        words = clean(" ".join(["open", task.launch, *task.arguments]))
        rows.append({"step": 0, "seconds": 0.0, "action": words, "problem": ""})
    for planned in script.steps:
        problem = ""
        try:
            script.frame(planned)
        except TrajectoryError as error:
            problem = str(error)
        if planned.hidden:
            problem = "what was typed here was hidden: make a workflow of it"
        bad += bool(problem)
        rows.append(
            {
                "step": planned.step,
                "seconds": planned.seconds,
                "action": planned.words,
                "problem": clean(problem),
            }
        )
    title = f"{clean(script.trajectory.task.instruction)}: {len(rows)} steps"
    print_rows(title, rows, as_json=as_json)
    return 1 if bad else 0


def _print_result(done: Replayed, as_json: bool) -> None:
    rows: list[dict[str, Any]] = [
        {
            "step": one.step,
            "action": one.action,
            "found": one.found,
            "shift": f"{one.shift[0]:+d},{one.shift[1]:+d}" if one.shift != (0, 0) else "",
            "sure": round(one.sure, 2),
            "waits": one.waited,
            "ms": round(one.seconds * 1000),
            "note": one.note,
        }
        for one in done.report.findings
    ]
    notes = [] if done.picture is None else [f"Expected and actual screen: {done.picture}"]
    print_rows("Steps", rows, as_json=as_json, notes=notes)
    if as_json:
        drift = done.report.drift
        print_json(
            {
                "status": "drift" if drift is not None else done.result.status,
                "reason": drift.reason if drift is not None else done.result.reason,
                "step": drift.step if drift is not None else None,
                "picture": str(done.picture) if done.picture is not None else None,
                "seconds": round(done.result.seconds, 3),
                "trajectory": str(done.result.trajectory),
            }
        )
