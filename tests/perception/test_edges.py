"""Boxes are moved onto the frames that they mean, and only onto those."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from deskhand.actions.geometry import Box
from deskhand.perception.widgets.edges import Edges

FRAME = Box(100, 60, 260, 90)


def drawn(box=FRAME, colour=(90, 90, 90), radius=0):
    pixels = np.full((200, 400, 3), 240, np.uint8)
    cv2.rectangle(pixels, (box.left, box.top), (box.right - 1, box.bottom - 1), colour, 1)
    for x in (box.left, box.right - 1):
        for y in (box.top, box.bottom - 1):
            cv2.rectangle(pixels, (x - radius, y - radius), (x + radius, y + radius), (240, 240, 240), -1)
    return pixels


@pytest.mark.parametrize("off", [(3, 2, -3, -2), (-4, -3, 4, 3), (0, 0, 0, 0), (4, -2, 2, 3)])
def test_a_box_near_a_frame_becomes_the_frame(off):
    near = Box(FRAME.left + off[0], FRAME.top + off[1], FRAME.right + off[2], FRAME.bottom + off[3])
    assert Edges(drawn()).snapped(near) == (FRAME, 4)


def test_corners_may_be_round():
    assert Edges(drawn(radius=3)).snapped(Box(102, 61, 257, 92)) == (FRAME, 4)


def test_a_filled_box_without_a_frame_has_sides_too():
    pixels = np.full((200, 400, 3), 240, np.uint8)
    pixels[60:90, 100:260] = (40, 90, 200)
    assert Edges(pixels).snapped(Box(103, 57, 262, 92)) == (FRAME, 4)


def test_without_lines_a_box_stays():
    plain = np.full((200, 400, 3), 240, np.uint8)
    assert Edges(plain).snapped(FRAME) == (FRAME, 0)


def test_a_line_far_away_is_another_ones():
    predicted = Box(130, 60, 230, 90)
    assert Edges(drawn()).snapped(predicted)[0] == predicted


def test_text_has_no_sides():
    pixels = np.full((200, 400, 3), 255, np.uint8)
    cv2.putText(pixels, "Save as", (100, 84), cv2.FONT_HERSHEY_SIMPLEX, 0.7, (0, 0, 0), 1, cv2.LINE_AA)
    predicted = Box(96, 62, 200, 94)
    assert Edges(pixels).snapped(predicted)[0] == predicted


@pytest.mark.parametrize("box", [Box(0, 0, 400, 200), Box(0, 0, 3, 3), Box(396, 196, 400, 200)])
def test_boxes_at_the_rim_are_no_trouble(box):
    assert Edges(drawn()).snapped(box)[0].intersection(Box(0, 0, 400, 200)).area > 0
