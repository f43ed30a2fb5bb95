"""Where the embedded reasoner can point: the elements of a screen, and the screen itself in squares.

An element is a place, in the order in which it is read. What is no element (a drawing, a canvas, an icon
that was not found) still lies in one of the squares that the whole screen is cut into. A point inside a
place is one of its cells.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from deskhand.actions.geometry import Box, ScreenPoint, Viewport
from deskhand.perception.screen import Element
from deskhand.perception.watch.difference import Change

MOST_ELEMENTS = 100
"""A screen may have more; those that the task names and those that can be acted on are kept."""
COLUMNS, ROWS = 6, 4
"""The squares of the whole screen."""
CELLS = 8
"""A place is cut into so many columns and rows of cells; cell 0 is its middle."""
NEAR_SHARE, NEAR_PIXELS = 0.15, 4
"""A point is the middle of a place if it is no farther from it than this share of its side, or so many
pixels."""

SQUARE = "square"
"""The role of a place that is a square of the screen."""


@dataclass(frozen=True, slots=True)
class ScreenPlace:
    """Something to point at.

    Attributes:
        role: an element's, or ``SQUARE``.
        text: what stands on it, or beside it.
        box: in pixels of the screen.
        state: what is known of its state.
        changed: whether something in it changed since the last look.
        actionable: whether something can be done with it.
    """

    role: str
    text: str
    box: Box
    state: frozenset[str] = frozenset()
    changed: bool = False
    actionable: bool = False

    def point(self, cell: int) -> ScreenPoint:
        """The middle of the place (0) or of one of its cells, numbered from 1 in rows."""
        if cell == 0:
            return self.box.centre
        row, column = divmod(cell - 1, CELLS)
        return ScreenPoint(
            int(self.box.left + (column + 0.5) * self.box.width / CELLS),
            int(self.box.top + (row + 0.5) * self.box.height / CELLS),
        )

    def cell(self, point: ScreenPoint) -> int:
        """The number of the cell that a point of this place lies in; 0 where it is as good as the middle."""
        centre = self.box.centre
        across, down = abs(point.x - centre.x), abs(point.y - centre.y)
        if across <= max(NEAR_PIXELS, NEAR_SHARE * self.box.width) and down <= max(
            NEAR_PIXELS, NEAR_SHARE * self.box.height
        ):
            return 0
        column = (point.x - self.box.left) * CELLS // max(1, self.box.width)
        row = (point.y - self.box.top) * CELLS // max(1, self.box.height)
        return 1 + min(CELLS - 1, max(0, row)) * CELLS + min(CELLS - 1, max(0, column))


def places_of(
    elements: Sequence[Element], viewport: Viewport, instruction: str = "", change: Change | None = None
) -> tuple[ScreenPlace, ...]:
    """The places of one look: at most ``MOST_ELEMENTS`` elements, then the squares of the screen."""
    boxes = change.boxes if change is not None else ()
    chosen = [
        ScreenPlace(
            element.role,
            " ".join(element.name.split()),
            element.box,
            element.state,
            any(element.box.overlap(box) for box in boxes),
            element.actionable,
        )
        for element in _chosen(elements, instruction)
    ]
    squares = [
        ScreenPlace(SQUARE, "", box, changed=any(box.overlap(other) for other in boxes))
        for box in squares_of(viewport)
    ]
    return (*chosen, *squares)


def squares_of(viewport: Viewport) -> list[Box]:
    """The squares of a screen, in rows."""
    across = [viewport.width * n // COLUMNS for n in range(COLUMNS + 1)]
    down = [viewport.height * n // ROWS for n in range(ROWS + 1)]
    return [
        Box(across[column], down[row], across[column + 1], down[row + 1])
        for row in range(ROWS)
        for column in range(COLUMNS)
    ]


def place_at(places: Sequence[ScreenPlace], point: ScreenPoint) -> int | None:
    """The number of the smallest place that a point lies in; None off the screen."""
    under = [n for n, place in enumerate(places) if place.box.contains(point)]
    elements = [n for n in under if places[n].role != SQUARE]
    return min(elements or under, key=lambda n: places[n].box.area, default=None)


def _chosen(elements: Sequence[Element], instruction: str) -> list[Element]:
    """All, or where there are too many those that matter most, in their order."""
    if len(elements) <= MOST_ELEMENTS:
        return list(elements)
    wanted = set(_words(instruction))
    worth = [
        (bool(wanted & set(_words(element.name))), element.actionable, -n)
        for n, element in enumerate(elements)
    ]
    best = sorted(range(len(elements)), key=lambda n: worth[n], reverse=True)[:MOST_ELEMENTS]
    return [elements[n] for n in sorted(best)]


def _words(text: str) -> list[str]:
    return [
        word for word in "".join(c if c.isalnum() else " " for c in text.lower()).split() if len(word) > 1
    ]
