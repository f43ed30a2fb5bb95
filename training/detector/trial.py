"""Trying a detector on screens with known truth."""

from __future__ import annotations

from collections.abc import Sequence

from deskhand.perception.text.lines import TextReader
from deskhand.perception.text.ocr import Models
from deskhand.perception.widgets.detector import Detector
from deskhand.screens.score import DetectionScore, score
from deskhand.screens.sets import TrueScreen


def tried(detector: Detector, screens: Sequence[TrueScreen]) -> DetectionScore:
    """What a detector finds on screens, knowing where their lines of text stand but not what they say."""
    models, total = Models(), DetectionScore()
    for screen in screens:
        shot = screen.screenshot()
        texts = TextReader(models).places(shot)
        total += score(detector.find(shot, texts=texts), screen.elements)
    return total
