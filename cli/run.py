"""``deskhand run``: a task in words, done on a desktop."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from deskhand.cli import completion
from deskhand.cli.attending import AttendedOptions, attending, secrets_named
from deskhand.cli.console import print_json
from deskhand.cli.opening import read_opened, say_what_is_open
from deskhand.cli.options import (
    DialectOption,
    GrounderOption,
    MapOption,
    ModelOption,
    OpenOption,
    ProfileOption,
    SetOption,
    taking,
)
from deskhand.cli.rules import guard_of
from deskhand.cli.sandboxes import ChosenSandbox, ConsentOption, RootOption, SandboxOption, SizeOption
from deskhand.errors import LogError, TrajectoryError, UsageError
from deskhand.text import clean

if TYPE_CHECKING:
    from deskhand.knowledge.known import KnownMap
    from deskhand.policies.protocol import Policy


@dataclass(frozen=True, slots=True)
class RunOptions(AttendedOptions):
    """How a task is run; as typed on the command line."""

    sandbox: SandboxOption = "lightbox"
    policy: Annotated[
        str,
        typer.Option(
            help="Policy that decides: embedded, openai, anthropic, openai-computer, gemini, local:FOLDER, "
            "scripted:FILE or an installed one.",
            autocompletion=completion.policies,
        ),
    ] = "embedded"
    model: ModelOption = None
    dialect: DialectOption = None
    profile: ProfileOption = None
    profile_set: SetOption = None
    grounder: GrounderOption = None
    marks: Annotated[
        bool,
        typer.Option("--marks", help="Send screenshots with numbered marks, for --policy openai and local."),
    ] = False
    pictures: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=100,
            help="Most screenshots in one request, for policies that ask a model; default: the profile's.",
        ),
    ] = None
    launch: Annotated[
        str | None,
        typer.Option(
            help="Program to open first, by its name; default: none.", autocompletion=completion.applications
        ),
    ] = None
    open: OpenOption = None
    map: MapOption = "auto"
    share: Annotated[
        Path | None,
        typer.Option(
            help="Folder that the desktop can read and write as ~/shared; default: none.", file_okay=False
        ),
    ] = None
    size: SizeOption = None
    root: RootOption = "host"
    yes_drive_my_desktop: ConsentOption = False
    tree: Annotated[
        bool, typer.Option("--tree", help="Read the accessibility tree (AT-SPI) too, not only the pixels.")
    ] = False
    max_steps: Annotated[
        int, typer.Option(min=1, help="Decisions before the run ends with status limit.")
    ] = 30
    time_limit: Annotated[
        float, typer.Option(min=1, help="Seconds before the run ends with status limit.")
    ] = 600.0
    max_tokens: Annotated[
        int | None,
        typer.Option(min=1, help="Tokens before the run ends with status limit; default: no limit."),
    ] = None
    out: Annotated[
        Path | None, typer.Option(help="Folder for the trajectory; default: a new one below runs/.")
    ] = None
    seed: Annotated[int, typer.Option(help="Seed of the random numbers.")] = 0
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object as the last line, and nothing else.")
    ] = False


@taking(RunOptions)
def run(
    task: Annotated[str, typer.Argument(help="The task, in words.", show_default=False)],
    options: RunOptions,
) -> None:
    """Do a task on a sandboxed desktop, showing each thought and action as it happens.

    What the run made in its home folder is copied into the trajectory's files/ and named at the end.
    Ctrl-C once pauses before the next action, twice stops. On your real desktop (--sandbox host, which
    you must agree to), Shift+Esc stops everything at once.

    With --live a page shows the screen, each thought and each action before it is done; there you pause,
    step, stop, say something, answer questions and take over. What you do is recorded in the same run.

    With --secret NAME the agent types a value that no model, log, file or picture gets: write {{NAME}} in
    the task where it belongs, and set DESKHAND_SECRET_NAME to it.

    With --rules each action is allowed, asked for or denied before it is done; a question that nobody
    answers is a no. Your real desktop has the default rules: what deletes, sends, pays, installs, concerns
    passwords or runs a shell line asks (deskhand rules show).

    With --open the desktop gets a copy of a file, which --launch opens, or the program for its kind; the
    changed copy comes back in files/, and the file itself stays as it is.

    Example: deskhand run "Type 'hello' and save the file as note.txt" --launch mousepad

    Example: deskhand run "Add the line 'plum' at the end and save it" --launch mousepad --open list.txt

    With a server: OPENAI_BASE_URL=http://127.0.0.1:8000/v1 OPENAI_API_KEY=... deskhand run "..."
    --policy openai --model NAME. With a vendor's computer tool: --policy anthropic, openai-computer or
    gemini, and --model NAME; where the vendor wants a person to agree to something, you are asked. Keys
    are only read from the environment. A remote machine's token stands in its address
    (http://desk:TOKEN@HOST:PORT), which DESKHAND_SANDBOX can hold.

    Exit codes: 0 done, 1 not done, 2 usage, 3 environment, 4 model or backend, 5 limit or stuck,
    130 interrupted. With --json the last line is {"status", "answer", "steps", "seconds", "trajectory"}.
    """
    from deskhand.agent.limits import Limits
    from deskhand.agent.loop import run as run_task
    from deskhand.agent.maps import ChosenMap
    from deskhand.trajectories.records import Task

    if not task.strip():
        raise UsageError("the task is empty: describe what to do, as in deskhand run 'Compute 12 times 34'")
    opened = read_opened(options.open)
    secrets = secrets_named(options.secret, task)
    guard_of(options.rules, options.yes, options.sandbox, None)  # says faults before anything starts
    chosen = _sandbox(options)
    console = Console(stderr=options.json)
    say_what_is_open(options.sandbox, options.policy, options.launch, opened, console, quiet=options.json)
    decider = _policy(options)
    asked = Task(instruction=task, launch=options.launch, seed=options.seed)
    chosen_map = ChosenMap(options.map)
    chosen_map.check(decider)
    with (
        contextlib.closing(decider),
        chosen.open(console, quiet=options.json) as desktop,
        attending(
            options, desktop, task, decider, secrets=secrets, tree=options.tree, quiet=options.json
        ) as person,
    ):
        known = chosen_map.known(asked, decider, desktop)
        result = run_task(
            asked,
            desktop,
            decider,
            limits=Limits(steps=options.max_steps, seconds=options.time_limit, tokens=options.max_tokens),
            out=options.out,
            listener=person.listener,
            control=person.control,
            guard=person.guard,
            secrets=secrets,
            tree=options.tree,
            open=opened,
            known=known,
        )
    if options.json:
        print_json(result.as_json())
    if known is not None:
        _renew(known)
    raise typer.Exit(result.exit_code)


def _renew(known: KnownMap) -> None:
    """Write into the map what was found out. Where that cannot be, the run was still what it was."""
    try:
        known.renew()
    except (LogError, TrajectoryError) as error:
        said = f"The map does not get what this run found out of it: {clean(str(error), 1000)}"
        Console(stderr=True).print(f"[yellow]{escape(said)}[/yellow]", soft_wrap=True)


def _sandbox(options: RunOptions) -> ChosenSandbox:
    return ChosenSandbox(
        options.sandbox,
        size=options.size,
        share=options.share,
        root=options.root,
        agreed=options.yes_drive_my_desktop,
        accessible=options.tree,
    )


def _policy(options: RunOptions) -> Policy:
    from deskhand.policies.registry import load_policy

    return load_policy(
        options.policy,
        model=options.model,
        dialect=options.dialect,
        seed=options.seed,
        marks=options.marks,
        pictures=options.pictures,
        profile=options.profile,
        settings=options.profile_set or (),
        grounder=options.grounder,
    )
