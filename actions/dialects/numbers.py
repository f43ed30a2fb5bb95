"""Numbers, points and durations out of a model's text, by a small grammar; never evaluated."""

from __future__ import annotations

import re
import unicodedata

from deskhand.actions.dialects.calls import Value

_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,4})?")
_MARKS = re.compile(
    r"<?\|[a-zA-Z_]{1,30}\|>?|<?/?(?:points?|bbox|box|coordinates?)\w{0,60}/?>|</?(?:point|box|bbox)\b",
    re.IGNORECASE,
)
_BETWEEN = re.compile(
    r"(?:[\s()\[\]{}<>【】「」,;:|/=、。'\"`_*~\\‘’“”]|(?<![a-z])(?:[xy]\d(?!\d)|(?:x|y|left|top|right|bottom)(?![a-z]))|px|and|to)*+",
    re.IGNORECASE,
)
_AXIS = re.compile(r"(?<![a-zA-Z0-9])[xyXY]\d?\s*[=:：＝]|[\"'][xyXY]\d?[\"']\s*[:=]")
_DURATION = re.compile(
    r"(?P<number>[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,4})?)\s*"
    r"(?P<unit>ms|milliseconds?|msecs?|s|secs?|seconds?|m|mins?|minutes?)?\.?",
    re.IGNORECASE,
)
_LONGEST = 400


def plain(value: Value) -> str:
    """A value as one short text in which full-width digits and punctuation are ASCII's."""
    text = value if isinstance(value, str) else " ".join(value)
    folded = unicodedata.normalize("NFKC", text[:_LONGEST]).replace("−", "-").replace("–", "-")
    return "".join(_ascii_digit(c) for c in folded if unicodedata.category(c) != "Cf")


def _ascii_digit(character: str) -> str:
    if character.isascii():
        return character
    digit = unicodedata.decimal(character, None)
    return character if digit is None else str(digit)


def coordinates(value: Value) -> tuple[float, ...] | None:
    """All numbers of a point or a box, in order; None if there is anything else in the value.

    ``x1`` is a name, never the number 1: prompts write it where a number is to stand.
    """
    text = _AXIS.sub(" ", _MARKS.sub(" ", plain(value)))
    numbers: list[float] = []
    at = 0
    while True:
        between = _BETWEEN.match(text, at)
        at = between.end() if between else at
        hit = _NUMBER.match(text, at)
        if hit is None:
            break
        numbers.append(float(hit[0]))
        at = hit.end()
    return tuple(numbers) if at == len(text) else None


def number(value: Value) -> float | None:
    """One number alone, None if the value is anything else."""
    found = coordinates(value)
    return found[0] if found is not None and len(found) == 1 else None


def seconds(value: Value) -> float | None:
    """A duration in seconds: ``3``, ``3s``, ``500 ms``, ``2 minutes``; None if it is none."""
    hit = _DURATION.fullmatch(plain(value).strip(" \t'\"()"))
    if hit is None:
        return None
    unit = (hit["unit"] or "s").lower()
    amount = float(hit["number"])
    if unit.startswith(("ms", "milli")):
        return amount / 1000
    return amount * 60 if unit.startswith("m") else amount


def has_open_point(value: Value) -> bool:
    """Was a ``<point>`` left without its closing tag?"""
    text = plain(value).lower()
    return text.count("<point") > text.count("</point")
