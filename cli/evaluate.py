"""``deskhand eval``: how good a policy is, by suites that check results from outside."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Annotated

import typer

from deskhand.cli.sandboxes import SizeOption, SuiteSandboxOption, parse_size
from deskhand.errors import UsageError

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def suites() -> None:
    """Measure a policy on a suite of tasks.

    Example: deskhand eval desk --policy oracle --seeds 0
    """


@app.command("desk")
def desk(
    policy: Annotated[
        str, typer.Option(help="embedded, openai, scripted:FILE, an installed one, or oracle, idle, random.")
    ] = "embedded",
    sandbox: SuiteSandboxOption = "lightbox",
    size: SizeOption = None,
    seeds: Annotated[str, typer.Option(help="Seeds: A-B, or a list with commas.")] = "0-4",
    tasks: Annotated[str | None, typer.Option(help="Tasks to run, with commas; default: all.")] = None,
    model: Annotated[
        str | None, typer.Option(help="The model's name, for openai.", envvar="DESKHAND_MODEL")
    ] = None,
    dialect: Annotated[
        str | None, typer.Option(help="The dialect, for openai.", envvar="DESKHAND_DIALECT")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for results and trajectories; one that exists is resumed.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line: tasks, then groups.")] = False,
) -> None:
    """Ten short tasks on six Debian applications, each checked by what it left behind.

    Prints successes by task, and apart for parameters, wordings and applications that training has
    seen and has not. The policy's own claim to have finished counts for nothing. Seeds vary what is
    seen: seed % 5 = 0 nothing new, 1 and 2 new parameters, 3 a new wording, 4 both new.

    Example: deskhand eval desk --policy embedded --seeds 0-4
    """
    from rich.console import Console
    from rich.progress import track

    from deskhand import paths
    from deskhand.actions.words import clean
    from deskhand.agent.control import Control
    from deskhand.benchmarks.desk.report import group_rows, task_rows
    from deskhand.benchmarks.desk.suite import DeskSuite, idle, random_policy
    from deskhand.benchmarks.runner import Episode, run_suite
    from deskhand.cli.console import print_rows, tell_once
    from deskhand.policies.protocol import Policy
    from deskhand.policies.registry import load_policy
    from deskhand.sandbox.registry import load_sandbox
    from deskhand.trajectories.folders import new_run_folder

    if sandbox == "host":
        raise UsageError("a suite never runs on your real desktop: take --sandbox lightbox or vm")
    console = Console(stderr=True)
    desktop = load_sandbox(sandbox, size=parse_size(size), on_progress=tell_once(console))
    suite = DeskSuite()
    chosen = [suite.family(name.strip()).name for name in tasks.split(",")] if tasks else list(suite.tasks())
    numbers = parse_seeds(seeds)

    def make_policy(task: str, seed: int) -> Policy:
        if policy == "oracle":
            return suite.oracle(task, seed)
        if policy == "idle":
            return idle()
        return (
            random_policy(seed)
            if policy == "random"
            else load_policy(policy, model=model, dialect=dialect, seed=seed)
        )

    folder = (
        out if out is not None else new_run_folder(paths.runs_dir(), f"eval desk {policy.partition(':')[0]}")
    )
    episodes: list[Episode] = []
    control = Control()
    with control.signals(), contextlib.suppress(KeyboardInterrupt):
        run = run_suite(
            suite, make_policy, chosen, numbers, folder, make_sandbox=lambda: desktop, control=control
        )
        for episode in track(run, total=len(chosen) * len(numbers), console=console, description="desk"):
            episodes.append(episode)
            mark = "error" if episode.error else "done" if episode.success else "not done"
            said = f"{episode.task} {episode.seed}: {mark} {clean(episode.reason or episode.error)}"
            console.print(said, style="dim", soft_wrap=True, markup=False)
    print_rows(f"desk, policy {policy}, seeds {seeds}, {desktop.name}", task_rows(episodes), as_json=json)
    print_rows(
        "Seen and not seen in training", group_rows(episodes), as_json=json, notes=[f"Trajectories: {folder}"]
    )
    raise typer.Exit(130 if control.stopping else 3 if any(e.error for e in episodes) else 0)


def parse_seeds(text: str) -> list[int]:
    """Seeds from "0-4" or "1,5,9".

    Raises:
        UsageError: it is neither.
    """
    try:
        first, dash, last = text.partition("-")
        seeds = list(range(int(first), int(last) + 1)) if dash else [int(part) for part in text.split(",")]
    except ValueError:
        seeds = []
    if not seeds or len(seeds) > 10_000:
        raise UsageError(f"seeds are A-B or a list with commas, not {text[:40]!r}")
    return seeds
