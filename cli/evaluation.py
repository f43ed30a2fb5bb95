"""What every ``deskhand eval SUITE`` does: run the episodes, show them, print tables."""

from __future__ import annotations

import contextlib
import functools
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType

from rich.console import Console
from rich.progress import track

from deskhand import paths
from deskhand.actions.geometry import Viewport
from deskhand.actions.words import clean
from deskhand.agent.control import Control, Interrupted
from deskhand.benchmarks.registry import ChosenPolicy, load_suite
from deskhand.benchmarks.runner.engines.local import Engine, LocalProcesses, ThisProcess
from deskhand.benchmarks.runner.engines.worker import Recipe
from deskhand.benchmarks.runner.episodes import RESULTS, Episode, keys
from deskhand.benchmarks.runner.run import evaluate
from deskhand.benchmarks.runner.statistics import summarize
from deskhand.benchmarks.runner.tables import Row, baseline_rows, total_rows
from deskhand.benchmarks.suite import Suite, choose_tasks, screen_of
from deskhand.cli.console import print_rows, tell_once
from deskhand.cli.evaluate import parse_seeds
from deskhand.cli.sandboxes import parse_size
from deskhand.errors import UsageError
from deskhand.sandbox.protocol import Sandbox
from deskhand.sandbox.registry import load_sandbox
from deskhand.trajectories.folders import new_run_folder

Tables = Mapping[str, Callable[[Sequence[Episode]], list[Row]]]
"""Tables by title; that without one gets the run's own."""

BASELINES = ("oracle", "random")


@dataclass(frozen=True, slots=True)
class Wanted:
    """The options of a command, as they were typed."""

    suite: str
    policy: str
    sandbox: str
    size: str | None
    seeds: str
    tasks: str | None
    subset: str | None
    repeat: int
    limit: int | None
    model: str | None
    dialect: str | None
    workers: int
    out: Path | None
    resume: bool
    rerun: str | None
    baselines: bool
    json: bool
    engine: str = "local"


def measure(wanted: Wanted, tables: Tables) -> int:
    """Run what was asked for and print it; the exit code.

    Raises:
        UsageError: something that was asked for makes no sense.
        DeskhandError: the run cannot go on.
    """
    _refuse(wanted)
    console, control = Console(stderr=True), Control()
    out = wanted.out
    if out is None:
        _plan(wanted, Path(), console)  # what is wrong with it is said before a folder is made
        kind, policy = (name.partition(":")[0] for name in (wanted.suite, wanted.policy))
        out = new_run_folder(paths.runs_dir(), f"eval {kind} {policy}")
    if not wanted.resume and (out / RESULTS).exists():
        raise UsageError(f"{out} has results already: choose another --out, or leave out --no-resume")
    with _stopping(control, console):
        episodes = _run(wanted, out, console, control)
        beside = {
            name: _run(replace(wanted, policy=name, repeat=1), out / "baselines" / name, console, control)
            for name in (BASELINES if wanted.baselines else ())
            if name != wanted.policy and not control.stopping
        }
    _print(wanted, out, tables, episodes, beside)
    return 130 if control.stopping else 3 if any(e.error for e in episodes) else 0


def _refuse(wanted: Wanted) -> None:
    if wanted.sandbox == "host":
        raise UsageError("a suite never runs on your real desktop: take --sandbox lightbox or vm")
    if wanted.workers > 1 and wanted.sandbox.partition(":")[0] in ("http", "https"):
        raise UsageError("one remote machine has one desktop: leave out --workers")
    _engine(wanted)
    if wanted.rerun not in (None, "errors"):
        raise UsageError(f"--rerun takes errors, not {str(wanted.rerun)[:40]!r}")


def _plan(wanted: Wanted, out: Path, console: Console) -> tuple[Recipe, list[str], list[int]]:
    suite = load_suite(wanted.suite)
    tasks = choose_tasks(suite, (wanted.tasks or "").split(","), wanted.subset)
    here = wanted.workers == 1 and wanted.engine == "local"
    tell = tell_once(console) if here else None
    make_sandbox: functools.partial[Sandbox] = functools.partial(
        load_sandbox, wanted.sandbox, size=_size(wanted, suite), on_progress=tell
    )
    make_sandbox().close()  # that there is such a sandbox is found out here
    policy = ChosenPolicy(wanted.policy, wanted.model, wanted.dialect)
    recipe = Recipe(functools.partial(load_suite, wanted.suite), policy, make_sandbox, out)
    seeds = parse_seeds(wanted.seeds)
    policy(suite, keys(tasks, seeds)[0]).close()
    return recipe, list(tasks), seeds


def _size(wanted: Wanted, suite: Suite) -> Viewport | None:
    """What was asked for; else what the suite is made for, on desktops that are made here."""
    made_here = wanted.sandbox.partition(":")[0] in ("lightbox", "vm")
    return parse_size(wanted.size) or (screen_of(suite) if made_here else None)


def _run(wanted: Wanted, out: Path, console: Console, control: Control) -> list[Episode]:
    recipe, tasks, seeds = _plan(wanted, out, console)
    planned = keys(tasks, seeds, wanted.repeat, wanted.limit)
    settings = {"sandbox": wanted.sandbox.partition("@")[2] or wanted.sandbox, "size": wanted.size}
    run = evaluate(
        recipe,
        planned,
        engine=_engine(wanted),
        control=control,
        rerun_errors=wanted.rerun == "errors",
        settings=settings,
    )
    episodes: list[Episode] = []
    title = wanted.suite if wanted.policy not in BASELINES else f"{wanted.suite}, {wanted.policy}"
    with contextlib.suppress(Interrupted), contextlib.closing(run):
        for episode in track(run, total=len(planned), console=console, description=clean(title)):
            episodes.append(episode)
            console.print(_line(episode), style="dim", soft_wrap=True, markup=False, highlight=False)
    return episodes


def _engine(wanted: Wanted) -> Engine:
    name, colon, address = wanted.engine.partition(":")
    if name == "local" and not colon:
        return ThisProcess() if wanted.workers == 1 else LocalProcesses(wanted.workers)
    if name == "ray" and bool(colon) is bool(address):
        from deskhand.benchmarks.runner.engines.on_ray import Ray

        return Ray(wanted.workers, address or None)
    raise UsageError(f"an engine is local, ray or ray:ADDRESS, not {wanted.engine[:60]!r}")


def _line(episode: Episode) -> str:
    mark = "error" if episode.error else "done" if episode.success else "not done"
    again = "" if episode.attempt == 1 else f" attempt {episode.attempt}"
    return f"{episode.task} {episode.seed}{again}: {mark} {clean(episode.reason or episode.error)}"


def _print(
    wanted: Wanted, out: Path, tables: Tables, episodes: list[Episode], beside: Mapping[str, list[Episode]]
) -> None:
    whole = f"{wanted.suite}, policy {wanted.policy}, seeds {wanted.seeds}, {wanted.sandbox}"
    for title, rows in tables.items():
        found = rows(episodes)
        if found or not title:
            print_rows(clean(title or whole), found, as_json=wanted.json)
    totals = total_rows(summarize(episodes), wanted.policy)
    for name, others in beside.items():
        totals += baseline_rows(summarize(others), name)
    notes = [f"Results and trajectories: {out}", f"As a page: deskhand eval report {out} --out report.html"]
    print_rows("In all, with 95 % intervals from drawing tasks", totals, as_json=wanted.json, notes=notes)


@contextlib.contextmanager
def _stopping(control: Control, console: Console) -> Iterator[None]:
    """Ctrl-C ends the episodes under way without a result; a second, or SIGTERM, at once."""

    def stop(number: int, frame: FrameType | None) -> None:
        at_once = control.stopping or number == signal.SIGTERM
        # No lock is taken here: the handler may run while this very thread holds it.
        control.stopping = True
        if at_once:
            raise Interrupted
        console.print("Stopping: what is finished is kept. Ctrl-C once more stops at once.")

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with contextlib.suppress(Interrupted):
            yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
