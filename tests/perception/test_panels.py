"""Rectangles that straight edges make, as windows of any system are; and none where there are none."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from deskhand.actions.geometry import Box
from deskhand.perception.screen import Pixels
from deskhand.perception.widgets.panels import panels


def sky() -> Pixels:
    """A background without a line, that changes slowly."""
    down = np.linspace(40, 150, 700)[:, None, None]
    across = np.linspace(0, 60, 1100)[None, :, None]
    return np.ascontiguousarray(np.broadcast_to(down + across, (700, 1100, 3)), dtype=np.float64).astype(
        np.uint8
    )


def window(pixels: Pixels, box: Box, face: int = 240, round_by: int = 0) -> None:
    size = (box.right - 1, box.bottom - 1)
    if not round_by:
        cv2.rectangle(pixels, (box.left, box.top), size, (face, face, face), -1)
        return
    r = round_by
    cv2.rectangle(pixels, (box.left + r, box.top), (box.right - 1 - r, box.bottom - 1), (face,) * 3, -1)
    cv2.rectangle(pixels, (box.left, box.top + r), (box.right - 1, box.bottom - 1 - r), (face,) * 3, -1)
    for x in (box.left + r, box.right - 1 - r):
        for y in (box.top + r, box.bottom - 1 - r):
            cv2.circle(pixels, (x, y), r, (face,) * 3, -1)


def best(found: list[Box], box: Box) -> float:
    return max((one.overlap(box) for one in found), default=0.0)


@pytest.mark.parametrize("round_by", [0, 6, 12])
def test_a_window_is_found_to_the_pixel_however_round_its_corners_are(round_by: int) -> None:
    pixels, box = sky(), Box(150, 90, 760, 530)
    window(pixels, box, round_by=round_by)
    assert box in panels(pixels)


@pytest.mark.parametrize("cover", [Box(500, 300, 1000, 650), Box(80, 320, 480, 640), Box(600, 40, 1050, 380)])
def test_a_window_is_found_though_another_covers_a_corner(cover: Box) -> None:
    pixels, box = sky(), Box(150, 90, 760, 530)
    window(pixels, box, face=235)
    window(pixels, cover, face=40)
    found = panels(pixels)
    assert cover in found
    assert best(found, box) > 0.95


def test_where_nothing_is_straight_nothing_is_found() -> None:
    noise = np.random.default_rng(1).integers(0, 255, (400, 600, 3)).astype(np.uint8)
    for pixels in (sky(), noise, np.zeros((1, 1, 3), np.uint8), np.zeros((300, 1, 3), np.uint8)):
        assert panels(pixels) == []


def test_what_is_small_is_no_panel_and_many_are_bounded() -> None:
    pixels = sky()
    for left in range(10, 1000, 60):
        for top in range(10, 600, 40):
            window(pixels, Box(left, top, left + 50, top + 30), face=left % 200)
    assert all(box.width >= 140 and box.height >= 70 for box in panels(pixels))
    assert len(panels(pixels)) <= 24
