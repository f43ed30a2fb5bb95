"""What an oracle is made of: places on the page, and what is done there, as an agent would do it."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from deskhand.actions.geometry import Box, ScreenPoint
from deskhand.actions.vocabulary import Action, Click, Drag, Key, Scroll, Type, Wait
from deskhand.benchmarks.browsing.browser import Browser


class NotThere(LookupError):
    """The page has no such element, or the instruction does not say what it should."""


@dataclass(frozen=True, slots=True)
class Do:
    """One step: what is thought, and the actions."""

    thought: str
    actions: tuple[Action, ...]


Moves = Iterator[Do]
Solve = Callable[["TaskPage", str], Moves]
"""Does one task: is given the page and the instruction, and looks at the page again after each step."""


def css(selector: str) -> str:
    """The first element that a selector finds."""
    return f"document.querySelector({json.dumps(selector)})"


def nth(selector: str, number: int) -> str:
    """The element of that number, from 0."""
    return f"document.querySelectorAll({json.dumps(selector)})[{number}]"


def reading(selector: str, text: str) -> str:
    """The element that reads exactly ``text`` and has a size."""
    return (
        f"[...document.querySelectorAll({json.dumps(selector)})].find((e) =>"
        f" e.textContent.trim() === {json.dumps(text)} && e.getBoundingClientRect().height > 0)"
    )


def quoted(instruction: str) -> list[str]:
    """What stands in quotation marks."""
    return re.findall(r'"([^"]*)"', instruction)


def found(pattern: str, instruction: str) -> re.Match[str]:
    """The first match. Raises NotThere if there is none."""
    match = re.search(pattern, instruction)
    if match is None:
        raise NotThere(f"the instruction does not read {pattern!r}")
    return match


class TaskPage:
    """Where things are, on the screen; and the steps that act on them."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser

    def js(self, expression: str) -> Any:
        """What an expression of JavaScript comes to in the page."""
        return self._browser.js(expression)

    def scale(self) -> float:
        """Pixels of the screen for one of the page."""
        return float(self.js("devicePixelRatio"))

    def box(self, element: str) -> Box:
        """Where an element lies, in pixels of the screen.

        Raises:
            NotThere: the page does not have it.
        """
        box = self._browser.box(element)
        if box is None:
            raise NotThere(f"the page has no {element}")
        return box

    def at(self, element: str) -> ScreenPoint:
        """The middle of an element."""
        return self.box(element).centre

    def there(self, element: str) -> bool:
        """Whether an element is there and has a size."""
        box = self._browser.box(element)
        return box is not None and box.area > 0

    def count(self, selector: str) -> int:
        """How many elements a selector finds."""
        return int(self.js(f"document.querySelectorAll({json.dumps(selector)}).length"))

    def text(self, element: str) -> str:
        """What an element reads, without blanks around it.

        Raises:
            NotThere: the page does not have it.
        """
        said = self.js(f"({element})?.textContent")
        if said is None:
            raise NotThere(f"the page has no {element}")
        return str(said).strip()

    def texts(self, selector: str) -> list[str]:
        """What each element that a selector finds reads, in the page's order."""
        return [
            str(t)
            for t in self.js(
                f"[...document.querySelectorAll({json.dumps(selector)})].map((e) => e.textContent.trim())"
            )
        ]

    def click(self, element: str, what: str, **how: Any) -> Do:
        """Click the middle of an element; ``how`` goes into the action.

        Raises:
            NotThere: the page does not have it.
        """
        return self.click_at(self.at(element), what, **how)

    def click_at(self, at: ScreenPoint, what: str, **how: Any) -> Do:
        """Click a point of the screen; ``how`` goes into the action."""
        return Do(f"I click {what}.", (Click(at=at, **how),))

    def submit(self, element: str = "") -> Do:
        """Click the button that hands in."""
        known = "#subbtn, #submit, button.secondary-action"
        return self.click(element or css(known), "the button that submits")

    def fill(self, element: str, text: str, what: str) -> Moves:
        """What is still to be done until a field holds a text: click into it, mark what is wrong, type.

        Raises:
            NotThere: the page does not have it.
        """
        self.box(element)
        value, focused = self.js(f"((e) => [e.value ?? '', document.activeElement === e])({element})")
        if value == text:
            return
        if value:
            yield self.click(element, f"{what}, to mark what is in it", count=3)
        elif not focused:
            yield self.click(element, what)
        yield write(text)

    def holds(self, element: str, property_: str) -> bool:
        """Whether a property of an element, such as ``checked``, is true."""
        return bool(self.js(f"({element})?.{property_}"))

    def drag(self, start: ScreenPoint, end: ScreenPoint, what: str, *via: ScreenPoint) -> Do:
        """Drag from point to point with the left button, past those in ``via``."""
        return Do(f"I drag {what}.", (Drag(path=(start, *via, end)),))

    def scroll(self, element: str, notches: int) -> Do:
        """Turn the wheel over an element; ``notches`` above 0 go down.

        Raises:
            NotThere: the page does not have it.
        """
        where = "down" if notches > 0 else "up"
        return Do(f"I scroll {where}.", (Scroll(at=self.at(element), dy=notches),))

    def inside(self, area: str) -> Box:
        """What an area shows its content in: without its frame and its scrollbars."""
        sides = self.js(
            f"(() => {{ const e = {area}, b = e.getBoundingClientRect(), k = devicePixelRatio;"
            " const x = b.left + e.clientLeft, y = b.top + e.clientTop;"
            " return [x, y, x + e.clientWidth, y + e.clientHeight].map((side) => side * k); })()"
        )
        return Box(*(round(side) for side in sides))

    def scroll_to(self, element: str, area: str) -> Moves:
        """Turn the wheel over ``area`` until the middle of ``element`` is to be seen in it."""
        notch, edge = NOTCH * self.scale(), 3 * self.scale()
        for _ in range(8):
            middle, frame = self.at(element).y, self.inside(area)
            below, above = middle - (frame.bottom - edge), frame.top + edge - middle
            if below <= 0 and above <= 0:
                return
            notches = math.ceil(max(below, above) / notch)
            yield self.scroll(area, notches if below > 0 else -notches)

    def appear(self, element: str) -> Moves:
        """Wait for what comes late."""
        for _ in range(3):
            if self.there(element):
                return
            yield wait(0.5)


NOTCH = 120
"""Pixels of the page that one notch of the wheel scrolls in Chromium."""


def write(text: str) -> Do:
    """Type a text where the focus is."""
    return Do(f"I type {text!r}.", (Type(text=text),))


def press(*keys: str, times: int = 1) -> Do:
    """Press a chord, or one key several times."""
    again = f" {times} times" if times > 1 else ""
    return Do(f"I press {'+'.join(keys)}{again}.", (Key(keys=keys),) * times)


def wait(seconds: float) -> Do:
    """Do nothing for some seconds."""
    return Do("I wait for the page.", (Wait(seconds=seconds),))
