"""How well and how fast screens are seen: test applications that training never saw, pixels only.

Screens are made by opening the test applications of the catalogue under drawn looks, and kept in a
folder, so that a second run measures the same ones. Every number is of one way of seeing:

    pixels          text and widgets, from the screenshot alone
    ocr alone       text only: what a screen reader without a detector knows
    tree alone      what the applications report through AT-SPI, nothing from pixels
"""

from __future__ import annotations

import statistics
import time
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2

from deskhand.perception.reader import PIXELS, ScreenReader
from deskhand.perception.screen import Element, Pixels, Screenshot
from deskhand.perception.text.lines import TextReader
from deskhand.perception.text.ocr import Models
from deskhand.perception.widgets.detector import Detector
from deskhand.screens.collect import collect
from deskhand.screens.programs import choose, missing
from deskhand.screens.score import FRAMES, DetectionScore, score
from deskhand.screens.sets import ScreenSet, TrueScreen

Row = dict[str, Any]

SEED = 20_000
"""Of the test screens; sets for training start from small numbers."""

SCREENS = 240
"""Test screens in all, each application its share; the same for everyone who does not say otherwise."""

COLUMNS = {
    "recall": "true actionable elements found in their role, IoU at least 0.5",
    "precision": "actionable finds that are true in their role",
    "placed": "recall where another actionable role counts too",
    "text_exact": "true elements with a text, read exactly",
    "known": "the same, of texts in a script that the reader's models know",
    "char_error": "letters to change, of texts that were found",
    "state": "check boxes, tabs, rows and fields found whose state is known",
    "click": "named elements whose name, looked up among the finds, gives a click inside",
    "click_shown": "the same, of those whose name stands on the screen, not in the program alone",
    "first_ms, small_ms, none_ms": "medians: a first look, after a word was changed, after nothing was",
}


def screens_in(
    folder: Path, number: int = SCREENS, progress: Callable[[int, int], None] = lambda done, total: None
) -> tuple[ScreenSet, list[str]]:
    """The test screens in a folder, made as far as they are not there, and which programs are missing."""
    programs = choose("test")
    lacking = missing(programs)
    fit = [program for program in programs if program.executable not in lacking]
    return collect(folder, fit, number, SEED, progress=progress), lacking


@dataclass(slots=True)
class _Measured:
    """What was measured on some screens; ``known`` is of texts in scripts that the reader knows."""

    score: DetectionScore = field(default_factory=DetectionScore)
    known: DetectionScore = field(default_factory=DetectionScore)
    milliseconds: dict[str, list[float]] = field(default_factory=dict)
    screens: int = 0

    def add(self, other: _Measured) -> None:
        """Join what was measured on other screens to this."""
        self.score += other.score
        self.known += other.known
        self.screens += other.screens
        for name, values in other.milliseconds.items():
            self.milliseconds.setdefault(name, []).extend(values)


def rows(screens: Iterable[TrueScreen], progress: Callable[[], None] = lambda: None) -> Iterator[Row]:
    """A row for each test application and look; then by size, by role, the baselines, and the total."""
    groups: dict[tuple[str, str], _Measured] = defaultdict(_Measured)
    eyes = Eyes()
    for screen in screens:
        screenshot = screen.screenshot()
        view = screenshot.viewport
        measured = eyes.look(screenshot, screen.elements)
        for group in (
            (screen.application, screen.look),
            ("all", f"{view.width}x{view.height}"),
            ("all", "pixels"),
        ):
            groups[group].add(measured)
        groups["all", "ocr alone"].add(_compared(eyes.text.read(screenshot), screen.elements))
        groups["all", "tree alone"].add(_compared(screen.accessible, screen.elements))
        progress()
    last = {group: groups.pop(group) for group in list(groups) if group[0] == "all"}
    for (application, look), measured in sorted(groups.items()):
        yield _row(application, look, measured)
    total = last.pop(("all", "pixels"), _Measured())
    yield from (_role_row(role, total.score) for role in sorted(total.score.there))
    yield from (_frame_row(role, total.score) for role in FRAMES)
    yield from (_row(*group, measured) for group, measured in sorted(last.items()))
    yield _row("all", "pixels", total)


class Eyes:
    """Looks at screens one after another, each as if it were the first."""

    def __init__(self) -> None:
        self._detector, self._models = Detector(), Models()
        self._detector.load()
        self._models.load()
        self.text = TextReader(self._models)

    def look(self, screenshot: Screenshot, true: Sequence[Element]) -> _Measured:
        """See a screen, see it again, and see it with a word changed."""
        self.text = TextReader(self._models)
        reader = ScreenReader(detector=self._detector, sources=PIXELS, text=self.text)
        changed = with_a_word(screenshot.pixels)
        shots = {
            "first_ms": screenshot,
            "none_ms": Screenshot(screenshot.pixels.copy(), screenshot.seconds + 1),
            "small_ms": Screenshot(changed, screenshot.seconds + 2),
        }
        found, times = {}, {}
        for name, shot in shots.items():
            began = time.perf_counter()
            found[name] = reader.read(shot)
            times[name] = [(time.perf_counter() - began) * 1e3]
        measured = _compared(found["first_ms"], true)
        measured.milliseconds = times
        return measured


def _compared(found: Sequence[Element], true: Sequence[Element]) -> _Measured:
    readable = [one for one in true if is_known(one.text)]
    return _Measured(score(found, true), score(found, readable), {}, 1)


def is_known(text: str) -> bool:
    """Whether the text reader's models know the script: not Korean, Cyrillic, Arabic, Hebrew, nor emoji."""
    return all(unicodedata.name(letter, "?").split()[0] in _KNOWN for letter in text if letter.isalpha())


_KNOWN = frozenset("LATIN GREEK CJK HIRAGANA KATAKANA FULLWIDTH HALFWIDTH FEMININE MASCULINE MICRO".split())


def with_a_word(pixels: Pixels) -> Pixels:
    """The picture with a word written into its middle, as if somebody had typed it."""
    changed = pixels.copy()
    height, width = changed.shape[:2]
    left, top = width // 2 - 40, height // 2 - 12
    changed[top : top + 24, left : left + 80] = 255
    place, font = (left + 4, top + 17), cv2.FONT_HERSHEY_SIMPLEX
    cv2.putText(changed, "changed", place, font, 0.5, (0, 0, 0), 1, cv2.LINE_AA)
    return changed


def _row(application: str, look: str, measured: _Measured) -> Row:
    seen = measured.score
    return {
        "application": application,
        "look": look,
        "screens": measured.screens,
        "elements": seen.there.total(),
        "recall": _rounded(seen.recall()),
        "precision": _rounded(seen.precision()),
        "placed": _rounded(seen.placed_share()),
        "text_exact": _share(seen.exact, seen.texts),
        "known": _share(measured.known.exact, measured.known.texts),
        "char_error": _share(seen.wrong, seen.letters),
        "state": _share(seen.known, seen.states),
        "click": _share(seen.clicked, seen.names),
        "click_shown": _share(seen.shown_clicked, seen.shown_names),
        **{name: _median(measured.milliseconds.get(name)) for name in ("first_ms", "small_ms", "none_ms")},
    }


def _role_row(role: str, seen: DetectionScore) -> Row:
    return {
        "application": "all",
        "look": role,
        "elements": seen.there[role],
        "recall": _rounded(seen.recall(role)),
        "precision": _rounded(seen.precision(role)),
        "placed": _rounded(seen.placed_share(role)),
    }


def _frame_row(role: str, seen: DetectionScore) -> Row:
    return {
        "application": "all",
        "look": role,
        "elements": seen.frames[role],
        "recall": _share(seen.frames_found[role], seen.frames[role]),
        "precision": _share(seen.frames_found[role], seen.frames_predicted[role]),
        "placed": None,
    }


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 3) if whole else None


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 3)


def _median(values: Sequence[float] | None) -> float | None:
    return round(statistics.median(values), 1) if values else None
