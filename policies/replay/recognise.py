"""Decides whether a screen is the expected one.

Pixels are compared first, which takes a millisecond and is certain. Where they differ, the texts on both
screens are compared: another theme, font or place of a window does not change them, while a dialog that the
recording did not have adds new ones.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from deskhand.actions.geometry import Box
from deskhand.actions.vocabulary import Type
from deskhand.perception.match.likeness import Likeness, compare, has_enough_letters, reads_as
from deskhand.perception.screen import Element, Screenshot
from deskhand.perception.text.lines import TextLine, TextReader
from deskhand.perception.text.ocr import Models
from deskhand.perception.text.similarity import letters, nearly_same
from deskhand.perception.text.wording import Words, words_of
from deskhand.perception.watch.changes import quoted
from deskhand.perception.watch.difference import difference
from deskhand.policies.replay.script import PlanStep, ReplayPlan
from deskhand.policies.replay.values import (
    ValuePlace,
    ValuePlaces,
    is_readable,
    may_come_from,
    new_words,
    valued_line,
    with_today,
)

MOST_NEW = 2
"""New words that a screen may have: one element may have another name."""

LEAST_KNOWN = 0.7
"""Least share of the expected words that must be there."""

MOST_MASKED = 0.4
"""Share of a screen that may be masked; with more, too little is left to recognise it."""

LOOKS_LIKE = 0.25
"""Share of pixels that may differ where a screen has no words to recognise it by."""

LOOKED_AT, MOST_DRAWN_ALIKE = 40, 0.6
"""Words whose pixels are compared with the recording's; least share of them that must be equal."""

MOST_NAMED = 3
"""Words that a message names."""

_CLOCK = re.compile(r"\d{1,2}[:.]\d\d(?:[:.]\d\d)?")


@dataclass(frozen=True, slots=True)
class Recognition:
    """How a screen compares with the expected one.

    Attributes:
        expected, actual: both screens.
        exact: the pixels are the same, except for a caret and masked regions.
        likeness: how their words compare; None if pixels said enough.
        lines: the words of the actual screen, line by line, where they were read.
        complaint: why this is not the expected screen, in words; empty if it is.
        pending: which change of the step before is not visible yet, in words; empty if all are.
    """

    expected: Screenshot
    actual: Screenshot
    exact: bool
    likeness: Likeness | None = None
    lines: tuple[Words, ...] = ()
    complaint: str = ""
    pending: str = ""


def looks_the_same(expected: Screenshot, actual: Screenshot, masked: Sequence[Box]) -> bool:
    """Whether pixels are the same, except for a text caret and masked regions."""
    if expected.viewport != actual.viewport:
        return False
    change = difference(expected, actual, ignore=masked)
    return not change or change.only_caret


@dataclass(frozen=True, slots=True)
class Shown:
    """What an expected screen shows, with the current values.

    Attributes:
        words: all that can be read.
        valued: those of them that are a parameter's value.
        places: where values stood in the recording.
    """

    words: tuple[Element, ...]
    valued: frozenset[Element]
    places: tuple[ValuePlace, ...]


class Recogniser:
    """Compares the screens of a replay with those of its plan, one after another.

    A difference that was accepted at one step is accepted at the next one, too: a list that is scrolled stays
    scrolled.
    """

    def __init__(self, script: ReplayPlan) -> None:
        self._script = script
        models = Models()
        self._expected, self._actual = TextReader(models), TextReader(models)
        self._accepted: set[str] = set()
        self._last: tuple[PlanStep, Screenshot] | None = None
        self._shown_before: dict[str, Shown] = {}
        self._garbled: set[str] = set()

    def look(self, planned: PlanStep, actual: Screenshot) -> Recognition:
        """Compare a screen with the one that a step expects.

        Raises:
            TrajectoryError: the expected frame is missing or damaged.
        """
        expected = self._script.frame(planned)
        if masked_share(expected, planned.masked) > MOST_MASKED:
            return Recognition(
                expected, actual, False, complaint=f"too little was kept of the screen of step {planned.step}"
            )
        same = looks_the_same(expected, actual, planned.masked)
        if same and not (self._script.values and self._shown(planned).places):
            return Recognition(expected, actual, exact=True)
        lines = self._read(self._actual, actual, planned.masked)
        shown = self._shown(planned)
        likeness = compare(shown.words, _flat(lines))
        return Recognition(
            expected,
            actual,
            False,
            likeness,
            lines,
            self._complaint(planned, expected, actual, likeness)
            or _unlike(expected, actual, planned.masked, shown.words),
            self._pending(planned, likeness, actual),
        )

    def accept(self, planned: PlanStep, recognition: Recognition) -> None:
        """Accept this screen with its differences; the step is done on it."""
        self._last = planned, recognition.actual
        self._learn_garbled(planned)
        if recognition.likeness is not None:
            likeness = recognition.likeness
            self._accepted = {letters(one.text) for one in (*likeness.missing, *likeness.unexpected)}
        else:
            self._accepted = set()

    def words_in(self, actual: Screenshot, boxes: Sequence[Box]) -> list[Element]:
        """Words on the actual screen that lie in boxes."""
        words = (word for line in self._actual.lines(actual) for word in words_of(line))
        return [
            one
            for one in words
            if has_enough_letters(one.text) and any(box.contains(one.box.centre) for box in boxes)
        ]

    def lines(self, planned: PlanStep) -> tuple[Words, ...]:
        """The words of the screen that a step expects, with the current values, line by line."""
        return self._read(
            self._expected,
            self._script.frame(planned),
            planned.masked,
            lambda line: words_of(with_today(line, self._script.values)),
        )

    def _shown(self, planned: PlanStep) -> Shown:
        """The words of the screen that a step expects, and which of them are a parameter's value."""
        if planned.frame not in self._shown_before:
            self._shown_before[planned.frame] = self._values_on(planned)
        return self._shown_before[planned.frame]

    def _values_on(self, planned: PlanStep) -> Shown:
        pairs = self._script.values
        words, valued, places = list[Element](), set[Element](), list[ValuePlace]()
        for line in self._expected.lines(self._script.frame(planned)):
            made = valued_line(line, pairs, self._garbled)
            kept = [not any(word.box.intersection(m).area for m in planned.masked) for word in made.words]
            words += [word for word, keep in zip(made.words, kept, strict=True) if keep]
            valued |= {word for word, came in zip(made.words, made.valued, strict=True) if came}
            places += made.places
        return Shown(tuple(words), frozenset(valued), tuple(places))

    def _learn_garbled(self, planned: PlanStep) -> None:
        """Learn how an unreadable value is misread: as the words that appeared when it was typed."""
        after = self._script.after(planned)
        typed = " ".join(one.text for one in planned.actions if isinstance(one, Type))
        if after is None or not any(new and new in typed for _, new in self._script.values):
            return
        if self._shown(after).places:
            return
        before = self._read(self._expected, self._script.frame(planned), planned.masked, words_of)
        later = self._read(self._expected, self._script.frame(after), after.masked, words_of)
        found = set(new_words(before, later))
        if found - self._garbled:
            self._garbled |= found
            self._shown_before.clear()

    def _read(
        self,
        reader: TextReader,
        screenshot: Screenshot,
        masked: Sequence[Box],
        words: Callable[[TextLine], Words] = words_of,
    ) -> tuple[Words, ...]:
        lines = (words(line) for line in reader.lines(screenshot))
        kept = (
            tuple(w for w in line if not any(w.box.intersection(m).area for m in masked)) for line in lines
        )
        return tuple(line for line in kept if line)

    def _complaint(
        self, planned: PlanStep, expected: Screenshot, actual: Screenshot, likeness: Likeness
    ) -> str:
        shown = self._shown(planned)
        room = ValuePlaces(shown.places, self._script.values, likeness)
        fresh = [
            one
            for one in likeness.unexpected
            if letters(one.text) not in self._accepted and not room.excuse(one)
        ]
        gone = [
            one
            for one in likeness.missing
            if letters(one.text) not in self._accepted and one not in shown.valued
        ]
        swapped = [(was, now) for was, now in likeness.swapped() if was in gone and now in fresh]
        if swapped:
            same = _same_look(expected, actual, likeness)
            swapped = [pair for pair in swapped if _is_another(*pair, same_look=same)]
        if swapped:
            was, now = swapped[0]
            return f"the screen shows {quoted(now.text)} where {quoted(was.text)} was"
        known = len(likeness.pairs) / (len(likeness.pairs) + len(gone)) if likeness.pairs or gone else 1.0
        if len(fresh) > MOST_NEW and known >= LEAST_KNOWN:
            fresh = self._not_soon(planned, fresh)
        if len(fresh) > MOST_NEW:
            return f"the screen shows what it did not: {_named(fresh)}"
        if known < LEAST_KNOWN:
            return f"the screen lacks {_named(gone)}"
        return ""

    def _not_soon(self, planned: PlanStep, fresh: Sequence[Element]) -> list[Element]:
        """The new words that the next expected screen does not have either, apart from what this step types.

        The recording may have looked while a window was still being drawn.
        """
        after = self._script.after(planned)
        if after is None:
            return list(fresh)
        typed = {
            letters(word)
            for action in planned.actions
            if isinstance(action, Type)
            for word in action.text.split()
        }
        soon = [word for word in self._shown(after).words if letters(word.text) not in typed]
        return [one for one in fresh if not any(reads_as(one.text, word.text) for word in soon)]

    def _pending(self, planned: PlanStep, likeness: Likeness, actual: Screenshot) -> str:
        """Which change of the last step in the recording is not visible now; empty if all are."""
        if self._last is None or self._last[0].frame == planned.frame:
            return ""
        earlier, before = self._last
        had, shown = self._shown(earlier).words, self._shown(planned)
        came = [
            one
            for one in shown.words
            if has_enough_letters(one.text) and not any(reads_as(one.text, other.text) for other in had)
        ]
        typed = [one for one in came if one in shown.valued]
        came = [one for one in came if one not in shown.valued]
        # A word counts as there if it was read with one letter more or less.
        lacking = [
            one
            for one in came
            if one in likeness.missing
            and not any(_a_letter_off(one.text, other.text) for other in likeness.unexpected)
        ]
        if came and len(lacking) * 2 > len(came):
            return f"step {earlier.step} made {_named(lacking)} appear last time, and does not now"
        asked = typed if all(is_readable(place.new) for place in shown.places) else []
        if (
            asked
            and not any(one not in likeness.missing for one in asked)
            and not self._is_partly_read(likeness)
        ):
            return f"step {earlier.step} made {_named(asked)} appear last time, and does not now"
        if not came and not difference(before, actual):
            return f"step {earlier.step} changed the screen last time, and does not now"
        return ""

    def _is_partly_read(self, likeness: Likeness) -> bool:
        """Whether a new word of the screen may be a value that was misread, or with its words joined."""
        values = [new for _, new in self._script.values]
        return any(
            has_enough_letters(one.text) and any(may_come_from(one.text, value) for value in values)
            for one in likeness.unexpected
        )


def masked_share(screen: Screenshot, masked: Sequence[Box]) -> float:
    """How much of a screen is masked, 0 to 1."""
    view = screen.viewport
    covered = np.zeros((view.height, view.width), np.bool_)
    for box in masked:
        covered[max(0, box.top) : max(0, box.bottom), max(0, box.left) : max(0, box.right)] = True
    return float(covered.mean())


def _unlike(
    expected: Screenshot, actual: Screenshot, masked: Sequence[Box], wanted: Sequence[Element]
) -> str:
    """Why a screen without words is not the expected one; empty if it may be."""
    if any(has_enough_letters(one.text) for one in wanted):
        return ""
    share = difference(expected, actual, ignore=masked).share
    return "the screen looks different, and has no words to know it by" if share > LOOKS_LIKE else ""


def _a_letter_off(one: str, other: str) -> bool:
    """Whether two words may be one word, misread by a letter."""
    return abs(len(letters(one)) - len(letters(other))) <= 1 and nearly_same(one, other)


def _same_look(expected: Screenshot, actual: Screenshot, likeness: Likeness) -> bool:
    """Whether words are drawn as in the recording, to the pixel: then they are also read as they were."""
    pairs = likeness.pairs[:LOOKED_AT]
    same = sum(np.array_equal(expected.crop(was.box), actual.crop(now.box)) for was, now in pairs)
    return bool(pairs) and same >= MOST_DRAWN_ALIKE * len(pairs)


def _is_another(was: Element, now: Element, *, same_look: bool) -> bool:
    """Whether a word in the place of another is surely a different one: no misreading, part or clock.

    Where words are drawn differently, a letter may be misread, but hardly one digit for another.
    """
    a, b = (letters(one.text) for one in (was, now))
    if a != b and (a in b or b in a):
        return False
    if all(_CLOCK.fullmatch(one.text) for one in (was, now)):
        return False
    digits = ["".join(filter(str.isdigit, one.text)) for one in (was, now)]
    return same_look or (digits[0] != digits[1] and len(digits[0]) == len(digits[1]))


def _flat(lines: Sequence[Words]) -> list[Element]:
    return [word for line in lines for word in line]


def _named(texts: Sequence[Element]) -> str:
    said = ", ".join(quoted(one.text) for one in texts[:MOST_NAMED])
    more = len(texts) - MOST_NAMED
    return said + (f" and {more} more" if more > 0 else "")
