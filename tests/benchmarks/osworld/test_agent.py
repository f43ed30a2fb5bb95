"""deskhand as an agent of OSWorld's harness: driven as that drives its agents, on a real desktop."""

from __future__ import annotations

import json
import logging
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from deskhand.actions.reply import Reply
from deskhand.actions.vocabulary import (
    Action,
    CallUser,
    Click,
    Finished,
    Infeasible,
    Key,
    OpenApp,
    Type,
    Wait,
)
from deskhand.benchmarks.suites.osworld.action_spaces import harness_actions
from deskhand.benchmarks.suites.osworld.agent import OsworldAgent, OsworldMcpAgent
from deskhand.errors import BackendError, LogError, SandboxError, UsageError
from deskhand.perception.watch.observe import Observation
from deskhand.sandbox.lightbox import Lightbox
from deskhand.trajectories.export.exchange import png
from deskhand.trajectories.reader import Trajectory
from deskhand.trajectories.records import Decision, Step, Task
from deskhand.waiting import wait_until
from tests.benchmarks.osworld.test_action_spaces import HOSTILE
from tests.trajectories.export.stories import screen

PREFIX = "import pyautogui; import time; pyautogui.FAILSAFE = False; "
"""What OSWorld's client puts before every code."""
INSTRUCTION = "Write a < b (really) into out.txt"
LINE = "printf %s 'a < b (really)' > out.txt"


class Planned:
    """A policy that decides on what it was made with, in turn, and remembers what it was shown."""

    name = "planned"

    def __init__(self, *plan: Sequence[Action] | str | Exception) -> None:
        self.plan, self.tasks = plan, list[str]()
        self.seen: list[tuple[Observation, tuple[Step, ...]]] = []
        self.closed = False

    def begin(self, task: Task) -> None:
        self.tasks.append(task.instruction)

    def decide(self, observation: Observation, history: Sequence[Step]) -> Decision:
        self.seen.append((observation, tuple(history)))
        now = self.plan[len(history)]
        if isinstance(now, Exception):
            raise now
        if isinstance(now, str):
            return Decision(reply=None, raw=now, error="no action in it")
        return Decision(reply=Reply(thought=f"step {len(history)}", actions=tuple(now)))

    def close(self) -> None:
        self.closed = True


def shown(picture: bytes = png(screen(0)), tree: str | None = None) -> dict[str, Any]:
    """An observation as the harness makes it."""
    return {"screenshot": picture, "accessibility_tree": tree, "terminal": None, "instruction": INSTRUCTION}


@pytest.fixture
def agent_of(tmp_path: Path) -> Iterator[Callable[..., OsworldAgent]]:
    made: list[OsworldAgent] = []

    def make(*plan: Any, **options: Any) -> OsworldAgent:
        policy = plan[0] if len(plan) == 1 and isinstance(plan[0], str | Planned) else Planned(*plan)
        made.append(OsworldAgent(policy, runs=tmp_path / "runs", **options))
        return made[-1]

    yield make
    for agent in made:
        agent.close()
    assert not [one for one in threading.enumerate() if one.name == "osworld-agent"]


def trajectories(tmp_path: Path) -> list[Trajectory]:
    return [Trajectory.open(folder) for folder in sorted((tmp_path / "runs").iterdir())]


@pytest.mark.lightbox
def test_a_task_is_done_on_a_desktop_that_the_harness_operates(
    lightbox: Lightbox,
    agent_of: Callable[..., OsworldAgent],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    script = tmp_path / "script.json"
    replies = [f"type(content='{LINE.replace(chr(39), chr(92) + chr(39))}\\n')", "hm", "finished(content='')"]
    script.write_text(
        json.dumps(
            {"dialect": "ui-tars-1.0", "replies": [f"Thought: I write.\nAction: {one}" for one in replies]}
        )
    )
    lightbox.launch("xterm")
    agent = agent_of(f"scripted:{script}")
    with caplog.at_level(logging.INFO):
        agent.reset(logging.getLogger("desktopenv.example.1"), vm_ip="127.0.0.1")
        said: list[tuple[str, list[Any]]] = []
        while not said or said[-1][1] != ["DONE"]:
            response, actions = agent.predict(INSTRUCTION, shown(lightbox.ask_osworld("/screenshot")))
            said.append((response, actions))
            for code in actions:
                if code not in ("WAIT", "DONE"):
                    run = {"command": ["python", "-c", PREFIX + code], "shell": False}
                    assert json.loads(lightbox.ask_osworld("/execute", run))["returncode"] == 0
    assert [response.partition("\n")[0] for response, _ in said] == ["Thought: I write."] * 3
    assert said[1][1] == ["WAIT"], "a reply without an action leaves the harness to look again"
    assert "I write." in caplog.text and "desktopenv.example.1" in caplog.text
    written = wait_until(lambda: lightbox.read_file("out.txt"), timeout=10, what="the file")
    assert written == b"a < b (really)"
    (kept,) = trajectories(tmp_path)
    assert kept.end is not None and (kept.end.status, len(kept.steps)) == ("finished", 3)
    assert kept.steps[0].outcomes[0].ok and kept.steps[0].frame != kept.steps[1].frame


@pytest.mark.lightbox
def test_hostile_texts_are_typed_and_nothing_else(lightbox: Lightbox) -> None:
    lightbox.launch("xterm", ["-e", "sh", "-c", "stty -icanon; cat > out.txt"])
    texts = [text for text in HOSTILE if text.isascii() and text.isprintable()]
    for text in texts:
        for code in harness_actions(Type(text=text, submit=True), "pyautogui", lightbox.viewport):
            lightbox.ask_osworld(
                "/execute", {"command": ["python", "-c", PREFIX + str(code)], "shell": False}
            )
    whole = "".join(f"{text}\n" for text in texts).encode()
    wait_until(lambda: lightbox.read_file("out.txt") == whole, timeout=10, what="what was typed")


def test_a_decision_has_the_history_of_its_episode_and_reset_forgets_it(
    agent_of: Callable[..., OsworldAgent], tmp_path: Path
) -> None:
    policy = Planned(
        [Key(keys=("a",)), Click(at=None)], [Wait(seconds=2)], [OpenApp(name="vlc")], [Finished()]
    )
    agent = agent_of(policy)
    agent.reset(vm_ip="1.2.3.4")
    assert agent.predict("one", shown()) == ("step 0", ["pyautogui.press('a')", "pyautogui.click()"])
    assert agent.predict("one", shown()) == ("step 1", ["time.sleep(2.0)"])
    assert agent.predict("one", shown()) == ("step 2", ["WAIT"])
    assert [step.step for step in policy.seen[-1][1]] == [1, 2]
    agent.reset()
    assert agent.predict("one", shown())[0] == "step 0"
    assert agent.predict("two", shown())[0] == "step 0", "another instruction is another episode"
    assert policy.tasks == ["one", "one", "two"]
    first, *_ = trajectories(tmp_path)
    assert first.end is not None and first.end.status == "stopped"
    assert "no open_app" in first.steps[2].outcomes[0].reason


def test_the_policy_is_told_of_what_could_not_be_done(agent_of: Callable[..., OsworldAgent]) -> None:
    policy = Planned([Type(text="é")], [Wait()], [Finished()])
    agent = agent_of(policy, action_space="computer_13")
    assert agent.predict("one", shown())[1] == [{"action_type": "WAIT"}]
    assert agent.predict("one", shown())[1] == [{"action_type": "WAIT", "parameters": {}}]
    assert "computer_13 cannot type 'é'" in policy.seen[1][1][0].notes[0]
    assert agent.predict("one", shown())[1] == [{"action_type": "DONE"}]


@pytest.mark.parametrize(
    ("plan", "word", "said"),
    [
        ([[Finished(answer="42")]], "DONE", "step 0"),
        ([[Infeasible(reason="no VLC")]], "FAIL", "step 0"),
        ([[CallUser(question="which?")]], "DONE", "step 0\n[needs_user: which?]"),
        ([[Key(keys=("a",))]] * 4, "DONE", "step 3\n[stuck: the same action on the same screen 4 times]"),
        (["hm"] * 3, "DONE", "hm\n[format_error: 3 replies in a row were no action: no action in it]"),
    ],
)
def test_only_the_claim_that_it_cannot_be_done_is_a_fail(
    plan: list[Any], word: str, said: str, agent_of: Callable[..., OsworldAgent]
) -> None:
    agent = agent_of(Planned(*plan))
    for _ in plan:
        response, actions = agent.predict("one", shown())
    assert (response, actions) == (said, [word])
    with pytest.raises(UsageError, match="call reset"):
        agent.predict("one", shown())
    agent.reset()
    assert agent.predict("one", shown())[0] in ("step 0", "hm", said)


def test_what_is_no_fault_of_the_agents_is_an_exception(
    agent_of: Callable[..., OsworldAgent], tmp_path: Path
) -> None:
    agent = agent_of(Planned(BackendError("the server is gone")))
    with pytest.raises(BackendError, match="the server is gone"):
        agent.predict("one", shown())
    with pytest.raises(ZeroDivisionError):
        agent_of(Planned(ZeroDivisionError())).predict("one", shown())
    for nothing in (shown(b""), {"screenshot": None}, {}):
        with pytest.raises(SandboxError, match="no screenshot"):
            agent_of([Finished()]).predict("one", nothing)
    with pytest.raises(UsageError, match="not a picture"):
        agent_of([Finished()]).predict("one", shown(b"GIF or so"))
    (tmp_path / "file").write_text("")
    agent = OsworldAgent(Planned([Finished()]), runs=tmp_path / "file")
    with pytest.raises(LogError, match="file"):
        agent.predict("one", shown())


TREE = """<desktop-frame xmlns:st="https://accessibility.ubuntu.example.org/ns/state"
 xmlns:cp="https://accessibility.ubuntu.example.org/ns/component">
 <application name="app"><frame name="w" cp:screencoord="(0, 0)" cp:size="(173, 97)" st:showing="true"
 st:visible="true">
 <push-button name="Launch" cp:screencoord="(10, 10)" cp:size="(80, 20)" st:showing="true" st:visible="true"
 st:enabled="true"/></frame></application></desktop-frame>"""


@pytest.mark.parametrize("kind", ["screenshot", "screenshot_a11y_tree"])
def test_what_programs_report_is_read_only_where_that_is_the_observation(
    kind: Any, agent_of: Callable[..., OsworldAgent]
) -> None:
    policy = Planned([Wait()], [Wait()], [Finished()])
    agent = agent_of(policy, observation_type=kind)
    for number, tree in enumerate((TREE, "<no XML", None)):
        agent.predict("one", shown(png(screen(number)), tree))
        names = [one.name for one in policy.seen[-1][0].elements if "tree" in one.sources]
        assert ("Launch" in names) == (tree == TREE and kind != "screenshot"), names


@pytest.mark.parametrize(
    ("policy", "options", "said"),
    [
        ("nobody", {}, "nobody"),
        ("scripted", {}, "needs a file"),
        ("embedded", {"action_space": "mcp"}, "no action space 'mcp'"),
        ("embedded", {"observation_type": "som"}, "no observation type 'som'"),
        (Planned(), {"model": "m"}, "takes no model"),
    ],
)
def test_what_cannot_be_had_is_said_at_once(policy: Any, options: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=re.escape(said)):
        OsworldAgent(policy, **options)


def test_for_osworld_mcp_there_is_a_third_value_that_its_runner_can_log(tmp_path: Path) -> None:
    policy = Planned([Key(keys=("ctrl", "s"))], [Finished(answer="yes")])
    agent = OsworldMcpAgent(policy, runs=tmp_path)
    agent.reset(logging.getLogger("a runner"))
    response, actions, messages = agent.predict(INSTRUCTION, shown())
    assert "hotkey" in str(actions[0]) and len(actions) == 1
    assert json.loads(json.dumps(messages)) == [{"role": "assistant", "content": response}]
    assert agent.predict(INSTRUCTION, shown(png(screen(1))))[1] == ["DONE"]
    agent.close()
    assert policy.closed
