"""A desktop that OSWorld's harness operates, to our loop a sandbox like any other.

The harness asks for one decision at a time and does itself what was decided; the loop asks a sandbox. So the
loop runs in a thread of its own, which waits for the harness wherever it looks at the screen.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from deskhand.actions import gate
from deskhand.actions.outcome import Outcome
from deskhand.actions.vocabulary import DESKTOP_KINDS, Action
from deskhand.agent.control import Control
from deskhand.agent.limits import Limits
from deskhand.agent.listener import Silent
from deskhand.agent.loop import run
from deskhand.agent.result import RunResult
from deskhand.benchmarks.suites.osworld.action_spaces import ActionSpace, HarnessAction, harness_actions
from deskhand.errors import NotExpressible, SandboxError, SandboxLost
from deskhand.perception.elements.accessibility import elements_of
from deskhand.perception.reader import ScreenReader
from deskhand.perception.screen import Element, Screenshot
from deskhand.perception.watch.observe import Observer
from deskhand.policies.protocol import Policy
from deskhand.sandbox.protocol import ANSWER_SECONDS, Completed, GuestFile
from deskhand.trajectories.folders import new_run_folder
from deskhand.trajectories.records import Decision, Task

UNBOUNDED = Limits(steps=1_000_000, seconds=1e8)
"""The harness counts steps and time."""
HELD = "the harness operates this desktop; nothing but actions can be done there"


@dataclass(frozen=True, slots=True)
class HarnessTurn:
    """What one look led to.

    Attributes:
        decision: the policy's, as it may be shown; None where it took none.
        actions: what the harness is to do, in order.
        notes: what was noted of it: an action that cannot be done, a reply that is none.
        result: how the run ended, if it did.
    """

    decision: Decision | None
    actions: tuple[HarnessAction, ...]
    notes: tuple[str, ...]
    result: RunResult | None


class HarnessRun(Silent):
    """One run of the loop on the harness's desktop, a turn at a time.

    Args:
        task, policy: as for the loop.
        space: the form of the actions.
        runs: folder in which the run gets a folder.
    """

    def __init__(self, task: Task, policy: Policy, space: ActionSpace, runs: Path) -> None:
        self._task, self._policy, self._runs = task, policy, runs
        self._control = Control()
        self._desktop = _HarnessDesktop(space)
        self._decision: Decision | None = None
        self._notes: list[str] = []
        self._result: RunResult | None = None
        self._fault: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="osworld-agent", daemon=True)

    def turn(self, screenshot: Screenshot, tree: str | None) -> HarnessTurn:
        """Show a screen, and what the programs report of it in the form of OSWorld's guest; what comes of it.

        Raises:
            Exception: whatever the run raised.
        """
        self._decision, self._notes = None, []
        if self._thread.ident is None:
            self._thread.start()
        actions = self._desktop.turn(screenshot, tree)
        if self._fault is not None:
            raise self._fault
        return HarnessTurn(self._decision, actions, tuple(self._notes), self._result)

    def close(self) -> None:
        """End the run, if it has not ended; what was recorded stays. May be called twice."""
        self._control.stop()
        self._desktop.close()
        if self._thread.ident is not None:
            self._thread.join()

    def decided(self, step: int, decision: Decision) -> None:
        """Keep the decision for this turn."""
        self._decision = decision

    def noted(self, step: int, text: str) -> None:
        """Keep the note for this turn."""
        self._notes.append(text)

    def _run(self) -> None:
        try:
            reader = ScreenReader(tree=self._desktop.elements)
            self._result = run(
                self._task,
                self._desktop,
                self._policy,
                limits=UNBOUNDED,
                out=new_run_folder(self._runs, self._task.instruction),
                listener=self,
                control=self._control,
                observer=_HarnessObserver(self._desktop, reader),
            )
        except Exception as error:  # noqa: BLE001 (it is raised where the harness waits)
            self._fault = error
        finally:
            self._desktop.close()


class _HarnessDesktop:
    """Shows the loop what the harness brought, and collects what it is to do. A ``Sandbox``."""

    name = "osworld-harness"
    supported = DESKTOP_KINDS - {"open_app"}
    answer_seconds = ANSWER_SECONDS

    def __init__(self, space: ActionSpace) -> None:
        self._space = space
        self._changed = threading.Condition()
        self._shown: tuple[Screenshot, str | None] | None = None
        self._fresh = self._closed = self._asked = False
        self._actions: list[HarnessAction] = []

    def turn(self, screenshot: Screenshot, tree: str | None) -> tuple[HarnessAction, ...]:
        """Of the harness: show a screen, and wait until the loop wants another or has ended."""
        with self._changed:
            self._shown, self._fresh, self._asked = (screenshot, tree), True, False
            self._actions.clear()
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._asked or self._closed)
            return tuple(self._actions)

    def next_look(self) -> Screenshot:
        """Of the loop: wait for the next screen."""
        with self._changed:
            self._asked = not self._fresh
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._fresh or self._closed)
            if self._closed:
                raise SandboxLost("the harness went on to something else")
            self._fresh = False
        return self.screenshot()

    def elements(self) -> tuple[Element, ...]:
        """What the programs report of the screen that is shown."""
        tree = None if self._shown is None else self._shown[1]
        return () if tree is None else elements_of(tree, self.screenshot().viewport)

    def screenshot(self) -> Screenshot:
        """The screen that the harness showed last."""
        if self._shown is None:
            raise SandboxError("the harness has shown no screen yet")
        return self._shown[0]

    def perform(self, action: Action) -> Outcome:
        """Hand an action to the harness, which does not say what becomes of it."""
        viewport = self.screenshot().viewport
        settled = gate.check(action, viewport, self.supported)
        if settled is not None:
            return settled
        try:
            self._actions += harness_actions(action, self._space, viewport)
        except NotExpressible as error:
            return Outcome.refused(str(error))
        return Outcome.done()

    def close(self) -> None:
        """Let whoever waits go on."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def start(self) -> None:
        """It runs."""

    def reset(self) -> None:
        """The harness does that."""
        raise SandboxError(HELD)

    def launch(self, application: str, arguments: Sequence[str] = ()) -> None:
        """The harness does that."""
        raise SandboxError(HELD)

    def run(self, command: Sequence[str], *, timeout: float = 30.0, stdin: bytes = b"") -> Completed:
        """The harness does that."""
        raise SandboxError(HELD)

    def read_file(self, path: str) -> bytes:
        """The harness does that."""
        raise SandboxError(HELD)

    def write_file(self, path: str, data: bytes) -> None:
        """The harness does that."""
        raise SandboxError(HELD)

    def files(self) -> tuple[GuestFile, ...]:
        """None that could be read."""
        return ()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class _HarnessObserver(Observer):
    """Takes each screen as the harness shows it: the harness has waited."""

    def __init__(self, desktop: _HarnessDesktop, reader: ScreenReader) -> None:
        super().__init__(desktop.next_look, reader, arrived=lambda screenshot: True)
        self._desktop = desktop

    def last_look(self) -> Screenshot:
        """The harness shows none after the last decision."""
        return self._desktop.screenshot()
