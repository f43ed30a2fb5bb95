"""What a model writes, told while it writes it."""

from __future__ import annotations

import time
from collections.abc import Callable

EVERY_SECONDS = 0.1
MOST_TOLD = 2000
"""Characters: of what is longer, its end."""

Tell = Callable[[str], None]


class Aloud:
    """Tells somebody what was written so far, ten times a second at most; by default nobody."""

    def __init__(self) -> None:
        self._tell: Tell | None = None
        self._told = 0.0

    def to(self, tell: Tell) -> None:
        """From now on tell this one."""
        self._tell = tell

    def hear(self, written: Callable[[], str]) -> None:
        """More was written; ``written`` gives all of it, and is only asked where it is told."""
        now = time.monotonic()
        if self._tell is not None and now - self._told >= EVERY_SECONDS:
            self._told = now
            self._tell(written()[-MOST_TOLD:])
