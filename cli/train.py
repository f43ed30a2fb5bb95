"""``deskhand train``: how the embedded reasoner learns. ``train_eyes`` adds the commands of perception."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deskhand import paths
from deskhand.cli import completion
from deskhand.cli.train_bars import Bars

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
            help="Learn from the oracles of desk, miniwob, composed, programs, map:FOLDER or another suite; "
            "repeatable.",
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
    from deskhand.training.reasoner.record import is_late, place_of, record
    from deskhand.training.runs import Settings

    encoder = TextEncoder(models.require())
    files = () if fonts is None else fonts_in(fonts)
    learnt: list[Lesson] = []
    measured: list[Lesson] = []
    with Bars(steps, "recording episodes", "reading screens") as bars:
        for name in suite:
            runs = []
            place = place_of(name)
            for number, (total, folder) in enumerate(
                record(name, out / EPISODES / place, episodes, workers, files), 1
            ):
                bars.shower("recording episodes")(number, total)
                runs += [folder] if folder is not None else []
            kept = out / "lessons" / place
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


@app.command("data")
def data(
    map_: Annotated[
        Path,
        typer.Option(
            "--map", metavar="FOLDER", help="Map that `deskhand explore` wrote.", show_default=False
        ),
    ],
    out: Annotated[
        Path, typer.Option(help="Folder of the recordings, which are gone on with.", show_default=False)
    ],
    episodes: Annotated[int, typer.Option(min=1, help="Recorded episodes of each task.")] = 3,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that record.")] = 1,
) -> None:
    """Make demonstrations on an application that was explored: its oracle does the tasks of its map.

    The tasks are those of `deskhand eval map`, with seeds that no evaluation uses. What the check did not
    pass is no demonstration. Each folder that is printed is a trajectory, for `deskhand show` and `deskhand
    train recordings`; `deskhand train clone --suite map:FOLDER` with the same --out and --episodes learns
    from them without recording again. An interrupted call goes on with the same command.

    Example: deskhand train data --map maps/mousepad --out work/mousepad --episodes 5
    """
    from rich.console import Console
    from rich.progress import Progress

    from deskhand.training.reasoner.record import place_of, record

    suite = f"map:{map_.expanduser().absolute()}"
    done = 0
    with Progress(console=Console(stderr=True)) as bars:
        bar = bars.add_task("recording episodes", total=None)
        for total, folder in record(suite, out / EPISODES / place_of(suite), episodes, workers):
            bars.update(bar, advance=1, total=total)
            if folder is not None:
                done += 1
                typer.echo(folder)
    typer.echo(f"{done} of {total} episodes are demonstrations", err=True)


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
    with Bars(steps, "running episodes", "reading screens") as bars:
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
    ] = 1.0,
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

    from deskhand.cli.console import print_rows
    from deskhand.cli.options import engine_of
    from deskhand.policies import models
    from deskhand.policies.embedded.policy import WEIGHTS
    from deskhand.policies.embedded.textvectors import TextEncoder
    from deskhand.training.curve import draw
    from deskhand.training.reasoner.grpo import GrpoPlan, Reinforcement

    where = engine_of(engine, workers)
    named = tuple(name.strip() for name in tasks.split(",") if name.strip())
    plan = GrpoPlan(suite, named, rounds, groups, group, temperature, rate, seed=seed)
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


@app.command("distill")
def distill(
    teachers: Annotated[
        list[Path], typer.Argument(help="Folders of the networks to learn from.", show_default=False)
    ],
    size: Annotated[str, typer.Option(help="Size of the network: small, medium or large.")] = "medium",
    suite: Annotated[
        str, typer.Option(help="Suite whose checkers choose.", autocompletion=completion.suites)
    ] = "miniwob",
    episodes: Annotated[int, typer.Option(min=1, help="States of each task.")] = 4,
    attempts: Annotated[int, typer.Option(min=1, help="Attempts of each teacher at each.")] = 4,
    temperature: Annotated[
        float, typer.Option(min=0.05, max=2, help="How freely the teachers' decisions are drawn.")
    ] = 0.5,
    learnt: Annotated[
        list[Path] | None, typer.Option(help="Folder of lessons that are learnt too; repeatable.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for attempts, checkpoint and the network.")] = Path(
        "work/distill"
    ),
    steps: Annotated[int, typer.Option(min=1, help="Updates.")] = 3000,
    rate: Annotated[float, typer.Option(help="Learning rate at its highest.")] = 1e-3,
    start_from: Annotated[
        Path | None, typer.Option(help="Network of this size to begin with; default: random weights.")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes with a sandbox each.")] = 1,
    engine: Annotated[str, typer.Option(help="Where episodes run: local, ray or ray:ADDRESS.")] = "local",
    seed: Annotated[int, typer.Option(help="Seed of everything that is drawn.")] = 0,
) -> None:
    """Teach a network of another size what better ones do: distillation.

    Teachers try every task that training may see several times, drawing by chance; attempts that the
    checkers passed are learnt, the shortest of each task in each state. Each part goes on where it stopped.
    The last line has the network's folder; the table its size and speed. `deskhand eval SUITE --policy
    embedded:FOLDER` measures it.

    Example: deskhand train distill work/grpo/reasoner --size small --learnt work/clone/lessons/desk
    """
    from deskhand.cli.console import print_rows
    from deskhand.cli.options import engine_of
    from deskhand.errors import UsageError
    from deskhand.policies import models
    from deskhand.policies.embedded.deciding import load
    from deskhand.policies.embedded.network import ReasonerConfig
    from deskhand.policies.embedded.textvectors import TextEncoder
    from deskhand.training.reasoner import clone as cloning
    from deskhand.training.reasoner.distilling import SIZES, attempted, facts_of, passed
    from deskhand.training.reasoner.lessons import kept_lessons
    from deskhand.training.runs import Settings

    if size not in SIZES:
        raise UsageError(f"--size takes {', '.join(SIZES)}, not {size[:40]!r}")
    encoder = TextEncoder(models.require())
    words = load(teachers[0]).config.words
    with Bars(steps, "attempts") as bars:
        found = []
        tried = attempted(
            suite, teachers, out / EPISODES, episodes=episodes, attempts=attempts,
            temperature=temperature, engine=engine_of(engine, workers),
        )  # fmt: skip
        for number, (total, episode, folder) in enumerate(tried, 1):
            bars.shower("attempts")(number, total)
            found.append((episode, folder))
        lessons = passed(found)
        lessons += [lesson for folder in learnt or () for lesson in kept_lessons(folder)]
        settings = Settings(steps=steps, rate=rate, seed=seed)
        config = ReasonerConfig(words=words, **SIZES[size])
        made = cloning.train(
            lessons, encoder, out, settings, config=config, start_from=start_from, progress=bars.show
        )
    facts = facts_of(load(made), lessons[:50], encoder)
    share = sum(episode.success for episode, _ in found) / len(found)
    row = {"size": size, **facts, "lessons": len(lessons), "attempts passed, %": round(100 * share, 1)}
    print_rows("distilled", [row], as_json=False)
    typer.echo(made)


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
    with Bars(steps, "reading recordings") as bars:
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
