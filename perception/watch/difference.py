"""What changed between two screenshots: boxes, a count of pixels, and a sentence.

The same code serves settle (is the screen still moving?), observations (what did the action do?)
and loop detection. It compares pixels exactly; what a change means is not known here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import cv2
import numpy as np
from numpy.typing import NDArray

from deskhand.actions.geometry import Box
from deskhand.perception.screen import Pixels, Screenshot

CELL = 8
"""Side in pixels of the coarse grid on which neighbouring changes are joined; a uint64 wide."""

MOST_BOXES = 32
"""More regions than this say nothing to a reader: they are joined more coarsely until they fit."""

CARET_WIDTH = 4
CARET_HEIGHT = 48
"""The largest text caret, in pixels: 1 px wide at normal size, up to 4 in large fonts and at 2x."""


@dataclass(frozen=True, slots=True)
class Change:
    """What is different in the later of two screenshots.

    Attributes:
        boxes: the changed regions, top to bottom, in pixels of the later screenshot.
        pixels: how many pixels differ.
        share: the same as a fraction of the screen, 0 to 1.
    """

    boxes: tuple[Box, ...]
    pixels: int
    share: float

    def __bool__(self) -> bool:
        return self.pixels > 0

    @property
    def box(self) -> Box | None:
        """The smallest box around every change; None where nothing changed."""
        return reduce(Box.union, self.boxes) if self.boxes else None

    @property
    def whole(self) -> bool:
        """Whether it is better called another screen than a changed one."""
        if self.box is None:
            return False
        screen = self.pixels / self.share
        return self.share >= 0.5 and self.box.area >= 0.95 * screen

    @property
    def only_caret(self) -> bool:
        """Whether it is one region of the shape of a text caret: blinking, most likely."""
        return len(self.boxes) == 1 and is_caret(self.boxes[0])

    def describe(self) -> str:
        """The change as a sentence without a full stop; places are left and top of a region."""
        if self.box is None:
            return "nothing changed"
        if self.whole:
            return "the whole screen changed"
        if self.only_caret:
            return "nothing but a text caret changed"
        if len(self.boxes) == 1:
            return f"{_region(self.boxes[0])} changed"
        largest = max(self.boxes, key=lambda box: box.area)
        return f"{len(self.boxes)} regions changed, the largest {_region(largest)}"


NOTHING = Change((), 0, 0.0)


def is_caret(box: Box) -> bool:
    """Whether a changed region has the shape of a text caret."""
    return box.width <= CARET_WIDTH and box.height <= CARET_HEIGHT


def difference(before: Screenshot, after: Screenshot, *, ignore: Sequence[Box] = ()) -> Change:
    """Compare two screenshots exactly. Screens of different sizes differ wholly.

    Args:
        ignore: regions whose pixels count as equal.
    """
    if before.pixels is after.pixels:
        return NOTHING
    if before.pixels.shape != after.pixels.shape:
        view = after.viewport
        return Change((Box(0, 0, view.width, view.height),), view.width * view.height, 1.0)
    rows = _changed_rows(before.pixels, after.pixels)
    if rows is None:
        return NOTHING
    top, bottom = rows
    mask = _changed_pixels(before.pixels[top:bottom], after.pixels[top:bottom])
    for box in ignore:
        mask[max(0, box.top - top) : max(0, box.bottom - top), max(0, box.left) : max(0, box.right)] = 0
    pixels = cv2.countNonZero(mask)
    if not pixels:
        return NOTHING
    boxes = tuple(sorted((_down(box, top) for box in _regions(mask)), key=lambda box: (box.top, box.left)))
    return Change(boxes, pixels, pixels / (before.pixels.shape[0] * before.pixels.shape[1]))


def _changed_rows(before: Pixels, after: Pixels) -> tuple[int, int] | None:
    """First and one past the last row that differ. Cheap: no pixel is looked at twice."""
    height = before.shape[0]
    differs = np.not_equal(before, after).reshape(height, -1).any(axis=1)
    found = np.flatnonzero(differs)
    return (int(found[0]), int(found[-1]) + 1) if found.size else None


def _changed_pixels(before: Pixels, after: Pixels) -> NDArray[np.uint8]:
    """(H, W) uint8, not zero where any channel differs."""
    red, green, blue = cv2.split(cv2.absdiff(before, after))
    return np.asarray(cv2.bitwise_or(cv2.bitwise_or(red, green), blue), dtype=np.uint8)


def _regions(mask: NDArray[np.uint8]) -> list[Box]:
    """Exact boxes around the groups of changed pixels whose cells touch."""
    cells = _cells(mask)
    reach = 1
    while True:
        joined = cv2.dilate(cells, np.ones((reach, reach), np.uint8)) if reach > 1 else cells
        count, labels = cv2.connectedComponents(joined, connectivity=8)
        if count - 1 <= MOST_BOXES:
            break
        reach = reach * 2 + 1
    labels = np.where(cells > 0, labels, 0)
    return [_tight(mask, labels == label) for label in range(1, count)]


def _cells(mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(ceil(H/8), ceil(W/8)) uint8: 1 where a cell of 8x8 pixels has a changed one."""
    height, width = mask.shape
    padded = np.zeros((-(-height // CELL) * CELL, -(-width // CELL) * CELL), np.uint8)
    padded[:height, :width] = mask
    words = padded.view(np.uint64).reshape(padded.shape[0] // CELL, CELL, -1)
    return np.asarray(np.bitwise_or.reduce(words, axis=1) != 0, dtype=np.uint8)


def _tight(mask: NDArray[np.uint8], cells: NDArray[np.bool_]) -> Box:
    """The exact box of the changed pixels that lie in ``cells``."""
    rows, columns = np.flatnonzero(cells.any(axis=1)), np.flatnonzero(cells.any(axis=0))
    top, left = int(rows[0]), int(columns[0])
    inside = cells[top : rows[-1] + 1, left : columns[-1] + 1]
    part = mask[top * CELL : (rows[-1] + 1) * CELL, left * CELL : (columns[-1] + 1) * CELL]
    if not inside.all():
        grown = inside.repeat(CELL, axis=0).repeat(CELL, axis=1)[: part.shape[0], : part.shape[1]]
        part = np.where(grown, part, 0)
    x, y, width, height = cv2.boundingRect(np.ascontiguousarray(part, dtype=np.uint8))
    return Box(left * CELL + x, top * CELL + y, left * CELL + x + width, top * CELL + y + height)


def _down(box: Box, rows: int) -> Box:
    return Box(box.left, box.top + rows, box.right, box.bottom + rows)


def _region(box: Box) -> str:
    article = "an" if str(box.width)[0] == "8" or box.width in (11, 18) else "a"
    return f"{article} {box.width}x{box.height} region at ({box.left}, {box.top})"
