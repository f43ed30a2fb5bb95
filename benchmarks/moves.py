"""What oracles are made of: moves, each a thought and one action; and helpers that make them.

An oracle acts through the same loop as any policy, and is what demonstrations are made of.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from deskhand.actions.vocabulary import Action, Finished, Infeasible, Key, Type

Parameters = dict[str, str]
"""What a seed chose for a task, by the names that stand in its file in braces."""

Draw = Callable[[random.Random, bool], Parameters]
"""Chooses parameters; its flag says which part of the pools to use."""

MakeFile = Callable[[Parameters], bytes]
"""Makes the content of a file that is there at the start."""


@dataclass(frozen=True, slots=True)
class ClickText:
    """Click the element whose text is this; the oracle finds its place on the screen."""

    text: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class OracleMove:
    """One step of an oracle: thoughts to choose from, and what to do.

    While ``after`` is still to be read on the screen, or ``when`` is not yet, the oracle waits instead.
    """

    thoughts: tuple[str, ...]
    do: Action | ClickText
    after: str = ""
    when: str = ""


Moves = Callable[[Parameters], list[OracleMove]]
"""How a task is done, for given parameters."""


def type_text(text: str, *thoughts: str, after: str = "", when: str = "") -> OracleMove:
    """Type a text."""
    return OracleMove(thoughts, Type(text=text), after, when)


def press(chord: str, *thoughts: str, after: str = "", when: str = "") -> OracleMove:
    """Press keys together: "ctrl+s"."""
    return OracleMove(thoughts, Key(keys=tuple(chord.split("+"))), after, when)


def click_text(text: str, *thoughts: str, count: int = 1, after: str = "", when: str = "") -> OracleMove:
    """Click what reads ``text``."""
    return OracleMove(thoughts, ClickText(text, count), after, when)


def done(*thoughts: str, answer: str | None = None, after: str = "", when: str = "") -> OracleMove:
    """Say that the task is done."""
    return OracleMove(thoughts, Finished(answer=answer), after, when)


def infeasible(reason: str, *thoughts: str, when: str = "") -> OracleMove:
    """Say that the task cannot be done."""
    return OracleMove(thoughts, Infeasible(reason=reason), when=when)
