"""Which seeds: as they are written on a command line."""

from __future__ import annotations

from deskhand.errors import UsageError
from deskhand.screens.variation import FIRST_TRAINING_SEED

MOST_SEEDS = 10_000


def parse_seeds(text: str) -> list[int]:
    """Seeds from "0-4" or "1,5,9".

    Raises:
        UsageError: it is neither, or one of them is training's: what was learnt from must not be reported.
    """
    try:
        first, dash, last = text.partition("-")
        span = range(int(first), int(last) + 1) if dash else [int(part) for part in text.split(",")]
        fits = 0 < len(span) <= MOST_SEEDS
    except (ValueError, OverflowError):
        fits = False
    if not fits:
        raise UsageError(f"seeds are A-B or a list with commas, {MOST_SEEDS} at most, not {text[:40]!r}")
    if max(span) >= FIRST_TRAINING_SEED:
        raise UsageError(f"seeds from {FIRST_TRAINING_SEED} on are for training (deskhand train clone)")
    return list(dict.fromkeys(span))
