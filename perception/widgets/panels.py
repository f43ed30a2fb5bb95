"""Rectangles that straight edges make: where a window or a dialog may be, whatever drew it.

The detector predicts the far sides of something large only roughly, and where windows lie over each other it
joins them. Their sides are lines, though, and lines meet in corners: each corner at the left, with the lines
that leave it, tells where a panel may begin and end. What it is, the refiner says.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from deskhand.actions.geometry import Box
from deskhand.perception.screen import Pixels

STEP = 6
"""Least difference of colour between neighbouring pixels that may be a part of an edge."""
LEAST_WIDE, LEAST_HIGH = 140, 70
"""A smaller panel is no window."""
ROUND = 16
"""Pixels that a side may begin after its corner: corners are round."""
GAP = 3
"""Pixels at which a line may be interrupted."""
MOST_LINES = 100
"""The longest lines of each direction are looked at."""
GRID = 8
"""Panels whose sides differ by less are compared no further; a frame of a pixel has two edges."""
MOST_COMPARED, MOST_PANELS = 400, 24
ALIKE = 0.85
"""Panels that overlap so much (intersection over union) are one."""
COVERED = 0.25
"""Share of a side that must be seen at least: other windows cover the rest."""
PAST = 0.9
SEEN = 2.8
"""How much of the four sides must be seen, all together."""

Lines = NDArray[np.int32]
"""(n, 3): where a line is, where it begins and ends."""


def panels(pixels: Pixels) -> list[Box]:
    """Rectangles at least LEAST_WIDE by LEAST_HIGH whose sides are lines, those with the longest lines first.

    Args:
        pixels: (height, width, 3).
    """
    if min(pixels.shape[:2]) < 2:
        return []
    across, down = _steps(pixels[:, 1:], pixels[:, :-1]), _steps(pixels[1:], pixels[:-1])
    upright, level = _lines(across.T, LEAST_HIGH), _lines(down, LEAST_WIDE)
    if not len(upright) or not len(level):
        return []
    return _distinct(*_framed(upright, level))


def _steps(one: Pixels, other: Pixels) -> NDArray[np.uint8]:
    """(H, W): 1 where two pictures differ in a colour by STEP or more."""
    alike = cv2.inRange(cv2.absdiff(one, other), (0, 0, 0), (STEP - 1,) * 3)
    return np.asarray(alike == 0, np.uint8)


def _lines(edges: NDArray[np.uint8], least: int) -> Lines:
    """Straight runs of edges along the rows: at least half of ``least`` long, the longest MOST_LINES."""
    mask = np.ascontiguousarray(edges)
    mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((1, GAP), np.uint8))
    mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((1, least // 2), np.uint8))
    rows = np.pad(mask, ((0, 0), (1, 1))).astype(np.int8)  # a run ends before the next row begins
    turns = np.diff(rows, axis=1)
    at, starts = np.nonzero(turns == 1)
    stops = np.nonzero(turns == -1)[1]
    lines = np.stack([at + 1, starts, stops], axis=1).astype(np.int32)
    return lines[np.argsort(starts - stops, kind="stable")[:MOST_LINES]]


def _framed(upright: Lines, level: Lines) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """How well each panel's four sides are seen, (n,), and its box, (n, 4)."""
    tops, bottoms = np.nonzero(np.subtract.outer(level[:, 0], level[:, 0]).T >= LEAST_HIGH)
    top, bottom = level[tops], level[bottoms]
    starts, stops = np.minimum(top[:, 1], bottom[:, 1]), np.maximum(top[:, 2], bottom[:, 2])
    high = (bottom[:, 0] - top[:, 0])[:, None]
    along = np.minimum(upright[None, :, 2], bottom[:, :1]) - np.maximum(upright[None, :, 1], top[:, :1])
    # A side is a line of its own, or a part of a line that goes all the way past it.
    fit = (along >= COVERED * high) & (upright[None, :, 1] >= top[:, :1] - ROUND) | (along >= PAST * high)
    lefts = fit & (np.abs(upright[None, :, 0] - starts[:, None]) <= ROUND)
    rights = fit & (np.abs(upright[None, :, 0] - stops[:, None]) <= ROUND)
    both = np.flatnonzero(lefts.any(axis=1) & rights.any(axis=1))
    pair, left, right = np.nonzero(lefts[both][:, :, None] & rights[both][:, None, :])
    pair = both[pair]
    boxes = np.stack([upright[left, 0], top[pair, 0], upright[right, 0], bottom[pair, 0]], axis=1)
    wide = boxes[:, 2] - boxes[:, 0]
    fits = wide >= LEAST_WIDE
    pair, left, right, boxes, wide = pair[fits], left[fits], right[fits], boxes[fits], wide[fits]
    seen = np.stack(
        [
            *(
                (np.minimum(line[:, 2], boxes[:, 2]) - np.maximum(line[:, 1], boxes[:, 0])) / wide
                for line in (top[pair], bottom[pair])
            ),
            along[pair, left] / high[pair, 0],
            along[pair, right] / high[pair, 0],
        ]
    )
    good = (seen.min(axis=0) >= COVERED) & (seen.sum(axis=0) >= SEEN)
    return seen.sum(axis=0)[good].astype(np.float32), boxes[good]


def _distinct(seen: NDArray[np.float32], boxes: NDArray[np.int32]) -> list[Box]:
    """The best MOST_PANELS that are not alike, the larger first where they are seen equally well."""
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    order = np.lexsort((-area, -seen.round(1)))
    near = np.unique(boxes[order] // GRID, axis=0, return_index=True)[1]  # the best of each
    order = order[np.sort(near)][:MOST_COMPARED]
    boxes, area = boxes[order], area[order]
    kept: list[int] = []
    for n, box in enumerate(boxes):
        if len(kept) == MOST_PANELS:
            break
        others = boxes[kept]
        common = (np.minimum(box[2], others[:, 2]) - np.maximum(box[0], others[:, 0])).clip(0)
        common = common * (np.minimum(box[3], others[:, 3]) - np.maximum(box[1], others[:, 1])).clip(0)
        if (common < ALIKE * (area[n] + area[kept] - common)).all():
            kept.append(n)
    return [Box(*(int(side) for side in boxes[n])) for n in kept]
