"""The controls of a screen: found again, told from what was there before, and named."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from functools import reduce

from deskhand.actions.geometry import Box, ScreenPoint
from deskhand.actions.vocabulary import Scroll
from deskhand.knowledge.entries import entries_of, lines_of
from deskhand.knowledge.map import Deed, Kind, MapControl
from deskhand.knowledge.recognising import SAME, Look, features_of, likeness
from deskhand.perception.screen import Element
from deskhand.perception.text.similarity import letters
from deskhand.perception.watch.observe import Observation

_CHORD = r"(?:(?:Shift|Ctrl|Alt|Super)\s*\+\s*)+\S{1,12}|F\d{1,2}"
SHORTCUT = re.compile(rf"{_CHORD}|Del(?:ete)?|Insert", re.IGNORECASE)
"""A text that is nothing but keys."""
_AT_THE_END = re.compile(rf"\s({_CHORD})$", re.IGNORECASE)
"""Keys that were read together with the name of their command."""
ENTRIES = 3
"""So many menu items that appear together are a menu."""
STILL = 0.5
"""Boxes of one text that overlap so much are one element, seen a little otherwise."""
OPENERS, FEWEST, INDENT = ("menuitem", "combo"), 2, 24
"""What opens a menu of so few entries, and how many pixels apart they may begin."""
BELOW = 30
"""Pixels below a menu's name in which its first entry stands."""
RIM = 8
"""Pixels around a control in which it shows that the pointer is on it."""
NOTCHES = {"menu": 20, "list": 3}
"""Of the wheel, by which a menu and a list are scrolled: some of what was to be seen is still there then."""
FEWEST_ROWS, ROW = 5, 40
"""Texts below each other that are a list, and pixels from one to the next at most."""
LISTED = ("row", "text", "link", "menuitem")
WRITABLE = ("field", "area", "combo")
READ_AS = 0.9
"""Texts that are alike to this degree are one, read badly."""


def find(control: MapControl, elements: Sequence[Element]) -> Element | None:
    """The element that a control of the map is now; None where none is, or two equally could be."""

    def distance(element: Element) -> float:
        one, other = element.box.centre, control.box.centre
        return abs(one.x - other.x) + abs(one.y - other.y)

    if control.name:
        named = [e for e in elements if control.name in (e.text, e.label)] or _read_again(control, elements)
        alike = [e for e in named if e.role == control.role] or named
    else:
        alike = [e for e in elements if e.role == control.role and e.box.overlap(control.box) > 0.5]
    alike.sort(key=distance)
    if len(alike) > 1 and distance(alike[0]) == distance(alike[1]):
        return None
    return alike[0] if alike else None


def _read_again(control: MapControl, elements: Sequence[Element]) -> list[Element]:
    """What lies where a control was and reads as it does, but for capitals and signs, or in pieces."""
    wanted = letters(control.name)
    lines = (line for row in lines_of(elements) for line in row)
    there = [e for e in dict.fromkeys([*elements, *lines]) if _is_on_line(e.box, control.box)]
    return [e for e in there if wanted and letters(e.name) == wanted]


def _is_on_line(box: Box, other: Box) -> bool:
    """Whether two boxes lie on one line, and share a part of it."""
    middle = other.top <= box.centre.y < other.bottom or box.top <= other.centre.y < box.bottom
    return middle and box.left < other.right and other.left < box.right


def find_field(name: str, box: Box, elements: Sequence[Element]) -> Element | None:
    """The field that has a label, or lies where one was; None where none does."""
    fields = [one for one in elements if one.role in WRITABLE]
    named = [one for one in fields if name and one.label == name]
    placed = [one for one in fields if one.box.overlap(box) > STILL]
    return next(iter(named or placed), None)


def is_written(text: str, box: Box, elements: Sequence[Element]) -> bool:
    """Whether a text is a line of what stands in a box, as far as it can be read."""
    grown = Box(box.left - RIM, box.top - RIM, box.right + RIM, box.bottom + RIM)
    inside = (one for one in elements if grown.contains(one.box.centre))
    lines = (line for one in inside for line in one.text.splitlines())
    wanted = letters(text)
    return any(
        SequenceMatcher(None, letters(line), wanted, autojunk=False).ratio() >= READ_AS for line in lines
    )


def lies_at(box: Box, other: Box) -> bool:
    """Whether a change lies at a control: it looks pressed, or has the pointer on it."""
    grown = Box(other.left - RIM, other.top - RIM, other.right + RIM, other.bottom + RIM)
    return grown.contains(ScreenPoint(box.left, box.top)) and grown.contains(
        ScreenPoint(max(box.left, box.right - 1), max(box.top, box.bottom - 1))
    )


def appeared(before: Observation, after: Observation) -> list[Element]:
    """The elements that were not there before, where the screen changed."""
    old: dict[str, list[Box]] = {}
    for element in before.elements:
        old.setdefault(letters(element.text or element.label), []).append(element.box)
    boxes = after.change.boxes if after.change is not None else ()

    def was_there(element: Element) -> bool:
        there = old.get(letters(element.text or element.label), ())
        return any(element.box.overlap(box) > STILL for box in there)

    return [
        element
        for element in after.elements
        if any(element.box.intersection(box).area for box in boxes) and not was_there(element)
    ]


def kind_of(
    deed: Deed, before: Observation, after: Observation, new: Sequence[Element], menu_open: bool | None = None
) -> Kind | None:
    """What a deed made appear: a dialog, a menu, another view; None for a mere change of contents.

    Args:
        new: the elements that appeared.
        menu_open: whether the menu in which it was done is open still: what appears then is a menu beside it,
            and what appears once it is closed lay under it; None for what was done elsewhere.
    """
    titles = [one for one in after.elements if one.role == "titlebar"]
    if len(titles) > len([one for one in before.elements if one.role == "titlebar"]):
        return "dialog"
    if menu_open:
        return "menu" if _stands_beside(new, deed.on.box) else None
    entries = [one for one in new if one.role in ("menuitem", "row")]
    many = len(entries) >= ENTRIES and sum(one.role == "menuitem" for one in entries) * 2 >= len(entries)
    hangs = (deed.on.role in OPENERS or deed.way == "right") and (
        _are_stacked(new) or _hangs(new, deed.on.box)
    )
    if menu_open is None and (many or hangs):
        return "menu"
    if likeness(features_of(before.elements), features_of(after.elements)) < SAME:
        return "view"
    return None


def appeared_in(deed: Deed, before: Observation, after: Observation) -> list[Element]:
    """What a deed made appear, but for the entry that was clicked, which looks otherwise now."""
    here = deed.on.box
    new = appeared(before, after)
    return [one for one in new if not (here.contains(one.box.centre) or one.box.contains(here.centre))]


def _stands_beside(elements: Sequence[Element], box: Box) -> bool:
    """Whether elements are a menu beside an entry: several lines, or one as high as the entry."""
    entries = [one for one in entries_of(elements) if not SHORTCUT.fullmatch(one.text)]
    level = (one for one in entries if box.top <= one.box.centre.y < box.bottom)
    return len(entries) >= FEWEST or any(len(letters(one.text)) >= ENTRIES for one in level)


def _are_stacked(elements: Sequence[Element]) -> bool:
    """Whether elements with a text stand below each other and begin at one place, as a menu's do."""
    lefts = sorted(one.box.left for one in elements if one.text and not SHORTCUT.fullmatch(one.text))
    return len(lefts) >= FEWEST and lefts[len(lefts) // 2] - lefts[0] <= INDENT


def _hangs(elements: Sequence[Element], box: Box) -> bool:
    """Whether something with a text stands right below what was clicked, as the one entry of a menu does."""
    return any(
        one.text and 0 <= one.box.top - box.bottom < BELOW and abs(one.box.left - box.left) <= 2 * INDENT
        for one in elements
    )


def scroll_of(deed: Deed) -> Scroll:
    """The turn of the wheel that a step of a path is."""
    return Scroll(at=deed.on.box.centre, dy=NOTCHES.get(deed.on.role, 1))


def scrolled_into(box: Box, before: Observation, after: Observation) -> list[Element]:
    """The elements with a text in a box that are nowhere on the screen before."""
    old = Look.at(before.elements).texts
    around = Box(
        box.left, box.top - ROW, box.right, box.bottom + ROW
    )  # at its end there is no arrow any more
    inside = (one for one in after.elements if one.text and around.contains(one.box.centre))
    return [one for one in inside if letters(one.text) not in old]


def lists_of(elements: Sequence[Element]) -> list[Box]:
    """Where lists are, the longest first: texts that stand below each other and begin at one place."""
    found: list[list[Element]] = []
    for element in sorted(elements, key=lambda one: one.box.top):
        if element.role not in LISTED or not letters(element.text):
            continue
        above = (one for one in found if abs(one[-1].box.left - element.box.left) <= INDENT)
        column = next((one for one in above if 0 < element.box.top - one[-1].box.top <= ROW), None)
        if column is None:
            found.append([element])
        else:
            column.append(element)
    lists = sorted((one for one in found if len(one) >= FEWEST_ROWS), key=len, reverse=True)
    return [reduce(Box.union, (one.box for one in column)) for column in lists]


def title_of(kind: Kind | None, deed: Deed, fresh: Sequence[Element]) -> str:
    if kind == "dialog":
        title = next((e.text for e in fresh if e.role == "titlebar" and e.text), "")
        if title:
            return title
    return deed.words


def shortcut_of(control: MapControl, elements: Sequence[Element]) -> str:
    """The keys that stand in a menu's line, beside an item or at the end of its name."""
    middle = control.box.centre
    texts = [*elements, *(line for row in lines_of(elements) for line in row)]
    beside = (
        one.text for one in texts if one.box.top <= middle.y < one.box.bottom and one.box.left >= middle.x
    )
    ending = _AT_THE_END.search(control.name)
    keys = next((text for text in beside if SHORTCUT.fullmatch(text)), ending[1] if ending else "")
    return re.sub(r"\s+", "", keys)[:40]


def said_of(observation: Observation) -> str:
    """What changed, in words; what has no name is left out."""
    clauses = observation.change_text.split("; ")
    return "; ".join(clause for clause in clauses if "'" in clause or clause.startswith("the text"))
