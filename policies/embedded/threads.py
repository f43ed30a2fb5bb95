"""How many threads a decision takes: as many as other work leaves processors, asked when it begins.

Threads share each matrix product evenly and wait for the last of them, so one that has to take turns with
another program holds up all. What a processor count cannot say, the kernel's accounts can: how much the
others used since the last decision.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

ACCOUNTS = Path("/proc/stat")
LEAST_SECONDS = 0.1
"""Of accounts; over less they say little, for they are kept in hundredths of a second."""

_IDLE = (3, 4)
_GUESTS = 8
"""Columns of the accounts that are no work: waiting, and from there on what is counted before already."""


@dataclass(frozen=True, slots=True)
class _Accounts:
    at: float
    all: float
    own: float


class SpareProcessors:
    """What other programs leave of this machine's processors.

    Args:
        accounts: the kernel's, of what all processors did; see proc_stat(5).
    """

    def __init__(self, accounts: Path = ACCOUNTS) -> None:
        self._accounts = accounts
        self._before = self._read()
        self._last: int | None = None

    def threads(self, most: int) -> int:
        """As many threads as processors were spare since the last question; at least 1, at most ``most``.

        As the last time where too little time has passed to say; ``most`` where nothing is known.
        """
        before, now = self._before, self._read()
        if before is None or now is None or now.at - before.at < LEAST_SECONDS:
            return min(most, self._last or most)
        self._before = now
        others = max(0.0, (now.all - before.all) - (now.own - before.own)) / (now.at - before.at)
        self._last = max(1, min(most, round((os.cpu_count() or 1) - others)))
        return self._last

    def _read(self) -> _Accounts | None:
        own = os.times()
        try:
            with self._accounts.open(encoding="ascii") as file:
                name, *columns = file.readline().split()
            spent = [int(column) for column in columns[:_GUESTS]]
        except (OSError, ValueError):
            return None
        if name != "cpu" or len(spent) < len(_IDLE):
            return None
        work = sum(spent[place] for place in range(len(spent)) if place not in _IDLE)
        return _Accounts(time.monotonic(), work / os.sysconf("SC_CLK_TCK"), own.user + own.system)
