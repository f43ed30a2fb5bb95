"""Our metric on sounds beside OSWorld's own, on generated files."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from tests.benchmarks.osworld.sounds import recorded, tune
from tests.benchmarks.osworld.upstream import PAIRS, Compared, module, needs_copy

pytestmark = [needs_copy, pytest.mark.filterwarnings("ignore")]
RATES, KINDS = (8000, 16_000, 22_050, 44_100, 48_000), ("wav", "wav", "flac", "ogg", "mp3")

ENDS_APART = 0.05
"""What ffmpeg finds in a short Ogg file is some milliseconds longer than what OSWorld's library finds."""


def test_sounds_are_alike_as_osworld_finds_them(tmp_path: Path) -> None:
    compared = Compared(module("vlc", "librosa", "fastdtw", "imagehash", "scipy", "skimage", "soundfile"))
    for number in range(PAIRS):
        draw = random.Random(number)
        rate, kind = draw.choice(RATES), draw.choice(KINDS)
        one = tune(draw, draw.uniform(0.05, 0.6), rate)
        change = draw.choice(("same", "softer", "shorter", "noisy", "other", "other"))
        other = {
            "same": one,
            "softer": one * 0.3,
            "shorter": one[len(one) // 3 :],
            "noisy": one + np.random.default_rng(number).normal(0, 0.1, len(one)),
            "other": tune(draw, draw.uniform(0.05, 0.6), rate),
        }[change]
        paths = [
            recorded(tmp_path / f"{name}.{kind}", samples, rate, draw.choice((1, 2)))
            for name, samples in (("a", one), ("b", other))
        ]
        if draw.random() < 0.05:
            paths[0].write_bytes(paths[0].read_bytes()[:30])
        compared("compare_audios", *paths, near=ENDS_APART if kind == "ogg" else 1e-4)
    compared.are_of_both_kinds()
