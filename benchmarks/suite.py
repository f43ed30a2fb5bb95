"""The seam of a benchmark suite: tasks with seeds, scored from outside by what they left behind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from deskhand.agent.result import RunResult
from deskhand.policies.protocol import Policy
from deskhand.sandbox.protocol import Sandbox
from deskhand.trajectories.records import Task


@dataclass(frozen=True, slots=True)
class Score:
    """What a check found. ``reward`` is 1.0 for done and 0.0 for not; ``reason`` says what was found."""

    reward: float
    reason: str = ""

    @property
    def success(self) -> bool:
        return self.reward >= 1.0


class Suite(Protocol):
    """A set of tasks that can be set up, done and checked again and again."""

    name: str

    def tasks(self) -> Sequence[str]:
        """The names of the tasks."""
        ...

    def version(self, task: str) -> str:
        """A hash that changes when the task does."""
        ...

    def prepare(self, task: str, sandbox: Sandbox, seed: int) -> Task:
        """Put the task's files into a fresh sandbox; returns the task, which names what is launched."""
        ...

    def score(self, task: str, sandbox: Sandbox, seed: int, result: RunResult) -> Score:
        """Look at what is there now. The policy's claim counts only where the task asks for an answer."""
        ...

    def oracle(self, task: str, seed: int) -> Policy:
        """A policy that does the task, acting exactly as an agent would."""
        ...

    def wrong(self, task: str, seed: int) -> tuple[Policy, Policy]:
        """Two policies that act, and must not be scored as a success."""
        ...
