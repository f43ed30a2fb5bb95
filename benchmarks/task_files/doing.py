"""Sets a task up in a sandbox, and scores what is there at its end."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from deskhand.agent.result import RunResult
from deskhand.benchmarks.suite import Score
from deskhand.benchmarks.task_files import files, lookup
from deskhand.benchmarks.task_files.browser import program
from deskhand.benchmarks.task_files.limited import judged, needs_limits
from deskhand.benchmarks.task_files.metrics.common import file_of
from deskhand.benchmarks.task_files.metrics.packed import packed
from deskhand.benchmarks.task_files.names import ACCESSIBILITY_GETTERS, AUTHORS_GETTERS, SANDBOX_METRICS
from deskhand.benchmarks.task_files.needs import require_needs
from deskhand.benchmarks.task_files.place import NothingThere, Place, TooMuch
from deskhand.benchmarks.task_files.steps import CommandStep
from deskhand.benchmarks.task_files.task import Check, ConfigStep, Evaluator, Object, OsworldTask
from deskhand.errors import DeskhandError, EnvironmentProblem, SandboxError, SandboxLost, UsageError
from deskhand.trajectories.records import Task
from deskhand.waiting import WaitTimeout, wait_until

LATE_SECONDS = 2.0
"""A program may still be writing what a step had it write."""


def set_up(task: OsworldTask, place: Place, seed: int) -> Task:
    """Do a task's steps; returns the agent's task.

    A program that the last step starts is left for the run to start: it then stands in the record.

    Raises:
        SandboxError: a step cannot be done.
        EnvironmentProblem: the sandbox lacks what the task's commands need.
    """
    require_needs(task, place)
    if any(part.get("type") in ACCESSIBILITY_GETTERS for part in lookup.looked_at(task)):
        place.enable_accessibility()
    if program.is_used(task):
        program.make_profile(place)
    steps = [step for step in task.config if not program.forwards(step)]
    launch: CommandStep | None = None
    if steps and steps[-1].type == "launch":
        last = lookup.given("step", "launch", steps[-1].parameters)
        assert isinstance(last, CommandStep)
        launch = None if last.shell else last
    for step in steps[:-1] if launch is not None else steps:
        lookup.do(place, step)
    prepared = Task(instruction=task.instruction, seed=seed)
    if launch is None:
        return prepared
    name, *words = program.command(place, list(map(place.word, launch.command)))
    return prepared.model_copy(update={"launch": name, "arguments": tuple(words)})


def look(task: OsworldTask, place: Place, result: RunResult) -> Score:
    """Whether a task is done, by what is there now."""
    place.result = result
    evaluator = task.evaluator
    if evaluator.infeasible:
        return _declared(result)
    if result.status == "infeasible":
        return Score(0.0, "the agent said that it cannot be done")
    place.side = "cache"
    place.brought = {place.relative(path): file for path, file in files.brought(task, place.beside)}
    for step in evaluator.postconfig:
        if not program.forwards(step):
            _tidy(place, step)
    found = Score(0.0)

    def good() -> bool:
        nonlocal found
        found = scored(evaluator, place)
        return found.success

    with contextlib.suppress(WaitTimeout):
        wait_until(good, timeout=LATE_SECONDS, what="the result", poll=0.1)
    return found


def _tidy(place: Place, step: ConfigStep) -> None:
    """Do a step before the metrics look. Where what the agent left behind is in its way, they look anyway."""
    try:
        lookup.do(place, step)
    except SandboxLost:
        raise
    except SandboxError as error:
        place.warn(f"the step {step.type} before the check could not be done: {str(error)[:300]!r}")


def _declared(result: RunResult) -> Score:
    if result.status == "infeasible":
        return Score(1.0)
    return Score(0.0, f"the task cannot be done, and the run ended with {result.status}")


def scored(evaluator: Evaluator, place: Place) -> Score:
    """The score of an evaluator: with "and" the mean of its metrics, if none is 0; with "or" the best."""
    scores: list[Score] = []
    for check in evaluator.checks():
        score = one(check, place)
        if score.success if evaluator.conj == "or" else score.reward <= 0:
            return score
        scores.append(score)
    rewards = [score.reward for score in scores]
    reward = max(rewards) if evaluator.conj == "or" else sum(rewards) / len(rewards)
    return Score(reward, "; ".join(dict.fromkeys(score.reason for score in scores if score.reason)))


def one(check: Check, place: Place) -> Score:
    """The score of one metric. What is not there is not done."""
    try:
        result = _got(place, "result", check.result)
        expected = _got(place, "expected", check.expected)
        score = _compared(place, check, result, expected)
        if math.isfinite(score.reward):
            return score
        return Score(0.0, f"{check.func} gives {score.reward}, which is no reward")
    except NothingThere as error:
        return Score(0.0, str(error))


def _compared(place: Place, check: Check, result: Any, expected: Any) -> Score:
    """What a metric says. Where it breaks on what an agent left behind, that is not what was wanted."""
    try:
        if check.func in SANDBOX_METRICS:
            return cast(Score, lookup.load("metric", check.func)(place, result, expected, check.options))
        return judge(check.func, result, expected, check.options)
    except NothingThere:
        _require_readable(check, expected)
        raise
    except TooMuch as error:
        _require_moderate(place, check, expected)
        raise NothingThere(f"{error}; the files of the task itself are not") from error
    except DeskhandError:
        raise
    except MemoryError as error:
        _require_moderate(place, check, expected)
        raise NothingThere(f"{check.func} has no memory left for what it is to read") from error
    except Exception as error:
        _require_readable(check, expected)
        raise _unreadable(place, check.func, error) from error


def _unreadable(place: Place, what: str, error: Exception) -> NothingThere:
    """What to say where a getter or a metric broke on what an agent left behind; it is logged, too."""
    said = f"{what} cannot read what is there ({type(error).__name__}: {str(error)[:200]!r})"
    place.warn(said)
    return NothingThere(said)


def _require_readable(check: Check, expected: Any) -> None:
    """See that a file of the task's author which is expected can be read: its metric takes it for the result.

    Raises:
        EnvironmentProblem: it cannot.
    """
    kind = (check.expected or {}).get("type")
    ours = check.func not in SANDBOX_METRICS and kind in AUTHORS_GETTERS
    if not isinstance(expected, Path) or not ours:
        return
    try:
        judge(check.func, expected, expected, check.options)
    except DeskhandError:
        raise
    except Exception as error:
        what = f"{check.func} cannot read {expected.name}, which came with the task and is expected"
        raise EnvironmentProblem(f"{what}: {str(error)[:200]}") from error


def _require_moderate(place: Place, check: Check, expected: Any) -> None:
    """See that the task's own files are not too large to be judged: what is too large then the agent made.

    Raises:
        EnvironmentProblem: one is.
    """
    gold = expected if (check.expected or {}).get("type") in AUTHORS_GETTERS else None
    pairs = [(gold, gold)] if gold is not None else []
    pairs += [(file, file if gold is not None else expected) for file in _given(place, check.result or {})]
    for result, against in pairs:
        if check.func in SANDBOX_METRICS:
            for file in result if isinstance(result, list) else [result]:
                file_of(file)
            continue
        try:
            judge(check.func, result, against, check.options)
        except EnvironmentProblem:
            raise
        except MemoryError as error:
            raise EnvironmentProblem(f"{check.func} has no memory left for the task's own files") from error
        except Exception:  # noqa: BLE001 - whatever else is wrong with them, they are not too large
            continue


def _given(place: Place, parameters: Object) -> Iterator[Path]:
    """The files that the set-up put where a getter looks."""
    for value in parameters.values():
        for path in value if isinstance(value, list) else [value]:
            with contextlib.suppress(UsageError):
                if isinstance(path, str) and (file := place.brought.get(place.relative(path))) is not None:
                    yield file


def judge(name: str, result: Any, expected: Any, options: Object) -> Score:
    """What a metric says, in a process of its own where it reads what may take long.

    Raises:
        NothingThere: there is nothing that it can read.
        TooMuch: there is too much to be read.
    """
    if needs_limits(name, result, expected):
        return judged(name, result, expected, options)
    return lookup.metric(name)(result, expected, options)


def _got(place: Place, side: str, parameters: Object | None) -> Any:
    """What a getter finds; its copies of files are kept apart from those of the other side."""
    place.side = side
    if parameters is None:
        return None
    try:
        return lookup.get(place, parameters)
    except TooMuch as error:
        if side == "result":
            for file in _given(place, parameters):
                with contextlib.suppress(NothingThere):
                    packed(file, "document")
            raise NothingThere(f"{error}; the files of the task itself are not") from error
        raise
    except (NothingThere, DeskhandError):
        raise
    except Exception as error:
        raise _unreadable(place, str(parameters.get("type")), error) from error
