"""The intents of lessons in other languages: a file each, with sentences for the families that are trained.

None is a sentence that the desk suite keeps for measuring in that language; a test compares.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent


@cache
def phrasings(code: str) -> Mapping[str, tuple[str, ...]]:
    """Templates by family, in a language by its code (ISO 639-1)."""
    found = tomllib.loads((FOLDER / f"{code}.toml").read_text(encoding="utf-8"))
    return {family: tuple(sentences) for family, sentences in found.items()}


def codes() -> tuple[str, ...]:
    """The languages that there are sentences in."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))
