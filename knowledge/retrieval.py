"""What of a map fits a task: the commands whose words the task has, in a bounded number of lines."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection

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


def relevant(found: AppMap, task: str, most: int = MOST_LINES) -> list[MapCommand]:
    """The commands that fit a task best, the best first.

    Args:
        most: how many at the most.
    """
    tried = [one for one in found.commands if one.effect not in ("", "lost", "nothing")] or list(
        found.commands
    )
    texts = [f"{found.words_of(one)} {_target(found, one)}" for one in tried]
    words = [Counter(stems(text)) for text in texts]
    known = Counter(word for counts in words for word in counts)
    wanted = set(stems(task, without=COMMON))

    def score(counts: Counter[str]) -> float:
        hits = [math.log(1 + len(tried) / known[word]) for word in wanted if word in counts]
        return sum(hits) / math.sqrt(1 + sum(counts.values()))

    scores = [score(counts) for counts in words]
    order = sorted(range(len(tried)), key=lambda n: (-scores[n], len(texts[n]), texts[n]))
    return [tried[n] for n in order[:most] if scores[n] > 0]


def lines_for(found: AppMap, task: str, most: int = MOST_LINES) -> list[str]:
    """What a model is told of an application before it does a task: a line for each command that fits."""
    return [_line(found, one) for one in relevant(found, task, most)]


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
