"""Reads text again where the widgets show more than the first reading used.

Finding lines of text knows nothing of widgets. So the mark of a check box, the border of a button or the
arrow of a combo box is read as a letter, one line runs over two cells of a table, and a button that shows
a single digit is taken for a picture. Once widgets are found, such lines are read again, each part alone.
What was read before is known by the pixels of its crop, so what did not change costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise, takewhile

import cv2
import numpy as np

from deskhand.actions.geometry import Box
from deskhand.perception.elements.naming import BORDERED, HOLDING_TEXT, MOSTLY, NO_RIM, SURE, may_own
from deskhand.perception.regions import common_areas, grown
from deskhand.perception.screen import Element, Screenshot
from deskhand.perception.text.lines import INK, LIKE_FRAMES, TextLine, TextReader, is_wide

MARKED = frozenset({"checkbox", "radio", "icon"})
SHOWING_TEXT = frozenset({"button", "tab", "menuitem", "link", "combo"})
"""Roles that are read again if nothing was found on them. A field may well be empty."""

SQUARE = 1.6
"""A mark is at most this much wider than high."""

NARROW, SWITCH = 0.5, 2.3
"""A mark with its text beside it is at least so wide, and a switch at most, in heights of the box."""

GAP = 3
"""Columns without ink between a mark and its text, at least."""

FRAME = 3
"""Pixels of a border."""

SLACK = 4
"""Pixels by which a text may stand out of a box that was found around it."""

LEAST_WIDTH, LEAST_HEIGHT = 6, 8
LEAST_GAP = 10
"""Pixels between two widgets in which a text of its own may stand."""

WORD_GAP = 3
"""Columns without ink between two words, at least."""

LETTERED = 0.9
"""A line that was read so surely has no mark where it has a wide letter."""

MOST_READ = 120
"""So many crops are read again at one look, at most."""


def read_again(
    lines: Sequence[TextLine], widgets: Sequence[Element], screenshot: Screenshot, reader: TextReader
) -> tuple[TextLine, ...]:
    """The lines, better ones in the place of those that ran over marks and borders, and missed ones."""
    parts: list[tuple[TextLine, list[Box]]] = []
    marks = list(_marks(widgets, screenshot))
    holding = [widget for widget in widgets if widget.role in HOLDING_TEXT or widget.role == "area"]
    holding.sort(key=lambda widget: (widget.box.area, widget.box))
    common = common_areas([line.element.box for line in lines], [widget.box for widget in holding])
    for line, shared in zip(lines, common, strict=True):
        near = [holding[n] for n in np.flatnonzero(shared).tolist()]
        near = [one for one in near if not (_is_square(one) and _is_lettered(line, one.box))]
        beside = [mark for mark in marks if not _is_lettered(line, mark)]
        parts.append((line, _parts(line.element.box, beside, near, screenshot)))
    wanted = [box for line, boxes in parts if boxes != [line.element.box] for box in boxes]
    wanted = wanted[:MOST_READ]
    result = [line for line, boxes in parts if boxes == [line.element.box] or not set(boxes) <= set(wanted)]
    result += reader.lines_in(screenshot, wanted)
    missed = [_inside(widget, screenshot) for widget in _silent(result, widgets)]
    boxes = [box for box in missed if box.width >= LEAST_WIDTH and box.height >= LEAST_HEIGHT]
    return (*result, *reader.lines_in(screenshot, boxes[: MOST_READ - len(wanted)]))


def _parts(line: Box, marks: Sequence[Box], near: Sequence[Element], screenshot: Screenshot) -> list[Box]:
    """The parts of a line that are read alone; the line itself where it may stay as it is."""
    spans = [(line.left, line.right)]
    for mark in marks:
        if _runs_over(line, mark):
            spans = [part for span in spans for part in _without(span, (mark.left, mark.right), LEAST_WIDTH)]
    # What is larger than the smallest widget that holds the line lies behind that.
    level = list(takewhile(lambda widget: not _holds(widget, line, screenshot), may_own(line, near)))
    if level and not (len(level) == 1 and _may_stand_out(line, level[0])):
        blanks = _blanks(screenshot, line)
        spans = [part for span in spans for part in _by_widgets(span, level, blanks, screenshot)]
    return [replace(line, left=left, right=right) for left, right in spans]


def _is_lettered(line: TextLine, mark: Box) -> bool:
    """Whether what was taken for a mark is a wide letter of the line, each of which fills a square."""
    if line.element.confidence < LETTERED:
        return False
    letters = zip(line.element.text, line.places, strict=True)
    over = [letter for letter, place in letters if mark.left <= place <= mark.right]
    return any(is_wide(letter) and letter not in LIKE_FRAMES for letter in over)


Span = tuple[int, int]


def _holds(widget: Element, line: Box, screenshot: Screenshot) -> bool:
    """Whether a line lies inside a widget, so that no border of it crosses the line."""
    box = _inside(widget, screenshot) if widget.role in BORDERED else grown(widget.box, SLACK)
    return box.left <= line.left and line.right <= box.right


def _by_widgets(
    span: Span, widgets: Sequence[Element], blanks: Sequence[Span], screenshot: Screenshot
) -> list[Span]:
    """A span parted at the borders of widgets, the smallest first.

    Args:
        blanks: where nothing is written. A border that was found with little confidence parts no word.
    """
    parts: list[Span] = []
    rest = [span]
    for widget in widgets:
        box = _inside(widget, screenshot) if widget.role in BORDERED else grown(widget.box, 1)
        outer = widget.box
        left_over: list[Span] = []
        for left, right in rest:
            low, high = max(left, box.left), min(right, box.right)
            cuts = ([low] if low > left else []) + ([high] if high < right else [])
            doubtful = widget.confidence < SURE and not all(_is_blank(x, blanks) for x in cuts)
            if high - low < LEAST_WIDTH or doubtful:
                left_over.append((left, right))
            elif widget.role not in BORDERED and _nearly_in((left, right), outer):
                parts.append((left, right))
            else:
                parts.append((low, high))
                left_over += _without((left, right), (outer.left, outer.right), LEAST_GAP)
        rest = left_over
    return sorted(parts + rest)


def _blanks(screenshot: Screenshot, line: Box) -> list[Span]:
    """Where between the words of a line nothing is written, in pixels of the screen."""
    columns = [-WORD_GAP, *_ink(screenshot, line).tolist(), line.width + WORD_GAP]
    return [(line.left + a + 1, line.left + b) for a, b in pairwise(columns) if b - a > WORD_GAP]


def _is_blank(x: int, blanks: Sequence[Span]) -> bool:
    return any(left - SLACK <= x < right + SLACK for left, right in blanks)


def _nearly_in(span: Span, box: Box) -> bool:
    return span[0] >= box.left - SLACK and span[1] <= box.right + SLACK


def _without(span: Span, hole: Span, least: int) -> list[Span]:
    """What is left of a span on both sides of a hole, where it is wide enough."""
    if hole[1] <= span[0] or hole[0] >= span[1]:
        return [span]
    sides = [(span[0], min(span[1], hole[0] - 1)), (max(span[0], hole[1] + 1), span[1])]
    return [side for side in sides if side[1] - side[0] >= least]


def _may_stand_out(line: Box, widget: Element) -> bool:
    """Whether a line is all its widget's although the box that was found is too small for it."""
    out = max(widget.box.left - line.left, line.right - widget.box.right)
    mostly = (
        line.intersection(replace(widget.box, top=line.top, bottom=line.bottom)).width >= MOSTLY * line.width
    )
    return widget.role in NO_RIM and mostly and (widget.role not in BORDERED or out > 2 * SLACK)


def _inside(widget: Element, screenshot: Screenshot) -> Box:
    """A widget without its border, a combo box without its arrow."""
    box = grown(widget.box, -FRAME)
    if widget.role != "combo" or box.width <= 2 * box.height:
        return box
    end = replace(box, left=box.right - round(SQUARE * box.height))
    columns = _ink(screenshot, end)
    gaps = np.flatnonzero(np.diff(columns) > GAP)
    if not columns.size or columns[-1] < end.width - 1.2 * box.height:
        return box
    first = int(columns[gaps[-1] + 1]) if gaps.size else int(columns[0])
    # Without a gap this is a text that fills the box to its end.
    return replace(box, right=end.left + first - 1) if first > GAP else box


def _marks(widgets: Sequence[Element], screenshot: Screenshot) -> Iterator[Box]:
    """Where the marks of check boxes, radio buttons and icons are."""
    for widget in widgets:
        if widget.role in MARKED and (widget.role != "icon" or widget.confidence >= SURE):
            mark = widget.box if _is_square(widget) else _first_ink(screenshot, widget.box)
            if mark is not None and mark.area:
                yield mark


def _is_square(widget: Element) -> bool:
    """Whether it is a mark alone, without a text beside it."""
    return widget.role in MARKED and widget.box.width <= SQUARE * widget.box.height


def _first_ink(screenshot: Screenshot, box: Box) -> Box | None:
    """What stands first in a box, up to the first gap; None if it is no mark."""
    columns = _ink(screenshot, box)
    gaps = np.flatnonzero(np.diff(columns) > GAP)
    if not gaps.size:
        return None
    first, last = int(columns[0]), int(columns[gaps[0]])
    if not NARROW * box.height <= last - first + 1 <= SWITCH * box.height:
        return None
    return replace(box, left=box.left + first, right=box.left + last + 1)


def _ink(screenshot: Screenshot, box: Box) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    """The columns of a box, from its left, in which something is drawn on the plain ground."""
    crop = screenshot.crop(box)
    if not crop.size:
        return np.array([], dtype=np.intp)
    grey = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY).astype(np.int16)
    ground = int(np.median(np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])))
    return np.flatnonzero((np.abs(grey - ground) > INK).any(axis=0))


def _runs_over(line: Box, mark: Box) -> bool:
    common = line.intersection(mark)
    level = mark.top <= line.centre.y < mark.bottom or line.top <= mark.centre.y < line.bottom
    return level and common.area > 0 and line.width > 1.2 * mark.width


def _silent(lines: Sequence[TextLine], widgets: Sequence[Element]) -> list[Element]:
    """Widgets that should show a text and on which none was found."""
    showing = [widget for widget in widgets if widget.role in SHOWING_TEXT]
    boxes = [line.element.box for line in lines]
    common = common_areas([widget.box for widget in showing], boxes)
    sizes = np.array([box.area for box in boxes], dtype=np.int64)
    # A line that only touches a widget with its room above or below is another's.
    return [
        widget
        for widget, on in zip(showing, common, strict=True)
        if not (on > 0.2 * np.minimum(sizes, widget.box.area)).any()
    ]
