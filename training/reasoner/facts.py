"""Sentences as they stand in letters and notes, with questions about them; ``facts.toml`` has them."""

from __future__ import annotations

import random
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("facts.toml")
_NAME = re.compile(r"\{([a-z]+)(\d?)\}")


@dataclass(frozen=True, slots=True)
class Fact:
    """A sentence, and one question about it.

    Attributes:
        start, end: where the answer stands in the sentence: first and last character (exclusive).
    """

    sentence: str
    question: str
    start: int
    end: int


@cache
def templates() -> dict[str, Any]:
    """The file: ``pools`` by name, and ``facts``, each what it ``says`` and ``asks``."""
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def facts(count: int, chance: random.Random) -> list[Fact]:
    """Different sentences, each with a question."""
    return [_told(one["says"], one["asks"], chance) for one in chance.sample(templates()["facts"], count)]


def _told(says: str, asks: dict[str, str], chance: random.Random) -> Fact:
    asked, answered = chance.choice(list(asks.items()))
    drawn: dict[str, str] = {}
    for hit in _NAME.finditer(says):
        others = [text for text in templates()["pools"][hit[1]] if text not in drawn.values()]
        drawn[hit[1] + hit[2]] = chance.choice(others)
    start = len(says[: says.index(answered)].format(**drawn))
    sentence = says.format(**drawn)
    if chance.random() < 0.5:
        sentence = sentence[0].upper() + sentence[1:]
    return Fact(sentence, asked.format(**drawn), start, start + len(answered.format(**drawn)))
