"""The writer: everything is on the disk before it is done, and faults are said, not swallowed."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import pytest

from deskhand.actions.outcome import Outcome
from deskhand.actions.vocabulary import Type
from deskhand.errors import LogError, UsageError
from deskhand.trajectories.folders import new_run_folder
from deskhand.trajectories.reader import Trajectory
from deskhand.trajectories.writer import TrajectoryWriter
from tests.trajectories.samples import CLICK, decide, header, look, write_sample


def test_every_record_is_one_line_and_the_header_is_the_first(tmp_path: Path) -> None:
    write_sample(tmp_path / "run")
    lines = (tmp_path / "run" / "trajectory.jsonl").read_text().splitlines()
    records = [json.loads(line) for line in lines]
    kinds = " ".join(record["type"] for record in records)
    assert kinds == "header decision outcome outcome note decision decision outcome decision end"
    assert records[0]["format"] == 1
    assert records[0]["started"]
    assert all("step" in record for record in records)
    assert records[-1]["files"] == ["notes/note.txt"]


def test_a_decision_is_on_the_disk_when_the_call_returns(tmp_path: Path) -> None:
    """The process dies by SIGKILL right after the call, with nothing flushed by an orderly end."""
    code = (
        "import os, signal, sys; from pathlib import Path\n"
        "from tests.trajectories.samples import *\n"
        "writer = TrajectoryWriter(Path(sys.argv[1]), header())\n"
        "writer.decision(1, writer.frame(look()), decide(CLICK))\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    folder = tmp_path / "run"
    ended = subprocess.run(
        [sys.executable, "-c", code, str(folder)], cwd=Path(__file__).parents[2], check=False
    )
    assert ended.returncode == -signal.SIGKILL
    trajectory = Trajectory.open(folder)
    assert trajectory.steps[0].decision == decide(CLICK)
    assert trajectory.steps[0].outcomes[0].status == "unknown"
    assert trajectory.frame(trajectory.steps[0].frame).digest() == look().digest()


def test_a_second_writer_is_refused_while_the_first_writes_and_after(tmp_path: Path) -> None:
    with TrajectoryWriter(tmp_path, header()), pytest.raises(LogError, match="another run"):
        TrajectoryWriter(tmp_path, header())
    with pytest.raises(LogError, match="already contains a trajectory"):
        TrajectoryWriter(tmp_path, header())


def test_a_closed_writer_says_so_and_closes_twice(tmp_path: Path) -> None:
    writer = TrajectoryWriter(tmp_path, header())
    writer.close()
    writer.close()
    with pytest.raises(LogError, match="closed"):
        writer.note(1, "late")


def test_no_descriptor_is_left_open(tmp_path: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))
    write_sample(tmp_path / "run")
    with pytest.raises(LogError):
        TrajectoryWriter(tmp_path / "run", header())
    Trajectory.open(tmp_path / "run")
    assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.parametrize(
    "name",
    [
        "",
        "/etc/passwd",
        "../x",
        "a/../../x",
        "a//b",
        "./a",
        "a/",
        "a\0b",
        "a\nb",
        "a\\b",
        "\udcff",
        "x" * 300,
    ],
)
def test_a_file_cannot_be_added_under_an_unsafe_name(tmp_path: Path, name: str) -> None:
    with TrajectoryWriter(tmp_path / "run", header()) as writer:
        with pytest.raises(UsageError):
            writer.add_file(name, b"x")
        assert writer.files == ()
    assert not (tmp_path / "run" / "files").exists()


def test_a_kept_file_is_not_replaced_nor_built_upon(tmp_path: Path) -> None:
    with TrajectoryWriter(tmp_path, header()) as writer:
        assert writer.add_file("a", b"first") == "a"
        for name in ("a", "a/b"):
            with pytest.raises(UsageError, match="in the way"):
                writer.add_file(name, b"second")
        writer.add_file("a.part", b"other")
    assert (tmp_path / "files" / "a").read_bytes() == b"first"
    assert sorted(path.name for path in (tmp_path / "files").iterdir()) == ["a", "a.part"]


def test_a_record_beyond_the_readers_bound_is_refused_when_written(tmp_path: Path) -> None:
    with TrajectoryWriter(tmp_path, header()) as writer:
        frame = writer.frame(look())
        with pytest.raises(LogError, match="too long"):
            writer.decision(1, frame, decide(CLICK, raw="x" * 9_000_000))
        writer.decision(1, frame, decide(CLICK))
    assert len(Trajectory.open(tmp_path).steps) == 1


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 64 KiB; the fault is the kernel's own."""
    mount = shutil.which("mount")
    place = tmp_path / "tiny"
    place.mkdir()
    command = [mount or "mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(place)]
    if mount is None or os.geteuid() or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a small file system here")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def fill(path: Path) -> None:
    """Write until the disk is full."""
    with suppress(OSError), path.open("wb", buffering=0) as file:
        while file.write(b"x" * 4096):
            pass


def test_a_full_disk_is_a_log_error_and_earlier_records_stay_whole(tiny_disk: Path) -> None:
    with TrajectoryWriter(tiny_disk / "run", header()) as writer:
        frame = writer.frame(look())
        writer.decision(1, frame, decide(CLICK))
        writer.outcome(1, 0, Outcome.done())
        with pytest.raises(LogError, match=r"run/trajectory\.jsonl: the disk is full: free some space"):
            writer.decision(2, frame, decide(Type(text="x" * 20_000), raw="y" * 200_000))
        # The half that did fit was taken back, so a short end still fits.
        writer.end(1, "log_error", reason="the disk is full")
    trajectory = Trajectory.open(tiny_disk / "run")
    assert trajectory.repairs == ()
    assert [step.step for step in trajectory.steps] == [1]
    assert trajectory.end is not None
    assert trajectory.end.status == "log_error"


def test_a_full_disk_leaves_no_half_frame_and_no_half_file(tiny_disk: Path) -> None:
    with TrajectoryWriter(tiny_disk / "run", header()) as writer:
        with pytest.raises(LogError, match="disk is full"):
            writer.add_file("big", os.urandom(100_000))
        assert list((tiny_disk / "run" / "files").iterdir()) == []
        fill(tiny_disk / "filler")
        with pytest.raises(LogError, match=r"frames.*disk is full"):
            writer.frame(look())
        assert list((tiny_disk / "run" / "frames").iterdir()) == []


def test_a_limit_on_the_files_size_is_met_as_a_plain_user_too(tmp_path: Path) -> None:
    """RLIMIT_FSIZE cuts a write in half like a full disk does; it needs no root."""
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    with TrajectoryWriter(tmp_path, header()) as writer:
        frame = writer.frame(look())
        writer.decision(1, frame, decide(CLICK))
        size = (tmp_path / "trajectory.jsonl").stat().st_size
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (size + 100, old[1]))
            with pytest.raises(LogError, match="larger than this process may write"):
                writer.outcome(1, 0, Outcome.failed("x" * 1000))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, old)
            signal.signal(signal.SIGXFSZ, handler)
        assert (tmp_path / "trajectory.jsonl").stat().st_size == size
        writer.outcome(1, 0, Outcome.done())
    assert Trajectory.open(tmp_path).repairs == ()


def test_a_folder_that_cannot_be_made_is_a_log_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(LogError, match="is a file: choose another folder"):
        TrajectoryWriter(tmp_path / "file" / "run", header())
    with pytest.raises(LogError, match="run's folder"):
        new_run_folder(tmp_path / "file" / "runs", "x")


def test_a_log_that_is_a_link_is_not_written_through(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("")
    run = tmp_path / "run"
    run.mkdir()
    (run / "trajectory.jsonl").symlink_to(target)
    with pytest.raises(LogError, match="link"):
        TrajectoryWriter(run, header())
    assert target.read_text() == ""


def test_new_run_folders_are_unique_and_hold_only_a_slug_of_the_instruction(tmp_path: Path) -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5).astimezone()
    text = "../../Öffne\n'note.txt'; rm -rf / " + "x" * 500
    first = new_run_folder(tmp_path / "runs", text, now=moment)
    second = new_run_folder(tmp_path / "runs", text, now=moment)
    assert first.parent == second.parent == tmp_path / "runs"
    assert first.name.startswith("20260102-030405-ffne-note-txt-rm-rf")
    assert second.name == first.name + "-2"
    assert set(first.name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert new_run_folder(tmp_path, "你好", now=moment).name == "20260102-030405"


def test_an_interrupt_in_the_middle_of_a_record_leaves_no_half_record(tmp_path: Path) -> None:
    """A signal's exception can come between two writes; the next record must not stand behind half a one."""
    with TrajectoryWriter(tmp_path, header()) as writer:
        path = tmp_path / "trajectory.jsonl"
        with path.open("ab") as half:
            half.write(b'{"type":"decision","step":1,')
        writer.end(0, "stopped")
    trajectory = Trajectory.open(tmp_path)
    assert trajectory.repairs == ()
    assert trajectory.end is not None


def test_a_disk_that_is_full_from_the_start_is_said_and_leaves_no_lock(tiny_disk: Path) -> None:
    (tiny_disk / "run" / "frames").mkdir(parents=True)
    (tiny_disk / "run" / "trajectory.jsonl").touch()
    fill(tiny_disk / "filler")
    with pytest.raises(LogError, match="disk is full"):
        TrajectoryWriter(tiny_disk / "run", header())
    (tiny_disk / "filler").unlink()
    with TrajectoryWriter(tiny_disk / "run", header()) as writer:
        writer.end(0, "stopped")


def test_what_names_no_frame_is_not_recorded_as_one(tmp_path: Path) -> None:
    with TrajectoryWriter(tmp_path, header()) as writer:
        with pytest.raises(ValueError, match="digest of its frame"):
            writer.decision(1, "frame.png", decide(CLICK))
        with pytest.raises(ValueError, match="digest of its frame"):
            writer.end(1, "finished", frame="../x")
    assert Trajectory.open(tmp_path).steps == ()
