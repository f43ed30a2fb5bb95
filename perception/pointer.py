"""The pointer as pictures for people show it; screenshots are taken without one, since it would hide text."""

from __future__ import annotations

from PIL import ImageDraw

ARROW = ((0, 0), (0, 17), (4, 13), (7, 20), (10, 19), (7, 12), (12, 12))
"""Its outline in pixels, its tip first."""
FILL, EDGE = (0, 0, 0), (255, 255, 255)


def draw_pointer(pen: ImageDraw.ImageDraw, tip: tuple[float, float], scale: float = 1.0) -> None:
    """Draw a pointer into an RGB picture.

    Args:
        tip: what it points at, in pixels.
        scale: how large it is; it is not drawn smaller than 1.
    """
    size = max(1.0, scale)
    pen.polygon([(tip[0] + x * size, tip[1] + y * size) for x, y in ARROW], fill=FILL, outline=EDGE)
