"""Reading again where a widget tells more than the text did: the mark of a check box was read as a letter,
a button was thought to have no text.

Finding lines of text knows nothing of widgets. Once these are found, a line that runs over a mark is read
without it, and a button on which no text was found is read as a whole. What was read before is known by
the pixels of its crop, so an unchanged widget costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import cv2
import numpy as np

from deskhand.perception.regions import common_areas, grown
from deskhand.perception.screen import Box, Element, Screenshot
from deskhand.perception.text import INK, TextLine, TextReader

MARKED = frozenset({"checkbox", "radio", "icon"})
SHOWING_TEXT = frozenset({"button", "tab", "menuitem", "link", "combo"})
"""Roles that are read again if nothing was found on them. A field may well be empty."""

SQUARE = 1.6
"""A mark is at most this much wider than high."""

OVER = 0.4
"""Share of a mark's width that a line of text covers when it took the mark for a letter."""

GAP = 3
"""Columns without ink between a mark and its text, at least."""

FRAME = 3
"""Pixels of a button's edge that are no text."""

LEAST_WIDTH, LEAST_HEIGHT = 6, 8
MOST_READ = 60
"""So many widgets are read again at one look, at most."""


def read_again(
    lines: Sequence[TextLine], widgets: Sequence[Element], screenshot: Screenshot, reader: TextReader
) -> tuple[TextLine, ...]:
    """The lines, better ones in the place of those that ran over marks, and those that were missed."""
    result = list(lines)
    for mark in _marks(widgets, screenshot):
        for line in [line for line in result if _runs_over(line.element.box, mark)]:
            better = reader.lines_in(screenshot, list(_beside(line.element.box, mark)))
            at = result.index(line)
            result[at : at + 1] = better
    missed = [grown(widget.box, -FRAME) for widget in _without_text(result, widgets)]
    boxes = [box for box in missed if box.width >= LEAST_WIDTH and box.height >= LEAST_HEIGHT]
    return (*result, *reader.lines_in(screenshot, boxes[:MOST_READ]))


def _marks(widgets: Sequence[Element], screenshot: Screenshot) -> Iterator[Box]:
    """Where the marks of check boxes, radio buttons and icons are."""
    for widget in widgets:
        if widget.role in MARKED:
            wide = widget.box.width > SQUARE * widget.box.height
            mark = _first_ink(screenshot, widget.box) if wide else widget.box
            if mark is not None and mark.area:
                yield mark


def _first_ink(screenshot: Screenshot, box: Box) -> Box | None:
    """What stands first in a box, up to the first gap; None if it is no mark."""
    crop = screenshot.crop(box)
    if not crop.size:
        return None
    grey = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY).astype(np.int16)
    ink = np.abs(grey - int(np.median(grey))) > INK
    columns = np.flatnonzero(ink.any(axis=0))
    if not columns.size:
        return None
    gaps = np.flatnonzero(np.diff(columns) > GAP)
    first, last = int(columns[0]), int(columns[gaps[0]] if gaps.size else columns[-1])
    if not gaps.size or last - first + 1 > SQUARE * box.height or last - first < GAP:
        return None
    return replace(box, left=box.left + first, right=box.left + last + 1)


def _runs_over(line: Box, mark: Box) -> bool:
    common = line.intersection(mark)
    level = mark.top <= line.centre.y < mark.bottom or line.top <= mark.centre.y < line.bottom
    return level and common.area > 0 and common.width >= OVER * mark.width and line.width > 1.2 * mark.width


def _beside(line: Box, mark: Box) -> Iterator[Box]:
    """What is left of a line on both sides of a mark."""
    for part in (replace(line, right=mark.left - 1), replace(line, left=mark.right + 1)):
        if part.width >= LEAST_WIDTH:
            yield part


def _without_text(lines: Sequence[TextLine], widgets: Sequence[Element]) -> list[Element]:
    """Widgets that should show a text and on which none was found."""
    silent = [widget for widget in widgets if widget.role in SHOWING_TEXT]
    boxes = [line.element.box for line in lines]
    common = common_areas([widget.box for widget in silent], boxes)
    sizes = np.array([box.area for box in boxes], dtype=np.int64)
    # A line that only touches a widget with its room above or below is another's.
    return [widget for widget, on in zip(silent, common, strict=True) if not (on > 0.2 * sizes).any()]
