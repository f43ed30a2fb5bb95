"""Metrics on texts, numbers, lists and JSON."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from deskhand.benchmarks.osworld.metrics.common import must, rules_of, shown, text_of
from deskhand.benchmarks.osworld.task import Object
from deskhand.benchmarks.suite import Score


class Expected(BaseModel):
    """A rule with one value."""

    expected: Any


def exact_match(result: Any, expected: Any, options: Object) -> Score:
    """The same value."""
    wanted = rules_of(Expected, expected).expected
    return must(result == wanted, f"{shown(result)} is not {shown(wanted)}")


class Text(BaseModel):
    """A text that a file or an answer must be; ``ignore`` are letters that do not count."""

    model_config = ConfigDict(extra="ignore")

    text: str
    what: str = ""
    ignore: str = ""


def deskhand_text(result: Any, expected: Any, options: Object) -> Score:
    """The same text but for empty lines at the end."""
    rule = rules_of(Text, expected)
    found = "".join(c for c in text_of(result).rstrip("\n") if c not in rule.ignore)
    what = f"{rule.what}: " if rule.what else ""
    return must(found == rule.text, f"{what}{shown(found)} and not {shown(rule.text)}")
