"""Lines of text taken apart into words, each with its box, and phrases found again among them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import reduce
from itertools import groupby, pairwise
from statistics import median

from deskhand.actions.geometry import Box
from deskhand.perception.screen import Element
from deskhand.perception.text.lines import TextLine
from deskhand.perception.text.similarity import nearly_same

Words = tuple[Element, ...]
"""The words of one line, left to right."""

CUT = 6
"""Least letters of a text that ends early where there is no room for it."""


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


Find = tuple[Element, Words]
"""A phrase, and the other words of its line."""


def phrases_like(text: str, lines: Sequence[Words]) -> Iterator[Find]:
    """Every place where a text stands, with what stands beside it; equal ones, else similar ones."""
    count = len(text.split())
    every = [
        (phrase(line[start : start + length]), line[:start] + line[start + length :])
        for line in lines
        for length in sorted({count, max(1, count - 1), count + 1})
        for start in range(len(line) - length + 1)
    ]
    equal = [one for one in every if one[0].text.casefold() == text.casefold()]
    yield from equal or _apart([one for one in every if same_text(one[0].text, text)])


def same_text(one: str, other: str) -> bool:
    """Whether two texts are one, or one of them was cut where there was no room."""
    if nearly_same(one, other):
        return True
    a, b = sorted(("".join(c for c in text.casefold() if c.isalnum()) for text in (one, other)), key=len)
    return len(a) >= CUT and b.startswith(a)


def _apart(finds: Sequence[Find]) -> Iterator[Find]:
    """Of finds that overlap, the first."""
    kept: list[Box] = []
    for find, rest in finds:
        if not any(find.box.intersection(box).area for box in kept):
            kept.append(find.box)
            yield find, rest


def _pitch(line: TextLine) -> float:
    steps = [b - a for a, b in pairwise(line.places)]
    return median(steps) if steps else line.element.box.width
