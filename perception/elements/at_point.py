"""Which element a click at a point would hit."""

from __future__ import annotations

from collections.abc import Iterable

from deskhand.actions.geometry import ScreenPoint
from deskhand.perception.screen import Element


def hit(elements: Iterable[Element], point: ScreenPoint) -> Element | None:
    """The element at a point: the smallest that something can be done with, else the smallest; or None."""
    there = [one for one in elements if one.box.contains(point)]
    return min(there, key=lambda one: (not one.actionable, one.box.area), default=None)
