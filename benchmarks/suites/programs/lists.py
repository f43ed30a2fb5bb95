"""Parts of programs with rows: lists, tables, trees."""

from __future__ import annotations

from typing import Any

from deskhand.benchmarks.browsing.moves import Moves
from deskhand.benchmarks.composing.goals import Goal
from deskhand.benchmarks.suites.programs.controls import asking
from deskhand.benchmarks.suites.programs.drawing import ProgramDrawing, ProgramGoal, ProgramPart
from deskhand.benchmarks.suites.programs.window import ProgramWindow, click, clicking, leave

MOST_ROWS = 16


def rows(d: ProgramDrawing) -> ProgramPart:
    """A list to select from, which may be longer than its box."""
    return _rows(d, [])


def menu_rows(d: ProgramDrawing) -> ProgramPart:
    """A list whose rows have a menu under the right button."""
    return _rows(d, [{"id": d.new_id(), "text": text} for text in d.several("actions", 2, 5)])


def _rows(d: ProgramDrawing, menu: list[dict[str, str]]) -> ProgramPart:
    own, kind = d.new_id(), d.chance.choice(("nouns", "people"))
    entries = [{"id": d.new_id(), "text": text} for text in d.several(kind, 4, MOST_ROWS)]
    goals = [
        *([] if menu else [_choosing(d, own, one["id"], one["text"]) for one in entries]),
        *[_in_context(d, own, one, entry) for one in entries for entry in menu],
    ]
    manner = d.chance.choice(("list", "tree"))
    spec = {
        "kind": "rows",
        "id": own,
        "entries": entries,
        "manner": manner,
        "margin": d.chance.choice((2, 4, 7)),
        "menu": menu,
        **_size(d, scrolls=manner == "tree" or d.chance.random() < 0.6),
    }
    return ProgramPart(spec, tuple(goals), {f"chosen {own}": None})


def _size(d: ProgramDrawing, scrolls: bool = True) -> dict[str, int]:
    """Of a box that scrolls; no height for one that is as high as what is in it."""
    return {"width": d.chance.randint(180, 320), "height": d.chance.randint(130, 240) if scrolls else 0}


def _choosing(d: ProgramDrawing, group: str, own: str, text: str, place: str = "") -> ProgramGoal:
    doing = clicking(place or own, f"{text!r} in the list")
    return Goal(d.said("choosing"), {"name": text}, {f"chosen {group}": own}, doing)


def _in_context(d: ProgramDrawing, group: str, row: dict[str, str], entry: dict[str, str]) -> ProgramGoal:
    menu = f"{group} menu"

    def doing(window: ProgramWindow) -> Moves:
        report = window.look()
        if report.open[-1:] != [menu] or report.under[menu] != row["id"]:
            yield from leave(window)
            yield from click(window, row["id"], f"{row['text']!r} with the right button", button="right")
        yield from click(window, entry["id"], f"{entry['text']!r} in the menu")

    return Goal(
        d.said("context"),
        {"name": row["text"], "entry": entry["text"]},
        {f"context {group}": f"{row['id']} {entry['id']}"},
        doing,
        beside=(f"chosen {group}",),
    )


def table(d: ProgramDrawing) -> ProgramPart:
    """Rows with several cells: to choose, tick, sort or read."""
    own, ticks = d.new_id(), d.chance.random() < 0.5
    columns = [{"id": d.new_id(), "text": text} for text in ("Name", *d.several("labels", 2, 4))]
    made, goals = [], []
    start: dict[str, Any] = {f"chosen {own}": None, f"sorted {own}": None}
    for name in d.several("people", 3, 9):
        row = d.new_id()
        cells = [
            {"id": d.new_id(), "text": text} for text in (name, *[d.words.number() for _ in columns[1:]])
        ]
        on = ticks and d.chance.random() < 0.5
        made.append({"id": row, "on": on, "cells": cells})
        goals.append(_choosing(d, own, row, name, cells[0]["id"]))
        goals += [
            asking(d, cell["id"], cell["text"], f"{column['text']} of {name}")
            for column, cell in zip(columns[1:], cells[1:], strict=True)
        ]
        if ticks:
            start[row] = on
            goals += [_ticking(d, own, row, name, on)] * 2
    for column in columns:
        doing = clicking(column["id"], f"the head of the column {column['text']!r}")
        wanted = {f"sorted {own}": column["id"]}
        goals += [Goal(d.said("sorting"), {"name": column["text"]}, wanted, doing)]
    spec = {"kind": "table", "id": own, "columns": columns, "rows": made, "ticks": ticks, **_size(d)}
    return ProgramPart(spec, tuple(goals), start)


def _ticking(d: ProgramDrawing, group: str, row: str, name: str, on: bool) -> ProgramGoal:
    doing = clicking(f"{row} tick", f"the box in the row of {name!r}")
    said = d.said("uncell" if on else "cell")
    return Goal(said, {"name": name}, {row: not on}, doing, beside=(f"chosen {group}",))


def tree(d: ProgramDrawing) -> ProgramPart:
    """Branches that are folded, with leaves to choose."""
    own, branches, goals = d.new_id(), [], []
    for title in d.several("nouns", 2, 5):
        branch = d.new_id()
        leaves = [{"id": d.new_id(), "text": text} for text in d.several("nouns", 1, 5)]
        branches.append({"id": branch, "text": title, "leaves": leaves})
        goals += [_in_tree(d, own, branch, title, leaf["id"], leaf["text"]) for leaf in leaves]
    spec = {"kind": "tree", "id": own, "branches": branches, **_size(d)}
    return ProgramPart(spec, tuple(goals), {f"chosen {own}": None})


def _in_tree(d: ProgramDrawing, group: str, branch: str, title: str, own: str, text: str) -> ProgramGoal:
    def doing(window: ProgramWindow) -> Moves:
        yield from leave(window)
        if own not in window.look().places:
            yield from click(window, f"{branch} arrow", f"the arrow before {title!r}")
        yield from click(window, own, repr(text))

    named = {"name": text, "branch": title}
    return Goal(d.said("tree"), named, {f"chosen {group}": own}, doing)
