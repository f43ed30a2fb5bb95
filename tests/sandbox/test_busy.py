"""A program at work is told from one that waits, by what the kernel counts of its threads."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from deskhand.sandbox.guest.busy import Work, work_of
from deskhand.waiting import wait_until

BUSY = "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\nwhile True: pass"
"""All that run this share one processor."""


@contextmanager
def running(line: str) -> Iterator[int]:
    """A program that does what a line of Python says."""
    with subprocess.Popen([sys.executable, "-c", line], stdin=subprocess.PIPE) as process:
        yield process.pid
        process.kill()


def test_a_program_that_computes_wants_a_processor_whether_it_has_one_or_not() -> None:
    with running(BUSY) as one, running(BUSY) as two:
        first = work_of([one, two])
        wait_until(lambda: work_of([one, two]).wants, timeout=30, what="a program at work")
        wait_until(lambda: work_of([one, two]).wanted > first.wanted + 0.2, timeout=30, what="work of both")
        wait_until(lambda: work_of([one]).starved > 0.1, timeout=30, what="one to wait for the other")


def test_a_program_that_waits_for_something_else_wants_none() -> None:
    with running("input()") as number:
        wait_until(lambda: work_of([number]).wanted > 0, timeout=30, what="the program to begin")

        def rests() -> bool:
            work = work_of([number])
            return not work.wants and work == work_of([number])

        wait_until(rests, timeout=30, what="the program to wait")


def test_nothing_is_known_of_a_program_that_is_gone() -> None:
    with running("pass") as number:
        pass
    assert work_of([number]) == work_of([]) == Work()
