"""The only place that sleeps.

Nothing in deskhand waits for a fixed time and hopes: it waits for a condition, bounded, and says
what it waited for. ``pause`` is for the two cases where time itself is the point: a person's dwell
between moving and pressing, and a model's own ``wait`` action. This module runs inside sandboxes
too, so it imports only the standard library.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class WaitTimeout(TimeoutError):
    """A condition did not become true in time. The message names the condition and the bound."""


def wait_until(
    condition: Callable[[], T],
    *,
    timeout: float,
    what: str,
    poll: float = 0.01,
    longest_poll: float = 0.25,
) -> T:
    """Call ``condition`` until it returns something true, and return that.

    Args:
        condition: asked again and again; its first true value is the result.
        timeout: seconds after which to give up; the condition is asked at least once.
        what: the condition in words, for the error: "a window named 'Save As'".
        poll: seconds to the second question; doubles up to ``longest_poll``.

    Raises:
        WaitTimeout: it stayed false for ``timeout`` seconds.
    """
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        left = deadline - time.monotonic()
        if left <= 0:
            raise WaitTimeout(f"waited {timeout:g} s for {what}")
        time.sleep(min(poll, left))
        poll = min(poll * 2, longest_poll)


def pause(seconds: float, *, why: str) -> None:
    """Let time pass because time is the point; ``why`` is for the reader of the call."""
    assert why
    time.sleep(max(0.0, seconds))


class Deadline:
    """A bound that several waits share.

    >>> Deadline(60).left() <= 60
    True
    """

    __slots__ = ("_end", "_held", "seconds")

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds
        self._held: float | None = None

    def left(self) -> float:
        """Seconds left, never negative."""
        return max(0.0, self._end - time.monotonic() if self._held is None else self._held)

    def hold(self) -> None:
        """Let no time count from now on."""
        self._held = self.left()

    def go_on(self, spent: float = 0.0) -> None:
        """Let time count again; of that since ``hold`` so many seconds do."""
        self._end = time.monotonic() + self.left() - spent
        self._held = None

    def passed(self) -> bool:
        return self.left() <= 0
