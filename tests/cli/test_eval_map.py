"""``deskhand eval map`` and ``train data --map``: a program that no suite has, from its map to lessons."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from deskhand.knowledge.map import MAP, read_map
from deskhand.perception.reader import PIXELS, ScreenReader
from deskhand.screens.variation import FIRST_TRAINING_SEED
from deskhand.training.reasoner.lessons import lessons_of
from deskhand.training.reasoner.recordings import shown_in
from deskhand.trajectories.reader import Trajectory
from tests.conftest import deskhand

PATIENCE = 600
"""Seconds that a command with a sandbox may take on a machine that does much else."""


@pytest.fixture(scope="module")
def explored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The map of galculator, as far as a few steps show it: one or two of its menus."""
    out = tmp_path_factory.mktemp("maps") / "galculator"
    done = deskhand("explore", "--launch", "galculator", "--steps", "2", "--out", str(out), timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    return out


@pytest.mark.lightbox
@pytest.mark.suite
def test_the_oracle_reaches_the_goals_of_a_map_that_was_just_made(explored: Path, tmp_path: Path) -> None:
    line = ("eval", "map", str(explored), "--tasks", first_task(explored), "--out", str(tmp_path / "out"))
    done = deskhand(*line, "--policy", "oracle", "--json", timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    row = json.loads(done.stdout.splitlines()[0])
    assert (row["done"], row["of"], row["category"]) == (1, 1, "menu")
    again = deskhand(*line, "--policy", "oracle", "--map", str(explored))
    assert again.returncode == 2 and "the policy oracle reads no map" in again.stderr


@pytest.mark.lightbox
@pytest.mark.suite
def test_what_the_oracle_did_can_be_learnt(explored: Path, tmp_path: Path) -> None:
    line = ("train", "data", "--map", str(explored), "--out", str(tmp_path), "--episodes", "1")
    done = deskhand(*line, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    folders = [Path(name) for name in done.stdout.splitlines()]
    assert folders and "are demonstrations" in done.stderr
    run = Trajectory.open(folders[0])
    assert run.task.seed == FIRST_TRAINING_SEED and run.task.launch == "galculator"
    lessons = lessons_of(run, ScreenReader(sources=PIXELS).read)
    assert [one.move.verb for one in lessons] == ["click", "finished"]
    assert shown_in(folders[:1], ScreenReader(sources=PIXELS).read).tasks == (run.task.instruction,)
    times = {folder: folder.stat().st_mtime_ns for folder in folders}
    again = deskhand(*line, timeout=PATIENCE)
    assert {Path(name) for name in again.stdout.splitlines()} == set(times), "nothing is recorded twice"
    assert all(folder.stat().st_mtime_ns == time for folder, time in times.items())


def first_task(explored: Path) -> str:
    from deskhand.benchmarks.suites.mapped.suite import MapSuite

    return MapSuite(explored).tasks()[0]


@pytest.mark.parametrize(
    ("facts", "code", "words"),
    [
        ({"format": 2}, 3, "has format 2, this deskhand reads 1"),
        ({"states": [], "commands": [], "fields": []}, 2, "has no goal to be reached"),
        ({"commands": 7}, 3, "is damaged: commands"),
    ],
)
def test_a_map_of_no_use_is_said_before_anything_starts(
    tmp_path: Path, facts: dict[str, object], code: int, words: str
) -> None:
    map_ = {"format": 1, "application": "galculator", "size": [1280, 800], **facts}
    (tmp_path / MAP).write_text(json.dumps(map_))
    for line in (("eval", "map", str(tmp_path)), ("train", "data", "--map", str(tmp_path))):
        runs = {"DESKHAND_RUNS": str(tmp_path / "runs")}
        out = ("--out", str(tmp_path / "out")) if line[0] == "train" else ("--policy", "oracle")
        done = deskhand(*line, *out, env=runs)
        assert done.returncode == code and words in done.stderr, done.stderr
        assert not (tmp_path / "runs").exists()
    assert not (tmp_path / "out").exists()


@pytest.mark.lightbox
def test_a_map_of_what_is_not_installed_is_refused(explored: Path, tmp_path: Path) -> None:
    found = read_map(explored).model_copy(update={"application": "no-such-program"})
    (tmp_path / MAP).write_text(found.model_dump_json())
    done = deskhand(
        "eval", "map", str(tmp_path), "--policy", "oracle", "--limit", "1", "--out", str(tmp_path / "o")
    )
    assert done.returncode == 2 and "'no-such-program', which is no application" in done.stderr
