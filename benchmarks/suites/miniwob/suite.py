"""The miniwob suite: a task is a page that says what to do and gives the reward."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from deskhand.actions.geometry import Viewport
from deskhand.agent.limits import Limits
from deskhand.agent.result import RunResult
from deskhand.benchmarks.browsing.browser import Browser, PageLeft
from deskhand.benchmarks.browsing.moves import Moves, NotThere, TaskPage
from deskhand.benchmarks.browsing.policy import PagePolicy
from deskhand.benchmarks.browsing.suite import PageSuite
from deskhand.benchmarks.runner.statistics import CONVENTIONS
from deskhand.benchmarks.suite import Score
from deskhand.benchmarks.suites.miniwob import pages
from deskhand.benchmarks.suites.miniwob.oracles import ANYWHERE, ORACLES
from deskhand.benchmarks.suites.miniwob.policies import (
    GuessingPolicy,
    all_but_the_last,
    only_beside,
    submit_at_once,
)
from deskhand.errors import SandboxError, UsageError
from deskhand.policies.protocol import Policy
from deskhand.sandbox.protocol import Sandbox
from deskhand.screens.pages import split
from deskhand.screens.pages.miniwob import installed, packed
from deskhand.text import did_you_mean
from deskhand.trajectories.records import Task

SCREEN = Viewport(500, 660)
"""The screen on which the results of this suite are reported: a page three times its size."""


PAGE = Viewport(160, 210)
"""What the tasks are drawn on, in CSS pixels."""
MOST_SCALE = 3

GENEROUS = ("click-checkboxes-soft", "generate-number", "use-colorwheel", "use-colorwheel-2")
"""Tasks that give a part of the reward to whoever hands in anything."""


class MiniwobSuite(PageSuite):
    """The tasks of MiniWoB++ in a sandboxed Chromium.

    One Chromium is started in a sandbox, and serves all episodes there. An agent sees the screen and acts
    on it; DevTools are the harness's: they open a page with a seed, read its instruction and its reward,
    and give an oracle the positions of things.

    Args:
        convention: what counts as success, by its name in ``statistics.CONVENTIONS``; the raw reward is kept.
        html: the folder of the pages; that of the installed package if not given.

    Raises:
        EnvironmentProblem: the package with the pages is not installed.
        UsageError: there is no such convention.
    """

    name = "miniwob"
    limits = Limits(steps=20, seconds=180)
    screen: Viewport | None = SCREEN

    def __init__(self, convention: str = "raw > 0", html: Path | None = None) -> None:
        super().__init__()
        if convention not in CONVENTIONS:
            known = ", ".join(map(repr, CONVENTIONS))
            raise UsageError(f"there is no convention {convention[:80]!r}. Known: {known}")
        self._success = CONVENTIONS[convention]
        self._html = html if html is not None else installed()

    def tasks(self) -> Sequence[str]:
        """All that are in any of the subsets, sorted."""
        return tuple(sorted({task for tasks in pages.subsets().values() for task in tasks}))

    def subsets(self) -> Mapping[str, Sequence[str]]:
        """The sets on which others report; the tasks that an oracle of ours does; those that it goes on with
        from any state; and our own split."""
        return {
            **pages.subsets(),
            "oracle": tuple(task for task in self.tasks() if task in ORACLES),
            "taught": tuple(task for task in self.tasks() if task in ANYWHERE),
            **split.parts(self.tasks()),
        }

    def subset(self, name: str) -> Sequence[str]:
        """The tasks of a subset.

        Raises:
            UsageError: there is no such subset; the nearest names are offered.
        """
        known = self.subsets()
        if name not in known:
            raise _unknown("subset", name, tuple(known))
        return known[name]

    def category(self, task: str) -> str:
        """What kind of task it is, by what its oracle does: clicking, entering, dragging and so on."""
        solve = ORACLES.get(self._known(task))
        return solve.__module__.rpartition(".")[2] if solve is not None else "other"

    def version(self, task: str) -> str:
        """A hash of the task's page and of what all pages share."""
        return pages.version(self._html, self._known(task))

    def prepare(self, task: str, sandbox: Sandbox, seed: int) -> Task:
        """Open the task's page with a seed.

        Raises:
            SandboxError: Chromium does not start, or the page does not become ready.
            UsageError: there is no such task.
        """
        self._known(task)
        browser = self._browser
        if browser is not None and browser.sandbox is sandbox:
            with contextlib.suppress(SandboxError):
                # ``open`` finds what the last agent did to the browser, and then a new one is started.
                return Task(instruction=_open(browser, task, seed), seed=seed)
        return Task(instruction=_open(self._new(sandbox), task, seed), seed=seed)

    def _new(self, sandbox: Sandbox) -> Browser:
        """A new Chromium in this sandbox, in place of the one that it has."""
        if self._browser is None or self._browser.sandbox is not sandbox:
            self._browser = Browser(sandbox, packed(self._html), _scale)
        self._browser.stop()
        self._browser.start()
        return self._browser

    def over(self, task: str, sandbox: Sandbox) -> bool:
        """Whether the page has given its reward, or was left; nothing changes it any more.

        Raises:
            SandboxError: as ``score``.
        """
        try:
            return self._shown(task, sandbox).state().done
        except PageLeft:
            return True

    def score(self, task: str, sandbox: Sandbox, seed: int, result: RunResult) -> Score:
        """The raw reward that the page gave, without a discount for time; none if the agent left it.

        Raises:
            SandboxError: Chromium crashed or was killed, so that nobody knows.
        """
        try:
            state = self._shown(task, sandbox).state()
        except PageLeft as error:
            return Score(0.0, str(error), done=False)
        if not state.done:
            return Score(0.0, "the page waits for more", done=False)
        reason = f"the page gave {state.raw:g}" + (f": {state.reason}" if state.reason else "")
        return Score(state.raw, reason, done=self._success(state.raw))

    def oracle(self, task: str, seed: int) -> Policy:
        """Where there is no oracle for the task, a policy that says so."""
        return PagePolicy("oracle", self._page, ORACLES.get(self._known(task), _no_oracle))

    def teacher(self, task: str, seed: int) -> Policy | None:
        """An oracle that says what is right from any state of the page; None where the task has none."""
        if self._known(task) not in ANYWHERE:
            return None
        return PagePolicy("teacher", self._page, ORACLES[task], anew=True)

    def wrong(self, task: str, seed: int) -> tuple[Policy, Policy]:
        """One stops just before the move that would do it; one hands in at once.

        Where handing in is rewarded whatever was done, the second does nothing of use instead.
        """
        solve = ORACLES.get(self._known(task), _no_oracle)
        return (
            PagePolicy("gives-up", self._page, all_but_the_last(solve)),
            PagePolicy("hasty", self._page, only_beside if task in GENEROUS else submit_at_once(solve)),
        )

    def random(self, seed: int) -> Policy:
        """A policy that clicks and types without looking."""
        return GuessingPolicy(seed, PAGE.width * MOST_SCALE, PAGE.height * MOST_SCALE)

    def _known(self, task: str) -> str:
        names = self.tasks()
        if task not in names:
            raise _unknown("task", task, names)
        return task


def _open(browser: Browser, task: str, seed: int) -> str:
    script = Path(__file__).with_name("page.js").read_text(encoding="utf-8")
    return browser.open(f"miniwob/{task}.html", f"{script}\ndeskhandOpen({seed})")


def _scale(size: Viewport) -> int:
    return max(1, min(MOST_SCALE, size.width // PAGE.width, size.height // PAGE.height))


def _no_oracle(page: TaskPage, instruction: str) -> Moves:
    raise NotThere("there is no oracle for this task")
    yield


def _unknown(what: str, name: str, known: Sequence[str]) -> UsageError:
    meant = did_you_mean(name, known, 3) or f"it has {len(known)} others"
    return UsageError(f"the miniwob suite has no {what} {name[:80]!r}: {meant}")
