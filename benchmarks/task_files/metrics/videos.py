"""A metric on films: their frames are compared by what they show."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import cv2
from PIL import Image
from pydantic import BaseModel, Field

from deskhand.benchmarks.suite import Score
from deskhand.benchmarks.task_files.metrics.common import file_of, rules_of
from deskhand.benchmarks.task_files.metrics.pictures import fingerprint
from deskhand.benchmarks.task_files.place import LARGEST_LOCAL
from deskhand.benchmarks.task_files.task import Object


class _Frames(BaseModel):
    """Frames that are looked at, and the bits of 64 and the frames by which films may differ."""

    max_frames_to_check: Annotated[int, Field(ge=0, le=1000)] = 100
    threshold: Annotated[int, Field(ge=0, le=64)] = 5


def compare_videos(result: Any, expected: Any, options: Object) -> Score:
    """Two films whose first frames show the same, and that end together if they are that short."""
    rules = rules_of(_Frames, options)
    films = [_film(file_of(value, LARGEST_LOCAL)) for value in (result, expected)]
    others = 0
    try:
        for number in range(rules.max_frames_to_check):
            (there, one), (wanted, other) = (film.read() for film in films)
            if not there or not wanted:
                same = there == wanted
                return Score(float(same), "" if same else f"one film ends after {number} frames")
            if int((_print(one) != _print(other)).sum()) > rules.threshold:
                others += 1
            if others > rules.threshold:
                return Score(0.0, f"{others} of the first {number + 1} frames show something else")
    finally:
        for film in films:
            film.release()
    return Score(1.0)


def _film(path: Path) -> Any:
    return cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)


def _print(frame: Any) -> Any:
    return fingerprint(Image.fromarray(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)))
