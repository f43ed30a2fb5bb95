"""From boxes as programs tell them to boxes of what is to be seen.

A program tells the room that it gave to a widget. A check box's room is the whole line, a flat
button's has air around the picture, and an entry of a list may be empty. What a person sees is what
differs from the colour around it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from deskhand.perception.screen import Box, Element, Pixels

SAME = 12
"""Largest difference of a channel between two pixels of one colour."""

INK = 28
"""Least difference of a channel of what is to be seen against what is around it."""

PLAIN = 0.8
"""Share of a box's edge that has one colour, if it has one."""

LEAST_SIDE = 3

_WHOLE = frozenset({"field", "area", "window", "titlebar"})
"""Roles whose room is what is seen, empty or not."""

_INK_ONLY = frozenset({"text", "row", "menuitem", "link", "tab"})
"""Roles that are their text and picture, on whatever they lie, unless they are selected."""


def visible(pixels: Pixels, box: Box, *, ground: bool = True) -> Box:
    """The part of ``box`` that is to be seen; of no area where that is nothing.

    A box whose edge has several colours, or another one than its surroundings (a frame, a face of its
    own), is all to be seen.

    Args:
        pixels: the screen, (height, width, 3).
        ground: whether a face of its own is to be seen too.
    """
    height, width, _ = pixels.shape
    inside = _edge(pixels, box)
    colour, share = _mode(inside)
    if share < PLAIN:
        return box
    if ground:
        around = Box(box.left - 1, box.top - 1, box.right + 1, box.bottom + 1)
        around = around.intersection(Box(0, 0, width, height))
        if np.abs(_mode(_edge(pixels, around))[0] - colour).max() > SAME:
            return box
    ink = np.abs(pixels[box.top : box.bottom, box.left : box.right].astype(np.int16) - colour).max(2) > INK
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    if not len(rows):
        return Box(box.left, box.top, box.left, box.top)
    return Box(
        box.left + int(columns[0]),
        box.top + int(rows[0]),
        box.left + int(columns[-1]) + 1,
        box.top + int(rows[-1]) + 1,
    )


def seen(pixels: Pixels, elements: Iterable[Element]) -> Iterator[Element]:
    """The elements with the boxes that are to be seen; those of which nothing is are left out."""
    height, width, _ = pixels.shape
    for element in elements:
        box = element.box.intersection(Box(0, 0, width, height))
        if box.area and element.role not in _WHOLE:
            ground = element.role not in _INK_ONLY or "selected" in element.state
            box = visible(pixels, box, ground=ground)
        if box.width >= LEAST_SIDE and box.height >= LEAST_SIDE:
            yield replace(element, box=box)


def _edge(pixels: Pixels, box: Box) -> np.ndarray[tuple[int, int], np.dtype[np.int16]]:
    """The pixels along the inside of a box's edge, (n, 3)."""
    cut = pixels[box.top : box.bottom, box.left : box.right]
    parts = (cut[0], cut[-1], cut[:, 0], cut[:, -1])
    return np.concatenate(parts).astype(np.int16)


def _mode(
    colours: np.ndarray[tuple[int, int], np.dtype[np.int16]],
) -> tuple[np.ndarray[tuple[int], np.dtype[np.int16]], float]:
    """The colour that most pixels have, and the share of those that have nearly this one."""
    kinds, counts = np.unique(colours, axis=0, return_counts=True)
    colour = kinds[counts.argmax()]
    return colour, float((np.abs(colours - colour).max(1) <= SAME).mean())
