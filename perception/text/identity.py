"""Whether two texts name one thing: a file, a row, a date, an amount, a person.

Such a thing is itself or nothing. ``report.txt`` is not ``reports.txt``, ``report1.txt`` or
``Report.txt``, however alike they are. Letters that a reader of small letters is known to confuse leave
open whether two texts are one; then the pictures of the texts decide, where there are two to compare.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from difflib import SequenceMatcher

from deskhand.perception.text.similarity import LONGEST_COMPARED, letters

NEAR = 0.6
"""Names that are alike to this degree are worth telling a person who looks for one of them."""
CUT = 6
"""Least letters of a name that ends early where there is no room for it."""
_CUT_MARKS = ("…", "...", "..")
_DRAWN_ALIKE = {  # punctuation that is the same mark, drawn otherwise
    "‘": "'", "’": "'", "`": "'", "´": "'", "“": '"', "”": '"', "„": '"', "–": "-", "—": "-", "−": "-",
    "·": ".",
}  # fmt: skip
_CONFUSED = (
    "1IilL|!j", "0OoQD", "5Ss", "2Zz", "8B", "6G", "9gq", "cCe", "vVyY", "wW", "xX", "uU", "kK", "pP", "EF",
    "tf", ".,", ";:", "-_~", "mM", "nN",
)  # fmt: skip
"""Letters that are read for one another, never two digits."""
_RUNS = (("rn", "m"), ("vv", "w"), ("cl", "d"), ("ii", "u"))
_LOOK = {letter: group[0] for group in reversed(_CONFUSED) for letter in group}


def same_name(one: str, other: str) -> bool:
    """Whether two texts are the same but for blanks, the drawing of marks, and dots or a colon at the end."""
    return bool(plain(one)) and plain(one) == plain(other)


def may_be(one: str, other: str) -> bool:
    """Whether two texts differ only in letters that a reader of small letters confuses."""
    return same_name(one, other) or (bool(plain(one)) and _look(one) == _look(other))


def is_cut(one: str, other: str) -> bool:
    """Whether one text says that it ends early, and the other one begins with it."""
    for short, long in ((one, other), (other, one)):
        mark = next((mark for mark in _CUT_MARKS if short.rstrip().endswith(mark)), None)
        if mark is not None:
            start = plain(short)
            return len(start) >= CUT and plain(long).startswith(start)
    return False


def near_name(one: str, other: str) -> bool:
    """Whether a text could be taken for another one and is not it."""
    if same_name(one, other):
        return False
    a, b = letters(one[:LONGEST_COMPARED]), letters(other[:LONGEST_COMPARED])
    if not a or not b:
        return False
    return a == b or a in b or b in a or SequenceMatcher(None, a, b, autojunk=False).ratio() >= NEAR


def nearest(name: str, others: Iterable[str], most: int = 3) -> list[str]:
    """The texts that could be taken for a name, the most alike first, for a message."""
    a = letters(name[:LONGEST_COMPARED])
    scored = {
        other: SequenceMatcher(None, a, letters(other[:LONGEST_COMPARED]), autojunk=False).ratio()
        for other in others
        if near_name(name, other)
    }
    return sorted(scored, key=lambda other: (-scored[other], other))[:most]


def plain(text: str) -> str:
    """A text as it is compared."""
    folded = unicodedata.normalize("NFKC", text.replace("…", "..."))
    marked = "".join(_DRAWN_ALIKE.get(c, c) for c in folded if not c.isspace())
    return marked.rstrip(".:") or marked


def _look(text: str) -> str:
    """What is left of a text for a reader who confuses letters."""
    bare = "".join(c for c in unicodedata.normalize("NFD", plain(text)) if not unicodedata.combining(c))
    for run, single in _RUNS:
        bare = bare.replace(run, single)
    return "".join(_LOOK.get(c, c) for c in bare)
