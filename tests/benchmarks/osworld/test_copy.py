"""OSWorld's own code, where a folder with a copy of it is named: its runner and its client with our agent.

DESKHAND_OSWORLD_COPY names the folder. Nothing of it is part of deskhand.
"""

from __future__ import annotations

import ast
import importlib
import json
import os
import re
import subprocess
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from deskhand.actions.geometry import ScreenPoint
from deskhand.actions.vocabulary import Finished, Move, Type, Wait
from deskhand.benchmarks.suites.osworld.action_spaces import ActionSpace, harness_actions
from deskhand.benchmarks.suites.osworld.agent import OsworldAgent
from deskhand.benchmarks.suites.osworld.results import write_result_tree
from deskhand.sandbox.lightbox import Lightbox
from deskhand.sandbox.serve import Served
from deskhand.waiting import wait_until
from tests.benchmarks.osworld.test_action_spaces import HOSTILE, SCREEN, typed
from tests.benchmarks.osworld.test_agent import Planned
from tests.benchmarks.osworld.test_results import judged
from tests.benchmarks.test_report import run_of

COPY = Path(os.environ.get("DESKHAND_OSWORLD_COPY") or "/nonexistent")
pytestmark = pytest.mark.skipif(
    not (COPY / "lib_run_single.py").is_file(), reason="DESKHAND_OSWORLD_COPY names no copy of OSWorld"
)


@pytest.fixture
def theirs(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Imports a module of the copy."""
    monkeypatch.syspath_prepend(str(COPY))
    return importlib.import_module


def repaired_by_them(code: str) -> str:
    """What OSWorld's environment makes of a code before it runs it."""
    source = ast.parse((COPY / "desktop_env" / "desktop_env.py").read_text())
    name = "_fix_pyautogui_less_than_bug"
    body = [one for one in source.body if isinstance(one, ast.FunctionDef) and one.name == name]
    space: dict[str, Any] = {"re": re}
    exec(compile(ast.Module(body, []), "their repair", "exec"), space)
    return str(space[name](code))


class Env:
    """What OSWorld's runner asks of its environment, on a lightbox; acts through OSWorld's own client."""

    def __init__(self, box: Lightbox, address: str, space: ActionSpace, theirs: Any) -> None:
        parts = urlsplit(address)
        self.box, self.space = box, space
        self.vm_ip = f"{parts.username}:{parts.password}@{parts.hostname}"
        self.controller = theirs("desktop_env.controllers.python").PythonController(self.vm_ip, parts.port)
        self.controller.start_recording = lambda: None
        self.controller.end_recording = lambda path: None
        self.history: list[Any] = []

    def reset(self, task_config: dict[str, Any]) -> None:
        self.box.launch("xterm")

    def _get_obs(self) -> dict[str, Any]:
        return {"screenshot": self.controller.get_screenshot(), "accessibility_tree": None}

    def step(self, action: Any, pause: float) -> tuple[dict[str, Any], float, bool, dict[str, Any]]:
        self.history.append(action)
        word = action.get("action_type") if isinstance(action, dict) else action
        if self.space == "computer_13" or word in ("WAIT", "DONE", "FAIL"):
            self.controller.execute_action(action)
        else:
            self.controller.execute_python_command(repaired_by_them(action))
        return self._get_obs(), 0.0, word in ("DONE", "FAIL"), {}

    def evaluate(self) -> float:
        wait_until(
            lambda: any(one.path == "out.txt" for one in self.box.files()), timeout=10, what="the file"
        )
        return float(self.box.read_file("out.txt") == b"a < b (really)")


@pytest.fixture(params=["pyautogui", "computer_13"])
def env(request: pytest.FixtureRequest, lightbox: Lightbox, theirs: Any) -> Iterator[Env]:
    with Served(lightbox) as served:
        yield Env(lightbox, served.url, request.param, theirs)


@pytest.mark.lightbox
def test_their_runner_runs_our_agent(
    env: Env, theirs: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = theirs("lib_run_single")
    monkeypatch.setattr(runner, "time", types.SimpleNamespace(sleep=lambda seconds: None))  # it waits 80 s
    line = "printf %s 'a < b (really)' > out.txt"
    policy = Planned(
        [Move(at=ScreenPoint(40, 50)), Type(text=line, submit=True)], [Wait(seconds=0.5)], [Finished()]
    )
    agent = OsworldAgent(policy, action_space=env.space, runs=tmp_path / "runs")
    place = tmp_path / "pyautogui" / "screenshot" / "planned" / "os" / "1"
    place.mkdir(parents=True)
    args = types.SimpleNamespace(sleep_after_execution=0.0, result_dir=str(tmp_path))
    scores: list[float] = []
    runner.run_single_example(agent, env, {"id": "1"}, 15, "Write it", args, str(place), scores)
    agent.close()
    assert scores == [1.0] and (place / "result.txt").read_text() == "1.0\n"
    kept = [json.loads(row) for row in (place / "traj.jsonl").read_text().splitlines()]
    assert [row["action"] for row in kept] == env.history
    assert kept[-1]["done"] and {row["step_num"] for row in kept} == {1, 2, 3}
    assert "step 0 -> move" in (place / "runtime.log").read_text()


@pytest.mark.parametrize("text", HOSTILE)
def test_their_repair_of_a_code_changes_nothing_in_ours(text: str) -> None:
    for code in harness_actions(Type(text=text), "pyautogui", SCREEN):
        assert repaired_by_them(str(code)) == code and typed(str(code)) == text


def test_their_repair_makes_code_of_a_text_that_is_only_quoted() -> None:
    """Why our literals have no bracket: with this the text of a model would be run."""
    text = "pyautogui.typewrite(\"<' + evil + '\")"
    before, after = (ast.parse(code) for code in (repr(text), repaired_by_them(repr(text))))
    names = [{one.id for one in ast.walk(tree) if isinstance(one, ast.Name)} for tree in (before, after)]
    assert names == [set(), {"evil"}]


def test_their_script_shows_our_tree(tmp_path: Path) -> None:
    episodes = [
        judged("a", True, category="os"),
        judged("b", category="os"),
        judged("c", category="libreoffice_calc", reward=0.5),
        judged("d", category="vlc", error="lost"),
    ]
    tree = write_result_tree(run_of(tmp_path / "run", *episodes), tmp_path / "tree")
    chosen = ("--model", tree.models[0], "--result_dir", str(tmp_path / "tree"), "--detailed")
    line = [sys.executable, str(COPY / "show_result.py"), *chosen]
    said = subprocess.run(line, capture_output=True, text=True, check=True).stdout
    assert said.startswith("0.00/0 0.00/0 0.5/1 0.00/0 0.00/0 0.00/0 1.0/2 0.00/0 0.00/0 0.00/0\n")
    assert "Runned: 3 Current Success Rate: 50.0 %" in said
