"""A word processor: LibreOffice Writer with a short document."""

from __future__ import annotations

import io
import random
from collections.abc import Sequence

from deskhand.benchmarks.moves import (
    Draw,
    MakeFile,
    Moves,
    OracleMove,
    Parameters,
    click_text,
    done,
    infeasible,
    press,
    type_text,
)
from deskhand.screens.variation import ADJECTIVES, VERBS, distinct, nouns, number, sentence

LOOKS = {"bold": "ctrl+b", "italic": "ctrl+i", "underlined": "ctrl+u"}
"""How a line can look, and the keys for it."""

PLACES = {"centred": "ctrl+e", "right-aligned": "ctrl+r"}
"""Where a line can stand, and the keys for it."""


def _draw(chance: random.Random, seen: bool) -> Parameters:
    """A document of a few lines; a line to be added, and one that is there already."""
    file = nouns(chance, seen, 1)[0]
    while True:
        text, *lines = (sentence(chance, seen) for _ in range(chance.randint(4, 6)))
        if distinct([text, *lines]):
            return {"name": f"{file}.docx", "text": text, "lines": "\n".join(lines)}


def _draw_line(ways: Sequence[str]) -> Draw:
    def draw(chance: random.Random, seen: bool) -> Parameters:
        p = _draw(chance, seen)
        return {**p, "text": chance.choice(p["lines"].split("\n")), "look": chance.choice(ways)}

    return draw


def _draw_word(chance: random.Random, seen: bool) -> Parameters:
    """A document that has a word in every second line, and another word for it."""
    file, word, instead, *others = nouns(chance, seen, 7)
    verbs, looks = VERBS.part(seen), ADJECTIVES.part(seen)
    lines = []
    for index, other in enumerate(others):
        verb, look = chance.choice(verbs), chance.choice(looks)
        lines.append(f"the {look} {other} {verb} the {word if index % 2 else others[index - 1]}")
    return {"name": f"{file}.docx", "word": word, "instead": instead, "lines": "\n".join(lines)}


def _draw_page(chance: random.Random, seen: bool) -> Parameters:
    return {**_draw(chance, seen), "page": str(number(chance, seen, 3, 40))}


def _document(lines: Sequence[str]) -> bytes:
    from docx import Document

    document = Document()
    for line in lines:
        document.add_paragraph(line)
    written = io.BytesIO()
    document.save(written)
    return written.getvalue()


def _made(p: Parameters) -> bytes:
    return _document(p["lines"].split("\n"))


def _longer(p: Parameters) -> bytes:
    return _document([*p["lines"].split("\n"), p["text"]])


def _reworded(p: Parameters) -> bytes:
    return _document(p["lines"].replace(p["word"], p["instead"]).split("\n"))


_SAVE = press("ctrl+s", "Now I save the document.", "It is changed, so I save.", "Next is saving.")


def _append_moves(p: Parameters) -> list[OracleMove]:
    return [
        press("ctrl+end", "I go to the end of the document.", "The end is where the line goes."),
        press("enter", "The line is a paragraph of its own.", "I begin a new paragraph."),
        type_text(p["text"], "Now I type the line.", "I add the line here."),
        _SAVE,
        done("The line is added and saved.", "The document is saved."),
    ]


def _replace_moves(p: Parameters) -> list[OracleMove]:
    return [
        press("ctrl+h", "I open the dialog that replaces.", "Find and Replace can do that."),
        type_text(p["word"], "First what is to be found.", "I type the old word.", when="Find and Replace"),
        press("alt+p", "I go on to the field Replace.", "Next is the field with the new word."),
        type_text(p["instead"], "Now the word for it.", "I type the new word."),
        click_text("Replace All", "All of them are to be replaced.", "I replace them all."),
        press(
            "esc", "They are replaced, I close the dialog.", "The dialog can go.", when="Search key replaced"
        ),
        press("ctrl+s", "Now I save the document.", "The change must be kept.", after="Find and Replace"),
        done("The word is replaced everywhere and saved.", "The document is saved."),
    ]


def _look_moves(p: Parameters) -> list[OracleMove]:
    return [
        click_text(p["text"], "Three clicks select the line.", "I select the line first.", count=3),
        press(LOOKS[p["look"]], f"I make it {p['look']}.", "The line is selected, so I change its look."),
        _SAVE,
        done("The line looks as it should, and is saved.", "The document is saved."),
    ]


def _place_moves(p: Parameters) -> list[OracleMove]:
    return [
        click_text(p["text"], "I put the cursor into the line.", "First I click the line."),
        press(PLACES[p["look"]], f"I make it {p['look']}.", "The cursor is there, so I move the line."),
        _SAVE,
        done("The line stands where it should, and is saved.", "The document is saved."),
    ]


def _page_moves(p: Parameters) -> list[OracleMove]:
    return [
        press("ctrl+end", "I look how far the document goes.", "I go to its end."),
        infeasible(f"there is no page {p['page']}", "There is only one page.", "It ends on page 1."),
    ]


DRAWS: dict[str, Draw] = {
    "document": _draw,
    "document-look": _draw_line(tuple(LOOKS)),
    "document-place": _draw_line(tuple(PLACES)),
    "document-word": _draw_word,
    "document-page": _draw_page,
}
MOVES: dict[str, Moves] = {
    "document-append": _append_moves,
    "document-replace": _replace_moves,
    "document-look": _look_moves,
    "document-place": _place_moves,
    "document-page": _page_moves,
}
FILES: dict[str, MakeFile] = {"document": _made, "document-longer": _longer, "document-reworded": _reworded}
