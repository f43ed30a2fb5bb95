"""The desk suite's tasks in other languages: a file each, with sentences that are kept for measuring.

    [words]      what stands for an English value of a parameter that is said in words: ``bold = "fett"``
    [wordings]   sentences for each family, with its parameters' names in braces

What is typed, and the names of files, mails and shops stay as they are, as the screens do.
"""

from __future__ import annotations

import functools
import hashlib
import random
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deskhand.benchmarks.moves import Parameters
from deskhand.benchmarks.task_files.filling import filled
from deskhand.errors import UsageError

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class TaskLanguage:
    """How tasks are told in a language.

    Attributes:
        words: for English values of parameters.
        wordings: sentences by family.
        version: a hash that changes with the file.
    """

    words: Mapping[str, str]
    wordings: Mapping[str, tuple[str, ...]]
    version: str

    def said(self, family: str, parameters: Parameters, chance: random.Random) -> str:
        """One of a family's sentences, with its parameters filled in."""
        told: str = filled(chance.choice(self.wordings[family]), self.translated(parameters))
        return told

    def translated(self, parameters: Mapping[str, str]) -> dict[str, str]:
        """Parameters with the language's words for those that are said in words."""
        return {name: self.words.get(value, value) for name, value in parameters.items()}


def languages() -> tuple[str, ...]:
    """Those that tasks are told in, by their codes (ISO 639-1)."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


@functools.cache
def read_language(code: str) -> TaskLanguage:
    """A language by its code.

    Raises:
        UsageError: there is none.
    """
    if code not in languages():
        raise UsageError(f"the desk suite is not told in {code[:20]!r}; it is in {', '.join(languages())}")
    data = (FOLDER / f"{code}.toml").read_bytes()
    found = tomllib.loads(data.decode())
    wordings = {family: tuple(sentences) for family, sentences in found["wordings"].items()}
    return TaskLanguage(found["words"], wordings, hashlib.sha256(data).hexdigest()[:8])
