"""A spreadsheet: LibreOffice Calc with a list of things and what they cost."""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Sequence

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

Rows = list[tuple[str, int]]


def _draw(chance: random.Random, seen: bool, count: int) -> Parameters:
    """A list of that length, one thing in it, a new price for it, and names for two sheets."""
    file, sheet, title, *items = nouns(chance, seen, count + 3)
    prices = _prices(chance, seen, count + 1)
    while prices[:-1] in (sorted(prices[:-1]), sorted(prices[:-1], reverse=True)):
        chance.shuffle(prices)
    rows = list(zip(items, prices, strict=False))
    item, old = chance.choice(rows)
    return {
        "name": f"{file}.xlsx",
        "sheet": sheet.capitalize(),
        "title": f"{title.capitalize()} {number(chance, seen, 2001, 2030)}",
        "item": item,
        "old": str(old),
        "price": str(prices[-1]),
        "last": str(count + 1),
        "rows": ",".join(f"{item}={price}" for item, price in rows),
    }


def _prices(chance: random.Random, seen: bool, count: int) -> list[int]:
    """Different numbers of three digits, which stand nowhere else on the screen."""
    return chance.sample(range(201 + int(not seen), 990, 2), count)


def _draw_list(chance: random.Random, seen: bool) -> Parameters:
    return _draw(chance, seen, chance.randint(4, 7))


def _draw_long_list(chance: random.Random, seen: bool) -> Parameters:
    """Numbered things, more than a screen shows; the one that is asked for is far down."""
    kind, file, sheet = nouns(chance, seen, 3)
    count = 60
    prices = _prices(chance, seen, count)
    rows = [(f"{kind}-{index + 101}", price) for index, price in enumerate(prices)]
    item, price = rows[number(chance, seen, 35, count)]
    listed = ",".join(f"{item}={price}" for item, price in rows)
    return {
        "name": f"{file}.xlsx",
        "sheet": sheet.capitalize(),
        "item": item,
        "price": str(price),
        "rows": listed,
    }


def _draw_sum(chance: random.Random, seen: bool) -> Parameters:
    p = _draw_list(chance, seen)
    prices = [price for _, price in rows_of(p)]
    below = str(int(p["last"]) + 1)
    return {**p, "below": below, "final": str(prices[-1]), "total": str(sum(prices))}


def _draw_order(chance: random.Random, seen: bool) -> Parameters:
    order = chance.choice(("ascending", "descending"))
    return {**_draw_list(chance, seen), "order": order, "Order": order.capitalize()}


def rows_of(p: Parameters) -> Rows:
    """The list that stands in the parameters."""
    return [(item, int(price)) for item, price in (row.split("=") for row in p["rows"].split(","))]


def _workbook(sheet: str, rows: Sequence[tuple[str, int]]) -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    page = book.active
    assert page is not None
    page.title = sheet
    for row in (("Item", "Price"), *rows):
        page.append(row)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def _made(change: Callable[[Parameters, Rows], Rows], sheet: str = "sheet") -> MakeFile:
    """Makes a file with a list that was changed; ``sheet`` is the parameter with the sheet's name."""
    return lambda p: _workbook(p[sheet], change(p, rows_of(p)))


def _same(p: Parameters, rows: Rows) -> Rows:
    return rows


def _repriced(p: Parameters, rows: Rows) -> Rows:
    return [(item, int(p["price"]) if item == p["item"] else price) for item, price in rows]


def _ordered(p: Parameters, rows: Rows) -> Rows:
    return sorted(rows, key=lambda row: row[1], reverse=p["order"] == "descending")


def _extended(p: Parameters, rows: Rows) -> Rows:
    return [*rows, (p["item"], int(p["price"]))]


def _totalled(p: Parameters, rows: Rows) -> Rows:
    return [*rows, ("", int(p["total"]))]


_SAVE = press("ctrl+s", "Now I save the file.", "It is changed, so I save.", "Next is saving.")


def _price_moves(p: Parameters) -> list[OracleMove]:
    return [
        click_text(p["old"], "I select the cell with the old price.", f"The price of {p['item']} is here."),
        type_text(p["price"], "I type the new price over it.", "Now the new number.", "The new price."),
        press("enter", "Enter puts it into the cell.", "I confirm the number."),
        _SAVE,
        done("The price is changed and saved.", "The file is saved."),
    ]


def _total_moves(p: Parameters) -> list[OracleMove]:
    return [
        press("ctrl+end", "I go to the last price.", "The last cell of the list comes first."),
        press("down", "The total goes below the last price.", "One cell further down."),
        type_text(f"=SUM(B2:B{p['last']})", "A formula adds the prices up.", "I type the sum of the column."),
        press("enter", "Enter puts the formula into the cell.", "I confirm the formula."),
        _SAVE,
        done("The total stands below the prices.", "The total is there and saved."),
    ]


def _title_moves(p: Parameters) -> list[OracleMove]:
    return [
        click_text(p["sheet"], "A double click on its tab renames a sheet.", "I open its name.", count=2),
        type_text(p["title"], "I type the new name over the old.", "Now the new name.", when="Rename Sheet"),
        press("enter", "I confirm the name.", "The name is typed, so enter."),
        press("ctrl+s", "Now I save the file.", "It is renamed, so I save.", after="Rename Sheet"),
        done("The sheet has its new name.", "The renamed sheet is saved."),
    ]


def _order_moves(p: Parameters) -> list[OracleMove]:
    return [
        click_text("Price", "I select a cell of the column first.", "The prices are what to sort by."),
        click_text("Data", "The menu Data has the sorting.", "I open the menu Data."),
        click_text(f"Sort {p['Order']}", f"I sort {p['order']}.", when=f"Sort {p['Order']}"),
        _SAVE,
        done("The list is sorted and saved.", "The order is right, done."),
    ]


def _add_moves(p: Parameters) -> list[OracleMove]:
    return [
        press("ctrl+end", "I go to the end of the list.", "The last row comes first."),
        press("down", "Below it is the first free row.", "One row down."),
        press("home", "The thing goes into the first column.", "I go to the first column."),
        type_text(p["item"], "I type the name.", "First its name."),
        press("tab", "Tab goes on to the price.", "Next is the price's cell."),
        type_text(p["price"], "Now the price.", "I type the price."),
        press("enter", "Enter puts it into the cell.", "I confirm the number."),
        _SAVE,
        done("The new row is there and saved.", "The row is saved."),
    ]


def _question_moves(p: Parameters) -> list[OracleMove]:
    return [
        press("ctrl+f", "The list is long, so I search.", "I look it up by a search."),
        type_text(p["item"], "I type what I look for.", "The name goes into the search."),
        press("enter", "Enter searches.", "Now I search for it."),
        done("The price stands beside it.", "I read the price.", answer=p["price"]),
    ]


def _missing_moves(p: Parameters) -> list[OracleMove]:
    sheet, title = p["sheet"], p["title"]
    return [
        infeasible(
            f"there is no sheet {title}",
            f"The only sheet is {sheet}.",
            f"I see no tab that is called {title}.",
        )
    ]


def _draw_addition(chance: random.Random, seen: bool) -> Parameters:
    p = _draw_list(chance, seen)
    return {**p, "item": p["title"].split()[0].lower()}


DRAWS: dict[str, Draw] = {
    "sheet-list": _draw_list,
    "sheet-long-list": _draw_long_list,
    "sheet-sum": _draw_sum,
    "sheet-order": _draw_order,
    "sheet-addition": _draw_addition,
}
MOVES: dict[str, Moves] = {
    "sheet-price": _price_moves,
    "sheet-total": _total_moves,
    "sheet-title": _title_moves,
    "sheet-order": _order_moves,
    "sheet-add": _add_moves,
    "sheet-question": _question_moves,
    "sheet-missing": _missing_moves,
}
FILES: dict[str, MakeFile] = {
    "sheet": _made(_same),
    "sheet-repriced": _made(_repriced),
    "sheet-titled": _made(_same, "title"),
    "sheet-ordered": _made(_ordered),
    "sheet-totalled": _made(_totalled),
    "sheet-extended": _made(_extended),
}
