"""What can be wanted of a page: how it is said, what becomes of the page's state, and how it is done."""

from __future__ import annotations

import json
import random
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from deskhand.actions.geometry import ScreenPoint
from deskhand.actions.vocabulary import Click, Finished, Infeasible, Scroll
from deskhand.benchmarks.browsing.moves import NOTCH, Do, Moves, TaskPage, press, write

State = Mapping[str, Any]
"""Of a page: what each control holds, by its id, and what else was done. See ``page.js``."""
Doing = Callable[[TaskPage], Moves]
FRAMES = (
    "{}", "{}", "{}", "{}.", "please {}", "{}, please", "could you {}?", "I want you to {}", "now {}",
    "can you {}", "would you {}?", "{} for me",
)  # fmt: skip
CHAINS = (
    "{}, then {}",
    "{} and then {}",
    "{}. Then {}",
    "{}; after that {}",
    "first {}, then {}",
    "{} and {}",
)
MARKS = ("{}", "{}", "'{}'", '"{}"')


@dataclass(frozen=True, slots=True)
class Within:
    """A number that is near enough."""

    least: float
    most: float


@dataclass(frozen=True, slots=True)
class Goal:
    """One thing to be done.

    Attributes:
        said: sentences for it; names in braces are those of ``named``.
        named: what the sentences name.
        wanted: of the page's state, what it is when it is done; a ``Within`` for a number that may be off.
        doing: what is left to be done, from any state.
        answer: what is to be answered, for a question.
        possible: whether the page allows it.
    """

    said: tuple[str, ...]
    named: Mapping[str, str]
    wanted: State = field(default_factory=dict)
    doing: Doing = lambda page: iter(())
    answer: str = ""
    possible: bool = True

    def words(self, chance: random.Random) -> str:
        """One of its sentences."""
        marked = {name: chance.choice(MARKS).format(text) for name, text in self.named.items()}
        return chance.choice(self.said).format(**marked)


def instruction(goals: Sequence[Goal], chance: random.Random) -> str:
    """All of them in one sentence or two, as somebody would ask for them."""
    text = goals[-1].words(chance)
    for goal in reversed(goals[:-1]):
        text = chance.choice(CHAINS).format(goal.words(chance), text)
    if not text.endswith("?"):
        text = chance.choice(FRAMES).format(text)
    return text[0].upper() + text[1:] if chance.random() < 0.7 else text


def is_met(state: State, name: str, wanted: Any) -> bool:
    """Whether the page's state is what is wanted, in one thing."""
    now = state.get(name)
    if isinstance(wanted, Within):
        try:
            return wanted.least <= float(now) <= wanted.most  # type: ignore[arg-type]
        except (TypeError, ValueError):
            return False
    return bool(now == wanted)


def solve(goals: Sequence[Goal]) -> Callable[[TaskPage, str], Moves]:
    """Does all of them, one after the other, from any state of the page."""

    def moves(page: TaskPage, instruction: str) -> Moves:
        for goal in goals:
            if not goal.possible:
                name = next(iter(goal.named.values()))
                yield Do(f"There is no {name} here.", (Infeasible(reason=f"{name} is not on the page"),))
                return
            if goal.answer:
                yield from into_view(page, f"document.querySelector('[data-answer={goal.named['id']}]')")
                yield Do("I read it.", (Finished(answer=goal.answer),))
                return
            state = page.js("composedState()")
            if not all(is_met(state, name, wanted) for name, wanted in goal.wanted.items()):
                yield from goal.doing(page)

    return moves


def sentences(kind: str) -> tuple[str, ...]:
    """What is said for a kind of goal."""
    return tuple(_sentences()[kind])


@cache
def _sentences() -> dict[str, list[str]]:
    return tomllib.loads(Path(__file__).with_name("sentences.toml").read_text(encoding="utf-8"))


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
    for _ in range(4):
        value, focused, marked = page.js(f"{FIELD}({by_id(own)})")
        if value == text:
            return
        if focused and marked:
            yield write(text) if text else press("delete")
        elif focused:
            yield press("ctrl", "a")
        elif value:
            yield from click(page, by_id(own), f"{what}, to mark what is in it", count=3)
        else:
            yield from click(page, by_id(own), what)


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
