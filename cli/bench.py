"""``deskhand bench``: how fast the parts are on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deskhand.cli.options import ProfileOption, SetOption
from deskhand.errors import UsageError

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Measure the parts on this machine.\n\nExample: deskhand bench all",
)

_JSON = Annotated[bool, typer.Option("--json", help="Print one JSON object a line instead of a table.")]


def _run(groups: tuple[str, ...], as_json: bool) -> None:
    from deskhand.benchmarks.speed.parts import GROUPS
    from deskhand.cli.console import print_rows

    for group in groups:
        print_rows(f"bench {group}", list(GROUPS[group]()), as_json=as_json)


@app.command("all")
def everything(json: _JSON = False) -> None:
    """The tables of sandbox, typing, loop, parse, reading, embedded and stop, one after another; minutes.

    Example: deskhand bench all --json
    """
    _run(("sandbox", "typing", "loop", "parse", "reading", "embedded", "stop"), json)


@app.command("sandbox")
def sandbox(
    only: Annotated[
        str, typer.Option(help="Kinds to measure, with commas: lightbox, vm, remote; default: all.")
    ] = "",
    json: _JSON = False,
) -> None:
    """Measure lightbox, virtual machine and remote: start, reset, screenshot, action, launch, memory.

    remote is a lightbox served on the loopback interface. vm needs an image (deskhand sandbox build); a
    missing template is made first, which takes a minute. A kind that does not work on this machine has a
    row with the reason. Rows with a slash are ratios to the first kind.

    Example: deskhand bench sandbox --only lightbox,vm --json
    """
    from deskhand.benchmarks.speed.sandbox import COLUMNS, KINDS, rows
    from deskhand.cli.console import print_rows

    kinds = tuple(only.split(",")) if only else KINDS
    if not set(kinds) <= set(KINDS):
        raise UsageError(f"--only takes {', '.join(KINDS)}, not {only[:60]!r}")
    notes = [f"{name}: {what}" for name, what in COLUMNS.items()]
    print_rows("bench sandbox", list(rows(kinds)), as_json=json, notes=notes)


@app.command("typing")
def typing(
    fields: Annotated[str, typer.Option(help="Kinds of field, with commas; default: all.")] = "",
    layouts: Annotated[str, typer.Option(help="Keyboard layouts, with commas; default: all.")] = "",
    json: _JSON = False,
) -> None:
    """Type twelve texts into every kind of field under every keyboard layout, and compare what arrives.

    Prints a row for each kind of field and layout. The layout is changed while the desktop runs. All of
    them take half an hour. `bench all` does not include it.

    Example: deskhand bench typing --fields "gtk text,calc cell" --layouts us,ru
    """
    from deskhand.benchmarks.speed import typing as bench_typing
    from deskhand.cli.console import print_rows, progress_bar

    kinds = _chosen(fields, tuple(bench_typing.FIELDS), "kinds of field")
    names = _chosen(layouts, tuple(bench_typing.LAYOUTS), "layouts")
    found = []
    with progress_bar() as progress:
        for row in bench_typing.rows(kinds, names):
            found.append(row)
            progress(f"{row['field']}, {row['layout']}", len(found) / (len(kinds) * len(names)))
    notes = [f"{name}: {what}" for name, what in bench_typing.COLUMNS.items()]
    print_rows("bench typing", found, as_json=json, notes=notes)


def _chosen(named: str, every: tuple[str, ...], what: str) -> tuple[str, ...]:
    chosen = tuple(name.strip() for name in named.split(",")) if named else every
    unknown = [name for name in chosen if name not in every]
    if unknown:
        raise UsageError(f"{what} are {', '.join(every)}, not {unknown[0][:60]!r}")
    return chosen


@app.command("programs")
def programs(
    only: Annotated[str, typer.Option(help="Packages of the list, with commas; default: all 60.")] = "",
    folder: Annotated[
        Path | None,
        typer.Option(help="Folder whose root/ has the packages; default: this machine's.", file_okay=False),
    ] = None,
    packages: Annotated[
        bool, typer.Option("--packages", help="Print the names of the packages and start nothing.")
    ] = False,
    json: _JSON = False,
) -> None:
    """Sixty desktop programs of Debian 12, each started once in a lightbox of its own: which come up?

    A row for each: a window that is painted and stays is a yes; one that is not installed here is absent.
    Three minutes on two cores. To try all of them without installing them, unpack the packages in a folder
    (3.9 GB, as root): mkdir all; mmdebstrap --variant=apt --include="xvfb openbox dbus dbus-x11 hsetroot
    python3 fonts-dejavu-core adwaita-icon-theme vlc-plugin-base $(deskhand bench programs --packages)"
    bookworm all/root; then name the folder all.

    Example: deskhand bench programs --only mousepad,gimp

    Example: deskhand bench programs --folder all --json
    """
    from deskhand.benchmarks.speed import programs as bench_programs
    from deskhand.cli.console import print_rows, progress_bar

    chosen = bench_programs.programs(tuple(name.strip() for name in only.split(",")) if only else ())
    if packages:
        typer.echo(" ".join(one.package for one in chosen))
        return
    found = []
    with progress_bar() as progress:
        for row in bench_programs.rows(chosen, folder):
            found.append(row)
            progress(str(row["package"]), len(found) / len(chosen))
    notes = [f"{name}: {what}" for name, what in bench_programs.COLUMNS.items()]
    print_rows("bench programs", found, as_json=json, notes=notes)


@app.command("loop")
def loop(json: _JSON = False) -> None:
    """Measure one step without the model: act, settle, observe, log; and bytes on disk.

    Example: deskhand bench loop
    """
    _run(("loop",), json)


@app.command("parse")
def parse(json: _JSON = False) -> None:
    """Measure parsing of a model's reply, for each dialect, and of hostile texts of 64 KiB.

    Example: deskhand bench parse
    """
    _run(("parse",), json)


@app.command("reading")
def reading(json: _JSON = False) -> None:
    """Measure text recognition on a screen: the first time, and again.

    Example: deskhand bench reading
    """
    _run(("reading",), json)


@app.command("model")
def model(
    folder: Annotated[str, typer.Argument(help="Folder of a model, as for --policy local:FOLDER.")],
    profile: ProfileOption = None,
    profile_set: SetOption = None,
    steps: Annotated[int, typer.Option(min=2, max=100, help="Number of steps of the episode.")] = 10,
    json: _JSON = False,
) -> None:
    """Measure what a model in this process saves: by what it keeps of a conversation, by answers together.

    One episode is asked twice on the same generated screens: once with all computed anew at each step,
    once with what is known kept. Then several conversations ask one after another, and at the same
    time, as the workers of an evaluation do. The answers have to be the same.

    Example: deskhand bench model models/Qwen3-VL-2B-Instruct
    """
    from deskhand.benchmarks.speed.model import rows, together
    from deskhand.cli.console import print_rows

    kept = list(rows(folder, profile, profile_set or (), steps))
    several = list(together(folder, profile, profile_set or ()))
    if json:
        print_rows("bench model", [*kept, *several], as_json=True)
        return
    print_rows("bench model", kept, as_json=False)
    print_rows("bench model: several conversations", several, as_json=False)


@app.command("explore")
def explore(
    programs: Annotated[
        list[str], typer.Argument(help="Programs to explore, by their names.", show_default=False)
    ],
    minutes: Annotated[float, typer.Option(min=0.1, help="Time for each.")] = 10.0,
    steps: Annotated[int, typer.Option(min=1, help="Steps for each; a busy machine counts in them.")] = 5_000,
    workers: Annotated[int, typer.Option(min=1, max=16, help="Desktops at the same time.")] = 1,
    json: _JSON = False,
) -> None:
    """Measure how much of a program's menus exploring finds, by pixels alone.

    The program reports its menus through AT-SPI; the map, which was made without, is compared with that.

    Example: deskhand bench explore mousepad galculator --minutes 10
    """
    from deskhand.benchmarks.speed.exploring import rows
    from deskhand.cli.console import print_rows

    print_rows("bench explore", list(rows(programs, minutes, steps, workers)), as_json=json)


@app.command("map")
def map_(
    maps: Annotated[
        list[Path],
        typer.Argument(
            metavar="MAP", help="Folders of maps that `deskhand explore` wrote.", show_default=False
        ),
    ],
    json: _JSON = False,
) -> None:
    """Measure how often a map's command is found for a wish in other words than the map's.

    Deskhand has wishes of common commands ("Take back my last step" for Undo). Those whose command a
    map has are asked for, and counted where it is among the first five: by words alone, by meaning alone
    (the text encoder of `deskhand models pull`), by both.

    Example: deskhand bench map maps/mousepad maps/mtpaint
    """
    from deskhand.benchmarks.speed.retrieving import COLUMNS, rows
    from deskhand.cli.console import print_rows
    from deskhand.policies import models
    from deskhand.policies.embedded.meaning import vectors_if_there

    models.require()
    vectors = vectors_if_there()
    assert vectors is not None
    notes = [f"{name}: {what}" for name, what in COLUMNS.items()]
    print_rows("bench map", list(rows(maps, vectors)), as_json=json, notes=notes)


@app.command("perception")
def perception(
    screens: Annotated[
        Path, typer.Option(help="Folder of the test screens; missing screens are made first.")
    ] = Path("work/screens/test"),
    number: Annotated[int, typer.Option(min=1, help="Number of test screens.")] = 240,
    json: _JSON = False,
) -> None:
    """Measure quality and speed of perception from pixels, on applications not used in training.

    Prints a row for each test application and theme, for each role, for text recognition alone, for the
    accessibility tree alone, for each screen size, and the total. `make setup` does not install the
    applications: missing ones are named and left out. Making the screens takes minutes, once; reading
    them takes a second each. `bench all` does not include it.

    Example: deskhand bench perception --screens work/screens/test --json
    """
    from rich.console import Console
    from rich.progress import Progress

    from deskhand.benchmarks.speed import perception as bench_perception
    from deskhand.cli.console import print_rows

    with Progress(console=Console(stderr=True)) as bars:
        making = bars.add_task("test screens", total=number)
        there, lacking = bench_perception.screens_in(
            screens, number, lambda done, total: bars.update(making, completed=done, total=total)
        )
        bars.update(making, completed=number)
        looking = bars.add_task("looking", total=number)
        found = list(bench_perception.rows(there, lambda: bars.advance(looking)))
    notes = [f"{name}: {what}" for name, what in bench_perception.COLUMNS.items()]
    if lacking:
        notes.append(f"not installed here, and left out: {' '.join(lacking)}")
    print_rows("bench perception", found, as_json=json, notes=notes)


@app.command("show")
def show(
    steps: Annotated[
        int, typer.Option(min=2, max=20_000, help="Number of steps of the generated run.")
    ] = 2000,
    json: _JSON = False,
) -> None:
    """Measure the page of a long trajectory: time to write, size, time to open in headless Chromium.

    The run is generated, 1280x800, with one more line of noise in each step. The page measures the time
    of opening itself, from the start of loading until it accepts clicks; without Chromium it is left out.
    `bench all` does not include it.

    Example: deskhand bench show --json
    """
    from deskhand.benchmarks.speed.show import rows
    from deskhand.cli.console import print_rows

    print_rows("bench show", list(rows(steps)), as_json=json)


@app.command("trajectory")
def trajectory(
    steps: Annotated[int, typer.Option(min=2, max=50, help="Number of steps of each run.")] = 50,
    json: _JSON = False,
) -> None:
    """Measure the size of a trajectory compared with one PNG a step, and the time to log a step.

    Runs the same 50 steps in each of three applications; a row for each and one for the total. It takes
    about a minute. `bench all` does not include it.

    Example: deskhand bench trajectory --json
    """
    from deskhand.benchmarks.speed import trajectory as bench_trajectory
    from deskhand.cli.console import print_rows, progress_bar

    with progress_bar() as progress:
        found = list(bench_trajectory.rows(steps, lambda app, share: progress(f"working in {app}", share)))
    notes = [f"{name}: {what}" for name, what in bench_trajectory.COLUMNS.items()]
    print_rows("bench trajectory", found, as_json=json, notes=notes)


@app.command("replay")
def replay(
    seeds: Annotated[str, typer.Option(help="Seeds to run: A-B, or a list with commas.")] = "0-4",
    only: Annotated[
        str, typer.Option(help="Desktop variations, with commas, named as in the table; default: all.")
    ] = "",
    tasks: Annotated[str, typer.Option(help="Desk tasks, with commas; default: ten selected ones.")] = "",
    out: Annotated[
        Path | None, typer.Option(help="Folder for the trajectories; default: a new one below runs/.")
    ] = None,
    near: Annotated[
        int, typer.Option(min=0, help="Attempts among names like the recorded one; --only near: no others.")
    ] = 24,
    json: _JSON = False,
) -> None:
    """Record desk tasks once and replay them on changed desktops, and among near names.

    Among near names a file, row, date, amount, person or tab is gone and another one that could be taken for
    it is there, or two are, or it is there twice, or one is beside it: a second table, of --near attempts.

    Each replay is right (by the check of the suite), stopped before it did anything wrong, or wrong.
    Prints a row for each desktop and one for all changed ones. Ten tasks with five seeds on six desktops
    are 300 replays: half an hour. `bench all` does not include it.

    Example: deskhand bench replay --seeds 0 --only "window moved,extra dialog" --json
    """
    from rich.console import Console
    from rich.progress import track

    from deskhand import paths
    from deskhand.benchmarks.runner.seeds import parse_seeds
    from deskhand.benchmarks.speed import replay as bench_replay
    from deskhand.benchmarks.speed.near_names import COLUMNS as NEAR_COLUMNS
    from deskhand.benchmarks.speed.near_names import NearCase, near_cases, near_table
    from deskhand.benchmarks.suites.desk.suite import DeskSuite
    from deskhand.cli.console import print_rows
    from deskhand.sandbox.registry import load_sandbox
    from deskhand.text import clean
    from deskhand.trajectories.folders import new_run_folder

    suite, console = DeskSuite(), Console(stderr=True)
    names = (
        [suite.family(name.strip()).name for name in tasks.split(",")] if tasks else list(bench_replay.TASKS)
    )
    chosen = () if only.strip() == "near" else bench_replay.variations_named(only)
    numbers = parse_seeds(seeds)
    folder = out if out is not None else new_run_folder(paths.runs_dir(), "bench replay")
    done: list[bench_replay.ReplayCase] = []
    among: list[NearCase] = []
    with load_sandbox("lightbox") as desktop:
        static = [bench_replay.static_row(desktop, folder)] if chosen else []
        run = bench_replay.cases(
            desktop, folder, seeds=numbers, variations=chosen, tasks=names if chosen else ()
        )
        total = len(names) * len(numbers) * len(chosen)
        for case in track(run, total=total, console=console, description="replay", disable=not chosen):
            done.append(case)
            if case.verdict != "right":
                said = f"{case.variation}, {case.task} {case.seed}: {case.verdict}: {clean(case.reason)}"
                console.print(said, style="dim", soft_wrap=True, markup=False)
        for one in track(near_cases(desktop, folder, near), total=near, console=console, description="names"):
            among.append(one)
            said = f"{one.kind} {one.name}, {one.situation}: {one.verdict}: {clean(one.reason)}"
            console.print(said, style="dim", soft_wrap=True, markup=False)
    where = f"Trajectories: {folder}"
    if chosen:
        notes = [f"{name}: {what}" for name, what in bench_replay.COLUMNS.items()]
        print_rows("bench replay", [*bench_replay.table(done), *static], as_json=json, notes=[*notes, where])
    if among:
        notes = [f"{name}: {what}" for name, what in NEAR_COLUMNS.items()]
        print_rows("bench replay, near names", near_table(among), as_json=json, notes=[*notes, where])


@app.command("workflow")
def workflow(
    only: Annotated[str, typer.Option(help="Applications, with commas; default: all five.")] = "",
    out: Annotated[
        Path | None, typer.Option(help="Folder for the trajectories; default: a new one below runs/.")
    ] = None,
    json: _JSON = False,
) -> None:
    """Do rows of values unlike the recorded ones in five applications.

    Values have 1 to 80 characters, other digits, blanks, and letters of other scripts; what is there
    afterwards is read from outside. Ten minutes. It is not among those of `bench all`.

    Example: deskhand bench workflow --only mousepad,pcmanfm --json
    """
    from rich.console import Console
    from rich.progress import track

    from deskhand import paths
    from deskhand.benchmarks.speed import workflow as bench_workflow
    from deskhand.benchmarks.speed.rows.jobs import JOBS
    from deskhand.cli.console import print_rows
    from deskhand.sandbox.registry import load_sandbox
    from deskhand.trajectories.folders import new_run_folder

    names = _chosen(only, tuple(job.name for job in JOBS), "applications")
    jobs = [job for job in JOBS if job.name in names]
    folder = out if out is not None else new_run_folder(paths.runs_dir(), "bench workflow")
    with load_sandbox("lightbox") as desktop:
        run = bench_workflow.rows(desktop, folder, jobs)
        count = sum(len(job.rows) for job in jobs)
        done = list(track(run, total=count, console=Console(stderr=True), description="rows"))
    print_rows("bench workflow", done, as_json=json)
    notes = [f"{name}: {what}" for name, what in bench_workflow.COLUMNS.items()]
    totals = bench_workflow.total(done)
    print_rows("All rows", totals, as_json=json, notes=[*notes, f"Trajectories: {folder}"])


@app.command("eval")
def evaluation(
    quick: Annotated[bool, typer.Option(help="Run four tasks with one worker: half a minute.")] = False,
    browsergym: Annotated[
        Path | None,
        typer.Option(metavar="PYTHON", help="Python interpreter with browsergym-miniwob; default: this one."),
    ] = None,
    json: _JSON = False,
) -> None:
    """Measure oracle episodes of miniwob a minute with 1, 2 and 4 workers, and the same in BrowserGym.

    Runs twelve tasks and records trajectories. Reset and step times are medians. BrowserGym's environment
    does the same tasks in Debian's Chromium; rows with a slash are the ratio of speeds. It is measured
    unchanged, and without its fixed waits; if it is not installed, its rows are left out. It takes five
    minutes, on a machine without other load. `bench all` does not include it.

    Example: deskhand bench eval --browsergym work/browsergym/bin/python --json
    """
    from deskhand.benchmarks.speed import eval as bench_eval
    from deskhand.benchmarks.speed.beside import gym
    from deskhand.cli.console import print_rows, progress_bar

    python = gym.interpreter(browsergym)
    with progress_bar() as progress:
        found = list(bench_eval.rows(quick=quick, python=python, progress=progress))
    notes = [f"{name}: {what}" for name, what in bench_eval.COLUMNS.items()]
    notes += [bench_eval.OURS, bench_eval.THEIRS if python else gym.LACKING]
    print_rows("bench eval", found, as_json=json, notes=notes)


@app.command("stop")
def stop(json: _JSON = False) -> None:
    """Measure how long a stop takes to be in effect, during each kind of action and while a model is asked.

    Example: deskhand bench stop
    """
    _run(("stop",), json)


@app.command("embedded")
def embedded(json: _JSON = False) -> None:
    """Measure one decision of the embedded reasoner: time and memory.

    Example: deskhand bench embedded
    """
    _run(("embedded",), json)
