"""One list of elements from several sources: lines of text, detected widgets, what programs report.

    merged     what is the same is one element: the detector's own repetitions, and widgets that the
               program reports too (the pixels' box, the better name, all states)
    named      lines of text go to the widgets they stand on or belong to (naming.py)
    laid out   windows hold elements, and all are put in reading order (layout.py)

It works on lists alone and looks at no pixels. The number of elements is bounded.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from deskhand.perception.elements.layout import laid_out
from deskhand.perception.elements.naming import HOLDING_TEXT, name_all
from deskhand.perception.regions import areas, common_areas, overlaps
from deskhand.perception.screen import Element
from deskhand.perception.text.lines import TextLine
from deskhand.perception.text.similarity import joined, nearly_same

log = logging.getLogger(__name__)

MOST_ELEMENTS = 1000
"""More elements than this are cut: bounded time matters more than the foot of a spreadsheet."""

SAME = 0.5
"""Two of one role that overlap so much (intersection over union) are one."""

WITHIN = 0.85
"""One of which so much lies in another of its role is a part of it, found twice."""

MOSTLY_WITHIN = 0.7
"""So much of one in another is enough where one cannot lie in the other."""

SAME_PLACE = 0.8
"""Two of different roles that overlap so much are one thing, taken for two."""

CONTAINERS = frozenset({"window"})
"""Roles that hold others of their own: a dialog in its window."""

SINGLE = frozenset({"button", "icon", "checkbox", "radio", "tab", "menuitem", "row", "link"})
"""Roles of things that hold no other thing."""

LEAST_OF_ROOM, LEAST_OF_ANOTHER = 0.1, 0.25
"""Share of the room that a thing fills, at least: where the roles are alike, and where they are not."""

FLAT = frozenset({"button", "tab", "menuitem", "row"})
NESTED = frozenset({("row", "button"), ("tab", "button")})
"""Roles of things that do not lie in each other, but for these: a button in a row, the cross of a tab."""

ALIKE = (
    frozenset({"button", "icon", "link", "tab"}),
    frozenset({"field", "combo", "area"}),
    frozenset({"checkbox", "radio"}),
    frozenset({"row", "menuitem"}),
)
"""Roles that pixels and program may call by different names where they mean the same."""


def fuse(
    lines: Sequence[TextLine], detected: Sequence[Element], reported: Sequence[Element] = ()
) -> tuple[Element, ...]:
    """The elements of a screen, in reading order, numbered from 1; parents are such numbers.

    Args:
        lines: the text that was read.
        detected: widgets found on the pixels, without text.
        reported: what the programs report: widgets and texts, with their names.
    """
    # Where there is a text, reading says it; a place for one says nothing.
    detected = [one for one in detected if one.role != "text"]
    widgets = _without_repetitions(_bounded(detected, "widgets"))
    reported = _bounded(reported, "reported elements")
    widgets = _with_reported(widgets, [one for one in reported if one.role != "text"], lines)
    named = name_all(lines, widgets)
    texts = _with_reported_texts(named.free, [one for one in reported if one.role == "text"], named.widgets)
    return laid_out(_bounded([*named.widgets, *texts], "elements"))


def _bounded(elements: Sequence[Element], what: str) -> Sequence[Element]:
    if len(elements) <= MOST_ELEMENTS:
        return elements
    log.warning("%d %s on the screen, only %d are used", len(elements), what, MOST_ELEMENTS)
    return sorted(elements, key=lambda e: (-e.confidence, e.box, e.role))[:MOST_ELEMENTS]


def _without_repetitions(detected: Sequence[Element]) -> list[Element]:
    """Each thing once, under its surest role, with the states of all that were found there."""
    surest = sorted(detected, key=lambda e: (-e.confidence, e.box, e.role))
    boxes = [element.box for element in surest]
    union, common, size = overlaps(boxes, boxes), common_areas(boxes, boxes), areas(boxes)
    kept: dict[int, Element] = {}
    for n, element in enumerate(surest):
        near = np.flatnonzero(common[n]).tolist()
        same = (
            k
            for k in near
            if k in kept
            and _repeats(kept[k], element, union[n, k], common[n, k] / max(1, min(size[n], size[k])))
        )
        again = next(same, None)
        if again is None:
            kept[n] = element
        else:
            kept[again] = replace(kept[again], state=kept[again].state | element.state)
    return list(kept.values())


def _repeats(one: Element, other: Element, union: float, within: float) -> bool:
    if one.role == other.role:
        return union >= SAME or (within >= WITHIN and one.role not in CONTAINERS)
    if within >= MOSTLY_WITHIN and _never_nested(one, other):
        return True
    return union >= SAME_PLACE and not {one.role, other.role} & CONTAINERS


def _never_nested(one: Element, other: Element) -> bool:
    """Whether two things of these roles do not lie in each other, so that the surer one is meant."""
    inner, outer = sorted((one, other), key=lambda element: element.box.area)
    flat = inner.role in FLAT and outer.role in FLAT and (outer.role, inner.role) not in NESTED
    text_too = inner.role in ("checkbox", "radio") and inner.box.width > 2.5 * inner.box.height
    return flat or (text_too and outer.role in FLAT - {"row"})


def _with_reported(
    widgets: Sequence[Element], reported: Sequence[Element], lines: Sequence[TextLine]
) -> list[Element]:
    """Widgets joined with those that programs report, best pairs first; reported ones that nothing denies."""
    seen_boxes, reported_boxes = [one.box for one in widgets], [one.box for one in reported]
    union, common = overlaps(seen_boxes, reported_boxes), common_areas(seen_boxes, reported_boxes)
    pairs = sorted(
        (-union[n, m], n, m)
        for n, m in np.argwhere(common > 0).tolist()
        if _may_be_one(widgets[n], reported[m], union[n, m], common[n, m])
    )
    result = list(widgets)
    met: set[int] = set()
    joined_already: set[int] = set()
    for _, n, m in pairs:
        if n not in joined_already and m not in met:
            joined_already.add(n)
            met.add(m)
            result[n] = _as_one(widgets[n], reported[m])
    rest = [one for m, one in enumerate(reported) if m not in met]
    return result + [one for one, denied in zip(rest, _denied(rest, lines), strict=True) if not denied]


def _may_be_one(seen: Element, reported: Element, union: float, common: float) -> bool:
    """Whether what was seen is what a program reports.

    A program reports the room that a thing has, with the air around it; what is seen lies inside.
    """
    alike = seen.role == reported.role or any(seen.role in some and reported.role in some for some in ALIKE)
    if union >= SAME:
        return alike or (reported.role in SINGLE and seen.role in SINGLE)
    room = common / max(1, reported.box.area)
    inside = common >= WITHIN * seen.box.area and reported.role in SINGLE and seen.role in SINGLE
    return inside and room >= (LEAST_OF_ROOM if alike else LEAST_OF_ANOTHER)


def _as_one(seen: Element, reported: Element) -> Element:
    return replace(
        seen,
        role=reported.role,
        text=reported.text,
        label=reported.label,
        state=seen.state | reported.state,
        sources=joined(seen.sources, reported.sources),
        confidence=max(seen.confidence, reported.confidence),
    )


def _denied(reported: Sequence[Element], lines: Sequence[TextLine]) -> list[bool]:
    """Which reported elements the pixels deny: where their name should stand, something else is read.

    A program knows nothing of the windows that cover its own.
    """
    texts = [line.element for line in lines]
    common = common_areas([one.box for one in reported], [text.box for text in texts])
    size = areas([text.box for text in texts])
    denied = []
    for one, shared in zip(reported, common, strict=True):
        read = [texts[k].text for k in np.flatnonzero(shared > 0.5 * size).tolist()]
        says = one.text and read and one.role in HOLDING_TEXT - {"field", "slider", "scrollbar"}
        denied.append(bool(says) and not _agrees(one.text, read))
    return denied


def _agrees(reported: str, read: Sequence[str]) -> bool:
    """Whether a reported name may be what was read, in whole or in part."""
    return nearly_same(reported, " ".join(read)) or any(nearly_same(reported, text) for text in read)


def _with_reported_texts(
    free: Sequence[Element], reported: Sequence[Element], widgets: Sequence[Element]
) -> list[Element]:
    """Read texts with the spelling of their programs, and reported texts where nothing was read."""
    texts = list(free)
    on_texts = common_areas([one.box for one in reported], [text.box for text in texts])
    on_widgets = common_areas([one.box for one in reported], [widget.box for widget in widgets])
    for n, one in enumerate(reported):
        near = np.flatnonzero(on_texts[n]).tolist()
        same = [m for m in near if nearly_same(texts[m].text, one.text)]
        if same:
            read = texts[same[0]]
            sources = joined(read.sources, one.sources)
            texts[same[0]] = replace(read, text=one.text, sources=sources)
        elif not near and one.text and not _said_by(widgets, on_widgets[n], one):
            texts.append(one)
    return texts


def _said_by(
    widgets: Sequence[Element], shared: np.ndarray[tuple[int], np.dtype[np.int64]], one: Element
) -> bool:
    """Whether a widget around a reported text says something already."""
    around = np.flatnonzero(shared >= 0.5 * max(1, one.box.area)).tolist()
    return any(widgets[k].text for k in around if widgets[k].role in HOLDING_TEXT)
