"""The composed suite: pages by chance, scored by what became of every control of theirs."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from deskhand.agent.limits import Limits
from deskhand.agent.result import RunResult
from deskhand.benchmarks import composing
from deskhand.benchmarks.browsing import moves as browsing_moves
from deskhand.benchmarks.browsing.browser import Browser, PageLeft
from deskhand.benchmarks.browsing.moves import Moves, TaskPage, css
from deskhand.benchmarks.browsing.policy import PagePolicy
from deskhand.benchmarks.browsing.suite import PageSuite
from deskhand.benchmarks.composing.goals import scored, solve
from deskhand.benchmarks.suite import Score
from deskhand.benchmarks.suites.composed.doing import state_of
from deskhand.benchmarks.suites.composed.pages import TASKS, Composed, composed
from deskhand.errors import SandboxError, UsageError
from deskhand.policies.protocol import Policy
from deskhand.sandbox.protocol import Sandbox
from deskhand.screens import pages as looks
from deskhand.screens.pages.miniwob import EMPTY
from deskhand.text import did_you_mean
from deskhand.trajectories.records import Task

HERE = Path(__file__).parent


class ComposedSuite(PageSuite):
    """Pages put together from parts, in a sandboxed Chromium that serves all episodes there.

    A task is a kind of page; a seed draws its looks, its words and what is asked for. It is done when
    everything that was asked for is as it should be and nothing else on the page has changed.
    """

    name = "composed"
    limits = Limits(steps=25, seconds=240)

    def __init__(self) -> None:
        super().__init__()
        self._start: Mapping[str, Any] = {}

    def tasks(self) -> Sequence[str]:
        """Kinds of pages."""
        return tuple(TASKS)

    def subsets(self) -> Mapping[str, Sequence[str]]:
        """Training may see all of them, with seeds that no evaluation uses; all have a teacher."""
        return {"trained": self.tasks(), "taught": self.tasks()}

    def category(self, task: str) -> str:
        """How many things are asked for."""
        return "one" if TASKS[self._known(task)][1] == 1 else "several"

    def version(self, task: str) -> str:
        """A hash of the task's name and of the code that draws and checks pages."""
        h, folders = hashlib.sha256(self._known(task).encode()), [HERE]
        for module in (composing, looks, browsing_moves):
            folders.append(Path(str(module.__file__)).parent)
        for folder in folders:
            for path in sorted(folder.glob("*.*")):
                h.update(path.name.encode() + b"\0" + path.read_bytes())
        return h.hexdigest()[:12]

    def prepare(self, task: str, sandbox: Sandbox, seed: int) -> Task:
        """Open the page.

        Raises:
            SandboxError: Chromium does not start, or the page does not become ready.
            UsageError: there is no such task.
        """
        made = composed(self._known(task), seed)
        browser = self._browser
        if browser is not None and browser.sandbox is sandbox:
            with contextlib.suppress(SandboxError):
                return self._opened(browser, made, seed)
        browser = Browser(sandbox, _site())
        browser.stop()
        browser.start()
        self._browser = browser
        return self._opened(browser, made, seed)

    def _opened(self, browser: Browser, made: Composed, seed: int) -> Task:
        page, words = json.dumps(made.document), json.dumps(made.instruction)
        write = f"document.open(), document.write({page}), document.close()"
        said = browser.open("empty.html", f"{write}, composedBegin({words})")
        self._start = browser.js("composedState()")
        return Task(instruction=said, seed=seed)

    def score(self, task: str, sandbox: Sandbox, seed: int, result: RunResult) -> Score:
        """Whether all is as it was asked for and the rest as it was.

        Raises:
            SandboxError: Chromium crashed or was killed, so that nobody knows.
        """
        made = composed(self._known(task), seed)
        try:
            now = self._shown(task, sandbox).js("globalThis.composedState?.()")
        except PageLeft as error:
            return Score(0.0, str(error))
        if not isinstance(now, dict):
            return Score(0.0, "the page was left")
        return scored(made.goals, self._start, now, result)

    def oracle(self, task: str, seed: int) -> Policy:
        """Does what is asked for."""
        return PagePolicy("oracle", self._page, solve(composed(self._known(task), seed).goals, state_of))

    def teacher(self, task: str, seed: int) -> Policy:
        """The same from any state of the page."""
        goals = composed(self._known(task), seed).goals
        return PagePolicy("teacher", self._page, solve(goals, state_of), anew=True)

    def wrong(self, task: str, seed: int) -> tuple[Policy, Policy]:
        """One claims to be done at once; one clicks beside everything first."""
        return (
            PagePolicy("claims", self._page, lambda page, instruction: iter(())),
            PagePolicy("clicks-beside", self._page, _beside),
        )

    def _known(self, task: str) -> str:
        if task not in TASKS:
            meant = did_you_mean(task, tuple(TASKS), 3) or f"it has {', '.join(TASKS)}"
            raise UsageError(f"the composed suite has no task {task[:80]!r}: {meant}")
        return task


def _site() -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("empty.html", EMPTY)
    return data.getvalue()


def _beside(page: TaskPage, instruction: str) -> Moves:
    yield page.click(css("#said"), "the foot of the page")
