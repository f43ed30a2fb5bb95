"""``deskhand record``: the link is printed, the page operates the desktop, and every end is written."""

from __future__ import annotations

import http.client
import json
import re
import signal
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from deskhand.trajectories.reader import Trajectory
from deskhand.waiting import wait_until
from tests.conftest import COMMAND, deskhand

LINK = re.compile(r"http://127\.0\.0\.1:\d+/[\w-]+/")


@pytest.mark.lightbox
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_recording_that_is_interrupted_is_stopped_and_leaves_a_whole_trajectory(
    tmp_path: Path, number: signal.Signals
) -> None:
    said, out = tmp_path / "said", tmp_path / "o"
    with said.open("wb") as errors:
        child = subprocess.Popen(
            [*COMMAND, "record", "A task", "--json", "--pixels-only", "--out", str(out)],
            stdout=subprocess.PIPE,
            stderr=errors,
        )
        try:
            wait_until(lambda: LINK.search(said.read_text()), timeout=60, what="the link")
            found = LINK.search(said.read_text())
            assert found is not None
            link = urlsplit(found[0])
            connection = http.client.HTTPConnection(link.netloc, timeout=20)
            connection.request("GET", link.path)
            assert connection.getresponse().status == 200
            connection.close()
            child.send_signal(number)
            output, _ = child.communicate(timeout=60)
        finally:
            child.kill()
            child.wait()
    assert child.returncode == 130, said.read_text()
    [line] = output.decode().splitlines()
    assert json.loads(line)["status"] == "stopped"
    trajectory = Trajectory.open(out)
    assert trajectory.task.instruction == "A task"
    assert trajectory.end is not None
    assert trajectory.end.status == "stopped"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((" ",), "task is empty"),
        (("--mask", "1,2,3"), "LEFT,TOP,RIGHT,BOTTOM"),
        (("--mask", "9,9,3,3"), "LEFT,TOP,RIGHT,BOTTOM"),
        (("--yes-record-my-desktop",), "--sandbox host"),
        (("--sandbox", "nowhere"), "nowhere"),
    ],
)
def test_what_makes_no_sense_is_said_before_anything_starts(
    arguments: tuple[str, ...], words: str, tmp_path: Path
) -> None:
    done = deskhand("record", *arguments, "--out", str(tmp_path / "o"))
    assert done.returncode == 2
    assert words in done.stderr
    assert not (tmp_path / "o").exists()


def test_the_help_reads_like_a_manual_page() -> None:
    done = deskhand("record", "--help")
    assert done.returncode == 0
    for word in ("Example: deskhand record", "--launch", "--hide-text", "--mask", "Exit codes"):
        assert word in done.stdout


def test_what_could_not_be_replayed_is_not_begun() -> None:
    done = deskhand("record", "--launch", "bash")
    assert done.returncode == 2
    assert "not an application of the menu" in " ".join(done.stderr.split())
