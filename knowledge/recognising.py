"""Which state a screen is in: by what is stable in it, not by what somebody wrote into it.

Names of menus, buttons, tabs and boxes stay; so do the places of fields and areas. Texts, rows and titles of
documents come and go, so of a title only the program's part counts, behind the last dash.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from deskhand.knowledge.entries import lines_of
from deskhand.knowledge.map import MapState
from deskhand.perception.screen import Element
from deskhand.perception.text.similarity import letters

NAMED = ("menuitem", "button", "tab", "checkbox", "radio", "link")
PLACED = ("field", "area", "combo", "slider", "window")
CELL = 48
"""Pixels: places in one cell of this grid are the same place."""
SAME = 0.8
"""States whose features are alike to this degree are one."""
ROUGHLY = 0.6
"""The same for a menu or a dialog that brought enough with it: what lies under it is read in parts only."""
WHOLE, LEAST = 0.8, 0.01
"""Share of what it brought with which it is there, whatever lies under it, and how well it fits then."""
OWN = 0.6
"""Share of what a state brought with it that must be there."""
FEWEST_OWN, PART = 3, 0.7
"""Texts by which a part is known wherever it is, and the share of them that must be there."""
LONGEST = 60
PARTS = ("menu", "dialog")
"""Kinds of states that are only a part of the screen."""


def features_of(elements: Iterable[Element]) -> frozenset[str]:
    """What a screen is recognised by."""
    found: set[str] = set()
    for element in elements:
        name = letters(element.text or element.label)[:LONGEST]
        centre = element.box.centre
        if element.role in NAMED and name:
            found.add(f"{element.role} {name}")
        elif element.role == "titlebar":
            found.add(f"title {letters(program_of(element.text))}")
        elif element.role in PLACED:
            found.add(f"{element.role} at {centre.x // CELL},{centre.y // CELL}")
    return frozenset(found)


def program_of(title: str) -> str:
    """The part of a window's title that does not change with the document."""
    return title.rpartition(" - ")[2].strip()


def likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """How much two screens have in common, 0 to 1."""
    return len(one & other) / len(one | other) if one or other else 1.0


@dataclass(frozen=True, slots=True)
class Look:
    """What of a screen tells which state it is in.

    Attributes:
        features: see ``features_of``.
        texts: all that is written on it, as letters.
    """

    features: frozenset[str]
    texts: frozenset[str]

    @classmethod
    def at(cls, elements: Sequence[Element]) -> Look:
        """The look of a screen."""
        lines = (line for row in lines_of(elements) for line in row)
        return cls(features_of(elements), texts_of(elements) | texts_of(lines))


def texts_of(elements: Iterable[Element]) -> frozenset[str]:
    """What is written on a screen, as letters."""
    texts = (letters(element.text or element.label)[:LONGEST] for element in elements)
    return frozenset(text for text in texts if text)


def look_of(state: MapState) -> Look:
    """How a state looked when it was found."""
    return Look(frozenset(state.features), frozenset(state.texts))


def fits(state: MapState, look: Look) -> float:
    """How well a screen fits a state, 0 to 1; 0 where it is another.

    What a menu or a dialog brought with it must be there: without it, much of the screen is the same.
    """
    if not brought(state, look.texts):
        return 0.0
    share = likeness(look.features, frozenset(state.features))
    if state.kind in PARTS and len(state.own) >= FEWEST_OWN:
        whole = len(look.texts.intersection(state.own)) >= WHOLE * len(state.own)
        return max(share, LEAST) if whole or share >= ROUGHLY else 0.0
    return share if share >= SAME else 0.0


def brought(state: MapState, texts: frozenset[str]) -> bool:
    """Whether what appeared is what a menu or a dialog brought with it."""
    return len(texts.intersection(state.own)) >= OWN * len(state.own)


def recognised(look: Look, known: Iterable[MapState]) -> str:
    """The id of the state that a screen is in; empty where it is none that is known."""
    best = max(known, key=lambda state: (fits(state, look), len(state.own), state.id), default=None)
    return best.id if best is not None and fits(best, look) else ""


def is_at(state: MapState, look: Look, known: Sequence[MapState]) -> bool:
    """Whether a screen is in a state, and in none that fits better.

    A menu or a dialog leaves most of the screen as it was, so it is sought among its kind.
    """
    part = state.kind in PARTS
    return recognised(look, [one for one in known if one.kind == state.kind] if part else known) == state.id


def shows_part(state: MapState, look: Look, known: Sequence[MapState]) -> bool:
    """Whether a screen shows a menu or a dialog, whatever the rest of it shows: by what that brought with it.

    For applications that have other documents open than when they were explored.
    """
    share = _own_share(state, look)
    others = (one for one in known if one.id != state.id and not {*state.own} <= {*one.own})
    return share >= PART and share > max((_own_share(one, look) for one in others), default=0.0)


def _own_share(state: MapState, look: Look) -> float:
    """Of what a menu or a dialog brought with it, the share that is on a screen; 0 where that was little."""
    if state.kind not in PARTS or len(state.own) < FEWEST_OWN:
        return 0.0
    return len(look.texts.intersection(state.own)) / len(state.own)
