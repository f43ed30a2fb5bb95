"""Finds where a recorded screen shows a parameter's value, and where the current value may stand.

A screen that shows a value looks different with every value: longer, on more lines, in letters that cannot be
read here. So the words of a value are identified and not required.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from itertools import groupby

from deskhand.actions.geometry import Box
from deskhand.perception.match.likeness import Likeness, has_enough_letters
from deskhand.perception.screen import Element
from deskhand.perception.text.identity import plain
from deskhand.perception.text.lines import TextLine
from deskhand.perception.text.similarity import letters, nearly_same
from deskhand.perception.text.wording import Words, words_of
from deskhand.trajectories.workflow import whole

Pairs = Sequence[tuple[str, str]]
"""Recorded texts and the texts that replace them, the longest recorded one first."""

LEAST_LIKE = 4
"""Shorter texts are not searched for in text that was misread."""

LEAST_PART = 5
"""Least letters of a part of a value that is cut or on several lines."""

COVERED, LONGER = 0.8, 1.25
"""Least share of a text's letters that must be found; most times its length in which they are."""

CARETS = "lI|ļİ1!Jj][ıľł'`"
"""Letters as which a caret behind a text is misread."""

SMALLEST_BLOCK = 2
ROOM, WIDER = 16, 1.4
"""Pixels around a value; how much wider a line may be than its number of letters suggests."""

MOST_LINES = 6
"""Most lines that a long value may take where a short one took one."""

_READ = ("LATIN", "DIGIT")
"""Unicode names of letters that are read well enough to be required."""


@dataclass(frozen=True, slots=True)
class ValuePlace:
    """Where a value stood in the recording, and the current one; empty where that is unknown."""

    box: Box
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class ValuedLine:
    """The words of a line with the current values.

    Attributes:
        words: all of them.
        valued: for each, whether it came from a parameter.
        places: where parameters stood.
    """

    words: Words
    valued: tuple[bool, ...]
    places: tuple[ValuePlace, ...]


def with_today(line: TextLine, pairs: Pairs) -> TextLine:
    """A line in which values that are surely on it are replaced; its letters are spread evenly."""
    return _spread(line, "".join(text for text, _ in _surely(line.element.text, pairs)))


def valued_line(line: TextLine, pairs: Pairs, garbled: Collection[str] = ()) -> ValuedLine:
    """A line in which values are replaced, also those that were misread, cut, or stand on several lines.

    Args:
        garbled: words that are known to be a misread value.
    """
    text = line.element.text
    segments = _surely(text, pairs)
    if not any(pair for _, pair in segments):
        segments = _loosely(text, pairs)
    changed = any(pair for _, pair in segments)
    whole_part = None if changed else _part_of(text, pairs)
    if whole_part is not None:
        segments = [(text, whole_part)]
    flags = [pair is not None for words, pair in segments for _ in words]
    spelled = "".join(words for words, _ in segments)
    made = words_of(_spread(line, spelled)) if spelled.strip() else ()
    runs = [
        list(run) for blank, run in groupby(range(len(spelled)), lambda n: spelled[n] == " ") if not blank
    ]
    valued = tuple(
        any(flags[n] for n in run) or plain(word.text) in garbled
        for run, word in zip(runs, made, strict=True)
    )
    old_words = words_of(line)
    boxes = [one.box for one in old_words] or [line.element.box]
    row = Box(
        min(b.left for b in boxes), line.element.box.top, max(b.right for b in boxes), line.element.box.bottom
    )
    places = tuple(ValuePlace(row, old, new) for old, new in dict.fromkeys(p for _, p in segments if p))
    if any(plain(word.text) in garbled for word in made):
        places += (ValuePlace(row, text, ""),)
    return ValuedLine(made, valued, places)


def is_readable(text: str) -> bool:
    """Whether a text can be required: its letters are of scripts that are read."""
    return all(
        unicodedata.name(c, "").startswith(_READ) or unicodedata.combining(c) for c in text if c.isalnum()
    )


def may_come_from(word: str, value: str) -> bool:
    """Whether a word on a screen may be a part of a value, allowing for misreading."""
    a, b = _folded(word), _folded(value)
    if not a:
        return True
    return a in b or any(nearly_same(word, part) for part in value.split()) or _share(b, a) >= COVERED


class ValuePlaces:
    """Where the current values may stand on a screen that is compared with the expected one."""

    def __init__(self, places: Sequence[ValuePlace], pairs: Pairs, likeness: Likeness) -> None:
        self._values = [new for _, new in pairs]
        self._boxes = [_room_for(place, likeness) for place in places if not is_readable(place.new or "北")]

    def excuse(self, word: Element) -> bool:
        """Whether a new word may be part of a value."""
        if any(may_come_from(word.text, value) for value in self._values):
            return True
        return any(box.contains(word.box.centre) for box in self._boxes)


def _room_for(place: ValuePlace, likeness: Likeness) -> Box:
    """The part of the current screen that a value may take."""
    predicted = likeness.predict(place.box.centre)
    centre = predicted.point if predicted is not None else place.box.centre
    wide, high = place.box.width, place.box.height
    share = max(1.0, _width(place.new) / max(1, _width(place.old))) if place.new else 1.0
    half = round(wide * share * WIDER) + ROOM
    lines = min(MOST_LINES, round(share * WIDER)) if share > 1 else 1
    return Box(centre.x - half, centre.y - high, centre.x + half, centre.y + high * (lines + 1))


def _width(text: str) -> int:
    """How wide a text is, in letters; wide East Asian ones count twice."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


Segment = tuple[str, tuple[str, str] | None]
"""A piece of a line, and its pair where it is a value."""


def _surely(text: str, pairs: Pairs) -> list[Segment]:
    """A text in pieces, with all recorded values replaced, the longest first."""
    if not pairs:
        return [(text, None)]
    pattern = re.compile("|".join(f"({whole(old, loosely=True)})" for old, _ in pairs))
    found, at = list[Segment](), 0
    for match in pattern.finditer(text):
        pair = pairs[(match.lastindex or 1) - 1]
        found += [(text[at : match.start()], None), (pair[1], pair)]
        at = match.end()
    return [*found, (text[at:], None)]


def _loosely(text: str, pairs: Pairs) -> list[Segment]:
    """A text in pieces, of which one may be a misread value, such as one with a caret at its end."""
    for pair in pairs:
        span = _span(pair[0], text)
        if span is not None:
            return [(text[: span[0]], None), (pair[1], pair), (text[span[1] :], None)]
    return [(text, None)]


def _span(old: str, text: str) -> tuple[int, int] | None:
    """Where a text stands, as whole words, in a line in which some letters were misread."""
    wanted, places = _folded(old), [n for n, c in enumerate(text) if c.isalnum()]
    if len(wanted) < LEAST_LIKE or len(old.split()) == 1:
        return _with_caret(old, text)
    read = "".join(_fold(text[n]) for n in places)
    blocks = [
        block
        for block in SequenceMatcher(None, wanted, read, autojunk=False).get_matching_blocks()
        if block.size >= min(SMALLEST_BLOCK, len(wanted))
    ]
    if not blocks or sum(block.size for block in blocks) < COVERED * len(wanted):
        return None
    first, last = blocks[0].b, blocks[-1].b + blocks[-1].size - 1
    if last - first + 1 > LONGER * len(wanted) + 1:
        return None
    start, stop = places[first], places[last] + 1
    while start > 0 and not text[start - 1].isspace():
        start -= 1
    while stop < len(text) and not text[stop].isspace():
        stop += 1
    return (start, stop) if len(_folded(text[start:stop])) <= LONGER * len(wanted) + 1 else None


def _with_caret(old: str, text: str) -> tuple[int, int] | None:
    """Where one word stands with a misread caret behind it; ``notes`` is not ``note`` with a caret."""
    for found in re.finditer(r"\S+", text):
        word = found[0]
        if old and word.startswith(old) and len(word) == len(old) + 1 and word[-1] in CARETS:
            return found.span()
    return None


def _part_of(text: str, pairs: Pairs) -> tuple[str, str] | None:
    """The value of which a line is a part: it is on several lines, or cut."""
    part = _folded(text.rstrip(".… "))
    if len(part) < LEAST_PART:
        return None
    return next(
        (pair for pair in pairs if len(part) < len(_folded(pair[0])) and part in _folded(pair[0])), None
    )


def _share(whole_text: str, part: str) -> float:
    """Share of the letters of a part that stand in a text, in order."""
    if len(part) < LEAST_PART:
        return 0.0
    blocks = SequenceMatcher(None, whole_text, part, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks if block.size >= SMALLEST_BLOCK) / len(part)


def _folded(text: str) -> str:
    return "".join(_fold(c) for c in letters(text))


def _fold(letter: str) -> str:
    """A letter without its marks; letters that are misread for one another become one."""
    bare = unicodedata.normalize("NFD", letter.casefold())[:1]
    return {"0": "o", "1": "l", "i": "l", "|": "l", "5": "s"}.get(bare, bare)


def _spread(line: TextLine, text: str) -> TextLine:
    """A line with another text, its letters spread evenly over the box of the old one."""
    if text == line.element.text or not text.strip():
        return line
    box, pitch = line.element.box, line.element.box.width / len(text)
    places = tuple(box.left + (number + 0.5) * pitch for number in range(len(text)))
    return TextLine(replace(line.element, text=text), places)


def new_words(before: Sequence[Words], after: Sequence[Words]) -> Iterator[str]:
    """Words that are read after a step and not before it, in the form in which they are compared."""
    had = {plain(word.text) for line in before for word in line}
    yield from (
        plain(word.text)
        for line in after
        for word in line
        if plain(word.text) not in had and has_enough_letters(word.text)
    )
