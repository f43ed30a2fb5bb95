"""``deskhand show``: a trajectory as one page in the browser."""

from __future__ import annotations

import os
import sys
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from deskhand.cli import completion
from deskhand.cli.console import print_json, progress_bar
from deskhand.text import clean

if TYPE_CHECKING:
    from deskhand.trajectories.viewer.pictures import ElementReader


def show(
    trajectory: Annotated[
        Path,
        typer.Argument(
            help="Folder of the trajectory, or of a map or of results.",
            show_default=False,
            autocompletion=completion.trajectories,
        ),
    ],
    other: Annotated[
        Path | None,
        typer.Argument(
            help="Folder of a second trajectory, shown beside the first.",
            show_default=False,
            autocompletion=completion.trajectories,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="File of the page; default: a new one below runs/pages.", dir_okay=False),
    ] = None,
    elements: Annotated[
        bool,
        typer.Option("--elements", help="Read every screen and mark its elements; takes seconds a step."),
    ] = False,
    open_it: Annotated[
        bool | None,
        typer.Option(
            "--open/--no-open", help="Open the page in a browser; default: only in a terminal of a desktop."
        ),
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="Print the path of the page as a JSON object.")
    ] = False,
) -> None:
    """Write a trajectory as one self-contained web page, and open it.

    A film strip; for each step the screen before and after with the action drawn on it, thought, raw
    reply, repairs, what changed, times and tokens. Steps can be searched and filtered, walked through
    with j and k, and linked to (#step-12). A second trajectory is shown beside the first, step by step.
    The page loads nothing from the network and runs only its own script; recorded text is shown as plain
    text.

    The folder may also be a map of an application, which `deskhand explore` made: then each state is shown
    with its picture, its commands and what each led to. Or one of results, which `deskhand eval` wrote: then
    three each of the actions that failed and were repaired, noticed or missed, each as a picture of the
    screen before and after, also as files beside the page.

    Example: deskhand show runs/20261127-101500-save-a-note
    """
    from deskhand.benchmarks.runner.episodes import RESULTS
    from deskhand.knowledge.map import MAP
    from deskhand.trajectories.reader import Trajectory
    from deskhand.trajectories.viewer.build import write_page

    if (trajectory / MAP).is_file():
        _show_map(trajectory, out, as_json=json, open_it=open_it)
        return
    if (trajectory / RESULTS).is_file():
        _show_failed(trajectory, out, as_json=json, open_it=open_it)
        return
    first = Trajectory.open(trajectory)
    second = Trajectory.open(other) if other is not None else None
    path = out if out is not None else _new_page(first.folder.resolve().name)
    with progress_bar() as progress:
        faults = write_page(
            first, path, other=second, reader=_reader() if elements else None, progress=progress
        )
    console = Console(stderr=True)
    for fault in faults[:5]:
        console.print(f"[yellow]not on the page:[/yellow] {escape(clean(fault))}", soft_wrap=True)
    if json:
        print_json({"page": str(path), "steps": len(first.steps), "missing": len(faults)})
    else:
        Console().print(escape(clean(str(path))), soft_wrap=True)
    if open_it if open_it is not None else _has_browser():
        webbrowser.open(path.resolve().as_uri())


def _show_map(folder: Path, out: Path | None, *, as_json: bool, open_it: bool | None) -> None:
    """Write the page of an application's map, and open it."""
    from deskhand.disk import replacing, writing
    from deskhand.knowledge.map import read_map
    from deskhand.knowledge.page import page

    found = read_map(folder)
    path = out if out is not None else _new_page(folder.resolve().name)
    with writing("the page", path.parent), replacing(path) as whole:
        whole.write_text(page(found, folder), encoding="utf-8")
    if as_json:
        print_json({"page": str(path), "states": len(found.states), "commands": len(found.commands)})
    else:
        Console().print(escape(clean(str(path))), soft_wrap=True)
    if open_it if open_it is not None else _has_browser():
        webbrowser.open(path.resolve().as_uri())


def _show_failed(folder: Path, out: Path | None, *, as_json: bool, open_it: bool | None) -> None:
    """Write the page of a run's failed actions, and open it."""
    from collections import Counter

    from deskhand.benchmarks.runner.episodes import read_run
    from deskhand.benchmarks.runner.noticing_page import MEANINGS, failed_actions, write_noticing

    episodes = read_run(folder)
    found = failed_actions(episodes, folder)
    path = out if out is not None else _new_page(f"{folder.resolve().name}-failed")
    title = f"{episodes[0].suite}, {episodes[0].policy}, {len(episodes)} episodes"
    pictures = write_noticing(found, title, path)
    counts = Counter(one.kind for one in found)
    if as_json:
        found_of = {str(kind): counts[kind] for kind in MEANINGS}
        print_json({"page": str(path), **found_of, "pictures": [str(picture) for picture in pictures]})
    else:
        for line in (path, *pictures):
            Console().print(escape(clean(str(line))), soft_wrap=True)
    if open_it if open_it is not None else _has_browser():
        webbrowser.open(path.resolve().as_uri())


def _new_page(name: str) -> Path:
    """A file below the runs folder that is not there yet."""
    from deskhand import paths
    from deskhand.disk import writing
    from deskhand.trajectories.folders import slug

    folder = paths.runs_dir() / "pages"
    with writing("the page", folder):
        folder.mkdir(parents=True, exist_ok=True)
    stem, number = slug(name) or "trajectory", 1
    while (path := folder / (f"{stem}.html" if number == 1 else f"{stem}-{number}.html")).exists():
        number += 1
    return path


def _has_browser() -> bool:
    """Whether somebody sits at a terminal of a desktop on which a page can be shown."""
    return sys.stdout.isatty() and bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _reader() -> ElementReader:
    from deskhand.perception.reader import PIXELS, ScreenReader

    return ScreenReader(sources=PIXELS).read
