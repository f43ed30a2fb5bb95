"""Results as rows, for terminals, JSON and pages: by task, by category, in all, and two compared."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from deskhand.benchmarks.runner.episodes import Episode
from deskhand.benchmarks.runner.statistics import Comparison, Share, Summary, compare, summarize

Row = dict[str, Any]


def task_rows(episodes: Sequence[Episode]) -> list[Row]:
    """One row a task: its category, successes of episodes, mean steps and seconds."""
    return _grouped("task", lambda e: e.task, episodes)


def category_rows(episodes: Sequence[Episode]) -> list[Row]:
    """One row a category; none where tasks have no category."""
    if not any(e.category for e in episodes):
        return []
    return _grouped("category", lambda e: e.category or "(none)", episodes)


def total_rows(summary: Summary, policy: str) -> list[Row]:
    """One row a number of a whole run: its value, the interval where it has one, and what it is over."""
    valid = f"{_many(summary.success.of, 'episode')} of {_many(summary.tasks, 'task')}"
    rows = [_shared("success, %", summary.success, valid)]
    rows += [_shared(f"{name}, %", found, valid) for name, found in summary.conventions.items()]
    for found in summary.repeats if len(summary.repeats) > 1 else ():
        over = f"{_many(found.starts, 'start')} (task and seed) with {found.k} attempts or more"
        rows.append(_row(f"pass@{found.k}, %", percent(found.at_least_one), over))
        rows.append(_row(f"pass^{found.k}, %", percent(found.every), over))
    for name in ("reward", "steps", "seconds", "tokens"):
        rows.append(_row(f"mean {name}", _rounded(getattr(summary, name)), valid))
    if summary.priced:
        priced = f"{_many(summary.priced, 'episode')} with a cost"
        rows.append(_row("mean cost", _rounded(summary.cost, 6), priced))
        rows.append(_row("cost a success", _rounded(summary.success_cost, 6), priced))
    every = summary.success.of + summary.errors
    rows.append(_row("environment errors", summary.errors, f"{_many(every, 'episode')}, in no number above"))
    return [{"policy": policy, **row} for row in rows]


def baseline_rows(summary: Summary, policy: str) -> list[Row]:
    """The rows of ``total_rows`` that stand beside those of another policy."""
    beside = ("success, %", "mean reward", "mean steps", "environment errors")
    return [row for row in total_rows(summary, policy) if row["measure"] in beside]


def comparison_rows(a: Sequence[Episode], b: Sequence[Episode]) -> list[Row]:
    """Two runs as pairs: all, then by task where they differ."""
    rows = [_compared("all", compare(a, b))]
    for task in sorted({e.task for e in a} & {e.task for e in b}):
        found = compare([e for e in a if e.task == task], [e for e in b if e.task == task])
        if found.only_a or found.only_b:
            rows.append(_compared(task, found))
    return rows


def counts(episodes: Iterable[Episode]) -> Row:
    """Successes of the episodes whose environment did not fail, and how many it failed."""
    every = list(episodes)
    valid = [e for e in every if not e.error]
    done = sum(e.success for e in valid)
    rate = round(100 * done / len(valid)) if valid else None
    return {"done": done, "of": len(valid), "percent": rate, "errors": len(every) - len(valid)}


def percent(rate: float | None) -> float | None:
    """A share of 1 as percent with one digit."""
    return None if rate is None else round(100 * rate, 1)


def _grouped(name: str, group_of: Callable[[Episode], str], episodes: Sequence[Episode]) -> list[Row]:
    rows = []
    for group in sorted({group_of(e) for e in episodes}):
        mine = [e for e in episodes if group_of(e) == group]
        summary = summarize(mine)
        about: Row = {name: group}
        if name == "task" and any(e.category for e in episodes):
            about["category"] = mine[0].category
        if name == "category":
            about["tasks"] = len({e.task for e in mine})
        means = {"steps": _rounded(summary.steps, 1), "seconds": _rounded(summary.seconds, 1)}
        rows.append({**about, **counts(mine), **means})
    return rows


def _shared(name: str, found: Share, over: str) -> Row:
    interval = found.interval
    low, high = (percent(interval.low), percent(interval.high)) if interval else (None, None)
    return {**_row(name, percent(found.rate), over), "low": low, "high": high}


def _row(name: str, value: float | int | None, over: str) -> Row:
    return {"measure": name, "value": value, "low": None, "high": None, "over": over}


def _compared(name: str, found: Comparison) -> Row:
    interval = found.interval
    return {
        "task": name,
        "pairs": found.pairs,
        "both": found.both,
        "only A": found.only_a,
        "only B": found.only_b,
        "neither": found.neither,
        "A - B, %": percent(found.difference),
        "low": percent(interval.low) if interval else None,
        "high": percent(interval.high) if interval else None,
        "p": float(f"{found.p_value:.3g}"),
        "left out": found.left_out,
    }


def _rounded(value: float | None, digits: int = 2) -> float | None:
    return None if value is None else round(value, digits)


def _many(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
