"""``deskhand eval``: how good a policy is, by suites that check results from outside."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deskhand.cli import completion
from deskhand.cli.options import EvalOptions, JsonOption, taking
from deskhand.errors import UsageError
from deskhand.text import clean

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def suites() -> None:
    """Measure a policy on a suite of tasks, compare two runs, and write a report.

    Example: deskhand eval desk --policy oracle --seeds 0
    """


@app.command("desk")
@taking(EvalOptions)
def desk(
    options: EvalOptions,
) -> None:
    """Short tasks on real Debian applications, each checked by what it left behind.

    Prints successes by task, apart for parameters, wordings and applications that training has
    seen and has not, and in all with a 95 % interval. The policy's own claim to have finished counts
    for nothing. Seeds vary what is seen: seed % 5 = 0 nothing new, 1 and 2 new parameters, 3 a new
    wording, 4 both new.

    A folder that has results already is gone on with. Ctrl-C stops, once more at once.

    Example: deskhand eval desk --policy embedded --seeds 0-4 --workers 2 --out runs/embedded
    """
    from deskhand.benchmarks.suites.desk.report import group_rows, task_rows
    from deskhand.cli.evaluation import measure

    tables = {"": task_rows, "Seen and not seen in training": group_rows}
    raise typer.Exit(measure("desk", options, tables))


@app.command("miniwob")
@taking(EvalOptions)
def miniwob(
    options: EvalOptions,
) -> None:
    """MiniWoB++: 126 tasks on web pages in a sandboxed Chromium, by screenshot and X events alone.

    Subsets: browsergym-125, androidworld-91, synapse-64, webgum-56, as others report on them; oracle,
    the tasks that an oracle of ours does; trained and untrained, the two sides of our split. Success is
    a raw reward above 0, not discounted by time; the other two conventions stand beside it. An episode
    ends with its page's reward, after 20 steps, or after 180 seconds.

    Example: deskhand eval miniwob --subset androidworld-91 --seeds 0-4 --workers 2 --out runs/miniwob
    """
    from deskhand.benchmarks.runner.tables import category_rows, task_rows
    from deskhand.benchmarks.suites.miniwob.report import group_rows
    from deskhand.cli.evaluation import measure

    tables = {"": task_rows, "By category": category_rows, "Open to training or held out": group_rows}
    raise typer.Exit(measure("miniwob", options, tables))


@app.command("osworld")
@taking(EvalOptions, seeds="0")
def osworld(
    place: Annotated[
        Path, typer.Argument(metavar="FILE|FOLDER", help="An OSWorld task file, or a folder of them.")
    ],
    options: EvalOptions,
) -> None:
    """Tasks in OSWorld's file format: those whose step types, getters and metrics deskhand has.

    Each file is set up by its config and judged by its evaluator, in a sandbox without network. A task that
    names something deskhand lacks is not run; a table says what each of those lacks, and how many they
    are. A single file that lacks something is refused, and all of it is named.

    Nothing is downloaded. The files that a task wants from the network are looked for in a folder beside
    its file, with the name of the file or the id of the task: OSWorld's own cache/ID is one. Where a file
    names /home/user, the sandbox's home folder is meant; paths that lead out of there are refused.

    A task says by its metric "infeasible" that it cannot be done; the agent has to say so, too. There is
    no oracle, since a file does not tell how its task is done: --policy oracle gives up at once. A seed
    is the policy's alone.

    A folder that has results already is gone on with. Ctrl-C stops, once more at once.

    Example: deskhand eval osworld evaluation_examples/examples/os --policy openai --model ui-tars
    """
    from deskhand.benchmarks.runner.tables import category_rows, task_rows
    from deskhand.benchmarks.suites.osworld.suite import OsworldSuite, lacking_rows
    from deskhand.cli.evaluation import measure

    suite = OsworldSuite(place)
    suite.refuse((options.tasks or "").split(","))
    tables = {
        "": task_rows,
        "By application": category_rows,
        f"Not run: {len(suite.lacking)} of {len(suite.lacking) + len(suite.tasks())} tasks lack something": (
            lambda episodes: lacking_rows(suite)
        ),
    }
    raise typer.Exit(measure(f"osworld:{place.absolute()}", options, tables))


@app.command("suite")
@taking(EvalOptions)
def suite(
    name: Annotated[
        str,
        typer.Argument(
            help="desk, miniwob, osworld:FILE|FOLDER, or a name that an installed package offers.",
            autocompletion=completion.suites,
        ),
    ],
    options: EvalOptions,
) -> None:
    """Any suite by its name: also those of other packages (entry points of the group deskhand.suites).

    Example: deskhand eval suite desk --policy random --seeds 0-4
    """
    from deskhand.benchmarks.runner.tables import category_rows, task_rows
    from deskhand.cli.evaluation import measure

    raise typer.Exit(measure(name, options, {"": task_rows, "By category": category_rows}))


@app.command("compare")
def compare(
    a: Annotated[Path, typer.Argument(metavar="A", help="A run's folder.")],
    b: Annotated[Path, typer.Argument(metavar="B", help="Another's.")],
    json: JsonOption = False,
) -> None:
    """Pair two runs by task and seed: both done, only A, only B, neither.

    The difference of their success has a 95 % interval from drawing tasks, and an exact McNemar
    p-value over the pairs. Rows below the first are the tasks in which they differ. Left out are
    episodes without a partner, of a task that has changed, and environment errors.

    Example: deskhand eval compare runs/before runs/after
    """
    from deskhand.benchmarks.runner.episodes import read_run
    from deskhand.benchmarks.runner.tables import comparison_rows
    from deskhand.cli.console import print_rows

    one, other = read_run(a), read_run(b)
    rows = comparison_rows(one, other)
    if not rows[0]["pairs"]:
        raise UsageError(f"{a} and {b} have no task with a seed in common: nothing can be compared")
    print_rows(f"A: {a}, B: {b}", rows, as_json=json)


@app.command("report")
def report(
    run: Annotated[Path, typer.Argument(metavar="DIR", help="A run's folder.")],
    out: Annotated[
        Path | None, typer.Option(help="A new file, .html or .md; default: Markdown on standard output.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Write what a run found as one page that needs nothing else, or as Markdown.

    In all with intervals, by category, by task; and each episode that was not done with its last
    screen, what was done last, and what the check found. Baselines of the run stand beside it. The
    page loads nothing and runs no script.

    Example: deskhand eval report runs/20261127-101500-eval-desk-embedded --out report.html
    """
    from deskhand.benchmarks.runner.report.build import markdown, write_report
    from deskhand.benchmarks.runner.report.content import content_of
    from deskhand.cli.console import print_json

    if out is None:
        content = content_of(run, pictures=False)
        if not json:
            typer.echo(markdown(content), nl=False)
    else:
        content = write_report(run, out)
        if not json:
            typer.echo(clean(str(out)))
    if json:
        said = {"report": str(out) if out else None, "failures": len(content.failures)}
        for row in (*content.totals, *content.categories, *content.tasks):
            print_json(dict(row))
        print_json({**said, "errors": len(content.errors)})
