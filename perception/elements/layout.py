"""The order of a screen: which window each element lies in, and in which order a person reads them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from deskhand.actions.geometry import Box
from deskhand.perception.regions import common_areas, grown, rows_of
from deskhand.perception.screen import Element

TALL = frozenset({"window", "area", "scrollbar"})
"""Roles that are read where they begin, not where their middle is."""

FIRST_ROW = 20
"""Height in pixels by which such an element takes part in its row."""

INSIDE = 0.6
"""Share of an element's area that lies in its window, at least."""


def laid_out(elements: Sequence[Element]) -> tuple[Element, ...]:
    """The elements in reading order, numbered from 1, each with the number of its window as parent.

    Windows come one after the other, the focused one first where that is known, then those that lie in
    others (they are in front) before these, then by place. Each begins with itself; inside it stand
    rows top to bottom, each left to right. What lies in no window (a panel, icons of a desktop) comes last.
    """
    windows = [n for n, element in enumerate(elements) if element.role == "window"]
    inside = _windows_of(elements, windows)
    order: list[int] = []
    for window in [*_front_to_back(elements, windows, inside), None]:
        members = [n for n, owner in enumerate(inside) if owner == window and n not in windows]
        order += [window] if window is not None else []
        order += [members[k] for k in in_order([elements[n] for n in members])]
    number = {old: new for new, old in enumerate(order, 1)}
    titles = _titles(elements, inside)
    return tuple(
        replace(
            elements[old],
            id=number[old],
            parent=0 if (owner := inside[old]) is None else number[owner],
            text=elements[old].text or titles.get(old, ""),
        )
        for old in order
    )


def reading_order(elements: Sequence[Element]) -> tuple[Element, ...]:
    """The elements in rows over the whole screen, whatever window they are in."""
    return tuple(elements[n] for n in in_order(elements))


def in_order(elements: Sequence[Element]) -> list[int]:
    """Positions in rows top to bottom, each left to right."""
    return [n for row in rows_of([_line(element) for element in elements]) for n in row]


def _line(element: Element) -> Box:
    box = element.box
    if element.role in TALL:
        return replace(box, bottom=min(box.bottom, box.top + FIRST_ROW))
    return box


def _windows_of(elements: Sequence[Element], windows: Sequence[int]) -> list[int | None]:
    """For each element the smallest window that holds it, a focused one before others."""
    if not windows:
        return [None] * len(elements)
    common = common_areas([element.box for element in elements], [elements[w].box for w in windows])
    inside: list[int | None] = []
    for n, shared in enumerate(common.tolist()):
        box = elements[n].box
        holding = [
            w
            for w, area in zip(windows, shared, strict=True)
            if area >= INSIDE * max(1, box.area) and w != n and elements[w].box.area > box.area
        ]
        holding.sort(
            key=lambda w: ("focused" not in elements[w].state, elements[w].box.area, elements[w].box)
        )
        inside.append(holding[0] if holding else None)
    return inside


def _front_to_back(
    elements: Sequence[Element], windows: Sequence[int], inside: Sequence[int | None]
) -> list[int]:
    def depth(window: int) -> int:
        outer, deep = inside[window], 0
        while outer is not None:
            outer, deep = inside[outer], deep + 1
        return deep

    def key(window: int) -> tuple[bool, int, int, int, int]:
        box = elements[window].box
        return "focused" not in elements[window].state, -depth(window), box.top, box.left, window

    return sorted(windows, key=key)


def _titles(elements: Sequence[Element], inside: Sequence[int | None]) -> dict[int, str]:
    """What stands in the title bar at the top of each window."""
    titles: dict[int, str] = {}
    bars = [(e.box.top, n) for n, e in enumerate(elements) if e.role == "titlebar"]
    for _, n in sorted(bars):
        window, bar = inside[n], elements[n]
        if window is not None and bar.name and bar.box.top <= elements[window].box.top + bar.box.height:
            titles.setdefault(window, bar.name)
    return titles


def part_of(inner: Box, outer: Box, slack: int = 2) -> bool:
    """Whether one box lies in another, but for ``slack`` pixels."""
    return inner.intersection(grown(outer, slack)) == inner
