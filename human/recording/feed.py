"""What whoever watches a recording is shown: sentences of what was recorded, and how it stands."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

from deskhand.actions.geometry import Box
from deskhand.text import clean

MOST_LINES = 2000
"""Lines that a newly opened page is sent; the trajectory has them all."""

MOST_MASKS = 100

LineKind = Literal["action", "refused", "note"]


@dataclass(frozen=True, slots=True)
class FeedLine:
    """One thing that was recorded, in words; foreign text in it is cleaned."""

    number: int
    step: int
    kind: LineKind
    text: str


@dataclass(frozen=True, slots=True)
class State:
    """How a recording stands. ``ended`` says how it ended, in words; empty while it goes on."""

    paused: bool = False
    hiding: bool = False
    masks: tuple[Box, ...] = ()
    ended: str = ""


class Feed:
    """Lines and state that one thread writes and others wait for.

    Args:
        on_line: called with each line, in the thread that adds it.
    """

    def __init__(self, on_line: Callable[[FeedLine], None] = lambda line: None) -> None:
        self._changed = threading.Condition()
        self._on_line = on_line
        self._lines: list[FeedLine] = []
        self._count = self._version = 0
        self.state = State()

    def add(self, step: int, kind: LineKind, text: str) -> None:
        """Add a line to a step's; the oldest is dropped where there are more than ``MOST_LINES``."""
        with self._changed:
            self._count += 1
            line = FeedLine(self._count, step, kind, clean(text))
            self._lines = [*self._lines, line][-MOST_LINES:]
            self._turn()
        self._on_line(line)

    def set(self, **changes: Any) -> None:
        """Change parts of the state, by their names, and wake who waits for it."""
        with self._changed:
            self.state = replace(self.state, **changes)
            self._turn()

    def mask(self, box: Box, *, on: bool) -> None:
        """Add a region that is painted over, or take it away; more than ``MOST_MASKS`` are not added."""
        with self._changed:
            others = tuple(one for one in self.state.masks if one != box)
            masks = (*others, box) if on and len(others) < MOST_MASKS else others
            self.state = replace(self.state, masks=masks)
            self._turn()

    def changes(self, after: int, line: int, timeout: float) -> dict[str, Any]:
        """The state and the lines after number ``line``, once the version is over ``after`` or time is up."""
        with self._changed:
            self._changed.wait_for(lambda: self._version > after, timeout)
            state = self.state
            return {
                "version": self._version,
                "lines": [
                    {"number": one.number, "step": one.step, "kind": one.kind, "text": one.text}
                    for one in self._lines
                    if one.number > line
                ],
                "paused": state.paused,
                "hiding": state.hiding,
                "masks": [[box.left, box.top, box.right, box.bottom] for box in state.masks],
                "ended": state.ended,
            }

    def _turn(self) -> None:
        self._version += 1
        self._changed.notify_all()
