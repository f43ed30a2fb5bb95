"""The lines of menus and lists: what was read of one line in pieces is one entry, without its keys."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from deskhand.actions.geometry import Box
from deskhand.perception.regions import rows_of
from deskhand.perception.screen import Element, Screenshot
from deskhand.perception.text.similarity import letters

READ = ("menuitem", "checkbox", "radio", "button", "row", "tab", "link", "icon", "combo", "text")
"""Roles of which a line's pieces may be; the first that a piece has is the line's."""
GAP, WORD = 12, 3
"""Pixels between pieces of one line at most, and from how many on they are two words."""
OVERLAID = -6
"""Pixels that the next piece may begin before the end of the one before."""
FEWEST = 2
"""Signs of a piece at least that goes on a text: one alone is an arrow or a mark, read as a letter."""
ARROW, NARROWEST = 12, 3
"""Pixels that the arrow beside an entry is across, at most and at least."""
RIM, SHADES = 4, 60
"""Pixels of a menu's edge, and levels of a colour by which what is written differs from its ground."""
NEAR, INDENT = 24, 48
"""Pixels within which entries begin at one place, and that one may begin beside it, for its mark or box."""


def lines_of(elements: Iterable[Element]) -> list[list[Element]]:
    """What stands on each row of a screen or a menu, left to right; pieces of one text are one element."""
    pieces = [one for one in elements if one.role in READ and letters(one.text)]
    return [_joined([pieces[number] for number in row]) for row in rows_of([one.box for one in pieces])]


def _joined(row: Sequence[Element]) -> list[Element]:
    found: list[Element] = []
    for piece in row:
        gap = piece.box.left - found[-1].box.right if found else GAP + 1
        if not OVERLAID <= gap <= GAP or len(piece.text) < FEWEST:
            found.append(piece)
            continue
        one = found.pop()
        text = f"{one.text}{' ' if gap >= WORD else ''}{piece.text}"
        role = min(one.role, piece.role, key=READ.index)
        found.append(replace(one, text=text, role=role, box=one.box.union(piece.box)))
    return found


def entries_of(elements: Iterable[Element]) -> list[Element]:
    """The entries of a menu that appeared: a text of each row, where most rows have one."""
    rows = lines_of(elements)
    lefts = sorted({one.box.left for row in rows for one in row})

    def share(left: int) -> int:
        return sum(any(abs(one.box.left - left) <= NEAR for one in row) for row in rows)

    usual = max(lefts, key=lambda left: (share(left), -left), default=0)
    near = ([one for one in row if abs(one.box.left - usual) <= INDENT] for row in rows)
    return [min(row, key=lambda one: abs(one.box.left - usual)) for row in near if row]


def has_arrow(entry: Element, menu: Box, seen: Screenshot) -> bool:
    """Whether an entry opens a menu of its own: all that stands at its right is one small mark.

    Args:
        menu: where the menu is.
    """
    middle = entry.box.centre.y
    line = seen.crop(Box(menu.left, middle - ARROW // 2, menu.right - RIM, middle + ARROW // 2))
    if not line.size:
        return False
    plain = np.median(line.reshape(-1, 3), axis=0)
    inked = np.flatnonzero((np.abs(line - plain).max(axis=2) > SHADES).any(axis=0))[::-1]
    gaps = np.flatnonzero(-np.diff(inked) > GAP)
    if not len(gaps):
        return False
    mark = int(inked[0] - inked[gaps[0]]) + 1
    return NARROWEST <= mark <= ARROW
