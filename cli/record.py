"""``deskhand record``: what a person does at a desktop, as the trajectory that an agent would leave."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from deskhand.cli import completion
from deskhand.cli.console import RunPrinter, print_json
from deskhand.cli.live import open_browser
from deskhand.cli.opening import read_opened, say_what_is_open
from deskhand.cli.options import OpenOption, taking
from deskhand.cli.sandboxes import RECORDING, ChosenSandbox, RootOption, SizeOption
from deskhand.cli.see import box_of
from deskhand.credentials import SANDBOX
from deskhand.errors import UsageError

if TYPE_CHECKING:
    from deskhand.actions.geometry import Box
    from deskhand.agent.given import Opening
    from deskhand.agent.result import RunResult
    from deskhand.human.recording.feed import FeedLine
    from deskhand.human.recording.recording import Recording
    from deskhand.sandbox.protocol import Sandbox


@dataclass(frozen=True, slots=True)
class RecordOptions:
    """How a person is recorded; as typed on the command line."""

    launch: Annotated[
        str | None,
        typer.Option(
            help="Program to open first, by its name; default: none.", autocompletion=completion.applications
        ),
    ] = None
    open: OpenOption = None
    sandbox: Annotated[
        str,
        typer.Option(
            help="Desktop: lightbox, vm, vm:IMAGE, host (your real one), http://HOST:PORT or an installed "
            "one.",
            envvar=SANDBOX,
            autocompletion=completion.sandboxes,
        ),
    ] = "lightbox"
    size: SizeOption = None
    root: RootOption = "host"
    share: Annotated[
        Path | None,
        typer.Option(
            help="Folder that the desktop can read and write as ~/shared; default: none.", file_okay=False
        ),
    ] = None
    yes_record_my_desktop: Annotated[
        bool,
        typer.Option(RECORDING.option, help="Agree to recording the real desktop, for --sandbox host."),
    ] = False
    pixels_only: Annotated[
        bool, typer.Option("--pixels-only", help="Do not read the accessibility tree (AT-SPI).")
    ] = False
    hide_text: Annotated[
        bool, typer.Option("--hide-text", help="Hide all typed text, not only passwords.")
    ] = False
    mask: Annotated[
        list[str] | None,
        typer.Option(metavar="L,T,R,B", help="Region to paint over, in pixels; repeatable."),
    ] = None
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the page; 0 takes any free one.")] = 0
    browser: Annotated[
        bool,
        typer.Option("--browser/--no-browser", help="Open the page in a browser, when run in a terminal."),
    ] = True
    out: Annotated[
        Path | None, typer.Option(help="Folder for the trajectory; default: a new one below runs/.")
    ] = None
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object as the last line, and nothing else.")
    ] = False


@taking(RecordOptions)
def record(
    task: Annotated[
        str | None,
        typer.Argument(
            help="The task in words, as an agent would get it; default: empty.", show_default=False
        ),
    ] = None,
    *,
    options: RecordOptions,
) -> None:
    """Record a task that you do yourself on a desktop, as a trajectory.

    A web page shows the desktop and forwards your mouse and keyboard. Its link is printed; it works in
    the first browser that opens it, and only on this machine. Each click, drag, text, key, scroll and
    wait is recorded with the screen before it and the element it hit. The page has buttons to finish,
    stop, pause, add a note, hide typed text and mask a region. If the page is closed for more than 30
    seconds, the recording ends.

    Text typed into a password field is stored as [hidden], and the field is painted over. A field that is
    not recognised as a password field is recorded: hide the typed text or mask the region yourself.

    With --sandbox host your real desktop is recorded; deskhand does nothing there. Shift+Esc ends the
    recording.

    With --open the desktop gets a copy of a file, opened by --launch or by the program for its kind. The
    recording keeps the file as it was, so a replay starts from the same; the changed copy is in files/.

    Example: deskhand record "Type 'milk' and save the file as note.txt" --launch mousepad --out runs/note

    Example: deskhand record "Sort the list" --open list.txt

    Exit codes: 0 done, 2 usage, 3 environment, 130 stopped. With --json the last line is {"status",
    "answer", "steps", "seconds", "trajectory"}.
    """
    from deskhand import paths
    from deskhand.agent.given import Opening
    from deskhand.agent.opening import check_opening
    from deskhand.trajectories.folders import new_run_folder
    from deskhand.trajectories.records import Task

    if task is not None and not task.strip():
        raise UsageError("the task is empty: describe what you record, or leave it out")
    opened = read_opened(options.open)
    masks = tuple(box_of(text) for text in options.mask or ())
    chosen = ChosenSandbox(
        options.sandbox,
        size=options.size,
        share=options.share,
        root=options.root,
        agreed=options.yes_record_my_desktop,
        accessible=not options.pixels_only,
        purpose=RECORDING,
    )
    _refuse_unreplayable(options)
    console = Console(stderr=options.json)
    say_what_is_open(options.sandbox, None, options.launch, opened, console, quiet=options.json)
    opening = Opening(Task(instruction=task or _unnamed(options.launch), launch=options.launch), opened)

    @cache
    def folder() -> Path:
        if options.out is not None:
            return options.out
        return new_run_folder(paths.runs_dir(), task or options.launch or "recording")

    with _interruptible(), chosen.open(console, quiet=options.json) as desktop:
        check_opening(opening.lay(desktop, folder), options.sandbox)
        opening.launch(desktop)
        with _recording(
            desktop, folder(), opening, not options.pixels_only, options.hide_text, masks, console
        ) as made:
            result = (
                _run_host(made, chosen, console)
                if options.sandbox == "host"
                else _run_page(made, options.port, options.browser, console)
            )
    if options.json:
        print_json(result.as_json())
    else:
        RunPrinter(console).ended(result)
    raise typer.Exit(result.exit_code)


def _unnamed(launch: str | None) -> str:
    """The instruction of a recording without one."""
    return f"Recorded by a person in {launch[:200]}" if launch else "Recorded by a person"


def _refuse_unreplayable(options: RecordOptions) -> None:
    """A program that no replay may open is named before anything is recorded.

    Raises:
        UsageError: --launch names one.
    """
    from deskhand.sandbox.guest.programs import is_application

    here = not options.sandbox.startswith("vm")
    if options.launch is not None and here and not is_application(options.launch):
        raise UsageError(
            f"{options.launch[:40]!r} is not an application of the menu, so the recording could not be "
            "replayed: name one that is, or leave out --launch and open it while you record"
        )


@contextlib.contextmanager
def _recording(
    desktop: Sandbox,
    folder: Path,
    opening: Opening,
    tree: bool,
    hiding: bool,
    masks: tuple[Box, ...],
    console: Console,
) -> Iterator[Recording]:
    from deskhand.human.recording.feed import Feed
    from deskhand.human.recording.recording import POLICY, Recording
    from deskhand.sandbox.abilities import prepared_in
    from deskhand.trajectories.records import HeaderRecord
    from deskhand.trajectories.writer import TrajectoryWriter, versions

    header = HeaderRecord(
        task=opening.task,
        policy=POLICY,
        sandbox=desktop.name,
        versions=versions(),
    )
    with TrajectoryWriter(folder, header) as writer:
        opening.keep(writer)
        for prepared in prepared_in(desktop) if opening.task.launch is not None else ():
            writer.note(0, f"prepared: {prepared}")
        inject = desktop.name != "host"
        feed = Feed(lambda line: _print(line, console))
        made = Recording(
            desktop,
            writer,
            inject=inject,
            tree=tree,
            masks=masks,
            hiding=hiding,
            feed=feed,
            opening=opening,
        )
        with contextlib.closing(made):
            console.print(f"[dim]Trajectory: {escape(str(folder))}[/dim]", soft_wrap=True)
            yield made


def _run_page(made: Recording, port: int, browser: bool, console: Console) -> RunResult:
    from deskhand.human.recording.server import PageServer

    with PageServer(made, port) as server:
        console.print("Open this page to operate the desktop; the link works once, on this machine:")
        console.print(server.url, soft_wrap=True, highlight=False, markup=False)
        if browser:
            open_browser(server.url)
        return made.run()


def _run_host(made: Recording, chosen: ChosenSandbox, console: Console) -> RunResult:
    from deskhand.human.recording.events import Finish
    from deskhand.human.recording.recording import Full
    from deskhand.human.recording.xrecord import KeyboardAndMouse
    from deskhand.sandbox.host.display import find_display
    from deskhand.sandbox.host.stop_key import NAME

    def finish() -> None:
        with contextlib.suppress(Full):  # it has ended already
            made.submit([Finish(done=True)])

    chosen.on_stop(finish)
    with KeyboardAndMouse(find_display(), made):
        console.print(f"Recording. Press {NAME} when you are done; Ctrl-C here stops.", soft_wrap=True)
        return made.run()


@contextlib.contextmanager
def _interruptible() -> Iterator[None]:
    """While inside, SIGTERM ends a recording as Ctrl-C does: as stopped, with its end written."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _print(line: FeedLine, console: Console) -> None:
    if line.kind == "action":
        console.print(f"[bold]{line.step}[/bold] {escape(line.text)}", soft_wrap=True, highlight=False)
    else:
        style = "yellow" if line.kind == "refused" else "dim"
        console.print(f"  [{style}]{line.kind}: {escape(line.text)}[/{style}]", soft_wrap=True)
