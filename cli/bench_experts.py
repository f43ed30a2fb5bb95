"""``deskhand bench experts``: a look inside the embedded reasoner."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deskhand.cli.bench import app

__all__ = ["app"]

if TYPE_CHECKING:
    from deskhand.progress import Progress
    from deskhand.training.reasoner.lessons import Lesson


@app.command("experts")
def experts(
    lessons: Annotated[
        list[Path],
        typer.Argument(
            help="Folders of recorded decisions: lessons that training kept, or results of an oracle.",
            show_default=False,
        ),
    ],
    reasoner: Annotated[
        Path | None, typer.Option(help="Folder of the network; default: the one that ships.")
    ] = None,
    from_seed: Annotated[
        int, typer.Option(help="Only episodes with this seed and later ones: those that were not learnt.")
    ] = 0,
    out: Annotated[Path, typer.Option(help="Folder for page and pictures, which are replaced.")] = Path(
        "work/experts"
    ),
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object a line instead of tables.")
    ] = False,
) -> None:
    """Which experts of the reasoner fire for what, and whether it is as sure as it is right.

    Every recorded decision is decided anew. The first tables show for each layer with experts how much the
    kind of a token, the role of an element, the verb and the application say about which experts are chosen,
    beside what chance says, and the experts that each is sent to most. The others show how sure decisions
    are, in ten bins, how often they are right, and what a temperature fitted on half of the episodes does to
    the other half.

    A FOLDER is one of lessons, below the --out of `deskhand train clone`, or one that `deskhand eval SUITE
    --policy oracle` wrote: its screens are then read first, half a second each. Of what a network has learnt
    it is too sure: give episodes that it has not, by --from-seed or from an evaluation.

    Example: deskhand bench experts work/clone/lessons/desk --from-seed 100010 --out work/experts
    """
    from deskhand import paths

    paths.set_torch_folder()
    from deskhand.cli.console import print_rows, progress_bar
    from deskhand.policies import models
    from deskhand.policies.embedded.deciding import load
    from deskhand.policies.embedded.policy import WEIGHTS
    from deskhand.policies.embedded.textvectors import TextEncoder
    from deskhand.training.reasoner import calibration, inside_page
    from deskhand.training.reasoner import experts as routing
    from deskhand.training.reasoner.inside import look_inside

    network = load(reasoner or WEIGHTS)
    with progress_bar() as progress:
        episodes = _episodes(lessons, out, from_seed, progress)
        views = list(look_inside(network, episodes, TextEncoder(models.require())))
    sets, count = routing.labelled(views), network.config.experts
    meaning, shares = routing.meaning_rows(sets, count), routing.share_rows(sets, count)
    sure, right, target = calibration.judged(views)
    bins, totals = calibration.bin_rows(sure, right, target), calibration.total_rows(views)
    warmed = calibration.temperature_rows(views)
    title = (
        f"{reasoner or 'the network that ships'}: {len(views)} decisions of "
        f"{len({view.episode for view in views})} episodes of {len({view.kind for view in views})} tasks, "
        f"from {', '.join(map(str, lessons))}{f', seeds from {from_seed} on' if from_seed else ''}"
    )
    page = inside_page.write_inside(out, title, meaning, shares, totals, bins, warmed)
    print_rows("What says which experts are chosen", meaning, as_json=json, notes=[title])
    if json:
        print_rows("shares", shares, as_json=True)
    else:
        note = "The two experts of each layer that are chosen most; in brackets the bits from an even choice."
        print_rows("Which experts fire for what", routing.short_rows(shares), as_json=False, notes=[note])
    print_rows("How sure, and how often right", bins, as_json=json)
    print_rows("Calibration", totals, as_json=json, notes=["error: expected calibration error, in points"])
    print_rows("A temperature fitted on one half of the episodes, on the other half", warmed, as_json=json)
    if not json:
        typer.echo(page)


def _episodes(
    folders: Iterable[Path], out: Path, from_seed: int, progress: Progress
) -> Iterator[tuple[str, str, list[Lesson]]]:
    """The name, the folder's name and the lessons of each episode.

    Raises:
        UsageError: none has such a seed.
    """
    from hashlib import sha256

    from deskhand.benchmarks.runner.episodes import RESULTS, read_run
    from deskhand.errors import UsageError
    from deskhand.perception.reader import ScreenReader
    from deskhand.training.reasoner.lessons import collected, kept_episodes
    from deskhand.training.reasoner.record import seed_of

    some = False
    for folder in folders:
        kept = folder
        if (folder / RESULTS).is_file():
            mark = sha256(str(folder.resolve()).encode()).hexdigest()[:8]
            kept = out / "lessons" / f"{folder.resolve().name}-{mark}"
            done = [one for one in read_run(folder) if one.success and one.seed >= from_seed]
            runs = [folder / one.trajectory for one in done if one.trajectory]
            collected(
                runs, kept, ScreenReader().read, lambda done, of: progress("reading screens", done / of)
            )
        total = max(1, len(list(kept.glob("*.npz"))))
        for number, (name, lessons) in enumerate(kept_episodes(kept), 1):
            progress(f"deciding {folder.name}", number / total)
            if seed_of(name) >= from_seed:
                some = True
                yield name, folder.resolve().name, lessons
    if not some:
        raise UsageError(f"no episode has a seed from {from_seed} on: choose a lower --from-seed")
