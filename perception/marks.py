"""The screen with numbered marks: a box around each element and its id in a small tag beside it.

Tags look for a place where they cover no other tag, no text and nothing small; the crowded elements
choose first. The same elements on the same screen give the same picture, to the pixel.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from deskhand.actions.geometry import Box, ScreenPoint
from deskhand.perception.regions import common_areas, grown
from deskhand.perception.screen import Element, Pixels, Screenshot, as_pixels
from deskhand.perception.watch.changes import WORDS, quoted

Colour = tuple[int, int, int]

MOST_MARKS = 400
LONGEST_NAME = 60

COLOURS: dict[str, tuple[Colour, Colour]] = {
    role: pair
    for roles, pair in (
        (("button", "icon", "link"), ((0, 92, 200), (110, 190, 255))),
        (("field", "area", "combo"), ((0, 118, 52), (90, 230, 130))),
        (("checkbox", "radio", "slider"), ((150, 0, 150), (255, 150, 255))),
        (("tab", "menuitem", "row"), ((176, 60, 0), (255, 176, 90))),
        (("window", "titlebar", "scrollbar"), ((80, 80, 80), (210, 210, 210))),
        (("text",), ((120, 88, 0), (240, 214, 80))),
    )
    for role in roles
}
"""For each role a dark colour, for light ground, and a light one, for dark ground."""

TAG, SMALL_THING, WRITING, INK = 40.0, 8.0, 6.0, 2.0
"""What it costs a tag to cover a pixel of: another tag, a small element, a text, anything drawn."""

FAR = 6.0
"""What each pixel costs by which a tag stands away from its element."""

TOUCHING, ALIKE, UNCLEAR = 4, 6.0, 400.0
"""Pixels at which a tag could as well be that of a neighbour, which is at most so many times as large, and
what it costs to stand there."""

SMALL_AREA = 48 * 48
LIGHT = 128
"""Grey above which ground is light."""


@dataclass(frozen=True, slots=True)
class Mark:
    """An element, the place of its tag, and the colour of both."""

    element: Element
    tag: Box
    colour: Colour


def marked(screenshot: Screenshot, elements: Iterable[Element]) -> Pixels:
    """The picture with marks around elements that have ids; at most ``MOST_MARKS`` of them."""
    return draw(screenshot, place(screenshot, elements))


def markable(elements: Iterable[Element]) -> tuple[Element, ...]:
    """Those worth a mark in a prompt: what can be acted on, by their order."""
    return tuple(element for element in elements if element.actionable)[:MOST_MARKS]


def legend(elements: Iterable[Element], most: int = MOST_MARKS) -> str:
    """One line for each mark: "[12] button 'Save'"; names are printable and cut."""
    return "\n".join(_line(element) for element in list(elements)[:most])


def _line(element: Element) -> str:
    kind = WORDS.get(element.role, element.role)
    words = [f"[{element.id}] {kind}"]
    words += [quoted(element.name, LONGEST_NAME)] if element.name else []
    if element.text and element.label:
        words.append(f"labelled {quoted(element.label, LONGEST_NAME)}")
    words += [f"({', '.join(sorted(element.state))})"] if element.state else []
    return " ".join(words)


def place(screenshot: Screenshot, elements: Iterable[Element]) -> tuple[Mark, ...]:
    """A place for the tag of each element, in the order given."""
    shown = [element for element in elements if element.id and element.box.area][:MOST_MARKS]
    font, ink = _font(screenshot), _ink(screenshot)
    grey = cv2.cvtColor(screenshot.pixels, cv2.COLOR_RGB2GRAY)
    boxes = [element.box for element in shown]
    costs = np.array([_cost_of_covering(element) for element in shown])
    sizes = [(math.ceil(font.getlength(str(element.id))) + 4, _height(font)) for element in shown]
    reach = [grown(box, width + 3 * height) for box, (width, height) in zip(boxes, sizes, strict=True)]
    near = common_areas(reach, boxes) > 0
    tags: dict[int, Box] = {}
    for n in sorted(range(len(shown)), key=lambda n: (-int(near[n].sum()), boxes[n].area, n)):
        candidates = _candidates(boxes[n], sizes[n], screenshot)
        around = np.flatnonzero(near[n])
        covered = common_areas(candidates, [boxes[k] for k in around]) @ costs[around]
        beside = [boxes[k] for k in around if k != n and boxes[k].area <= ALIKE * boxes[n].area]
        unclear = (common_areas([grown(one, TOUCHING) for one in candidates], beside) > 0).sum(axis=1)
        others = [tag for tag in tags.values() if tag.intersection(reach[n]).area]
        taken = common_areas(candidates, others).sum(axis=1)
        drawn = np.array([_sum(ink, candidate) for candidate in candidates])
        away = np.array([_distance(candidate, boxes[n]) for candidate in candidates])
        tags[n] = candidates[
            int((covered + UNCLEAR * unclear + TAG * taken + INK * drawn + FAR * away).argmin())
        ]
    return tuple(Mark(element, tags[n], _colour(element, grey)) for n, element in enumerate(shown))


def draw(screenshot: Screenshot, marks: Sequence[Mark]) -> Pixels:
    """The picture with these marks. Tags are drawn last, so that no frame crosses one."""
    picture = Image.fromarray(screenshot.pixels)
    pen, font = ImageDraw.Draw(picture), _font(screenshot)
    thick = max(1, _height(font) // 9)
    for mark in marks:
        box = grown(mark.element.box, thick)
        pen.rectangle((box.left, box.top, box.right - 1, box.bottom - 1), outline=mark.colour, width=thick)
    for mark in marks:
        if _distance(mark.tag, mark.element.box) > 2 * thick:
            ends = mark.tag.centre, _nearest(mark.element.box, mark.tag)
            pen.line([(end.x, end.y) for end in ends], fill=mark.colour, width=thick)
    for mark in marks:
        tag = mark.tag
        pen.rectangle((tag.left, tag.top, tag.right - 1, tag.bottom - 1), fill=mark.colour)
        middle = ((tag.left + tag.right) / 2, (tag.top + tag.bottom) / 2)
        pen.text(middle, str(mark.element.id), font=font, fill=readable_on(mark.colour), anchor="mm")
    return as_pixels(picture)


def readable_on(colour: Colour) -> Colour:
    """Black or white, whichever stands out more."""
    return (0, 0, 0) if contrast(colour, (0, 0, 0)) >= contrast(colour, (255, 255, 255)) else (255, 255, 255)


def contrast(one: Colour, other: Colour) -> float:
    """How well two colours stand out against each other, 1 to 21 (WCAG 2, relative luminance)."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: Colour) -> float:
    shares = (side / 255 for side in colour)
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))


def _colour(element: Element, grey: NDArray[np.uint8]) -> Colour:
    """The role's colour that stands out against what is around the element."""
    dark, light = COLOURS[element.role]
    box, out = element.box, grown(element.box, 2)
    left, top = max(0, out.left), max(0, out.top)
    sides = (
        grey[top : max(0, box.top), left : out.right],
        grey[box.bottom : out.bottom, left : out.right],
        grey[top : out.bottom, left : max(0, box.left)],
        grey[top : out.bottom, box.right : out.right],
    )
    ring = np.concatenate([side.ravel() for side in sides])
    return dark if not ring.size or np.median(ring) > LIGHT else light


def _cost_of_covering(element: Element) -> float:
    if element.role == "text":
        return WRITING
    return SMALL_THING if element.box.area <= SMALL_AREA else 0.5


def _candidates(box: Box, size: tuple[int, int], screenshot: Screenshot) -> list[Box]:
    """Places for a tag: around the box, along its sides, in its corners, and further away."""
    width, height = size
    view = screenshot.viewport
    places = []
    for gap in (1, height // 2 + 1, height + 2):
        beside = (box.left - width - gap, box.right + gap)
        above = (box.top - height - gap, box.bottom + gap)
        along = (box.left, (box.left + box.right - width) // 2, box.right - width)
        down = (box.top, (box.top + box.bottom - height) // 2, box.bottom - height)
        places += [(x, y) for y in above for x in (*along, *beside)]
        places += [(x, y) for x in beside for y in down]
    places += [(x, y) for x in (box.left, box.right - width) for y in (box.top, box.bottom - height)]
    fitting = [
        Box(x, y, x + width, y + height)
        for x, y in places
        if min(x, y) >= 0 and x + width <= view.width and y + height <= view.height
    ]
    if fitting:
        return fitting
    x = min(max(0, box.left), max(0, view.width - width))
    y = min(max(0, box.top), max(0, view.height - height))
    return [Box(x, y, x + width, y + height)]


def _distance(tag: Box, box: Box) -> float:
    """Pixels between a tag and its element; a tag inside is no distance away."""
    right = max(box.left - tag.right, tag.left - box.right, 0)
    down = max(box.top - tag.bottom, tag.top - box.bottom, 0)
    return math.hypot(right, down)


def _nearest(box: Box, tag: Box) -> ScreenPoint:
    centre = tag.centre
    return ScreenPoint(
        min(max(centre.x, box.left), box.right - 1), min(max(centre.y, box.top), box.bottom - 1)
    )


def _ink(screenshot: Screenshot) -> NDArray[np.int32]:
    """(H + 1, W + 1) sums of the pixels that differ from their neighbours: letters, pictures, frames."""
    grey = cv2.cvtColor(screenshot.pixels, cv2.COLOR_RGB2GRAY)
    differs = cv2.morphologyEx(grey, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 40
    return np.asarray(cv2.integral(differs.astype(np.uint8)), dtype=np.int32)


def _sum(integral: NDArray[np.int32], box: Box) -> int:
    rows, columns = integral.shape[0] - 1, integral.shape[1] - 1
    left, right = min(max(0, box.left), columns), min(max(0, box.right), columns)
    top, bottom = min(max(0, box.top), rows), min(max(0, box.bottom), rows)
    return int(integral[bottom, right] - integral[top, right] - integral[bottom, left] + integral[top, left])


Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def _font(screenshot: Screenshot) -> Font:
    """Large enough to be read on the whole screen, small enough to stand between things."""
    view = screenshot.viewport
    return ImageFont.load_default(size=max(9, round(11 * (min(view.width, view.height) / 800) ** 0.6)))


@cache
def _height(font: Font) -> int:
    _, top, _, bottom = font.getbbox("0123456789")
    return math.ceil(bottom - top) + 4
