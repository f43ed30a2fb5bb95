"""Where straight edges are: a found box is moved onto the frame that it means.

The network predicts sides to a few pixels; on a screen most sides are lines exact to the pixel, which
plain arithmetic on neighbouring pixels finds. A side without a line near it stays where it was predicted.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from deskhand.actions.geometry import Box
from deskhand.perception.screen import Pixels

STEP = 5
"""Least difference of grey between neighbouring pixels that may be a part of an edge."""
REACH_PIXELS, REACH_SHARE, REACH_MOST = 4, 0.08, 24
"""A side is sought this far away: so many pixels, or this share of the box's size, but not farther."""
STRAIGHT = 0.7
"""Share of a side, without its ends, along which there must be an edge."""
NEARER = 0.01
"""What a pixel of distance costs, as a share of the side: of two lines the nearer one is meant."""
CORNER = 0.15
"""Share of a side at each end that is not looked at: corners may be round."""


class Edges:
    """The edges of one picture (H, W, 3), counted so that any side costs the same to ask for."""

    def __init__(self, pixels: Pixels) -> None:
        grey = np.asarray(cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2GRAY), np.uint8)
        self._height, self._width = grey.shape
        across, down = _steps(grey[:, 1:], grey[:, :-1]), _steps(grey[1:], grey[:-1])
        # upright[y, x]: edges between columns x - 1 and x in the rows above y; level likewise, turned.
        self._upright = np.zeros((self._height + 1, self._width + 1), np.int32)
        np.cumsum(across, axis=0, out=self._upright[1:, 1:-1])
        self._level = np.zeros((self._width + 1, self._height + 1), np.int32)
        np.cumsum(down.T, axis=0, out=self._level[1:, 1:-1])

    def snapped(self, box: Box) -> tuple[Box, int]:
        """The box with each side on the line that is near it, if there is one; and on how many there is."""
        (left, right), upright = self._sides(self._upright, (box.left, box.right), (box.top, box.bottom))
        (top, bottom), level = self._sides(self._level, (box.top, box.bottom), (left, right))
        return Box(left, top, right, bottom), upright + level

    def _sides(
        self, counts: NDArray[np.int32], sides: tuple[int, int], ends: tuple[int, int]
    ) -> tuple[tuple[int, int], int]:
        """Both sides of one direction, and how many are on a line; as they were predicted if nothing would be
        left between them."""
        size = sides[1] - sides[0]
        reach = max(REACH_PIXELS, min(REACH_MOST, round(size * REACH_SHARE)))
        reach = min(reach, max(1, size // 3))
        first = self._side(counts, sides[0], ends, reach, outwards=-1)
        last = self._side(counts, sides[1], ends, reach, outwards=1)
        start, stop = sides[0] if first is None else first, sides[1] if last is None else last
        if stop - start < max(2, size // 2):
            return sides, 0
        return (start, stop), (first is not None) + (last is not None)

    def _side(
        self, counts: NDArray[np.int32], at: int, ends: tuple[int, int], reach: int, outwards: int
    ) -> int | None:
        """Where the line near one side is; None if there is none."""
        cut = round((ends[1] - ends[0]) * CORNER)
        start, stop = max(0, ends[0] + cut), min(counts.shape[0] - 1, ends[1] - cut)
        low, high = max(0, at - reach), min(counts.shape[1] - 1, at + reach)
        if stop - start < 4 or low > high:
            return None
        share = (counts[stop, low : high + 1] - counts[start, low : high + 1]) / (stop - start)
        worth = share - NEARER * np.abs(np.arange(low, high + 1) - at)
        best = int(worth.argmax())
        if share[best] < STRAIGHT:
            return None
        outer = best + outwards  # a frame of one pixel has an edge on either side, and belongs to the box
        if 0 <= outer < len(share) and share[outer] >= STRAIGHT:
            best = outer
        return low + best


def _steps(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> NDArray[np.bool_]:
    if not one.size:  # of a picture one pixel wide or high, OpenCV has no differences
        return np.zeros(one.shape, np.bool_)
    return np.asarray(cv2.absdiff(one, other)) >= STEP
