"""Pictures of what came of a training: lines of percentages, and tables of them as shades."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from deskhand.disk import replacing

SIZE = (760, 420)
LEFT, TOP, RIGHT, BOTTOM = 60, 50, 20, 50
COLOURS = ((0, 92, 200), (190, 60, 20), (0, 118, 52), (150, 0, 150))
INK, GRID = (40, 40, 40), (220, 220, 220)
LINES = 5
NAMES, MARGIN, CELL = 130, 8, (30, 18)
"""Of a table of shades, in pixels: its names' width, its margin, the size of a cell."""
SHADES = 64
"""Colours of a picture."""
DARKEST = 0.6
"""The share of a cell that is as dark as can be."""


def draw(path: Path, title: str, lines: Mapping[str, Sequence[float | None]], across: str = "round") -> None:
    """Write a PNG.

    Args:
        lines: by name, shares from 0 to 1, one for each round from the first; None where there is none.
        across: what is counted from left to right.
    """
    picture = Image.new("RGB", SIZE, "white")
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(size=14)
    width, height = SIZE[0] - LEFT - RIGHT, SIZE[1] - TOP - BOTTOM
    most = max((len(values) for values in lines.values()), default=1)

    def point(number: int, share: float) -> tuple[float, float]:
        return LEFT + width * number / max(1, most - 1), TOP + height * (1 - share)

    pen.text((LEFT, 8), title, font=font, fill=INK)
    for step in range(LINES + 1):
        share = step / LINES
        y = point(0, share)[1]
        pen.line([(LEFT, y), (LEFT + width, y)], fill=GRID)
        pen.text((LEFT - 8, y), f"{share:.0%}", font=font, fill=INK, anchor="rm")
    for number, (name, values) in enumerate(lines.items()):
        colour = COLOURS[number % len(COLOURS)]
        points = [point(at, value) for at, value in enumerate(values) if value is not None]
        if len(points) > 1:
            pen.line(points, fill=colour, width=2)
        for x, y in points:
            pen.ellipse((x - 2, y - 2, x + 2, y + 2), fill=colour)
        pen.ellipse((LEFT + number * 200, 33, LEFT + 8 + number * 200, 41), fill=colour)
        pen.text((LEFT + 14 + number * 200, 28), name, font=font, fill=colour)
    pen.text((LEFT + width, SIZE[1] - 14), f"{across} {most}", font=font, fill=INK, anchor="rb")
    pen.text((LEFT, SIZE[1] - 14), f"{across} 1", font=font, fill=INK, anchor="lb")
    _save(picture, path)


def shade(
    path: Path, columns: Sequence[str], blocks: Mapping[str, Sequence[tuple[str, Sequence[float | None]]]]
) -> None:
    """Write a table of shares as a PNG: the larger a share, the darker its cell.

    Args:
        columns: what stands above them, by column.
        blocks: rows by what they are about; each has a name and a share from 0 to 1 for each column, None
            where there is none.
    """
    count = sum(len(rows) + 1 for rows in blocks.values()) + 1
    picture = Image.new(
        "RGB", (NAMES + CELL[0] * len(columns) + RIGHT, CELL[1] * count + 2 * MARGIN), "white"
    )
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(size=11)

    def write(column: int, row: int, words: str, fill: tuple[int, int, int] = INK) -> None:
        x, y = NAMES + CELL[0] * column + CELL[0] / 2, MARGIN + CELL[1] * row + CELL[1] / 2
        pen.text(
            (x, y) if column >= 0 else (MARGIN, y), words, fill, font, anchor="mm" if column >= 0 else "lm"
        )

    for number, name in enumerate(columns):
        write(number, 0, name)
    row = 0
    for about, rows in blocks.items():
        row += 1
        write(-1, row, about, COLOURS[0])
        for name, shares in rows:
            row += 1
            write(-1, row, name)
            for number, share in enumerate(shares):
                if share is None:
                    continue
                left, top = NAMES + CELL[0] * number, MARGIN + CELL[1] * row
                dark = min(1.0, share / DARKEST)
                fill = tuple(round(255 - dark * (255 - part)) for part in COLOURS[0])
                pen.rectangle((left, top, left + CELL[0] - 2, top + CELL[1] - 2), fill=fill)
                write(number, row, f"{100 * share:.0f}", (255, 255, 255) if dark > 0.6 else INK)
    _save(picture, path)


def _save(picture: Image.Image, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as whole:
        picture.quantize(SHADES).save(whole, format="PNG", optimize=True)
