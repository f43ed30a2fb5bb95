"""Which oracle does which task."""

from __future__ import annotations

from collections.abc import Callable

from deskhand.benchmarks.browsing.moves import Solve

ORACLES: dict[str, Solve] = {}
ANYWHERE: set[str] = set()
"""Tasks whose oracle goes by what the page shows alone: begun anew at any moment, its first step is right."""


def does(*tasks: str, anywhere: bool = False) -> Callable[[Solve], Solve]:
    """Enter a function as the oracle of tasks.

    Args:
        anywhere: it can be begun from any state of the page, see ``ANYWHERE``.
    """

    def enter(solve: Solve) -> Solve:
        for task in tasks:
            assert task not in ORACLES, task
            ORACLES[task] = solve
        ANYWHERE.update(tasks if anywhere else ())
        return solve

    return enter
