"""``deskhand sandbox serve``: a sandbox under an address, for other programs to drive."""

from __future__ import annotations

import contextlib
import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from deskhand.cli import completion
from deskhand.cli.console import print_json
from deskhand.cli.sandboxes import ChosenSandbox, RootOption, SizeOption
from deskhand.errors import EnvironmentProblem, UsageError

SERVABLE = ("lightbox", "vm")
TOKEN_PLACES = ("user", "path")


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
    address: Annotated[
        str,
        typer.Option(
            "--address", help="Where the printed address has its token: user (desk:TOKEN@) or path (/TOKEN)."
        ),
    ] = "user",
    forward: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[PORT:]INSIDE",
            help="Port inside that your programs reach on 127.0.0.1 without a token; again for more.",
        ),
    ] = None,
    netrc: Annotated[
        Path | None,
        typer.Option(help="New file for the token, which clients read as NETRC; removed at the end."),
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help='Print {"url", "ports"} instead of the bare address.')
    ] = False,
) -> None:
    """Start a sandbox and serve it over OSWorld's guest protocol until Ctrl-C.

    The first line is its address with a new token, which gives full access to the desktop. Use it as
    deskhand run --sandbox ADDRESS. Only this machine can reach the port. POST /desk/reset, an addition
    to the protocol, resets the desktop.

    OSWorld's own client takes the token from a netrc file: start it with NETRC=FILE in its environment,
    --provider_name remote and --path_to_vm 127.0.0.1:PORT. Its controllers alone also take
    PythonController("127.0.0.1", "PORT/TOKEN").

    --forward 9222 leads port 9222 of this machine to what listens on 9222 inside, such as DevTools of
    Chromium; 9333:1337 leads 9333 to 1337, and 0:8080 a free one. Clients carry no token there, so only
    programs of your own user, and root's, are answered. Each is printed on standard error. OSWorld's client
    takes the ports as --path_to_vm 127.0.0.1:PORT:9222:8006:8080.

    Example: deskhand sandbox serve --sandbox vm --port 5000 --netrc desk.netrc --forward 9222
    """
    from deskhand.sandbox.desktop import GuestDesktop
    from deskhand.sandbox.serve import Served

    if sandbox.partition(":")[0] not in SERVABLE:
        raise UsageError(f"{' and '.join(SERVABLE)} can be served, not {sandbox.partition(':')[0][:40]!r}")
    if address not in TOKEN_PLACES:
        raise UsageError(f"--address is {' or '.join(TOKEN_PLACES)}, not {address[:40]!r}")
    ports = parse_forwards(forward or [])
    console = Console(stderr=True)
    with ChosenSandbox(sandbox, size=size, root=root).open(console, quiet=json) as desktop:
        assert isinstance(desktop, GuestDesktop)
        with Served(desktop, port, ports) as served, _kept_in(netrc, served.netrc):
            url = served.path_url if address == "path" else served.url
            if json:
                print_json({"url": url, "ports": {str(one): port for one, port in served.forwarded.items()}})
            else:
                typer.echo(url)
                for inside, outside in served.forwarded.items():
                    console.print(f"[dim]port {inside} of the sandbox: 127.0.0.1:{outside}[/dim]")
                console.print("[dim]Ctrl-C ends it.[/dim]")
            try:
                signal.pause()
            except KeyboardInterrupt:
                console.print("[dim]closing[/dim]")


def parse_forwards(texts: list[str]) -> dict[int, int]:
    """Ports inside, with those that lead there, from "9222" or "9333:1337".

    Raises:
        UsageError: one is no port, or is named twice.
    """
    found: dict[int, int] = {}
    for text in texts:
        parts = re.fullmatch(r"(?:([0-9]{1,5}):)?([0-9]{1,5})", text)
        inside = int(parts[2]) if parts else 0
        outside = int(parts[1] or inside) if parts else 0
        if not 0 < inside < 65536 or outside > 65535:
            raise UsageError(f"--forward is a port, or PORT:INSIDE, of 1 to 65535, not {text[:40]!r}")
        if inside in found:
            raise UsageError(f"--forward names port {inside} of the sandbox twice")
        found[inside] = outside
    return found


@contextlib.contextmanager
def _kept_in(path: Path | None, text: str) -> Iterator[None]:
    """A new file of this user alone with a text in it, while inside.

    Raises:
        UsageError: there is such a file already.
        EnvironmentProblem: it cannot be written.
    """
    if path is None:
        yield
        return
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except FileExistsError as error:
        raise UsageError(f"{path} is there already: name a new file, or remove it") from error
    except OSError as error:
        raise EnvironmentProblem(f"{path} cannot be written: {error.strerror}") from error
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
        yield
    finally:
        path.unlink(missing_ok=True)
