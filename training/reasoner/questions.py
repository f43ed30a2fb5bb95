"""Questions about what a screen shows, with the answer: a text of the screen, or a part of one.

They are made from what stands there: beside a label, after a colon, before a noun, or as a word that is
left out of its line. So the answer is known, and whoever asked need not have thought of it. A recorded screen
says little: most questions are about a sentence of ``facts`` or a table of ``tables`` in place of its texts.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from deskhand.actions.geometry import Box
from deskhand.policies.embedded.places import ScreenPlace
from deskhand.policies.embedded.pointed import Piece
from deskhand.training.reasoner.facts import Fact, facts
from deskhand.training.reasoner.tables import table_question

BESIDE = (
    "what is {}?", "what does it say beside {}?", "tell me the {}", "which {} is shown?",
    "what is the value of {}?", "how much is {}?", "read me what {} says", "I want to know {}",
    "give me the {}", "what stands next to {}?",
)  # fmt: skip
"""About what stands beside or after a name."""
COUNTED = (
    "how many {}?", "how many {} are there?", "the number of {}?", "tell me how many {}", "number of {}",
    "how many {} does it say?", "what number of {} is it?", "say how many {} are meant",
)  # fmt: skip
"""About a number before a name."""
LEFT_OUT = {
    "name": ("who {}?", "where {}?", "which name: {}?", "who is it, {}?", "where is it, {}?"),
    "number": ("how many: {}?", "how much {}?", "which number: {}?", "when {}?", "what is the amount, {}?"),
    "word": ("what {}?", "which {}?", "{} what?", "what about {}?", "what is said of {}?", "{}: what is it?"),
}  # fmt: skip
"""About a word that its line has and the question has not."""
OPEN = (
    "which document is open?", "what is this file called?", "name of the open file?", "how is this called?",
    "which file do I see?", "what have I opened?", "tell me which document this is", "the file's name?",
    "what is the title of this window?", "say the name of what is open here",
)  # fmt: skip
"""About the name in a title."""
FROM_TABLES, FROM_FACTS, MOST_FACTS = 0.25, 0.55, 5
"""Shares of the questions that are about tables and about sentences of ``facts``; most sentences at once."""
WRAPPED = 0.3
"""Share of the sentences that go on in another line."""
SAYING = ("text", "row", "field", "area")
"""Roles of places whose text says something; what is to be pressed has a name."""
NEAR = 300
"""Pixels to the right in which the value of a label is looked for."""
LEAST_WORDS = 4
"""A line of fewer words leaves too little to ask with."""
LONGEST = 200
_WORD = re.compile(r"\w(?:[\w.,:'’/-]*\w)?")
_LABELLED = re.compile(r"\s*(\w[^:]{1,30}?)\s*:\s+(\S.{0,60}?)\s*[.;]?\s*")
_TITLE = re.compile(r"\*?(\w[\w .+-]*\.\w{1,5})\b")
_NUMBER = re.compile(r"[\d.,:]*\d")


def question(
    places: Sequence[ScreenPlace], chance: random.Random
) -> tuple[str, Piece, tuple[ScreenPlace, ...]] | None:
    """A question, where its answer stands, and the screen; None where it shows nothing to ask about."""
    texts = [n for n, place in enumerate(places) if place.role in SAYING and len(place.text) > 2]
    kind = chance.random()
    table = table_question(places, texts, chance) if kind < FROM_TABLES else None
    if table is not None:
        return table
    if kind < FROM_TABLES + FROM_FACTS:
        return _about_a_fact(places, texts, chance)
    ways = [_beside, _labelled, _counted, _titled, _left_out, _left_out]
    for way in chance.sample(ways, len(ways)):
        found = way(places, chance)
        if found is not None:
            return *found, tuple(places)
    return None


def _about_a_fact(
    places: Sequence[ScreenPlace], texts: Sequence[int], chance: random.Random
) -> tuple[str, Piece, tuple[ScreenPlace, ...]] | None:
    """One or more texts of the screen say something else, one of them what is asked for."""
    if not texts:
        return None
    chosen = chance.sample(texts, min(len(texts), chance.randint(1, MOST_FACTS)))
    found = facts(len(chosen), chance)
    told = list(places)
    for number, one in zip(chosen, found, strict=True):
        told[number] = replace(told[number], text=one.sentence)
    first = found[0]
    answer = Piece(source=chosen[0], start=first.start, end=first.end)
    unused = [n for n in texts if n not in chosen]
    if unused and chance.random() < WRAPPED:
        answer = _wrapped(told, answer, first, chance.choice(unused), chance)
    return first.question, answer, tuple(told)


def _wrapped(told: list[ScreenPlace], answer: Piece, fact: Fact, under: int, chance: random.Random) -> Piece:
    """The sentence goes on in the place ``under``, which is moved to the line below; where its answer is."""
    text = fact.sentence
    gaps = [at for at, letter in enumerate(text) if letter == " " and not fact.start <= at < fact.end]
    if not gaps:
        return answer
    at = chance.choice(gaps)
    first, box = told[answer.source], told[answer.source].box
    below = Box(box.left, box.bottom, box.left + box.width, box.bottom + box.height)
    told[answer.source] = replace(first, text=text[:at])
    told[under] = replace(first, text=text[at + 1 :], box=below)
    if fact.start < at:
        return answer
    return Piece(source=under, start=fact.start - at - 1, end=fact.end - at - 1)


def value_of(places: Sequence[ScreenPlace], label: int) -> int | None:
    """The nearest place with a text to the right of a label, on its line."""
    box = places[label].box

    def fits(n: int) -> bool:
        other = places[n]
        middle = other.box.centre.y
        right = 0 <= other.box.left - box.right <= NEAR
        return n != label and other.role in SAYING and right and box.top <= middle < box.bottom

    beside = [n for n, place in enumerate(places) if place.text and fits(n)]
    return min(beside, key=lambda n: places[n].box.left, default=None)


def _beside(places: Sequence[ScreenPlace], chance: random.Random) -> tuple[str, Piece] | None:
    known = [n for n, place in enumerate(places) if _asks(place, 3, 40) and _is_once(places, place.text)]
    pairs = [(n, value) for n in known if (value := value_of(places, n)) is not None]
    if not pairs:
        return None
    label, value = chance.choice(pairs)
    text = places[label].text.rstrip(" :")
    return chance.choice(BESIDE).format(text), Piece(source=value, start=0, end=len(places[value].text))


def _labelled(places: Sequence[ScreenPlace], chance: random.Random) -> tuple[str, Piece] | None:
    found = [
        (n, hit)
        for n, place in enumerate(places)
        if _asks(place, 4, LONGEST) and (hit := _LABELLED.fullmatch(place.text)) and _is_once(places, hit[1])
    ]
    if not found:
        return None
    number, hit = chance.choice(found)
    return chance.choice(BESIDE).format(hit[1]), Piece(source=number, start=hit.start(2), end=hit.end(2))


def _titled(places: Sequence[ScreenPlace], chance: random.Random) -> tuple[str, Piece] | None:
    found = [
        (n, hit)
        for n, place in enumerate(places)
        if place.role == "titlebar" and (hit := _TITLE.match(place.text))
    ]
    if len(found) != 1:
        return None
    [(number, hit)] = found
    return chance.choice(OPEN), Piece(source=number, start=hit.start(1), end=hit.end(1))


def _counted(places: Sequence[ScreenPlace], chance: random.Random) -> tuple[str, Piece] | None:
    found = []
    for number, place in enumerate(places):
        words = list(_WORD.finditer(place.text)) if _asks(place, 4, LONGEST) else []
        for one, two in pairwise(words):
            name = two[0]
            if _NUMBER.fullmatch(one[0]) and name.isalpha() and len(name) > 2 and _is_once(places, name):
                found.append((number, one, name))
    if not found:
        return None
    number, hit, name = chance.choice(found)
    return chance.choice(COUNTED).format(name), Piece(source=number, start=hit.start(), end=hit.end())


def _left_out(places: Sequence[ScreenPlace], chance: random.Random) -> tuple[str, Piece] | None:
    lines = []
    for number, place in enumerate(places):
        words = list(_WORD.finditer(place.text)) if _asks(place, 12, LONGEST) else []
        if len(words) >= LEAST_WORDS and any(_names(hit[0]) for hit in words):
            lines.append((number, words))
    for number, words in chance.sample(lines, len(lines)):
        answer = chance.choices(words, [_weight(words, n) for n in range(len(words))])[0]
        at = words.index(answer)
        # The words around it, in their order; those close to it more often.
        others = [w for n, w in enumerate(words) if n != at and _names(w[0]) and w[0] != answer[0]]
        others.sort(key=lambda w: abs(words.index(w) - at) + chance.random() * 3)
        asked = sorted(others[: chance.randint(1, 4)], key=lambda w: w.start())
        if asked and _fitting(places, [w[0] for w in asked]) == [number]:
            kind = "number" if any(map(str.isdigit, answer[0])) else "word"
            kind = "name" if kind == "word" and at and answer[0][0].isupper() else kind
            text = chance.choice(LEFT_OUT[kind]).format(" ".join(w[0] for w in asked))
            return text, Piece(source=number, start=answer.start(), end=answer.end())
    return None


def _weight(words: Sequence[re.Match[str]], at: int) -> float:
    """How often a word of a line is asked for: numbers and names more than others."""
    word = words[at][0]
    if any(map(str.isdigit, word)):
        return 6
    return (4 if at and word[0].isupper() else 1) if _names(word) else 0.01


def _names(word: str) -> bool:
    return len(word) > 3 or any(map(str.isdigit, word))


def _asks(place: ScreenPlace, least: int, most: int) -> bool:
    """Whether a text says something, and is long enough to be asked about, and short enough."""
    return place.role in SAYING and least <= len(place.text) <= most


def _is_once(places: Sequence[ScreenPlace], text: str) -> bool:
    """Whether a text stands in one place, once."""
    return sum(place.text.casefold().count(text.casefold()) for place in places) == 1


def _fitting(places: Sequence[ScreenPlace], words: Sequence[str]) -> list[int]:
    """The places that have all these words."""
    return [n for n, place in enumerate(places) if all(word in place.text for word in words)]
