"""A metric on what an agent answered in its own words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, Field

from deskhand.benchmarks.suite import Score
from deskhand.benchmarks.task_files.metrics.common import must, rules_of, shown, text_of
from deskhand.benchmarks.task_files.task import Object

LONGEST_ANSWER = 2000
_SIGNS = str.maketrans({"\u00d7": "*", "\u2212": "-", "\u00a0": " ", "\u202f": " "})
"""Signs that people write for those on the keyboard: times, minus, and two narrow spaces."""

_NUMBER = re.compile(r"(?<![\w)])-(?=\d)|\d{1,3}(?:[ ,']\d{3}(?!\d))+(?:\.\d+)?|\d+(?:\.\d+)?")


class _Number(BaseModel):
    """The number that is asked for; ``given`` are parts of the question that may stand in an answer."""

    number: Decimal
    what: str = "the answer"
    given: Annotated[tuple[str, ...], Field(max_length=20)] = ()


def deskhand_number(result: Any, expected: Any, options: Object) -> Score:
    """An answer in which one number stands, this one, once or again: "It costs 1,024 in all.".

    Parts of the question are passed over: "12 + 30 = 42". An answer with another number beside it is wrong.
    """
    rule, text = rules_of(_Number, expected), text_of(result).translate(_SIGNS)
    if len(text) > LONGEST_ANSWER:
        return Score(0.0, f"{rule.what}: it is longer than {LONGEST_ANSWER} letters")
    for part in rule.given:
        text = _phrase(part).sub(" ; ", text)
    found = set(_numbers(text))
    return must(found == {rule.number}, f"{rule.what}: {shown(text_of(result))} and not {rule.number}")


def _phrase(text: str) -> re.Pattern[str]:
    """A pattern for the same words and signs, with any space between them and nothing that goes on."""
    parts = r"\s*".join(map(re.escape, re.findall(r"\w+|[^\w\s]", text.translate(_SIGNS))))
    return re.compile(rf"(?<!\w)(?<!\d[.,]){parts}(?!\w|[.,]\d)", re.IGNORECASE)


def _numbers(text: str) -> Iterator[Decimal]:
    sign = 1
    for found in _NUMBER.findall(text):
        if found == "-":
            sign = -1
            continue
        yield sign * Decimal(re.sub(r"[ ,']", "", found))
        sign = 1
