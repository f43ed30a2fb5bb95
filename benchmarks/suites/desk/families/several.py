"""Two applications at once: what one shows is written down in the other."""

from __future__ import annotations

import random

from deskhand.benchmarks.moves import (
    Draw,
    Moves,
    OracleMove,
    Parameters,
    click_text,
    done,
    press,
    type_text,
)
from deskhand.benchmarks.suites.desk.families import chromium, qpdfview, sylpheed
from deskhand.screens.variation import nouns, number

EDITOR = "Untitled 1 - Mousepad"


def _note(chance: random.Random, seen: bool) -> Parameters:
    return {"note": f"{nouns(chance, seen, 1)[0]}{number(chance, seen, 2, 99)}.txt"}


def _draw_reader(chance: random.Random, seen: bool) -> Parameters:
    return {**qpdfview.DRAWS["reader"](chance, seen), **_note(chance, seen)}


def _draw_mail(chance: random.Random, seen: bool) -> Parameters:
    return {**sylpheed.DRAWS["mail"](chance, seen), **_note(chance, seen)}


def _draw_shop(chance: random.Random, seen: bool) -> Parameters:
    """A shop, and a list in which one of its things has another price."""
    shop = chromium.DRAWS["shop"](chance, seen)
    things, prices = shop["things"].split("|"), [int(price) for price in shop["prices"].split("|")]
    rows = list(zip(things, prices, strict=True))
    chance.shuffle(rows)
    price = int(shop["price"])
    old = chance.choice([one for one in range(202 + int(seen), 990, 2) if one not in prices])
    listed = [f"{thing}={old if cost == price else cost}" for thing, cost in rows]
    return {
        **shop,
        "name": f"{shop['mark'].split()[0].lower()}.xlsx",
        "sheet": "List",
        "item": shop["thing"],
        "old": str(old),
        "rows": ",".join(listed),
    }


def _written(p: Parameters) -> list[OracleMove]:
    """The number is known: it goes into the editor and is saved."""
    return [
        click_text(EDITOR, "Now the editor: I click its window.", "I go to the editor."),
        type_text(p["code"], "I type the number.", "The number goes here."),
        press("ctrl+s", "I save it.", "Now it needs a name."),
        type_text(p["note"], "I type the file's name.", "Now the name.", when="Save As"),
        press("enter", "I confirm the name.", "The name is typed, so enter."),
        done("The number is saved.", "The file is there.", after="Save As"),
    ]


def _reader_moves(p: Parameters) -> list[OracleMove]:
    return [
        press("ctrl+f", "The document is long, so I search.", "A search finds the page."),
        type_text(p["thing"], "I type what I look for.", "The word goes into the search."),
        press("enter", "Enter searches.", "Now I search for it."),
        *_written(p),
    ]


def _mail_moves(p: Parameters) -> list[OracleMove]:
    return [
        click_text(p["subject"], "I open the message first.", f"The message from {p['person']} is here."),
        *_written(p),
    ]


def _shop_moves(p: Parameters) -> list[OracleMove]:
    return [
        click_text(p["old"], "The page tells the price; I click the old one.", "I go to the list's cell."),
        type_text(p["price"], "I type the price of the page.", "Now the right number."),
        press("enter", "Enter puts it into the cell.", "I confirm the number."),
        press("ctrl+s", "Now I save the list.", "It is corrected, so I save."),
        done("The list has the price of the page, saved.", "The file is saved."),
    ]


DRAWS: dict[str, Draw] = {"reader-note": _draw_reader, "mail-note": _draw_mail, "shop-sheet": _draw_shop}
MOVES: dict[str, Moves] = {"reader-note": _reader_moves, "mail-note": _mail_moves, "shop-sheet": _shop_moves}
