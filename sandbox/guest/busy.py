"""Whether a program is at work, also on a machine that has no time for it.

A program that waits for a processor stands still on the screen as one does that is done. The kernel counts
both: what each thread ran, and what it waited.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_NANO = 1e-9
WANTS = "RD"
"""States of a thread that runs, waits for a processor, or waits for a disk."""


@dataclass(frozen=True, slots=True)
class Work:
    """What programs did since they were started.

    Attributes:
        wanted: seconds that their threads ran or waited for a processor, added up.
        starved: seconds that the thread which waited longest waited for a processor.
        wants: whether a thread runs or waits for a processor or a disk now.
    """

    wanted: float = 0.0
    starved: float = 0.0
    wants: bool = False


def work_of(pids: Sequence[int]) -> Work:
    """Of these processes; nothing of one that is gone, or where the kernel does not count."""
    threads = [thread for pid in pids for thread in Path(f"/proc/{pid}/task").glob("*")]
    ran, waited = zip(*map(_times, threads), strict=True) if threads else ((), ())
    return Work(sum(ran) + sum(waited), max(waited, default=0.0), any(map(_wants, threads)))


def _times(thread: Path) -> tuple[float, float]:
    """Seconds that a thread ran, and that it waited for a processor."""
    try:
        ran, waited, _ = (thread / "schedstat").read_text().split()
        return int(ran) * _NANO, int(waited) * _NANO
    except (OSError, ValueError):
        return 0.0, 0.0


def _wants(thread: Path) -> bool:
    try:
        return (thread / "stat").read_text().rpartition(")")[2].split()[0] in WANTS
    except (OSError, IndexError):
        return False
