"""What is done to a program before a look at it: a menu opened, a row chosen, something typed."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from deskhand.actions.geometry import ScreenPoint
from deskhand.actions.vocabulary import Click, Key, Move, Scroll, Type
from deskhand.perception.screen import Element
from deskhand.sandbox.protocol import Sandbox
from deskhand.screens import phrases


@dataclass(frozen=True, slots=True)
class Scene:
    """Something to do, given the elements that are to be seen; ``do`` returns False where it cannot."""

    name: str
    do: Callable[[Sandbox, random.Random, Sequence[Element]], bool]


def keys(*chords: str) -> Scene:
    """Press chords one after the other: "alt+f", "down"."""

    def do(sandbox: Sandbox, chance: random.Random, elements: Sequence[Element]) -> bool:
        return all(sandbox.perform(Key(keys=tuple(chord.split("+")))).ok for chord in chords)

    return Scene(" ".join(chords), do)


def on(name: str, roles: Sequence[str], act: Callable[[Sandbox, random.Random, ScreenPoint], bool]) -> Scene:
    """Do something at the centre of a drawn element of some roles that is not disabled."""

    def do(sandbox: Sandbox, chance: random.Random, elements: Sequence[Element]) -> bool:
        fit = [e for e in elements if e.role in roles and "disabled" not in e.state]
        return bool(fit) and act(sandbox, chance, chance.choice(fit).box.centre)

    return Scene(name, do)


def _click(sandbox: Sandbox, chance: random.Random, at: ScreenPoint) -> bool:
    return sandbox.perform(Click(at=at)).ok


def _right_click(sandbox: Sandbox, chance: random.Random, at: ScreenPoint) -> bool:
    return sandbox.perform(Click(at=at, button="right")).ok


def _hover(sandbox: Sandbox, chance: random.Random, at: ScreenPoint) -> bool:
    return sandbox.perform(Move(at=at)).ok


def _scroll(sandbox: Sandbox, chance: random.Random, at: ScreenPoint) -> bool:
    return sandbox.perform(Scroll(at=at, dy=chance.randint(2, 12))).ok


def _write(sandbox: Sandbox, chance: random.Random, at: ScreenPoint) -> bool:
    clicked = sandbox.perform(Click(at=at, count=chance.choice((1, 1, 3)))).ok
    text = phrases.phrase(chance) if chance.random() < 0.5 else phrases.words(chance)
    return clicked and sandbox.perform(Type(text=text)).ok


def _select(sandbox: Sandbox, chance: random.Random, at: ScreenPoint) -> bool:
    clicked = sandbox.perform(Click(at=at, count=chance.choice((2, 3)))).ok
    return clicked and (chance.random() < 0.6 or sandbox.perform(Key(keys=("ctrl", "a"))).ok)


HOVER = on("hover", ("button", "icon", "tab", "menuitem", "row", "checkbox", "link"), _hover)
MENU = on("menu", ("menuitem",), _click)
CONTEXT = on("context menu", ("row", "area", "field"), _right_click)
COMBO = on("open list", ("combo",), _click)
TAB = on("tab", ("tab",), _click)
ROW = on("row", ("row",), _click)
TOGGLE = on("toggle", ("checkbox", "radio"), _click)
WRITE = on("write", ("field", "area"), _write)
SELECT = on("select", ("field", "area"), _select)
SCROLL = on("scroll", ("row", "area", "text", "button"), _scroll)
PRESS = on("press", ("button", "icon"), _click)

GENERAL = (HOVER, MENU, CONTEXT, COMBO, TAB, ROW, TOGGLE, WRITE, SELECT, SCROLL)
"""What can be done to any program without leaving it."""
