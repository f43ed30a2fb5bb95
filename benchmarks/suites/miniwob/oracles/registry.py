"""Which oracle does which task."""

from __future__ import annotations

from collections.abc import Callable

from deskhand.benchmarks.suites.miniwob.moves import Solve

ORACLES: dict[str, Solve] = {}


def does(*tasks: str) -> Callable[[Solve], Solve]:
    """Enter a function as the oracle of tasks."""

    def enter(solve: Solve) -> Solve:
        for task in tasks:
            assert task not in ORACLES, task
            ORACLES[task] = solve
        return solve

    return enter
