"""Whose text is it? Lines of text given to the widgets they stand on or belong to.

    inside     the text of a button, a field, a row is what stands in its box; a line that runs over
               several of them is parted at their borders
    beside     a check box and a radio button are named by the text next to them
    left of or above   a field, an area, a combo box and a slider are labelled by the nearest free text

Where the program tells a name too, that name stands in for what was read badly or not at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from itertools import groupby, pairwise

from deskhand.perception.regions import common_areas, in_reading_order
from deskhand.perception.screen import Box, Element
from deskhand.perception.text import TextLine

HOLDING_TEXT = frozenset(
    "button icon field checkbox radio combo tab menuitem row slider scrollbar link titlebar".split()
)
"""Roles that own the text in their box. An area's lines stay texts of their own: each can be clicked."""

PICTURES = frozenset({"icon", "scrollbar", "slider", "checkbox", "radio"})
"""Roles on which one or two characters are a picture that was misread."""

NO_RIM = frozenset({"button", "checkbox", "radio", "tab", "menuitem", "row", "titlebar"})
"""Roles whose text goes on to its end, even where a box was found too small for it. A field has a border."""

MOSTLY = 0.6
"""Share of a line's letters on one such widget that make the whole line its text."""

TICKED = frozenset({"checkbox", "radio"})
LABELLED = frozenset({"field", "area", "combo", "slider"})

FEW = 2
"""So many characters are no text on a picture, and no text of their own between two widgets."""

BESIDE = 2.0
"""Furthest that the text of a check box stands from it, in heights of the text."""

LEFT, ABOVE = 14.0, 1.6
"""Furthest that a label ends left of its field and above it, in heights of the text."""

NEARLY = 0.72
"""Texts that are alike to this degree are one text, read badly the one time."""

LONGEST_COMPARED = 200


@dataclass(slots=True)
class Named:
    """Widgets with their texts, and the texts that belong to none."""

    widgets: list[Element]
    free: list[Element]


def name_all(lines: Sequence[TextLine], widgets: Sequence[Element]) -> Named:
    """Give every line of text to whom it belongs.

    Args:
        lines: what was read, in reading order.
        widgets: with the texts that their programs tell, if any.
    """
    inside: dict[int, list[Element]] = {}
    free: list[Element] = []
    for owner, piece in _pieces(lines, widgets):
        if owner is None:
            free.append(piece)
        else:
            inside.setdefault(owner, []).append(piece)
    named = [_with_text(widget, inside.get(n, ())) for n, widget in enumerate(widgets)]
    _name_ticked(named, free)
    _label(named, free)
    _fill_areas(named, free)
    return Named(named, free)


def nearly_same(one: str, other: str) -> bool:
    """Whether two texts are one text, but for what a reader of small letters confuses."""
    a, b = _plain(one[:LONGEST_COMPARED]), _plain(other[:LONGEST_COMPARED])
    if not a or not b:
        return a == b
    return a == b or SequenceMatcher(None, a, b, autojunk=False).ratio() >= NEARLY


def _plain(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())


def _pieces(lines: Sequence[TextLine], widgets: Sequence[Element]) -> Iterator[tuple[int | None, Element]]:
    """Every line, parted at borders where it must be, with the number of the widget that owns it."""
    holding = [n for n, widget in enumerate(widgets) if widget.role in HOLDING_TEXT]
    holding.sort(key=lambda n: (widgets[n].box.area, n))
    common = common_areas([line.element.box for line in lines], [widgets[n].box for n in holding])
    for line, shared in zip(lines, common, strict=True):
        near = [n for n, area in zip(holding, shared.tolist(), strict=True) if area]
        yield from _parted(line, near, widgets)


def _parted(
    line: TextLine, near: Sequence[int], widgets: Sequence[Element]
) -> Iterator[tuple[int | None, Element]]:
    """One line in pieces, each wholly inside a widget or outside all.

    Args:
        near: the widgets that the line touches, smallest first.
    """
    middle = line.element.box.centre.y

    def owner(x: float) -> int | None:
        boxes = ((n, widgets[n].box) for n in near)
        return next((n for n, b in boxes if b.left <= x < b.right and b.top <= middle < b.bottom), None)

    owners = [owner(place) for place in line.places]
    if (single := _mostly(owners, widgets)) is not None:
        yield single, line.element
        return
    runs = _runs(owners, line.element.text)
    if len(runs) == 1:
        yield runs[0][0], line.element
        return
    cuts = [line.element.box.left]
    for (a, _, end), (b, start, _) in pairwise(runs):
        low, high = line.places[end - 1], line.places[start]
        borders = [widgets[a].box.right] if a is not None else []
        borders += [widgets[b].box.left] if b is not None else []
        cut = sum(borders) / len(borders) if borders else (low + high) / 2
        cuts.append(round(min(max(cut, low), high)))
    cuts.append(line.element.box.right)
    for (number, start, end), (left, right) in zip(runs, pairwise(cuts), strict=True):
        box = replace(line.element.box, left=left, right=max(right, left + 1))
        yield number, replace(line.element, text=line.element.text[start:end].strip(), box=box)


def _mostly(owners: Sequence[int | None], widgets: Sequence[Element]) -> int | None:
    """The one widget that most of a line stands on, if it may have the rest too."""
    found = {owner for owner in owners if owner is not None}
    if len(found) != 1:
        return None
    (single,) = found
    enough = owners.count(single) >= MOSTLY * len(owners)
    return single if enough and widgets[single].role in NO_RIM else None


def _runs(owners: Sequence[int | None], text: str) -> list[tuple[int | None, int, int]]:
    """Neighbouring characters with the same owner, as (owner, start, end); spaces go with either side.

    A few characters outside, next to a widget, are its own: boxes are not exact to the pixel.
    """
    solid = [(n, owner) for n, owner in enumerate(owners) if not text[n].isspace()]
    runs: list[tuple[int | None, int, int]] = []
    for owner, group in groupby(solid, key=lambda pair: pair[1]):
        numbers = [n for n, _ in group]
        runs.append((owner, numbers[0], numbers[-1] + 1))
    joined: list[tuple[int | None, int, int]] = []
    for run in runs:
        if joined and (run[0] == joined[-1][0] or _sliver(run, text)):
            joined[-1] = (joined[-1][0], joined[-1][1], run[2])
        elif joined and len(joined) == 1 and _sliver(joined[0], text):
            joined[-1] = (run[0], joined[-1][1], run[2])
        else:
            joined.append(run)
    return joined or [(None, 0, len(text))]


def _sliver(run: tuple[int | None, int, int], text: str) -> bool:
    """Whether a run outside all widgets is too short to stand alone: no more than half a word."""
    owner, start, end = run
    alone = (start == 0 or text[start - 1].isspace()) and (end == len(text) or text[end].isspace())
    return owner is None and end - start <= FEW and not alone


def _with_text(widget: Element, pieces: Sequence[Element]) -> Element:
    """A widget with what was read inside it, or with what its program tells where that is better."""
    if widget.role in PICTURES:
        pieces = [piece for piece in pieces if len(_plain(piece.text)) > FEW]
    by_box = {piece.box: piece.text for piece in pieces}
    read = " ".join(by_box[box] for box in in_reading_order(list(by_box)))
    return _told_or_read(widget, read)


def _told_or_read(widget: Element, read: str) -> Element:
    if not read:
        return widget
    sources = _joined(widget.sources, ("ocr",))
    if widget.text and nearly_same(widget.text, read):
        return replace(widget, sources=sources)
    if widget.label and not widget.text and nearly_same(widget.label, read):
        return replace(widget, text=widget.label, label="", sources=sources)
    # What a program tells of a field or an area is its content, which is no name.
    told = "" if widget.role in LABELLED else widget.text
    return replace(widget, text=read, label=widget.label or told, sources=sources)


def _name_ticked(widgets: list[Element], free: list[Element]) -> None:
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
    told = widget.name
    label = told if told and nearly_same(told, beside.text) else beside.text
    return replace(widget, text="", label=label, sources=_joined(widget.sources, ("ocr",)))


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


def _label(widgets: list[Element], free: Sequence[Element]) -> None:
    """Fields and sliders take the nearest text left of them or above them; one text labels one widget."""
    pairs = []
    for n, widget in enumerate(widgets):
        if widget.role in LABELLED and not widget.label:
            distances = ((_distance_of_label(widget.box, text.box), m) for m, text in enumerate(free))
            pairs += [
                (far, n, m) for far, m in distances if far <= 1 and _nothing_between(n, m, widgets, free)
            ]
    taken: set[int] = set()
    for _, n, m in sorted(pairs):
        if m not in taken and not widgets[n].label:
            taken.add(m)
            widgets[n] = replace(widgets[n], label=free[m].text)


def _distance_of_label(widget: Box, text: Box) -> float:
    """How far a text stands from the place of a label: 0 beside, 1 as far as one can be, else more."""
    height = max(1, text.height)
    # A label of a tall area stands beside its first line.
    first = replace(widget, bottom=min(widget.bottom, widget.top + 2 * height))
    if first.top <= text.centre.y < first.bottom and text.right <= widget.left + height / 2:
        return max(0, widget.left - text.right) / height / LEFT
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


def _fill_areas(widgets: list[Element], free: Sequence[Element]) -> None:
    """The text of an area is its lines; they stay texts of their own too."""
    for n, widget in enumerate(widgets):
        if widget.role == "area":
            lines = [text.text for text in free if widget.box.contains(text.box.centre)]
            widgets[n] = _told_or_read(widget, "\n".join(lines))


def _joined(some: Iterable[str], others: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({*some, *others}))
