"""A decision takes as many threads as other programs leave processors."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from deskhand.policies.embedded import threads
from deskhand.policies.embedded.threads import SpareProcessors
from deskhand.waiting import wait_until

TICKS = os.sysconf("SC_CLK_TCK")
IDLE, GUEST = 3, 8


class Machine:
    """A machine of some processors whose accounts and clock are a test's; this process uses what it says."""

    def __init__(self, path: Path, patch: pytest.MonkeyPatch, processors: int) -> None:
        self.path, self.seconds, self.own, self.all = path, 1000.0, 0.0, 0.0
        patch.setattr(threads.os, "cpu_count", lambda: processors)
        patch.setattr(threads.time, "monotonic", lambda: self.seconds)
        patch.setattr(threads.os, "times", lambda: os.times_result((self.own, 0.0, 9.0, 9.0, self.seconds)))
        self.passes(0, 0, 0)

    def passes(self, seconds: float, own: float, others: float) -> None:
        """Some seconds pass, in which this process and others use so many processors."""
        self.seconds += seconds
        self.own += own * seconds
        self.all += (own + others) * seconds
        columns = [0] * 10
        columns[0], columns[IDLE], columns[GUEST] = int(self.all * TICKS), 10**6 + int(self.seconds * 7), 55
        self.path.write_text(f"cpu  {' '.join(map(str, columns))}\ncpu0 1 2\n")


@pytest.mark.parametrize(
    ("processors", "own", "others", "most", "taken"),
    [
        (2, 0.0, 0.0, 2, 2),
        (2, 2.0, 0.0, 2, 2),  # what this process uses itself takes nothing from it
        (2, 0.0, 0.2, 2, 2),
        (2, 0.0, 1.0, 2, 1),
        (2, 1.3, 0.7, 2, 1),  # one other program, beside two threads of ours
        (2, 0.0, 2.0, 2, 1),
        (2, 0.1, 1.9, 2, 1),
        (8, 2.0, 3.0, 8, 5),
        (8, 0.0, 3.0, 4, 4),
        (64, 0.0, 0.0, 1, 1),
        (1, 0.0, 0.0, 1, 1),
    ],
)
def test_threads_are_what_others_leave(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    processors: int, own: float, others: float, most: int, taken: int,
) -> None:  # fmt: skip
    machine = Machine(tmp_path / "stat", monkeypatch, processors)
    spare = SpareProcessors(machine.path)
    machine.passes(2.0, own, others)
    assert spare.threads(most) == taken


def test_what_was_before_the_last_decision_does_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = Machine(tmp_path / "stat", monkeypatch, 2)
    spare = SpareProcessors(machine.path)
    machine.passes(500.0, 0.0, 2.0)
    assert spare.threads(2) == 1
    machine.passes(0.5, 1.0, 0.0)
    assert spare.threads(2) == 2
    machine.passes(0.5, 1.0, 1.0)
    assert spare.threads(2) == 1


def test_too_short_a_time_says_nothing_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(tmp_path / "stat", monkeypatch, 2)
    spare = SpareProcessors(machine.path)
    machine.passes(0.01, 0.0, 2.0)
    assert spare.threads(2) == 2
    machine.passes(0.5, 0.0, 2.0)
    assert spare.threads(2) == 1
    machine.passes(0.01, 0.0, 0.0)
    assert spare.threads(2) == 1


@pytest.mark.parametrize("content", [None, "", "cpu\n", "cpu 1 2\n", "cpu a b c d e\n", "intr 1 2 3 4 5 6\n"])
def test_a_kernel_that_tells_nothing_leaves_it_as_it_was(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "stat"
    if content is not None:
        path.write_text(content)
    assert SpareProcessors(path).threads(3) == 3


def test_this_machines_own_accounts_are_read() -> None:
    spare = SpareProcessors()
    assert spare._read() is not None
    assert 1 <= spare.threads(4) <= 4


@pytest.mark.skipif(
    len(os.sched_getaffinity(0)) != os.cpu_count(), reason="programs of this test may not use every processor"
)
def test_beside_real_programs_that_use_every_processor_it_is_one() -> None:
    spare, busy = SpareProcessors(), [sys.executable, "-S", "-c", "while True: pass"]
    started = [subprocess.Popen(busy) for _ in range(os.cpu_count() or 1)]
    try:
        wait_until(lambda: spare.threads(2) == 1, timeout=60, what="every processor to be taken", poll=0.2)
    finally:
        for process in started:
            process.kill()
            process.wait()
