"""Lines of text taken apart into words, each with its box, and phrases found again among them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import groupby, pairwise
from statistics import median

from deskhand.actions.geometry import Box
from deskhand.perception.screen import Element
from deskhand.perception.text.identity import is_cut, may_be, same_name
from deskhand.perception.text.lines import TextLine

Words = tuple[Element, ...]
"""The words of one line, left to right."""


def words_of(line: TextLine) -> Words:
    """The words of a line. Their widths go by the places of their letters."""
    text, places = line.element.text, line.places
    runs = [list(run) for blank, run in groupby(range(len(text)), lambda n: text[n] == " ") if not blank]
    half = _pitch(line) / 2
    box = line.element.box
    return tuple(
        replace(
            line.element,
            text=text[run[0] : run[-1] + 1],
            box=Box(
                box.left if not number else max(box.left, int(places[run[0]] - half)),
                box.top,
                box.right if number == len(runs) - 1 else min(box.right, int(places[run[-1]] + half) + 1),
                box.bottom,
            ),
        )
        for number, run in enumerate(runs)
    )


def phrase(words: Sequence[Element]) -> Element:
    """Words beside each other as one text."""
    return replace(
        words[0], text=" ".join(word.text for word in words), box=reduce(Box.union, (w.box for w in words))
    )


@dataclass(frozen=True, slots=True)
class Find:
    """A place where a text stands.

    Attributes:
        phrase: the words that make it.
        rest: the other words of its line.
        certain: they are the same text; else they differ in letters that are read for one another, or
            one of them says that it is cut.
    """

    phrase: Element
    rest: Words
    certain: bool


def phrases_of(text: str, lines: Sequence[Words]) -> list[Find]:
    """Every place where a text stands; where there is none, those where it may be, misread or cut."""
    count = len(text.split())
    every = [
        (phrase(line[start : start + length]), line[:start] + line[start + length :])
        for line in lines
        for length in sorted({count, max(1, count - 1), count + 1})
        for start in range(len(line) - length + 1)
    ]
    equal = [Find(one, rest, True) for one, rest in every if same_name(one.text, text)]
    alike = [one for one in every if may_be(one[0].text, text) or is_cut(one[0].text, text)]
    return equal or list(_apart([Find(one, rest, False) for one, rest in alike]))


def could_be(one: str, other: str) -> bool:
    """Whether two texts may be one that was misread once, or cut where there was no room."""
    return may_be(one, other) or is_cut(one, other)


def _apart(finds: Sequence[Find]) -> Iterator[Find]:
    """Of finds that overlap, the first."""
    kept: list[Box] = []
    for find in finds:
        if not any(find.phrase.box.intersection(box).area for box in kept):
            kept.append(find.phrase.box)
            yield find


def _pitch(line: TextLine) -> float:
    steps = [b - a for a, b in pairwise(line.places)]
    return median(steps) if steps else line.element.box.width
