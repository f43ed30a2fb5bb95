"""Texts that stand beside what they name: of check boxes, and the labels of fields and sliders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from deskhand.actions.geometry import Box
from deskhand.perception.screen import Element
from deskhand.perception.text.similarity import joined, nearly_same

TICKED = frozenset({"checkbox", "radio"})
LABELLED = frozenset({"field", "area", "combo", "slider"})

BESIDE = 2.0
"""Furthest that the text of a check box stands from it, in heights of the text."""

LEFT, ABOVE = 14.0, 1.6
"""Furthest that a label ends left of its field and above it, in heights of the text."""


def name_ticked(widgets: list[Element], free: list[Element]) -> None:
    """Check boxes and radio buttons without a text take the free text beside them: nearest pairs first."""
    pairs = sorted(
        (_gap_beside(widget.box, text.box), n, m)
        for n, widget in enumerate(widgets)
        if widget.role in TICKED and "ocr" not in widget.sources
        for m, text in enumerate(free)
        if _gap_beside(widget.box, text.box) <= BESIDE * text.box.height
    )
    taken: set[int] = set()
    for _, n, m in pairs:
        if m not in taken and "ocr" not in widgets[n].sources:
            taken.add(m)
            widgets[n] = _ticked(widgets[n], free[m])
    free[:] = [text for m, text in enumerate(free) if m not in taken]


def _ticked(widget: Element, beside: Element) -> Element:
    own_name = widget.name
    label = own_name if own_name and nearly_same(own_name, beside.text) else beside.text
    return replace(widget, text="", label=label, sources=joined(widget.sources, ("ocr",)))


def _gap_beside(tick: Box, text: Box) -> float:
    """Pixels from a check box to a text on its right, or on its left, which counts as further."""
    if not tick.top <= text.centre.y < tick.bottom and not text.top <= tick.centre.y < text.bottom:
        return float("inf")
    right, left = text.left - tick.right, tick.left - text.right
    # A line that was read may begin with the box itself.
    slack = tick.width + text.height / 4
    if right >= -slack and text.right > tick.right:
        return float(max(0, right))
    return float(max(0, left)) * 1.5 + 1 if left >= -slack and text.left < tick.left else float("inf")


def label(widgets: list[Element], free: Sequence[Element]) -> None:
    """Fields and sliders take the nearest text left of them or above them; one text labels one widget.

    So does a switch that stands far from its text; that text stays one of its own.
    """
    pairs = []
    for n, widget in enumerate(widgets):
        nameless_tick = widget.role in TICKED and not widget.text
        if (widget.role in LABELLED or nameless_tick) and not widget.label:
            distances = ((_distance_of_label(widget, text.box), m) for m, text in enumerate(free))
            pairs += [
                (far, n, m) for far, m in distances if far <= 1 and _nothing_between(n, m, widgets, free)
            ]
    taken: set[int] = set()
    for _, n, m in sorted(pairs):
        if m not in taken and not widgets[n].label:
            taken.add(m)
            widgets[n] = replace(widgets[n], label=free[m].text)


def _distance_of_label(element: Element, text: Box) -> float:
    """How far a text stands from the place of a label: 0 beside, 1 as far as one can be, else more."""
    widget, height = element.box, max(1, text.height)
    # A label of a tall area stands beside its first line.
    first = replace(widget, bottom=min(widget.bottom, widget.top + 2 * height))
    if first.top <= text.centre.y < first.bottom and text.right <= widget.left + height / 2:
        return max(0, widget.left - text.right) / height / LEFT
    if element.role in TICKED:  # a switch at the end of its line; what is above it is another's
        return float("inf")
    if text.bottom <= widget.top + height / 3 and -height <= text.left - widget.left < widget.width:
        aside = abs(text.left - widget.left) / max(1, widget.width)
        return max(0, widget.top - text.bottom) / height / ABOVE + 0.3 * aside + 0.1
    return float("inf")


def _nothing_between(n: int, m: int, widgets: Sequence[Element], free: Sequence[Element]) -> bool:
    """Whether no other widget and no other text stands between a widget and its label."""
    one, other = widgets[n].box, free[m].box
    left, right = sorted((one, other), key=lambda box: box.left)
    upper, lower = sorted((one, other), key=lambda box: box.top)
    if other.right <= one.left + other.height / 2:
        gap = Box(left.right, other.centre.y, max(right.left, left.right), other.centre.y + 1)
    else:
        middle = max(one.left, other.left)
        gap = Box(middle, upper.bottom, middle + 1, max(lower.top, upper.bottom))
    around = (widget.box for k, widget in enumerate(widgets) if k != n and widget.role != "window")
    others = [*around, *(text.box for k, text in enumerate(free) if k != m)]
    return not any(box.intersection(gap).area for box in others if not _holds(box, one))


def _holds(outer: Box, inner: Box) -> bool:
    return outer.intersection(inner).area >= 0.9 * inner.area
