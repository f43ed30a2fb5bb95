"""Watching a run in a page: the option --live of the commands that run something."""

from __future__ import annotations

import contextlib
import os
import sys
import webbrowser
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from deskhand.cli import completion
from deskhand.errors import DeskhandError
from deskhand.text import clean

if TYPE_CHECKING:
    from deskhand.agent.named_secrets import NamedSecrets
    from deskhand.human.live.live_run import LiveRun
    from deskhand.human.live.wall import Wall
    from deskhand.policies.protocol import Policy
    from deskhand.sandbox.protocol import Sandbox


def live(
    run: Annotated[
        Path,
        typer.Argument(
            help="Trajectory folder of a run that goes on.",
            show_default=False,
            autocompletion=completion.trajectories,
        ),
    ],
) -> None:
    """Print another link to the live page of a run that was started with --live.

    The link works once, in the first browser on this machine that opens it, which may pause, answer and
    take over. Somebody who only watches is invited in the page.

    Example: deskhand live runs/20261130-101500-save-a-note

    Exit codes: 0 done, 2 usage (the run is over, or has no page).
    """
    from deskhand.human.live.door import another_link

    url = another_link(run)
    typer.echo(url)
    open_browser(url)


@contextlib.contextmanager
def watched(
    on: bool,
    sandbox: Sandbox,
    task: str,
    policy: Policy | None,
    name: str,
    console: Console,
    *,
    tree: bool = False,
    secrets: NamedSecrets | None = None,
) -> Iterator[LiveRun | None]:
    """While inside, a page shows the run; its link is printed. Gives None where that is not wanted.

    Args:
        name: of who decides.
        tree: ask the programs for password fields while the person operates.
        secrets: what the page does not show.
    """
    if not on:
        yield None
        return
    from deskhand.human.live.door import Door
    from deskhand.human.live.live_run import LiveRun
    from deskhand.human.live.server import LiveServer
    from deskhand.policies.protocol import AsksFirst
    from deskhand.trajectories.reader import Trajectory

    def announce(text: str) -> None:
        console.print(clean(text), style="yellow", markup=False)

    with (
        LiveRun(
            sandbox,
            task=task,
            policy=name,
            tree=tree,
            secrets=secrets,
            announce=announce,
        ) as shown,
        LiveServer(shown) as server,
        contextlib.ExitStack() as doors,
    ):

        def began(folder: Path) -> None:
            try:
                run = Trajectory.open(folder).header.id
                doors.enter_context(Door(run, lambda: server.invitation("in charge")))
            except DeskhandError as error:
                console.print(clean(f"deskhand live will give no other link: {error}"), markup=False)

        shown.when_began = began
        if isinstance(policy, AsksFirst):
            policy.confirm_with(shown.agrees)
        console.print("Open this page to watch and take over; the link works once, on this machine:")
        console.print(server.url, soft_wrap=True, highlight=False, markup=False)
        open_browser(server.url)
        yield shown


@contextlib.contextmanager
def wall_of(
    on: bool, out: Path, title: str, stop: Callable[[], None], console: Console
) -> Iterator[Wall | None]:
    """While inside, a page shows the episodes of an evaluation; None where that is not wanted.

    Args:
        out: folder of the results.
        stop: ends the evaluation.
    """
    if not on:
        yield None
        return
    from deskhand.human.live.wall import Wall, WallServer

    with Wall(out / "trajectories", title) as wall, WallServer(wall, stop) as server:
        console.print("Open this page to watch; the link works once, on this machine:")
        console.print(server.url, soft_wrap=True, highlight=False, markup=False)
        open_browser(server.url)
        try:
            yield wall
        finally:
            wall.end()


def open_browser(url: str) -> None:
    """Open a link, when run in a terminal of a desktop."""
    # Without a screen, a browser for terminals would open here, which can show no desktop.
    if sys.stdout.isatty() and {"DISPLAY", "WAYLAND_DISPLAY"} & os.environ.keys():
        webbrowser.open(url)
