"""A suite whose tasks need no program: the answer is what a seed says. Workers import it by name."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from deskhand.actions.reply import Reply
from deskhand.actions.vocabulary import Finished, Wait
from deskhand.agent.limits import Limits
from deskhand.agent.result import RunResult
from deskhand.benchmarks.runner.episodes import EpisodeKey
from deskhand.benchmarks.suite import BaseSuite, Score, Suite
from deskhand.perception.watch.observe import Observation
from deskhand.policies.protocol import Policy
from deskhand.sandbox.lightbox import Lightbox
from deskhand.sandbox.protocol import Sandbox
from deskhand.trajectories.records import Decision, Step, Task, Usage


class Answering:
    """Says one thing, and what it cost."""

    def __init__(self, answer: str | None, name: str = "answering") -> None:
        self.name, self._answer = name, answer

    def begin(self, task: Task) -> None: ...

    def decide(self, observation: Observation, history: Sequence[Step]) -> Decision:
        usage = Usage(prompt_tokens=10, completion_tokens=2, cost=0.25)
        if self._answer == "never":
            return Decision(reply=Reply(actions=(Wait(seconds=0.2),)), usage=usage)
        return Decision(reply=Reply(actions=(Finished(answer=self._answer),)), usage=usage)

    def leave_notes(self, folder: Path) -> None:
        (folder / "notes.txt").write_text(str(self._answer))

    def close(self) -> None: ...


class TinySuite(BaseSuite):
    name = "tiny"
    limits = Limits(steps=50, seconds=60, circles=False)

    def tasks(self) -> Sequence[str]:
        return ("ask-one", "ask-two", "ask-three")

    def subsets(self) -> Mapping[str, Sequence[str]]:
        return {"first-two": ("ask-one", "ask-two"), "trained": ("ask-two",)}

    def category(self, task: str) -> str:
        return "odd" if task == "ask-two" else "even"

    def version(self, task: str) -> str:
        return f"{task}-1"

    def prepare(self, task: str, sandbox: Sandbox, seed: int) -> Task:
        sandbox.write_file("number.txt", str(seed).encode())
        return Task(instruction=f"{task}: which number is {seed}?", seed=seed)

    def score(self, task: str, sandbox: Sandbox, seed: int, result: RunResult) -> Score:
        right = result.answer is not None and result.answer.encode() == sandbox.read_file("number.txt")
        return Score(float(right), f"the answer was {result.answer!r}")

    def oracle(self, task: str, seed: int) -> Policy:
        return Answering(str(seed), "oracle")

    def wrong(self, task: str, seed: int) -> tuple[Policy, Policy]:
        return Answering(str(seed + 1)), Answering("")


class OneStepSuite(TinySuite):
    """One decision an episode: what ends it is right, whatever it says."""

    name = "onestep"
    limits = Limits(steps=1, seconds=60, circles=False)

    def score(self, task: str, sandbox: Sandbox, seed: int, result: RunResult) -> Score:
        return Score(float(result.status != "limit"), result.status)


def half_right(suite: Suite, key: EpisodeKey) -> Policy:
    """Right at first attempts of even seeds."""
    return Answering(str(key.seed) if key.seed % 2 == 0 and key.attempt == 1 else "x", "half")


def endless(suite: Suite, key: EpisodeKey) -> Policy:
    return Answering("never")


def broken(suite: Suite, key: EpisodeKey) -> Policy:
    if multiprocessing_child() or threading.current_thread() is not threading.main_thread():
        raise RuntimeError("a policy with a mistake")
    return Answering("x")


def deadly(marks: Path, suite: Suite, key: EpisodeKey) -> Policy:
    """Takes its worker's life once, at the second seed."""
    if multiprocessing_child() and key.seed == 1 and not (marks / "died").exists():
        (marks / "died").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return Answering(str(key.seed))


def deadly_anywhere(marks: Path, suite: Suite, key: EpisodeKey) -> Policy:
    """Takes the life of whatever process runs the second seed, in the middle of its episode, once."""
    return Deadly(marks, str(key.seed)) if key.seed == 1 else Answering(str(key.seed), "deadly")


class Deadly(Answering):
    """Kills its own process when it is first asked."""

    def __init__(self, marks: Path, answer: str) -> None:
        super().__init__(answer, "deadly")
        self._mark = marks / "died"

    def decide(self, observation: Observation, history: Sequence[Step]) -> Decision:
        if not self._mark.exists():
            self._mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return super().decide(observation, history)


def broken_anywhere(parent: int, suite: Suite, key: EpisodeKey) -> Policy:
    if os.getpid() != parent:
        raise RuntimeError("a policy with a mistake")
    return Answering("x")


class Hanging(Answering):
    """Never comes back from thinking, as a program that waits for what nobody sends."""

    def decide(self, observation: Observation, history: Sequence[Step]) -> Decision:
        threading.Event().wait()
        raise AssertionError


def hanging(suite: Suite, key: EpisodeKey) -> Policy:
    return Hanging("x") if key.seed == 0 else Answering(str(key.seed))


class Vanishing(Lightbox):
    """A lightbox that is gone when its first task is prepared, unless another has been before."""

    marks: Path

    def write_file(self, path: str, data: bytes) -> None:
        if not (self.marks / "gone").exists():
            (self.marks / "gone").touch()
            self.close()
        super().write_file(path, data)


def multiprocessing_child() -> bool:
    import multiprocessing

    return multiprocessing.parent_process() is not None
