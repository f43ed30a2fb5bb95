"""Words for people: foreign text made fit to be shown, the name that was meant, what is wrong with data."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import ValidationError

LONGEST_SHOWN = 400


def clean(text: str, most: int = LONGEST_SHOWN) -> str:
    """Foreign text without escape codes, control and direction characters, on one line, bounded."""
    shown = " ".join(printable(text[: most * 4], " ").split())
    return shown if len(shown) <= most else shown[: most - 1] + "…"


def printable(text: str, instead: str = "?") -> str:
    """Foreign text with ``instead`` for whatever a terminal might obey."""
    return "".join(letter if letter.isprintable() else instead for letter in text)


def did_you_mean(name: str, known: Iterable[str], most: int = 1) -> str:
    """The nearest of the known names as a question: "did you mean 'desk'?"; empty if none is near."""
    near = difflib.get_close_matches(name, list(known), n=most, cutoff=0.6 if most == 1 else 0.5)
    return f"did you mean {' or '.join(map(repr, near))}?" if near else ""


def first_fault(error: ValidationError) -> str:
    """What is wrong with data that pydantic refused, in words: "limits.steps: Input should be ..."."""
    fault = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(str(part)[:80] for part in fault["loc"])
    reason = fault["msg"].removeprefix("Value error, ")
    return f"{place}: {reason}" if place else reason


def joins(before: str, after: str) -> bool:
    """Whether two neighbouring characters belong to one word.

    Scripts that are written without spaces part at every character, and Korean particles follow names in
    other letters without one: 'note.txt' is a word of 'note.txt로'.
    """
    if not (_is_lettered(before) and _is_lettered(after)):
        return False
    return script(before) == script(after) != "unspaced"


def script(letter: str) -> str:
    """Which rule for the ends of words a character follows: "unspaced", "hangul", or empty for all others."""
    code = ord(letter)
    if 0x2E80 <= code < 0xA000 or 0xF900 <= code < 0xFB00 or 0x20000 <= code < 0x40000:
        return "unspaced"
    return "hangul" if 0xAC00 <= code < 0xD7B0 or 0x1100 <= code < 0x1200 else ""


def _is_lettered(character: str) -> bool:
    return character.isalnum() or character == "_"
