"""``deskhand bench``: how fast the parts are on this machine."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Measure the parts on this machine.\n\nExample: deskhand bench all",
)

_JSON = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


def _run(groups: tuple[str, ...], as_json: bool) -> None:
    from deskhand.benchmarks.bench import GROUPS
    from deskhand.cli.console import print_rows

    for group in groups:
        print_rows(f"bench {group}", list(GROUPS[group]()), as_json=as_json)


@app.command("all")
def everything(json: _JSON = False) -> None:
    """Every table below, one after another; a few minutes.

    Example: deskhand bench all --json
    """
    _run(("sandbox", "loop", "parse", "perception", "embedded"), json)


@app.command("sandbox")
def sandbox(json: _JSON = False) -> None:
    """Lightbox: start to first screenshot, screenshots, exact typing, memory.

    Example: deskhand bench sandbox
    """
    _run(("sandbox",), json)


@app.command("loop")
def loop(json: _JSON = False) -> None:
    """One step without the model: act, settle, observe, log; bytes a step on disk.

    Example: deskhand bench loop
    """
    _run(("loop",), json)


@app.command("parse")
def parse(json: _JSON = False) -> None:
    """Reading a model's reply, by dialect, and hostile texts of 64 KiB.

    Example: deskhand bench parse
    """
    _run(("parse",), json)


@app.command("perception")
def perception(json: _JSON = False) -> None:
    """Reading the text of a screen: first look, and again.

    Example: deskhand bench perception
    """
    _run(("perception",), json)


@app.command("embedded")
def embedded(json: _JSON = False) -> None:
    """One decision of the embedded reasoner, and its memory.

    Example: deskhand bench embedded
    """
    _run(("embedded",), json)
