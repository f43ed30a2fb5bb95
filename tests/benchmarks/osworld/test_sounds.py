"""Sounds are compared by how they sound."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from deskhand.benchmarks.task_files.doing import judge, one
from deskhand.benchmarks.task_files.metrics import sounds
from deskhand.benchmarks.task_files.place import NothingThere, Place
from deskhand.benchmarks.task_files.task import Check
from deskhand.errors import EnvironmentProblem
from tests.benchmarks.osworld.places import place
from tests.benchmarks.osworld.sounds import recorded, tune

RATE = 22_050


def alike(one: Path, other: Path) -> float:
    return judge("compare_audios", one, other, {}).reward


def drawn(seed: int, seconds: float = 0.8) -> np.ndarray:
    return tune(random.Random(seed), seconds, RATE)


def test_the_same_sound_is_alike_and_another_is_less_so(tmp_path: Path) -> None:
    one = recorded(tmp_path / "a.wav", drawn(1), RATE)
    same = recorded(tmp_path / "b.flac", drawn(1), RATE)
    assert alike(one, same) == 1, "whatever kind of file it is in"
    softer = recorded(tmp_path / "c.wav", drawn(1) * 0.3, RATE)
    other = recorded(tmp_path / "d.wav", drawn(2), RATE)
    assert alike(one, other) < alike(one, softer) < 1
    assert alike(one, other) == pytest.approx(alike(other, one), abs=0.05)


@pytest.mark.parametrize("hertz", [0, 110, 440, 1234.5, 5000])
def test_a_plain_tone_and_silence_are_wholly_like_themselves(tmp_path: Path, hertz: float) -> None:
    tone = 0.5 * np.sin(2 * np.pi * hertz * np.arange(RATE) / RATE)
    one = recorded(tmp_path / "a.wav", tone, RATE)
    assert sounds.compare_audios(one, one, {}).success


def test_short_series_are_aligned_as_well_as_can_be() -> None:
    """FastDTW looks beside the path of the halved series; a search through everything is no worse."""
    random_series = np.random.default_rng(3)
    for rows, columns in ((1, 1), (1, 7), (2, 2), (3, 3), (4, 9), (17, 16), (40, 23)):
        one, other = random_series.normal(size=(rows, 5)), random_series.normal(size=(columns, 5))
        best = exhaustive(one, other)
        distance, steps = sounds.align(one, other)
        assert distance >= best - 1e-9
        assert max(rows, columns) <= steps <= rows + columns - 1
        if min(rows, columns) <= 4:
            assert distance == pytest.approx(best)
        assert sounds.align(one, one)[0] == pytest.approx(0)


def exhaustive(one: np.ndarray, other: np.ndarray) -> float:
    away = 1 - (one @ other.T) / np.outer(np.linalg.norm(one, axis=1), np.linalg.norm(other, axis=1))
    costs = np.full((len(one) + 1, len(other) + 1), np.inf)
    costs[0, 0] = 0
    for row, column in np.ndindex(away.shape):
        before = min(costs[row, column], costs[row, column + 1], costs[row + 1, column])
        costs[row + 1, column + 1] = away[row, column] + before
    return float(costs[-1, -1])


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"RIFF",
        b"no sound at all",
        b"#EXTM3U\n#EXTINF:1,\na.wav\n",
        b"ffconcat version 1.0\nfile a.wav\n",
    ],
)
def test_what_is_no_sound_is_not_done_and_leads_to_no_other_file(tmp_path: Path, content: bytes) -> None:
    gold = recorded(tmp_path / "a.wav", drawn(1), RATE)
    for name in ("b.wav", "b.m3u8"):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(NothingThere, match="not a sound"):
            alike(tmp_path / name, gold)


def test_a_sound_that_is_too_long_is_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sounds, "LONGEST_SECONDS", 1)
    long = recorded(tmp_path / "a.wav", drawn(1, 3.0), RATE)
    with pytest.raises(EnvironmentProblem, match="longer than"):
        sounds.compare_audios(long, long, {})


@pytest.fixture
def there(tmp_path: Path) -> Place:
    (tmp_path / "beside").mkdir()
    return place(tmp_path, tmp_path / "beside")


def test_a_damaged_sound_is_the_agents_failure_and_a_damaged_gold_is_not(
    there: Place, tmp_path: Path
) -> None:
    home, gold = Path(there.sandbox.root), tmp_path / "beside" / "gold.wav"  # type: ignore[attr-defined]
    check = Check(
        "compare_audios",
        {"type": "vm_file", "path": "/home/user/a.wav", "dest": "a.wav"},
        {"type": "cloud_file", "path": "https://example.org/gold.wav", "dest": "gold.wav"},
        {},
    )
    recorded(gold, drawn(1), RATE)
    recorded(home / "a.wav", drawn(1), RATE)
    assert one(check, there).success
    (home / "a.wav").write_bytes(b"RIFF")
    assert one(check, there).reward == 0
    recorded(home / "a.wav", drawn(1), RATE)
    gold.write_bytes(b"RIFF")
    with pytest.raises(EnvironmentProblem, match=r"gold\.wav"):
        one(check, there)
