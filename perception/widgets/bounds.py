"""What is to be seen of something: the part of a box that differs from the colour around it.

A framed button is its frame, a flat one its picture, a line of text its ink. Truth is trimmed to that
(``benchmarks.screens.extent``), and so is what the detector finds (``tightened``).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from deskhand.actions.geometry import Box
from deskhand.perception.regions import grown
from deskhand.perception.screen import Pixels
from deskhand.perception.widgets.edges import Edges

Colours = NDArray[np.int16]
Mask = NDArray[np.bool_]

SAME = 3
"""Largest difference of a channel between two pixels of one colour."""

INK = 10
"""Least difference of a channel of what is to be seen against what is around it."""

HALF = 0.5
"""Share of one colour that the edge of what is known to be no more than its ink must have."""

MOST_BORDER = 3
"""Pixels of a border, of a menu or a list, that may belong to the room of what is in it."""

PLAIN = 0.8
"""Share of a box's edge that has one colour, if it has one."""

FRAMED = 3
"""A box with lines on so many sides is a frame."""

MISSED = (3, 1, 0)
"""Pixels by which a found box may cut what it means, the most first."""

LEAST_SIDE = 3


def tightened(pixels: Pixels, edges: Edges, box: Box) -> Box:
    """What a found box means: the frame near it, else the ink in it and just around it.

    Args:
        pixels: the screen, (height, width, 3).
        edges: those of the same pixels.
    """
    height, width = pixels.shape[:2]
    screen = Box(0, 0, width, height)
    frame, lines = edges.snapped(box)
    if lines >= FRAMED:
        return frame
    for missed in MISSED:
        wider = grown(box, missed).intersection(screen)
        if wider.width < LEAST_SIDE or wider.height < LEAST_SIDE:
            continue
        if mode_of(edge_of(pixels, wider))[1] >= PLAIN and not faced(pixels, wider):
            seen = visible(pixels, wider)
            # What leaves little of the box lay in it by chance.
            return seen if 3 * seen.width >= box.width and 3 * seen.height >= box.height else box
    return frame


def visible(pixels: Pixels, box: Box, *, ground: bool = True) -> Box:
    """The part of ``box`` that is to be seen; of no area where that is nothing.

    A box whose edge has several colours, or another one than its surroundings (a frame, a face of its
    own), is all to be seen.

    Args:
        pixels: the screen, (height, width, 3).
        ground: whether a face of its own is to be seen too.
    """
    if not ground:
        box = _peeled(pixels, box)
    colour, share = mode_of(edge_of(pixels, box))
    if share < (PLAIN if ground else HALF):
        return box
    if ground and faced(pixels, box):
        return box
    ink = ink_in(pixels, box, colour)
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    if not len(rows):
        return Box(box.left, box.top, box.left, box.top)
    return Box(
        box.left + int(columns[0]),
        box.top + int(rows[0]),
        box.left + int(columns[-1]) + 1,
        box.top + int(rows[-1]) + 1,
    )


def around(pixels: Pixels, box: Box) -> Box:
    """A box that is a pixel larger on each side, as far as the screen goes."""
    height, width, _ = pixels.shape
    return Box(
        max(0, box.left - 1), max(0, box.top - 1), min(width, box.right + 1), min(height, box.bottom + 1)
    )


def faced(pixels: Pixels, box: Box) -> bool:
    """Whether a box has a frame or a face of its own: another colour at its edge than around it."""
    inside, outside = mode_of(edge_of(pixels, box))[0], mode_of(edge_of(pixels, around(pixels, box)))[0]
    return bool(np.abs(inside - outside).max() > SAME)


def _peeled(pixels: Pixels, box: Box) -> Box:
    """A box without the lines along its edges that have one colour, and another than most of the edge."""
    for _ in range(MOST_BORDER):
        if box.width < 4 * MOST_BORDER or box.height < 2 * MOST_BORDER:
            break
        colour, _share = mode_of(edge_of(pixels, box))
        cut = pixels[box.top : box.bottom, box.left : box.right].astype(np.int16)
        left, top, right, bottom = (
            int(np.ptp(line, axis=0).max() <= SAME and np.abs(line[0] - colour).max() > SAME)
            for line in (cut[:, 0], cut[0], cut[:, -1], cut[-1])
        )
        if not (left or top or right or bottom):
            break
        box = Box(box.left + left, box.top + top, box.right - right, box.bottom - bottom)
    return box


def ink_in(pixels: Pixels, box: Box, colour: Colours) -> Mask:
    """Which pixels of a box have another colour, (height, width)."""
    cut = pixels[box.top : box.bottom, box.left : box.right].astype(np.int16)
    return np.asarray(np.abs(cut - colour).max(2) > INK)


def edge_of(pixels: Pixels, box: Box) -> Colours:
    """The pixels along the inside of a box's edge, (n, 3)."""
    cut = pixels[box.top : box.bottom, box.left : box.right]
    parts = (cut[0], cut[-1], cut[:, 0], cut[:, -1])
    return np.concatenate(parts).astype(np.int16)


def mode_of(colours: Colours) -> tuple[Colours, float]:
    """The colour that most pixels have, and the share of those that have nearly this one."""
    packed = (colours[:, 0].astype(np.int32) << 16) | (colours[:, 1].astype(np.int32) << 8) | colours[:, 2]
    kinds, counts = np.unique(packed, return_counts=True)
    most = int(kinds[counts.argmax()])
    colour = np.array([most >> 16, most >> 8 & 255, most & 255], np.int16)
    return colour, float((np.abs(colours - colour).max(1) <= SAME).mean())
