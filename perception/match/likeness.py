"""Compares two screens by their words: which are on both, and where they went.

When windows move, themes and fonts change or lists scroll, pixels differ but words stay the same. Words are
compared and not lines, because what is read as one line may be read as two the next time. Letters that are
known to be misread for one another count as equal; no other difference does: ``reports`` is not ``report``.
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
"""Shorter texts are not compared: icons and marks are misread as a letter or two."""

NEIGHBOURS = 5
"""How many of the words nearest to a place predict where it went."""

BESIDE = 40
"""Pixels around the predicted place of a word within which another one counts as in its place."""

FAR_ENOUGH = 20**2
"""Square of the least distance in pixels between two words from which a scale is computed."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """Two screens compared by their words.

    Attributes:
        pairs: words that are on both: earlier and later element.
        missing: words that are only on the earlier one.
        unexpected: words that are only on the later one.
    """

    pairs: tuple[tuple[Element, Element], ...]
    missing: tuple[Element, ...]
    unexpected: tuple[Element, ...]

    @property
    def share(self) -> float:
        """Share of the earlier screen's words that are on the later one, 0 to 1; 1 if it had none."""
        whole = len(self.pairs) + len(self.missing)
        return len(self.pairs) / whole if whole else 1.0

    def swapped(self) -> list[tuple[Element, Element]]:
        """Pairs of a missing word and a similar unexpected word that stands in its place."""
        found = []
        for was in self.missing:
            predicted = self.predict(was.box.centre)
            place = predicted.point if predicted is not None else was.box.centre
            near = [one for one in self.unexpected if _distance(one.box, place) <= BESIDE]
            found += [(was, one) for one in near if near_name(was.text, one.text)]
        return found

    def predict(self, point: ScreenPoint) -> Prediction | None:
        """Where a point went, by the words around it; None if fewer than two words are on both screens."""
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
        point: in pixels of the later screen.
        scale: how much larger things are there.
        spread: by how many pixels the words' predictions differ (median).
    """

    point: ScreenPoint
    scale: float
    spread: float


def compare(expected: Sequence[Element], actual: Sequence[Element]) -> Likeness:
    """Compare two screens by their words; those without enough letters are left out."""
    was = [one for one in expected if has_enough_letters(one.text)]
    now = [one for one in actual if has_enough_letters(one.text)]
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


def has_enough_letters(text: str) -> bool:
    """Whether a text is long enough not to be a misread icon: it has ``LEAST_LETTERS`` letters or digits."""
    return len(letters(text)) >= LEAST_LETTERS


def reads_as(one: str, other: str) -> bool:
    """Whether two words may be the same word, read twice.

    Marks beside the letters are ignored: a caret or the arrow of a list is sometimes read as one.
    """
    a, b = ("".join(filter(str.isalnum, text)) for text in (one, other))
    return could_be(one, other) or may_be(a, b)


def _unique(was: Sequence[Element], now: Sequence[Element]) -> dict[int, int]:
    """Words that occur once on each screen, as indexes in the sequences: earlier to later."""
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
    """Possible pairs, to be sorted: equal words before similar ones, near the predicted place before far."""
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
    """How much further apart words are than they were; rounded to 1 near 1, as boxes differ by a pixel."""
    ratios = [
        (after**0.5) / (before**0.5)
        for (was, now), (was2, now2) in combinations(pairs, 2)
        if (before := _apart(was.box, was2.box)) >= FAR_ENOUGH and (after := _apart(now.box, now2.box))
    ]
    scale = median(ratios) if ratios else 1.0
    return 1.0 if 0.95 < scale < 1.05 else scale


def _apart(one: Box, other: Box) -> float:
    """Square of the distance between two words, measured at their left edges."""
    return float((one.left - other.left) ** 2 + (one.centre.y - other.centre.y) ** 2)


def _distance(box: Box, point: ScreenPoint) -> float:
    across = max(box.left - point.x, 0, point.x - box.right)
    down = max(box.top - point.y, 0, point.y - box.bottom)
    return float((across**2 + down**2) ** 0.5)


def _carried(was: Box, now: Box, point: ScreenPoint, scale: float) -> tuple[float, float]:
    """Where a point is now that keeps its position relative to a word that moved and grew."""
    return (
        now.left + (point.x - was.left) * scale,
        (now.top + now.bottom) / 2 + (point.y - (was.top + was.bottom) / 2) * scale,
    )
