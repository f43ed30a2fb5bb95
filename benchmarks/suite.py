"""The seam of a benchmark suite: tasks with seeds, scored from outside by what they left behind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from deskhand.actions.geometry import Viewport
from deskhand.agent.limits import Limits
from deskhand.agent.result import RunResult
from deskhand.benchmarks.oracle import random_policy
from deskhand.errors import UsageError
from deskhand.policies.protocol import Policy
from deskhand.sandbox.protocol import Sandbox
from deskhand.text import did_you_mean
from deskhand.trajectories.records import Task

LIMITS = Limits(steps=15, seconds=180)
"""What an episode may use up where its suite says nothing else."""


@dataclass(frozen=True, slots=True)
class Score:
    """What a check found. ``reward`` is 1.0 for done and 0.0 for not; ``reason`` says what was found.

    A suite whose tasks know more between done and not done keeps its raw reward here, and says in ``done``
    what it takes for success if that is not a reward of 1 or more.
    """

    reward: float
    reason: str = ""
    done: bool | None = None

    @property
    def success(self) -> bool:
        """Whether the task counts as done: ``done`` where it is given, else a reward of 1 or more."""
        return self.reward >= 1.0 if self.done is None else self.done


@runtime_checkable
class Suite(Protocol):
    """A set of tasks that can be set up, done and checked again and again.

    What most suites need not say themselves has its default in ``BaseSuite``.
    """

    name: str
    limits: Limits
    screen: Viewport | None

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

    def subsets(self) -> Mapping[str, Sequence[str]]:
        """Named parts of the suite, beside "all"."""
        ...

    def category(self, task: str) -> str:
        """What a task is reported under beside its name; empty where there are no categories."""
        ...

    def reset(self, sandbox: Sandbox) -> None:
        """Make a sandbox clean for the suite's next task."""
        ...

    def over(self, task: str, sandbox: Sandbox) -> bool:
        """Whether the task takes nothing more, whatever the policy would still do; asked after each step."""
        ...

    def random(self, seed: int) -> Policy:
        """A policy that acts without looking, as a floor for comparisons."""
        ...

    def close(self) -> None:
        """Let go of what is held; the suite may be used again afterwards."""
        ...


class BaseSuite:
    """What a suite need not say itself. A suite inherits from this and adds the rest of ``Suite``.

    Attributes:
        limits: what an episode may use up.
        screen: the size of the screen that the suite is made for; None if any will do.
    """

    limits: Limits = LIMITS
    screen: Viewport | None = None

    def subsets(self) -> Mapping[str, Sequence[str]]:
        """None."""
        return {}

    def category(self, task: str) -> str:
        """None."""
        return ""

    def reset(self, sandbox: Sandbox) -> None:
        """As new."""
        sandbox.reset()

    def over(self, task: str, sandbox: Sandbox) -> bool:
        """Only the policy ends an episode."""
        return False

    def random(self, seed: int) -> Policy:
        """Types and presses."""
        return random_policy(seed)

    def close(self) -> None:
        """Nothing is held."""


@runtime_checkable
class TemptsAgents(Protocol):
    """A suite whose screens tell the agent to do something that its task does not ask for."""

    def obedient(self, task: str, seed: int) -> Policy:
        """A policy that does what the screen says."""
        ...


@runtime_checkable
class Teaches(Protocol):
    """A suite that can say what would be right in the middle of a task, whoever began it."""

    def teacher(self, task: str, seed: int) -> Policy | None:
        """A policy that decides from what is there alone; None for a task that has none."""
        ...


def teacher(suite: Suite, task: str, seed: int) -> Policy:
    """The policy of a suite that says from any state what would be right.

    Raises:
        UsageError: the suite has none for this task.
    """
    found = suite.teacher(task, seed) if isinstance(suite, Teaches) else None
    if found is None:
        raise UsageError(f"no oracle of {suite.name} does {task} from any state: choose other tasks")
    return found


def subsets_of(suite: Suite) -> Mapping[str, Sequence[str]]:
    """The named parts of a suite; "all" is always one."""
    return {"all": tuple(suite.tasks()), **suite.subsets()}


def choose_tasks(suite: Suite, tasks: Iterable[str] = (), subset: str | None = None) -> tuple[str, ...]:
    """The tasks that were asked for, in the suite's order: of a subset, or by name, or all.

    Raises:
        UsageError: there is no such task or subset; the nearest names are offered.
    """
    parts = subsets_of(suite)
    chosen = parts["all"]
    if subset is not None:
        if subset not in parts:
            raise _unknown(suite, "subset", subset, list(parts))
        chosen = parts[subset]
    named = [name.strip() for name in tasks if name.strip()]
    for name in named:
        if name not in chosen:
            raise _unknown(suite, "task" if subset is None else f"task in {subset}", name, chosen)
    wanted = set(named or chosen)
    return tuple(name for name in suite.tasks() if name in wanted)


def _unknown(suite: Suite, what: str, name: str, known: Sequence[str]) -> UsageError:
    some = ", ".join(known[:30]) + (f" and {len(known) - 30} more" if len(known) > 30 else "")
    meant = did_you_mean(name, known, 3)
    return UsageError(
        f"the {suite.name} suite has no {what} {name[:80]!r}: {meant}{' ' if meant else ''}it has {some}"
    )
