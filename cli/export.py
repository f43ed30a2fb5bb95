"""``deskhand export`` and ``deskhand import``: trajectories in the formats of others, and back."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from deskhand.cli import completion
from deskhand.cli.console import print_json, print_rows, progress_bar
from deskhand.cli.options import taking
from deskhand.errors import UsageError
from deskhand.text import clean

if TYPE_CHECKING:
    from deskhand.trajectories.export.exchange import ExportOptions
    from deskhand.trajectories.export.importing import Story

MOST_WARNINGS = 20


@dataclass(frozen=True, slots=True)
class ExportChoices:
    """What is exported, and how; as typed on the command line."""

    to: Annotated[str, typer.Option("--to", help="Format: one of those above.", show_default=False)]
    out: Annotated[
        Path, typer.Option(help="File or folder to write; it must not exist yet.", show_default=False)
    ]
    size: Annotated[int | None, typer.Option(help="gif, mp4: longest side in pixels; default: 1280.")] = None
    speed: Annotated[
        float | None, typer.Option(help="gif, mp4: playback speed; default: 1, as recorded.")
    ] = None
    pictures: Annotated[
        str | None,
        typer.Option(
            help="json, parquet: where screenshots go: files (a folder beside a .json), inside, none."
        ),
    ] = None
    dialect: Annotated[
        str | None, typer.Option(help="sft: dialect of the replies; default: ui-tars-1.5.")
    ] = None
    per: Annotated[
        str | None, typer.Option(help="sft: one record for each step or trajectory; default: step.")
    ] = None
    history: Annotated[
        int | None, typer.Option(help="sft: at most so many earlier steps in a step's record; default: 4.")
    ] = None
    corrections: Annotated[
        bool,
        typer.Option("--corrections", help="sft: only the steps of a person who took over from the agent."),
    ] = False
    model: Annotated[
        str | None,
        typer.Option(help="osworld, of an evaluation: name of the model; default: the policy's."),
    ] = None
    json: Annotated[bool, typer.Option("--json", help="Print what was written as one JSON object.")] = False


@taking(ExportChoices)
def export(
    trajectory: Annotated[
        Path,
        typer.Argument(
            help="Folder of the trajectory, of a map, or of an evaluation of OSWorld's tasks.",
            show_default=False,
            autocompletion=completion.trajectories,
        ),
    ],
    chosen: ExportChoices,
) -> None:
    """Write a trajectory in another format. Nothing that exists is replaced.

    gif, mp4: the screens with step numbers, pointer, action and caption; mp4 needs ffmpeg. html: the
    page of `deskhand show`. json: one document with everything. parquet: a row a step; needs the extra
    deskhand[parquet]. python: a script that operates things by their names, with an option for each
    constant of the instruction; it is yours to change, and deskhand never runs it. osworld: a results
    folder with traj.jsonl. agentnet: a folder with agentnet.jsonl and images. uitars: the report of UI-
    TARS-desktop, a page (.html) or its JSON (.json). sft: chats with images for TRL, a folder that
    load_dataset reads or a .parquet file.

    A map of an application, which `deskhand explore` made, is written as a manual: markdown. A run of
    `deskhand eval osworld` is written as OSWorld's tree of results, which its show_result.py reads: osworld.
    Its domains and tasks have the folders of OSWorld's own runs; a task whose environment failed has no
    result.txt, and each seed and attempt is a model of its own.

    What the other format cannot express is stored in a field named deskhand, which other programs ignore
    and `deskhand import` reads; a warning names it. Masked regions and hidden texts stay masked and
    hidden.

    Example: deskhand export runs/20260101-120000-save-the-file --to mp4 --out film.mp4

    Example: deskhand export runs/20260101-120000-save-the-file --to sft --out data --per trajectory

    Example: deskhand export runs/20260101-120000-eval-osworld-openai --to osworld --out results

    Exit codes: 0 written; 2 usage, or --out exists; 3 the trajectory cannot be read, or ffmpeg or pyarrow
    is missing.
    """
    from deskhand.benchmarks.runner.episodes import RESULTS
    from deskhand.knowledge.map import MAP
    from deskhand.trajectories.export.catalogue import export_format
    from deskhand.trajectories.reader import Trajectory

    if (trajectory / RESULTS).is_file():
        _export_evaluation(trajectory, chosen)
        return
    if chosen.model is not None:
        raise UsageError("--model names the model of an evaluation, and this is none: leave it out")
    if (trajectory / MAP).is_file():
        _export_map(trajectory, chosen)
        return
    kind = export_format(chosen.to)
    given = {
        "size": chosen.size,
        "speed": chosen.speed,
        "pictures": chosen.pictures,
        "dialect": chosen.dialect,
        "per": chosen.per,
    }
    given["history"] = chosen.history
    given["corrections"] = chosen.corrections or None
    options = _options(chosen.to, {name: value for name, value in given.items() if value is not None})
    opened = Trajectory.open(trajectory)
    with progress_bar() as progress:
        warnings = kind.write(opened, chosen.out, options, progress)
    _warn(warnings)
    if chosen.json:
        print_json(
            {"format": chosen.to, "out": str(chosen.out), "steps": len(opened.steps), "warnings": warnings}
        )
    else:
        Console().print(
            f"{escape(clean(str(chosen.out)))}: {len(opened.steps)} steps as {chosen.to}", soft_wrap=True
        )


def _export_evaluation(folder: Path, chosen: ExportChoices) -> None:
    """Write a run of OSWorld's tasks as its tree of results."""
    from deskhand.benchmarks.suites.osworld.results import (
        ACTION_SPACE,
        OBSERVATION_TYPE,
        write_result_tree,
    )

    if chosen.to != "osworld":
        raise UsageError(
            f"an evaluation is exported --to osworld, not {chosen.to[:40]!r}; its trajectories one by one"
        )
    with progress_bar() as progress:
        tree = write_result_tree(folder, chosen.out, model=chosen.model, progress=progress)
    _warn(tree.warnings)
    if chosen.json:
        print_json({"format": chosen.to, "out": str(chosen.out), **dataclasses.asdict(tree)})
        return
    out, console = escape(clean(str(chosen.out))), Console()
    console.print(
        f"{out}: {tree.tasks} results as OSWorld's, {tree.errors} environment errors without one",
        soft_wrap=True,
    )
    console.print("In a copy of OSWorld:", soft_wrap=True)
    for model in tree.models:
        line = f"--action_space {ACTION_SPACE} --observation_type {OBSERVATION_TYPE} --model {model}"
        console.print(f"  python show_result.py {line} --result_dir {out}", soft_wrap=True, highlight=False)


def _export_map(folder: Path, chosen: ExportChoices) -> None:
    """Write a map of an application as a manual."""
    from deskhand.disk import write_new_file, writing
    from deskhand.knowledge.map import read_map
    from deskhand.knowledge.page import manual

    if chosen.to != "markdown":
        raise UsageError(f"a map is exported --to markdown, not {chosen.to[:40]!r}")
    found = read_map(folder)
    if chosen.out.exists():
        raise UsageError(f"{chosen.out} exists and is not replaced: choose another --out")
    with writing("the manual", chosen.out.parent):
        write_new_file(chosen.out, manual(found).encode())
    if chosen.json:
        print_json({"format": "markdown", "out": str(chosen.out), "commands": len(found.commands)})
    else:
        Console().print(f"{escape(clean(str(chosen.out)))}: {len(found.commands)} commands", soft_wrap=True)


def import_(
    path: Annotated[
        Path, typer.Argument(help="File or folder that another program recorded.", show_default=False)
    ],
    from_: Annotated[
        str | None, typer.Option("--from", help="Format: osworld, agentnet or uitars; default: recognised.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="The new folder; a folder below the runs if not given. Of a file with several "
            "trajectories, each gets a folder in it."
        ),
    ] = None,
    images: Annotated[
        Path | None,
        typer.Option(help="Folder of the screenshots; default: beside the file.", file_okay=False),
    ] = None,
    instruction: Annotated[
        str | None, typer.Option(help="Instruction of the task, for files without one.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object for each trajectory.")] = False,
) -> None:
    """Convert recordings of OSWorld, AgentNet or UI-TARS-desktop to trajectories.

    osworld: a results folder with traj.jsonl and its screenshots. agentnet: JSON lines, one task a line;
    the screenshots lie beside it, in images, or where --images says. uitars: the report page, or its JSON.

    Actions are parsed, never executed. A step whose action cannot be parsed is kept without an action,
    with the reason. Coordinates become pixels of the screenshots. No file outside the folder is read.

    Example: deskhand import results/pyautogui/screenshot/model/chrome/06fe7178

    Example: deskhand import agentnet.jsonl --images ubuntu_images --out imported

    Exit codes: 0 imported; 2 usage; 3 a file that cannot be read, with its line.
    """  # fmt: skip
    from deskhand.trajectories.export.catalogue import import_format, recognise
    from deskhand.trajectories.export.source import ForeignSource

    if images is not None and not images.is_dir():
        raise UsageError(f"--images {images}: there is no such folder")
    name = from_ or recognise(path)
    found = import_format(name).stories(ForeignSource(path, images, instruction))
    base = _base(out, several=len(found) > 1)
    rows: list[dict[str, Any]] = []
    for number, story in enumerate(found, 1):
        rows.append(_import(story, name, base, out, several=len(found) > 1, number=number))
    print_rows(f"{len(rows)} imported", rows, as_json=json)


def _options(to: str, given: dict[str, Any]) -> ExportOptions:
    """The options that were given, if they mean something to the format.

    Raises:
        UsageError: one does not, or has a value that it does not take.
    """
    from deskhand.policies.chat.conversation import feedback, prompt_words
    from deskhand.trajectories.export.catalogue import EXPORTS
    from deskhand.trajectories.export.exchange import ExportOptions

    for name in given:
        if name not in EXPORTS[to].takes:
            takers = ", ".join(other for other, kind in EXPORTS.items() if name in kind.takes)
            raise UsageError(f"--{name} does not apply to {to}, only to {takers}: leave it out")
    for name, known in (("pictures", ("files", "inside", "none")), ("per", ("step", "trajectory"))):
        if name in given and given[name] not in known:
            raise UsageError(f"--{name} is one of {', '.join(known)}, not {given[name][:40]!r}")
    return ExportOptions(**given, prompt=prompt_words, feedback=feedback)


def _base(out: Path | None, *, several: bool) -> Path:
    """The folder into which several trajectories go; only then it is made here."""
    from deskhand.disk import writing
    from deskhand.paths import runs_dir
    from deskhand.trajectories.export.exchange import check_free

    if out is None:
        return runs_dir()
    check_free(out)
    if several:
        with writing("the folder", out):
            out.mkdir()
    return out


def _import(
    story: Story, name: str, base: Path, out: Path | None, *, several: bool, number: int
) -> dict[str, Any]:
    from deskhand.trajectories.export.importing import importing_to
    from deskhand.trajectories.folders import new_run_folder, slug

    if out is None:
        folder = new_run_folder(base, story.instruction)
    else:
        folder = base / f"{number:04d}-{slug(story.instruction)}".rstrip("-") if several else out
    try:
        with progress_bar() as progress, importing_to(folder, progress) as imported:
            story.read_into(imported)
    except BaseException:
        if out is None and folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
        raise
    _warn(imported.warnings)
    return {
        "folder": str(folder),
        "format": name,
        "steps": imported.steps,
        "without_action": imported.unread,
        "instruction": story.instruction,
        "warnings": len(imported.warnings),
    }


def _warn(warnings: Iterable[str]) -> None:
    console = Console(stderr=True)
    shown = list(warnings)
    for warning in shown[:MOST_WARNINGS]:
        console.print(f"[yellow]{escape(clean(warning))}[/yellow]", soft_wrap=True)
    if len(shown) > MOST_WARNINGS:
        console.print(f"[yellow]and {len(shown) - MOST_WARNINGS} more warnings[/yellow]")
