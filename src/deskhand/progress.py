"""How a long job reports its progress."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, float | None], None]
"""Called during long work with what is being done, in words, and the share done, 0 to 1, where known."""


def silent(doing: str, share: float | None) -> None:
    """Report nothing."""
