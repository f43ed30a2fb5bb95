"""How things look in a terminal. Text from a model or a screen is cleaned before it gets here."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar
from rich.table import Table

from deskhand.errors import DeskhandError
from deskhand.progress import Progress
from deskhand.text import clean

if TYPE_CHECKING:
    from deskhand.actions.outcome import Outcome
    from deskhand.actions.vocabulary import Action
    from deskhand.agent.result import RunResult
    from deskhand.trajectories.records import Decision

WIDTH_WITHOUT_TERMINAL = 130
WHOLE_NAMES = 24


def fail(error: DeskhandError) -> int:
    """Say what went wrong on standard error; returns the exit code."""
    Console(stderr=True).print(f"[red]deskhand:[/red] {escape(clean(str(error), 2000))}", soft_wrap=True)
    return error.exit_code


class RunPrinter:
    """Shows a run as it happens: each thought and each action when it was recorded."""

    def __init__(self, console: Console) -> None:
        self.console = console

    def began(self, trajectory: Path) -> None:
        """Prints where the run is recorded."""
        self._line("dim", f"Trajectory: {trajectory}")

    def decided(self, step: int, decision: Decision) -> None:
        """Prints the thought with the seconds it took, and the actions; or why there are none."""
        from deskhand.actions.words import describe

        seconds = f"[dim]{decision.usage.seconds:.1f} s[/dim]"
        if decision.reply is None:
            self.console.print(
                f"[bold]{step}[/bold] [yellow]no action: {escape(clean(decision.error))}[/yellow] {seconds}"
            )
            return
        thought = clean(decision.reply.thought) or "(no thought)"
        self.console.print(f"[bold]{step}[/bold] {escape(thought)} {seconds}")
        for action in decision.reply.actions:
            self._line("cyan", f"  → {describe(action)}")

    def acted(self, step: int, action: Action, outcome: Outcome) -> None:
        """Prints only what was not done, and why."""
        if not outcome.ok:
            self._line("yellow", f"  {outcome.status}: {clean(outcome.reason)}")

    def noted(self, step: int, text: str) -> None:
        """Prints the loop's remark."""
        self._line("dim", f"  note: {clean(text)}")

    def paused(self) -> None:
        """Prints which keys go on and stop."""
        self._line("yellow", "Paused. Enter goes on, Ctrl-C stops.")

    def ended(self, result: RunResult) -> None:
        """Prints the status with steps, seconds and answer, and the files that the run made."""
        colour = "green" if result.exit_code == 0 else "yellow"
        answer = f", answer: {clean(result.answer)}" if result.answer is not None else ""
        reason = f" ({clean(result.reason)})" if result.reason else ""
        self._line(
            colour, f"{result.status}{reason} after {result.steps} steps, {result.seconds:.1f} s{answer}"
        )
        for file in result.files:
            self._line("green", f"  {result.trajectory / 'files' / clean(file)}")

    def _line(self, style: str, text: str) -> None:
        self.console.print(f"[{style}]{escape(text)}[/{style}]", soft_wrap=True)


def progress_once(console: Console) -> Progress:
    """Prints one line for each thing that is done."""
    said: list[str] = []

    def progress(doing: str, share: float | None) -> None:
        words = clean(doing).partition(" (")[0]
        if words not in said:
            said.append(words)
            console.print(words, soft_wrap=True, markup=False, highlight=False)

    return progress


@contextlib.contextmanager
def progress_bar() -> Iterator[Progress]:
    """Shows long work on standard error: a bar on a terminal, elsewhere a line for each thing done.

    Nothing is shown before the first progress is reported.
    """
    console = Console(stderr=True)
    if not console.is_terminal:
        yield progress_once(console)
        return
    columns = (BarColumn(), TaskProgressColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    bar = Bar(*columns, console=console, transient=True)
    task = bar.add_task("", total=None)

    def show(doing: str, share: float | None) -> None:
        bar.start()
        total = None if share is None else 1.0
        bar.update(task, description=escape(clean(doing)), total=total, completed=share or 0.0)

    try:
        yield show
    finally:
        bar.stop()


def print_json(value: Any) -> None:
    """One line of JSON on standard output; what cannot be printed is escaped, so no terminal obeys it."""
    line = json.dumps(value, ensure_ascii=False)
    sys.stdout.write("".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in line) + "\n")
    sys.stdout.flush()


def print_rows(
    title: str, rows: Sequence[Mapping[str, Any]], *, as_json: bool, notes: Iterable[str] = ()
) -> None:
    """A table for people, or the same rows as one JSON object a line; of no rows only the title."""
    if as_json:
        for row in rows:
            print_json(dict(row))
        return
    console = Console(width=None if sys.stdout.isatty() else WIDTH_WITHOUT_TERMINAL)
    table = Table(title=title, title_justify="left", header_style="bold")
    columns = list(rows[0]) if rows else []
    for column in columns:
        numeric = all(isinstance(row.get(column), int | float) for row in rows)
        # A name that is cut off cannot be typed: the first column stays whole, other words are broken.
        widest = max(len(_cell(row.get(column))) for row in rows)
        least = min(widest, WHOLE_NAMES) if column == columns[0] else None
        justify: Literal["left", "right"] = "right" if numeric else "left"
        table.add_column(column.replace("_", " "), justify=justify, overflow="fold", min_width=least)
    for row in rows:
        table.add_row(*(escape(_cell(row.get(column))) for column in columns))
    console.print(table if rows else title)
    for note in notes:
        console.print(f"[dim]{escape(note)}[/dim]", soft_wrap=True)


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"
    return clean(str(value))
