"""Real faults: a sandbox that dies, a disk that is full. Nothing is done without a record."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from deskhand.actions.geometry import ScreenPoint
from deskhand.actions.vocabulary import Finished, Move, Wait
from deskhand.agent.control import Control
from deskhand.agent.limits import Limits
from deskhand.agent.loop import run
from deskhand.perception.text.lines import TextReader
from deskhand.perception.watch.observe import Observer
from deskhand.sandbox.lightbox import Lightbox
from deskhand.sandbox.remote import RemoteSandbox
from deskhand.trajectories.reader import Trajectory
from tests.agent.desk import IDLE, TASK, Deciding, Reacting, acting, go, records
from tests.sandbox.strange import Asked, machine

pytestmark = pytest.mark.lightbox


def kill(desktop: Lightbox) -> None:
    assert desktop.pid is not None
    os.kill(desktop.pid, signal.SIGKILL)


def test_a_sandbox_that_dies_in_the_middle_of_an_action(lightbox: Lightbox, tmp_path: Path) -> None:
    def later(step: int) -> None:
        if step == 2:
            threading.Timer(0.2, kill, [lightbox]).start()

    policy = Deciding(IDLE, acting(Wait(seconds=30), Move(at=ScreenPoint(9, 9))), IDLE)
    result, trajectory = go(lightbox, policy, tmp_path, listener=Reacting(decided=later))
    assert result.status == "sandbox_lost"
    assert result.exit_code == 3
    assert trajectory.repairs == ()
    assert [step.outcomes[-1].status for step in trajectory.steps] == ["ok", "unknown"]
    assert len(trajectory.steps[1].outcomes) == 1, "nothing was tried after it"
    assert trajectory.end is not None
    assert trajectory.end.status == "sandbox_lost"


def test_a_sandbox_that_dies_between_steps(lightbox: Lightbox, tmp_path: Path) -> None:
    result, trajectory = go(
        lightbox, Deciding(IDLE, IDLE), tmp_path, listener=Reacting(acted=lambda step: kill(lightbox))
    )
    assert result.status == "sandbox_lost"
    assert [step.outcomes[0].status for step in trajectory.steps] == ["ok"]


def test_a_fault_of_the_policy_is_raised_after_the_log_said_how_it_ended(
    lightbox: Lightbox, tmp_path: Path
) -> None:
    with pytest.raises(ZeroDivisionError):
        go(lightbox, Deciding(IDLE, ZeroDivisionError("of somebody's")), tmp_path)
    trajectory = Trajectory.open(tmp_path)
    assert len(trajectory.steps) == 1
    assert trajectory.end is not None
    assert (trajectory.end.status, trajectory.end.reason) == (
        "backend_error",
        "a fault in the program: ZeroDivisionError",
    )


def test_a_display_that_dies_is_a_lost_sandbox_not_a_crash(lightbox: Lightbox, tmp_path: Path) -> None:
    def pull(step: int) -> None:
        lightbox.run(["pkill", "-KILL", "Xvfb"])

    result, trajectory = go(lightbox, Deciding(IDLE, IDLE), tmp_path, listener=Reacting(acted=pull))
    assert result.status == "sandbox_lost"
    assert trajectory.end is not None


@pytest.mark.parametrize("what", ["time", "stop"])
def test_a_machine_that_keeps_the_line_open_holds_up_neither_limit_nor_stop(
    box: Lightbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """From one moment on every answer of a served machine begins and never ends; its patience is an hour."""
    monkeypatch.setattr("deskhand.agent.loop.LAST_LOOK_SECONDS", 0.2)
    dripping, control = threading.Event(), Control()

    def passed_on(asked: Asked) -> None:
        if dripping.is_set():
            if what == "stop":
                control.stop()
            asked.send_response(200)
            asked.end_headers()
            while True:
                asked.wfile.write(b" ")
                threading.Event().wait(0.02)
        kind = asked.headers["Content-Type"] or ""
        status, body, _ = box.forward(asked.command, asked.path, asked.body, kind, 60.0)
        asked.reply(body, status)

    with machine(passed_on) as url, RemoteSandbox(url, patience=3600.0) as desk:
        limits = Limits(seconds=8.0 if what == "time" else 3600.0)
        result = run(
            TASK, desk, Deciding(IDLE, IDLE, IDLE), out=tmp_path / "t", limits=limits, control=control,
            observer=Observer(desk.screenshot, TextReader(), quiet=0.05, answer=0.0),
            listener=Reacting(decided=lambda step: dripping.set()),
        )  # fmt: skip
    assert result.status == ("limit" if what == "time" else "stopped")
    trajectory = Trajectory.open(tmp_path / "t")
    assert trajectory.end is not None
    assert trajectory.steps[-1].outcomes[-1].status == "unknown", "what became of the action nobody knows"
    assert "the run is over" in trajectory.steps[-1].outcomes[-1].reason


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 1 MiB."""
    place = tmp_path / "disk"
    place.mkdir()
    line = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(line, capture_output=True, check=False).returncode:
        pytest.skip("a small file system can only be mounted as root")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def fill(disk: Path) -> None:
    with (disk / "filler").open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass


def test_a_full_disk_ends_the_run_before_the_next_action(box: Lightbox, small_disk: Path) -> None:
    box.perform(Move(at=ScreenPoint(11, 11)))
    # Longer than what is left in the log's last page, so that it cannot slip in.
    decision = acting(Move(at=ScreenPoint(500, 500))).model_copy(update={"raw": "x" * 9000})
    out = small_disk / "run"
    result, trajectory = go(
        box, Deciding(IDLE, decision), out, listener=Reacting(acted=lambda step: fill(small_disk))
    )
    assert result.status == "log_error"
    assert result.exit_code == 3
    assert "disk is full" in result.reason
    assert box.screenshot().cursor == ScreenPoint(11, 11), "no action without a record"
    assert [step.step for step in trajectory.steps] == [1]
    assert trajectory.repairs == (), "no half record was left"


def test_a_disk_that_is_full_in_the_middle_of_a_step_stops_the_step(box: Lightbox, small_disk: Path) -> None:
    """The outcome of the first action cannot be written; the second is not begun."""
    out = small_disk / "run"
    moves = [Move(at=ScreenPoint(20 + n, 20)) for n in range(60)]
    policy = Deciding(acting(*moves))
    result, _ = go(box, policy, out, listener=Reacting(decided=lambda step: fill(small_disk)))
    assert result.status == "log_error"
    found = Trajectory.open(out)
    done = sum(record["type"] == "outcome" for record in records(out))
    assert done < len(moves)
    assert found.steps[0].outcomes[-1].status == "unknown", "the one that was done and not recorded"
    # It was done; none after it was.
    assert box.screenshot().cursor == ScreenPoint(20 + done, 20)


def test_a_folder_that_cannot_be_written_is_an_error_before_the_first_look(
    box: Lightbox, tmp_path: Path
) -> None:
    from deskhand.errors import LogError

    (tmp_path / "file").touch()
    with pytest.raises(LogError):
        go(box, Deciding(IDLE), tmp_path / "file" / "run")


def test_files_that_do_not_fit_are_told_of_and_none_is_half_there(
    lightbox: Lightbox, small_disk: Path
) -> None:
    lightbox.write_file("a-small.txt", b"here")
    lightbox.write_file("b-large.bin", os.urandom(1 << 20))
    result, trajectory = go(lightbox, Deciding(acting(Finished(answer="done"))), small_disk / "run")
    assert result.status == "finished"
    assert result.files == ("a-small.txt",)
    assert trajectory.end is not None
    [note] = trajectory.notes
    assert note.text.startswith("b-large.bin (1048576 bytes) was not kept: ")
    assert "the disk is full" in note.text
    assert sorted(path.name for path in (small_disk / "run" / "files").iterdir()) == list(result.files)
    assert trajectory.repairs == ()
