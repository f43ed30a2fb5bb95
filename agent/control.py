"""Pause, step, stop and take over, asked for from outside the loop: by Ctrl-C, a signal, another thread."""

from __future__ import annotations

import math
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import TYPE_CHECKING, Protocol

from deskhand.actions.geometry import Box, ScreenPoint
from deskhand.errors import UsageError

if TYPE_CHECKING:  # the command line starts with this module, and needs neither
    from deskhand.sandbox.protocol import Sandbox
    from deskhand.trajectories.writer import TrajectoryWriter

MOST_TOLD = 100
"""Lines that wait to be told to the policy; more are refused."""


class Interrupted(KeyboardInterrupt):
    """Stop now, even in the middle of a decision."""


@dataclass(frozen=True, slots=True)
class Driven:
    """What a person left behind who had taken over.

    Attributes:
        step: number of the last step that was recorded.
        done: what they did, in words for the policy, one entry an action.
        masks: regions that are painted over from now on, beside those that were.
        away: seconds in which nobody was there.
        touched: what they clicked last, where typing goes if nothing has the focus for sure.
        scrubbed: gives a text without what they typed hidden.
        may_keep: whether a file may be kept, by its path and content: nothing hidden stands in it.
    """

    step: int
    done: tuple[str, ...] = ()
    masks: tuple[Box, ...] = ()
    away: float = 0.0
    touched: ScreenPoint | None = None
    scrubbed: Callable[[str], str] = str
    may_keep: Callable[[str, bytes], bool] = lambda path, content: True


class Driver(Protocol):
    """Has the desktop operated by a person in the agent's place."""

    def drive(
        self, sandbox: Sandbox, writer: TrajectoryWriter, step: int, masks: Sequence[Box], left: float
    ) -> Driven:
        """Do and record what the person does, until ``Control.taken`` is false again or the run is stopped.

        Args:
            step: number of the last step so far; the person's get the numbers after it.
            masks: regions that are painted over.
            left: seconds of the run's time; they pass only while nobody is there.

        Raises:
            SandboxError: the desktop is gone.
            LogError: what was done could not be recorded.
        """
        ...


class Control:
    """One run's pause, stop, and who acts. Thread-safe; the loop asks it at every action boundary.

    Args:
        driver: what has a person operate the desktop; None where nobody can take over.
    """

    def __init__(self, driver: Driver | None = None) -> None:
        self._paused = threading.Event()
        self._changed = threading.Condition()
        self._taken = self._stepping = False
        self._passes = 0
        self._told: list[str] = []
        self.driver = driver
        self.stopping = False
        self.left: Callable[[], float] = lambda: math.inf
        """Seconds that the run has left; the loop says."""
        self.standing = False
        """Whether the loop stands still now."""

    @property
    def paused(self) -> bool:
        """Whether the run stands still at the next action boundary, or does so now."""
        return self._paused.is_set()

    @property
    def taken(self) -> bool:
        """Whether a person has taken over: nothing of what the policy wants is done."""
        return self._taken

    def pause(self) -> None:
        """Stand still at the next action boundary until ``resume``, ``step`` or ``stop``."""
        with self._changed:
            self._stepping, self._passes = False, 0
            self._paused.set()

    def step(self) -> None:
        """Let a paused run do one action, then decide on the next and stand still before it."""
        with self._changed:
            self._stepping, self._passes = True, 1
            self._paused.set()
            self._changed.notify_all()

    def resume(self) -> None:
        """Let a paused run go on."""
        with self._changed:
            self._stepping, self._passes = False, 0
            self._paused.clear()
            self._changed.notify_all()

    def stop(self) -> None:
        """End the run at the next action boundary with status ``stopped``."""
        with self._changed:
            self.stopping = True
            self._changed.notify_all()

    def take_over(self) -> None:
        """Have a person act from now on; what the agent is doing is ended, what it decided is refused.

        Raises:
            UsageError: nobody can take over this run.
        """
        if self.driver is None:
            raise UsageError("nobody can take over this run: start it with --live")
        with self._changed:
            self._taken = True
            self._changed.notify_all()

    def give_back(self, *, pause: bool = False) -> None:
        """Have the agent act again, on a fresh look; with ``pause``, it stands still first."""
        with self._changed:
            self._taken = self._stepping = False
            self._passes = 0
            if pause:
                self._paused.set()
            else:
                self._paused.clear()
            self._changed.notify_all()

    def tell(self, text: str) -> None:
        """Tell the policy a line; it reads it with its next decision.

        Raises:
            UsageError: so many wait already that nobody seems to read them.
        """
        with self._changed:
            if len(self._told) >= MOST_TOLD:
                raise UsageError(f"{MOST_TOLD} lines wait already to be told: let the run go on first")
            self._told.append(text)
            self._changed.notify_all()

    def take_told(self) -> tuple[str, ...]:
        """The lines that were told and not taken yet."""
        with self._changed:
            lines, self._told = tuple(self._told), []
            return lines

    def wait_while_paused(self, timeout: float, *, acting: bool = False) -> bool:
        """Stand still while paused; False if ``timeout`` seconds passed before anything happened.

        Args:
            acting: an action comes next; else a look at the screen, which a run that is stepped through
                takes by itself.
        """
        with self._changed:
            self.standing = True
            try:
                went_on = self._changed.wait_for(lambda: self._may_go_on(acting), timeout)
            finally:
                self.standing = False
            self._passes = max(0, self._passes - 1)
            return went_on

    def wait_for_answer(self, timeout: float) -> bool:
        """Wait for a new line, or a person who takes over; False if neither came, or the run is stopped."""
        with self._changed:
            before = len(self._told)  # what was told before the question is no answer to it

            def came() -> bool:
                return len(self._told) > before or self.taken

            self._changed.wait_for(lambda: came() or self.stopping, timeout)
            return came() and not self.stopping

    def _may_go_on(self, acting: bool) -> bool:
        free = self._stepping and not acting
        return self.stopping or self._taken or not self.paused or self._passes > 0 or free

    @contextmanager
    def signals(self) -> Iterator[None]:
        """While inside: Ctrl-C once pauses, twice stops; SIGTERM stops. For a main thread.

        The second Ctrl-C and SIGTERM also raise ``Interrupted``, so that a long decision or wait
        is cut short.
        """

        def interrupt(number: int, frame: FrameType | None) -> None:
            if number == signal.SIGINT and not self.paused:
                self._stepping = False
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
