"""Tables and lists on a screen, with questions: about a cell by its row and column, an entry by its kind.

Recorded screens have few tables, and what people ask of them is the same everywhere: what stands in the row
of one name and the column of another. ``facts.toml`` has the names of columns and what is asked.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from deskhand.actions.geometry import Box
from deskhand.policies.embedded.places import ScreenPlace
from deskhand.policies.embedded.pointed import Piece
from deskhand.training.reasoner.facts import templates

LETTER, LINE = 8, 20
"""Pixels of a letter across, and of a row down, at least."""
GAP = 16
"""Pixels between the columns, at least."""
ROWS = (3, 7)
"""Fewest and most rows of a table, and entries of a list."""
IN_LINES = 0.35
"""Share of the tables whose rows are one text each, as an editor or a terminal shows them."""
BETWEEN = ("  ", "   ", " - ", ", ", ": ", " | ", "\t")
"""What stands between the cells of such a row."""
CELL_ROLE, ENTRY_ROLES = "text", ("text", "row", "icon")

_VOWEL = re.compile(r"\b([Aa]) (?=[aeiou])")
"""An article before a vowel."""


@dataclass(frozen=True, slots=True)
class Told:
    """What stands where, and a question about it.

    Attributes:
        rows: the texts of each row, its cells in order.
        row, column: where the answer stands.
    """

    rows: tuple[tuple[str, ...], ...]
    question: str
    row: int
    column: int


def table_question(
    places: Sequence[ScreenPlace], texts: Sequence[int], chance: random.Random
) -> tuple[str, Piece, tuple[ScreenPlace, ...]] | None:
    """A table or a list in place of some texts of a screen, and a question about it.

    Args:
        texts: the numbers of the places that may make room.

    Returns:
        the question, where its answer stands, and the screen; None where there is not room enough.
    """
    told = _table(chance) if chance.random() < 0.65 else _list(chance)
    if len(told.rows[0]) == 1:
        role, in_lines = chance.choice(ENTRY_ROLES), False
    else:
        role, in_lines = CELL_ROLE, chance.random() < IN_LINES
    rows = told.rows
    between = chance.choice(BETWEEN)
    if in_lines:
        rows = tuple((between.join(row),) for row in rows)
    cells = sum(map(len, rows))
    if cells > len(texts):
        return None
    return told.question, *_shown(places, texts, rows, told, (role, between if in_lines else ""), chance)


def _table(chance: random.Random) -> Told:
    """A column of keys and one to three others, with or without a row of their names."""
    known = templates()["columns"]
    key, *others = chance.sample(list(known), chance.randint(2, 4))
    count = min(chance.randint(*ROWS), *(len(_pool(known[one])) for one in (key, *others)))
    columns = [chance.sample(_pool(known[key]), count)]
    columns += [chance.choices(_pool(known[one]), k=count) for one in others]
    rows = list(zip(*columns, strict=True))
    asked = chance.randrange(len(others))
    at = chance.randrange(count)
    cell, name = rows[at][asked + 1], others[asked]
    same = sum(row[asked + 1] == cell for row in rows)
    if same == 1 and chance.random() < 0.25:
        question, column = chance.choice(templates()["tables"]["back"]), 0
    else:
        question, column = chance.choice([*templates()["tables"]["ahead"], *known[name]["asks"]]), asked + 1
    text = question.format(key=key.lower(), name=name.lower(), row=rows[at][0], cell=cell)
    if len(others) > 1 or chance.random() < 0.6:
        rows.insert(0, (key, *others))
        at += 1
    return Told(tuple(rows), text, at, column)


def _list(chance: random.Random) -> Told:
    """Entries of which one is of the kind that is asked for."""
    kinds = templates()["kinds"]
    one, *rest = chance.sample(list(kinds), chance.randint(2, 4))
    entries = [chance.choice(kinds[one])]
    others = [text for kind in rest for text in kinds[kind]]
    entries += chance.sample(others, min(len(others), chance.randint(*ROWS)))
    ending = chance.choice(("", "", ".txt", ".pdf", ".odt", ".png"))
    if ending:
        entries = [f"{text.replace(' ', '-').lower()}{ending}" for text in entries]
    question = chance.choice(templates()["lists"]["files" if ending else "any"]).format(kind=one)
    question = _VOWEL.sub(r"\1n ", question)
    answer = entries[0]
    chance.shuffle(entries)
    return Told(tuple((text,) for text in entries), question, entries.index(answer), 0)


def _shown(
    places: Sequence[ScreenPlace],
    texts: Sequence[int],
    rows: Sequence[Sequence[str]],
    told: Told,
    form: tuple[str, str],
    chance: random.Random,
) -> tuple[Piece, tuple[ScreenPlace, ...]]:
    """The screen with the cells in place of some of its texts, and where the answer is."""
    role, between = form
    widths = [max(len(row[n]) for row in rows) * LETTER + GAP for n in range(len(rows[0]))]
    height = LINE + chance.randrange(12)
    left, top = chance.randrange(20, 300), chance.randrange(60, 300)
    used = iter(sorted(chance.sample(list(texts), sum(map(len, rows)))))
    shown, answer = list(places), Piece()
    for number, row in enumerate(rows):
        for column, text in enumerate(row):
            at = next(used)
            start = left + sum(widths[:column])
            down = top + number * height
            box = Box(start, down, start + max(1, len(text)) * LETTER, down + LINE - 4)
            shown[at] = replace(shown[at], role=role, text=" ".join(text.split()), box=box)
            if number != told.row:
                continue
            if between:
                cells = [" ".join(cell.split()) for cell in told.rows[number]]
                start = len(" ".join(between.join((*cells[: told.column], "")).split()))
                start = shown[at].text.find(cells[told.column], start)
                answer = Piece(source=at, start=start, end=start + len(cells[told.column]))
            elif column == told.column:
                answer = Piece(source=at, start=0, end=len(shown[at].text))
    return answer, tuple(shown)


def _pool(column: dict[str, object]) -> list[str]:
    """The texts of a column."""
    found: list[str] = templates()["pools"][column["of"]]
    return found
