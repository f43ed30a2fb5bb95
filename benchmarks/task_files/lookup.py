"""Step types, getters and metrics by the names that OSWorld's task files call them.

Each name stands for one function of this package. It is imported when it is used for the first time, so
that a library for documents is needed only where a document is checked. Nothing that stands in a task
file is ever imported: a name that is not in these tables is one that we lack.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from pydantic import BaseModel, ValidationError

from deskhand.benchmarks.suite import Score
from deskhand.benchmarks.task_files.names import GETTERS, METRICS, STEPS, TABLE_RULES
from deskhand.benchmarks.task_files.place import Place
from deskhand.benchmarks.task_files.task import Check, ConfigStep, Object, OsworldTask, wrong_fields
from deskhand.errors import EnvironmentProblem, UsageError

Kind = Literal["step", "getter", "metric"]
Metric = Callable[[Any, Any, Object], Score]
"""Compares what was found with what is expected, with options; says what is wrong."""

TABLES: Mapping[Kind, Mapping[str, str]] = {"step": STEPS, "getter": GETTERS, "metric": METRICS}

_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Lacks:
    """What a task file asks for and we do not have: names that stand in no table of ours, and files.

    ``faults`` are what else is wrong with it.
    """

    steps: tuple[str, ...] = ()
    getters: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return any((self.steps, self.getters, self.metrics, self.files, self.faults))

    def __str__(self) -> str:
        parts = {
            "step types": self.steps,
            "getters": self.getters,
            "metrics": self.metrics,
            "files": self.files,
        }
        kinds = (
            f"{what} {', '.join(name[:200] for name in names[:50])}" for what, names in parts.items() if names
        )
        return "; ".join((*kinds, *self.faults[:10]))


def lacking(task: OsworldTask) -> Lacks:
    """The names that a task uses and we lack, each once."""
    evaluator = task.evaluator
    checks = tuple(evaluator.checks())
    rules = (f"compare_table with {rule}" for check in checks for rule in _table_rules(check))
    return Lacks(
        _unknown(STEPS, (step.type for step in (*task.config, *evaluator.postconfig))),
        _unknown(GETTERS, (str(part.get("type", "")) for part in looked_at(task))),
        (*_unknown(METRICS, (check.func for check in checks)), *dict.fromkeys(rules)),
    )


def looked_at(task: OsworldTask) -> Iterator[Object]:
    """The parameters of every getter of a task."""
    for check in task.evaluator.checks():
        yield from (part for part in (check.result, check.expected) if part is not None)


def _table_rules(check: Check) -> list[str]:
    """Kinds of rules for sheets that we lack."""
    rules = check.options.get("rules") if check.func == "compare_table" else None
    kinds = (
        (str(rule.get("type")) for rule in rules if isinstance(rule, dict)) if isinstance(rules, list) else ()
    )
    return [kind for kind in kinds if kind not in TABLE_RULES]


def _unknown(table: Mapping[str, str], names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in names if name not in table))


def load(kind: Kind, name: str) -> Callable[..., Any]:
    """The function behind a name.

    Raises:
        UsageError: there is none.
        EnvironmentProblem: it needs a package that is not installed.
    """
    where = TABLES[kind].get(name)
    if where is None:
        raise UsageError(f"there is no {kind} {name[:80]!r}; there are {', '.join(TABLES[kind])}")
    module, _, function = where.partition(":")
    try:
        found = importlib.import_module(f"deskhand.benchmarks.task_files.{module}")
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package == "deskhand":
            raise
        raise EnvironmentProblem(
            f"the {kind} {name} needs the package {package}: pip install 'deskhand[suites]'"
        ) from error
    return cast(Callable[..., Any], getattr(found, function))


def source() -> str:
    """A hash of all code of this package: what sets tasks up, looks at them and checks them.

    A module of it uses others that no task names, so none is left out.
    """
    return source_of(_FOLDER)


@functools.cache
def source_of(*places: Path) -> str:
    """A hash of some modules, and of all modules in some folders, at any depth."""
    h = hashlib.sha256()
    for place in places:
        for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            content = path.read_bytes()
            h.update(f"{path.relative_to(place.parent).as_posix()}:{len(content)}:".encode())
            h.update(content)
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


def check(task: OsworldTask, name: str) -> None:
    """See that all steps and getters of a task have parameters that can be read, and that metrics are there.

    Raises:
        UsageError: some have not.
        EnvironmentProblem: a metric needs a package that is not installed.
    """
    for one in task.evaluator.checks():
        metric(one.func)
    wrong = []
    steps = [("step", step.type, step.parameters) for step in (*task.config, *task.evaluator.postconfig)]
    parts = [("getter", str(part.get("type", "")), part) for part in looked_at(task)]
    for kind, called, parameters in (*steps, *parts):
        try:
            given(cast(Kind, kind), called, parameters)
        except UsageError as error:
            wrong.append(str(error))
    if wrong:
        raise UsageError(f"{name}: {'; '.join(wrong[:10])}")


def do(place: Place, step: ConfigStep) -> None:
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
