"""Parts of screens with their truth, altered at random, for training the detector.

Pixels of all screens are put behind each other in one file once, so that any part of any screen is
at hand without decoding a picture.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from deskhand.actions.geometry import Box, ScreenPoint
from deskhand.perception.screen import Element, Pixels
from deskhand.screens.sets import TrueScreen

SHAPES = ((512, 512, 4), (640, 448, 4), (896, 640, 2), (1280, 832, 1))
"""Width, height and number of the parts of one batch: small ones teach detail, whole screens windows."""
SEEN = 0.6
"""Share of an element that must lie in a part for it to be looked for there."""
SMALLEST_SIDE = 3
AROUND_ONE = 0.6
"""Share of the parts that are cut around some element, not just anywhere."""


@dataclass(frozen=True, slots=True)
class Crop:
    """A part of a screen: pixels (H, W, 3) and the elements in it, in its own coordinates."""

    pixels: Pixels
    elements: tuple[Element, ...]


class Screens:
    """All screens' pixels in one file, mapped into memory.

    Args:
        screens: what to learn from.
        cache: the file; it is made anew if it does not fit.
        progress: is called with how many are there, of how many.
    """

    def __init__(
        self, screens: Sequence[TrueScreen], cache: Path, progress: Callable[[int, int], None] | None = None
    ) -> None:
        self.screens = screens
        self._places: list[tuple[int, int, int]] = []
        at = 0
        cache.parent.mkdir(parents=True, exist_ok=True)
        with cache.open("wb") as file:
            for number, screen in enumerate(screens, 1):
                pixels = screen.screenshot().pixels
                file.write(np.ascontiguousarray(pixels).data)
                self._places.append((at, pixels.shape[0], pixels.shape[1]))
                at += pixels.size
                if progress is not None:
                    progress(number, len(screens))
        self._bytes = np.memmap(cache, np.uint8, "r")
        counts = Counter(screen.toolkit for screen in screens)
        # A toolkit of which there are fewer screens is seen less often, but not as much less.
        self._weights = [counts[screen.toolkit] ** -0.5 for screen in screens]

    def pixels(self, number: int) -> Pixels:
        """One screen, (height, width, 3), not in memory until it is looked at."""
        at, rows, columns = self._places[number]
        return self._bytes[at : at + rows * columns * 3].reshape(rows, columns, 3)

    def some(self, chance: random.Random, count: int) -> list[int]:
        """Numbers of drawn screens."""
        return chance.choices(range(len(self.screens)), self._weights, k=count)

    def batch(self, chance: random.Random) -> list[Crop]:
        """Some parts of one shape, each of another screen."""
        width, height, count = chance.choices(SHAPES, (3, 3, 2, 2))[0]
        return [self.crop(number, width, height, chance) for number in self.some(chance, count)]

    def crop(self, number: int, width: int, height: int, chance: random.Random) -> Crop:
        """A part of one screen, at a random place, size and colour; padded where the screen ends."""
        screen = self.pixels(number)
        rows, columns = screen.shape[:2]
        scale = chance.choice((1.0, 1.0, chance.uniform(0.7, 1.5)))
        wide, high = round(width / scale), round(height / scale)
        left, top = chance.randint(0, max(0, columns - wide)), chance.randint(0, max(0, rows - high))
        elements = self.screens[number].elements
        if elements and chance.random() < AROUND_ONE:
            at_it = _some_centre(elements, chance)
            left = max(0, min(columns - wide, at_it.x - round(wide * chance.uniform(0.1, 0.9))))
            top = max(0, min(rows - high, at_it.y - round(high * chance.uniform(0.1, 0.9))))
        part = Box(left, top, min(columns, left + wide), min(rows, top + high))
        pixels = np.array(screen[part.top : part.bottom, part.left : part.right])
        if scale != 1.0:
            how = chance.choice((cv2.INTER_LINEAR, cv2.INTER_AREA, cv2.INTER_CUBIC))
            size = min(width, round(part.width * scale)), min(height, round(part.height * scale))
            pixels = np.asarray(cv2.resize(pixels, size, interpolation=how), np.uint8)
        ratio = pixels.shape[1] / part.width, pixels.shape[0] / part.height
        inside = tuple(_inside(elements, part, ratio))
        pixels = recoloured(pixels, chance)
        down, across = height - pixels.shape[0], width - pixels.shape[1]
        padded = cv2.copyMakeBorder(pixels, 0, down, 0, across, cv2.BORDER_REPLICATE)
        return Crop(np.asarray(padded, np.uint8), inside)


def _some_centre(elements: Sequence[Element], chance: random.Random) -> ScreenPoint:
    """The centre of an element of a drawn role, so that what is rare is looked at as often as what is not."""
    role = chance.choice(sorted({element.role for element in elements}))
    return chance.choice([element for element in elements if element.role == role]).box.centre


def _inside(elements: Sequence[Element], part: Box, ratio: tuple[float, float]) -> list[Element]:
    """The elements of which enough lies in a part, cut at its edges."""
    kept = []
    for element in elements:
        seen = element.box.intersection(part)
        if seen.area < SEEN * element.box.area:
            continue
        box = Box(
            round((seen.left - part.left) * ratio[0]),
            round((seen.top - part.top) * ratio[1]),
            round((seen.right - part.left) * ratio[0]),
            round((seen.bottom - part.top) * ratio[1]),
        )
        if min(box.width, box.height) >= SMALLEST_SIDE:
            kept.append(replace(element, box=box))
    return kept


def recoloured(pixels: Pixels, chance: random.Random) -> Pixels:
    """Other colours, as another theme would have: inverted, tinted, paler, swapped; or left alone."""
    if chance.random() < 0.4:
        return pixels
    value = np.asarray(pixels, np.float32) / np.float32(255)
    if chance.random() < 0.25:
        value = 1 - value
    if chance.random() < 0.25:
        order = [0, 1, 2]
        chance.shuffle(order)
        value = value[:, :, order]
    if chance.random() < 0.1:
        value = np.repeat(value.mean(axis=2, keepdims=True), 3, axis=2)
    if chance.random() < 0.5:
        tint = np.array([chance.uniform(0.8, 1.0) for _ in range(3)], np.float32)
        value = value * tint
    if chance.random() < 0.5:
        value = (value ** chance.uniform(0.6, 1.6)).astype(np.float32)
    contrast, light = chance.uniform(0.7, 1.0), chance.uniform(-0.05, 0.1)
    value = (value - 0.5) * contrast + 0.5 + light
    return np.asarray(value.clip(0, 1) * 255, dtype=np.uint8)
