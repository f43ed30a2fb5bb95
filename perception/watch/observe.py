"""Observing: wait for a stable screen, then hand out what a policy decides on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol, runtime_checkable

from deskhand.actions.geometry import Box, Viewport
from deskhand.perception.screen import Element, Screenshot
from deskhand.perception.watch.changes import describe
from deskhand.perception.watch.difference import Change, difference
from deskhand.perception.watch.settle import Settled, settle


@dataclass(eq=False)
class Observation:
    """A screenshot and, computed when first asked for, its elements and what changed since the last.

    ``find_elements``, ``previous`` and ``find_closely`` are given by the perception module; a policy reads
    ``screenshot``, ``elements``, ``change`` and ``change_text``, and asks ``zoom``.
    """

    screenshot: Screenshot
    find_elements: Callable[[Screenshot], tuple[Element, ...]] = field(repr=False, default=lambda _: ())
    previous: Screenshot | None = field(repr=False, default=None)
    find_closely: Callable[[Screenshot, Box], tuple[Element, ...]] = field(
        repr=False, default=lambda screenshot, box: ()
    )

    @property
    def viewport(self) -> Viewport:
        """The size of the screen, in pixels."""
        return self.screenshot.viewport

    @cached_property
    def elements(self) -> tuple[Element, ...]:
        """What is on the screen, in reading order."""
        return self.find_elements(self.screenshot)

    @property
    def was_read(self) -> bool:
        """Whether ``elements`` were asked for already, so that asking again costs nothing."""
        return "elements" in self.__dict__

    def zoom(self, box: Box) -> tuple[Element, ...]:
        """A closer look at a region, for small targets and tiny letters: what is found enlarged.

        Returns:
            elements in pixels of this screen; ids are those of ``elements`` where it is the same, else 0.

        Raises:
            UsageError: nothing of the box lies on the screen.
        """
        return self.find_closely(self.screenshot, box)

    @cached_property
    def change(self) -> Change | None:
        """What changed since the previous screenshot; None for the first look."""
        return None if self.previous is None else difference(self.previous, self.screenshot)

    @cached_property
    def change_text(self) -> str:
        """The same in words, from the elements of both looks; empty for the first look."""
        if self.previous is None or self.change is None:
            return ""
        # This look first: a reader asks programs only about the newest.
        after = self.elements
        return describe(self.find_elements(self.previous), after, self.change)


class Reader(Protocol):
    """Whatever finds elements on a screenshot; ``TextReader`` and ``ScreenReader`` are some."""

    def read(self, screenshot: Screenshot) -> tuple[Element, ...]:
        """The elements in reading order."""
        ...

    def zoom(self, screenshot: Screenshot, box: Box) -> tuple[Element, ...]:
        """The elements in a region, looked at more closely."""
        ...


class Observes(Protocol):
    """Whatever looks at a screen, as ``Observer`` does."""

    def observe(self) -> Observation:
        """The screen, once it has settled."""
        ...


@runtime_checkable
class LooksBack(Protocol):
    """An observer after whose looks there may be no other."""

    def last_look(self) -> Screenshot:
        """The screen that was seen last."""
        ...


def last_look(observer: Observes) -> Screenshot:
    """The screen as a run leaves it: a new look, or the last one where there may be no other."""
    return observer.last_look() if isinstance(observer, LooksBack) else observer.observe().screenshot


class Observer:
    """Looks at one screen again and again.

    Args:
        capture: takes a screenshot; what it raises passes through.
        reader: finds elements, when a policy first asks for them.
        quiet: seconds without anything new that make a screen stable.
        timeout: seconds after which a moving screen is observed as it is.
        answer: seconds that a screen which looks as it did last time is given to begin changing.
        ignore: regions that may change as they like.
        arrived: says of a look that it is the one waited for, as replay can; then nothing is waited for.
    """

    def __init__(
        self,
        capture: Callable[[], Screenshot],
        reader: Reader,
        *,
        quiet: float = 0.15,
        timeout: float = 3.0,
        answer: float = 0.8,
        ignore: Sequence[Box] = (),
        arrived: Callable[[Screenshot], bool] | None = None,
    ) -> None:
        self._capture = capture
        self._reader = reader
        self._quiet = quiet
        self._timeout = timeout
        self._answer = answer
        self._ignore = tuple(ignore)
        self._arrived = arrived
        self._previous: Screenshot | None = None
        self.settled: Settled | None = None
        """How the last settling went, for the log; None before the first look."""

    def observe(self) -> Observation:
        """Settle, then look. The observation remembers the one before, to say what changed."""
        settled = settle(
            self._capture,
            quiet=self._quiet,
            timeout=self._timeout,
            ignore=self._ignore,
            since=self._previous,
            answer=self._answer if self._previous is not None else 0.0,
            arrived=self._arrived,
        )
        observation = Observation(settled.screenshot, self._reader.read, self._previous, self._reader.zoom)
        self._previous = settled.screenshot
        self.settled = settled
        return observation

    def forget(self) -> None:
        """Begin anew, as after a reset of the sandbox: the next observation has no previous one."""
        self._previous, self.settled = None, None
