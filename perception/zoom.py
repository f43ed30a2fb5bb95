"""A closer look: a region of the screen enlarged, and what is found there brought back to the screen."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import cv2

from deskhand.actions.geometry import Box
from deskhand.errors import UsageError
from deskhand.perception.regions import grown, overlaps
from deskhand.perception.screen import Element, Screenshot, as_pixels

SMALL = 320 * 200
"""Pixels of a region that is enlarged three times; a larger one twice, as far as it can be."""

MOST_PIXELS = 2_200_000
"""Of the enlarged picture: as much as is read of a screen in full detail."""

AROUND = 12
"""Pixels around the region that are looked at too, so that what lies on its edge is seen whole."""

SAME = 0.5


@dataclass(frozen=True, slots=True)
class CloseUp:
    """An enlarged region.

    Attributes:
        screenshot: its pixels, enlarged.
        region: what it shows, in pixels of the screen.
        wanted: the part of it that was asked for.
        scale: pixels of the picture to one of the screen.
    """

    screenshot: Screenshot
    region: Box
    wanted: Box
    scale: float

    def back(self, elements: Iterable[Element]) -> tuple[Element, ...]:
        """Elements of the picture with boxes of the screen; those whose middle was asked for."""
        placed = (replace(element, box=self._back(element.box), id=0, parent=0) for element in elements)
        return tuple(element for element in placed if self.wanted.contains(element.box.centre))

    def _back(self, box: Box) -> Box:
        left, top = math.floor(box.left / self.scale), math.floor(box.top / self.scale)
        right, bottom = math.ceil(box.right / self.scale), math.ceil(box.bottom / self.scale)
        x, y = self.region.left, self.region.top
        return Box(left + x, top + y, right + x, bottom + y).intersection(self.region)


def close_up(screenshot: Screenshot, box: Box) -> CloseUp:
    """A region two or three times as large as it is.

    Raises:
        UsageError: nothing of the box lies on the screen.
    """
    view = screenshot.viewport
    screen = Box(0, 0, view.width, view.height)
    wanted = box.intersection(screen)
    if not wanted.area:
        raise UsageError(
            f"there is nothing on the screen in ({box.left}, {box.top}, {box.right}, {box.bottom}): "
            f"the screen is {view.width}x{view.height}"
        )
    region = grown(wanted, AROUND).intersection(screen)
    scale = min(3.0 if region.area <= SMALL else 2.0, max(1.0, math.sqrt(MOST_PIXELS / region.area)))
    crop = screenshot.crop(region)
    size = (round(region.width * scale), round(region.height * scale))
    pixels = cv2.resize(crop, size, interpolation=cv2.INTER_CUBIC) if scale > 1 else crop
    return CloseUp(Screenshot(as_pixels(pixels), screenshot.seconds), region, wanted, scale)


def with_known_ids(found: Sequence[Element], known: Sequence[Element]) -> tuple[Element, ...]:
    """Found elements with id and window of the known one at their place; 0 where there is none."""
    union = overlaps([one.box for one in found], [one.box for one in known])
    taken: set[int] = set()
    result = []
    for one, shared in zip(found, union, strict=True):
        near = [
            (-shared[k], k)
            for k, other in enumerate(known)
            if shared[k] >= SAME and other.role == one.role and k not in taken
        ]
        if near:
            k = min(near)[1]
            taken.add(k)
            one = replace(one, id=known[k].id, parent=known[k].parent)
        result.append(one)
    return tuple(result)
