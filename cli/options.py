"""Options that several commands take, written once: a dataclass whose fields are the options."""

from __future__ import annotations

import dataclasses
import functools
import inspect
import typing
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from deskhand.cli import completion
from deskhand.cli.sandboxes import SizeOption, SuiteSandboxesOption

if TYPE_CHECKING:
    from deskhand.benchmarks.runner.engines.local import Engine

MOST_REPEATS = 1000

Options = TypeVar("Options")

ModelOption = Annotated[
    str | None,
    typer.Option(
        help="Name of the model, for --policy openai and local; default: $DESKHAND_MODEL.", show_default=False
    ),
]
DialectOption = Annotated[
    str | None,
    typer.Option(
        help="Dialect of the model's replies, for --policy openai and local; default: $DESKHAND_DIALECT, "
        "else the profile's.",
        show_default=False,
        autocompletion=completion.dialects,
    ),
]
ProfileOption = Annotated[
    str | None,
    typer.Option(
        metavar="NAME|FILE.toml",
        help="Profile with which the model is asked, for policies that ask a model; default: "
        "$DESKHAND_PROFILE, else recognised from the model's name.",
        show_default=False,
        autocompletion=completion.profiles,
    ),
]
GrounderOption = Annotated[
    str | None,
    typer.Option(
        metavar="MODEL",
        help="Model that says where the things are that the first one names, for --policy openai; its server "
        "is $DESKHAND_GROUNDER_URL, else the first one's; default: none.",
        show_default=False,
    ),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--profile-set",
        metavar="FIELD=VALUE",
        help="Another value of a field of the profile, as history.pictures=3; repeatable; default: none.",
        show_default=False,
    ),
]
"""No policy but openai takes these, and the others refuse them; so they have no default from the environment,
which the openai policy reads itself."""
RulesOption = Annotated[
    str | None,
    typer.Option(
        metavar="FILE|default|none",
        help="Rules before every action: a .toml or .yaml file, default or none; default: default for "
        "--sandbox host, else none. In an evaluation every question is a no.",
        show_default=False,
    ),
]
YesOption = Annotated[
    list[str] | None,
    typer.Option(
        "--yes",
        metavar="RULE",
        help="Answer the questions of this rule with yes beforehand; repeatable; default: none.",
        show_default=False,
    ),
]
LiveOption = Annotated[
    bool,
    typer.Option(
        "--live",
        help="Serve a page in which you watch, pause, answer questions and take over.",
    ),
]
SecretOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME",
        help="Secret that stands as {{NAME}} in the task; its value is read from DESKHAND_SECRET_NAME; "
        "repeatable; default: none.",
        show_default=False,
    ),
]
MapOption = Annotated[
    str,
    typer.Option(
        "--map",
        metavar="auto|FOLDER|none",
        help="Map of the program, for policies that read maps: a folder that `deskhand explore` wrote, none, "
        "or auto, the map of the program that is launched or open, if there is one. run counts in it the "
        "steps that led where it says and those that did not; eval changes no map.",
    ),
]
OpenOption = Annotated[
    list[str] | None,
    typer.Option(
        "--open",
        metavar="FILE|URL",
        help="File to copy to the desktop, or web address, opened at the start; repeatable; default: none.",
        show_default=False,
    ),
]
GivenOption = Annotated[
    list[str] | None,
    typer.Option(
        "--open",
        metavar="FILE",
        help="File instead of the one that was recorded; repeatable; default: the recorded one.",
        show_default=False,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print each row as one JSON object a line.")]


@dataclasses.dataclass(frozen=True, slots=True)
class EvalOptions:
    """How a suite is measured; as typed on the command line."""

    policy: Annotated[
        str,
        typer.Option(
            help="Policy to measure: embedded, openai, anthropic, openai-computer, gemini, local:FOLDER, "
            "scripted:FILE, an installed one, or a baseline (oracle, idle, random).",
            autocompletion=completion.deciders,
        ),
    ] = "embedded"
    sandbox: SuiteSandboxesOption = ("lightbox",)  # type: ignore[assignment]
    size: SizeOption = None
    seeds: Annotated[str, typer.Option(help="Seeds to run: A-B, or a list with commas.")] = "0-4"
    tasks: Annotated[str | None, typer.Option(help="Tasks to run, with commas; default: all.")] = None
    subset: Annotated[str | None, typer.Option(help="Named part of the suite; default: all tasks.")] = None
    repeat: Annotated[
        int, typer.Option(min=1, max=MOST_REPEATS, help="Attempts at each task with each seed, for pass@k.")
    ] = 1
    limit: Annotated[int | None, typer.Option(min=1, help="Run only the first N episodes; default: all.")] = (
        None
    )
    reset: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COMMAND",
            help="Command of this machine that makes a remote machine clean before each episode, such as "
            "'docker restart NAME', given to no shell; none: the machine is clean, for one episode. With "
            "several machines one for each, in their order.",
            show_default=False,
        ),
    ] = None
    max_steps: Annotated[
        int | None,
        typer.Option(
            "--max-steps", "--steps", min=1, help="Decisions before an episode ends; default: the suite's."
        ),
    ] = None
    time_limit: Annotated[
        float | None, typer.Option(min=1, help="Seconds before an episode ends; default: the suite's.")
    ] = None
    model: ModelOption = None
    dialect: DialectOption = None
    profile: ProfileOption = None
    profile_set: SetOption = None
    grounder: GrounderOption = None
    map: MapOption = "auto"
    workers: Annotated[
        int, typer.Option(min=1, max=256, help="Worker processes, each with its own sandbox; one a machine.")
    ] = 1
    rules: RulesOption = None
    yes: YesOption = None
    live: Annotated[
        bool,
        typer.Option("--live", help="Serve a page with the screens of the episodes that go on."),
    ] = False
    engine: Annotated[
        str,
        typer.Option(
            metavar="local|ray|ray:ADDRESS",
            help="Where workers run: this machine, or a Ray cluster (ADDRESS, else RAY_ADDRESS, else "
            "a new one on this machine).",
        ),
    ] = "local"
    out: Annotated[Path | None, typer.Option(help="Folder for results and trajectories.")] = None
    resume: Annotated[
        bool,
        typer.Option(help="Continue a run that has results in --out; --no-resume refuses such a folder."),
    ] = True
    rerun: Annotated[
        str | None,
        typer.Option(
            help="With the value errors: run again the episodes that ended in an environment error."
        ),
    ] = None
    baselines: Annotated[
        bool, typer.Option(help="Run the oracle and random policies too, for comparison.")
    ] = False
    json: JsonOption = False


def _default(field: dataclasses.Field[Any]) -> Any:
    return inspect.Parameter.empty if field.default is dataclasses.MISSING else field.default


def taking(options: type[Options], **defaults: Any) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Turn a function whose last parameter is ``options`` into one that takes its fields, for typer.

    Args:
        defaults: of fields whose default is another for this command.
    """

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        *own, last = inspect.signature(function, eval_str=True).parameters.values()
        # Those that it shares with other commands come after its own.
        inherited = [one for one in dataclasses.fields(options) if one.name not in options.__annotations__]  # type: ignore[arg-type]
        ordered = [one for one in dataclasses.fields(options) if one not in inherited] + inherited  # type: ignore[arg-type]
        fields = typing.get_type_hints(options, include_extras=True)
        parameters = [
            *(one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in own),
            *(
                inspect.Parameter(
                    field.name,
                    inspect.Parameter.KEYWORD_ONLY,
                    default=defaults.get(field.name, _default(field)),
                    annotation=fields[field.name],
                )
                for field in ordered
            ),
        ]

        @functools.wraps(function)
        def command(**given: Any) -> None:
            chosen = options(**{name: given.pop(name) for name in fields})
            function(**given, **{last.name: chosen})

        command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        command.__annotations__ = {one.name: one.annotation for one in parameters}
        return command

    return decorate


def engine_of(name: str, workers: int) -> Engine:
    """Where episodes run: ``local``, in processes; ``ray`` or ``ray:ADDRESS``, on a cluster.

    Raises:
        UsageError: there is no such engine.
    """
    address = cluster_of(name)
    if address is None:
        from deskhand.benchmarks.runner.engines.local import LocalProcesses

        return LocalProcesses(workers)
    from deskhand.benchmarks.runner.engines.on_ray import Ray

    return Ray(workers, address or None)


def cluster_of(name: str) -> str | None:
    """The address of the Ray cluster that an engine names: empty where it names none, None for this machine.

    Raises:
        UsageError: there is no such engine.
    """
    kind, colon, address = name.partition(":")
    if kind == "local" and not colon:
        return None
    if kind == "ray" and bool(colon) is bool(address):
        return address
    from deskhand.errors import UsageError

    raise UsageError(f"--engine takes local, ray or ray:ADDRESS, not {name[:60]!r}")
