"""Is this the screen that is expected here?

First by pixels, which costs a millisecond and is certain. Where these differ, by the texts on both
screens: another theme, another font or another place of a window leave them as they are, while a dialog
that was not there last time brings new ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from deskhand.perception.alike import letters
from deskhand.perception.changes import quoted
from deskhand.perception.difference import difference
from deskhand.perception.likeness import Likeness, compare, same_text, tells
from deskhand.perception.ocr import Models
from deskhand.perception.screen import Box, Element, Screenshot
from deskhand.perception.text import TextReader
from deskhand.policies.replay.script import Beat, Script

MOST_NEW = 1
"""Texts that may be on a screen without having been there last time: one thing may have another name."""

LEAST_KNOWN = 0.7
"""Share of the expected texts that must be there."""

TOLD = 3


@dataclass(frozen=True, slots=True)
class Recognition:
    """What was found of an expected screen.

    Attributes:
        expected, actual: both screens.
        exact: the pixels are the same, but for a caret and what is masked.
        likeness: how their texts compare; None if pixels said enough.
        complaint: why this is not the screen, in words; empty if it is.
        pending: what the step before changed last time is not to be seen yet.
    """

    expected: Screenshot
    actual: Screenshot
    exact: bool
    likeness: Likeness | None = None
    texts: tuple[Element, ...] = ()
    complaint: str = ""
    pending: str = ""


def looks_the_same(expected: Screenshot, actual: Screenshot, masked: Sequence[Box]) -> bool:
    """Whether pixels are the same, but for a text caret and what was painted over."""
    if expected.viewport != actual.viewport:
        return False
    change = difference(expected, actual, ignore=masked)
    return not change or change.only_caret


class Recogniser:
    """Compares the screens of a replay with those of its script, one after another.

    What was different at a step that was done all the same is no news at the next one: a list that is
    scrolled stays scrolled.
    """

    def __init__(self, script: Script) -> None:
        self._script = script
        models = Models()
        self._expected, self._actual = TextReader(models), TextReader(models)
        self._accepted: set[str] = set()
        self._last: tuple[Beat, Screenshot] | None = None

    def look(self, beat: Beat, actual: Screenshot) -> Recognition:
        """Compare a screen with the one that a beat expects.

        Raises:
            TrajectoryError: the expected frame is missing or damaged.
        """
        expected = self._script.frame(beat)
        if looks_the_same(expected, actual, beat.masked) and not self._shows_values(beat):
            return Recognition(expected, actual, exact=True)
        texts = self._read(self._actual, actual, beat.masked)
        wanted = self._texts(beat)
        likeness = compare(wanted, texts)
        return Recognition(
            expected,
            actual,
            False,
            likeness,
            texts,
            self._complaint(likeness),
            self._pending(beat, wanted, likeness, actual),
        )

    def accept(self, beat: Beat, recognition: Recognition) -> None:
        """The step is done on this screen, with whatever is different on it."""
        self._last = beat, recognition.actual
        if recognition.likeness is not None:
            likeness = recognition.likeness
            self._accepted = {letters(one.text) for one in (*likeness.missing, *likeness.unexpected)}
        else:
            self._accepted = set()

    def text_at(self, beat: Beat, box: Box) -> str:
        """What stands in a box of the expected screen, with today's values."""
        inside = [one for one in self._texts(beat) if box.contains(one.box.centre)]
        return " ".join(one.text for one in inside)

    def lines(self, beat: Beat) -> tuple[Element, ...]:
        """The texts of the screen that a beat expects, with today's values."""
        return self._texts(beat)

    def _shows_values(self, beat: Beat) -> bool:
        """Whether a text of the expected screen has another value today."""
        if not self._script.values:
            return False
        read = self._expected.read(self._script.frame(beat))
        return any(self._script.now(one.text) != one.text for one in read)

    def _texts(self, beat: Beat) -> tuple[Element, ...]:
        read = self._read(self._expected, self._script.frame(beat), beat.masked)
        return tuple(replace(one, text=self._script.now(one.text)) for one in read)

    def _read(self, reader: TextReader, screenshot: Screenshot, masked: Sequence[Box]) -> tuple[Element, ...]:
        return tuple(
            one
            for one in reader.read(screenshot)
            if not any(one.box.intersection(box).area for box in masked)
        )

    def _complaint(self, likeness: Likeness) -> str:
        fresh = [one for one in likeness.unexpected if letters(one.text) not in self._accepted]
        gone = [one for one in likeness.missing if letters(one.text) not in self._accepted]
        known = len(likeness.pairs) / max(1, len(likeness.pairs) + len(gone))
        if len(fresh) > MOST_NEW:
            return f"the screen shows what it did not: {_named(fresh)}"
        if known < LEAST_KNOWN:
            return f"the screen lacks {_named(gone)}"
        return ""

    def _pending(self, beat: Beat, wanted: Sequence[Element], likeness: Likeness, actual: Screenshot) -> str:
        """What the last step changed when it was recorded, and what is not to be seen of that now."""
        if self._last is None or self._last[0].frame == beat.frame:
            return ""
        earlier, before = self._last
        had = self._texts(earlier)
        came = [
            one
            for one in wanted
            if tells(one.text) and not any(same_text(one.text, other.text) for other in had)
        ]
        lacking = [one for one in came if one in likeness.missing]
        if came and len(lacking) * 2 > len(came):
            return f"step {earlier.step} made {_named(lacking)} appear last time, and does not now"
        if not came and not difference(before, actual):
            return f"step {earlier.step} changed the screen last time, and does not now"
        return ""


def _named(texts: Sequence[Element]) -> str:
    said = ", ".join(quoted(one.text) for one in texts[:TOLD])
    more = len(texts) - TOLD
    return said + (f" and {more} more" if more > 0 else "")
