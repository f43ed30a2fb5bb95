"""The miniwob table: success apart for the tasks that training may see and those that it may not."""

from __future__ import annotations

from collections.abc import Sequence

from deskhand.benchmarks.runner.episodes import Episode
from deskhand.benchmarks.runner.statistics import summarize
from deskhand.benchmarks.runner.tables import Row, total_rows
from deskhand.screens.pages.split import parts


def group_rows(episodes: Sequence[Episode]) -> list[Row]:
    """One row for the tasks that training may see (with other seeds), one for the tasks held out."""
    rows = []
    groups = parts(sorted({e.task for e in episodes}))
    for name, tasks in (("open to training", groups["trained"]), ("held out", groups["untrained"])):
        mine = [e for e in episodes if e.task in tasks]
        if mine:
            success = total_rows(summarize(mine), "")[0]
            rows.append({"tasks": name, **{key: success[key] for key in ("value", "low", "high", "over")}})
    return rows
