"""``deskhand sandbox serve``: a sandbox under an address, for other programs to drive."""

from __future__ import annotations

import signal
from typing import Annotated

import typer
from rich.console import Console

from deskhand.cli import completion
from deskhand.cli.console import print_json
from deskhand.cli.sandboxes import ChosenSandbox, RootOption, SizeOption
from deskhand.errors import UsageError

SERVABLE = ("lightbox", "vm")


def serve(
    sandbox: Annotated[
        str,
        typer.Option(
            help="Sandbox to serve: lightbox, vm or vm:IMAGE.", autocompletion=completion.servable_sandboxes
        ),
    ] = "lightbox",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0 takes any free one.")] = 0,
    size: SizeOption = None,
    root: RootOption = "host",
    json: Annotated[bool, typer.Option("--json", help='Print {"url"} instead of the bare address.')] = False,
) -> None:
    """Start a sandbox and serve it over OSWorld's guest protocol until Ctrl-C.

    The first line is its address with a new token, which gives full access to the desktop. Use it as
    deskhand run --sandbox ADDRESS, or in OSWorld's client as
    PythonController(vm_ip="desk:TOKEN@127.0.0.1", server_port=PORT). Only this machine can reach the
    port. POST /desk/reset, an addition to the protocol, resets the desktop.

    Example: deskhand sandbox serve --sandbox vm --port 5000
    """
    from deskhand.sandbox.desktop import GuestDesktop
    from deskhand.sandbox.serve import Served

    if sandbox.partition(":")[0] not in SERVABLE:
        raise UsageError(f"{' and '.join(SERVABLE)} can be served, not {sandbox.partition(':')[0][:40]!r}")
    console = Console(stderr=True)
    with ChosenSandbox(sandbox, size=size, root=root).open(console, quiet=json) as desktop:
        assert isinstance(desktop, GuestDesktop)
        with Served(desktop, port) as served:
            if json:
                print_json({"url": served.url})
            else:
                typer.echo(served.url)
                console.print("[dim]Ctrl-C ends it.[/dim]")
            try:
                signal.pause()
            except KeyboardInterrupt:
                console.print("[dim]closing[/dim]")
