"""What changed from one look to the next, in words: "a dialog titled 'Save As' appeared".

Elements are compared by their lasting ids. What is said is what a person would notice first: windows,
menus, boxes that were ticked, text that was typed, scrolling. Where elements show no change, the changed
pixels are described. Names come from the screen, so they are quoted, made printable and cut.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import reduce

from deskhand.actions.geometry import Box
from deskhand.perception.screen import Element
from deskhand.perception.watch.difference import Change
from deskhand.text import clean

MOST_CLAUSES = 4
LONGEST_NAME = 40
CONTEXT = 10
"""Characters shown before the first that differs in two long texts."""

FEW_TEXTS = 3
LEAST_ENTRIES = 3
STACKED = 48
"""Fewer entries are no menu; they begin at about the same place, in pixels."""

LEAST_SCROLLED = 3
"""Fewer elements that move together say nothing of the rest."""

WORDS = {
    "checkbox": "check box",
    "radio": "radio button",
    "combo": "combo box",
    "menuitem": "menu item",
    "titlebar": "title bar",
    "scrollbar": "scroll bar",
    "area": "text area",
}
"""Roles whose name is no word."""

WRITABLE = ("field", "area", "combo", "slider")
CHOSEN = ("row", "tab", "menuitem", "icon")


def describe(before: Sequence[Element], after: Sequence[Element], change: Change) -> str:
    """The difference of two looks as a sentence without a full stop.

    Args:
        before, after: elements with lasting ids, as one reader gives them.
        change: which pixels changed.
    """
    if not change:
        return change.describe()
    kept = _kept(before, after)
    clauses = list(_windows(before, after))
    # What a dialog covers is not said to have closed.
    clauses += [] if clauses else _menus(before, after)
    clauses += _contents(kept)
    clauses = clauses or [*_scrolled(kept), *_places(kept)]
    clauses += list(_choices(kept))
    clauses = clauses or list(_texts(before, after))
    said = list(dict.fromkeys(clauses))
    more = len(said) - MOST_CLAUSES
    if more > 0:
        said = [*said[:MOST_CLAUSES], f"and {more} more things changed"]
    return "; ".join(said) or change.describe()


Pairs = Sequence[tuple[Element, Element]]


def _kept(before: Sequence[Element], after: Sequence[Element]) -> Pairs:
    """What is there at both looks, as it was and as it is."""
    known = {element.id: element for element in before}
    return [(known[element.id], element) for element in after if element.id in known]


def _new(before: Sequence[Element], after: Sequence[Element]) -> list[Element]:
    known = {element.id for element in before}
    return [element for element in after if element.id not in known]


def _windows(before: Sequence[Element], after: Sequence[Element]) -> Iterator[str]:
    for window in _of("window", _new(before, after)):
        if _is_dialog(window, after):
            yield f"a dialog titled {quoted(window.name)} appeared" if window.name else "a dialog appeared"
        else:
            yield f"{the(window)} opened"
    for window in _of("window", _new(after, before)):
        kind = "dialog" if _is_dialog(window, before) else "window"
        yield f"the {kind} {quoted(window.name)} closed" if window.name else f"a {kind} closed"


def _is_dialog(window: Element, screen: Sequence[Element]) -> bool:
    """Whether a window lies over a larger one."""
    others = [one.box for one in _of("window", screen) if one.id != window.id]
    return any(box.area > window.box.area and box.intersection(window.box).area for box in others)


def _menus(before: Sequence[Element], after: Sequence[Element]) -> Iterator[str]:
    opened, closed = _menu(before, after), _menu(after, before)
    if opened is not None:
        yield f"{opened} opened"
    elif closed is not None:
        yield f"{closed} closed"


def _menu(without: Sequence[Element], having: Sequence[Element]) -> str | None:
    """The menu that is open at one look and not at another, in words; None if there is none."""
    items = _of("menuitem", _new(without, having))
    # Those of a menu stand below each other; those of a bar beside each other.
    first = min((item.box.left for item in items), default=0)
    items = [item for item in items if item.box.left - first < STACKED]
    if len({item.box.centre.y for item in items}) < LEAST_ENTRIES:
        return None
    box = reduce(Box.union, (item.box for item in items))
    known = {element.id for element in without}
    old = {element.id: element for element in without}
    entries = [one for one in _of("menuitem", having) if one.id in known]
    lit = [one for one in entries if "selected" in one.state - old[one.id].state and one.name]
    above = [one for one in entries if one.name and _hangs_from(box, one.box)]
    entry = next(iter([*lit, *above]), None)
    return f"the menu {quoted(entry.name)}" if entry is not None else "a menu"


def _hangs_from(menu: Box, entry: Box) -> bool:
    """Whether a menu lies right below an entry of a menu bar."""
    return entry.bottom <= menu.top + 4 and menu.top - entry.bottom < 30 and abs(menu.left - entry.left) < 40


def _contents(kept: Pairs) -> Iterator[str]:
    """What was ticked and what was written."""
    for old, new in kept:
        for state, words in (("checked", "checked"), ("disabled", "disabled")):
            if (state in new.state) != (state in old.state) and new.name:
                yield f"{the(new)} is {'now' if state in new.state else 'no longer'} {words}"
        if new.role in WRITABLE and old.text != new.text:
            was, now = _excerpts(old.text, new.text)
            kind = WORDS.get(new.role, new.role)
            whose = f"the {kind} {quoted(new.label)}" if new.label else f"a {kind}"
            yield f"the text of {whose} changed from {was} to {now}"


def _excerpts(old: str, new: str) -> tuple[str, str]:
    """Two texts, quoted, from shortly before the first character that differs if they are long."""
    start = 0
    if max(len(old), len(new)) > LONGEST_NAME:
        differs = (n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a != b)
        start = max(0, next(differs, min(len(old), len(new))) - CONTEXT)
    dots = "…" if start else ""
    return quoted(dots + old[start:]), quoted(dots + new[start:])


def _scrolled(kept: Pairs) -> Iterator[str]:
    """Whether most of what lies in one part of the screen went the same way and its window did not."""
    named = [(old, new) for old, new in kept if new.name and new.role not in ("window", "titlebar")]
    shifts = Counter(shift for old, new in named if (shift := _shift(old, new)) != (0, 0) and 0 in shift)
    if not shifts:
        return
    # The nearest of the most frequent, so that equal counts are decided by the screen.
    (right, down), count = min(shifts.items(), key=lambda item: (-item[1], abs(sum(item[0])), item[0]))
    together = [(old, new) for old, new in named if _shift(old, new) == (right, down)]
    parents = {new.parent for _, new in together}
    carried = any(new.id in parents and _shift(old, new) != (0, 0) for old, new in kept)
    part = reduce(Box.union, (new.box for _, new in together))
    there = [new for _, new in named if new.box.intersection(part) == new.box]
    if count < LEAST_SCROLLED or carried or count < 0.6 * len(there):
        return
    way = {(0, 1): "up", (0, -1): "down", (1, 0): "left", (-1, 0): "right"}
    yield f"it scrolled {way[_sign(right), _sign(down)]} by {abs(right + down)} px"


def _places(kept: Pairs) -> Iterator[str]:
    for old, new in kept:
        if new.role == "window" and old.box != new.box:
            size = (new.box.width, new.box.height)
            if size == (old.box.width, old.box.height):
                right, down = _shift(old, new)
                yield f"{the(new)} moved by ({right}, {down})"
            else:
                yield f"{the(new)} is now {size[0]}x{size[1]}"


def _choices(kept: Pairs) -> Iterator[str]:
    """What was selected, and what has the keyboard now."""
    chosen = [new for old, new in kept if new.role in CHOSEN and "selected" in new.state - old.state]
    if len(chosen) > FEW_TEXTS:
        yield f"{len(chosen)} {WORDS.get(chosen[0].role, chosen[0].role)}s are now selected"
    else:
        yield from (f"{the(one)} is now selected" for one in chosen if one.name)
    focused = [new for old, new in kept if "focused" in new.state - old.state and new.role != "window"]
    yield from (f"{the(one)} now has the focus" for one in focused if one.name)


def _texts(before: Sequence[Element], after: Sequence[Element]) -> Iterator[str]:
    """Few texts that came or went."""
    was, now = (Counter(one.name for one in some if one.name) for some in (before, after))
    came, went = list(now - was), list(was - now)
    if max(len(came), len(went)) <= FEW_TEXTS:
        yield from (f"the text {quoted(text)} appeared" for text in came)
        yield from (f"the text {quoted(text)} vanished" for text in went)


def _of(role: str, elements: Iterable[Element]) -> list[Element]:
    return [element for element in elements if element.role == role]


def _shift(old: Element, new: Element) -> tuple[int, int]:
    return new.box.left - old.box.left, new.box.top - old.box.top


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)


def the(element: Element) -> str:
    """An element in words: "the check box 'Wrap'". Fields are called by their labels."""
    kind = WORDS.get(element.role, element.role)
    name = element.label if element.role in WRITABLE else element.name
    return f"the {kind} {quoted(name)}" if name else f"the {kind}"


def quoted(text: str, most: int = LONGEST_NAME) -> str:
    """Foreign text in quotes, on one line, printable and short."""
    return f"'{clean(text, most)}'"
