"""A browser: Chromium with pages that a server inside the sandbox has."""

from __future__ import annotations

import html
import random
from pathlib import Path

from deskhand.benchmarks import serving_pages
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
from deskhand.screens.variation import nouns, number

_STYLE = "body{font:20px 'DejaVu Sans',sans-serif;margin:40px} td,th{padding:8px 24px;text-align:left}"
_STYLE += "input,button{font:inherit;margin:6px} label{display:block}"


def _draw(chance: random.Random, seen: bool) -> Parameters:
    """A shop with some things, one of which is meant; a person's order; a bookmark's name."""
    shop, person, mark, *things = nouns(chance, seen, chance.randint(8, 10))
    prices = chance.sample(range(201 + int(not seen), 990, 2), len(things))
    index = chance.randrange(len(things))
    return {
        "shop": f"{shop.capitalize()} shop",
        "thing": things[index],
        "price": str(prices[index]),
        "person": person.capitalize(),
        "mark": f"{mark.capitalize()} {number(chance, seen, 2, 99)}",
        "count": str(number(chance, seen, 2, 60)),
        "things": "|".join(things),
        "prices": "|".join(map(str, prices)),
    }


def _page(title: str, body: str) -> bytes:
    head = f'<!doctype html><meta charset="utf-8"><title>{html.escape(title)}</title><style>{_STYLE}</style>'
    return f"{head}<h1>{html.escape(title)}</h1>{body}".encode()


def _start(p: Parameters) -> bytes:
    return _page(p["shop"], '<p>Welcome.</p><p><a href="prices.html">Prices</a></p>')


def _prices(p: Parameters) -> bytes:
    rows = zip(p["things"].split("|"), p["prices"].split("|"), strict=True)
    cells = "".join(f"<tr><td>{html.escape(thing)}</td><td>{price}</td></tr>" for thing, price in rows)
    return _page(f"Prices of the {p['shop']}", f"<table><tr><th>Thing</th><th>Price</th></tr>{cells}</table>")


def _order(p: Parameters) -> bytes:
    fields = "".join(
        f'<label>{name} <input name="{name.lower()}" autocomplete="off"></label>'
        for name in ("Thing", "Count", "Customer")
    )
    return _page(
        f"Order of the {p['shop']}", f'<form method="post">{fields}<button>Order now</button></form>'
    )


def _server(p: Parameters) -> bytes:
    return Path(serving_pages.__file__).read_bytes()


def _mark_moves(p: Parameters) -> list[OracleMove]:
    return [
        press("ctrl+d", "I bookmark the page.", "Ctrl+D makes a bookmark."),
        type_text(
            p["mark"], "I type the bookmark's name.", "The name is marked, I type over it.", when="Folder"
        ),
        press("enter", "I confirm the bookmark.", "The name is typed, so enter."),
        done("The page is bookmarked.", "The bookmark has its name.", after="Folder"),
    ]


def _order_moves(p: Parameters) -> list[OracleMove]:
    return [
        press("tab", "I go to the first field.", "Tab leads to the first field."),
        type_text(p["thing"], "What is ordered comes first.", "I type the thing."),
        press("tab", "Next is the count.", "I go on to the count."),
        type_text(p["count"], "Now how many.", "I type the count."),
        press("tab", "Next is the customer.", "I go on to the customer."),
        type_text(p["person"], "Now who orders.", "I type the name."),
        click_text("Order now", "All is filled in, so I order.", "I send the order."),
        done("The order is sent.", "The shop has the order.", when="Thank you"),
    ]


def _question_moves(p: Parameters) -> list[OracleMove]:
    return [
        click_text("Prices", "The prices are on another page.", "I follow the link to the prices."),
        done("The price stands beside it.", "I read the price.", answer=p["price"], when=p["price"]),
    ]


def _missing_moves(p: Parameters) -> list[OracleMove]:
    return [
        click_text("Prices", "The prices are on another page.", "I follow the link to the prices."),
        infeasible(f"the shop has no {p['mark']}", f"There is no {p['mark']} in the list.", when="Thing"),
    ]


DRAWS: dict[str, Draw] = {"shop": _draw}
MOVES: dict[str, Moves] = {
    "web-bookmark": _mark_moves,
    "web-order": _order_moves,
    "web-question": _question_moves,
    "web-missing": _missing_moves,
}
FILES: dict[str, MakeFile] = {
    "shop-start": _start,
    "shop-prices": _prices,
    "shop-order": _order,
    "shop-server": _server,
}
