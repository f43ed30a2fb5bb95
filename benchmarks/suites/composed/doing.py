"""How things are done on a composed page: what is brought into view, clicked, filled in."""

from __future__ import annotations

import json
from typing import Any

from deskhand.actions.geometry import ScreenPoint
from deskhand.actions.vocabulary import Click, Scroll
from deskhand.benchmarks.browsing.moves import NOTCH, Do, Moves, TaskPage
from deskhand.benchmarks.composing import goals
from deskhand.benchmarks.composing.goals import State


def state_of(page: TaskPage) -> State:
    """What the page's controls hold."""
    state: State = page.js("composedState()")
    return state


def by_id(own: str) -> str:
    """The element of an id, as an expression."""
    return f"document.getElementById({json.dumps(own)})"


def into_view(page: TaskPage, element: str) -> Moves:
    """Turn the wheel until the middle of an element is to be seen: in its scrolling box, and on the page."""
    boxed = f"({element})?.closest('.scroller')"
    if page.there(boxed):
        yield from into_window(page, boxed)
        yield from page.scroll_to(element, boxed)
    yield from into_window(page, element)


def into_window(page: TaskPage, element: str) -> Moves:
    """Turn the wheel over the page until the middle of an element is in the window."""
    for _ in range(8):
        width, height, above, below = page.js(WINDOW)
        middle = page.at(element).y
        off = max(0, middle - (height - EDGE)) - max(0, EDGE - middle)
        if not off or (below if off > 0 else above) < 1:
            return
        notches = round(off / (NOTCH * page.scale())) or (1 if off > 0 else -1)
        where = "down" if off > 0 else "up"
        at = ScreenPoint(int(width) // 2, int(height) // 2)
        yield Do(f"I scroll {where}.", (Scroll(at=at, dy=notches),))


WINDOW = (
    "[innerWidth, innerHeight, scrollY, document.documentElement.scrollHeight - innerHeight - scrollY]"
    ".map((side) => side * devicePixelRatio)"
)
"""How wide and high the window is, and how much of the page lies above and below it, in pixels."""
EDGE = 24
"""Pixels from the upper and lower edge of the window in which nothing is clicked."""


def click(page: TaskPage, element: str, what: str, **how: Any) -> Moves:
    """Click the middle of an element, once it is to be seen."""
    yield from into_view(page, element)
    yield page.click(element, what, **how)


def fill(page: TaskPage, own: str, text: str, what: str) -> Moves:
    """Make a field hold a text, from whatever it holds and wherever the keyboard is."""

    def look() -> tuple[str, bool, bool]:
        value, focused, marked = page.js(f"{FIELD}({by_id(own)})")
        return value, focused, marked

    def clicked(count: int) -> Moves:
        return click(page, by_id(own), f"{what}, to mark what is in it" if count > 1 else what, count=count)

    return goals.fill(look, clicked, text)


FIELD = (
    "((e) => [e.value, document.activeElement === e,"
    " e.selectionStart === 0 && e.selectionEnd === e.value.length])"
)
"""Of a field: what it holds, whether it has the keyboard, and whether all of it is marked."""


def set_to(page: TaskPage, own: str, share: float, what: str) -> Moves:
    """Click a slider where a share of its way is."""
    element = by_id(own)
    yield from into_view(page, element)
    box = page.box(element)
    thumb = THUMB * page.scale()
    x = box.left + thumb / 2 + (box.width - thumb) * share
    yield Do(f"I click {what} where {share:.0%} of it is.", (Click(at=ScreenPoint(round(x), box.centre.y)),))


THUMB = 16
"""How wide the handle of Chromium's slider is, in pixels of the page."""
