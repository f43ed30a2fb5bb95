"""``deskhand sandbox``: images of virtual machines, and the sandboxes that run on this machine."""

from __future__ import annotations

import typer

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Build and remove the guest's disk; list, serve and stop sandboxes.\n\nExample: deskhand sandbox build",
)
