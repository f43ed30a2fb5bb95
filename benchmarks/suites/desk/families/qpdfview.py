"""A reader of PDF documents: qpdfview with a document of several pages."""

from __future__ import annotations

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
from deskhand.screens.variation import nouns, number, sentence


def _draw(chance: random.Random, seen: bool) -> Parameters:
    """A document in which each page gives the number of something; one of them, and a page too far."""
    file, copy, *things = nouns(chance, seen, chance.randint(7, 9))
    index = chance.randrange(2, len(things))
    codes = chance.sample(range(1001 + int(not seen), 9999, 2), len(things))
    return {
        "name": f"{file}.pdf",
        "new": f"{copy}{number(chance, seen, 2, 99)}.pdf",
        "thing": things[index],
        "code": str(codes[index]),
        "page": str(index + 1),
        "beyond": str(len(things) + chance.randint(2, 30)),
        "things": "|".join(things),
        "codes": "|".join(map(str, codes)),
        "text": sentence(chance, seen),
    }


def _document(p: Parameters) -> bytes:
    pages = []
    for thing, code in zip(p["things"].split("|"), p["codes"].split("|"), strict=True):
        pages.append([thing.capitalize(), "", f"The {thing} has the number {code}.", p["text"]])
    return pdf(pages)


def pdf(pages: Sequence[Sequence[str]]) -> bytes:
    """A PDF document of pages with lines of plain text (ISO 32000-1)."""
    kids = " ".join(f"{4 + 2 * index} 0 R" for index in range(len(pages)))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for index, lines in enumerate(pages):
        shown = " ".join(f"({_escaped(line)}) Tj T*" for line in lines)
        content = f"BT /F1 20 Tf 30 TL 60 740 Td {shown} ET"
        objects.append(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] "
            f"/Contents {5 + 2 * index} 0 R /Resources << /Font << /F1 3 0 R >> >> >>"
        )
        objects.append(f"<< /Length {len(content)} >>\nstream\n{content}\nendstream")
    return _file(objects)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")


def _file(objects: Sequence[str]) -> bytes:
    """A file of numbered objects with the table of their places; the first is the root."""
    text, places = "%PDF-1.4\n", []
    for index, content in enumerate(objects, 1):
        places.append(len(text))
        text += f"{index} 0 obj\n{content}\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    size = len(objects) + 1
    text += f"xref\n0 {size}\n0000000000 65535 f \n{table}"
    start = text.index("xref\n0 ")
    text += f"trailer << /Size {size} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n"
    return text.encode("ascii")


def _question_moves(p: Parameters) -> list[OracleMove]:
    return [
        press("ctrl+f", "The document is long, so I search.", "A search finds the page."),
        type_text(p["thing"], "I type what I look for.", "The word goes into the search."),
        press("enter", "Enter searches.", "Now I search for it."),
        done("The number stands there.", "I read the number.", answer=p["code"], when=p["code"]),
    ]


def _page_moves(p: Parameters) -> list[OracleMove]:
    return [
        press("ctrl+j", "I ask for another page.", "The page is further down, I jump to it."),
        type_text(p["page"], "I type the page's number.", "Now the number.", when="Jump to page"),
        press("enter", "I confirm the number.", "Enter goes to the page."),
        done("The page tells it.", "I read it on the page.", answer=p["code"], when=p["code"]),
    ]


def _copy_moves(p: Parameters) -> list[OracleMove]:
    return [
        click_text("File", "The menu File can save a copy.", "I open the menu File."),
        click_text("Save copy", "I choose to save a copy.", "This entry saves a copy.", when="Save copy"),
        type_text(p["new"], "I type the copy's name.", "Now the name.", when="File name"),
        press("enter", "I confirm the name.", "The name is typed, so enter."),
        done("The copy is saved.", "The copy lies in the home folder.", after="File name"),
    ]


def _beyond_moves(p: Parameters) -> list[OracleMove]:
    return [
        press("end", "I look how many pages there are.", "I go to the last page."),
        infeasible(f"there is no page {p['beyond']}", f"It ends before page {p['beyond']}."),
    ]


DRAWS: dict[str, Draw] = {"reader": _draw}
MOVES: dict[str, Moves] = {
    "reader-question": _question_moves,
    "reader-page": _page_moves,
    "reader-copy": _copy_moves,
    "reader-beyond": _beyond_moves,
}
FILES: dict[str, MakeFile] = {"guide": _document}
