"""Sounds that tests are made of."""

from __future__ import annotations

import random
import subprocess
import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


def tune(draw: random.Random, seconds: float, rate: int) -> NDArray[np.float64]:
    """Some tones that glide and swell, with a little noise, (N,), from -1 to 1."""
    times = np.arange(int(seconds * rate)) / rate
    tones = [
        draw.random() * np.sin(2 * np.pi * draw.uniform(80, 3000) * times * (1 + draw.random() * times / 4))
        for _ in range(3)
    ]
    swell = 0.3 + 0.7 * np.abs(np.sin(2 * np.pi * draw.uniform(0.2, 3) * times))
    noise = np.random.default_rng(draw.randint(0, 999)).normal(0, 0.02, len(times))
    return np.asarray(sum(tones) / 3 * swell * 0.8 + noise)


def recorded(path: Path, samples: NDArray[np.float64], rate: int, channels: int = 1) -> Path:
    """A sound as a file, of the kind that its name says; of two channels the second is softer."""
    mixed = np.stack([samples * 0.7**channel for channel in range(channels)], axis=1)
    plain = path.with_suffix(".wav")
    with wave.open(str(plain), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((np.clip(mixed, -1, 1) * 32767).astype("<i2").tobytes())
    if path != plain:
        line = ["ffmpeg", "-hide_banner", "-loglevel", "error", "-nostdin", "-y", "-i", str(plain), str(path)]
        subprocess.run(line, check=True)
    return path
