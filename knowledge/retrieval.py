"""What of a map fits a task: the commands that say the same, in words or in meaning, in few lines."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from deskhand.knowledge.map import AppMap, MapCommand
from deskhand.text import clean

MOST_LINES, LONGEST_LINE = 12, 160
_WORD = re.compile(r"[^\W_]{2,}")
_ENDINGS = ("ations", "ation", "ings", "ing", "ies", "ed", "es", "s", "e")
COMMON = frozenset(
    "the and for with that this from into its are all one two you your please can could would then have has "
    "file window make set open new use put what which how".split()
)
"""Words that say little of what is wanted."""


Vectors = Callable[[Sequence[str]], NDArray[np.float32]]
"""What texts mean: one vector of length 1 for each, (texts, width)."""
By = Literal["words", "meaning", "both"]
MOST_MEANT = 2_000
"""Commands whose meaning is looked at, those of the shortest paths; each takes a millisecond."""
MOST_CLAUSES = 8
MEANING = 1.5
"""How much meaning counts beside words, which together are 1 for the command that has most of them."""
LEAST_MEANT = 0.15
"""Cosine below which two texts have nothing to do with each other."""
_CLAUSE = re.compile(r"[.;:!?\n]+\s+|,\s+|\s+(?:and|then|after that)\s+", re.IGNORECASE)


def relevant(
    found: AppMap, task: str, most: int = MOST_LINES, *, vectors: Vectors | None = None, by: By = "both"
) -> list[MapCommand]:
    """The commands that fit a task best, the best first.

    Args:
        most: how many at the most.
        vectors: tells what texts mean; without it only words are compared.
        by: what is compared, for measuring.
    """
    known = [one for one in found.commands if one.deed.way != "scroll"]
    tried = [one for one in known if one.effect not in ("", "lost", "nothing") and one.is_sure] or known
    texts = [f"{found.words_of(one)} {_target(found, one)}" for one in tried]
    scores = np.zeros(len(tried)) if by == "meaning" else _in_words(texts, task)
    if by != "words" and vectors is not None:
        scores = scores / max(1e-6, scores.max(initial=0)) + MEANING * _in_meaning(
            found, tried, task, vectors
        )
    order = sorted(range(len(tried)), key=lambda n: (-scores[n], len(texts[n]), texts[n]))
    return [tried[n] for n in order[:most] if scores[n] > 0]


def _in_words(texts: Sequence[str], task: str) -> NDArray[np.float64]:
    """How much the words of texts are those of a task, (texts,); rare words count more."""
    words = [Counter(stems(text)) for text in texts]
    known = Counter(word for counts in words for word in counts)
    wanted = set(stems(task, without=COMMON))

    def score(counts: Counter[str]) -> float:
        hits = [math.log(1 + len(texts) / known[word]) for word in wanted if word in counts]
        return sum(hits) / math.sqrt(1 + sum(counts.values()))

    return np.array([score(counts) for counts in words], dtype=np.float64)


def _in_meaning(
    found: AppMap, commands: Sequence[MapCommand], task: str, vectors: Vectors
) -> NDArray[np.float64]:
    """How near commands are to a task or to a part of it, (commands,), 0 where they are not.

    A command is compared with its path and by its own name, since a path says more than is meant.
    """
    order = sorted(range(len(commands)), key=lambda n: len(found.path_of(commands[n])))[:MOST_MEANT]
    scores = np.zeros(len(commands), dtype=np.float64)
    clauses = list(dict.fromkeys([task, *filter(None, map(str.strip, _CLAUSE.split(task)))]))[:MOST_CLAUSES]
    asked = vectors(clauses)
    paths = vectors([" ".join(_said(deed.words) for deed in found.path_of(commands[n])) for n in order])
    names = vectors([_said(commands[n].deed.words) for n in order])
    near = np.maximum(asked @ paths.T, asked @ names.T).max(axis=0, initial=0)
    scores[order] = np.where(near >= LEAST_MEANT, near, 0.0)
    return scores


def nearness(found: AppMap, command: MapCommand, task: str, vectors: Vectors) -> float:
    """How near a command is to a task, or to a part of it, in meaning: the cosine, 0 to 1."""
    return float(_in_meaning(found, [command], task, vectors)[0])


def clause_at(task: str, position: int) -> str:
    """The part of a task in which a character stands: a sentence, or what is joined to others by "and"."""
    start = max((one.end() for one in _CLAUSE.finditer(task) if one.end() <= position), default=0)
    end = min((one.start() for one in _CLAUSE.finditer(task) if one.start() > position), default=len(task))
    return task[start:end].strip()


def _said(name: str) -> str:
    """A control's name without the signs that menus put behind it."""
    return name.rstrip(". …").strip()


def lines_for(
    found: AppMap, task: str, most: int = MOST_LINES, *, vectors: Vectors | None = None
) -> list[str]:
    """What a model is told of an application before it does a task: a line for each command that fits."""
    return [_line(found, one) for one in relevant(found, task, most, vectors=vectors)]


def stems(text: str, without: Collection[str] = ()) -> list[str]:
    """The words of a text but for some, in small letters and without common endings."""
    return [_stem(word) for word in _WORD.findall(text.casefold()) if word not in without]


def _stem(word: str) -> str:
    ending = next((one for one in _ENDINGS if word.endswith(one) and len(word) - len(one) >= 3), "")
    return word.removesuffix(ending)


def _target(found: AppMap, command: MapCommand) -> str:
    state = found.state(command.leads_to)
    return state.name if state is not None and command.effect == "opens" else ""


def _line(found: AppMap, command: MapCommand) -> str:
    keys = f" ({command.shortcut})" if command.shortcut else ""
    target = _target(found, command)
    leads = (
        f": opens {target!r}" if target else ": changes what is shown" if command.effect == "changes" else ""
    )
    return clean(f"{found.words_of(command)}{keys}{leads}")[:LONGEST_LINE]
