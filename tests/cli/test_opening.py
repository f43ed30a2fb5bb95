"""``--open`` of run, record, replay and workflow: what is said beforehand, and what is kept."""

from __future__ import annotations

import io
import json
import re
import signal
import subprocess
from pathlib import Path

import pytest
from rich.console import Console

from deskhand.agent.given import read_openable
from deskhand.cli.opening import say_what_is_open
from deskhand.trajectories.reader import Trajectory
from deskhand.trajectories.records import GIVEN_FOLDER
from deskhand.waiting import wait_until
from tests.conftest import COMMAND, deskhand

LINK = re.compile(r"http://127\.0\.0\.1:\d+/[\w-]+/")
SCRIPT = {
    "dialect": "ui-tars-1.5",
    "replies": [
        "Thought: a\nAction: hotkey(key='ctrl home')",
        "Thought: b\nAction: type(content='done ')",
        "Thought: c\nAction: hotkey(key='ctrl s')",
        "Thought: d\nAction: finished()",
    ],
}


def said(sandbox: str, policy: str | None, launch: str | None, *opened: str, quiet: bool = False) -> str:
    text = io.StringIO()
    say_what_is_open(
        sandbox, policy, launch, read_openable(opened), Console(file=text, width=400), quiet=quiet
    )
    return text.getvalue().strip()


def test_a_page_that_will_not_load_is_said_once_beforehand() -> None:
    page = "https://a.example/x"
    assert said("lightbox", "openai", None, page) == (
        f"{page} will not load: the desktop of --sandbox lightbox has no network."
    )
    assert "no network" in said("vm:desktop", "openai", "chromium", page)
    assert said("host", "openai", None, page) == ""
    assert said("http://127.0.0.1:5000", "openai", None, page) == ""
    assert said("lightbox", "openai", None, page, quiet=True) == ""


def test_a_policy_that_opens_nothing_on_an_empty_desktop_is_said_so() -> None:
    assert "opens no programs: name one with --launch" in said("lightbox", "embedded", None)
    assert said("lightbox", "embedded", "mousepad") == ""
    assert said("lightbox", "openai", None) == ""
    assert said("host", "embedded", None) == ""


@pytest.mark.parametrize("command", [("run", "x"), ("record", "x"), ("replay", "no-such-run")])
def test_what_cannot_be_opened_is_said_before_anything_starts(
    command: tuple[str, ...], tmp_path: Path
) -> None:
    done = deskhand(*command, "--open", str(tmp_path / "gone.txt"), "--out", str(tmp_path / "o"))
    assert done.returncode in (2, 3)
    assert "cannot be" in done.stderr
    assert not (tmp_path / "o").exists()


@pytest.mark.lightbox
def test_a_run_changes_the_copy_and_its_replay_is_given_the_same_or_another(tmp_path: Path) -> None:
    original, script, out = tmp_path / "list.txt", tmp_path / "s.json", tmp_path / "run"
    original.write_text("one\n")
    script.write_text(json.dumps(SCRIPT))
    opening = ("--launch", "mousepad", "--open", str(original))
    done = deskhand("run", "x", *opening, "--policy", f"scripted:{script}", "--out", str(out))
    assert done.returncode == 0, done.stdout + done.stderr
    assert GIVEN_FOLDER not in done.stdout, "only what the run made is named"
    assert (out / "files/list.txt").read_text() == "done one\n"
    original.write_text("one\ntwo\n")
    done = deskhand("replay", str(out), "--out", str(tmp_path / "same"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "same/files/list.txt").read_text() == "done one\n"
    deskhand("replay", str(out), "--open", str(original), "--out", str(tmp_path / "other"))
    assert (tmp_path / "other/files" / GIVEN_FOLDER / "list.txt").read_text() == "one\ntwo\n"
    done = deskhand("replay", str(out), "--no-launch", "--open", str(original))
    assert done.returncode == 2
    assert "--no-launch" in done.stderr


@pytest.mark.lightbox
def test_a_recording_keeps_what_it_was_given(tmp_path: Path) -> None:
    original, errors, out = tmp_path / "list.txt", tmp_path / "said", tmp_path / "o"
    original.write_text("one\n")
    line = ["record", "x", "--pixels-only", "--json", "--open", str(original), "--out", str(out)]
    with errors.open("wb") as stream:
        child = subprocess.Popen([*COMMAND, *line], stdout=subprocess.PIPE, stderr=stream)
        try:
            wait_until(lambda: LINK.search(errors.read_text()), timeout=60, what="the link")
            child.send_signal(signal.SIGTERM)
            child.communicate(timeout=60)
        finally:
            child.kill()
            child.wait()
    task = Trajectory.open(out).task
    assert (task.arguments, task.given) == (("list.txt",), ("list.txt",))
    assert task.launch is not None
    assert (out / "files" / GIVEN_FOLDER / "list.txt").read_text() == "one\n"
    assert (out / "files/list.txt").read_text() == "one\n"
