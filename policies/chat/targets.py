"""Targets that are drawn on a screen, answers to them, and the numbers in which those are given."""

from __future__ import annotations

import random
import re
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from deskhand.actions.geometry import (
    CoordinateSystem,
    PerMille,
    ScreenPoint,
    UnitSquare,
    Viewport,
    from_screen,
)
from deskhand.perception.screen import Screenshot
from deskhand.policies.profiles.profile import Frame, Profile

_NUMBER = re.compile(r"(?<![\w.])-?\d{1,6}(?:\.\d{1,6})?(?![\w])")
_NAMED = re.compile(r"coordinate|start_box|<\|box_start\|>|<point>|position|[cC]lick\w*\(|\"x\"")
_RED = (220, 0, 0)


@dataclass(frozen=True, slots=True)
class Clicked:
    """One answer to a drawn target.

    Attributes:
        screen, sent: sizes of the screen and of the picture that was sent.
        target: its middle, in pixels of the screen.
        said: the numbers of the answer; None where it has none.
        text: the answer.
        tokens: of the question, as the server counted them.
    """

    screen: Viewport
    sent: Viewport
    target: ScreenPoint
    said: tuple[float, float] | None
    text: str
    tokens: int


def drawn(screen: Viewport, target: ScreenPoint) -> Screenshot:
    """A light screen with a red disc and a few grey boxes that are none."""
    picture = Image.new("RGB", (screen.width, screen.height), (245, 245, 245))
    pen = ImageDraw.Draw(picture)
    for n in range(4):
        left, top = 40 + n * screen.width // 5, screen.height - 60
        pen.rectangle((left, top, left + 90, top + 30), fill=(200, 200, 205))
    radius = max(8, min(screen.width, screen.height) // 40)
    pen.ellipse((target.x - radius, target.y - radius, target.x + radius, target.y + radius), fill=_RED)
    return Screenshot(np.asarray(picture, np.uint8).copy())


def numbers_of(text: str) -> tuple[float, float] | None:
    """The numbers of the one point in an answer, or the middle of its one box; None where it has neither."""
    named = list(_NAMED.finditer(text))
    found = [float(hit[0]) for hit in _NUMBER.finditer(text, named[-1].end() if named else 0)]
    if named and len(found) < 2:
        found = [float(hit[0]) for hit in _NUMBER.finditer(text)]
    if len(found) == 4:
        return (found[0] + found[2]) / 2, (found[1] + found[3]) / 2
    return (found[0], found[1]) if len(found) == 2 else None


def somewhere(screen: Viewport, chance: random.Random) -> ScreenPoint:
    margin_x, margin_y = screen.width // 10, screen.height // 10
    return ScreenPoint(
        chance.randint(margin_x, screen.width - margin_x),
        chance.randint(margin_y, screen.height - 2 * margin_y),
    )


def picture_pixels(point: ScreenPoint, screen: Viewport, sent: Viewport) -> tuple[float, float]:
    """A point of the screen in pixels of the picture that is sent."""
    return point.x * sent.width / screen.width, point.y * sent.height / screen.height


def frames(profile: Profile) -> Iterator[tuple[str, Frame, Callable[[Clicked], tuple[float, float]]]]:
    """Numbers in which models give places: in words, as a profile has them, and a target in them."""
    told = profile.frame.told
    yield (
        "0 to 1000 on each axis",
        Frame(kind="scale", limit=1000, told=told),
        lambda one: from_screen(one.target, PerMille(), one.screen),
    )
    yield (
        "fractions from 0 to 1",
        Frame(kind="unit", told=told),
        lambda one: from_screen(one.target, UnitSquare(), one.screen),
    )
    yield (
        "pixels of the picture that is sent",
        Frame(kind="picture", told=told),
        lambda one: picture_pixels(one.target, one.screen, one.sent),
    )


def miss(clicks: Sequence[Clicked], place: Callable[[Clicked], tuple[float, float]]) -> float:
    """How far the answers are from where a target would be in some numbers, as a share; the middle one."""
    away = []
    for one in clicks:
        if one.said is None:
            continue
        x, y = place(one)
        across = x * one.screen.width / max(one.target.x, 1)
        down = y * one.screen.height / max(one.target.y, 1)
        away.append(max(abs(one.said[0] - x) / max(across, 1e-9), abs(one.said[1] - y) / max(down, 1e-9)))
    return statistics.median(away) if away else 1.0


def share_of(clicks: Sequence[Clicked], screen: Viewport) -> float | None:
    """By how much the answers about a screen are smaller than pixels of the picture; None if by no share."""
    shares = []
    for one in clicks:
        if one.screen == screen and one.said is not None:
            x, y = picture_pixels(one.target, one.screen, one.sent)
            shares += [one.said[0] / x, one.said[1] / y]
    middle = statistics.median(shares) if shares else 0.0
    fits = (
        bool(shares) and 0.05 < middle < 1.02 and all(abs(share - middle) < 0.1 * middle for share in shares)
    )
    return middle if fits else None


def in_words(coordinates: CoordinateSystem) -> str:
    if isinstance(coordinates, PerMille):
        return f"0 to {coordinates.limit:g} on each axis"
    return (
        "fractions from 0 to 1"
        if isinstance(coordinates, UnitSquare)
        else "pixels of the picture that is sent"
    )
