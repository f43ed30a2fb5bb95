"""Whether two texts are one text, and what two finds of one thing have together."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher

NEARLY = 0.72
"""Texts that are alike to this degree are one text, read badly the one time."""

LONGEST_COMPARED = 200


def nearly_same(one: str, other: str) -> bool:
    """Whether two texts are one text, but for what a reader of small letters confuses."""
    a, b = letters(one[:LONGEST_COMPARED]), letters(other[:LONGEST_COMPARED])
    if not a or not b:
        return a == b
    return a == b or SequenceMatcher(None, a, b, autojunk=False).ratio() >= NEARLY


def letters(text: str) -> str:
    """The letters and digits of a text, without regard to case."""
    return "".join(c for c in text.casefold() if c.isalnum())


def joined(some: Iterable[str], others: Iterable[str]) -> tuple[str, ...]:
    """Sources of two finds, each once."""
    return tuple(sorted({*some, *others}))
