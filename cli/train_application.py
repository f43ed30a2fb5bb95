"""``deskhand train app``: the reasoner is tuned on one application."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deskhand.cli.train_bars import Bars
from deskhand.cli.train_eyes import app

__all__ = ["app"]

if TYPE_CHECKING:
    from deskhand.benchmarks.runner.episodes import Episode


THERE = (
    "is a skill already, so it is measured, and nothing is learnt. To learn anew, remove that folder or give "
    "another --name"
)


@app.command("app")
def application(
    map_: Annotated[
        Path,
        typer.Argument(
            metavar="MAP", help="Folder of the map that `deskhand explore` wrote.", show_default=False
        ),
    ],
    name: Annotated[
        str | None, typer.Option(help="Name of the skill; default: the application's.", show_default=False)
    ] = None,
    out: Annotated[
        Path, typer.Option(help="Folder for recordings and results; a later call goes on with what is there.")
    ] = Path("work/app"),
    episodes: Annotated[int, typer.Option(min=1, help="Demonstrations of each goal.")] = 3,
    minutes: Annotated[
        float, typer.Option(min=0.1, max=1440, help="Minutes after which no more demonstrations are made.")
    ] = 20.0,
    steps: Annotated[int, typer.Option(min=1, help="Updates of the training; 300 take some minutes.")] = 600,
    seeds: Annotated[
        int, typer.Option(min=1, max=2, help="Attempts at each held-out goal, in other words each.")
    ] = 1,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes with a sandbox each.")] = 1,
    seed: Annotated[int, typer.Option(help="Seed of everything that is drawn.")] = 0,
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object a line instead of a table.")
    ] = False,
) -> None:
    """Tune the embedded reasoner on one application that was explored.

    A third of the goals of the map is held out. The oracle demonstrates the others, and a skill is learnt
    from that, beside the weights, which stay as they are. The held-out goals are done before and after,
    without the map, in words and with texts that training does not see; the table counts them. An
    interrupted call goes on with the same command; where a skill of that name is there already, it is only
    measured. Half an hour is little for it. `deskhand run --policy embedded:NAME` uses the skill.

    Example: deskhand train app maps/mousepad --name mousepad --workers 2
    """
    from deskhand.cli.console import print_rows
    from deskhand.knowledge.map import read_map
    from deskhand.perception.reader import ScreenReader
    from deskhand.policies import models
    from deskhand.policies.embedded import skill
    from deskhand.policies.embedded.textvectors import TextEncoder
    from deskhand.training.reasoner.application import demonstrations, measured, shown_goals, split_goals
    from deskhand.training.reasoner.record import place_of
    from deskhand.training.reasoner.recordings import teach
    from deskhand.trajectories.folders import slug

    map_ = map_.expanduser().absolute()
    suite = f"map:{map_}"
    named = name or slug(read_map(map_).application)
    folder, place = skill.place_of(named), out / place_of(suite)
    goals, encoder = split_goals(suite), TextEncoder(models.require())
    with Bars(steps, "before", "demonstrations", "reading them", "after") as bars:
        measure = functools.partial(measured, suite, goals.held_out, place, seeds=seeds, workers=workers)
        before = list(measure("embedded", progress=bars.shower("before")))
        if skill.is_skill(folder):
            typer.echo(f"{folder} {THERE}", err=True)
        else:
            runs = demonstrations(
                suite,
                goals.learnt,
                place / "episodes",
                episodes,
                workers=workers,
                seconds=minutes * 60,
                progress=bars.shower("demonstrations"),
            )
            shown = shown_goals(list(runs), ScreenReader().read, bars.shower("reading them"))
            work = folder.with_name(f".{folder.name}.training")
            teach(shown, encoder, folder, steps=steps, seed=seed, work=work, progress=bars.show)
        tuned = f"embedded:{named}"
        after = list(measure(tuned, progress=bars.shower("after")))
    rows = [_row("embedded", before), _row(tuned, after)]
    print_rows(f"held-out goals of {map_}", rows, as_json=json)
    if not json:
        typer.echo(f'{folder}\nUse it: deskhand run "..." --policy embedded:{named}')


def _row(policy: str, episodes: Sequence[Episode]) -> dict[str, object]:
    """How many were done; those whose environment failed say nothing of the policy."""
    valid = [episode for episode in episodes if not episode.error]
    done = sum(episode.success for episode in valid)
    return {
        "policy": policy,
        "held-out episodes": len(valid),
        "done": done,
        "%": round(100 * done / len(valid), 1) if valid else None,
        "errors": len(episodes) - len(valid),
    }
