"""Lines of text taken apart into words, each with its box, and phrases found again among them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import groupby, pairwise
from statistics import median

from deskhand.actions.geometry import Box
from deskhand.perception.screen import Element
from deskhand.perception.text.identity import is_cut, may_be, plain, same_name
from deskhand.perception.text.lines import TextLine

MOST_LINES, MOST_STACKED_WORDS = 4, 20
"""Lines and words of a name that is broken."""

PITCH = 1.85
"""From the middle of a line to that of the next one of a name, in heights of the letters, at most."""

CENTRED = 4
"""Pixels by which the middles of two lines of a name differ at most."""

BLANK = 0.55
"""A blank between two words of one name, as a share of their height, at most."""

IN_LINE = 6
"""Pixels by which things of one row or column are off it at most."""

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


def neighbours(text: Element, lines: Sequence[Words]) -> tuple[str, ...]:
    """What stands so close to a text that it goes on there: behind a blank, or as the next line of a name.

    ``Lesson 29`` is not the whole name where a ``B`` stands behind it.
    """
    words = [word for line in lines for word in line if not text.box.contains(word.box.centre)]
    close = [word.text for word in words if _is_next(text.box, word.box)]
    pieces = [one for one in _pieces(lines) if not text.box.intersection(one.box).area]
    close += [one.text for one in pieces if _is_stacked(text, one) or _is_stacked(one, text)]
    return tuple(one for one in dict.fromkeys(close) if any(map(str.isalnum, one)))


def twins(text: Element, lines: Sequence[Words]) -> int:
    """How often the same text stands as a whole in the same row or column: as two things of one name do."""
    places = (find.phrase for find in phrases_of(text.text, lines) if find.certain)
    others = (one for one in places if not one.box.intersection(text.box).area)
    return sum(_in_line(text.box, one.box) and not neighbours(one, lines) for one in others)


def _is_next(box: Box, other: Box) -> bool:
    """Whether no more than a blank is between two words of one row."""
    height = min(box.height, other.height)
    gap = max(other.left - box.right, box.left - other.right)
    level = min(box.bottom, other.bottom) - max(box.top, other.top)
    return level >= 0.5 * height and gap <= BLANK * height


def _in_line(box: Box, other: Box) -> bool:
    """Whether two boxes have an edge, a middle or a row in common."""
    across = (box.left - other.left, box.centre.x - other.centre.x, box.centre.y - other.centre.y)
    return min(map(abs, across)) <= IN_LINE


def stacked(text: str, lines: Sequence[Words]) -> list[Element]:
    """Every place where a text stands on several lines, centred one below the other, as a whole name."""
    words = text.split()
    if not 2 <= len(words) <= MOST_STACKED_WORDS:
        return []
    pieces = _pieces(lines)
    found = [one for one in pieces if _begins(one.text, text)]
    made: list[list[Element]] = [[one] for one in found]
    whole: list[list[Element]] = []
    while made:
        stack = made.pop()
        said = " ".join(one.text for one in stack)
        if same_name(said, text) and len(stack) > 1:
            whole.append(stack)
        elif len(stack) < MOST_LINES:
            made += [[*stack, one] for one in pieces if _is_stacked(stack[-1], one)]
    ends = [(stack[0], stack[-1], phrase(stack)) for stack in whole]
    return [
        named
        for first, last, named in ends
        if not any(_is_stacked(one, first) or _is_stacked(last, one) for one in pieces)
    ]


def _begins(part: str, text: str) -> bool:
    return plain(text).startswith(plain(part)) and not same_name(part, text)


def _pieces(lines: Sequence[Words]) -> list[Element]:
    """Lines, taken apart where there is more than a blank between two words: names of icons in a row."""
    found: list[Element] = []
    for line in lines:
        run: list[Element] = []
        for word in line:
            if run and word.box.left - run[-1].box.right > word.box.height:
                found.append(phrase(run))
                run = []
            run.append(word)
        if run:
            found.append(phrase(run))
    return found


def _is_stacked(upper: Element, lower: Element) -> bool:
    """Whether a text is the next line of another one: close below it and centred under it.

    Rows of a list have the same left edge, or more room between them.
    """
    height = max(upper.box.height, lower.box.height)
    gap, down = lower.box.top - upper.box.bottom, lower.box.centre.y - upper.box.centre.y
    if not 0.6 * height <= down <= PITCH * height:
        return False
    centred = abs(upper.box.centre.x - lower.box.centre.x) <= CENTRED
    aligned = abs(upper.box.left - lower.box.left) <= CENTRED
    return centred and (not aligned or gap <= 0.1 * height)


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
