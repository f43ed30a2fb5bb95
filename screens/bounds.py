"""From boxes as programs report them to boxes of what is to be seen.

A program reports the room that it gave to a widget. A check box's room is the whole line, a flat
button's has air around the picture, and an entry of a list may be empty. What a person sees is what
differs from the colour around it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import cv2
import numpy as np

from deskhand.actions.geometry import Box
from deskhand.perception.screen import Element, Pixels
from deskhand.perception.widgets.bounds import (
    INK,
    LEAST_SIDE,
    Mask,
    around,
    edge_of,
    faced,
    ink_in,
    mode_of,
    visible,
)

LEAST_LETTERS = 0.5
"""Pieces of the size of a letter for each letter: some letters touch."""

LONGEST_PICTURE = 2.6
"""A picture is never longer than so many times its height."""

HIGH = 1.5
"""A line of text is at most so many times as high as the others; a picture often is higher."""

MOST_LINE = 60
GAP, MOST_CUT = 4, 60
"""Pixels between two letters, and of a text that may stand outside its reported box."""

LEAST_PITCH = 0.45
"""A line of text is at least this many times its height wide for each of its letters; a picture is not."""

MARGIN, LEAST_BOX = 9, 9
"""Pixels that the mark of a check box stands from its edge at most, and that it is high at least."""

TOO_LARGE = 22
"""Pixels that both sides of the mark of a check box without a text never have."""

FRAME = 4
"""Pixels that a frame around a button may take."""

LEAST_LETTER, LEAST_LOW_LETTER = 7, 5
"""Pixels that a line of text is high; one that has none but low letters."""

_LOW = frozenset("acegmnopqrsuvwxyz")

_WHOLE = frozenset({"field", "area", "window", "titlebar"})
"""Roles whose room is what is seen, empty or not."""

_INK_ONLY = frozenset({"text", "row", "menuitem", "link", "tab"})
"""Roles that are their text and picture, on whatever they lie, unless they are selected."""


def _line_height(pixels: Pixels, elements: Iterable[Element]) -> float:
    """How high lines of text are on a screen, from those that are surely nothing else; 1000 if none is."""
    heights = [
        visible(pixels, element.box, ground=False).height
        for element in elements
        if element.role in ("text", "menuitem", "tab") and element.text and "\n" not in element.text
        if element.box.height < MOST_LINE
    ]
    return float(np.median(heights)) if heights else 1000.0


def _marked(element: Element) -> bool:
    """Whether an entry has another ground than the entries beside it; Qt calls that focused in a menu."""
    if element.role == "menuitem":
        return bool({"selected", "focused"} & element.state)
    return element.role == "row" and "selected" in element.state


def _grown(pixels: Pixels, box: Box) -> Box:
    """A box whose ink goes on beyond its left edge, with that.

    GTK reports the first cell of a tree's row without the part that stands where the next level would.
    """
    left, rows, gap = box.left, slice(box.top, box.bottom), max(GAP, box.height // 4)
    colour = mode_of(edge_of(pixels, around(pixels, box)))[0]
    while left > max(gap, box.left - MOST_CUT):
        beside = np.abs(pixels[rows, left - gap : left].astype(np.int16) - colour).max(2) > INK
        columns = np.flatnonzero(beside.any(0))
        if not len(columns) or beside.all(0).any():  # nothing there, or the line between two cells
            break
        left += int(columns[0]) - gap
    return Box(left, box.top, box.right, box.bottom)


def _is_pressed(pixels: Pixels, box: Box) -> bool:
    """Whether a check box is painted as a button that stays pressed: a face, and no mark at its left."""
    if not faced(pixels, box) or min(box.width, box.height) <= 4 * FRAME:
        return False
    inner = Box(box.left + 1, box.top + 1, box.right - 1, box.bottom - 1)
    face = mode_of(
        pixels[inner.top : inner.bottom, inner.left : inner.right].reshape(-1, 3).astype(np.int16)
    )[0]
    ink = ink_in(
        pixels, Box(inner.left, inner.top + 2, inner.left + box.height + MARGIN, inner.bottom - 2), face
    )
    _, _, facts, _ = cv2.connectedComponentsWithStats(ink.astype(np.uint8), connectivity=8)
    marks = (
        left <= MARGIN and abs(width - height) <= 3 and height >= LEAST_BOX
        for left, _, width, height, _ in facts[1:]
    )
    return not any(marks)


def seen(pixels: Pixels, elements: Iterable[Element]) -> Iterator[Element]:
    """The elements with the boxes that are to be seen; those of which nothing is are left out."""
    height, width, _ = pixels.shape
    elements = list(elements)
    highest = HIGH * _line_height(pixels, elements)
    for element in elements:
        box = element.box.intersection(Box(0, 0, width, height))
        reported, marked = box, bool(box.area) and _marked(element) and faced(pixels, box)
        if box.area and element.role not in _WHOLE and not marked:
            box = visible(pixels, box, ground=element.role not in _INK_ONLY)
        if box.width < LEAST_SIDE or box.height < LEAST_SIDE:
            continue
        if element.role == "row" and box.left == reported.left and box != reported:
            box = _grown(pixels, box)
        if element.role in ("checkbox", "radio") and element.text and _is_pressed(pixels, reported):
            element = replace(element, role="button")  # one that stays pressed, with no mark beside its text
        bare = element.role == "checkbox" and not element.text
        if bare and min(box.width, box.height) >= TOO_LARGE and faced(pixels, reported):
            element = replace(element, role="icon")
        if element.role == "button" and not painted(
            pixels, box, element.text, face=box == reported, highest=highest
        ):
            element = replace(element, role="icon", text="", label=element.label or element.text)
        yield replace(element, box=box)


def painted(pixels: Pixels, box: Box, text: str, *, face: bool, highest: float = 1e9) -> bool:
    """Whether a text may stand in a box: whether a line of what is seen there is long enough for it.

    Args:
        highest: pixels that a line of text may be high on this screen.
        face: the box has a frame or a face of its own; else it is just around what is seen.
    """
    if len(text) < 2:
        return bool(text)
    if face and min(box.width, box.height) > 4 * FRAME:
        box = Box(box.left + FRAME, box.top + FRAME, box.right - FRAME, box.bottom - FRAME)
    if face:  # it may be shaded from top to bottom; most of each of its rows has no text
        cut = pixels[box.top : box.bottom, box.left : box.right]
        ink = ink_in(pixels, box, np.median(cut, axis=1, keepdims=True).astype(np.int16))
    else:
        ink = ink_in(pixels, box, mode_of(edge_of(pixels, around(pixels, box)))[0])
    letters = sum(2.0 if ord(letter) > 0x2E80 else 1.0 for letter in text)
    least = LEAST_LOW_LETTER if set(text) <= _LOW else LEAST_LETTER
    length = min(LEAST_PITCH * letters, LONGEST_PICTURE)
    # A picture before the text makes the line higher than the text is.
    return any(
        line.shape[1] >= length * line.shape[0]
        and _letters(line) >= LEAST_LETTERS * len(text.replace(" ", ""))
        for part in (ink, _after_picture(ink))
        for line in _lines(part)
        if least <= line.shape[0] <= highest
    )


def _letters(line: Mask) -> int:
    """How many pieces of a line's ink have the size of letters; a picture has few of them."""
    count, _, facts, _ = cv2.connectedComponentsWithStats(line.astype(np.uint8), connectivity=8)
    heights, widths = facts[1:count, cv2.CC_STAT_HEIGHT], facts[1:count, cv2.CC_STAT_WIDTH]
    touching = np.maximum(1, np.round(widths / max(1.0, 0.8 * line.shape[0])))
    return int(touching[heights > 0.35 * line.shape[0]].sum())


def _after_picture(ink: Mask) -> Mask:
    """The ink without as much of its left as a picture of its height takes."""
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    if not len(rows):
        return ink
    return ink[:, int(columns[0]) + int(1.2 * (rows[-1] - rows[0] + 1)) :]


def _lines(ink: Mask) -> Iterator[Mask]:
    """The ink of each run of rows that has some, without the empty columns beside it."""
    rows = np.flatnonzero(np.diff(np.concatenate(([0], ink.any(1).astype(np.int8), [0]))))
    for top, bottom in zip(rows[::2], rows[1::2], strict=True):
        columns = np.flatnonzero(ink[top:bottom].any(0))
        yield ink[top:bottom, columns[0] : columns[-1] + 1]
