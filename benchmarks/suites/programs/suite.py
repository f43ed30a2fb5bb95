"""The programs suite: GTK programs by chance, scored by what became of every control of theirs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from deskhand.actions.geometry import ScreenPoint, Viewport
from deskhand.actions.vocabulary import Click
from deskhand.agent.limits import Limits
from deskhand.agent.result import RunResult
from deskhand.benchmarks import composing
from deskhand.benchmarks.browsing.moves import Do, Moves
from deskhand.benchmarks.browsing.policy import PagePolicy
from deskhand.benchmarks.composing.goals import scored, solve
from deskhand.benchmarks.suite import BaseSuite, Score
from deskhand.benchmarks.suites.programs.program import TASKS, program
from deskhand.benchmarks.suites.programs.window import ProgramWindow, state_of
from deskhand.errors import SandboxError, UsageError
from deskhand.policies.protocol import Policy
from deskhand.sandbox.protocol import Sandbox
from deskhand.screens import forms, themes
from deskhand.screens.forms.asking import AskedProgram
from deskhand.text import did_you_mean
from deskhand.trajectories.records import Task

HERE = Path(__file__).parent
FILES = (
    "__init__.py", "answering.py", "gtk_program.py", "gtk_report.py", "gtk_parts.py", "gtk_lists.py",
    "gtk_dialogs.py", "gtk_drawn.py",
)  # fmt: skip
"""What goes into the sandbox, of the programs that are shown there."""
UNDER, DESCRIPTION = ".program", "program.json"
NEEDS_GTK = "import gi; gi.require_version('Gtk', '3.0'); from gi.repository import Gtk"


class ProgramsSuite(BaseSuite):
    """GTK programs put together from parts, in a sandbox.

    A task is a kind of program; a seed draws its parts, look, words and what is asked for. It is done when
    everything that was asked for is as it should be and nothing else in the program has changed.
    """

    name = "programs"
    limits = Limits(steps=40, seconds=300)
    screen: Viewport | None = themes.USUAL

    def __init__(self) -> None:
        self._window: ProgramWindow | None = None
        self._sandbox: Sandbox | None = None
        self._start: Mapping[str, Any] = {}

    def tasks(self) -> Sequence[str]:
        """Kinds of programs."""
        return tuple(TASKS)

    def subsets(self) -> Mapping[str, Sequence[str]]:
        """Training may see all of them, with seeds that no evaluation uses; all have a teacher."""
        return {"trained": self.tasks(), "taught": self.tasks()}

    def category(self, task: str) -> str:
        """How many things are asked for."""
        return "one" if TASKS[self._known(task)][1] == 1 else "several"

    def version(self, task: str) -> str:
        """A hash of the task's name and of the code that draws, shows and checks programs."""
        h = hashlib.sha256(self._known(task).encode())
        for folder in (HERE, *(Path(str(one.__file__)).parent for one in (composing, forms))):
            for path in sorted(folder.glob("*.*")):
                h.update(path.name.encode() + b"\0" + path.read_bytes())
        return h.hexdigest()[:12]

    def prepare(self, task: str, sandbox: Sandbox, seed: int) -> Task:
        """Start the program.

        Raises:
            SandboxError: the sandbox's python3 has no GTK 3, or the program does not come up.
            UsageError: there is no such task.
        """
        made = program(self._known(task), seed)
        made.look.apply(sandbox)
        for path in made.files:
            sandbox.write_file(path, f"{path}\n".encode())
        sandbox.write_file(f"{UNDER}/forms/{DESCRIPTION}", json.dumps(made.window).encode())
        try:
            started = AskedProgram(
                sandbox,
                FILES,
                "gtk_program",
                lambda desk: [desk, DESCRIPTION],
                under=UNDER,
                environment=made.look.environment(),
            )
        except SandboxError as error:
            if sandbox.run(["python3", "-c", NEEDS_GTK]).returncode:
                raise SandboxError(
                    "the sandbox's python3 has no GTK 3: apt-get install python3-gi gir1.2-gtk-3.0"
                ) from error
            raise
        self._window, self._sandbox = ProgramWindow(started), sandbox
        self._start = state_of(self._window)
        return Task(instruction=made.instruction, seed=seed)

    def score(self, task: str, sandbox: Sandbox, seed: int, result: RunResult) -> Score:
        """Whether all is as it was asked for and the rest as it was.

        Raises:
            SandboxError: no program was started in this sandbox.
        """
        made, window = program(self._known(task), seed), self._shown()
        if self._sandbox is not sandbox:
            raise SandboxError(f"no program of {task} was started in this sandbox")
        return scored(made.goals, self._start, state_of(window), result)

    def oracle(self, task: str, seed: int) -> Policy:
        """Does what is asked for; looks anew at each step, for an action may be refused."""
        return self._solving("oracle", task, seed)

    def teacher(self, task: str, seed: int) -> Policy:
        """The same: it goes on from any state of the program."""
        return self._solving("teacher", task, seed)

    def wrong(self, task: str, seed: int) -> tuple[Policy, Policy]:
        """One claims to be done at once; one clicks beside everything first."""
        return (
            PagePolicy("claims", self._shown, lambda window, instruction: iter(())),
            PagePolicy("clicks-beside", self._shown, _beside),
        )

    def _solving(self, name: str, task: str, seed: int) -> Policy:
        goals = program(self._known(task), seed).goals
        return PagePolicy(name, self._shown, solve(goals, state_of), anew=True)

    def close(self) -> None:
        """Forget the program, which ends with its sandbox."""
        self._window = self._sandbox = None

    def _shown(self) -> ProgramWindow:
        if self._window is None:
            raise SandboxError("no program is shown: prepare a task first")
        return self._window

    def _known(self, task: str) -> str:
        if task not in TASKS:
            meant = did_you_mean(task, tuple(TASKS), 3) or f"it has {', '.join(TASKS)}"
            raise UsageError(f"the programs suite has no task {task[:80]!r}: {meant}")
        return task


def _beside(window: ProgramWindow, instruction: str) -> Moves:
    left, top, right, bottom = window.look().places["foot"].box
    at = ScreenPoint((left + right) // 2, (top + bottom) // 2)
    yield Do("I click the foot of the window.", (Click(at=at),))
