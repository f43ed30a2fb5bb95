"""Whose text is it? Lines of text given to the widgets they stand on or belong to.

    inside     the text of a button, a field, a row is what stands in its box; a line that runs over
               several of them is parted at their borders
    beside     a check box and a radio button are named by the text next to them
    left of or above   a field, an area, a combo box and a slider are labelled by the nearest free text

Where the program reports a name too, that name stands in for what was read badly or not at all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

from deskhand.actions.geometry import Box
from deskhand.perception.elements.inscriptions import own_text
from deskhand.perception.elements.labels import LABELLED, label, name_ticked
from deskhand.perception.regions import common_areas
from deskhand.perception.screen import Element
from deskhand.perception.text.lines import TextLine
from deskhand.perception.text.similarity import joined, nearly_same

HOLDING_TEXT = frozenset(
    "button icon field checkbox radio combo tab menuitem row slider scrollbar link titlebar".split()
)
"""Roles that own the text in their box. An area's lines stay texts of their own: each can be clicked."""

NO_RIM = frozenset({"button", "checkbox", "radio", "tab", "menuitem", "row", "titlebar"})
"""Roles whose text goes on to its end, even where a box was found too small for it. A field has a border."""

BORDERED = frozenset({"button", "field", "combo", "area"})
"""Roles whose box has a border, which is no letter."""

FILLED = 0.7
"""Share of a line that doubtful widgets fill together if it is a row of a table."""

MOSTLY = 0.6
"""Share of a line's letters on one such widget that make the whole line its text."""

SURE = 0.5
"""A widget that was found with less confidence parts no word: its border may not be where it was found."""

FEW = 2
"""So many characters are no text of their own between two widgets."""


@dataclass(slots=True)
class Named:
    """Widgets with their texts, and the texts that belong to none."""

    widgets: list[Element]
    free: list[Element]


def name_all(lines: Sequence[TextLine], widgets: Sequence[Element]) -> Named:
    """Give every line of text to whom it belongs.

    Args:
        lines: what was read, in reading order.
        widgets: with the texts that their programs report, if any.
    """
    inside: dict[int, list[Element]] = {}
    free: list[Element] = []
    for owner, piece in _pieces(lines, widgets):
        if owner is None:
            free.append(piece)
        else:
            inside.setdefault(owner, []).append(piece)
    named = []
    for n, widget in enumerate(widgets):
        own, others = own_text(widget, inside.get(n, ()))
        free += others
        named.append(_with_text_read(widget, own))
    name_ticked(named, free)
    label(named, free)
    _fill_areas(named, free)
    return Named(named, free)


def _pieces(lines: Sequence[TextLine], widgets: Sequence[Element]) -> Iterator[tuple[int | None, Element]]:
    """Every line, parted at borders where it must be, with the number of the widget that owns it."""
    holding = [n for n, widget in enumerate(widgets) if widget.role in HOLDING_TEXT]
    holding.sort(key=lambda n: (widgets[n].box.area, n))
    common = common_areas([line.element.box for line in lines], [widgets[n].box for n in holding])
    for line, shared in zip(lines, common, strict=True):
        near = [n for n, area in zip(holding, shared.tolist(), strict=True) if area]
        owning = may_own(line.element.box, [widgets[n] for n in near])
        yield from _parted(line, [n for n in near if widgets[n] in owning], widgets)


def may_own(line: Box, near: Sequence[Element]) -> list[Element]:
    """Those widgets near a line that may own it or parts of it.

    A doubtful one without a border may be no more than a word of the line. It counts only if the line is
    mostly its own, or if such widgets together fill the line, as the cells of a table do.
    """
    level = [one for one in near if one.box.top <= line.centre.y < one.box.bottom]
    widths = {one.box: one.box.intersection(line).width for one in level}
    plain = [one for one in level if one.role not in BORDERED and one.role != "icon"]
    filled = sum(widths[one.box] for one in plain) >= FILLED * line.width
    return [
        one
        for one in level
        if one.confidence >= SURE
        or widths[one.box] >= MOSTLY * line.width
        or one.role in BORDERED
        or (filled and one.role != "icon")
    ]


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
    sure = {None, *(n for n in near if widgets[n].confidence >= SURE)}
    runs = _whole_words(_runs(owners, line.element.text), line.element.text, sure)
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


Run = tuple[int | None, int, int]
"""Neighbouring characters with the same owner: the owner, the first, one past the last."""


def _whole_words(runs: Sequence[Run], text: str, sure: Collection[int | None]) -> list[Run]:
    """Runs of which those that part a word at a doubtful border are one, of whom has more of it."""
    whole: list[Run] = []
    for run in runs:
        before = whole[-1] if whole else None
        inside_word = before is not None and not text[before[2] : run[1]] and {before[0], run[0]} - set(sure)
        if before is not None and inside_word:
            longer = max(before, run, key=lambda one: one[2] - one[1])
            whole[-1] = (longer[0], before[1], run[2])
        else:
            whole.append(run)
    return whole


def _runs(owners: Sequence[int | None], text: str) -> list[Run]:
    """The owners of a text in runs; spaces between two go with neither.

    A few characters outside, next to a widget, are its own: boxes are not exact to the pixel.
    """
    solid = [(n, owner) for n, owner in enumerate(owners) if not text[n].isspace()]
    runs: list[Run] = []
    for owner, group in groupby(solid, key=lambda pair: pair[1]):
        numbers = [n for n, _ in group]
        runs.append((owner, numbers[0], numbers[-1] + 1))
    whole: list[Run] = []
    for run in runs:
        if whole and (run[0] == whole[-1][0] or _sliver(run, text)):
            whole[-1] = (whole[-1][0], whole[-1][1], run[2])
        elif len(whole) == 1 and _sliver(whole[0], text):
            whole[-1] = (run[0], whole[-1][1], run[2])
        else:
            whole.append(run)
    return whole or [(None, 0, len(text))]


def _sliver(run: Run, text: str) -> bool:
    """Whether a run outside all widgets is too short to stand alone: no more than half a word."""
    owner, start, end = run
    alone = (start == 0 or text[start - 1].isspace()) and (end == len(text) or text[end].isspace())
    return owner is None and end - start <= FEW and not alone


def _with_text_read(widget: Element, read: str) -> Element:
    if not read:
        return widget
    sources = joined(widget.sources, ("ocr",))
    if widget.text and nearly_same(widget.text, read):
        return replace(widget, sources=sources)
    if widget.label and not widget.text and nearly_same(widget.label, read):
        return replace(widget, text=widget.label, label="", sources=sources)
    # What a program reports of a field or an area is its content, which is no name.
    content = "" if widget.role in LABELLED else widget.text
    return replace(widget, text=read, label=widget.label or content, sources=sources)


def _fill_areas(widgets: list[Element], free: Sequence[Element]) -> None:
    """The text of an area is its lines; they stay texts of their own too."""
    for n, widget in enumerate(widgets):
        if widget.role == "area":
            lines = [text.text for text in free if widget.box.contains(text.box.centre)]
            widgets[n] = _with_text_read(widget, "\n".join(lines))
