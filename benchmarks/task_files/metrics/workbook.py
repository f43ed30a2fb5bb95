"""Workbooks and their sheets, as rules of a task name them."""

from __future__ import annotations

import re
import warnings
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.workbook import Workbook

from deskhand.benchmarks.task_files.metrics.common import shown
from deskhand.benchmarks.task_files.metrics.packed import packed
from deskhand.benchmarks.task_files.place import NothingThere, TooMuch
from deskhand.errors import UsageError

MOST_CELLS = 1_000_000
"""Of a sheet, counted from its first cell to the last that holds something."""

_NOTHING = frozenset(
    {
        "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A",
        "NA", "NULL", "NaN", "None", "n/a", "nan", "null",
    }
)  # fmt: skip
"""Texts that OSWorld's library for tables takes for an empty cell."""

Sheet = Any
Cells = Mapping[tuple[int, int], Any]
"""Values by row and column, counted from 1; empty cells are left out."""


@dataclass(frozen=True, slots=True)
class Book:
    """One workbook, read twice: with what its formulas came to when it was saved, and with all else."""

    path: Path
    values: Workbook
    styles: Workbook

    @property
    def names(self) -> list[str]:
        return list(self.values.sheetnames)


def read_book(value: Any) -> Book:
    """A workbook that a getter gave.

    Raises:
        NothingThere: it is none.
        TooMuch: it is too large.
    """
    path = packed(value, "workbook")
    try:
        # What a library does not know of a workbook it leaves out, with a warning.
        with warnings.catch_warnings(), path.open("rb") as file:
            warnings.simplefilter("ignore")
            values = openpyxl.load_workbook(file, data_only=True)
            file.seek(0)
            styles = openpyxl.load_workbook(file)
    except (
        OSError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        IndexError,
        zipfile.BadZipFile,
    ) as error:
        raise NothingThere(f"{path.name} is not a workbook: {shown(str(error))}") from error
    except SyntaxError as error:  # what XML parsers raise
        raise NothingThere(f"{path.name} is damaged: {shown(str(error))}") from error
    return Book(path, values, styles)


@dataclass(frozen=True, slots=True)
class Books:
    """The workbook that was found, and the one that is expected, if there is one."""

    result: Book
    expected: Book | None

    def named(self, index: Any) -> tuple[Book, str]:
        """The sheet that a rule names: 0 or "RI0" by number, "RNSheet1" by name; with E in the expected one.

        Raises:
            NothingThere: there is no such sheet in what was found.
            UsageError: it names none, or one of an expected workbook that is not there.
        """
        name = f"RI{index}" if isinstance(index, int) else str(index)
        given = re.fullmatch(r"([RE])(I\d{1,4}|N.{1,200})", name)
        if given is None:
            raise UsageError(
                f"a rule names the sheet {name[:60]!r}: it is 0, 'RI0', 'RNName', 'EI0' or 'ENName'"
            )
        book = self.result if given[1] == "R" else self.expected
        if book is None:
            raise UsageError("a rule names a sheet of the expected workbook, and there is none")
        sheet = _sheet(book, given[2])
        if sheet is None:
            error = f"the workbook has no sheet {given[2][1:]}, but {', '.join(map(shown, book.names[:10]))}"
            raise NothingThere(error) if given[1] == "R" else UsageError(error)
        return book, sheet

    def values(self, index: Any) -> Cells:
        """A sheet's values."""
        book, name = self.named(index)
        return cells_of(book.values[name])

    def sheet(self, index: Any) -> Sheet:
        """A sheet with its styles, sizes and filters."""
        book, name = self.named(index)
        return book.styles[name]


def _sheet(book: Book, wanted: str) -> str | None:
    if wanted[0] == "N":
        return wanted[1:] if wanted[1:] in book.names else None
    number = int(wanted[1:])
    return book.names[number] if number < len(book.names) else None


def cells_of(sheet: Sheet) -> dict[tuple[int, int], Any]:
    """What stands in a sheet.

    Raises:
        NothingThere: it has no cells (a sheet that is a chart).
        TooMuch: it is too large.
    """
    if not hasattr(sheet, "iter_rows"):
        raise NothingThere("the sheet has no cells")
    if sheet.max_row * sheet.max_column > MOST_CELLS:
        raise TooMuch(f"a sheet cannot be judged: it is larger than {MOST_CELLS} cells")
    rows = enumerate(sheet.iter_rows(values_only=True), 1)
    return {
        (row, column): value
        for row, values in rows
        for column, value in enumerate(values, 1)
        if value is not None and value != ""
    }


def last_row(value: Any) -> list[str]:
    """The last row of a workbook's first sheet as OSWorld's library for tables writes it.

    A column of numbers that has a gap or a fraction has fractions throughout, and so has a row of nothing but
    numbers if one of its columns has; a gap is "nan".

    Raises:
        NothingThere: it has no row below the names of the columns.
    """
    book = read_book(value)
    cells = cells_of(book.values[book.names[0]])
    if not cells or max(row for row, _ in cells) < 2:
        raise NothingThere("the sheet has no rows below its first")
    last = max(row for row, _ in cells)
    columns = [
        [_plain_value(cells.get((row, column))) for row in range(2, last + 1)]
        for column in range(1, max(column for _, column in cells) + 1)
    ]
    numeric = [all(_is_number(one) or one is None for one in column) for column in columns]
    broken = [
        is_number and any(one is None or isinstance(one, float) for one in column)
        for is_number, column in zip(numeric, columns, strict=True)
    ]
    every = all(numeric) and any(broken)
    pairs = zip((column[-1] for column in columns), broken, strict=True)
    return ["nan" if one is None else str(float(one) if part or every else one) for one, part in pairs]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _plain_value(value: Any) -> Any:
    """A cell's value; a whole number without a fraction, and None for what stands for nothing."""
    if isinstance(value, str) and value in _NOTHING:
        return None
    return int(value) if isinstance(value, float) and value.is_integer() else value
