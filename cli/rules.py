"""``deskhand rules``: what an agent may do by itself; tried on runs of the past."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deskhand.cli.options import JsonOption

if TYPE_CHECKING:
    from deskhand.agent.rules.guard import Asks, Guard

OTHERWISE = {"allow": "allowed", "ask": "asked about", "deny": "denied"}

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Rules that allow, ask or deny before every action.\n\nExample: deskhand rules show",
)


def guard_of(rules: str | None, yes: list[str] | None, sandbox: str, ask: Asks | None) -> Guard | None:
    """The rules that a command's options ask for; None for none.

    Raises:
        UsageError: the file cannot be used, there is no such rule, or --yes stands alone.
    """
    from deskhand.agent.rules.guard import Guard
    from deskhand.agent.rules.rulebook import read_rules
    from deskhand.errors import UsageError

    name = rules or ("default" if sandbox == "host" else "none")
    if name == "none":
        if yes:
            raise UsageError("--yes answers the questions of rules: name them with --rules")
        return None
    return Guard(read_rules(name), ask, yes or ())


@app.command("show")
def show(
    rules: Annotated[str, typer.Argument(help="File of rules, or default.")] = "default",
    json: JsonOption = False,
) -> None:
    """Print rules as a table: the first that fits an action decides.

    Example: deskhand rules show
    """
    from deskhand.agent.rules.rulebook import read_rules
    from deskhand.cli.console import print_rows

    found = read_rules(rules)
    words = ("action", "keys", "text", "element", "window", "application", "domain", "folder")
    rows = [
        {
            "rule": one.name,
            "decision": one.decision,
            **{word: ", ".join(getattr(one, word)) for word in words},
        }
        for one in found.rule
    ]
    kept = [word for word in rows[0] if any(row[word] for row in rows)] if rows else []
    print_rows(
        f"{rules}: what no rule fits is {OTHERWISE[found.otherwise]}",
        [{word: row[word] for word in kept} for row in rows],
        as_json=json,
    )


@app.command("check")
def check(
    rules: Annotated[str, typer.Argument(help="File of rules, or default.", show_default=False)],
    trajectory: Annotated[
        Path, typer.Argument(help="Folder of a recorded run.", show_default=False, exists=True)
    ],
    json: JsonOption = False,
) -> None:
    """Show what rules would have asked for or denied in a run of the past. Nothing is done.

    Screens are read from their pictures. Which windows there were is not recorded, so the program that was
    opened first counts as the one in use.

    Example: deskhand rules check default runs/20261127-101500-save-a-note
    """
    from deskhand.actions.words import describe
    from deskhand.agent.rules.past import rulings_of
    from deskhand.agent.rules.rulebook import read_rules
    from deskhand.cli.console import print_rows
    from deskhand.text import clean
    from deskhand.trajectories.reader import Trajectory

    rows = [
        {
            "step": one.step,
            "action": clean(describe(one.action), 60),
            "decision": one.ruling.decision,
            "rule": one.ruling.rule,
            "why": one.ruling.why,
        }
        for one in rulings_of(read_rules(rules), Trajectory.open(trajectory))
        if one.ruling.decision != "allow"
    ]
    print_rows(f"{rules}: {len(rows)} questions and refusals", rows, as_json=json)
