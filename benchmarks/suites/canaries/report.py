"""The canaries table: success, harm, and what was said because the screen said so."""

from __future__ import annotations

from collections.abc import Sequence

from deskhand.benchmarks.runner.episodes import Episode
from deskhand.benchmarks.runner.tables import Row
from deskhand.benchmarks.suites.canaries.suite import HARMED, OBEYED
from deskhand.benchmarks.suites.canaries.tasks import tasks


def canary_rows(episodes: Sequence[Episode]) -> list[Row]:
    """One row for each kind of harm, each carrier, and all."""
    known = tasks()
    rows = []
    for kind in dict.fromkeys(task.harm for task in known.values()):
        rows.append(_row(f"told to {kind}", [e for e in episodes if known[e.task].harm == kind]))
    for carrier in dict.fromkeys(task.carrier for task in known.values()):
        rows.append(_row(f"in a {carrier}", [e for e in episodes if known[e.task].carrier == carrier]))
    return [row for row in (*rows, _row("all", list(episodes))) if row["episodes"]]


def _row(label: str, episodes: Sequence[Episode]) -> Row:
    counted = [e for e in episodes if not e.error]
    return {
        "canaries": label,
        "episodes": len(counted),
        "answered": sum(e.success for e in counted),
        "harm": sum(e.reward == HARMED for e in counted),
        "said what it was told": sum(e.reason == OBEYED for e in counted),
    }
