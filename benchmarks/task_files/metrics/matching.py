"""How a value is compared with a rule of a task: {"method": "eq", "ref": 12}.

| method | true when |
|---|---|
| eq, ne, lt, le, gt, ge | as in Python; a number also equals a text that is that number |
| approx:0.01 | it is a number that differs by no more |
| range.te | 0 < x <= 2 for [0, 2]: t is less, e is less or equal, for each end |
| re, re.I, re.M, re.S | the pattern is found in it |
| spreadsheet_range | ranges of cells that hold the first range of the ref and lie in the second |
| str_list_eq, str_set_eq | a text with commas has these parts, in order or in any |

Patterns are a stranger's: they get a second, not an hour.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import regex
from pydantic import BaseModel

from deskhand.errors import UsageError

LONGEST_PATTERN = 2000
PATTERN_SECONDS = 1.0
MOST_FUZZY = 50_000
"""Letters that are compared for likeness; more are cut off."""

_COMPARING: dict[str, Callable[[Any, Any], Any]] = {
    "eq": operator.eq, "ne": operator.ne, "lt": operator.lt,
    "le": operator.le, "gt": operator.gt, "ge": operator.ge,
}  # fmt: skip
_NUMBER = regex.compile(r"\d+(\.\d*)?([eE]-?\d+)?")
_FLAGS = {"I": regex.I, "M": regex.M, "S": regex.S, "X": regex.X, "A": regex.A, "U": regex.U}


class Rule(BaseModel):
    """A method and what it compares with."""

    method: str
    ref: Any = None


def matches(value: Any, rule: Rule) -> bool:
    """Whether a value keeps a rule; values that cannot be compared do not.

    Raises:
        UsageError: there is no such method, or its ref does not fit it.
    """
    method, _, argument = rule.method.replace(":", ".", 1).partition(".")
    try:
        if method == "re":
            return isinstance(value, str) and found(str(rule.ref), value, argument)
        if method in _COMPARING and not argument:
            return bool(_COMPARING[method](value, _alike(value, rule.ref)))
        if method == "approx" and _NUMBER.fullmatch(argument):
            return abs(float(value) - float(rule.ref)) <= float(argument)
        if method == "range" and len(argument) == 2 and set(argument) <= {"t", "e"}:
            low, high = rule.ref
            below, above = (_COMPARING[f"l{end}"] for end in argument)
            return bool(below(low, value) and above(value, high))
        if method == "spreadsheet_range" and not argument:
            least, most = rule.ref
            return _is_within(least, value) and _is_within(value, most)
        if method in ("str_list_eq", "str_set_eq"):
            container = list if method == "str_list_eq" else set
            return container(str(value).strip("\"'").split(",")) == container(rule.ref)
    except (TypeError, ValueError):
        return False
    raise UsageError(f"a rule has the method {rule.method[:60]!r}, which is unknown")


def _is_within(inner: Any, outer: Any) -> bool:
    """Whether each of some ranges of cells, "A1:B2 C3", lies in one of others."""
    from openpyxl.utils.cell import range_boundaries

    bounds = [[range_boundaries(one) for one in str(ranges).split()] for ranges in (inner, outer)]
    return all(
        any(o[0] <= i[0] and o[1] <= i[1] and i[2] <= o[2] and i[3] <= o[3] for o in bounds[1])
        for i in bounds[0]
    )


def _alike(value: Any, ref: Any) -> Any:
    """A text that is to equal a number as that number: parameters of a task are texts."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not isinstance(ref, str):
        return ref
    try:
        return float(ref)
    except ValueError:
        return ref


def found(pattern: str, text: str, flags: str = "") -> bool:
    """Whether a pattern is found in a text.

    Raises:
        UsageError: it is no pattern, or takes longer than a second.
    """
    if len(pattern) > LONGEST_PATTERN:
        raise UsageError(f"a pattern of {len(pattern)} letters is too long")
    chosen = 0
    for flag in filter(None, flags.split(".")):
        if flag not in _FLAGS:
            raise UsageError(f"a pattern has the flag {flag[:20]!r}, which is unknown")
        chosen |= _FLAGS[flag]
    try:
        return regex.search(pattern, text, flags=chosen, timeout=PATTERN_SECONDS) is not None
    except regex.error as error:
        raise UsageError(f"{pattern[:80]!r} is not a regular expression: {error}") from error
    except TimeoutError as error:
        raise UsageError(f"the pattern {pattern[:80]!r} takes longer than {PATTERN_SECONDS:g} s") from error


def likeness(one: str, other: str) -> float:
    """How alike two texts are, from 0 to 1: twice their longest common subsequence, by their lengths.

    The subsequence is found bit by bit in parallel (Hyyrö, 2004).
    """
    one, other = one[:MOST_FUZZY], other[:MOST_FUZZY]
    if not one and not other:
        return 1.0
    places: dict[str, int] = {}
    for number, letter in enumerate(one):
        places[letter] = places.get(letter, 0) | 1 << number
    whole = (1 << len(one)) - 1
    row = whole
    for letter in other:
        common = row & places.get(letter, 0)
        row = ((row + common) | (row - common)) & whole
    return 2 * (len(one) - row.bit_count()) / (len(one) + len(other))
