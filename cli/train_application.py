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


@app.command("app")
def application(
    map_: Annotated[
        Path,
        typer.Argument(metavar="MAP", help="Map that `deskhand explore` wrote.", show_default=False),
    ],
    name: Annotated[
        str | None, typer.Option(help="Name of the skill; default: the application's.", show_default=False)
    ] = None,
    out: Annotated[
        Path, typer.Option(help="Folder of the recordings and the results, which are gone on with.")
    ] = Path("work/app"),
    episodes: Annotated[int, typer.Option(min=1, help="Demonstrations of each goal.")] = 3,
    minutes: Annotated[
        float, typer.Option(min=0.1, max=1440, help="Time after which no more demonstrations are made.")
    ] = 20.0,
    steps: Annotated[int, typer.Option(min=1, help="Updates; 300 take some minutes.")] = 600,
    seeds: Annotated[int, typer.Option(min=1, max=2, help="Seeds of each held-out goal.")] = 1,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes with a sandbox each.")] = 1,
    seed: Annotated[int, typer.Option(help="Seed of everything that is drawn.")] = 0,
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object a line instead of a table.")
    ] = False,
) -> None:
    """Tune the embedded reasoner on one application that was explored.

    The oracle demonstrates two thirds of the goals of the map; a skill is learnt from that, beside the
    weights. The other goals are done before and after, in words and with texts that training does not see,
    without the map; the table counts them. An interrupted call goes on with the same command. It takes at
    most an hour of two cores. `deskhand run --policy embedded:NAME` uses the skill.

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

    suite = f"map:{map_.expanduser().absolute()}"
    named = name or slug(read_map(map_).application)
    folder, place = skill.place_of(named), out / place_of(suite)
    goals, encoder = split_goals(suite), TextEncoder(models.require())
    with Bars(steps, "before", "demonstrations", "reading them", "after") as bars:
        measure = functools.partial(measured, suite, goals.held_out, place, seeds=seeds, workers=workers)
        before = list(measure("embedded", progress=bars.shower("before")))
        if not skill.is_skill(folder):
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
    done = sum(episode.success for episode in episodes)
    share = round(100 * done / len(episodes), 1)
    return {"policy": policy, "held-out episodes": len(episodes), "done": done, "%": share}
