"""The path of a drag, reduced to the few points that give its shape."""

from __future__ import annotations

import math
from collections.abc import Sequence

from deskhand.actions.geometry import ScreenPoint

TOLERANCE = 1.5
"""Pixels by which a point may lie beside the line that stands for it."""

MOST_POINTS = 50


def distance(one: ScreenPoint, other: ScreenPoint) -> float:
    """Pixels between two points."""
    return math.hypot(one.x - other.x, one.y - other.y)


def simplified(path: Sequence[ScreenPoint]) -> tuple[ScreenPoint, ...]:
    """At most ``MOST_POINTS`` points with the same ends and nearly the same shape; never fewer than two."""
    tolerance = TOLERANCE
    while True:
        kept = _thinned(path, tolerance)
        if len(kept) <= MOST_POINTS:
            return kept
        tolerance *= 2


def _thinned(path: Sequence[ScreenPoint], tolerance: float) -> tuple[ScreenPoint, ...]:
    """Douglas and Peucker's method: between two kept points, the farthest one is kept if it is far."""
    keep, spans = {0, len(path) - 1}, [(0, len(path) - 1)]
    while spans:
        first, last = spans.pop()
        far, at = max(
            ((_beside(path[n], path[first], path[last]), n) for n in range(first + 1, last)),
            default=(0.0, first),
        )
        if far > tolerance:
            keep.add(at)
            spans += [(first, at), (at, last)]
    return tuple(path[n] for n in sorted(keep))


def _beside(point: ScreenPoint, start: ScreenPoint, end: ScreenPoint) -> float:
    """How far a point lies from the line between two others."""
    across, down = end.x - start.x, end.y - start.y
    square = across * across + down * down
    if not square:
        return distance(point, start)
    along = ((point.x - start.x) * across + (point.y - start.y) * down) / square
    along = min(1.0, max(0.0, along))
    return math.hypot(point.x - start.x - along * across, point.y - start.y - along * down)
