"""The reader: what it gives back, what it mends, and what it refuses by line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from deskhand.errors import TrajectoryError
from deskhand.trajectories.reader import LONGEST_LINE, Trajectory
from deskhand.trajectories.writer import TrajectoryWriter
from tests.trajectories.samples import CLICK, decide, header, look, write_sample


@pytest.fixture
def run(tmp_path: Path) -> Path:
    write_sample(tmp_path / "run")
    return tmp_path / "run"


def rewrite(run: Path, line: int, **changes: Any) -> None:
    """Change fields of one line (from 1) of the log."""
    path = run / "trajectory.jsonl"
    lines = path.read_text().splitlines()
    lines[line - 1] = json.dumps({**json.loads(lines[line - 1]), **changes})
    path.write_text("\n".join(lines) + "\n")


def test_what_was_written_is_read_back(run: Path) -> None:
    trajectory = Trajectory.open(run)
    assert trajectory.repairs == ()
    assert trajectory.task.instruction == "Type 'héllo' and save"
    assert [step.step for step in trajectory.steps] == [1, 2, 3, 4]
    assert [[outcome.status for outcome in step.outcomes] for step in trajectory.steps] == [
        ["ok", "ok"],
        [],
        ["refused"],
        [],
    ]
    assert [step.changed for step in trajectory.steps] == [True, False, False, False]
    assert trajectory.steps[1].notes == ("the last reply could not be read",)
    assert trajectory.notes[0].data == {"count": 1}
    assert trajectory.end is not None
    assert (trajectory.end.status, trajectory.end.answer) == ("finished", "42")
    assert trajectory.files == ("notes/note.txt",)
    assert trajectory.frame(trajectory.steps[1].frame).digest() == look(90).digest()


def test_a_log_cut_at_every_byte_is_mended_and_said_so_or_refused_by_line(run: Path) -> None:
    path = run / "trajectory.jsonl"
    data = path.read_bytes()
    whole = Trajectory.open(run)
    ends = {at + 1 for at, byte in enumerate(data) if byte == ord("\n")}
    header_end = min(ends) - 1
    for cut in range(len(data)):
        path.write_bytes(data[:cut])
        if cut < header_end:
            with pytest.raises(TrajectoryError, match="line 1"):
                Trajectory.open(run)
            continue
        read = Trajectory.open(run)
        assert cut in ends or read.repairs
        for mine, theirs in zip(read.steps, whole.steps, strict=False):
            assert mine.decision == theirs.decision
            agreed = [outcome for outcome in mine.outcomes if outcome.status != "unknown"]
            assert agreed == list(theirs.outcomes[: len(agreed)])


def test_a_truncated_last_line_is_dropped_and_reported(run: Path) -> None:
    path = run / "trajectory.jsonl"
    path.write_bytes(path.read_bytes()[:-20])
    trajectory = Trajectory.open(run)
    assert trajectory.end is None
    assert len(trajectory.repairs) == 1
    assert "line 10 was cut off" in trajectory.repairs[0]


def test_zeros_that_a_power_cut_leaves_are_dropped_and_reported(run: Path) -> None:
    with (run / "trajectory.jsonl").open("ab") as file:
        file.write(b"\0" * 4096)
    assert "line 11 was cut off" in Trajectory.open(run).repairs[0]


def test_a_decision_without_an_outcome_is_read_as_unknown(tmp_path: Path) -> None:
    with TrajectoryWriter(tmp_path, header()) as writer:
        writer.decision(1, writer.frame(look()), decide(CLICK, CLICK))
    trajectory = Trajectory.open(tmp_path)
    assert [outcome.status for outcome in trajectory.steps[0].outcomes] == ["unknown"]
    assert "whether it was done is unknown" in trajectory.repairs[0]
    assert trajectory.steps[0].changed is None


def test_a_newer_format_is_refused_by_name(run: Path) -> None:
    rewrite(run, 1, format=2, task="something new")
    with pytest.raises(TrajectoryError, match=r"format 2.*newer deskhand.*up to 1"):
        Trajectory.open(run)


@pytest.mark.parametrize(
    ("line", "changes", "reason"),
    [
        (2, {"type": "header"}, "line 2"),
        (2, {"type": "dream"}, "line 2"),
        (2, {"step": "one"}, "line 2: decision.step"),
        (2, {"frame": "../../../etc/passwd"}, "line 2: the decision's frame"),
        (3, {"index": 1}, "line 3: an outcome for action 1"),
        (3, {"step": 7}, "line 3: an outcome for step 7"),
        (6, {"step": 1}, "line 6: step 1 after step 1"),
        (1, {"type": "note", "text": "x"}, "line 1: a trajectory has one header"),
        (1, {"format": 0}, "line 1: there is no format 0"),
        (5, {"type": "end", "status": "finished"}, "line 6: a decision after the end"),
        (10, {"frame": "x"}, "line 10: the end's frame"),
    ],
)
def test_a_line_that_cannot_stand_where_it_stands_is_refused(
    run: Path, line: int, changes: dict[str, Any], reason: str
) -> None:
    rewrite(run, line, **changes)
    with pytest.raises(TrajectoryError) as caught:
        Trajectory.open(run)
    assert reason in str(caught.value)


@pytest.mark.parametrize(
    "junk", [b"", b"{}", b"[" * 100_000, b"\xff\xfe", b'{"type":"note","step":1e999}', b"null"]
)
def test_junk_in_the_middle_is_refused_with_its_line(run: Path, junk: bytes) -> None:
    path = run / "trajectory.jsonl"
    lines = path.read_bytes().splitlines()
    path.write_bytes(b"\n".join([*lines[:4], junk, *lines[4:]]) + b"\n")
    with pytest.raises(TrajectoryError, match="line 5") as caught:
        Trajectory.open(run)
    assert len(str(caught.value)) < 1000


def test_fields_that_this_version_does_not_know_are_ignored(run: Path) -> None:
    rewrite(run, 2, mood="hopeful")
    assert len(Trajectory.open(run).steps) == 4


def test_a_huge_line_is_refused_without_being_read_whole(run: Path) -> None:
    path = run / "trajectory.jsonl"
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size + 50 * LONGEST_LINE)
    with pytest.raises(TrajectoryError, match="line 11: longer than"):
        Trajectory.open(run)


def test_a_folder_without_a_trajectory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TrajectoryError, match=r"trajectory\.jsonl cannot be read"):
        Trajectory.open(tmp_path)
    (tmp_path / "trajectory.jsonl").write_bytes(b"")
    with pytest.raises(TrajectoryError, match="no whole header"):
        Trajectory.open(tmp_path)


def test_links_among_the_files_are_neither_named_nor_followed(run: Path) -> None:
    (run / "files" / "out").symlink_to("/etc")
    (run / "files" / "passwd").symlink_to("/etc/passwd")
    assert Trajectory.open(run).files == ("notes/note.txt",)
