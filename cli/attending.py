"""What the commands share that act while a person may be there: rules, secrets, a live page, a terminal."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.console import Console

from deskhand.cli.console import RunPrinter
from deskhand.cli.live import watched
from deskhand.cli.options import LiveOption, RulesOption, SecretOption, YesOption
from deskhand.cli.person import attended
from deskhand.cli.rules import guard_of

if TYPE_CHECKING:
    from deskhand.agent.control import Control
    from deskhand.agent.listener import Listener
    from deskhand.agent.named_secrets import NamedSecrets
    from deskhand.agent.rules.guard import Guard
    from deskhand.policies.protocol import Policy
    from deskhand.sandbox.protocol import Sandbox


@dataclass(frozen=True, slots=True)
class AttendedOptions:
    """How a person takes part; as typed on the command line."""

    rules: RulesOption = None
    yes: YesOption = None
    live: LiveOption = False
    secret: SecretOption = None


@dataclass(frozen=True, slots=True)
class Attendance:
    """A person's part in one run, as the loop takes it."""

    control: Control
    listener: Listener
    guard: Guard | None


@contextlib.contextmanager
def attending(
    options: AttendedOptions,
    desktop: Sandbox,
    task: str,
    policy: Policy | None,
    *,
    secrets: NamedSecrets | None = None,
    tree: bool = False,
    quiet: bool = False,
) -> Iterator[Attendance]:
    """While inside, the run is printed, Ctrl-C pauses and stops it, and a person is asked: in the page, if
    there is one, else on the terminal.

    Args:
        policy: who decides; None for one that nobody needs to be asked about.
        quiet: print nothing of the run, and ask nobody on the terminal.
    """
    from deskhand.agent.control import Control
    from deskhand.agent.listener import Listeners, Silent

    console = Console(stderr=quiet)
    printer: Listener = Silent() if quiet else RunPrinter(console)
    name = policy.name if policy is not None else "replay"
    asks = policy if not quiet and not options.live else None
    with (
        watched(options.live, desktop, task, policy, name, console, tree=tree, secrets=secrets) as live,
        contextlib.nullcontext(live.control if live is not None else Control()) as control,
        control.signals(),
        attended(control, asks, console) as person,
    ):
        asked = live or (None if quiet else person)
        guard = guard_of(
            options.rules, options.yes, desktop.name, asked.allows if asked is not None else None
        )
        yield Attendance(control, Listeners(printer, live) if live is not None else printer, guard)


def secrets_named(names: list[str] | None, task: str) -> NamedSecrets | None:
    """The secrets that --secret names; None for none.

    Raises:
        UsageError: one has no value, or no place in the task.
    """
    from deskhand.agent.named_secrets import NamedSecrets, secrets_of

    if not names:
        return None
    found = NamedSecrets(secrets_of(names))
    found.check(task)
    return found
