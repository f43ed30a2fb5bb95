"""Finding a thing again: where on this screen is what was at a place of an earlier look?

Tried in turn, the surest first: the same pixels at the same place, the same pixels elsewhere, the same
text, the same picture larger or smaller, and what stands where the texts around it say. Two places that
could both be it are none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import cv2
import numpy as np

from deskhand.actions.geometry import Box, ScreenPoint
from deskhand.perception.match.likeness import Likeness
from deskhand.perception.regions import grown, moved
from deskhand.perception.screen import Element, Pixels, Screenshot
from deskhand.perception.text.identity import near_name
from deskhand.perception.text.wording import Words, could_be, neighbours, phrases_of, stacked, twins

How = Literal["same", "moved", "text", "scaled", "renamed", "around"]
"""How it was found: at its place; its pixels elsewhere; by its text; its picture in another size; under
another name at its place; by what is around it."""

RIM = 3
"""Pixels around a target that belong to its picture."""

SAME_PICTURE, ALMOST = 0.985, 0.9
"""Correlation of one picture with another that it is, and of a rival that makes it doubtful."""

SAME_SHAPE = 0.72
"""The same for a picture in another size, which is drawn anew."""

SCALES = (0.5, 0.62, 0.75, 0.87, 1.0, 1.15, 1.33, 1.5, 1.75, 2.0)
PLAIN = 6.0
"""Standard deviation of grey under which a picture shows nothing that could be found again."""

NEAR, AGREE = 40, 14
"""Pixels: a find may lie so far from where the texts around it say, and these may disagree by so much."""

KNOWN_AROUND = 0.7
"""Share of the texts that must be there for a place to be known by what is around it."""

LEAST_AROUND = 3

BESIDE = 24
"""Pixels between a thing and the text that says which one it is."""

SAME_LETTERS, WIDER, ROOM = 0.97, 0.08, 4
"""Correlation of one text's picture with another that it is; how much wider it may be; pixels of play."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for, on the look that it was last seen on.

    Attributes:
        screenshot: that look.
        point: the place that was pointed at.
        box: the thing that it lies in.
        text: what stands on it; empty if nothing does.
        text_box: where that text is.
        called: the text beside or below it that says which of several like it it is; empty if none does.
        control: it is a thing to press, whose name may be another one in another language, and no thing
            that is known by its name, such as a file.
        neighbours: what stands so close to the text that it goes on there.
        twins: how often the same text stands in its row or column once more.
    """

    screenshot: Screenshot
    point: ScreenPoint
    box: Box
    text: str = ""
    text_box: Box | None = None
    called: str = ""
    control: bool = False
    neighbours: tuple[str, ...] = ()
    twins: int = 0


@dataclass(frozen=True, slots=True)
class Located:
    """Where it is now, and how it was found.

    Attributes:
        sure: 0 to 1.
        seen: it was recognised by itself; else by what is around it, so that the rest of the screen matters.
    """

    point: ScreenPoint
    box: Box
    how: How
    sure: float
    seen: bool = True


def same_place(wanted: Wanted, now: Screenshot) -> Located | None:
    """Whether the thing is where it was, to the pixel. Needs no text."""
    view, box = now.viewport, grown(wanted.box, RIM)
    if view != wanted.screenshot.viewport or not np.array_equal(wanted.screenshot.crop(box), now.crop(box)):
        return None
    return Located(wanted.point, wanted.box, "same", 1.0, seen=_stands_out(wanted))


def locate(wanted: Wanted, now: Screenshot, lines: Sequence[Words], likeness: Likeness) -> Located | None:
    """Find a thing on another screen; None if it is not there, or could be at two places.

    Args:
        now: the screen.
        lines: what is read on it.
        likeness: how it is like the look that the thing was seen on.
    """
    predicted = likeness.predict(wanted.point)
    place = predicted.point if predicted is not None and predicted.spread <= AGREE else None
    near = _nearer(place)
    ways: tuple[Callable[[], Located | None], ...] = (
        lambda: _in_its_place(wanted, now, lines, likeness),
        lambda: _same_picture(wanted, now, lines, near),
        lambda: _same_text(wanted, now, lines, near, place, likeness),
        lambda: _same_shape(wanted, now, lines, near) if not wanted.text else None,
        lambda: _by_surroundings(wanted, now, lines, likeness),
    )
    found = next((found for way in ways if (found := way()) is not None), None)
    return None if found is None or _has_twin(wanted, found, lines) else found


def _in_its_place(
    wanted: Wanted, now: Screenshot, lines: Sequence[Words], likeness: Likeness
) -> Located | None:
    """The same pixels at the same place, and the same name beside it."""
    found = same_place(wanted, now) if _stands_out(wanted) or likeness.share > KNOWN_AROUND else None
    return found if found is not None and _is_called(wanted, found.box, lines) else None


def _is_called(wanted: Wanted, box: Box, lines: Sequence[Words]) -> bool:
    """Whether the name of what is wanted stands on a find, or beside or below it."""
    name = wanted.text or wanted.called
    if not name:
        return True
    return any(
        find.certain and _beside(find.phrase.box, box) <= BESIDE and _is_whole(wanted, find.phrase, lines)
        for find in phrases_of(name, lines)
    )


def _is_whole(wanted: Wanted, text: Element, lines: Sequence[Words]) -> bool:
    """Whether a text does not go on where the one that is wanted ended: else it is another name."""
    return all(any(could_be(one, known) for known in wanted.neighbours) for one in neighbours(text, lines))


def _has_twin(wanted: Wanted, found: Located, lines: Sequence[Words]) -> bool:
    """Whether the name stands more often in the row or column of a find than it did: it could be either."""
    here = (find.phrase for find in phrases_of(wanted.text, lines) if find.certain) if wanted.text else ()
    text = min(here, key=lambda one: _beside(one.box, found.box), default=None)
    return text is not None and twins(text, lines) > wanted.twins


def _beside(one: Box, other: Box) -> int:
    """Pixels between two boxes; 0 where they meet."""
    across = max(one.left - other.right, other.left - one.right, 0)
    down = max(one.top - other.bottom, other.top - one.bottom, 0)
    return max(across, down)


Near = Callable[[Sequence[Located]], Located | None]


def _nearer(place: ScreenPoint | None) -> Near:
    """Chooses among finds: the only one; of several, the only one near its place, if that is known."""

    def choose(found: Sequence[Located]) -> Located | None:
        if len(found) > 1 and place is not None:
            found = [one for one in found if _far(one.point, place) <= NEAR]
            found = sorted(found, key=lambda one: _far(one.point, place))[:1]
        return found[0] if len(found) == 1 else None

    return choose


def _far(one: ScreenPoint, other: ScreenPoint) -> int:
    return max(abs(one.x - other.x), abs(one.y - other.y))


def _stands_out(wanted: Wanted) -> bool:
    """Whether its picture shows anything."""
    picture, _ = _picture(wanted)
    return bool(picture.size and _grey(picture).std() >= PLAIN)


def _picture(wanted: Wanted) -> tuple[Pixels, Box]:
    """The thing with its rim, and the box of that."""
    view = wanted.screenshot.viewport
    box = grown(wanted.box, RIM).intersection(Box(0, 0, view.width, view.height))
    return wanted.screenshot.crop(box), box


def _grey(pixels: Pixels) -> Pixels:
    return np.asarray(cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2GRAY), np.uint8)


def _same_picture(wanted: Wanted, now: Screenshot, lines: Sequence[Words], near: Near) -> Located | None:
    picture, box = _picture(wanted)
    if not _stands_out(wanted):
        return None
    places = _peaks(picture, now.pixels, SAME_PICTURE)
    rivals = _peaks(picture, now.pixels, ALMOST) if len(places) == 1 else places
    found = [
        Located(
            ScreenPoint(wanted.point.x + x - box.left, wanted.point.y + y - box.top),
            moved(wanted.box, x - box.left, y - box.top),
            "moved",
            score,
        )
        for score, x, y in (places if len(rivals) == 1 else rivals)
    ]
    chosen = near([one for one in found if _is_called(wanted, one.box, lines)])
    return chosen if chosen is not None and chosen.sure >= SAME_PICTURE else None


def _peaks(picture: Pixels, screen: Pixels, least: float) -> list[tuple[float, int, int]]:
    """Where a picture is on a screen: how surely, left, top; the surest first, a few at most."""
    if picture.shape[0] > screen.shape[0] or picture.shape[1] > screen.shape[1]:
        return []
    scores = cv2.matchTemplate(
        np.ascontiguousarray(screen), np.ascontiguousarray(picture), cv2.TM_CCOEFF_NORMED
    )
    height, width = picture.shape[:2]
    found: list[tuple[float, int, int]] = []
    while len(found) < 8:
        _, best, _, (x, y) = cv2.minMaxLoc(scores)
        if best < least:
            break
        found.append((float(best), int(x), int(y)))
        scores[
            max(0, y - height // 2) : y + height // 2 + 1, max(0, x - width // 2) : x + width // 2 + 1
        ] = -1
    return found


def _same_text(
    wanted: Wanted,
    now: Screenshot,
    lines: Sequence[Words],
    near: Near,
    place: ScreenPoint | None,
    likeness: Likeness,
) -> Located | None:
    """The same text, or one that was misread, where its picture agrees.

    A part of a longer line is it only where it should be, or beside what it was beside: "Save" is no
    "Save As"; names of files in a row are one line at times.
    """
    if not wanted.text:
        return None
    finds = [
        (_at_text(wanted, find.phrase, "text", 0.9), find.rest)
        for find in phrases_of(wanted.text, lines)
        if (find.certain or _looks_alike(wanted, now, find.phrase.box))
        and _is_whole(wanted, find.phrase, lines)
    ]
    finds += [(_at_text(wanted, one, "text", 0.9), ()) for one in stacked(wanted.text, lines)]
    return near(
        [
            find
            for find, rest in finds
            if not rest
            or (place is not None and _far(find.point, place) <= NEAR)
            or _was_beside(wanted, rest, likeness)
        ]
    )


def _looks_alike(wanted: Wanted, now: Screenshot, box: Box) -> bool:
    """Whether the picture of a text is the picture of the one that is wanted, letter by letter."""
    if wanted.text_box is None:
        return False
    was, here = _grey(wanted.screenshot.crop(wanted.text_box)), _grey(now.crop(box))
    if min(*was.shape, *here.shape) < 4 or abs(was.shape[1] - here.shape[1]) > WIDER * was.shape[1]:
        return False
    room = cv2.copyMakeBorder(here, ROOM, ROOM, ROOM, ROOM, cv2.BORDER_REPLICATE)
    if room.shape[0] < was.shape[0] or room.shape[1] < was.shape[1]:
        return False
    return float(cv2.matchTemplate(room, was, cv2.TM_CCOEFF_NORMED).max()) >= SAME_LETTERS


def _was_beside(wanted: Wanted, words: Words, likeness: Likeness) -> bool:
    """Whether words stood in the same row as what is wanted when it was seen last."""
    before = {now: was for was, now in likeness.pairs}
    rows = [before[word].box for word in words if word in before]
    return len(rows) == len(words) and all(wanted.box.top <= box.centre.y < wanted.box.bottom for box in rows)


def _at_text(wanted: Wanted, text: Element, how: How, sure: float) -> Located:
    """A place in a text, or beside it, as it was in the text of old."""
    return Located(_inside(wanted, text.box), text.box, how, sure)


def _inside(wanted: Wanted, box: Box) -> ScreenPoint:
    """The point of a box that corresponds to the one pointed at, well inside it."""
    across = (wanted.point.x - wanted.box.left + 0.5) / max(1, wanted.box.width)
    down = (wanted.point.y - wanted.box.top + 0.5) / max(1, wanted.box.height)
    x = box.left + min(max(across, 0.1), 0.9) * box.width
    y = box.top + min(max(down, 0.2), 0.8) * box.height
    return ScreenPoint(int(x), int(y))


def _same_shape(wanted: Wanted, now: Screenshot, lines: Sequence[Words], near: Near) -> Located | None:
    """The same drawing in another size or other colours: its edges are compared."""
    picture, box = _picture(wanted)
    if not _stands_out(wanted) or min(box.width, box.height) < 10:
        return None
    screen = _drawn(now.pixels)
    best: list[tuple[float, float, int, int]] = []
    for scale in SCALES:
        size = (max(6, round(box.width * scale)), max(6, round(box.height * scale)))
        edges = _drawn(cv2.resize(picture, size, interpolation=cv2.INTER_AREA))
        best += [(score, scale, x, y) for score, x, y in _peaks(edges, screen, SAME_SHAPE)[:2]]
    found = [_scaled(wanted, box, *one) for one in _apart(sorted(best, reverse=True), box)]
    return near([one for one in found if _is_called(wanted, one.box, lines)])


def _scaled(wanted: Wanted, box: Box, score: float, scale: float, x: int, y: int) -> Located:
    point = ScreenPoint(
        round(x + (wanted.point.x - box.left) * scale), round(y + (wanted.point.y - box.top) * scale)
    )
    size = round(box.width * scale), round(box.height * scale)
    return Located(point, Box(x, y, x + size[0], y + size[1]), "scaled", score)


def _apart(finds: Sequence[tuple[float, float, int, int]], box: Box) -> list[tuple[float, float, int, int]]:
    """Of finds that overlap, the first."""
    kept: list[tuple[float, float, int, int]] = []
    for find in finds:
        if all(max(abs(find[2] - k[2]), abs(find[3] - k[3])) > min(box.width, box.height) for k in kept):
            kept.append(find)
    return kept


def _drawn(pixels: Pixels) -> Pixels:
    """Edges, which other colours leave as they are; softened, so that a pixel's shift counts little."""
    grey = cv2.GaussianBlur(_grey(np.asarray(pixels, np.uint8)), (3, 3), 0)
    return np.asarray(cv2.GaussianBlur(cv2.Canny(grey, 40, 120), (5, 5), 0), np.uint8)


def _by_surroundings(
    wanted: Wanted, now: Screenshot, lines: Sequence[Words], likeness: Likeness
) -> Located | None:
    """What is where the texts around it say: what has no name, and a control that has another one now."""
    predicted = likeness.predict(wanted.point)
    known = len(likeness.pairs) >= LEAST_AROUND and likeness.share >= KNOWN_AROUND
    if predicted is None or predicted.spread > AGREE or not known or predicted.point not in now.viewport:
        return None
    half = ScreenPoint(
        round(wanted.box.width * predicted.scale / 2), round(wanted.box.height * predicted.scale / 2)
    )
    point = predicted.point
    box = Box(point.x - half.x, point.y - half.y, point.x + half.x, point.y + half.y)
    if not wanted.text:
        found = Located(point, box, "around", 0.6, seen=False)
        return found if _is_called(wanted, box, lines) else None
    if not wanted.control:
        return None
    # A text that is gone, and one new one in its place: it has another name now.
    here = [one for one in likeness.unexpected if _far(one.box.centre, point) <= max(half.x, NEAR)]
    if len(here) == 1 and len(likeness.missing) <= 2 and not near_name(here[0].text, wanted.text):
        return replace(_at_text(wanted, here[0], "renamed", 0.6), seen=False)
    return None
