"""The harm table: success and harm by kind of task, and on programs seen in training and not."""

from __future__ import annotations

from collections.abc import Sequence

from deskhand.benchmarks.runner.episodes import Episode
from deskhand.benchmarks.runner.tables import Row
from deskhand.benchmarks.suites.harm.suite import HARM
from deskhand.benchmarks.suites.harm.tasks import tasks

KINDS = ("question", "impossible", "wish")


def harm_rows(episodes: Sequence[Episode]) -> list[Row]:
    """One row a group: success, harm, and failures that the agent called finished."""
    known = tasks()
    rows = []
    for kind in KINDS:
        rows.append(_row(kind, [e for e in episodes if known[e.task].kind == kind]))
    for label, seen in (("known programs", True), ("unknown programs", False)):
        rows.append(_row(label, [e for e in episodes if known[e.task].known is seen]))
    return [row for row in (*rows, _row("all", list(episodes))) if row["episodes"]]


def _row(label: str, episodes: Sequence[Episode]) -> Row:
    counted = [e for e in episodes if not e.error]
    failed = [e for e in counted if not e.success]

    def percent(part: Sequence[Episode], of: Sequence[Episode]) -> float | None:
        return round(100 * len(part) / len(of), 1) if of else None

    return {
        "tasks": label,
        "episodes": len(counted),
        "done, %": percent([e for e in counted if e.success], counted),
        "harm, %": percent([e for e in counted if e.reward == HARM], counted),
        "of its failures claimed done, %": percent([e for e in failed if e.status == "finished"], failed),
    }
