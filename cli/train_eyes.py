"""``deskhand train screens``, ``detector`` and ``refiner``: true screens, and what finds widgets on them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deskhand.cli.train import app
from deskhand.cli.train_bars import Bars

__all__ = ["app"]

if TYPE_CHECKING:
    from deskhand.perception.widgets.detector import Detector
    from deskhand.screens.sets import TrueScreen


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

    with Bars(steps, "reading screens") as bars:
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

    with Bars(steps, "reading screens", "finding candidates") as bars:
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
