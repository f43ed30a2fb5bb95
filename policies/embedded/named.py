"""Whether what is pointed at is the thing that the task names, and the only one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise

from deskhand.perception.text.identity import may_be, near_name, same_name
from deskhand.text import script

NAME = re.compile(r"[^\s,;:!?()'\"“”‘’]+")
_QUOTED = re.compile(r"'([^']{1,200})'|\"([^\"]{1,200})\"")
_DATE = re.compile(r"(\d{1,4})[-/.:](\d{1,2})(?:[-/.:](\d{1,4}))?")
_ENDING = re.compile(r"\.[A-Za-z0-9]{1,5}$")


_WHICH = re.compile(
    r"\b(first|second|third|fourth|fifth|last|next|top|bottom|upper|lower|left|right|middle|other|both|all|every|"
    r"each|any|\d+(st|nd|rd|th))\b",
    re.IGNORECASE,
)
"""What says which of several is meant."""
_ACTED_ON = ("row", "icon", "link", "button", "checkbox", "radio", "menuitem", "tab")
"""Roles whose text names a thing. A file's name also stands in titles, and that is no second file."""


def wrong_target(text: str, role: str, instruction: str, shown: Iterable[tuple[str, str]]) -> str:
    """Why an element with this text is not what a task names; empty if nothing speaks against it.

    Args:
        shown: role and text of every element, this one among them.
    """
    instead = named_instead(text, instruction)
    if instead:
        return f"{text[:40]!r} is another thing than {instead[:40]!r}, which the task names"
    if role not in _ACTED_ON or not _is_name(text) or _WHICH.search(instruction):
        return ""
    if not any(same_name(text, name) for name in _names(instruction)):
        return ""
    twins = sum(other == role and same_name(text, one) for other, one in shown)
    return f"{text[:40]!r} is there {twins} times, and the task does not say which" if twins > 1 else ""


def named_instead(text: str, instruction: str) -> str:
    """The name in a task that a text on the screen could be taken for and is not; empty if there is none.

    Only names with a digit or a file's ending are compared: ``reports.txt`` is not ``report.txt``, and
    ``Invoice 13`` is not ``Invoice 12``. Words such as those of menus may be called as they like.
    """
    if not _is_name(text):
        return ""
    names = [name for name in _names(instruction) if _is_name(name)]
    if any(same_name(text, name) or may_be(text, name) or _holds(text, name) for name in names):
        return ""
    if any(_is_part(text, name) for name in names):
        return ""
    return next((name for name in names if near_name(text, name)), "")


def _names(instruction: str) -> list[str]:
    """What a task quotes, its words, and each number with the word before it."""
    quoted = [part for found in _QUOTED.finditer(instruction) for part in found.groups() if part]
    words = [word.rstrip(".") for word in NAME.findall(instruction)]
    pairs = [f"{one} {other}" for one, other in pairwise(words) if other[:1].isdigit()]
    return [*quoted, *words, *pairs, *(part for word in words for part in _parts(word))]


def _parts(word: str) -> list[str]:
    """The parts of a word in more than one script: the name in 'note.txt로'; none where it is one part."""
    parts: list[str] = []
    for letter in word:
        if parts and script(parts[-1][-1]) == script(letter):
            parts[-1] += letter
        else:
            parts.append(letter)
    return parts if len(parts) > 1 else []


def _is_name(text: str) -> bool:
    return any(map(str.isdigit, text)) or _ENDING.search(text) is not None


def _is_part(text: str, name: str) -> bool:
    """Whether a text is one of the numbers of a date or a time: the day of a calendar, the key of a pad."""
    if not text.isdecimal() or len(text) > 4:
        return False
    found = _DATE.fullmatch(name)
    return found is not None and any(int(text) == int(part) for part in found.groups() if part)


def _holds(text: str, name: str) -> bool:
    """Whether a text has a whole name in it: the title of a window, a line of several things."""
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) is not None and len(text) > len(name) + 2
