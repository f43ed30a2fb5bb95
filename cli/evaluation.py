"""What every ``deskhand eval SUITE`` does: run the episodes, show them, print tables."""

from __future__ import annotations

import contextlib
import functools
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path
from types import FrameType

from rich.console import Console
from rich.progress import track

from deskhand import paths
from deskhand.actions.geometry import Viewport
from deskhand.agent.control import Control, Interrupted
from deskhand.agent.maps import ChosenMap
from deskhand.benchmarks.registry import ChosenPolicy, load_suite
from deskhand.benchmarks.runner.engines.local import Engine, ThisProcess
from deskhand.benchmarks.runner.engines.threads import Threads
from deskhand.benchmarks.runner.engines.worker import WorkerRecipe
from deskhand.benchmarks.runner.episodes import RESULTS, Episode, keys
from deskhand.benchmarks.runner.noticing import noticing_rows
from deskhand.benchmarks.runner.run import evaluate
from deskhand.benchmarks.runner.seeds import parse_seeds
from deskhand.benchmarks.runner.statistics import summarize
from deskhand.benchmarks.runner.tables import Row, baseline_rows, total_rows
from deskhand.benchmarks.suite import Suite, choose_tasks
from deskhand.cli.console import print_rows, progress_once
from deskhand.cli.live import wall_of
from deskhand.cli.options import EvalOptions, engine_of
from deskhand.cli.sandboxes import parse_size
from deskhand.credentials import without_token
from deskhand.errors import UsageError
from deskhand.sandbox.protocol import Sandbox
from deskhand.sandbox.registry import load_sandbox
from deskhand.text import clean
from deskhand.trajectories.folders import new_run_folder

Tables = Mapping[str, Callable[[Sequence[Episode]], list[Row]]]
"""Tables by title; that without one gets the run's own."""

BASELINES = ("oracle", "random")


def measure(suite: str, options: EvalOptions, tables: Tables) -> int:
    """Run what was asked for and print it; the exit code.

    Raises:
        UsageError: something that was asked for makes no sense.
        DeskhandError: the run cannot go on.
    """
    _refuse(options)
    console, control = Console(stderr=True), Control()
    out = options.out
    if out is None:
        _plan(suite, options, Path(), console)  # what is wrong with it is said before a folder is made
        kind, policy = (name.partition(":")[0] for name in (suite, options.policy))
        out = new_run_folder(paths.runs_dir(), f"eval {kind} {policy}")
    if not options.resume and (out / RESULTS).exists():
        raise UsageError(f"{out} already has results: choose another --out, or leave out --no-resume")
    with _stopping(control, console):
        episodes = _run(suite, options, out, console, control)
        beside = {
            name: _run(
                suite,
                _unasked(options, name),
                out / "baselines" / name,
                console,
                control,
            )
            for name in (BASELINES if options.baselines else ())
            if name != options.policy and not control.stopping
        }
    _print(suite, options, out, tables, episodes, beside)
    return 130 if control.stopping else 3 if any(e.error for e in episodes) else 0


def _refuse(options: EvalOptions) -> None:
    if "host" in options.sandbox:
        raise UsageError("a suite does not run on your real desktop: use --sandbox lightbox or vm")
    machines = len(options.sandbox)
    remote = [spec.partition(":")[0] in ("http", "https") for spec in options.sandbox]
    if machines > 1 and not all(remote):
        raise UsageError("only remote machines are several: give more --workers, each has its own sandbox")
    if len(set(options.sandbox)) < machines:
        raise UsageError("a machine is named twice: name each --sandbox once, it has only one desktop")
    if options.workers not in (1, machines) and any(remote):
        raise UsageError("a remote machine has only one desktop, and so one worker: leave out --workers")
    if options.reset and len(options.reset) != machines:
        raise UsageError(f"--reset is given for each --sandbox: {machines} times, not {len(options.reset)}")
    _engine(options)
    if options.rerun not in (None, "errors"):
        raise UsageError(f"--rerun takes errors, not {str(options.rerun)[:40]!r}")


def _plan(
    suite: str, options: EvalOptions, out: Path, console: Console
) -> tuple[WorkerRecipe, list[str], list[int]]:
    made = load_suite(suite)
    tasks = choose_tasks(made, (options.tasks or "").split(","), options.subset)
    progress = progress_once(console) if _workers(options) == 1 and options.engine == "local" else None
    machines: list[functools.partial[Sandbox]] = [
        functools.partial(load_sandbox, spec, size=_size(options, made), on_progress=progress, reset=reset)
        for spec, reset in zip_longest(options.sandbox, options.reset or ())
    ]
    for make in machines:
        make().close()  # that there is such a sandbox is found out here
    policy = ChosenPolicy(
        options.policy,
        options.model,
        options.dialect,
        options.profile,
        tuple(options.profile_set or ()),
        options.grounder,
    )
    rules = None if options.rules in (None, "none") else (str(options.rules), tuple(options.yes or ()))
    if options.yes and rules is None:
        raise UsageError("--yes answers the questions of rules: name them with --rules")
    limits = replace(
        made.limits,
        steps=options.max_steps or made.limits.steps,
        seconds=options.time_limit or made.limits.seconds,
    )
    recipe = WorkerRecipe(
        functools.partial(load_suite, suite),
        policy,
        machines[0],
        out,
        limits,
        rules,
        ChosenMap(options.map),
        tuple(machines) if len(machines) > 1 else (),
    )
    recipe.guard()
    seeds = parse_seeds(options.seeds)
    with contextlib.closing(policy(made, keys(tasks, seeds)[0])) as first:
        recipe.map.check(first)
    return recipe, list(tasks), seeds


def _unasked(options: EvalOptions, baseline: str) -> EvalOptions:
    """The same for a baseline, which asks no model."""
    nothing = dict.fromkeys(("model", "dialect", "profile", "profile_set", "grounder"))
    return replace(options, policy=baseline, repeat=1, map="none", **nothing)  # type: ignore[arg-type]


def _size(options: EvalOptions, suite: Suite) -> Viewport | None:
    """What was asked for; else what the suite is made for, on desktops that are made here."""
    made_here = options.sandbox[0].partition(":")[0] in ("lightbox", "vm")
    return parse_size(options.size) or (suite.screen if made_here else None)


def _run(suite: str, options: EvalOptions, out: Path, console: Console, control: Control) -> list[Episode]:
    recipe, tasks, seeds = _plan(suite, options, out, console)
    planned = keys(tasks, seeds, options.repeat, options.limit)
    if "none" in (options.reset or []) and len(planned) > len(options.sandbox) > 1:
        raise UsageError(
            "--reset none makes no machine clean, so each is for one episode: give "
            f"--limit {len(options.sandbox)}, or commands for --reset"
        )
    settings = {"sandbox": _shown(options), "size": options.size}
    run = evaluate(
        recipe,
        planned,
        engine=_engine(options),
        control=control,
        rerun_errors=options.rerun == "errors",
        settings=settings,
    )
    episodes: list[Episode] = []
    title = suite if options.policy not in BASELINES else f"{suite}, {options.policy}"
    with (
        wall_of(options.live, out, title, control.stop, console) as wall,
        contextlib.suppress(Interrupted),
        contextlib.closing(run),
    ):
        for episode in track(run, total=len(planned), console=console, description=clean(title)):
            episodes.append(episode)
            if wall is not None:
                wall.finished(
                    f"{episode.task}-{episode.seed}", _mark(episode), episode.reason or episode.error
                )
            console.print(_line(episode), style="dim", soft_wrap=True, markup=False, highlight=False)
    return episodes


def _engine(options: EvalOptions) -> Engine:
    workers = _workers(options)
    if options.engine == "local":
        if workers == 1:
            return ThisProcess()
        if options.policy.startswith("local:"):
            return Threads(workers)
    return engine_of(options.engine, workers)


def _workers(options: EvalOptions) -> int:
    """How many there are: each of several machines has one."""
    return max(options.workers, len(options.sandbox))


def _shown(options: EvalOptions) -> str:
    """The sandboxes as they may be shown."""
    return " ".join(map(without_token, options.sandbox))


def _mark(episode: Episode) -> str:
    return "error" if episode.error else "done" if episode.success else "not done"


def _line(episode: Episode) -> str:
    again = "" if episode.attempt == 1 else f" attempt {episode.attempt}"
    return f"{episode.task} {episode.seed}{again}: {_mark(episode)} {clean(episode.reason or episode.error)}"


def _print(
    suite: str,
    options: EvalOptions,
    out: Path,
    tables: Tables,
    episodes: list[Episode],
    beside: Mapping[str, list[Episode]],
) -> None:
    whole = f"{suite}, policy {options.policy}, seeds {options.seeds}, {_shown(options)}"
    for title, rows in tables.items():
        found = rows(episodes)
        if found or not title:
            print_rows(clean(title or whole), found, as_json=options.json)
    noticing = noticing_rows(episodes, out)
    if noticing:
        print_rows("Failed actions, and what came of them", noticing, as_json=options.json)
    totals = total_rows(summarize(episodes), options.policy)
    for name, others in beside.items():
        totals += baseline_rows(summarize(others), name)
    notes = [f"Results and trajectories: {out}", f"As a page: deskhand eval report {out} --out report.html"]
    print_rows("In all, with 95 % intervals from drawing tasks", totals, as_json=options.json, notes=notes)


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
