"""Runs of scripted replies on a real desktop, and their records."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from deskhand.actions.outcome import Outcome
from deskhand.actions.reply import Reply
from deskhand.actions.vocabulary import Action, Wait
from deskhand.agent.listener import Silent
from deskhand.agent.loop import run
from deskhand.agent.result import RunResult
from deskhand.perception.text.lines import TextReader
from deskhand.perception.watch.observe import Observation, Observer
from deskhand.policies.scripted import ReplyScript, ScriptedPolicy
from deskhand.sandbox.desktop import ServedDesktop
from deskhand.trajectories.reader import Trajectory
from deskhand.trajectories.records import Decision, Step, Task

NOTHING = "Thought: look\nAction: hotkey(key='shift')"
DONE = "Thought: done\nAction: finished(content='yes')"
TASK = Task(instruction="a task")


def press(key: str) -> str:
    return f"Thought: press {key}\nAction: hotkey(key='{key}')"


class Recalling(ScriptedPolicy):
    """The scripted policy, keeping what it was shown of the past."""

    def __init__(self, replies: Sequence[str], dialect: str = "ui-tars-1.0") -> None:
        super().__init__(ReplyScript(dialect=dialect, replies=tuple(replies)))
        self.histories: list[tuple[Step, ...]] = []

    def decide(self, observation: Observation, history: Sequence[Step]) -> Decision:
        self.histories.append(tuple(history))
        return super().decide(observation, history)


class Deciding:
    """A policy of ready decisions."""

    name = "deciding"

    def __init__(self, *decisions: Decision | Exception) -> None:
        self._left = list(decisions)

    def begin(self, task: Task) -> None: ...

    def decide(self, observation: Observation, history: Sequence[Step]) -> Decision:
        decision = self._left.pop(0)
        if isinstance(decision, Exception):
            raise decision
        return decision

    def close(self) -> None: ...


def acting(*actions: Action) -> Decision:
    return Decision(reply=Reply(actions=actions))


class Reacting(Silent):
    """Calls back when a step was decided or an action done, as a person might reach in."""

    def __init__(
        self,
        decided: Callable[[int], None] = lambda step: None,
        acted: Callable[[int], None] = lambda step: None,
    ) -> None:
        self._decided, self._acted = decided, acted

    def decided(self, step: int, decision: Decision) -> None:
        self._decided(step)

    def acted(self, step: int, action: Action, outcome: Outcome) -> None:
        self._acted(step)


def go(
    box: ServedDesktop, policy: Any, out: Path, *, patient: bool = False, **options: Any
) -> tuple[RunResult, Trajectory]:
    """One run, by default with little patience for the screen, and its trajectory read back."""
    observer = None if patient else Observer(box.screenshot, TextReader(), quiet=0.05, answer=0.0)
    result = run(options.pop("task", TASK), box, policy, out=out, observer=observer, **options)
    return result, Trajectory.open(out)


def records(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "trajectory.jsonl").read_text().splitlines()]


IDLE = acting(Wait(seconds=0))
