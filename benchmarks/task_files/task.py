"""An OSWorld task file as types. What is in it is a stranger's data: read, bounded, never evaluated.

    {"id", "instruction", "snapshot", "related_apps", "config": [{"type", "parameters"}],
     "evaluator": {"postconfig", "func", "conj", "result", "expected", "options"}}

``func`` is a metric's name or a list of them; with a list, ``result``, ``expected`` and ``options`` are
lists, too. Fields that are not named here are left alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from deskhand.errors import UsageError

LARGEST_FILE = 4 << 20
MOST_STEPS = 200
MOST_CHECKS = 100
INFEASIBLE = "infeasible"
"""The metric of a task that cannot be done: the agent has to say so."""

VERIFIED, FIRST, WINDOWS = "OSWorld-Verified", "OSWorld of 2024, or of one's own", "OSWorld for Windows"
"""Editions of task files. 354 of 369 files of the first two differ: their numbers are not comparable."""
_ONLY_VERIFIED = frozenset({"proxy", "fixed_ip", "possibility_of_env_change"})

Name = Annotated[str, Field(min_length=1, max_length=100)]
Object = dict[str, Any]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class ConfigStep(_Part):
    """One thing that is done before the agent begins, or before its work is looked at."""

    type: Name
    parameters: Object = {}


class Evaluator(_Part):
    """How a task's end is judged."""

    postconfig: Annotated[tuple[ConfigStep, ...], Field(max_length=MOST_STEPS)] = ()
    func: Name | Annotated[tuple[Name, ...], Field(min_length=1, max_length=MOST_CHECKS)]
    conj: Literal["and", "or"] = "and"
    result: Object | tuple[Object | None, ...] | None = None
    expected: Object | tuple[Object | None, ...] | None = None
    options: Object | tuple[Object | None, ...] | None = None

    @property
    def infeasible(self) -> bool:
        return self.func == INFEASIBLE or self.func == (INFEASIBLE,)

    def checks(self) -> Iterator[Check]:
        """Each metric with what it looks at; none for a task that cannot be done."""
        if self.infeasible:
            return
        names = (self.func,) if isinstance(self.func, str) else self.func
        parts = [_each(part, len(names)) for part in (self.result, self.expected, self.options)]
        for name, result, expected, options in zip(names, *parts, strict=True):
            yield Check(name, result or None, expected or None, options or {})


@dataclass(frozen=True, slots=True)
class Check:
    """One metric: what it compares, each as parameters of a getter."""

    func: str
    result: Object | None
    expected: Object | None
    options: Object


class OsworldTask(_Part):
    """One task file. ``source`` and other notes of its author are kept as they stand.

    Attributes:
        proxy: true where its pages let few visitors in: OSWorld opens them through a proxy if one is set.
    """

    id: Name
    instruction: Annotated[str, Field(min_length=1, max_length=20_000)]
    snapshot: str = ""
    source: Any = None
    related_apps: tuple[str, ...] = ()
    proxy: Any = False
    config: Annotated[tuple[ConfigStep, ...], Field(max_length=MOST_STEPS)] = ()
    evaluator: Evaluator

    @property
    def category(self) -> str:
        """The application; ``multi_apps`` where there are several."""
        apps = tuple(dict.fromkeys(self.related_apps))
        return apps[0] if len(apps) == 1 else "multi_apps" if apps else self.snapshot


def read_json(path: Path) -> Object:
    """A task file's content.

    Raises:
        UsageError: it is not there, too large, or no JSON object.
    """
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    if len(data) > LARGEST_FILE:
        raise UsageError(f"{path} is larger than {LARGEST_FILE >> 20} MiB: that is too large for a task")
    try:
        content = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} is not JSON: {str(error)[:200]}") from error
    if not isinstance(content, dict):
        raise UsageError(f"{path} must contain a JSON object, the task")
    return content


def is_task(content: Object) -> bool:
    """Whether a JSON object is meant to be a task."""
    return "evaluator" in content and "instruction" in content


def edition_of(content: Object) -> str:
    """The edition that a task file is of, by its fields and by where its files go."""
    if '"C:\\\\' in json.dumps([content.get("config"), content.get("evaluator")]):
        return WINDOWS
    return VERIFIED if _ONLY_VERIFIED & content.keys() else FIRST


def parse_task(content: Object, name: str) -> OsworldTask:
    """A task file's content as a task; ``name`` is what it is called in errors.

    Raises:
        UsageError: it is not a task; says which fields are wrong.
    """
    try:
        task = OsworldTask.model_validate(content)
        tuple(task.evaluator.checks())
    except (ValidationError, RecursionError) as error:
        raise UsageError(f"{name} is not an OSWorld task: {wrong_fields(error)}") from error
    except ValueError as error:
        raise UsageError(f"{name}: {error}") from error
    return task


def wrong_fields(error: ValidationError | RecursionError) -> str:
    """Which fields are wrong, in one line."""
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    found = [f"{'.'.join(map(str, fault['loc']))[:80]}: {fault['msg'][:120]}" for fault in error.errors()[:5]]
    return "; ".join(found)


def _each(part: Object | tuple[Object | None, ...] | None, count: int) -> tuple[Object | None, ...]:
    """A part of an evaluator for each of its metrics. A list that is too short ends in nothing."""
    given = part if isinstance(part, tuple) else (part,)
    if len(given) > count:
        raise ValueError(f"its evaluator has {count} metrics, but {len(given)} values to check")
    return given + (None,) * (count - len(given))
