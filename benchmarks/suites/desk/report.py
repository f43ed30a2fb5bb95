"""The desk table: successes by task, and apart for what training has seen and what it has not."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from deskhand.benchmarks.runner.episodes import Episode
from deskhand.benchmarks.runner.tables import Row, counts
from deskhand.benchmarks.suites.desk.suite import DeskSuite
from deskhand.screens.variation import Variation


def task_rows(episodes: Sequence[Episode]) -> list[Row]:
    """One row a task: application, successes of episodes, mean steps and seconds."""
    suite = DeskSuite()
    rows = []
    for task in suite.tasks():
        mine = [e for e in episodes if e.task == task]
        if not mine:
            continue
        family = suite.family(task)
        rows.append(
            {
                "task": task,
                "application": family.application + ("" if family.trained else " (never trained on)"),
                **counts(mine),
                "steps": _mean([e.steps for e in mine if not e.error]),
                "seconds": _mean([e.seconds for e in mine if not e.error]),
            }
        )
    return rows


def group_rows(episodes: Sequence[Episode]) -> list[Row]:
    """Successes apart for parameters, wordings and applications seen and not seen in training."""
    suite = DeskSuite()

    def application(e: Episode) -> bool:
        return suite.family(e.task).trained

    def parameters(e: Episode) -> bool:
        return Variation.of(e.seed).parameters_seen

    def wording(e: Episode) -> bool:
        return Variation.of(e.seed).wording_seen

    def everything(e: Episode) -> bool:
        return application(e) and parameters(e) and wording(e)

    rows = []
    tests: tuple[tuple[str, Callable[[Episode], bool]], ...] = (
        ("parameters", parameters),
        ("wordings", wording),
        ("applications", application),
        ("all three", everything),
    )
    for name, seen in tests:
        for label, wanted in (("seen", True), ("not seen", False)):
            mine = [e for e in episodes if seen(e) is wanted]
            if mine:
                rows.append({"what": name, "in training": label, **counts(mine)})
    return rows


def _mean(values: Sequence[float]) -> float | None:
    return round(sum(values) / len(values), 1) if values else None
