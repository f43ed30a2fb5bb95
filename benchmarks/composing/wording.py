"""The words of what is composed: the sentences of goals, and texts of which none stands twice."""

from __future__ import annotations

import random
import tomllib
from functools import cache
from pathlib import Path

from deskhand.screens.forms.words import Wording

TRIES = 40
"""So often a word is drawn that is not there yet, before one gets a number."""


class DistinctWords:
    """Texts for one page or program; none stands there twice, and none is a part of another.

    Args:
        chance: the same one draws the same texts.
        words: where they come from.
    """

    def __init__(self, chance: random.Random, words: Wording) -> None:
        self.chance, self.words = chance, words
        self._used: set[str] = set()

    def word(self, kind: str) -> str:
        """A text that is not there yet, and that is no part of one that is."""
        for _ in range(TRIES):
            text = self.words.some(kind)
            if not any(text.casefold() in one or one in text.casefold() for one in self._used):
                break
        else:  # there are few words of a kind, and one more number of three digits each time
            text = f"{text} {100 + len(self._used)}"
        self._used.add(text.casefold())
        return text

    def several(self, kind: str, least: int, most: int) -> list[str]:
        """Different texts that are not there yet."""
        return [self.word(kind) for _ in range(self.chance.randint(least, most))]


def sentences(kind: str, seen: bool = True) -> tuple[str, ...]:
    """What is said for a kind of goal: what training may see, or what is kept for measuring."""
    return tuple(_sentences()[kind]["seen" if seen else "kept"])


@cache
def _sentences() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads(Path(__file__).with_name("sentences.toml").read_text(encoding="utf-8"))
