"""How one look at a screen is like another one: which words are on both, and where they went.

Windows move, themes and fonts change, lists scroll: pixels then say nothing, but words stay words. Words
are compared and not lines, since what is read as one line may be read as two the next time. A letter that
is known to be read for another one is forgiven, no other difference: ``reports`` is not ``report``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import median

from deskhand.actions.geometry import Box, ScreenPoint
from deskhand.perception.screen import Element
from deskhand.perception.text.identity import may_be, near_name, plain, same_name
from deskhand.perception.text.similarity import letters
from deskhand.perception.text.wording import could_be

LEAST_LETTERS = 3
"""Shorter texts prove nothing: icons and marks are read as a letter or two."""

NEIGHBOURS = 5
"""Words around a place that tell where it went."""

BESIDE = 40
"""Pixels from where a word should be within which another one stands in its place."""

FAR_ENOUGH = 20**2
"""Square of the distance in pixels of two words that tell of a scale."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """Two looks compared by their words.

    Attributes:
        pairs: words that are on both, as they were and as they are.
        missing: words that are only on the earlier one.
        unexpected: words that are only on the later one.
    """

    pairs: tuple[tuple[Element, Element], ...]
    missing: tuple[Element, ...]
    unexpected: tuple[Element, ...]

    @property
    def share(self) -> float:
        """How many of the earlier look's words are on the later one, 0 to 1; 1 if it had none."""
        whole = len(self.pairs) + len(self.missing)
        return len(self.pairs) / whole if whole else 1.0

    def swapped(self) -> list[tuple[Element, Element]]:
        """Words that another one stands in the place of which could be taken for it: was, and is."""
        found = []
        for was in self.missing:
            predicted = self.predict(was.box.centre)
            place = predicted.point if predicted is not None else was.box.centre
            near = [one for one in self.unexpected if _distance(one.box, place) <= BESIDE]
            found += [(was, one) for one in near if near_name(was.text, one.text)]
        return found

    def predict(self, point: ScreenPoint) -> Prediction | None:
        """Where a point went, going by the words around it; None if fewer than two of them are left."""
        near = sorted(self.pairs, key=lambda pair: _distance(pair[0].box, point))[:NEIGHBOURS]
        if len(near) < 2:
            return None
        scale = _scale(near)
        places = [_carried(was.box, now.box, point, scale) for was, now in near]
        x, y = median(p[0] for p in places), median(p[1] for p in places)
        spread = median(max(abs(p[0] - x), abs(p[1] - y)) for p in places)
        return Prediction(ScreenPoint(round(x), round(y)), scale, spread)


@dataclass(frozen=True, slots=True)
class Prediction:
    """Where something should be now.

    Attributes:
        point: in pixels of the later look.
        scale: how much larger things are there.
        spread: by how many pixels the words disagree.
    """

    point: ScreenPoint
    scale: float
    spread: float


def compare(expected: Sequence[Element], actual: Sequence[Element]) -> Likeness:
    """Compare two looks by their words; those that prove nothing are left out."""
    was = [one for one in expected if tells(one.text)]
    now = [one for one in actual if tells(one.text)]
    pairs = _unique(was, now)
    scored = sorted(_candidates(was, now, pairs))
    taken_was, taken_now = set(pairs), set(pairs.values())
    for *_, w, n in scored:
        if w not in taken_was and n not in taken_now:
            pairs[w] = n
            taken_was.add(w)
            taken_now.add(n)
    return Likeness(
        tuple((was[w], now[n]) for w, n in sorted(pairs.items())),
        tuple(one for w, one in enumerate(was) if w not in taken_was),
        tuple(one for n, one in enumerate(now) if n not in taken_now),
    )


def tells(text: str) -> bool:
    """Whether a text is long enough to be distinguished from a misread icon."""
    return len(letters(text)) >= LEAST_LETTERS


def reads_as(one: str, other: str) -> bool:
    """Whether two words may be one, as far as a screen is known by its words.

    Marks beside the letters are no difference: a caret, or the arrow of a list, is read as one at times.
    """
    a, b = ("".join(filter(str.isalnum, text)) for text in (one, other))
    return could_be(one, other) or may_be(a, b)


def _unique(was: Sequence[Element], now: Sequence[Element]) -> dict[int, int]:
    """Words that stand once on each look, by their places in the sequences."""
    before, after = _by_text(was), _by_text(now)
    return {
        places[0]: after[text][0]
        for text, places in before.items()
        if len(places) == 1 and len(after.get(text, ())) == 1
    }


def _by_text(elements: Sequence[Element]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for number, element in enumerate(elements):
        found[plain(element.text)].append(number)
    return found


def _candidates(
    was: Sequence[Element], now: Sequence[Element], pairs: dict[int, int]
) -> list[tuple[bool, float, int, int]]:
    """Pairs that could be: equal words before similar ones, near before far from where they should be."""
    known = Likeness(tuple((was[w], now[n]) for w, n in pairs.items()), (), ())
    left = [n for n in range(len(now)) if n not in set(pairs.values())]
    found = []
    for w, one in enumerate(was):
        if w in pairs:
            continue
        predicted = known.predict(one.box.centre)
        place = predicted.point if predicted is not None else one.box.centre
        found += [
            (not same_name(one.text, now[n].text), _distance(now[n].box, place), w, n)
            for n in left
            if reads_as(one.text, now[n].text)
        ]
    return found


def _scale(pairs: Sequence[tuple[Element, Element]]) -> float:
    """How much further apart words are than they were; near 1 it is 1, since words differ by a pixel."""
    ratios = [
        (after**0.5) / (before**0.5)
        for (was, now), (was2, now2) in combinations(pairs, 2)
        if (before := _apart(was.box, was2.box)) >= FAR_ENOUGH and (after := _apart(now.box, now2.box))
    ]
    scale = median(ratios) if ratios else 1.0
    return 1.0 if 0.95 < scale < 1.05 else scale


def _apart(one: Box, other: Box) -> float:
    """Square of the distance of two words, by where they begin."""
    return float((one.left - other.left) ** 2 + (one.centre.y - other.centre.y) ** 2)


def _distance(box: Box, point: ScreenPoint) -> float:
    across = max(box.left - point.x, 0, point.x - box.right)
    down = max(box.top - point.y, 0, point.y - box.bottom)
    return float((across**2 + down**2) ** 0.5)


def _carried(was: Box, now: Box, point: ScreenPoint, scale: float) -> tuple[float, float]:
    """A point that keeps its place beside a word that moved and grew."""
    return (
        now.left + (point.x - was.left) * scale,
        (now.top + now.bottom) / 2 + (point.y - (was.top + was.bottom) / 2) * scale,
    )
