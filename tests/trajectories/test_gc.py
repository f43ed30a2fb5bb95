"""Tidying up: what nothing needs goes, and nothing else does."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from deskhand.errors import UsageError
from deskhand.trajectories.reader import Trajectory
from deskhand.trajectories.repair.check import check
from deskhand.trajectories.repair.gc import sweep, trajectories_below
from deskhand.trajectories.writer import TrajectoryWriter
from tests.trajectories.samples import CLICK, decide, header, look, write_sample

UNUSED = "frames/" + "a" * 32 + ".webp"
PART = "." + "b" * 16 + ".part"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A whole run with one left-over of each kind."""
    write_sample(tmp_path / "runs" / "one")
    run = tmp_path / "runs" / "one"
    (run / UNUSED).write_bytes(b"unused")
    (run / "frames" / PART).write_bytes(b"12")
    (run / "files" / "notes" / PART).write_bytes(b"345")
    (run / "files" / "empty" / "inner").mkdir(parents=True)
    return run


def everything(run: Path) -> set[str]:
    return {str(path.relative_to(run)) for path in run.rglob("*")}


def test_what_would_go_is_told_and_stays_until_it_is_asked_for(run: Path) -> None:
    before = everything(run)
    swept = sweep(run, remove=False)
    assert {one.path: one.kind for one in swept.leftovers} == {
        UNUSED: "unused frame",
        f"frames/{PART}": "unfinished file",
        f"files/notes/{PART}": "unfinished file",
        "files/empty": "empty folder",
        "files/empty/inner": "empty folder",
    }
    assert swept.bytes == 11
    assert everything(run) == before


def test_after_it_the_trajectory_is_as_whole_as_before_and_nothing_is_left(run: Path) -> None:
    gone = {one.path for one in sweep(run, remove=True).leftovers}
    assert not gone & everything(run)
    assert check(run).whole
    assert sweep(run, remove=True).leftovers == ()


def test_a_frame_that_others_stand_on_is_needed_though_no_step_shows_it(tmp_path: Path) -> None:
    with TrajectoryWriter(tmp_path, header()) as writer:
        base = writer.frame(look(1))
        writer.decision(1, writer.frame(look(2)), decide(CLICK))
        loose = writer.frame(look(3))
        writer.end(1, "stopped")
    assert [one.path for one in sweep(tmp_path, remove=True).leftovers] == [f"frames/{loose}.crop"]
    assert (tmp_path / "frames" / f"{base}.webp").exists()
    assert not check(tmp_path).faults


def test_a_trajectory_that_is_being_written_is_left_alone(tmp_path: Path) -> None:
    with TrajectoryWriter(tmp_path, header()) as writer:
        writer.frame(look())
        before = everything(tmp_path)
        assert "being written" in sweep(tmp_path, remove=True).skipped
        assert everything(tmp_path) == before
    assert len(sweep(tmp_path, remove=True).leftovers) == 2


def test_where_a_line_or_a_frame_cannot_be_read_nothing_goes(run: Path) -> None:
    before = everything(run)
    path = run / "trajectory.jsonl"
    data = path.read_bytes()
    path.write_bytes(data.replace(b'"step":3', b'"step":"x"', 1))
    assert "line 7" in sweep(run, remove=True).skipped
    path.write_bytes(data)
    frame = run / "frames" / f"{Trajectory.open(run).steps[0].frame}.webp"
    frame.rename(run / "frame")
    assert "cannot be read" in sweep(run, remove=True).skipped
    (run / "frame").rename(frame)
    assert everything(run) == before


def test_what_it_does_not_know_stays(run: Path) -> None:
    """Names that the writer does not give, links, pipes, and names that it gives in the wrong place."""
    outside = run.parent.parent / "outside"
    outside.mkdir()
    (outside / ("c" * 32 + ".webp")).write_bytes(b"mine")
    strange = {
        "frames/readme.txt": b"x",
        "frames/" + "A" * 32 + ".webp": b"x",
        "files/" + "d" * 32 + ".webp": b"x",
        "note.md": b"x",
        PART: b"x",
    }
    for name, data in strange.items():
        (run / name).write_bytes(data)
    (run / "frames" / ("e" * 32 + ".webp")).symlink_to(outside / ("c" * 32 + ".webp"))
    (run / "frames" / "folder").symlink_to(outside)
    (run / "files" / "folder").symlink_to(outside)
    os.mkfifo(run / "frames" / ("f" * 32 + ".crop"))
    gone = {one.path for one in sweep(run, remove=True).leftovers}
    assert gone == {UNUSED, f"frames/{PART}", f"files/notes/{PART}", "files/empty", "files/empty/inner"}
    assert set(strange) <= everything(run)
    assert len(list(outside.iterdir())) == 1
    assert (run / "frames" / "folder").is_symlink()


def test_a_folder_of_frames_that_is_a_link_is_left_alone(run: Path) -> None:
    (run / "frames").rename(run.parent / "moved")
    (run / "frames").symlink_to(run.parent / "moved")
    assert "is a link" in sweep(run, remove=True).skipped
    assert (run.parent / "moved" / Path(UNUSED).name).exists()


def test_trajectories_are_found_at_any_depth_but_not_through_links(run: Path) -> None:
    runs = run.parent
    write_sample(runs / "suite" / "task" / "two")
    write_sample(runs.parent / "elsewhere" / "three")
    (runs / "link").symlink_to(runs.parent / "elsewhere")
    (runs / "nothing").mkdir()
    assert [str(path.relative_to(runs)) for path in trajectories_below(runs)] == ["one", "suite/task/two"]
    assert list(trajectories_below(run)) == [run]
    with pytest.raises(UsageError, match="not a folder"):
        list(trajectories_below(runs / "missing"))
