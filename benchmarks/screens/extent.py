"""From boxes as programs tell them to boxes of what is to be seen.

A program tells the room that it gave to a widget. A check box's room is the whole line, a flat
button's has air around the picture, and an entry of a list may be empty. What a person sees is what
differs from the colour around it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from numpy.typing import NDArray

from deskhand.perception.screen import Box, Element, Pixels

Colours = NDArray[np.int16]
Mask = NDArray[np.bool_]

SAME = 3
"""Largest difference of a channel between two pixels of one colour."""

INK = 10
"""Least difference of a channel of what is to be seen against what is around it."""

LEAST_PITCH = 0.38
"""A line of text is at least this many times its height wide for each of its letters; a picture is not."""

PLAIN = 0.8
"""Share of a box's edge that has one colour, if it has one."""

LEAST_SIDE = 3
FRAME = 4
"""Pixels that a frame around a button may take."""

LEAST_LETTER = 5
"""Pixels that a line of text is high."""

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
    ink = _ink(pixels, box, colour)
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
        told, marked = box, element.role in ("row", "menuitem") and "selected" in element.state
        if box.area and element.role not in _WHOLE and not marked:
            box = visible(pixels, box, ground=element.role not in _INK_ONLY)
        if box.width < LEAST_SIDE or box.height < LEAST_SIDE:
            continue
        if element.role == "button" and not painted(
            pixels, box, element.text, face=box == told
        ):
            element = replace(element, role="icon", text="", label=element.label or element.text)
        yield replace(element, box=box)


def painted(pixels: Pixels, box: Box, text: str, *, face: bool) -> bool:
    """Whether a text may stand in a box: whether a line of what is seen there is long enough for it.

    Args:
        face: the box has a frame or a face of its own; else it is just around what is seen.
    """
    if len(text) < 2 or min(box.width, box.height) <= 4 * FRAME:
        return bool(text)
    if face:
        box = Box(box.left + FRAME, box.top + FRAME, box.right - FRAME, box.bottom - FRAME)
        colours = pixels[box.top : box.bottom, box.left : box.right].reshape(-1, 3)
    else:
        around = Box(box.left - 1, box.top - 1, box.right + 1, box.bottom + 1)
        colours = _edge(pixels, around.intersection(Box(0, 0, pixels.shape[1], pixels.shape[0])))
    ink = _ink(pixels, box, _mode(colours.astype(np.int16))[0])
    letters = sum(2.0 if ord(letter) > 0x2E80 else 1.0 for letter in text)
    lines = [(width, height) for width, height in _lines(ink) if height >= LEAST_LETTER]
    return any(width >= LEAST_PITCH * letters * height for width, height in lines)


def _lines(ink: Mask) -> Iterator[tuple[int, int]]:
    """Width and height of each run of rows with ink."""
    rows = np.flatnonzero(np.diff(np.concatenate(([0], ink.any(1).astype(np.int8), [0]))))
    for top, bottom in zip(rows[::2], rows[1::2], strict=True):
        columns = np.flatnonzero(ink[top:bottom].any(0))
        yield int(columns[-1] - columns[0] + 1), int(bottom - top)


def _ink(pixels: Pixels, box: Box, colour: Colours) -> Mask:
    """Which pixels of a box have another colour, (height, width)."""
    cut = pixels[box.top : box.bottom, box.left : box.right].astype(np.int16)
    return np.asarray(np.abs(cut - colour).max(2) > INK)


def _edge(pixels: Pixels, box: Box) -> Colours:
    """The pixels along the inside of a box's edge, (n, 3)."""
    cut = pixels[box.top : box.bottom, box.left : box.right]
    parts = (cut[0], cut[-1], cut[:, 0], cut[:, -1])
    return np.concatenate(parts).astype(np.int16)


def _mode(colours: Colours) -> tuple[Colours, float]:
    """The colour that most pixels have, and the share of those that have nearly this one."""
    kinds, counts = np.unique(colours, axis=0, return_counts=True)
    colour = kinds[counts.argmax()]
    return colour, float((np.abs(colours - colour).max(1) <= SAME).mean())
