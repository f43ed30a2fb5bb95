"""Arithmetic of many boxes: joining them, ordering them, how much they share, what a change touches."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from deskhand.actions.geometry import Box
from deskhand.perception.screen import Screenshot

MARGIN = 24
"""Pixels around a changed region that are looked at again, so that a line or a widget is seen whole."""


def grown(box: Box, by: int) -> Box:
    """A box with ``by`` pixels more on each side."""
    return Box(box.left - by, box.top - by, box.right + by, box.bottom + by)


def moved(box: Box, right: int, down: int) -> Box:
    """A box at another place."""
    return Box(box.left + right, box.top + down, box.right + right, box.bottom + down)


def merged(boxes: Sequence[Box]) -> list[Box]:
    """Boxes joined until none overlap."""
    apart: list[Box] = []
    for box in boxes:
        while (hit := next((other for other in apart if other.intersection(box).area), None)) is not None:
            apart.remove(hit)
            box = box.union(hit)
        apart.append(box)
    return apart


def affected(
    changed: Sequence[Box], known: Sequence[Box], screenshot: Screenshot
) -> tuple[list[Box], list[Box]]:
    """Regions to look at again, each with every known box it touches; and the boxes that stay."""
    view = screenshot.viewport
    screen = Box(0, 0, view.width, view.height)
    regions = merged([grown(box, MARGIN).intersection(screen) for box in changed])
    kept = list(known)
    while True:
        touched = [box for box in kept if any(region.intersection(box).area for region in regions)]
        if not touched:
            return regions, kept
        kept = [box for box in kept if box not in touched]
        regions = merged([*regions, *(grown(box, 4).intersection(screen) for box in touched)])


def rows_of(boxes: Sequence[Box]) -> list[list[int]]:
    """Positions of boxes in rows, top to bottom, each left to right.

    A row is what overlaps its first box's middle.
    """
    rows: list[list[int]] = []
    for number in sorted(range(len(boxes)), key=lambda n: (boxes[n].top + boxes[n].bottom, boxes[n])):
        box = boxes[number]
        first = boxes[rows[-1][0]] if rows else None
        if first and box.top <= first.centre.y < box.bottom and box.centre.y < first.bottom:
            rows[-1].append(number)
        else:
            rows.append([number])
    return [sorted(row, key=lambda n: boxes[n]) for row in rows]


def in_reading_order(boxes: Sequence[Box]) -> list[Box]:
    """Rows top to bottom, each left to right."""
    return [boxes[number] for row in rows_of(boxes) for number in row]


def common_areas(some: Sequence[Box], others: Sequence[Box]) -> NDArray[np.int64]:
    """(some, others) areas in pixels that each pair has in common."""
    a, b = _edges(some)[:, None, :], _edges(others)[None, :, :]
    sides = np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2])
    return np.asarray(np.maximum(sides, 0).prod(axis=2), dtype=np.int64)


def overlaps(some: Sequence[Box], others: Sequence[Box]) -> NDArray[np.float64]:
    """(some, others) intersections over unions, 0 to 1."""
    common = common_areas(some, others)
    whole = areas(some)[:, None] + areas(others)[None, :] - common
    return np.asarray(common / np.maximum(whole, 1), dtype=np.float64)


def areas(boxes: Sequence[Box]) -> NDArray[np.int64]:
    """The area of each box in pixels."""
    return np.array([box.area for box in boxes], dtype=np.int64)


def _edges(boxes: Sequence[Box]) -> NDArray[np.int64]:
    """(boxes, 4): left, top, right, bottom."""
    edges = [(box.left, box.top, box.right, box.bottom) for box in boxes]
    return np.array(edges, dtype=np.int64).reshape(-1, 4)
