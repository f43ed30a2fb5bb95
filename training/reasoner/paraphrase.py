"""The same order in other words, for tasks that nobody wrote sentences for: a person's own.

Words are exchanged for others of the same meaning, the sentence is put as people put it, and typing errors
creep in. What is typed, quoted or stands on the screen stays as it is.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import replace

from deskhand.policies.embedded.pointed import pieces_of, text_of
from deskhand.training.reasoner.lessons import Lesson
from deskhand.training.reasoner.wordings import framed

SAME = (
    ("add", "insert", "put in", "enter", "include"),
    ("create", "make", "set up", "start"),
    ("delete", "remove", "erase", "get rid of", "drop", "throw away"),
    ("rename", "give another name to", "change the name of"),
    ("move", "shift", "bring", "transfer"),
    ("copy", "duplicate", "make a copy of"),
    ("open", "bring up", "show", "go to"),
    ("close", "shut", "leave"),
    ("save", "store"),
    ("write", "type", "enter", "put down"),
    ("replace", "exchange", "swap", "substitute"),
    ("change", "alter", "set", "turn", "modify"),
    ("find", "look for", "search for", "locate"),
    ("select", "choose", "pick", "mark"),
    ("click", "press", "hit", "push"),
    ("tick", "check", "switch on", "activate"),
    ("turn", "rotate"),
    ("show", "display", "present"),
    ("send", "mail", "dispatch"),
    ("sort", "order", "arrange"),
    ("print", "output"),
    ("fill", "colour", "paint"),
    ("sum", "total"),
    ("picture", "image", "photo"),
    ("folder", "directory"),
    ("page", "sheet"),
    ("line", "row"),
    ("message", "mail", "letter"),
    ("document", "file"),
    ("entry", "record", "item"),
    ("then", "after that", "afterwards", "next"),
    ("called", "named", "with the name"),
    ("by", "with"),
    ("at the end", "at the bottom", "as the last one"),
    ("at the top", "at the beginning", "as the first one"),
)
"""Words that say the same in an order, each once in a row."""
EXCHANGED = 0.5
"""How often a word that has others is exchanged."""
DROPPED, MISTYPED = 0.15, 0.1
"""How often "the" is left out, and how often a word has a typing error."""
SHORTEST_MISTYPED = 5
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_WORD = re.compile(r"[^\W\d_]+")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|“[^”]*”|‘[^’]*’|«[^»]*»|`[^`]*`")


def paraphrased(lesson: Lesson, chance: random.Random) -> Lesson:
    """The lesson with its order in other words; the move is the same."""
    task = lesson.instruction
    typed = text_of(lesson.move.pieces, task, lesson.places)
    fixed = _fixed(lesson, typed)
    parts = _exchanged(task, fixed, chance)
    said = "".join(part if stays else _careless(part, chance) for part, stays in parts).replace("  ", " ")
    if task[:1].isupper() and not any(start == 0 for start, _ in fixed):
        said = said[0].lower() + said[1:]
    sentence = framed(chance, said)
    pieces = pieces_of(typed, sentence, lesson.places) if lesson.move.pieces else ()
    return replace(lesson, instruction=sentence, move=replace(lesson.move, pieces=pieces))


def _fixed(lesson: Lesson, typed: str) -> list[tuple[int, int]]:
    """What of the task stays: from where to where."""
    task = lesson.instruction
    found = [hit.span() for hit in _QUOTED.finditer(task)]
    found += [
        (piece.start, piece.end) for piece in lesson.move.pieces if piece.source < 0 and not piece.written
    ]
    texts = {place.text for place in lesson.places if len(place.text) > 1} | ({typed} if typed else set())
    for text in texts:
        found += [hit.span() for hit in re.finditer(rf"(?<!\w){re.escape(text)}(?!\w)", task)]
    # Names are no words: what has a sign, a digit or a capital inside the sentence.
    found += [hit.span() for hit in re.finditer(r"\S*[\d./@_\\:]\S*|(?<=\s)[A-Z]\S*", task)]
    return found


def _exchanged(task: str, fixed: Sequence[tuple[int, int]], chance: random.Random) -> list[tuple[str, bool]]:
    """The task in parts, and whether a part stays to the letter."""
    parts: list[tuple[str, bool]] = []
    at = 0
    while at < len(task):
        end = max((end for start, end in fixed if start <= at < end), default=at)
        if end > at:
            parts.append((task[at:end], True))
            at = end
            continue
        old, new = _instead(task, at, fixed, chance)
        if old:
            parts.append((_as_written(old, new), False))
            at += len(old)
            continue
        word = _WORD.match(task, at)
        end = word.end() if word else at + 1
        parts.append((task[at:end], word is None))
        at = end
    return parts


def _instead(task: str, at: int, fixed: Sequence[tuple[int, int]], chance: random.Random) -> tuple[str, str]:
    """What stands at a place, and what says the same; nothing where no word with others begins."""
    if at and task[at - 1].isalnum():
        return "", ""
    for row in SAME:
        for old in row:
            end = at + len(old)
            if task[at:end].casefold() != old or task[end : end + 1].isalnum():
                continue
            if any(start < end and at < stop for start, stop in fixed) or chance.random() > EXCHANGED:
                return "", ""
            return task[at:end], chance.choice(row)
    return "", ""


def _as_written(old: str, new: str) -> str:
    return new[0].upper() + new[1:] if old[:1].isupper() else new


def _careless(word: str, chance: random.Random) -> str:
    """A word as somebody in a hurry writes it."""
    if word == "the" and chance.random() < DROPPED:
        return ""
    if len(word) < SHORTEST_MISTYPED or chance.random() > MISTYPED:
        return word
    at = chance.randrange(1, len(word) - 1)
    slip = chance.randrange(3)
    if slip == 0:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return word[:at] + (chance.choice(_LETTERS) if slip == 1 else "") + word[at + 1 :]
