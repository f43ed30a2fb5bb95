"""Names under pictures: where those of neighbouring icons stand so close that they are found as one line.

What tells them from a sentence is above them: a row of pictures, and each part of the line stands centred
under one of them. Where that does not hold for every part, the line is left whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from deskhand.actions.geometry import Box
from deskhand.perception.screen import Pixels

INK = 12
"""Least difference of grey between neighbouring pixels of a picture."""
NEAR, HIGH = 14, 96
"""Pixels between a picture and its name, and of a picture's height, at most."""
SMALLEST = 12
"""Pixels of a picture's sides at least; dots and lines are no pictures."""
APART = 10
"""Pixels of plain ground between two pictures at least."""
OFF_CENTRE = 0.12
"""How far a name's middle may lie from its picture's, as a share of the wider one; and a few pixels more."""
SLACK = 4.0


def cuts_between_captions(screen: Pixels, line: Box, ink: Sequence[int]) -> list[float]:
    """Where a line of text that stands under several pictures is to be parted, in pixels from its left edge.

    Args:
        screen: (height, width, 3).
        line: where the text stands.
        ink: the columns of its letters, in pixels from the left edge of ``line``, ascending.
    """
    if len(ink) < 2:
        return []
    pictures = _pictures_above(screen, line)
    if len(pictures) < 2:
        return []
    cuts = []
    for one, other in pairwise(pictures):
        between = [
            (b - a, (a + b) / 2)
            for a, b in pairwise(ink)
            if one - line.left < (a + b) / 2 < other - line.left
        ]
        if not between:
            return []
        cuts.append(max(between)[1])
    ends = [float(ink[0]) - 1, *cuts, float(ink[-1]) + 1]
    parts = zip(pairwise(ends), pictures, strict=True)
    return cuts if all(_centred(ink, line.left, part, picture) for part, picture in parts) else []


def _centred(ink: Sequence[int], start: int, part: tuple[float, float], picture: float) -> bool:
    """Whether the letters between two places stand centred under a picture's middle."""
    letters = [x for x in ink if part[0] < x < part[1]]
    if not letters:
        return False
    middle = start + (letters[0] + letters[-1] + 1) / 2
    return abs(middle - picture) <= SLACK + OFF_CENTRE * (letters[-1] - letters[0])


def _pictures_above(screen: Pixels, line: Box) -> list[float]:
    """The middles of the pictures right above a line, from left to right."""
    room = Box(line.left - SMALLEST, max(0, line.top - NEAR - HIGH), line.right + SMALLEST, line.top)
    room = room.intersection(Box(0, 0, screen.shape[1], screen.shape[0]))
    if room.height < SMALLEST or room.width < SMALLEST:
        return []
    inked = _inked(screen[room.top : room.bottom, room.left : room.right])
    rows = np.flatnonzero(inked.any(axis=1))
    if not rows.size or room.height - rows[-1] > NEAR:
        return []
    # The band of pictures ends upwards at the first plain gap: what is higher are other names.
    breaks = np.flatnonzero(np.diff(rows) > 3)
    first = int(rows[breaks[-1] + 1]) if breaks.size else int(rows[0])
    if rows[-1] - first < SMALLEST:
        return []
    columns = np.flatnonzero(inked[first : rows[-1] + 1].any(axis=0))
    parts = np.split(columns, np.flatnonzero(np.diff(columns) > APART) + 1)
    if any(part[-1] - part[0] < SMALLEST for part in parts):
        return []
    return [room.left + (int(part[0]) + int(part[-1]) + 1) / 2 for part in parts]


def _inked(part: Pixels) -> NDArray[np.bool_]:
    """(H, W): where a pixel differs from its left or upper neighbour."""
    grey = np.asarray(cv2.cvtColor(np.ascontiguousarray(part), cv2.COLOR_RGB2GRAY), np.int16)
    inked = np.zeros(grey.shape, np.bool_)
    inked[:, 1:] |= np.abs(np.diff(grey, axis=1)) > INK
    inked[1:] |= np.abs(np.diff(grey, axis=0)) > INK
    return inked
