"""Points on the screen and the frames in which models speak of them.

Inside the program there is one kind of coordinate: ``ScreenPoint``, integer pixels of the
observation's screenshot. A model's numbers mean something only in its own coordinates; a ``CoordinateSystem``
converts both ways and is chosen by the model's profile, never guessed from the numbers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, order=True)
class ScreenPoint:
    """A pixel of the screenshot: ``x`` to the right, ``y`` down, from (0, 0) at the top left."""

    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Viewport:
    """The size of a screenshot in pixels. Valid points are 0 <= x < width, 0 <= y < height."""

    width: int
    height: int

    def __post_init__(self) -> None:
        if self.width < 1 or self.height < 1:
            raise ValueError(f"a viewport needs at least one pixel, not {self.width}x{self.height}")

    def __contains__(self, point: object) -> bool:
        return isinstance(point, ScreenPoint) and 0 <= point.x < self.width and 0 <= point.y < self.height


@dataclass(frozen=True, slots=True, order=True)
class Box:
    """A rectangle in pixels; ``right`` and ``bottom`` are the first pixel outside it."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """In pixels; below 0 where the sides are the wrong way round."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """In pixels; below 0 where the sides are the wrong way round."""
        return self.bottom - self.top

    @property
    def area(self) -> int:
        """In square pixels; 0 where the sides are the wrong way round."""
        return max(0, self.width) * max(0, self.height)

    @property
    def centre(self) -> ScreenPoint:
        """The pixel in the middle; of two, the one to the left or above."""
        return ScreenPoint((self.left + self.right - 1) // 2, (self.top + self.bottom - 1) // 2)

    def contains(self, point: ScreenPoint) -> bool:
        """Whether the pixel at ``point`` lies inside."""
        return self.left <= point.x < self.right and self.top <= point.y < self.bottom

    def intersection(self, other: Box) -> Box:
        """The common part; its area is 0 where there is none."""
        left, top = max(self.left, other.left), max(self.top, other.top)
        return Box(
            left, top, max(left, min(self.right, other.right)), max(top, min(self.bottom, other.bottom))
        )

    def overlap(self, other: Box) -> float:
        """Intersection over union, 0 to 1."""
        common = self.intersection(other).area
        return common / (self.area + other.area - common) if common else 0.0

    def union(self, other: Box) -> Box:
        """The smallest box around both."""
        return Box(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )


class CoordinateSystem(Protocol):
    """The numbers in which a model speaks of places."""

    def size(self, viewport: Viewport) -> tuple[float, float]:
        """Width and height of the whole screen in its own units."""
        ...

    def describe(self, viewport: Viewport) -> str:
        """The coordinates in words, for a prompt: "integers from 0 to 1000 on each axis"."""
        ...


@dataclass(frozen=True, slots=True)
class PerMille:
    """0 to 1000, or another limit, on each axis, whatever the screen's shape (UI-TARS 1.0, Seed, Qwen3)."""

    limit: float = 1000.0

    def size(self, viewport: Viewport) -> tuple[float, float]:
        """The limit on both axes, for every screen."""
        return self.limit, self.limit

    def describe(self, viewport: Viewport) -> str:
        """The same words for every screen."""
        return f"integers from 0 to {self.limit:g} on each axis"


@dataclass(frozen=True, slots=True)
class UnitSquare:
    """0 to 1 on each axis, written with three decimals or more.

    ``or_pixels``: a point of which a number lies far above 1 is in pixels of the screen (Kimi).
    """

    or_pixels: bool = False

    def size(self, viewport: Viewport) -> tuple[float, float]:
        """1 by 1 for every screen."""
        return 1.0, 1.0

    def describe(self, viewport: Viewport) -> str:
        """The same words for every screen."""
        return "fractions from 0 to 1 on each axis"


@dataclass(frozen=True, slots=True)
class ScreenPixels:
    """Pixels of the screenshot itself, as programs for pyautogui write them."""

    def size(self, viewport: Viewport) -> tuple[float, float]:
        """The screen's own, in pixels."""
        return float(viewport.width), float(viewport.height)

    def describe(self, viewport: Viewport) -> str:
        """Words with the screen's width and height."""
        return f"pixels of the {viewport.width}x{viewport.height} screen"


@dataclass(frozen=True, slots=True)
class SmartResized:
    """Pixels of the image as the Qwen2-VL family resizes it before looking (UI-TARS 1.5).

    Both sides are rounded to a multiple of ``factor``, the area is brought between ``min_pixels``
    and ``max_pixels``, and no side over ``max_side`` (0 for no bound). Servers with a lower limit of their
    own shrink silently and shift every click; so send images that ``resized`` already made.
    """

    factor: int = 28
    min_pixels: int = 100 * 28 * 28
    max_pixels: int = 16384 * 28 * 28
    max_side: int = 0

    def size(self, viewport: Viewport) -> tuple[float, float]:
        """That of the resized image, in its pixels.

        Raises:
            ValueError: as ``resized``.
        """
        resized = self.resized(viewport)
        return float(resized.width), float(resized.height)

    def describe(self, viewport: Viewport) -> str:
        """Words with the width and height of the resized image.

        Raises:
            ValueError: as ``resized``.
        """
        resized = self.resized(viewport)
        return f"pixels of the {resized.width}x{resized.height} image"

    def resized(self, viewport: Viewport) -> Viewport:
        """The size that the model's own preprocessing gives an image of this size.

        Raises:
            ValueError: one side is over 200 times the other, which the family refuses.
        """
        step = self.factor
        narrow = min(1.0, self.max_side / max(viewport.width, viewport.height)) if self.max_side else 1.0
        width, height = viewport.width * narrow, viewport.height * narrow
        if max(width, height) > 200 * min(width, height):
            shape = f"{viewport.width}x{viewport.height}"
            raise ValueError(f"a side ratio over 200 cannot be resized: {shape}")
        across = max(step, round(width / step) * step)
        down = max(step, round(height / step) * step)
        if across * down > self.max_pixels:
            shrink = math.sqrt(width * height / self.max_pixels)
            across = max(step, math.floor(width / shrink / step) * step)
            down = max(step, math.floor(height / shrink / step) * step)
        elif across * down < self.min_pixels:
            grow = math.sqrt(self.min_pixels / (width * height))
            across = math.ceil(width * grow / step) * step
            down = math.ceil(height * grow / step) * step
        return Viewport(across, down)


@dataclass(frozen=True, slots=True)
class Placed:
    """Coordinates brought onto the screen; ``clamped`` says that they lay a little outside."""

    point: ScreenPoint
    clamped: bool


OUTSIDE_TOLERANCE = 0.02
"""Share of the system's size by which a point may lie outside and still be clamped, not refused."""


def to_screen(
    x: float, y: float, coordinates: CoordinateSystem, viewport: Viewport, *, edge: bool = False
) -> Placed | None:
    """Bring coordinates onto the screen; None if they lie over 2 % outside it.

    Halves round to even; the far edge (1000, say) is the last pixel, and with ``edge`` the first after it.
    """
    if not (math.isfinite(x) and math.isfinite(y)):
        return None
    if isinstance(coordinates, UnitSquare) and coordinates.or_pixels and max(x, y) >= 2:
        coordinates = ScreenPixels()
    across, down = coordinates.size(viewport)
    slack_x, slack_y = across * OUTSIDE_TOLERANCE, down * OUTSIDE_TOLERANCE
    if not (-slack_x <= x <= across + slack_x and -slack_y <= y <= down + slack_y):
        return None
    clamped = not (0 <= x <= across and 0 <= y <= down)
    pixel_x = min(max(round(x * viewport.width / across), 0), viewport.width - (not edge))
    pixel_y = min(max(round(y * viewport.height / down), 0), viewport.height - (not edge))
    return Placed(ScreenPoint(pixel_x, pixel_y), clamped)


def from_screen(point: ScreenPoint, coordinates: CoordinateSystem, viewport: Viewport) -> tuple[float, float]:
    """A pixel in these coordinates, not rounded: rounding is the dialect's, which writes them."""
    across, down = coordinates.size(viewport)
    return point.x * across / viewport.width, point.y * down / viewport.height
