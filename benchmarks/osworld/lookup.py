"""Step types, getters and metrics by the names that OSWorld's task files call them.

Each name stands for one function of this package. It is imported when it is used for the first time, so
that a library for documents is needed only where a document is checked. Nothing that stands in a task
file is ever imported: a name that is not in these tables is one that we lack.
"""

from __future__ import annotations

import hashlib
import importlib
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from pydantic import BaseModel, ValidationError

from deskhand.benchmarks.osworld.place import Place
from deskhand.benchmarks.osworld.task import Object, OsworldTask, Step, wrong_fields
from deskhand.benchmarks.suite import Score
from deskhand.errors import UsageError

Kind = Literal["step", "getter", "metric"]
Metric = Callable[[Any, Any, Object], Score]
"""Compares what was found with what is expected, with options; says what is wrong."""

STEPS = {
    "launch": "steps:launch",
    "execute": "steps:execute",
    "command": "steps:execute",
    "deskhand_file": "steps:deskhand_file",
    "deskhand_press": "steps:deskhand_press",
}
GETTERS = {
    "rule": "getters:rule",
    "vm_file": "getters:vm_file",
    "vm_command_line": "getters:vm_command_line",
    "vm_command_error": "getters:vm_command_error",
    "deskhand_answer": "getters:deskhand_answer",
}
METRICS = {
    "exact_match": "metrics.general:exact_match",
    "deskhand_text": "metrics.general:deskhand_text",
}
TABLES: Mapping[Kind, Mapping[str, str]] = {"step": STEPS, "getter": GETTERS, "metric": METRICS}

_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Lacks:
    """The names in a task file that stand in no table of ours."""

    steps: tuple[str, ...] = ()
    getters: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    files: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.steps or self.getters or self.metrics or self.files)

    def __str__(self) -> str:
        parts = (
            ("step types", self.steps),
            ("getters", self.getters),
            ("metrics", self.metrics),
            ("files", self.files),
        )
        return "; ".join(
            f"{what}: {', '.join(name[:200] for name in names)}" for what, names in parts if names
        )


def lacking(task: OsworldTask) -> Lacks:
    """The names that a task uses and we lack, each once."""
    evaluator = task.evaluator
    checks = tuple(evaluator.checks())
    used = [part for check in checks for part in (check.result, check.expected) if part is not None]
    return Lacks(
        _unknown(STEPS, (step.type for step in (*task.config, *evaluator.postconfig))),
        _unknown(GETTERS, (str(part.get("type", "")) for part in used)),
        _unknown(METRICS, (check.func for check in checks)),
    )


def _unknown(table: Mapping[str, str], names: typing.Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in names if name not in table))


def load(kind: Kind, name: str) -> Callable[..., Any]:
    """The function behind a name.

    Raises:
        UsageError: there is none.
    """
    where = TABLES[kind].get(name)
    if where is None:
        raise UsageError(f"there is no {kind} {name[:80]!r}; there are {', '.join(TABLES[kind])}")
    module, _, function = where.partition(":")
    found = importlib.import_module(f"deskhand.benchmarks.osworld.{module}")
    return cast(Callable[..., Any], getattr(found, function))


def source(task: OsworldTask) -> str:
    """A hash of the modules that set a task up and check it."""
    evaluator = task.evaluator
    names: set[tuple[Kind, str]] = {("step", step.type) for step in (*task.config, *evaluator.postconfig)}
    for check in evaluator.checks():
        names.add(("metric", check.func))
        parts = (part for part in (check.result, check.expected) if part is not None)
        names |= {("getter", str(part.get("type", ""))) for part in parts}
    modules = {TABLES[kind][name].partition(":")[0] for kind, name in names if name in TABLES[kind]}
    h = hashlib.sha256()
    for name in sorted(modules):
        h.update(_FOLDER.joinpath(*name.split(".")).with_suffix(".py").read_bytes())
    return h.hexdigest()


def given(kind: Kind, name: str, parameters: Object) -> BaseModel:
    """A step's or a getter's parameters, as the function behind its name takes them.

    Raises:
        UsageError: they are not what it takes.
    """
    model = typing.get_type_hints(load(kind, name))["given"]
    try:
        return cast(BaseModel, model.model_validate(parameters))
    except (ValidationError, RecursionError) as error:
        raise UsageError(f"the {kind} {name[:80]} cannot be read: {wrong_fields(error)}") from error


def do(place: Place, step: Step) -> None:
    """Do a step in a sandbox."""
    load("step", step.type)(place, given("step", step.type, step.parameters))


def get(place: Place, parameters: Object) -> Any:
    """What a getter finds.

    Raises:
        NothingThere: nothing.
    """
    name = str(parameters.get("type", ""))
    return load("getter", name)(place, given("getter", name, parameters))


def metric(name: str) -> Metric:
    """A metric by its name."""
    return cast(Metric, load("metric", name))
