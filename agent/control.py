"""Pause and stop, asked for from outside the loop: by Ctrl-C, a signal, another thread."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Interrupted(KeyboardInterrupt):
    """Stop now, even in the middle of a decision."""


class Control:
    """One run's pause and stop. Thread-safe; the loop asks it at every action boundary."""

    def __init__(self) -> None:
        self._paused = threading.Event()
        self._changed = threading.Condition()
        self.stopping = False

    @property
    def paused(self) -> bool:
        """Whether the run stands still at the next action boundary, or does so now."""
        return self._paused.is_set()

    def pause(self) -> None:
        """Stand still at the next action boundary until ``resume`` or ``stop``."""
        self._paused.set()

    def resume(self) -> None:
        """Let a paused run go on."""
        with self._changed:
            self._paused.clear()
            self._changed.notify_all()

    def stop(self) -> None:
        """End the run at the next action boundary with status ``stopped``."""
        with self._changed:
            self.stopping = True
            self._changed.notify_all()

    def wait_while_paused(self, timeout: float) -> bool:
        """Stand still while paused; False if ``timeout`` seconds passed before anything happened."""
        with self._changed:
            return self._changed.wait_for(lambda: self.stopping or not self.paused, timeout)

    @contextmanager
    def signals(self) -> Iterator[None]:
        """While inside: Ctrl-C once pauses, twice stops; SIGTERM stops. For a main thread.

        The second Ctrl-C and SIGTERM also raise ``Interrupted``, so that a long decision or wait
        is cut short.
        """

        def interrupt(number: int, frame: FrameType | None) -> None:
            if number == signal.SIGINT and not self.paused:
                self._paused.set()
                return
            # No lock is taken here: the handler may run while this very thread holds it.
            self.stopping = True
            raise Interrupted

        before = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
