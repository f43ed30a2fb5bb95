"""``deskhand run --live`` and ``deskhand live``, as typed, with the page asked for over HTTP."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from deskhand.human.live.door import Door, door_of
from deskhand.trajectories.reader import Trajectory
from deskhand.waiting import wait_until
from tests.child import Child
from tests.conftest import COMMAND, environment

pytestmark = pytest.mark.lightbox

DONE = "Thought: done\nAction: finished(content='yes')"


@pytest.fixture
def child(tmp_path: Path) -> Iterator[Child]:
    started = Child(tmp_path, ["Thought: wait\nAction: wait(time='200')", DONE], "--live", terminal=True)
    yield started
    started.close()


class Browser:
    """What a browser would do with a link: follows it, keeps its cookie, names its page."""

    def __init__(self, link: str) -> None:
        parts = urlsplit(link)
        self.authority, self.base = parts.netloc, parts.path
        self.cookie = ""
        self.status, headers, body = self.ask("GET", f"?{parts.query}")
        self.cookie = headers.get("Set-Cookie", "").partition(";")[0]
        found = re.search(rb'data-page="([^"]+)"', body)
        self.page = found[1].decode() if found else ""

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, http.client.HTTPMessage, bytes]:
        headers = {
            "Cookie": self.cookie,
            "Content-Type": "application/json",
            "Origin": f"http://{self.authority}",
        }
        connection = http.client.HTTPConnection(self.authority, timeout=30)
        with contextlib.closing(connection):
            connection.request(method, self.base + path, json.dumps(body).encode() if body else None, headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()

    def wish(self, do: str) -> int:
        return self.ask("POST", "command", {"page": self.page, "command": {"do": do}})[0]


def printed_link(child: Child) -> str:
    """The link, once all of it is on the terminal."""
    link = re.compile(r"http://127\.0\.0\.1:\d+/[\w-]+/(?=\s)")
    return wait_until(lambda: link.findall(child.shown()), timeout=40, what="the link")[0]


def another(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, "live", str(folder)], capture_output=True, text=True, env=environment())


def test_the_printed_link_works_once_and_another_is_to_be_had(child: Child) -> None:
    child.until("decision", 1)
    link = printed_link(child)
    first = Browser(link)
    assert first.status == 200 and first.page
    assert Browser(link).status == 409
    printed = another(child.out)
    assert printed.returncode == 0, printed.stderr
    second = Browser(printed.stdout.strip())
    assert second.status == 200
    state = json.loads(second.ask("GET", f"state?page={second.page}&after=0")[2])
    assert state["phase"] == "running" and state["steps"][0]["actions"] == ["wait 200 s"]
    assert second.ask("GET", f"screen?page={second.page}&after=0")[2][:2] == b"\xff\xd8"
    assert second.wish("stop") == 200
    assert child.process.wait(30) == 130
    assert Trajectory.open(child.out).end is not None
    over = another(child.out)
    assert over.returncode == 2 and "deskhand show" in over.stderr


def test_the_door_of_a_run_that_was_killed_is_removed_by_the_next(state: Path) -> None:
    left = door_of("0" * 32)
    left.parent.mkdir(parents=True, exist_ok=True)
    with socket.socket(socket.AF_UNIX) as killed:
        killed.bind(str(left))
    with Door("1" * 32, lambda: "a link"):
        assert not left.exists() and door_of("1" * 32).stat().st_mode & 0o777 == 0o600
        with Door("2" * 32, lambda: "another"):
            assert door_of("1" * 32).exists(), "one that listens stays"
    assert not door_of("1" * 32).exists()


def test_a_run_without_a_page_says_so(tmp_path: Path) -> None:
    child = Child(tmp_path, ["Thought: wait\nAction: wait(time='200')", DONE])
    with contextlib.closing(child):
        child.until("decision", 1)
        refused = another(child.out)
        assert refused.returncode == 2 and "--live" in refused.stderr
        child.process.terminate()
        assert child.process.wait(30) == 130


def test_pausing_in_the_page_holds_the_run_and_its_end_reaches_the_page(tmp_path: Path) -> None:
    waits = ["Thought: wait\nAction: wait(time='1')"] * 2
    child = Child(tmp_path, [*waits, DONE], "--live", terminal=True)
    with contextlib.closing(child):
        page = Browser(printed_link(child))
        assert page.wish("pause") == 200

        def phase() -> str:
            return str(json.loads(page.ask("GET", f"state?page={page.page}&after=0")[2])["phase"])

        wait_until(lambda: phase() == "paused", timeout=20, what="the pause")
        assert page.wish("resume") == 200
        wait_until(lambda: phase() == "ended", timeout=30, what="the end, told to a page that is open")
        assert child.process.wait(30) == 0


def test_a_wall_shows_the_episodes_that_go_on(tmp_path: Path) -> None:
    tasks = ["--tasks", "editor-append,files-folder", "--seeds", "0", "--workers", "2"]
    command = [
        *COMMAND,
        "eval",
        "desk",
        "--policy",
        "oracle",
        *tasks,
        "--live",
        "--out",
        str(tmp_path / "out"),
    ]
    with (tmp_path / "said").open("wb") as said:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=said, env=environment())
    link = re.compile(r"http://127\.0\.0\.1:\d+/[\w-]+/(?=\s)")
    read = (tmp_path / "said").read_text
    wall = Browser(wait_until(lambda: link.findall(read()), timeout=40, what="the link")[0])

    def state() -> dict[str, Any]:
        return dict(json.loads(wall.ask("GET", f"state?page={wall.page}&after=0")[2]))

    shown = wait_until(lambda: state()["screens"], timeout=60, what="an episode")
    assert shown[0]["name"] in ("editor-append-0", "files-folder-0") and shown[0]["words"]
    assert wall.ask("GET", "state?page=x&after=0")[0] == 403
    assert wall.ask("GET", f"picture?page={wall.page}&name=../../x")[0] == 404
    path = f"picture?page={wall.page}&name={shown[0]['name']}"
    wait_until(
        lambda: wall.ask("GET", path)[2][:2] == b"\xff\xd8" or state()["ended"],
        timeout=20,
        what="its picture",
    )
    ended = wait_until(lambda: (found := state())["ended"] and found, timeout=90, what="the end")
    assert ended["counts"]["done"] == 2 and {one["mark"] for one in ended["over"]} == {"done"}
    assert process.wait(30) == 0
