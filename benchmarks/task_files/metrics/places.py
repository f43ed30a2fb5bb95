"""Metrics on names of places that an agent looked up: addresses in a document, cities in a workbook."""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated, Any

from pydantic import BaseModel, Field

from deskhand.benchmarks.suite import Score
from deskhand.benchmarks.task_files.metrics.common import rules_of, shown
from deskhand.benchmarks.task_files.metrics.documents import paragraphs
from deskhand.benchmarks.task_files.metrics.general import Texts
from deskhand.benchmarks.task_files.metrics.matching import likeness
from deskhand.benchmarks.task_files.metrics.workbook import read_book
from deskhand.benchmarks.task_files.place import NothingThere
from deskhand.benchmarks.task_files.task import Object

PLACES = 3
LONGEST_ADDRESS = 500
FIRST_ROW, LAST_ROW, COLUMN = 2, 22, 3
"""The cells C2 to C22."""


class _Addresses(BaseModel):
    expected: Texts


def fuzzy_place_math(result: Any, expected: Any, options: Object) -> Score:
    """How alike the three words of a document are to one of the addresses each, as a reward."""
    wanted = rules_of(_Addresses, expected).expected
    words = [word for text in paragraphs(result) for word in text.split()]
    if len(words) != PLACES:
        return Score(0.0, f"the document has {len(words)} words and not {PLACES}")
    best = (max((likeness(word[:LONGEST_ADDRESS], one) for one in wanted), default=0.0) for word in words)
    reward = sum(best) / PLACES
    return Score(reward, "" if reward >= 1 else f"the addresses are alike by {reward:.0%}")


class _Cities(BaseModel):
    """For each row a city, or several names of it."""

    expected: Annotated[tuple[Texts, ...], Field(max_length=1000)]


def compare_conference_city_in_order(result: Any, expected: Any, options: Object) -> Score:
    """The cells C2 to C22 of a workbook's first shown sheet hold these cities, one after the other."""
    wanted, sheet = rules_of(_Cities, expected).expected, read_book(result).styles.active
    if sheet is None or not hasattr(sheet, "iter_rows"):
        raise NothingThere("the workbook shows no sheet with cells")
    rows = sheet.iter_rows(FIRST_ROW, LAST_ROW, COLUMN, COLUMN, values_only=True)
    for number, (value,) in enumerate(rows):
        names = wanted[number] if number < len(wanted) else ()
        found = _plain(value)
        if not any(_plain(name) and _plain(name) in found for name in names):
            return Score(0.0, f"C{FIRST_ROW + number} is {shown(value)} and not {shown(list(names))}")
    return Score(1.0)


def _plain(value: Any) -> str:
    """Letters without their marks, small, and digits; all else is one space."""
    text = "" if value is None else unicodedata.normalize("NFKD", str(value))
    text = "".join(letter for letter in text if not unicodedata.combining(letter))
    return re.sub(r"[^a-z0-9]+", " ", text.lower()).strip()
