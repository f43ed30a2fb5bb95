"""A run that goes on in a thread, with its live page."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from deskhand.actions.geometry import ScreenPoint
from deskhand.actions.reply import Reply
from deskhand.actions.vocabulary import Action, Finished
from deskhand.agent.limits import Limits
from deskhand.agent.loop import run
from deskhand.agent.result import RunResult
from deskhand.agent.rules.guard import Guard
from deskhand.agent.rules.rulebook import Rulebook
from deskhand.human.live.live_run import LiveRun
from deskhand.human.live.server import LiveServer
from deskhand.human.recording.events import Event
from deskhand.perception.watch.observe import Observation
from deskhand.sandbox.lightbox import Lightbox
from deskhand.sandbox.protocol import Sandbox
from deskhand.trajectories.reader import Trajectory
from deskhand.trajectories.records import Decision, Step, Task
from deskhand.waiting import wait_until

PATIENCE = 60.0


class Recalled:
    """A policy of ready decisions that keeps what it was shown of the past."""

    name = "recalled"
    aloud = ""
    """What it writes before each decision, which then waits for ``goes_on``."""

    def __init__(self, *replies: Reply) -> None:
        self._left = list(replies)
        self.histories: list[tuple[Step, ...]] = []
        self.tell: Callable[[str], None] | None = None
        self.goes_on = threading.Event()

    def think_aloud(self, tell: Callable[[str], None]) -> None:
        self.tell = tell

    def begin(self, task: Task) -> None: ...

    def decide(self, observation: Observation, history: Sequence[Step]) -> Decision:
        self.histories.append(tuple(history))
        if self.aloud and self.tell is not None:
            self.tell(self.aloud)
            assert self.goes_on.wait(PATIENCE)
        return Decision(reply=self._left.pop(0))

    def close(self) -> None: ...


def reply(*actions: Action, thought: str = "") -> Reply:
    return Reply(thought=thought, actions=actions)


class Watched:
    """A run, its page's server, and what became of it."""

    def __init__(self, live: LiveRun, server: LiveServer, policy: Recalled, out: Path) -> None:
        self.live, self.server, self.policy, self.out = live, server, policy, out
        self.result: RunResult | None = None
        self._thread: threading.Thread | None = None
        self._options: dict[str, Any] = {}

    def start(self, sandbox: Lightbox, rules: Rulebook | None, limits: Limits) -> None:
        guard = Guard(rules, self.live.allows) if rules is not None else None
        task = Task(instruction="write <b>it</b>")

        def go() -> None:
            self.result = run(
                task,
                sandbox,
                self.policy,
                out=self.out,
                listener=self.live,
                control=self.live.control,
                guard=guard,
                limits=limits,
            )

        self._thread = threading.Thread(target=go)
        self._thread.start()

    def end(self) -> RunResult:
        if self._thread is not None:
            self._thread.join(PATIENCE)
        assert self.result is not None, "the run did not end"
        return self.result

    @property
    def trajectory(self) -> Trajectory:
        return Trajectory.open(self.out)


@contextlib.contextmanager
def watched(
    sandbox: Lightbox,
    out: Path,
    *replies: Reply,
    rules: Rulebook | None = None,
    paused: bool = False,
    limits: Limits = Limits(),
    aloud: str = "",
) -> Iterator[Watched]:
    """A run of these replies; it is stopped at the end if it still goes on."""
    policy = Recalled(*replies)
    policy.aloud = aloud
    with LiveRun(sandbox, task="write <b>it</b>", policy=policy.name) as live, LiveServer(live) as server:
        made = Watched(live, server, policy, out)
        if paused:
            live.control.pause()
        made.start(sandbox, rules, limits)
        try:
            yield made
        finally:
            live.control.stop()
            made.end()


def taken_over(sandbox: Sandbox, out: Path) -> tuple[Step, ...]:
    """The steps of a run that a person took over at its start, to click once and type, without a page."""
    policy = Recalled(reply(Finished(answer="yes")))
    with LiveRun(sandbox, task="a task", policy=policy.name) as live:
        live.control.pause()
        arguments: dict[str, Any] = {"out": out, "listener": live, "control": live.control}
        running = threading.Thread(
            target=run, args=(Task(instruction="a task"), sandbox, policy), kwargs=arguments
        )
        running.start()
        live.take_over()
        wait_until(lambda: live.changes(-1, 0)["phase"] == "driving", timeout=PATIENCE, what="the desktop")
        at, now = ScreenPoint(200, 150), time.monotonic()
        live.submit([Event(kind, now, at=at) for kind in ("move", "press", "release")])  # type: ignore[arg-type]
        live.submit([Event("key_down", now + 0.01, key="x", text="x")])
        live.give_back()
        running.join(PATIENCE)
        assert not running.is_alive(), "the run did not end"
    return Trajectory.open(out).steps
