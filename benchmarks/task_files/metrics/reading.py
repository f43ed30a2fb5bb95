"""A metric on the words that a picture shows. They are read with deskhand's reader; OSWorld has another."""

from __future__ import annotations

import functools
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel

from deskhand.benchmarks.suite import Score
from deskhand.benchmarks.task_files.metrics.common import must, rules_of, shown
from deskhand.benchmarks.task_files.metrics.pictures import picture
from deskhand.benchmarks.task_files.task import Object
from deskhand.perception.screen import Screenshot
from deskhand.perception.text.lines import TextReader


class _Words(BaseModel):
    type: Literal["text"]
    text: str


def compare_image_text(result: Any, expected: Any, options: Object) -> Score:
    """A picture shows a text, with capitals as they are."""
    wanted = rules_of(_Words, expected).text
    pixels = np.array(picture(result).convert("RGB"))
    text = " ".join(line.text for line in _reader().read(Screenshot(pixels)))
    return must(wanted in text, f"the picture shows {shown(text)} and not {shown(wanted)}")


@functools.cache
def _reader() -> TextReader:
    return TextReader()
