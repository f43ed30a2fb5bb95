"""What of all that was read on a widget is its text: not its icon, its arrow, its shortcut.

Small pictures are read as letters now and then: the arrow of a combo box as 4 or V, the icon on a button
as X. They stand apart from the text, so they were read as pieces of their own.
"""

from __future__ import annotations

from collections.abc import Sequence

from deskhand.perception.regions import rows_of
from deskhand.perception.screen import Element
from deskhand.perception.text.similarity import letters

PICTURES = frozenset({"icon", "scrollbar", "slider"})
"""Roles on which one or two characters are a picture that was misread."""

WITH_ICONS = frozenset(
    {"button", "tab", "row", "menuitem", "combo", "field", "checkbox", "radio", "titlebar"}
)
"""Roles on which a single character beside a longer text is a picture that was misread."""

FEW = 2
SURE, WELL_READ = 0.5, 0.9
SQUARE = 1.6
"""A check box at most this much wider than high is the box alone, without its text."""

ARROW = 1.5
"""The arrow of a combo box has its middle no further from the right end than this, in heights of the box."""

SPIN = 3.0
SPIN_SIGNS = frozenset("+-−–—一十＋∧∨^<>‹›▲▼")
"""How the buttons at the end of a number's field are read, and where they stand, in heights of the field."""

WRAPPED = ("-", "_", ".", "/")
"""A line that ends so goes on in the next without a space: a long file name."""


def own_text(widget: Element, pieces: Sequence[Element]) -> tuple[str, list[Element]]:
    """The text of a widget, and the pieces on it that are texts of their own.

    Args:
        pieces: what was read in its box, each a line or a part of one.
    """
    words = [piece for piece in pieces if not _is_picture(widget, piece)]
    if widget.role in WITH_ICONS and any(len(piece.text) > 1 for piece in words):
        words = [piece for piece in words if len(piece.text) > 1]
    rows = [[words[n] for n in row] for row in rows_of([piece.box for piece in words])]
    others: list[Element] = []
    if widget.role == "menuitem":
        # What stands right of an entry of a menu is its shortcut.
        others = [piece for row in rows for piece in row[1:]]
        rows = [row[:1] for row in rows]
    if widget.role == "titlebar" and words:
        longest = max(words, key=lambda piece: (len(piece.text), piece.box))
        others = [piece for piece in words if piece is not longest]
        rows = [[longest]]
    return _together([" ".join(piece.text for piece in row) for row in rows]), others


def _is_picture(widget: Element, piece: Element) -> bool:
    box, few = widget.box, len(letters(piece.text)) <= FEW
    to_end = box.right - piece.box.centre.x
    if widget.role in PICTURES:
        # A detector that is not sure of a picture has seen a word, or a digit that stands alone.
        doubtful = widget.confidence < SURE and piece.confidence >= WELL_READ
        return few and not (doubtful and piece.text.isascii() and bool(letters(piece.text)))
    match widget.role:
        case "checkbox" | "radio":
            mark = piece.box.left < box.left + box.height and piece.box.width < SQUARE * box.height
            return few and (box.width <= SQUARE * box.height or (mark and len(piece.text) == 1))
        case "combo":
            return len(piece.text) == 1 and to_end < ARROW * box.height
        case "field":
            return set(piece.text) <= SPIN_SIGNS | {" "} and to_end < SPIN * box.height
    return False


def _together(rows: Sequence[str]) -> str:
    """Rows as one text; a name that was wrapped inside a word is whole again."""
    whole = ""
    for row in rows:
        between = " " if whole and not whole.endswith(WRAPPED) else ""
        whole += between + row
    return whole
