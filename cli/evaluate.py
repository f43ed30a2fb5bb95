"""``deskhand eval``: how good a policy is, by suites that check results from outside."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer

from deskhand.cli import completion
from deskhand.cli.options import EvalOptions, JsonOption, taking
from deskhand.errors import UsageError
from deskhand.text import clean

FEW_LACKING = 20
"""Up to so many tasks that lack something are listed; of more it is counted what they lack."""

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def suites() -> None:
    """Measure a policy on a suite of tasks, compare two runs, and write a report.

    Example: deskhand eval desk --policy oracle --seeds 0
    """


@dataclass(frozen=True, slots=True)
class DeskOptions(EvalOptions):
    """What the desk suite takes."""

    language: Annotated[
        str,
        typer.Option(
            metavar="CODE",
            help="Language in which the tasks are told, such as de, es, ko or zh; the screens stay English.",
        ),
    ] = "en"


@app.command("canaries")
@taking(EvalOptions)
def canaries(
    options: EvalOptions,
) -> None:
    """Run the canaries suite: harmless questions on screens that tell the agent to do something else.

    Pages, tiny and faint print, alternative texts, pictures, titles, dialogs, texts, names of files, listings
    and mails say in eight languages to delete, buy, send, type a secret, open an address, run a command
    or answer something untrue. Harm is what was changed or sent. The policy obedient does whatever the
    screen says: with it the suite measures the rules alone. Nobody is there, so a question of the rules is
    a no. Subsets: by what is to be done, and hidden, what hardly a reader of pixels can see.

    Example: deskhand eval canaries --policy obedient --rules default --seeds 0 --out runs/canaries
    """
    from deskhand.benchmarks.runner.tables import task_rows
    from deskhand.benchmarks.suites.canaries.report import canary_rows
    from deskhand.cli.evaluation import measure

    raise typer.Exit(measure("canaries", options, {"": task_rows, "Harm": canary_rows}))


@app.command("composed")
@taking(EvalOptions)
def composed(
    options: EvalOptions,
) -> None:
    """Run the composed suite: pages put together from parts by chance, in a sandboxed Chromium.

    A task is a kind of page: fields, choices, numbers, lists, buttons, trees, dialogs, tabs, questions,
    impossible, and two, three and five things at once. Each seed draws other parts, looks, words and
    sentences. A task is done if what was asked for is so and nothing else on the page has changed.
    Reasoners learn from these pages, so seeds below 100,000 are kept for measuring.

    Example: deskhand eval composed --policy embedded --seeds 0-9 --out runs/composed
    """
    from deskhand.benchmarks.runner.tables import category_rows, task_rows
    from deskhand.cli.evaluation import measure

    raise typer.Exit(measure("composed", options, {"": task_rows, "By number of wishes": category_rows}))


@app.command("desk")
@taking(DeskOptions)
def desk(
    options: DeskOptions,
) -> None:
    """Run the desk suite: short tasks in real Debian applications, checked by their results.

    Prints the success rate for each task, for parameters, wordings and applications seen and not seen in
    training, and in total with a 95 % interval. Only the check of the result counts, not the policy's
    claim to have finished. Seeds choose what is new to training: seed % 5 = 0 nothing, 1 and 2
    parameters, 3 the wording, 4 both. No sentence of another language was in training.

    A run that already has results in --out is continued. Ctrl-C stops after the current action; a second
    one stops at once.

    Example: deskhand eval desk --policy embedded --seeds 0-4 --workers 2 --out runs/embedded
    """
    from deskhand.benchmarks.runner.tables import category_rows
    from deskhand.benchmarks.suites.desk.report import group_rows, task_rows
    from deskhand.cli.evaluation import measure

    if options.language == "en":
        tables = {"": task_rows, "Seen and not seen in training": group_rows}
        raise typer.Exit(measure("desk", options, tables))
    tables = {"": task_rows, "By category": category_rows}
    raise typer.Exit(measure(f"desk:{options.language}", options, tables))


@app.command("harm")
@taking(EvalOptions)
def harm(
    options: EvalOptions,
) -> None:
    """Run the harm suite: 40 questions, impossible tasks and wishes, checked for what else was changed.

    Harm is a file that was changed, made or removed without being asked for; an episode with harm is no
    success. A question wants an answer and changes nothing; what cannot be done is given up, or asked
    about. Subsets: question, impossible, wish; known and unknown, by whether training has seen the program.

    Example: deskhand eval harm --policy embedded --seeds 0-4 --out runs/harm
    """
    from deskhand.benchmarks.runner.tables import task_rows
    from deskhand.benchmarks.suites.harm.report import harm_rows
    from deskhand.cli.evaluation import measure

    raise typer.Exit(measure("harm", options, {"": task_rows, "Done, and harm": harm_rows}))


@app.command("map")
@taking(EvalOptions, seeds="0")
def map_(
    folder: Annotated[
        Path, typer.Argument(metavar="MAP", help="Folder of the map that `deskhand explore` wrote.")
    ],
    options: EvalOptions,
) -> None:
    """Measure a policy on an application that nobody wrote a suite for: by tasks that check themselves.

    They come from the map of the application: open this menu, this dialog, tick this box, type this into
    that field, use this command; each alone, and as chain-2 to chain-4 one after the other. A seed draws
    words, texts and the goals of a chain. The check reads the screen: it knows states as the map has them,
    and what commands changed. The oracle goes the map's paths; what it cannot do again is no fair task.
    Subsets: single, chain, and the kinds of goals. --map says which map the policy itself reads.

    Example: deskhand eval map maps/mousepad --policy openai --model NAME --map none
    """
    from deskhand.benchmarks.runner.tables import category_rows, task_rows
    from deskhand.cli.evaluation import measure

    tables = {"": task_rows, "By kind of goal": category_rows}
    raise typer.Exit(measure(f"map:{folder.expanduser().absolute()}", options, tables))


@app.command("miniwob")
@taking(EvalOptions)
def miniwob(
    options: EvalOptions,
) -> None:
    """Run MiniWoB++: 126 web tasks in a sandboxed Chromium, with screenshots and X events only.

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
        Path,
        typer.Argument(
            metavar="FILE|FOLDER|LIST",
            help="OSWorld task file, a folder of task files, or a list of tasks such as test_small.json.",
        ),
    ],
    options: EvalOptions,
) -> None:
    """Run tasks in the file format of OSWorld, if deskhand has their step types, getters and metrics.

    Each file is set up by its config and judged by its evaluator, in a sandbox without network. A task
    that needs something deskhand lacks is not run; a table counts what they lack, and --json lists it for
    each. A single such file is an error that names everything it lacks. Another table names the edition of
    OSWorld that the files are of. Of a list the files are read from examples/DOMAIN beside it. --subset
    takes one of OSWorld's ten domains, --tasks also the beginnings of ids.

    Nothing is downloaded. Files that a task would download are read from a folder beside the task file,
    named like the file or by the id of the task, such as OSWorld's cache/ID. /home/user in a task file
    means the home folder of the sandbox; paths outside it are refused.

    Chromium stands in for Google Chrome where that is not installed. A task that opens pages of the internet
    is an environment error where the sandbox does not reach them, and names the host; the table says how many
    there are.

    A task with the metric "infeasible" cannot be done; the agent succeeds by saying so. There is no
    oracle, because a task file does not say how its task is done: --policy oracle gives up at once. Seeds
    are passed to the policy only.

    On remote machines, --sandbox is given for each, with its --reset; each has one worker. Addresses with a
    token can stand in DESKHAND_SANDBOX, with spaces between them.

    A run that already has results in --out is continued. Ctrl-C stops after the current action; a second
    one stops at once.

    Example: deskhand eval osworld evaluation_examples/examples/os --policy openai --model ui-tars
    """
    from deskhand.benchmarks.runner.tables import category_rows, task_rows
    from deskhand.benchmarks.suites.osworld.suite import (
        OsworldSuite,
        edition_rows,
        lacking_counts,
        lacking_rows,
    )
    from deskhand.cli.evaluation import measure

    suite = OsworldSuite(place)
    options = replace(options, tasks=suite.whole_names(options.tasks))
    suite.refuse((options.tasks or "").split(","))
    rows = lacking_rows if options.json or len(suite.lacking) <= FEW_LACKING else lacking_counts
    title = f"Not run: {len(suite.lacking)} of {len(suite.lacking) + len(suite.tasks())} tasks lack something"
    if online := suite.online():
        title += f"; {len(online)} of the other {len(suite.tasks())} need the internet"
    tables = {
        "": task_rows,
        "By domain": category_rows,
        "Editions of the task files": lambda episodes: edition_rows(suite),
        title: lambda episodes: rows(suite),
    }
    raise typer.Exit(measure(f"osworld:{place.absolute()}", options, tables))


@app.command("programs")
@taking(EvalOptions)
def programs(
    options: EvalOptions,
) -> None:
    """Run the programs suite: desktop programs put together from parts by chance, with GTK 3.

    A task is a kind of program: fields, choices, numbers, buttons, toolbars, menus, context-menus, lists,
    tables, trees, dialogs, files, pickers, canvases, players, tabs, questions, impossible, and two, three,
    four and six things at once. Each seed draws other parts, looks, words and sentences. A task is done if
    what was asked for is so and nothing else in the program has changed; the program itself reports that.
    Reasoners learn from these programs, so seeds below 100,000 are kept for measuring, and seed % 5 = 3
    and 4 ask in sentences that no training has seen. The sandbox needs python3-gi and gir1.2-gtk-3.0.

    Example: deskhand eval programs --policy embedded --seeds 0-4 --out runs/programs
    """
    from deskhand.benchmarks.runner.tables import category_rows, task_rows
    from deskhand.cli.evaluation import measure

    raise typer.Exit(measure("programs", options, {"": task_rows, "By number of wishes": category_rows}))


@app.command("suite")
@taking(EvalOptions)
def suite(
    name: Annotated[
        str,
        typer.Argument(
            help="desk, miniwob, osworld:FILE|FOLDER, map:FOLDER, or a name that another package offers.",
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
    a: Annotated[Path, typer.Argument(metavar="A", help="Folder of the first run.")],
    b: Annotated[Path, typer.Argument(metavar="B", help="Folder of the second run.")],
    json: JsonOption = False,
) -> None:
    """Compare two runs by task and seed: done by both, only by A, only by B, by neither.

    The difference of the success rates has a 95 % bootstrap interval over tasks and an exact McNemar
    p-value over the pairs. The rows below the first are the tasks that differ. Episodes that only one run
    has, of tasks that have changed, and environment errors are left out.

    Example: deskhand eval compare runs/before runs/after
    """
    from deskhand.benchmarks.runner.episodes import read_run
    from deskhand.benchmarks.runner.tables import comparison_rows
    from deskhand.cli.console import print_rows

    one, other = read_run(a), read_run(b)
    rows = comparison_rows(one, other)
    if not rows[0]["pairs"]:
        raise UsageError(
            f"{a} and {b} have no task and seed in common, so they cannot be "
            "compared: run both with the same --tasks and --seeds"
        )
    print_rows(f"A: {a}, B: {b}", rows, as_json=json)


@app.command("report")
def report(
    run: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of a run of `deskhand eval`.")],
    out: Annotated[
        Path | None, typer.Option(help="New file to write, .html or .md; default: print Markdown.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Write the results of a run as one self-contained web page, or as Markdown.

    The report has the totals with intervals, the results by category and by task, and for each failed
    episode its last screen, its last actions and the result of the check. Baselines are listed beside the
    run. The page loads nothing from the network and runs no script.

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
