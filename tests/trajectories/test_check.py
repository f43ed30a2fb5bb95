"""Checking: what is wrong with a trajectory is told with its line, and nothing else is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from deskhand.errors import TrajectoryError
from deskhand.trajectories.reader import Trajectory
from deskhand.trajectories.repair.check import MOST_FAULTS, check, read_all
from deskhand.trajectories.writer import TrajectoryWriter
from tests.trajectories.samples import CLICK, decide, header, look, write_sample


@pytest.fixture
def run(tmp_path: Path) -> Path:
    write_sample(tmp_path / "run")
    return tmp_path / "run"


def told(run: Path) -> list[str]:
    return [str(fault) for fault in check(run).faults]


def frame_file(run: Path, step: int) -> Path:
    digest = Trajectory.open(run).steps[step - 1].frame
    return next(path for path in (run / "frames").iterdir() if path.stem == digest)


def test_of_a_whole_trajectory_nothing_is_wrong(run: Path) -> None:
    report = check(run)
    assert report.whole
    assert (report.steps, report.frames, report.end) == (4, 2, "finished")
    assert report.bytes == sum(path.stat().st_size for path in run.rglob("*") if path.is_file())
    assert len(report.id) == 32
    assert report.derived_from == ""


def test_every_line_that_cannot_be_read_is_told_with_its_number(run: Path) -> None:
    path = run / "trajectory.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    lines[4] = b"junk\n"
    lines[6] = lines[6].replace(b'"step":3', b'"step":-3')
    path.write_bytes(b"".join(lines))
    faults = check(run).faults
    assert [fault.line for fault in faults] == [5, 7, 8]
    assert "an outcome for step 3" in faults[2].reason, "what cannot stand without a lost line is told too"
    assert [step.step for step in read_all(run).trajectory.steps] == [1, 2, 4]


def test_next_to_a_lost_step_it_is_not_known_whether_the_screen_changed(run: Path) -> None:
    path = run / "trajectory.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:5], b"{}\n", *lines[6:]]))
    trajectory = read_all(run).trajectory
    assert [(step.step, step.changed) for step in trajectory.steps] == [(1, None), (3, False), (4, False)]


def test_a_missing_frame_is_told_with_the_line_that_names_it(run: Path) -> None:
    frame_file(run, 2).unlink()
    (fault,) = told(run)
    assert fault.startswith("line 6: ")
    assert "cannot be read" in fault


def test_a_missing_base_is_told_for_every_frame_that_stands_on_it(run: Path) -> None:
    frame_file(run, 1).unlink()
    assert [fault.partition(":")[0] for fault in told(run)] == ["line 2", "line 6"]


def test_a_frame_with_other_pixels_is_told(run: Path) -> None:
    frame_file(run, 1).write_bytes(frame_file(run, 1).read_bytes()[:-3])
    assert all("damaged" in fault for fault in told(run))
    assert len(told(run)) == 2


def test_a_file_that_the_end_names_and_that_is_not_there_is_told(run: Path) -> None:
    (run / "files" / "notes" / "note.txt").unlink()
    (fault,) = told(run)
    assert fault.startswith("line 10: ")
    assert "note.txt" in fault


@pytest.mark.parametrize("name", ["../../outside", "/etc/passwd", "notes/../../x", "a//b", ""])
def test_a_file_that_the_end_names_outside_the_folder_is_told_and_not_read(run: Path, name: str) -> None:
    (run.parent / "outside").write_text("outside")
    path = run / "trajectory.jsonl"
    lines = path.read_text().splitlines()
    lines[-1] = json.dumps({**json.loads(lines[-1]), "files": [name]})
    path.write_text("\n".join(lines) + "\n")
    (fault,) = told(run)
    assert fault.startswith("line 10: ")
    assert "relative path" in fault


@pytest.mark.parametrize(
    "what", ["frames", "files", "files/notes", "files/notes/note.txt", "trajectory.jsonl"]
)
def test_links_inside_a_trajectory_are_not_followed(run: Path, what: str) -> None:
    """Each part is moved out, and a link is put where it was: followed, all would be there."""
    moved = run.parent / "moved"
    (run / what).rename(moved)
    (run / what).symlink_to(moved)
    report = check(run)
    assert not report.whole
    if what.startswith("files"):
        assert Trajectory.open(run).files == ()


def test_what_a_killed_run_left_is_mended_and_so_not_whole(run: Path) -> None:
    path = run / "trajectory.jsonl"
    path.write_bytes(path.read_bytes()[:-20])
    report = check(run)
    assert not report.whole
    assert not report.faults
    assert "line 10 was cut off" in report.repairs[0]


def test_a_run_that_goes_on_is_not_judged_by_its_last_step(tmp_path: Path) -> None:
    with TrajectoryWriter(tmp_path, header()) as writer:
        writer.decision(1, writer.frame(look()), decide(CLICK))
        report = check(tmp_path)
        assert report.written
        assert report.repairs
        assert report.whole
    assert not check(tmp_path).whole


def test_what_is_no_trajectory_is_a_fault_and_not_an_exception(tmp_path: Path, run: Path) -> None:
    assert "cannot be read" in told(tmp_path / "nothing")[0]
    (run / "trajectory.jsonl").write_bytes(b'{"type":"header","format":99}\n')
    assert "format 99" in told(run)[0]
    with pytest.raises(TrajectoryError, match="format 99"):
        read_all(run)


def test_many_faults_are_told_up_to_a_bound(run: Path) -> None:
    path = run / "trajectory.jsonl"
    path.write_bytes(path.read_bytes() + b"junk\n" * (3 * MOST_FAULTS))
    faults = check(run).faults
    assert len(faults) == MOST_FAULTS + 1
    assert faults[-1].reason == f"and {2 * MOST_FAULTS} more lines cannot be read"
    assert faults[0].line == 11


def test_the_id_of_a_trajectory_tells_nothing_of_its_content(tmp_path: Path) -> None:
    """Two that differ in a typed text, and in nothing else, and were made before there were ids."""
    ids = []
    for name, text in (("a", "secret"), ("b", "guess")):
        write_sample(tmp_path / name)
        path = tmp_path / name / "trajectory.jsonl"
        records = [json.loads(line) for line in path.read_text().splitlines()]
        records[0] |= {"id": "", "started": "2026-01-01"}
        records[1]["decision"]["raw"] = text
        path.write_text("\n".join(json.dumps({**r, "seconds": 1.0}) for r in records) + "\n")
        ids.append(check(tmp_path / name).id)
    assert ids[0] == ids[1]
