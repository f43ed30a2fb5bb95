"""Runs episodes one after another in a sandbox of its own: what an engine does in each of its processes."""

from __future__ import annotations

import contextlib
import itertools
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self, runtime_checkable

from deskhand.agent.control import Control
from deskhand.agent.limits import Limits
from deskhand.agent.listener import Silent
from deskhand.agent.loop import run
from deskhand.agent.maps import NO_MAP, ChosenMap
from deskhand.agent.result import RunResult
from deskhand.agent.rules.guard import Guard
from deskhand.agent.rules.rulebook import read_rules
from deskhand.benchmarks.runner.episodes import Episode, EpisodeKey, trajectory_folder
from deskhand.benchmarks.suite import Suite
from deskhand.disk import writing
from deskhand.errors import DeskhandError, EnvironmentProblem, LogError, SandboxError, SandboxLost
from deskhand.policies.protocol import Policy
from deskhand.sandbox.protocol import Sandbox
from deskhand.trajectories.records import Decision
from deskhand.waiting import WaitTimeout

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class WorkerRecipe:
    """All that a worker makes for itself. One that goes to another process can be pickled.

    Attributes:
        suite: makes the suite.
        policy: makes the policy of an episode, from the worker's own suite; it is closed afterwards.
        sandbox: makes a sandbox that is not started.
        out: folder that gets the trajectories.
        limits: what an episode may use up; None for what the suite says.
        rules: name or file of the rules before every action, and the names of those whose questions are
            answered with yes; nobody is there for the others. None where everything is allowed.
        map: which map of the application the policy reads.
        machines: in place of ``sandbox``, one for each worker, where it is told which machine is whose.
    """

    suite: Callable[[], Suite]
    policy: Callable[[Suite, EpisodeKey], Policy]
    sandbox: Callable[[], Sandbox]
    out: Path
    limits: Limits | None = None
    rules: tuple[str, tuple[str, ...]] | None = None
    map: ChosenMap = NO_MAP
    machines: tuple[Callable[[], Sandbox], ...] = ()

    def at(self, place: int) -> WorkerRecipe:
        """The recipe of the worker that has a certain place among all."""
        return replace(self, sandbox=self.machines[place]) if self.machines else self

    def guard(self) -> Guard | None:
        """The rules of one episode.

        Raises:
            UsageError: they cannot be used.
        """
        if self.rules is None:
            return None
        name, waived = self.rules
        return Guard(read_rules(name), None, waived)

    def named(self, policy: str) -> str:
        """A policy's name, with the rules that it was under."""
        return policy if self.rules is None else f"{policy} (rules {self.rules[0]})"


@runtime_checkable
class LeavesNotes(Protocol):
    """A policy that keeps something of an episode beside its trajectory, for those who learn from it."""

    def leave_notes(self, folder: Path) -> None:
        """Write it into the trajectory's folder; called once the episode is over, before it is scored."""
        ...


class Worker:
    """One sandbox, one suite, and the episodes that are run there. A context manager."""

    def __init__(self, recipe: WorkerRecipe, control: Control | None = None) -> None:
        self._recipe, self._control = recipe, control
        self._suite = recipe.suite()
        self._sandbox: Sandbox | None = None

    def episode(self, key: EpisodeKey) -> Episode | None:
        """Run one; None if a person stopped it.

        A sandbox in which something went wrong is not used again.

        Raises:
            EnvironmentProblem: no sandbox can be started.
            BackendError: the model is missing.
            LogError: the trajectory cannot be written.
        """
        sandbox = self._started()
        suite = self._suite
        with contextlib.closing(self._recipe.policy(suite, key)) as policy:
            facts: dict[str, Any] = {
                **key._asdict(),
                "suite": suite.name,
                "version": suite.version(key.task),
                "category": suite.category(key.task),
                "policy": self._recipe.named(policy.name),
            }
            try:
                return self._run(key, sandbox, policy, facts)
            except (SandboxError, EnvironmentProblem, WaitTimeout) as error:
                log.warning("%s with seed %d: %s", key.task, key.seed, error)
                self._discard()
                return Episode(**facts, instruction="", status="error", success=False, error=_words(error))

    def close(self) -> None:
        """Remove the sandbox and close the suite."""
        self._discard()
        self._suite.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _started(self) -> Sandbox:
        if self._sandbox is None:
            sandbox = self._recipe.sandbox()
            try:
                sandbox.start()
            except BaseException:
                sandbox.close()
                raise
            self._sandbox = sandbox
        return self._sandbox

    def _discard(self) -> None:
        sandbox, self._sandbox = self._sandbox, None
        if sandbox is not None:
            sandbox.close()

    def _run(
        self, key: EpisodeKey, sandbox: Sandbox, policy: Policy, facts: dict[str, Any]
    ) -> Episode | None:
        suite, spent = self._suite, Spending()
        suite.reset(sandbox)
        prepared = suite.prepare(key.task, sandbox, key.seed)
        folder = trajectory_folder(self._recipe.out, *key)
        set_aside(folder)
        limits = self._recipe.limits or suite.limits
        result = run(
            prepared,
            sandbox,
            policy,
            limits=limits,
            out=folder,
            listener=spent,
            control=self._control,
            over=lambda: suite.over(key.task, sandbox),
            guard=self._recipe.guard(),
            known=self._recipe.map.known(prepared, policy, sandbox),
        )
        if isinstance(policy, LeavesNotes):
            policy.leave_notes(folder)
        facts |= {
            "instruction": prepared.instruction,
            "steps": result.steps,
            "seconds": round(result.seconds, 2),
            "prompt_tokens": spent.prompt_tokens,
            "completion_tokens": spent.completion_tokens,
            "cost": spent.cost,
            "trajectory": folder.relative_to(self._recipe.out).as_posix(),
        }
        if result.status == "stopped":
            return None
        fault = _fault(result)
        if fault:
            if result.status == "sandbox_lost":
                self._discard()
            return Episode(**facts, status=result.status, success=False, error=fault)
        score = suite.score(key.task, sandbox, key.seed, result)
        return Episode(
            **facts,
            status=result.status,
            success=score.success,
            reward=score.reward,
            reason=score.reason or result.reason,
        )


class Spending(Silent):
    """Adds up what the decisions of a run cost."""

    def __init__(self) -> None:
        self.prompt_tokens = self.completion_tokens = 0
        self.cost: float | None = None

    def decided(self, step: int, decision: Decision) -> None:
        """Add one decision's tokens, and its cost where the server reported it."""
        usage = decision.usage
        self.prompt_tokens += usage.prompt_tokens
        self.completion_tokens += usage.completion_tokens
        if usage.cost is not None:
            self.cost = (self.cost or 0.0) + usage.cost


def _fault(result: RunResult) -> str:
    """Why the run's end is nothing that its policy can be blamed for; empty where it can.

    Raises:
        LogError: the record is incomplete; what comes after would be too.
    """
    if result.status == "log_error":
        raise LogError(result.reason)
    if result.status in ("sandbox_lost", "backend_error"):
        return result.reason or result.status
    return ""


def _words(error: Exception) -> str:
    lost = "the sandbox was lost: " if isinstance(error, SandboxLost) else ""
    return f"{lost}{error or type(error).__name__}"[:2000]


def first_free(taken: Iterable[int]) -> int:
    """The lowest place among workers that none has."""
    known = set(taken)
    return next(place for place in itertools.count() if place not in known)


def leave_out(recipe: WorkerRecipe, unusable: set[int], place: int, error: DeskhandError) -> None:
    """Go on without the machine of a worker that failed; its place is added to those that are unusable.

    Raises:
        DeskhandError: its error, where it concerns all, or there is no other machine.
    """
    unusable.add(place)
    if not isinstance(error, EnvironmentProblem) or len(unusable) >= len(recipe.machines):
        raise error
    log.warning("machine %d is not used any more, others go on: %s", place + 1, error)


def set_aside(folder: Path) -> None:
    """Move what an earlier, cut-off try left behind out of the way; nothing is overwritten."""
    number = 1
    while folder.exists():
        number += 1
        aside = folder.with_name(f"{folder.name}.{number}")
        if not aside.exists():
            with writing(aside.name, aside.parent):
                folder.rename(aside)


def measured(recipe: WorkerRecipe, suite: Suite, key: EpisodeKey) -> tuple[str, dict[str, str]]:
    """The name of the policy that a recipe makes, and the maps that it may read; that one can be made is
    found out, too.

    Raises:
        UsageError, BackendError, EnvironmentProblem: it cannot be made.
    """
    with contextlib.closing(recipe.policy(suite, key)) as policy:
        return recipe.named(policy.name), recipe.map.used(policy)
