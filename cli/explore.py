"""``deskhand explore``: an application is operated alone, and what it can do becomes a map."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from deskhand.cli import completion
from deskhand.cli.console import print_json
from deskhand.cli.options import cluster_of, taking

if TYPE_CHECKING:
    from deskhand.benchmarks.runner.engines.desktops import MakeReader, MakeSandbox
    from deskhand.knowledge.exploring import Explorer
    from deskhand.knowledge.map import AppMap
    from deskhand.perception.watch.observe import Reader
    from deskhand.sandbox.protocol import Sandbox

MOST_WORKERS = 16


@dataclass(frozen=True, slots=True)
class ExploreOptions:
    """What is explored, where, and what it may use up; as typed on the command line."""

    launch: Annotated[
        str,
        typer.Option(
            help="Program to explore, by its name.",
            show_default=False,
            autocompletion=completion.applications,
        ),
    ]
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder of the map, which is gone on with if it is there; default: where run finds it."
        ),
    ] = None
    open: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE", help="File of which the desktop gets a copy, for the program to open; repeatable."
        ),
    ] = None
    minutes: Annotated[float, typer.Option(min=0.1, max=1440, help="Time that it may take.")] = 10.0
    steps: Annotated[int, typer.Option(min=1, help="Steps that it may take.")] = 5_000
    megabytes: Annotated[float, typer.Option(min=1, help="Most megabytes of pictures.")] = 200.0
    workers: Annotated[
        int, typer.Option(min=1, max=MOST_WORKERS, help="Desktops that are used at the same time.")
    ] = 1
    engine: Annotated[
        str,
        typer.Option(
            metavar="local|ray|ray:ADDRESS",
            help="Where the desktops are: this machine, or a Ray cluster (ADDRESS, else RAY_ADDRESS, else "
            "a new one on this machine).",
        ),
    ] = "local"
    merge: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="MAP",
            help="Another map of the program, whose states and commands are taken over; repeatable.",
        ),
    ] = None
    sandbox: Annotated[str, typer.Option(help="Kind of desktop: lightbox, vm or vm:IMAGE.")] = "lightbox"
    size: Annotated[str | None, typer.Option(help="Screen size WxH in pixels; default: 1280x800.")] = None
    tree: Annotated[
        bool, typer.Option("--tree", help="Read the accessibility tree (AT-SPI) too, not only the pixels.")
    ] = False
    json: Annotated[bool, typer.Option("--json", help="Print the counts as a JSON object.")] = False


@taking(ExploreOptions)
def explore(options: ExploreOptions) -> None:
    """Explore a program alone, and write a map of what it can do.

    In a sandbox of its own, never on your desktop, every menu, button, tab, box and context menu that is
    found is operated once; what appeared, what changed and whether Ctrl+Z takes it back is noted. What needs
    the fewest steps comes first. Where the screen is lost, the sandbox is made new. The home folder has a
    text, a table, a web page, a picture and a PDF for it to use. Ctrl-C ends it: what was found so far is a
    map, and the same command goes on. `deskhand show MAP` draws the map, `deskhand export MAP --to markdown`
    writes it as a manual, and `deskhand run --map MAP` lets a model read it.

    Example: deskhand explore --launch mousepad --minutes 5 --out maps/mousepad

    Example: deskhand explore --launch mousepad --minutes 5 --workers 4 --engine ray:10.0.0.5:6379

    Example: deskhand explore --launch mousepad --minutes 5 --out maps/all --merge maps/mine --merge maps/hers
    """
    from rich.console import Console
    from rich.progress import Progress

    from deskhand import paths
    from deskhand.cli.sandboxes import parse_size
    from deskhand.errors import UsageError
    from deskhand.knowledge.exploring import Budget, Explored, Explorer
    from deskhand.sandbox.registry import load_sandbox
    from deskhand.trajectories.folders import slug

    if options.sandbox.partition(":")[0] not in ("lightbox", "vm"):
        raise UsageError(
            "a program is explored in a sandbox that can be broken: use --sandbox lightbox or vm"
        )
    seconds = options.minutes * 60
    files, view = _files(options.open or ()), parse_size(options.size)
    folder = options.out if options.out is not None else paths.maps_dir() / slug(options.launch)

    sandbox = partial(load_sandbox, options.sandbox, size=view, accessible=options.tree)
    with (
        _desktops(options, sandbox, partial(_reader, options.tree)) as (make_sandbox, make_reader),
        Progress(console=Console(stderr=True)) as bars,
    ):
        bar = bars.add_task("exploring", total=round(seconds))

        def show(now: Explored) -> None:
            text = f"{now.tried} of {now.commands} commands, {now.states} states, {now.steps} steps"
            bars.update(bar, completed=min(now.seconds, seconds), description=text)

        explorer = Explorer(
            make_sandbox,
            make_reader,
            options.launch,
            folder,
            budget=Budget(seconds, options.steps, options.megabytes),
            files=files,
            arguments=[path.name for path in options.open or ()],
            tree=options.tree,
            workers=options.workers,
            merge=options.merge or (),
            progress=show,
        )
        found = _stoppable(explorer)
    _say(folder, found, as_json=options.json)


def _reader(tree: bool, made: Sandbox) -> Reader:
    """What reads the screen of a sandbox."""
    from deskhand.perception.reader import PIXELS, ScreenReader
    from deskhand.sandbox.tree import tree_of

    return ScreenReader(tree=tree_of(made)) if tree else ScreenReader(sources=PIXELS)


def _desktops(
    options: ExploreOptions, make_sandbox: MakeSandbox, make_reader: MakeReader
) -> AbstractContextManager[tuple[MakeSandbox, MakeReader]]:
    """What makes the desktops and their readers: here, or on a cluster that is there for a while."""
    address = cluster_of(options.engine)
    if address is None:
        return nullcontext((make_sandbox, make_reader))
    from deskhand.benchmarks.runner.engines.desktops import RayDesktops

    return RayDesktops(options.workers, address or None).makers(make_sandbox, make_reader)


def _files(opened: Sequence[Path]) -> dict[str, bytes]:
    """What the home folder is given: files of common kinds, and copies of those that were named."""
    from deskhand.errors import UsageError
    from deskhand.knowledge.materials import materials

    files = materials()
    for path in opened:
        if not path.is_file():
            raise UsageError(f"cannot open {str(path)[:200]!r}: there is no such file")
        files[path.name] = path.read_bytes()
    return files


def _stoppable(explorer: Explorer) -> AppMap:
    """Explore; Ctrl-C and SIGTERM end it with what was found so far."""

    def stop(number: int, frame: FrameType | None) -> None:
        explorer.stopping = True

    before = {one: signal.signal(one, stop) for one in (signal.SIGINT, signal.SIGTERM)}
    try:
        return explorer.explore()
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def _say(folder: Path, found: AppMap, *, as_json: bool) -> None:
    counts = {
        "map": str(folder),
        "states": len(found.states),
        "commands": len(found.commands),
        "tried": sum(1 for _ in found.tried()),
        "fields": len(found.fields),
        "steps": found.steps,
        "seconds": found.seconds,
    }
    if as_json:
        print_json(counts)
        return
    typer.echo(
        f"{folder}: {counts['states']} states, {counts['tried']} of {counts['commands']} commands tried, "
        f"{counts['fields']} fields, {found.steps} steps"
    )
