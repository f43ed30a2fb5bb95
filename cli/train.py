"""``deskhand train``: demonstrations, and the adapter that learns from them."""

from __future__ import annotations

import typer

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Make demonstrations and train the reasoner."
)
