"""Finds texts that must not stay, wherever they are said, and takes them out.

A text is found whatever its case, its blanks, its line ends and the backslashes that a dialect puts in.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

from deskhand.trajectories.records import HIDDEN_TEXT

SHORT = 4
"""A text of fewer characters is only found as a word of its own: else a typed "a" would be everywhere."""

_BLANKS = re.compile(r"\s+")
_FIXED = frozenset("type kind frame status button keys key hold role started id derived_from".split())
"""Fields of a record whose texts come from this program's own lists."""

_FREE = frozenset({"data", "configuration", "versions"})
"""Fields that hold anything, under any name."""

_SAID = frozenset({"raw", "thought", "reflection", "error"})
"""What a model said. It may put a text in other words around it, so it goes as a whole."""


def _plain(text: str) -> str:
    return _BLANKS.sub(" ", unicodedata.normalize("NFKC", text).replace("\\", "").casefold()).strip()


class Hiding:
    """Some texts, and how to take them out of others."""

    def __init__(self, texts: Iterable[str]) -> None:
        """Of a text of several lines each line counts too."""
        every = {
            one for text in texts for one in (text.strip(), *(line.strip() for line in text.splitlines()))
        }
        self._texts = sorted((one for one in every if _plain(one)), key=len, reverse=True)
        plain = {_plain(one) for one in self._texts}
        self._long = tuple(one for one in plain if len(one) >= SHORT)
        short = "|".join(re.escape(one) for one in sorted(plain) if len(one) < SHORT)
        self._short = re.compile(rf"(?<!\w)(?:{short})(?!\w)") if short else None
        self._exact = [
            re.compile(re.escape(one), re.IGNORECASE) for one in self._texts if len(_plain(one)) >= SHORT
        ]

    def __bool__(self) -> bool:
        return bool(self._texts)

    def found(self, text: str) -> bool:
        """Whether one of the texts is in ``text``."""
        plain = _plain(text)
        return any(one in plain for one in self._long) or bool(self._short and self._short.search(plain))

    def without(self, text: str) -> str:
        """``text`` with ``HIDDEN_TEXT`` for each that is found; all of it, if they cannot be cut out."""
        if not self.found(text):
            return text
        for one in self._exact:
            text = one.sub(HIDDEN_TEXT, text)
        return HIDDEN_TEXT if self.found(text) else text

    def clean(self, value: Any, names: Mapping[str, str], *, free: bool = False) -> Any:
        """A record as JSON, without the texts.

        Args:
            names: texts that are exchanged for others, whole: the frames' names.
            free: whether fields have any name here.
        """
        if isinstance(value, str):
            return names.get(value) or self.without(value)
        if isinstance(value, list):
            return [self.clean(one, names, free=free) for one in value]
        if not isinstance(value, dict):
            return value
        return {
            self.without(key) if free else key: self._field(key, one, names, free)
            for key, one in value.items()
        }

    def _field(self, key: str, value: Any, names: Mapping[str, str], free: bool) -> Any:
        if free or not isinstance(value, str):
            return self.clean(value, names, free=free or key in _FREE) if free or key not in _FIXED else value
        if key in _FIXED:
            return value
        if key in _SAID:
            return HIDDEN_TEXT if self.found(value) else value
        return self.clean(value, names)
