"""Ctrl-C and SIGTERM on the real command: once pauses at an action boundary, twice stops."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from deskhand.actions.executor import STOPPED
from deskhand.actions.geometry import ScreenPoint
from deskhand.actions.vocabulary import Action, Drag, Key, LongPress, Type, Wait
from deskhand.agent.control import Control
from deskhand.sandbox.lightbox import Lightbox
from deskhand.trajectories.reader import Trajectory
from deskhand.waiting import WaitTimeout, pause, wait_until
from tests.agent.desk import Deciding, acting, go, records
from tests.child import Child, told
from tests.editor import saved

pytestmark = pytest.mark.lightbox

WAITS = [f"Thought: wait\nAction: wait(time='{n}')" for n in (1.0, 1.1, 1.2)]
DONE = "Thought: done\nAction: finished(content='yes')"


@pytest.fixture
def children() -> Iterator[list[Child]]:
    started: list[Child] = []
    yield started
    for child in started:
        child.close()


def test_ctrl_c_pauses_after_the_action_and_a_second_one_stops(children: list[Child], tmp_path: Path) -> None:
    child = Child(tmp_path, [*WAITS, DONE], "--json")
    children.append(child)
    child.until_acting(1)
    child.process.send_signal(signal.SIGINT)
    child.until("outcome", 1)
    with pytest.raises(WaitTimeout):
        wait_until(lambda: child.count("decision") > 1, timeout=2, what="a decision that must not come")
    assert child.process.poll() is None, "paused, not ended"
    child.process.send_signal(signal.SIGINT)
    code, output, error = child.end()
    assert code == 130, error
    assert told(output)["status"] == "stopped"
    found = Trajectory.open(child.out)
    assert found.repairs == ()
    assert found.end is not None
    assert [step.outcomes[0].status for step in found.steps] == ["ok"]


def test_two_ctrl_c_cut_a_long_action_short(children: list[Child], tmp_path: Path) -> None:
    child = Child(tmp_path, ["Thought: sleep\nAction: wait(time='200')", DONE], "--json")
    children.append(child)
    child.until_acting(1)
    began = time.monotonic()
    child.process.send_signal(signal.SIGINT)
    pause(0.3, why="two signals at once would be one")
    assert child.process.poll() is None, "the first waits for the action's end"
    child.process.send_signal(signal.SIGINT)
    code, output, error = child.end()
    assert code == 130, error
    assert time.monotonic() - began < 60
    assert told(output)["status"] == "stopped"
    assert Trajectory.open(child.out).steps[0].outcomes[0].status == "unknown"


def test_sigterm_stops_at_once_with_a_whole_log(children: list[Child], tmp_path: Path) -> None:
    child = Child(tmp_path, ["Thought: sleep\nAction: wait(time='200')", DONE], "--json")
    children.append(child)
    child.until_acting(1)
    child.process.send_signal(signal.SIGTERM)
    code, output, error = child.end()
    assert code == 130, error
    assert told(output)["status"] == "stopped"
    assert records(child.out)[-1]["type"] == "end"


def test_a_person_at_a_terminal_pauses_and_goes_on_with_enter(children: list[Child], tmp_path: Path) -> None:
    child = Child(tmp_path, [*WAITS[:2], DONE], terminal=True)
    children.append(child)
    child.until_acting(1)
    child.process.send_signal(signal.SIGINT)
    wait_until(lambda: "Paused" in child.shown(), timeout=20, what="the word Paused")
    assert child.count("decision") == 1
    os.write(child.terminal, b"\n")
    wait_until(lambda: "finished" in child.shown(), timeout=30, what="the end")
    assert child.process.wait(20) == 0
    assert [step.outcomes[0].status for step in Trajectory.open(child.out).steps[:2]] == ["ok", "ok"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_while_the_sandbox_starts_leaves_nothing(
    children: list[Child],
    tmp_path: Path,
    state: Path,
    monkeypatch: pytest.MonkeyPatch,
    number: signal.Signals,
) -> None:
    own = state / f"own-{number.name}"
    own.mkdir(mode=0o755)
    monkeypatch.setenv("DESKHAND_STATE", str(own))
    child = Child(tmp_path, [DONE], "--json")
    children.append(child)
    wait_until(lambda: list((own / "live").glob("*/process.json")), timeout=30, what="a sandbox", poll=0.001)
    child.process.send_signal(number)
    code, _, error = child.end()
    assert "Traceback" not in error
    assert code in (0, 130), "0 if it had been ready by then"
    assert list((own / "live").glob("*")) == []


@pytest.mark.parametrize(
    "action",
    [
        Type(text="no end\n" * 2800),
        Drag(path=tuple(ScreenPoint(350 + n % 500, 300) for n in range(1000))),
        Wait(seconds=300),
        Key(keys=("shift",), seconds=30, times=10),
        LongPress(at=ScreenPoint(600, 300), seconds=30),
    ],
    ids=lambda action: action.kind,
)
def test_a_stop_ends_what_is_being_done_and_lets_go_of_what_is_pressed(
    action: Action, box: Lightbox, tmp_path: Path
) -> None:
    box.reset()
    box.launch("mousepad")
    control = Control()
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(
            go, box, Deciding(*[acting(action)] * 3), tmp_path / "run", control=control, patient=True
        )
        log = tmp_path / "run" / "trajectory.jsonl"
        wait_until(lambda: log.exists() and b'"decision"' in log.read_bytes(), timeout=30, what="a decision")
        pause(0.4, why="the action has begun")
        control.stop()
        result, run = running.result()
    assert result.status == "stopped"
    ((outcome,),) = [step.outcomes for step in run.steps]
    assert outcome.status == "failed" and outcome.reason == STOPPED
    assert box.perform(Wait(seconds=0)).ok, "the next action is not stopped"
    box.perform(Key(keys=("ctrl", "a")))
    box.perform(Type(text="abc"))
    assert saved(box, "after.txt").strip() == "abc", "no key is still down, and nothing goes on typing"
