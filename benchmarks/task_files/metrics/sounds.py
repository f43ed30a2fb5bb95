"""A metric on sounds: how alike two are, by their timbre over time, as OSWorld measures it.

Each is decoded by ffmpeg, mixed to one channel of 22,050 Hz and described by twenty mel-frequency
cepstral coefficients (MFCC; Davis and Mermelstein 1980, with the mel scale and bands of Slaney's Auditory
Toolbox), one set every 512 samples. The two series are aligned by FastDTW (Salvador and Chan 2007) with
the cosine distance; the reward is e to the minus of the mean distance along the path, 1 for the same
sound.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deskhand.benchmarks.suite import Score
from deskhand.benchmarks.task_files.metrics.common import file_of, shown
from deskhand.benchmarks.task_files.place import LARGEST_LOCAL, NothingThere, TooMuch
from deskhand.benchmarks.task_files.task import Object
from deskhand.errors import EnvironmentProblem
from deskhand.sandbox.environment import find_program, plain

RATE = 22_050
WINDOW, HOP, BANDS, COEFFICIENTS = 2048, 512, 128, 20
LOUDNESS_DB = 80.0
"""Below the loudest band nothing counts."""
LEAST_POWER = 1e-10
LONGEST_SECONDS = 7200
DECODE_SECONDS = 120
FRAMES_AT_ONCE = 2048
RADIUS = 1
DIGITS = 12
"""Of a distance that are right."""
FORMATS = "wav,w64,aiff,au,flac,mp3,ogg,aac,mov,matroska,asf,avi"
"""What is taken for a sound: no list of other files or addresses among them."""

Floats = NDArray[np.float64]
FILTERS = f"aresample={RATE}:resampler=soxr:precision=20:rematrix_maxval=1.0,aformat=flt:channel_layouts=mono"
"""The channels' mean, and the resampler that OSWorld's library has."""


def compare_audios(result: Any, expected: Any, options: Object) -> Score:
    """How alike two sounds are, from 0 to 1."""
    one, other = (_coefficients(_samples(file_of(value, LARGEST_LOCAL))) for value in (result, expected))
    distance, steps = align(one, other)
    reward = float(np.exp(-distance / steps))
    return Score(reward, "" if reward >= 1 else f"the sounds are alike by {reward:.0%}")


def _samples(path: Path) -> Floats:
    """A sound's samples, (N,), from -1 to 1 and with one channel.

    Raises:
        NothingThere: there is no sound in it.
        TooMuch: it is longer than two hours.
        EnvironmentProblem: ffmpeg is not installed.
    """
    program = find_program("ffmpeg")
    if program is None:
        raise EnvironmentProblem("sounds are read by ffmpeg, which is not installed: apt-get install ffmpeg")
    line = [
        program, "-hide_banner", "-loglevel", "error", "-nostdin", "-protocol_whitelist", "file,pipe",
        "-format_whitelist", FORMATS, "-i", f"file:{path}", "-map", "0:a:0", "-t", str(LONGEST_SECONDS + 1),
        "-af", FILTERS, "-f", "f32le", "pipe:1",
    ]  # fmt: skip
    with tempfile.TemporaryFile() as output:
        try:
            done = subprocess.run(
                line, stdout=output, stderr=subprocess.PIPE, timeout=DECODE_SECONDS, check=False, env=plain()
            )
        except subprocess.TimeoutExpired as error:
            raise TooMuch(
                f"{path.name} cannot be judged: reading it takes over {DECODE_SECONDS} s"
            ) from error
        output.seek(0)
        samples = np.fromfile(output, np.float32).astype(np.float64)
    if done.returncode or not len(samples):
        said = done.stderr.decode(errors="replace").strip()[-200:]
        if "soxr" in said or "resampling engine" in said:
            raise EnvironmentProblem(
                "sounds are compared with an ffmpeg that has libsoxr, as Debian's; this has not"
            )
        raise NothingThere(f"{path.name} is not a sound: {shown(said)}")
    if len(samples) > LONGEST_SECONDS * RATE:
        raise TooMuch(f"{path.name} cannot be judged: it is longer than {LONGEST_SECONDS // 3600} hours")
    return samples


def _coefficients(samples: Floats) -> Floats:
    """The coefficients of a sound, (frames, COEFFICIENTS), each scaled to a largest size of 1 over time."""
    padded = np.pad(samples, WINDOW // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP]
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)
    bands = _bands().T
    loud = np.concatenate(
        [
            np.abs(np.fft.rfft(frames[at : at + FRAMES_AT_ONCE] * hann)) ** 2 @ bands
            for at in range(0, len(frames), FRAMES_AT_ONCE)
        ]
    )
    decibels = 10 * np.log10(np.maximum(LEAST_POWER, loud))
    decibels = np.maximum(decibels, decibels.max() - LOUDNESS_DB)
    found = decibels @ _cosines().T
    largest = np.abs(found).max(axis=0)
    return np.asarray(found / np.where(largest < np.finfo(np.float32).tiny, 1.0, largest))


def _bands() -> Floats:
    """How much each frequency of a frame counts in each band, (BANDS, WINDOW // 2 + 1)."""
    frequencies = np.fft.rfftfreq(WINDOW, 1 / RATE)
    edges = _hertz(np.linspace(0.0, _mel(RATE / 2), BANDS + 2))
    rising = (frequencies - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - frequencies) / (edges[2:] - edges[1:-1])[:, None]
    area = 2.0 / (edges[2:] - edges[:-2])
    return np.asarray(np.maximum(0.0, np.minimum(rising, falling)) * area[:, None])


_KNEE_HERTZ, _HERTZ_A_MEL, _MELS_AN_OCTAVE = 1000.0, 200.0 / 3, 27.0 / np.log(6.4)
"""The mel scale is straight up to 1000 Hz, and goes with the logarithm from there on."""
_KNEE = _KNEE_HERTZ / _HERTZ_A_MEL


def _mel(hertz: float) -> float:
    """A frequency above the knee on the mel scale."""
    return float(_KNEE + np.log(hertz / _KNEE_HERTZ) * _MELS_AN_OCTAVE)


def _hertz(mels: Floats) -> Floats:
    above = _KNEE_HERTZ * np.exp((mels - _KNEE) / _MELS_AN_OCTAVE)
    return np.asarray(np.where(mels < _KNEE, mels * _HERTZ_A_MEL, above))


def _cosines() -> Floats:
    """The orthonormal discrete cosine transform of the bands, (COEFFICIENTS, BANDS)."""
    turns = np.outer(np.arange(COEFFICIENTS), np.arange(BANDS) + 0.5)
    made = np.sqrt(2.0 / BANDS) * np.cos(np.pi * turns / BANDS)
    made[0] /= np.sqrt(2.0)
    return np.asarray(made)


Path2 = list[tuple[int, int]]


def align(one: Floats, other: Floats) -> tuple[float, int]:
    """The distance of two series, (N, C) and (M, C), along the best path found, and its steps."""
    distance, path = _fast(one, other)
    return distance, len(path)


def _fast(one: Floats, other: Floats) -> tuple[float, Path2]:
    """Align series of half the length first, and look only beside the path that was found there."""
    sizes = len(one), len(other)
    if min(sizes) < RADIUS + 2:
        return _warp(one, other, [(0, sizes[1])] * sizes[0])
    _, coarse = _fast(_halved(one), _halved(other))
    return _warp(one, other, _beside(coarse, sizes))


def _halved(series: Floats) -> Floats:
    """Every two neighbours as their mean; an odd one at the end is left out."""
    even = series[: len(series) // 2 * 2]
    return np.asarray((even[0::2] + even[1::2]) / 2)


def _beside(coarse: Path2, sizes: tuple[int, int]) -> list[tuple[int, int]]:
    """For each row the columns that lie on a path of half the size, or RADIUS cells of it away."""
    first, last = np.full(sizes[0], sizes[1]), np.zeros(sizes[0], int)
    for row, column in coarse:
        rows = slice(max(0, 2 * (row - RADIUS)), 2 * (row + RADIUS) + 2)
        first[rows] = np.minimum(first[rows], max(0, 2 * (column - RADIUS)))
        last[rows] = np.maximum(last[rows], min(sizes[1], 2 * (column + RADIUS) + 2))
    return list(zip(first.tolist(), last.tolist(), strict=True))


def _warp(one: Floats, other: Floats, window: list[tuple[int, int]]) -> tuple[float, Path2]:
    """The path of least distance through the columns that each row may use."""
    one, other = (series / np.linalg.norm(series, axis=1, keepdims=True) for series in (one, other))
    came: list[list[int]] = []
    before, start = [0.0], -1  # the costs of the row above, and their first column
    for row, (first, last) in enumerate(window):
        # Of the same sound it is 0, not what rounding leaves: only a reward of 1 is a success.
        away = np.clip(np.round(1.0 - other[first:last] @ one[row], DIGITS), 0.0, 2.0).tolist()
        costs: list[float] = []
        moves: list[int] = []
        for at, step in enumerate(away):
            column = first + at - start
            above = before[column] if row and 0 <= column < len(before) else np.inf
            across = before[column - 1] if 0 < column <= len(before) else np.inf
            left = costs[-1] if at else np.inf
            best = min(above, left, across)
            moves.append(0 if above == best else 1 if left == best else 2)
            costs.append(best + step)
        before, start = costs, first
        came.append(moves)
    return before[-1], _walked(came, window)


def _walked(came: list[list[int]], window: list[tuple[int, int]]) -> Path2:
    """The path to the last cell, from how each cell was come to: from above, the left, or both."""
    row, column = len(came) - 1, window[-1][1] - 1
    path = []
    while row >= 0 and column >= 0:
        path.append((row, column))
        move = came[row][column - window[row][0]]
        row, column = row - (move != 1), column - (move != 0)
    return path[::-1]
