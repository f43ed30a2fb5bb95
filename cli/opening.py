"""What a command says beforehand of what is opened at the start: a page without network, or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from deskhand.text import clean

if TYPE_CHECKING:
    from deskhand.agent.given import GivenFile

OPENS_NOTHING = ("embedded",)
"""Policies that do not open programs by themselves."""


def read_opened(wanted: Sequence[str] | None) -> tuple[GivenFile | str, ...]:
    """What --open names, read and checked before anything is started.

    Raises:
        UsageError: as ``read_openable``.
    """
    from deskhand.agent.given import read_openable

    return read_openable(wanted or ())


def say_what_is_open(
    sandbox: str,
    policy: str | None,
    launch: str | None,
    opened: Sequence[GivenFile | str],
    console: Console,
    *,
    quiet: bool,
) -> None:
    """Say in a sentence what the person may not expect of the desktop's beginning; nothing if ``quiet``."""
    from deskhand.agent.given import WITHOUT_NETWORK, addresses

    if quiet:
        return
    kind = sandbox.partition(":")[0]
    for address in addresses(opened) if kind in WITHOUT_NETWORK else ():
        _say(f"{clean(address, 100)} will not load: the desktop of --sandbox {kind} has no network.", console)
    empty = launch is None and not opened and kind in WITHOUT_NETWORK
    if empty and policy in OPENS_NOTHING:
        _say(
            f"Nothing is open on this desktop, and the policy {policy} opens no programs: name one with "
            "--launch, or a file with --open.",
            console,
        )


def _say(text: str, console: Console) -> None:
    console.print(f"[yellow]{escape(text)}[/yellow]", soft_wrap=True, highlight=False)
