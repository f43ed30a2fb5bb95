"""``--sandbox host``: agreed to, shown while it lasts, and ended by the person's stop key."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from Xlib import XK, X, display

from deskhand.cli.sandboxes import CONSENT
from deskhand.trajectories.reader import Trajectory
from deskhand.waiting import wait_until
from tests.agent.desk import records
from tests.child import Child, told
from tests.cli.terminal import on_terminal, script
from tests.conftest import deskhand, few
from tests.display import Desk, desk, person
from tests.policies.server import is_silent, serving

__all__ = ["desk", "person"]

pytestmark = pytest.mark.screen

HOST = ("--sandbox", "host", CONSENT)
LONG = "Thought: wait\nAction: wait(time='200')"
PRESS = "Thought: press\nAction: hotkey(key='shift')"
DONE = "Thought: done\nAction: finished(content='yes')"
ASKED = "to let it:"


@pytest.fixture
def children() -> Iterator[list[Child]]:
    started: list[Child] = []
    yield started
    for child in started:
        child.close()


def test_a_run_acts_on_the_real_desktop_and_says_so_while_it_lasts(person: Desk, tmp_path: Path) -> None:
    replies = (
        "Thought: I type.\nAction: type(content='hello')",
        "Thought: I save.\nAction: hotkey(key='ctrl s')",
        "Thought: I name it.\nAction: type(content='note.txt\\n')",
        "Thought: I look.\nAction: wait(time='1')",
        DONE,
    )
    policy, out = script(tmp_path, *replies), tmp_path / "o"
    done = deskhand("run", "x", "--launch", "mousepad", "--policy", policy, "--out", str(out), *HOST)
    assert done.returncode == 0, done.stderr
    assert (person.home / "note.txt").read_text().strip() == "hello"
    assert "drives your real desktop" in done.stderr
    assert "Shift+Esc" in done.stderr
    assert records(out)[0]["sandbox"] == "host"
    assert not (out / "files").exists() or not list((out / "files").iterdir()), "a home is no run's"


@pytest.mark.parametrize("count", [0, 2], ids=["in the first action", "after two steps"])
def test_the_stop_key_ends_a_run_as_stopped(
    person: Desk, children: list[Child], tmp_path: Path, count: int
) -> None:
    child = Child(tmp_path, [PRESS] * count + [LONG, DONE], "--json", *HOST)
    children.append(child)
    child.until_acting(count + 1)
    person.key("Escape", hold="Shift_L")
    code, output, error = child.end()
    assert code == 130, error
    assert told(output)["status"] == "stopped"
    found = Trajectory.open(child.out)
    assert [step.outcomes[0].status for step in found.steps] == ["ok"] * count + ["unknown"]
    assert found.end is not None
    assert found.end.frame is not None, "how the desktop was left is on record"


def test_the_stop_key_cuts_a_long_decision_short(
    person: Desk, children: list[Child], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(is_silent) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", "none")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        child = Child(
            tmp_path, [], "--json", *HOST, "--policy", "openai", "--model", "m", "--dialect", "ui-tars-1.0"
        )
        children.append(child)
        wait_until(lambda: server.questions, timeout=40, what="the question to the model")
        person.key("Escape", hold="Shift_L")
        code, output, error = child.end()
    assert code == 130, error
    assert told(output)["status"] == "stopped"
    assert records(child.out)[-1]["type"] == "end"


def test_an_agent_that_presses_the_stop_key_is_refused_and_goes_on(person: Desk, tmp_path: Path) -> None:
    policy = script(tmp_path, "Thought: stop\nAction: hotkey(key='shift esc')", DONE)
    done = deskhand("run", "x", "--policy", policy, "--out", str(tmp_path / "o"), *HOST)
    assert done.returncode == 0, done.stderr
    assert [step.outcomes[0].status for step in Trajectory.open(tmp_path / "o").steps[:1]] == ["refused"]


def test_a_stop_key_that_is_taken_ends_the_command_with_3(person: Desk, tmp_path: Path) -> None:
    other = display.Display(person.display)
    code = other.keysym_to_keycode(XK.XK_Escape)
    other.screen().root.grab_key(code, X.ShiftMask, True, X.GrabModeAsync, X.GrabModeAsync)
    other.sync()
    done = deskhand("run", "x", "--policy", script(tmp_path, DONE), "--out", str(tmp_path / "o"), *HOST)
    other.close()
    assert done.returncode == 3
    assert "taken by another program" in done.stderr
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize(
    ("environment", "words"),
    [({"DISPLAY": None}, "DISPLAY is not set"), ({"WAYLAND_DISPLAY": "wayland-0"}, "Wayland")],
)
def test_without_a_desktop_to_drive_it_ends_with_3(
    environment: dict[str, str | None], words: str, tmp_path: Path
) -> None:
    done = deskhand("run", "x", "--policy", script(tmp_path, DONE), *HOST, env=environment)
    assert done.returncode == 3
    assert words in done.stderr


def test_it_is_asked_about_on_a_terminal_and_shown_there(person: Desk, tmp_path: Path) -> None:
    line = ("run", "x", "--sandbox", "host", "--policy", script(tmp_path, DONE), "--out", str(tmp_path / "o"))
    code, shown = on_terminal(*line, answer=(ASKED, "drive"))
    assert code == 0, shown
    asked, _, after = shown.partition(ASKED)
    for words in ("your real desktop", "cannot be undone", "Shift+Esc", person.display):
        assert words in asked
    assert "deskhand drives your real desktop" in after
    assert "finished" in after


@pytest.mark.parametrize("answer", few(["", "yes", "\x04", "y", "drive it"], 3))
def test_another_answer_is_no_agreement(person: Desk, tmp_path: Path, answer: str) -> None:
    line = ("run", "x", "--sandbox", "host", "--policy", script(tmp_path, DONE), "--out", str(tmp_path / "o"))
    code, shown = on_terminal(*line, answer=(ASKED, answer))
    assert code == 1, shown
    assert "you did not agree, so nothing was done" in shown
    assert not (tmp_path / "o").exists()


def test_without_a_terminal_nobody_can_agree(person: Desk, tmp_path: Path) -> None:
    done = deskhand("run", "x", "--sandbox", "host", "--policy", script(tmp_path, DONE))
    assert done.returncode == 2
    assert CONSENT in done.stderr


def test_with_json_the_result_is_the_only_line_and_the_banner_stands_beside_it(
    person: Desk, tmp_path: Path
) -> None:
    policy = script(tmp_path, DONE)
    done = deskhand("run", "x", "--json", "--policy", policy, "--out", str(tmp_path / "o"), *HOST)
    assert done.returncode == 0, done.stderr
    [line] = done.stdout.splitlines()
    assert json.loads(line)["status"] == "finished"
    assert "drives your real desktop" in done.stderr


def test_doctor_tells_which_desktop_could_be_driven(person: Desk) -> None:
    rows = {row["what"]: row for row in map(json.loads, deskhand("doctor", "--json").stdout.splitlines())}
    assert rows["real desktop"]["ok"] == "yes"
    assert person.display in rows["real desktop"]["found"]
