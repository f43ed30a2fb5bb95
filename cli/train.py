"""``deskhand train``: the reasoner that learns from oracles, screens with their truth, and the detector."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deskhand import paths
from deskhand.cli import completion

if TYPE_CHECKING:
    from deskhand.benchmarks.runner.engines.local import Engine
    from deskhand.perception.widgets.detector import Detector
    from deskhand.screens.sets import TrueScreen
    from deskhand.training.runs import Progress as Where

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Train the reasoner and the detector.\n\nExample: deskhand train clone --suite miniwob",
)

EPISODES = "episodes"
_DAGGER = Path("work/dagger")
_CLONE = Path("work/clone")


@app.callback()
def training() -> None:
    paths.set_torch_folder()


@app.command("clone")
def clone(
    suite: Annotated[
        list[str],
        typer.Option(
            help="Learn from this suite's oracles: desk, miniwob, or another's; repeatable.",
            autocompletion=completion.suites,
        ),
    ] = ["desk", "miniwob"],  # noqa: B006
    out: Annotated[Path, typer.Option(help="Folder for recordings, checkpoint and weights.")] = _CLONE,
    episodes: Annotated[int, typer.Option(min=1, help="Recorded episodes of each task.")] = 12,
    steps: Annotated[int, typer.Option(min=1, help="Updates.")] = 6000,
    batch: Annotated[int, typer.Option(min=1, help="Decisions an update.")] = 32,
    rate: Annotated[float, typer.Option(help="Learning rate at its highest.")] = 1e-3,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that record.")] = 1,
    unlearnt: Annotated[
        int, typer.Option(min=0, help="Episodes of each task, the last ones, that only measure the result.")
    ] = 2,
    start_from: Annotated[
        Path | None, typer.Option(help="Checkpoint or weights to start from; default: random weights.")
    ] = None,
    fonts: Annotated[
        Path | None,
        typer.Option(help="Folder of .ttf and .otf files: desktops of recordings write in one of them."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of everything that is drawn.")] = 0,
) -> None:
    """Teach the embedded reasoner: it learns to decide as the oracles of suites do.

    Episodes of the subset "trained" of each suite are recorded in the lightbox: tasks, parameters and
    wordings reserved for training, with seeds that no evaluation uses. Their screens are read, then the
    network learns from them. Each part goes on where it stopped. The table tells in how many steps of
    the episodes that were not learnt the network decides exactly as the oracle did.
    `deskhand run --policy embedded:FOLDER` uses the weights.

    Example: deskhand train clone --suite miniwob --episodes 40 --steps 20000
    """
    from dataclasses import asdict

    from deskhand.cli.console import print_rows
    from deskhand.perception.reader import ScreenReader
    from deskhand.policies import models
    from deskhand.policies.embedded.deciding import load
    from deskhand.policies.embedded.textvectors import TextEncoder
    from deskhand.training.reasoner import clone as cloning
    from deskhand.training.reasoner.exact import exactness
    from deskhand.training.reasoner.fonts import fonts_in
    from deskhand.training.reasoner.lessons import Lesson, collected
    from deskhand.training.reasoner.record import is_late, record
    from deskhand.training.runs import Settings

    encoder = TextEncoder(models.require())
    files = () if fonts is None else fonts_in(fonts)
    learnt: list[Lesson] = []
    measured: list[Lesson] = []
    with _Bars(steps, "recording episodes", "reading screens") as bars:
        for name in suite:
            runs = []
            for number, (total, folder) in enumerate(
                record(name, out / EPISODES / name, episodes, workers, files), 1
            ):
                bars.shower("recording episodes")(number, total)
                runs += [folder] if folder is not None else []
            kept = out / "lessons" / name
            last = [run for run in runs if is_late(run, episodes - unlearnt)]
            first = [run for run in runs if run not in last]
            learnt += collected(first, kept, ScreenReader().read, bars.shower("reading screens"))
            measured += collected(last, kept, ScreenReader().read, bars.shower("reading screens"))
        settings = Settings(steps=steps, rate=rate, seed=seed)
        weights = cloning.train(
            learnt, encoder, out, settings, batch=batch, start_from=start_from, progress=bars.show
        )
    rows = [asdict(row) for row in exactness(load(weights), measured, encoder)]
    print_rows(f"{weights}: decided as the oracles did", rows, as_json=False)
    typer.echo(weights)


@app.command("dagger")
def dagger(
    reasoner: Annotated[
        Path, typer.Argument(help="Folder of the network that `deskhand train clone` wrote.")
    ],
    learnt: Annotated[
        list[Path],
        typer.Option(help="Folder of lessons that it learnt, and learns again; repeatable."),
    ] = [_CLONE / "lessons" / "miniwob"],  # noqa: B006
    suite: Annotated[
        str, typer.Option(help="Suite whose oracles correct it.", autocompletion=completion.suites)
    ] = "miniwob",
    out: Annotated[Path, typer.Option(help="Folder for episodes, checkpoint and the new network.")] = _DAGGER,
    round_: Annotated[
        int, typer.Option("--round", min=1, help="Number of the round; each has new seeds.")
    ] = 1,
    episodes: Annotated[int, typer.Option(min=1, help="Episodes of each task.")] = 5,
    share: Annotated[
        float, typer.Option(min=0, max=1, help="Share of the steps in which the oracle acts itself.")
    ] = 0.3,
    steps: Annotated[int, typer.Option(min=1, help="Updates.")] = 2000,
    rate: Annotated[float, typer.Option(help="Learning rate at its highest.")] = 5e-4,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes with a sandbox each.")] = 1,
    seed: Annotated[int, typer.Option(help="Seed of everything that is drawn.")] = 0,
) -> None:
    """Correct the embedded reasoner: it acts, an oracle says what would have been right (DAgger).

    One call is one round. The episodes are of tasks that training may see and whose oracle acts from any
    state of the page. Then the network goes on learning, from the new lessons and from those of --learnt.
    Each part goes on where it stopped.

    Example: deskhand train dagger work/clone/reasoner --round 1 --out work/dagger1
    """
    from deskhand.perception.reader import ScreenReader
    from deskhand.policies import models
    from deskhand.policies.embedded.textvectors import TextEncoder
    from deskhand.training.reasoner import clone as cloning
    from deskhand.training.reasoner.correction import corrected, corrections_of
    from deskhand.training.reasoner.lessons import collected, kept_lessons
    from deskhand.training.runs import Settings

    encoder = TextEncoder(models.require())
    lessons = [lesson for folder in learnt for lesson in kept_lessons(folder)]
    with _Bars(steps, "running episodes", "reading screens") as bars:
        runs = []
        acted = corrected(suite, reasoner, out / EPISODES, episodes, round_, share=share, workers=workers)
        for number, (total, folder) in enumerate(acted, 1):
            bars.shower("running episodes")(number, total)
            runs.append(folder)
        read = ScreenReader().read
        lessons += collected(runs, out / "lessons", read, bars.shower("reading screens"), corrections_of)
        settings = Settings(steps=steps, rate=rate, seed=seed)
        folder = cloning.train(lessons, encoder, out, settings, start_from=reasoner, progress=bars.show)
    typer.echo(folder)


@app.command("average")
def average(
    networks: Annotated[
        list[Path],
        typer.Argument(help="Folders of networks with one start.", show_default=False),
    ],
    out: Annotated[Path, typer.Option(help="Folder of the mean; it must not exist yet.", show_default=False)],
) -> None:
    """Write the mean of networks as a network.

    What one of them lost of what both began with, the other often keeps; so the mean can be better.

    Example: deskhand train average work/clone/reasoner work/dagger1/reasoner --out work/mean
    """
    from deskhand.training.reasoner.averaging import average as mean

    typer.echo(mean(networks, out))


@app.command("grpo")
def grpo(
    reasoner: Annotated[
        Path | None,
        typer.Argument(help="Folder of the network to begin with; default: the one that ships."),
    ] = None,
    suite: Annotated[
        str, typer.Option(help="Suite whose checkers reward.", autocompletion=completion.suites)
    ] = "miniwob",
    tasks: Annotated[
        str, typer.Option(help="Tasks by name, with commas; default: all that training may see.")
    ] = "",
    out: Annotated[Path, typer.Option(help="Folder for episodes, state, curve and the new network.")] = Path(
        "work/grpo"
    ),
    rounds: Annotated[int, typer.Option(min=1, help="Rounds; a later call may ask for more.")] = 25,
    groups: Annotated[int, typer.Option(min=1, max=64, help="Tasks in a round.")] = 4,
    group: Annotated[
        int, typer.Option(min=2, max=64, help="Episodes of each, which begin in the same state.")
    ] = 8,
    temperature: Annotated[
        float, typer.Option(min=0.05, max=2, help="How freely decisions are drawn.")
    ] = 0.5,
    rate: Annotated[float, typer.Option(help="Learning rate.")] = 1e-4,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes with a sandbox each.")] = 1,
    engine: Annotated[str, typer.Option(help="Where episodes run: local, ray or ray:ADDRESS.")] = "local",
    seed: Annotated[int, typer.Option(help="Seed of everything that is drawn.")] = 0,
) -> None:
    """Let the reasoner learn from what comes of its own episodes: reinforcement (GRPO).

    A round runs groups of episodes that begin alike and are drawn by chance. The suite's checkers say which
    succeeded; what those did gets likelier, what the others did less likely. Groups that all succeeded or all
    failed teach nothing: their tasks rest for some rounds. Each round is a row of the table and a point of
    curve.png; best.jsonl names its ten best-paid episodes, in which rewards that are gamed can be found. A
    run that was ended at any point goes on with the same command.

    Example: deskhand train grpo --suite desk --rounds 25 --workers 2 --out work/grpo
    """
    from rich.console import Console
    from rich.progress import Progress

    from deskhand.benchmarks.runner.engines.local import LocalProcesses
    from deskhand.cli.console import print_rows
    from deskhand.errors import UsageError
    from deskhand.policies import models
    from deskhand.policies.embedded.policy import WEIGHTS
    from deskhand.policies.embedded.textvectors import TextEncoder
    from deskhand.training.curve import draw
    from deskhand.training.reasoner.grpo import Plan, Reinforcement

    kind, colon, address = engine.partition(":")
    if kind == "ray" and bool(colon) is bool(address):
        from deskhand.benchmarks.runner.engines.on_ray import Ray

        where: Engine = Ray(workers, address or None)
    elif engine == "local":
        where = LocalProcesses(workers)
    else:
        raise UsageError(f"--engine takes local, ray or ray:ADDRESS, not {engine[:60]!r}")
    named = tuple(name.strip() for name in tasks.split(",") if name.strip())
    plan = Plan(suite, named, rounds, groups, group, temperature, rate, seed=seed)
    run = Reinforcement(plan, reasoner or WEIGHTS, TextEncoder(models.require()), out, where)
    with Progress(console=Console(stderr=True)) as bars:
        whole = bars.add_task("rounds", total=rounds, completed=run.round)
        bar = bars.add_task("episodes of the round", total=groups * group)
        for report in run.rounds(shown=lambda done, of: bars.update(bar, completed=done, total=of)):
            bars.update(whole, completed=report.number)
            bars.console.print(
                f"round {report.number}: {report.succeeded:.0%} of {report.episodes} succeeded, "
                f"{report.early:.0%} finished too early, groups that differ {report.groups}, "
                f"{report.updates} updates, {report.errors} errors of the environment"
            )
            rows = run.curve()
            lines = {"succeeded": [r.succeeded for r in rows], "finished too early": [r.early for r in rows]}
            draw(out / "curve.png", f"{suite}: episodes of each round", lines)
    print_rows("rounds", [row.model_dump(exclude={"tasks"}) for row in run.curve()], as_json=False)
    typer.echo(run.write())


@app.command("recordings")
def recordings(
    runs: Annotated[
        list[Path],
        typer.Argument(
            help="Folders of recordings of one task with different values: three to five.",
            show_default=False,
            autocompletion=completion.trajectories,
        ),
    ],
    name: Annotated[str, typer.Option(help="Name of the skill.", show_default=False)],
    steps: Annotated[int, typer.Option(min=1, help="Updates; 300 take some minutes.")] = 300,
    out: Annotated[
        Path | None, typer.Option(help="Folder of the skill; default: NAME in the folder of skills.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of everything that is drawn.")] = 0,
) -> None:
    """Teach the embedded reasoner a task that a person recorded a few times, with other values each time.

    `deskhand record` makes the recordings; runs in which a person took over serve too: then what the person
    did is learnt. The weights stay as they are: the skill is a folder of its own, of a megabyte, which can be
    given to others and removed. An interrupted training goes on with the same command.
    `deskhand run --policy embedded:NAME` uses the skill.

    Example: deskhand train recordings runs/invoice-1 runs/invoice-2 runs/invoice-3 --name invoice
    """
    from deskhand.perception.reader import ScreenReader
    from deskhand.policies import models
    from deskhand.policies.embedded import skill
    from deskhand.policies.embedded.textvectors import TextEncoder
    from deskhand.training.reasoner.recordings import shown_in, teach

    folder = out or skill.place_of(name)
    encoder = TextEncoder(models.require())
    with _Bars(steps, "reading recordings") as bars:
        shown = shown_in(runs, ScreenReader().read, bars.shower("reading recordings"))
        teach(
            shown,
            encoder,
            folder,
            steps=steps,
            seed=seed,
            work=folder.with_name(f".{folder.name}.training"),
            progress=bars.show,
        )
    for line in shown.left_out:
        typer.echo(f"left out: {line}", err=True)
    told = name if out is None else folder
    typer.echo(f'{folder}\nUse it: deskhand run "..." --policy embedded:{told}')


@app.command("screens")
def screens(
    out: Annotated[Path, typer.Option(help="Folder of the set; an existing set is continued.")],
    split: Annotated[str, typer.Option(help="Split of the programs: train, dev or test.")] = "train",
    programs: Annotated[
        str, typer.Option(help="Programs by name, with commas; default: all of the split.")
    ] = "",
    screens: Annotated[int, typer.Option(min=1, help="Number of screens that the set shall have.")] = 1500,
    seed: Annotated[int, typer.Option(help="Seed of the random numbers.")] = 0,
    at_once: Annotated[int, typer.Option(min=1, help="Number of sandboxes that run at once.")] = 2,
) -> None:
    """Make a set of labelled screens of real programs, with elements from their accessibility trees.

    `make setup` does not install the programs; missing ones are named and left out.

    Example: deskhand train screens --out work/screens/train --screens 1500
    """
    from rich.console import Console
    from rich.progress import Progress

    from deskhand.screens.collect import collect
    from deskhand.screens.programs import choose, missing

    chosen = choose(split, [name.strip() for name in programs.split(",") if name.strip()])
    lacking = missing(chosen)
    if lacking:
        typer.echo(f"not installed here, and left out: {' '.join(lacking)}", err=True)
    fit = [program for program in chosen if program.executable not in lacking]
    with Progress(console=Console(stderr=True)) as bars:
        bar = bars.add_task("looking at programs", total=screens)
        made = collect(
            out,
            fit,
            screens,
            seed,
            at_once=at_once,
            progress=lambda done, total: bars.update(bar, completed=done, total=total),
        )
    typer.echo(f"{out}: {len(made.names())} screens")


Screens = Annotated[
    list[Path],
    typer.Argument(help="Folders of screens that `deskhand train screens` wrote.", show_default=False),
]
StartFrom = Annotated[
    Path | None, typer.Option(help="Checkpoint or weights to start from; default: random weights.")
]


@app.command("detector")
def detector(
    screens: Screens,
    out: Annotated[Path, typer.Option(help="Folder for the checkpoint and the weights.")] = Path(
        "work/detector"
    ),
    steps: Annotated[
        int, typer.Option(min=1, help="Number of updates, of about a million pixels each.")
    ] = 6000,
    rate: Annotated[float, typer.Option(help="Highest learning rate.")] = 2e-3,
    start_from: StartFrom = None,
    seed: Annotated[int, typer.Option(help="Seed of the random numbers.")] = 0,
) -> None:
    """Train the detector, which finds candidates for widgets, on screens of the split train.

    Then both networks are scored on the split dev. A checkpoint is written every two minutes; the same
    command continues from it. An update takes 0.2 s on two free cores. The weights are written to
    detector.safetensors in --out; the shipped ones are in perception/widgets/. The refiner learns from
    the candidates of the detector: train it again afterwards (deskhand train refiner).

    Example: deskhand train detector work/screens --start-from perception/widgets/detector.safetensors
    """
    from deskhand.perception.widgets.detector import Detector
    from deskhand.training.detector import train as training
    from deskhand.training.runs import Settings

    with _Bars(steps, "reading screens") as bars:
        every = _screens(screens)
        weights = training.train(
            [screen for screen in every if screen.split == "train"],
            out,
            Settings(steps=steps, rate=rate, seed=seed),
            start_from=start_from,
            progress=bars.show,
            reading=bars.shower("reading screens"),
        )
    _tried(Detector(weights), every)
    typer.echo(weights)


@app.command("refiner")
def refiner(
    screens: Screens,
    out: Annotated[Path, typer.Option(help="Folder for the checkpoint and the weights.")] = Path(
        "work/refiner"
    ),
    steps: Annotated[int, typer.Option(min=1, help="Number of updates, of 256 candidates each.")] = 4000,
    rate: Annotated[float, typer.Option(help="Highest learning rate.")] = 2e-3,
    start_from: StartFrom = None,
    seed: Annotated[int, typer.Option(help="Seed of the random numbers.")] = 0,
) -> None:
    """Train the refiner, which classifies candidates for widgets, on screens of the split train.

    First the shipped detector finds candidates on every screen, 0.3 s each, once for each --out. At the
    end both networks are scored on the split dev. A checkpoint is written every two minutes; the same
    command continues from it. An update takes 0.2 s on two free cores. The weights are written to
    refiner.safetensors in --out; the shipped ones are in perception/widgets/.

    Example: deskhand train refiner work/screens --steps 4000
    """
    from deskhand.perception.widgets.detector import Detector
    from deskhand.perception.widgets.refiner import Refiner
    from deskhand.training.detector import refiner as training
    from deskhand.training.runs import Settings

    with _Bars(steps, "reading screens", "finding candidates") as bars:
        every = _screens(screens)
        weights = training.train(
            [screen for screen in every if screen.split == "train"],
            out,
            Settings(steps=steps, rate=rate, seed=seed),
            start_from=start_from,
            progress=bars.show,
            reading=bars.shower("reading screens"),
            finding=bars.shower("finding candidates"),
        )
    _tried(Detector(refiner=Refiner(weights)), every)
    typer.echo(weights)


def _screens(folders: list[Path]) -> list[TrueScreen]:
    from deskhand.screens.sets import ScreenSet

    return [screen for folder in folders for screen in ScreenSet(folder)]


class _Bars:
    """Progress bars on the standard error: of some preparations, and of the training after them."""

    def __init__(self, steps: int, *before: str) -> None:
        from rich.console import Console
        from rich.progress import Progress

        self._bars = Progress(console=Console(stderr=True))
        self._before = {name: self._bars.add_task(name, total=None) for name in before}
        self._training = self._bars.add_task("training", total=steps)

    def __enter__(self) -> _Bars:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def show(self, state: Where) -> None:
        """Move the bar of the training, and say the losses and the seconds an update."""
        losses = ", ".join(f"{name} {loss:.2f}" for name, loss in state.losses.items())
        text = f"{losses}; {state.seconds:.2f} s an update"
        self._bars.update(self._training, completed=state.step, description=text)

    def shower(self, name: str) -> Callable[[int, int], None]:
        """What moves the bar of a preparation: takes how many are done, and of how many."""
        return lambda done, of: self._bars.update(self._before[name], completed=done, total=of)


def _tried(detector: Detector, screens: list[TrueScreen]) -> None:
    """Print what is found on the screens of dev."""
    from deskhand.cli.console import print_rows
    from deskhand.training.detector.trial import tried

    found = tried(detector, [screen for screen in screens if screen.split == "dev"])
    rows = [
        {
            "role": role or "all",
            "there": found.there[role] if role else found.there.total(),
            "recall": found.recall(role),
            "precision": found.precision(role),
        }
        for role in (*sorted(found.there), None)
    ]
    print_rows("development screens, the detector alone", rows, as_json=False)
