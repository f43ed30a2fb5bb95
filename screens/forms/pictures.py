"""Small pictures for Tk programs, drawn point by point: no files, any size, any colour."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable

with contextlib.suppress(ImportError):  # without python3-tk it still imports, as every module does
    import tkinter as tk

Shape = Callable[[float, float], bool]
"""Whether a point is painted; both coordinates run from -1 to 1, downwards and to the right."""


def _ring(x: float, y: float, inner: float = 0.55, outer: float = 0.8) -> bool:
    return inner < math.hypot(x, y) < outer


def _frame(
    x: float, y: float, left: float, top: float, right: float, bottom: float, line: float = 0.18
) -> bool:
    inside = left <= x <= right and top <= y <= bottom
    return inside and not (left + line < x < right - line and top + line < y < bottom - line)


SHAPES: dict[str, Shape] = {
    "Add": lambda x, y: min(abs(x), abs(y)) < 0.14 and max(abs(x), abs(y)) < 0.8,
    "Remove": lambda x, y: abs(y) < 0.14 and abs(x) < 0.8,
    "Close": lambda x, y: abs(abs(x) - abs(y)) < 0.2 and max(abs(x), abs(y)) < 0.75,
    "Record": lambda x, y: math.hypot(x, y) < 0.7,
    "Clock": lambda x, y: _ring(x, y, 0.65, 0.85) or (abs(x) < 0.1 and -0.5 < y < 0.1) or (
        abs(y) < 0.1 and 0 < x < 0.4),
    "Search": lambda x, y: _ring(x + 0.2, y + 0.2, 0.4, 0.6) or (abs(x - y) < 0.18 and 0.2 < x < 0.85),
    "Stop": lambda x, y: max(abs(x), abs(y)) < 0.65,
    "Pause": lambda x, y: 0.2 < abs(x) < 0.6 and abs(y) < 0.7,
    "Play": lambda x, y: -0.6 < x < 0.75 - 1.2 * abs(y),
    "Back": lambda x, y: -0.75 + abs(y) < x < -0.45 + abs(y) or (abs(y) < 0.13 and -0.7 < x < 0.8),
    "Forward": lambda x, y: 0.45 - abs(y) < x < 0.75 - abs(y) or (abs(y) < 0.13 and -0.8 < x < 0.7),
    "Up": lambda x, y: -0.75 + abs(x) < y < -0.45 + abs(x) or (abs(x) < 0.13 and -0.7 < y < 0.8),
    "Down": lambda x, y: 0.45 - abs(x) < y < 0.75 - abs(x) or (abs(x) < 0.13 and -0.8 < y < 0.7),
    "Menu": lambda x, y: abs(x) < 0.8 and min(abs(y), abs(y - 0.55), abs(y + 0.55)) < 0.12,
    "List": lambda x, y: min(abs(y), abs(y - 0.55), abs(y + 0.55)) < 0.12 and (
        -0.3 < x < 0.85 or -0.8 < x < -0.55),
    "New": lambda x, y: _frame(x, y, -0.6, -0.8, 0.6, 0.8) or (abs(x) < 0.35 and abs(y + 0.1) < 0.08),
    "Open": lambda x, y: _frame(x, y, -0.85, -0.35, 0.85, 0.65) or (-0.85 < x < -0.1 and -0.65 < y < -0.3),
    "Save": lambda x, y: _frame(x, y, -0.75, -0.75, 0.75, 0.75) or (abs(x) < 0.4 and 0.1 < y < 0.7) or (
        abs(x) < 0.35 and -0.75 < y < -0.35),
    "Delete": lambda x, y: _frame(x, y, -0.5, -0.4, 0.5, 0.85) or (abs(x) < 0.75 and abs(y + 0.55) < 0.1) or (
        abs(x) < 0.25 and abs(y + 0.72) < 0.1),
    "Mail": lambda x, y: _frame(x, y, -0.85, -0.55, 0.85, 0.6) or abs(y + 0.5 - 0.8 * (0.85 - abs(x))) < 0.12,
    "Chart": lambda x, y: y < 0.8 and (
        (y > -0.2 and -0.7 < x < -0.35) or (y > -0.6 and abs(x) < 0.18) or (y > 0.1 and 0.35 < x < 0.7)),
    "Grid": lambda x, y: 0.12 < abs(x) < 0.75 and 0.12 < abs(y) < 0.75,
    "Home": lambda x, y: (abs(x) < 0.55 and 0 < y < 0.8 and not (abs(x) < 0.18 and y > 0.3)) or (
        abs(x) - 0.85 < y < 0.05 and y > abs(x) - 0.8),
    "Image": lambda x, y: _frame(x, y, -0.85, -0.65, 0.85, 0.65) or (abs(y - 0.5 + 0.7 * abs(x)) < 0.12),
    "Star": lambda x, y: math.hypot(x, y) < 0.45 + 0.35 * math.cos(5 * math.atan2(x, -y)),
    "Settings": lambda x, y: 0.25 < math.hypot(x, y) < 0.62 + 0.14 * math.cos(8 * math.atan2(y, x)),
    "User": lambda x, y: math.hypot(x, y + 0.35) < 0.38 or (math.hypot(x, y - 0.9) < 0.75 and y < 0.85),
    "Check": lambda x, y: (abs(y - x + 0.05) < 0.2 and -0.1 < x < 0 + 0.1) or (
        abs(y + x - 0.15) < 0.2 and -0.1 < x < 0.8) or (abs(y - x - 0.45) < 0.2 and -0.75 < x < -0.05),
    "Lock": lambda x, y: (abs(x) < 0.6 and -0.05 < y < 0.75) or (_ring(x, y + 0.25, 0.28, 0.48) and y < 0),
}  # fmt: skip


def picture(root: tk.Misc, name: str, side: int, colour: str, second: str | None = None) -> tk.PhotoImage:
    """A picture of ``side`` by ``side`` pixels; what is not painted is see-through.

    Args:
        root: any widget of the program.
        name: one of ``SHAPES``.
        side: in pixels.
        colour: of what is painted.
        second: of its lower half, for pictures in two colours.
    """
    image = tk.PhotoImage(master=root, width=side, height=side)
    shape = SHAPES[name]
    for row in range(side):
        y = (row + 0.5) / side * 2 - 1
        for column in range(side):
            if shape((column + 0.5) / side * 2 - 1, y):
                image.put(second if second and y > 0 else colour, (column, row))
    return image
