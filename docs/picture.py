"""Draws the film strip of a trajectory, as in the README.

.venv/bin/python docs/picture.py runs/FOLDER docs/run.png
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from deskhand.actions.words import describe
from deskhand.trajectories.reader import Trajectory

WIDE, HIGH, CAPTION, GAP, COLUMNS = 520, 325, 46, 10, 3


def draw(folder: Path) -> Image.Image:
    """Each step's screen with its thought and action below; the last screen ends the strip."""
    trajectory = Trajectory.open(folder)
    cells = []
    for step in trajectory.steps:
        reply = step.decision.reply
        thought = reply.thought if reply else step.decision.error
        does = describe(reply.actions[0]) if reply else ""
        cells.append((step.frame, f"{step.step}  {thought}", does))
    if trajectory.end is not None and trajectory.end.frame is not None:
        cells.append((trajectory.end.frame, f"end: {trajectory.end.status}", ", ".join(trajectory.end.files)))
    rows = -(-len(cells) // COLUMNS)
    size = (COLUMNS * (WIDE + GAP) + GAP, rows * (HIGH + CAPTION + GAP) + GAP)
    sheet = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(sheet)
    font = ImageFont.truetype("DejaVuSans.ttf", 14)
    for number, (frame, thought, does) in enumerate(cells):
        left = GAP + number % COLUMNS * (WIDE + GAP)
        top = GAP + number // COLUMNS * (HIGH + CAPTION + GAP)
        pixels = np.array(trajectory.frame(frame).pixels)
        sheet.paste(Image.fromarray(pixels).resize((WIDE, HIGH), Image.Resampling.LANCZOS), (left, top))
        pen.text((left, top + HIGH + 4), thought[:66], "black", font)
        pen.text((left, top + HIGH + 24), does[:66], "#0b5394", font)
    return sheet


if __name__ == "__main__":
    draw(Path(sys.argv[1])).quantize(64).save(sys.argv[2], optimize=True)
