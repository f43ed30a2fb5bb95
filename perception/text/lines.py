"""Reading a screen: lines of text as elements, in reading order, fast when little has changed.

Finding lines costs by the pixel and reading them by the line, so both are done once: the whole
answer is kept by the frame's hash, lines are found again only where pixels changed since the last
frame, and what a crop says is kept by the hash of its pixels.
"""

from __future__ import annotations

import logging
import math
import re
import threading
import unicodedata
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from deskhand.actions.geometry import Box
from deskhand.perception.memory import Recent, crop_name
from deskhand.perception.regions import affected, in_reading_order, merged, moved
from deskhand.perception.screen import Element, Pixels, Screenshot
from deskhand.perception.text.captions import cuts_between_captions
from deskhand.perception.text.ocr import THREADS, Models, ReadLine
from deskhand.perception.watch.difference import difference
from deskhand.perception.zoom import close_up

log = logging.getLogger(__name__)

FRAMES_KEPT = 16
CROPS_KEPT = 4096

MOST_PIXELS = 2_200_000
"""The detector looks at no more than a 1920x1080 screen in full detail; larger ones are shrunk."""

MOST_LINES = 400
"""More lines than this are not read: bounded time matters more than the foot of a full terminal."""

SURE = 0.6
"""Below this the recogniser is guessing at an icon."""

BLOCK = 32
"""Side of the blocks by which plain areas are left out."""

INK = 12
"""Least difference of grey between neighbouring pixels of a row that is part of a glyph."""

DARK = 40
"""Least difference of a channel of a glyph against its ground, of a row that belongs to the text."""

ROOM_ABOVE, ROOM_BELOW, ROOM_BESIDE = 4, 5, 5
"""Pixels around the letters of a line as it is read: room for accents, descenders and underlines."""

ARROWS = " ▲▶▼◀▴▸▾◂"
"""What stands beside the text of a menu or a combo box and is no part of it."""

ELLIPSIS = re.compile(r"(?<=\w)[.,]{2,4}$")
"""The dots after "Save As" are a pixel each; two of them, or a comma among them, are three dots."""

FRAMED = re.compile(r"([-—–_.])\s?(\w.*\w)\s?\1")
"""A title that stands in the line around a group: the line is read as dashes or dots on both sides."""

FRAME_FIRST, FRAME_LAST = "[|(:", "]|)"
"""How the upright line of a frame is read, before and behind the text that stands in it."""
NEAR_FRAME, UPRIGHT = 5, 0.95
"""It is no letter if a line stands so near to its place that runs over so much of the crop's height."""

MOST_MISSED, LETTER_GAP = 3, 0.5
"""So many wide letters are looked for at each end of a line, no farther off than this share of a letter."""
LIKE_FRAMES = tuple("口日回田目国囗")
"""How an icon or a check box beside a text is read."""

NOT_READ = ReadLine("", (), 0.0)

WIDE_GAP = 1.8
"""A gap of this many characters' pitch parts two texts: menu entries stand 2.1 apart, the words of a
proportional font 0.8, those of a fixed one 1.5."""


@dataclass(frozen=True, slots=True)
class TextLine:
    """A piece of text that stands on one line.

    Attributes:
        element: the text and its box.
        places: the centre of each character of the text, in pixels from the screen's left edge.
    """

    element: Element
    places: tuple[float, ...]


class TextReader:
    """Finds the text on screenshots. Models are loaded by the first ``read``, or by ``load``.

    One reader follows one screen: what it remembers of the last frame makes the next one cheap. It may
    be shared between threads, which then wait for each other.

    Args:
        models: those of another reader, to load them once.
    """

    def __init__(self, models: Models | None = None) -> None:
        self._models = models or Models()
        self._lock = threading.Lock()
        self._frames: Recent[str, tuple[TextLine, ...]] = Recent(FRAMES_KEPT)
        self._crops: Recent[bytes, ReadLine] = Recent(CROPS_KEPT)
        self._last: tuple[Screenshot, tuple[Box, ...]] | None = None

    def load(self) -> None:
        """Load the models now.

        Raises:
            EnvironmentProblem: a package or its models are missing; says what to install.
        """
        self._models.load()

    def read(self, screenshot: Screenshot) -> tuple[Element, ...]:
        """The text on a screenshot: role "text", source "ocr", rows top to bottom, each left to right.

        A picture without text gives an empty tuple.

        Raises:
            EnvironmentProblem: on first use, if a package or its models are missing.
        """
        return tuple(line.element for line in self.lines(screenshot))

    def zoom(self, screenshot: Screenshot, box: Box) -> tuple[Element, ...]:
        """The text in a region, read enlarged; see ``Observation.zoom``."""
        near = close_up(screenshot, box)
        return near.back(self.closer.read(near.screenshot))

    @cached_property
    def closer(self) -> TextReader:
        """A reader for close-ups, so that this one keeps its memory of the screen."""
        return TextReader(self._models)

    def lines(self, screenshot: Screenshot) -> tuple[TextLine, ...]:
        """What ``read`` gives, with the place of each character; for parting lines at borders."""
        with self._lock:
            name = screenshot.digest()
            known = self._frames.get(name)
            if known is None:
                boxes = self._find(screenshot)
                self._last = (screenshot, boxes)
                known = self._read_lines(screenshot, boxes)
                self._frames.put(name, known)
            return known

    def places(self, screenshot: Screenshot) -> list[Box]:
        """Where lines of text stand, without reading them: half the cost, and gaps are only guessed at."""
        found = []
        for box in self._find(screenshot):
            room = _trimmed(screenshot, box)
            crop = screenshot.crop(room)
            found += [part for part, *_ in _pieces(screenshot, room, crop, NOT_READ)]
        return found

    def lines_in(self, screenshot: Screenshot, boxes: Sequence[Box]) -> tuple[TextLine, ...]:
        """What stands in each of some boxes, each of which holds one line; nothing where none is read."""
        return self._read_lines(screenshot, [box for box in boxes if box.area]) if boxes else ()

    def _find(self, screenshot: Screenshot) -> tuple[Box, ...]:
        """Boxes of lines: found again where the screen changed, kept elsewhere."""
        kept: list[Box] = []
        regions = _busy(screenshot.pixels)
        if self._last is not None and self._last[0].viewport == screenshot.viewport:
            before, lines = self._last
            change = difference(before, screenshot)
            if change.share < 0.5:
                regions, kept = affected(change.boxes, lines, screenshot)
        scale = min(1.0, math.sqrt(MOST_PIXELS / max(1, sum(region.area for region in regions))))
        found = [
            moved(box, region.left, region.top)
            for region in regions
            for box in self._models.lines(screenshot.crop(region), scale)
        ]
        return tuple(kept + found)

    def _read_lines(self, screenshot: Screenshot, boxes: Sequence[Box]) -> tuple[TextLine, ...]:
        if len(boxes) > MOST_LINES:
            log.warning("%d lines of text on the screen, only the upper %d are read", len(boxes), MOST_LINES)
        rows = in_reading_order([_trimmed(screenshot, box) for box in boxes])[:MOST_LINES]
        with ThreadPoolExecutor(THREADS) as pool:
            read = list(pool.map(lambda box: self._read_whole(screenshot, box, rows), rows))
        return tuple(
            part for box, line in read if line.confidence >= SURE for part in _parts(screenshot, box, line)
        )

    def _read_whole(self, screenshot: Screenshot, box: Box, others: Sequence[Box]) -> tuple[Box, ReadLine]:
        """A line, and the wide letters that stand right beside it: the detector misses thin ones at the ends.

        What was missed is taken where the longer crop reads as the same text with letters added.
        """
        line = self._read_crop(screenshot.crop(box))
        for end in (0, -1):
            for _ in range(MOST_MISSED):
                if not line.text or not is_wide(line.text[end]):
                    break
                longer = _longer(screenshot, box, end)
                if longer is None or any(other is not box and _over(longer, other, box) for other in others):
                    break
                found = self._read_crop(screenshot.crop(longer))
                more = found.text.removesuffix(line.text) if end == 0 else found.text.removeprefix(line.text)
                if more in ("", found.text, *LIKE_FRAMES) or not all(map(is_wide, more)):
                    break
                if found.confidence < SURE:
                    break
                box, line = longer, found
        return box, line

    def _read_crop(self, crop: Pixels) -> ReadLine:
        name = crop_name(crop)
        line = self._crops.get(name)
        if line is None:
            line = self._models.text(crop)
            self._crops.put(name, line)
        return line


def is_wide(letter: str) -> bool:
    """Whether a letter is of a script whose letters fill squares: Han, kana, Hangul."""
    return letter.isalpha() and unicodedata.east_asian_width(letter) == "W"


def _longer(screenshot: Screenshot, box: Box, end: int) -> Box | None:
    """The box with room for one more letter at its beginning (0) or end (-1); None without ink there."""
    size = box.height - ROOM_ABOVE - ROOM_BELOW
    step = size + ROOM_BESIDE
    room = Box(box.left - step, box.top, box.left + ROOM_BESIDE, box.bottom)
    if end:
        room = Box(box.right - ROOM_BESIDE, box.top, box.right + step, box.bottom)
    room = room.intersection(Box(0, 0, screenshot.viewport.width, screenshot.viewport.height))
    inked = np.flatnonzero(_edges(screenshot.crop(room)).any(axis=0)) if room.area else np.array([], int)
    if not inked.size:
        return None
    gap = room.width - int(inked[-1]) if end == 0 else int(inked[0])
    if gap - ROOM_BESIDE > size * LETTER_GAP:
        return None
    return Box(min(box.left, room.left), box.top, max(box.right, room.right), box.bottom)


def _over(longer: Box, other: Box, box: Box) -> bool:
    """Whether a line that was made longer reaches over another one, as it did not before."""
    return longer.intersection(other).area > box.intersection(other).area


def _busy(pixels: Pixels) -> list[Box]:
    """Regions that are not plain: windows, on a plain desktop. The whole screen if that is most of it."""
    height, width = pixels.shape[:2]
    edges = _edges(pixels)
    down, across = -(-height // BLOCK), -(-width // BLOCK)
    padded = np.zeros((down * BLOCK, across * BLOCK), np.bool_)
    padded[:height, :width] = edges
    blocks = padded.reshape(down, BLOCK, across, BLOCK).any(axis=(1, 3)).astype(np.uint8)
    joined = cv2.dilate(np.asarray(blocks), np.ones((3, 3), np.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats(joined)
    boxes = [Box(x, y, x + w, y + h) for x, y, w, h, _ in stats[1:count].tolist()]
    screen = Box(0, 0, width, height)
    regions = [
        Box(box.left * BLOCK, box.top * BLOCK, box.right * BLOCK, box.bottom * BLOCK).intersection(screen)
        for box in merged(boxes)
    ]
    return [screen] if sum(region.area for region in regions) > 0.7 * screen.area else regions


def _edges(pixels: Pixels) -> NDArray[np.bool_]:
    """(H, W): where a pixel differs from its left neighbour. Blind to horizontal lines on purpose."""
    edges = np.zeros(pixels.shape[:2], np.bool_)
    if pixels.shape[1] > 1:
        grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
        edges[:, 1:] = np.asarray(cv2.absdiff(grey[:, 1:], grey[:, :-1])) > INK
    return edges


def _trimmed(screenshot: Screenshot, box: Box) -> Box:
    """The line with the same little room on each side, which reads best, and no frame or underline."""
    edges = _edges(screenshot.crop(box))
    first, last = _core(edges)
    columns = np.flatnonzero(edges[first:last].any(axis=0)).tolist() or [0, box.width - 1]
    return Box(
        box.left + columns[0] - ROOM_BESIDE,
        box.top + first - ROOM_ABOVE,
        box.left + columns[-1] + 1 + ROOM_BESIDE,
        box.top + last + ROOM_BELOW,
    ).intersection(box)


def _core(edges: NDArray[np.bool_]) -> tuple[int, int]:
    """First and one past the last row with many edges: letters. A frame or an underline has two a row."""
    marked = edges.sum(axis=1)
    rows = np.flatnonzero(marked >= max(1, marked.max() / 4))
    return (int(rows[0]), int(rows[-1]) + 1) if rows.size else (0, edges.shape[0])


def _parts(screenshot: Screenshot, box: Box, line: ReadLine) -> Iterator[TextLine]:
    """A line as pieces: one, or several where it has gaps as wide as between menu entries, or names
    several pictures."""
    crop = screenshot.crop(box)
    for part, left, right in _pieces(screenshot, box, crop, line):
        inside = [
            (c, place) for c, place in zip(line.text, line.places, strict=True) if left <= place < right
        ]
        text, places = _polished(_without_frame(inside, crop))
        if text:
            element = Element("text", text, part, sources=("ocr",), confidence=line.confidence)
            yield TextLine(element, tuple(box.left + place for place in places))


def _pieces(
    screenshot: Screenshot, box: Box, crop: Pixels, line: ReadLine
) -> Iterator[tuple[Box, float, float]]:
    """The ink of each piece of a line, and where in its crop the piece begins and ends."""
    edges = _edges(crop)
    first, last = _core(edges)
    ink = np.flatnonzero(edges[first:last].any(axis=0)).tolist()
    captions = cuts_between_captions(screenshot.pixels, box, ink)
    cuts = sorted({0.0, *captions, *_wide_gaps(ink, line, crop.shape[0]), float(box.width)})
    for left, right in pairwise(cuts):
        inked = [x for x in ink if left <= x < right] or [math.floor(left), math.ceil(right) - 1]
        top, bottom = _inked_rows(crop[:, inked[0] : inked[-1] + 1], first, last)
        yield (
            Box(box.left + inked[0], box.top + top, box.left + inked[-1] + 1, box.top + bottom),
            left,
            right,
        )


def _without_frame(characters: list[tuple[str, float]], crop: Pixels) -> list[tuple[str, float]]:
    """Characters without those at both ends that are lines of a frame, which no letter is as high as."""
    solid = [n for n, (c, _) in enumerate(characters) if c != " "]
    if len(solid) < 2:
        return characters
    first, last = characters[solid[0]], characters[solid[-1]]
    if first[0] not in FRAME_FIRST and last[0] not in FRAME_LAST:
        return characters
    lines = np.flatnonzero(_edges(crop).mean(axis=0) >= UPRIGHT)

    def is_line(place: float) -> bool:
        return bool((np.abs(lines - place) <= NEAR_FRAME).any())

    start = solid[1] if first[0] in FRAME_FIRST and is_line(first[1]) else 0
    stop = solid[-1] if last[0] in FRAME_LAST and is_line(last[1]) else len(characters)
    return characters[start:stop]


def _inked_rows(cut: Pixels, first: int, last: int) -> tuple[int, int]:
    """First and one past the last row of a text, from those of its core: accents and descenders too."""
    ground = np.median(cut[first:last].reshape(-1, 3), axis=0)
    ink = (np.abs(cut.astype(np.int16) - ground).max(axis=2) > DARK).any(axis=1)
    while first > 0 and ink[first - 1]:
        first -= 1
    while last < len(ink) and ink[last]:
        last += 1
    return first, last


def _polished(characters: Sequence[tuple[str, float]]) -> tuple[str, tuple[float, ...]]:
    """Text without arrows around it and with whole ellipses, and the place of each character."""
    whole = "".join(c for c, _ in characters)
    stripped = whole.strip(ARROWS)
    if framed := FRAMED.fullmatch(stripped):
        stripped = framed[2]
    start = whole.find(stripped)
    text = ELLIPSIS.sub("...", stripped)
    places = [place for _, place in characters[start : start + len(stripped)]]
    while len(places) < len(text):  # a dot that was not read
        places.append(places[-1])
    return text, tuple(places[: len(text)])


def _wide_gaps(ink: Sequence[int], line: ReadLine, height: int) -> list[float]:
    """Where to part a line: the middle of each wide gap, in pixels from the crop's left edge.

    Args:
        ink: the columns with edges of glyphs, ascending.
        height: the crop's, in pixels.
    """
    wide = WIDE_GAP * _pitch(line, height)
    letters = [place for c, place in zip(line.text, line.places, strict=True) if c != " "]
    gaps = [(a, b) for a, b in pairwise(ink) if b - a > wide]
    # A glyph without upright strokes (a row of underscores) shows no edges but is no gap.
    return [(a + b) / 2 for a, b in gaps if not any(a + 2 < place < b - 2 for place in letters)]


def _pitch(line: ReadLine, height: int) -> float:
    """Mean distance of neighbouring characters of a word, in pixels."""
    placed = list(zip(line.text, line.places, strict=True))
    steps = [q - p for (a, p), (b, q) in pairwise(placed) if a != " " and b != " "]
    return sum(steps) / len(steps) if len(steps) > 2 else height * 0.4
