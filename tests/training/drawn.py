"""Screens to learn from that are drawn, not taken."""

from __future__ import annotations

import random
from pathlib import Path

import cv2
import numpy as np

from deskhand.actions.geometry import Box
from deskhand.perception.screen import Element
from deskhand.screens.sets import ScreenSet, TrueScreen


def screens_in(folder: Path) -> list[TrueScreen]:
    """A few screens with buttons and empty fields."""
    chance, made = random.Random(5), ScreenSet(folder)
    for number in range(6):
        pixels = np.full((480, 640, 3), 235, np.uint8)
        elements = []
        for top in range(20, 440, 60):
            left, width = chance.randint(10, 300), chance.randint(60, 250)
            role, shade = chance.choice((("button", 180), ("field", 255)))
            box = Box(left, top, left + width, top + 28)
            cv2.rectangle(pixels, (box.left, box.top), (box.right - 1, box.bottom - 1), (shade,) * 3, -1)
            cv2.rectangle(pixels, (box.left, box.top), (box.right - 1, box.bottom - 1), (80,) * 3, 1)
            elements.append(Element(role, "", box))
        made.add(TrueScreen(f"s{number}", "train", f"a{number % 2}", "tk", "", "", tuple(elements)), pixels)
    return list(made)
