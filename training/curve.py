"""A picture of what came of the rounds of a training: lines of percentages."""

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


def draw(path: Path, title: str, lines: Mapping[str, Sequence[float]], across: str = "round") -> None:
    """Write a PNG.

    Args:
        lines: by name, shares from 0 to 1, one for each round from the first.
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
        points = [point(at, value) for at, value in enumerate(values)]
        if len(points) > 1:
            pen.line(points, fill=colour, width=2)
        for x, y in points:
            pen.ellipse((x - 2, y - 2, x + 2, y + 2), fill=colour)
        pen.text((LEFT + number * 200, 28), f"● {name}", font=font, fill=colour)
    pen.text((LEFT + width, SIZE[1] - 14), f"{across} {most}", font=font, fill=INK, anchor="rb")
    pen.text((LEFT, SIZE[1] - 14), f"{across} 1", font=font, fill=INK, anchor="lb")
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as whole:
        picture.save(whole, format="PNG")
