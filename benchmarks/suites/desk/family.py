"""Task families: one OSWorld task file each, with what makes many tasks of it.

Beside what OSWorld reads, a file has an object ``deskhand``:

    {"application": what the table says, "category", "trained": whether demonstrations are made of it,
     "draw": name of what chooses parameters, "oracle": name of how it is done,
     "wordings": sentences that training may see, "held_out": those that are kept for measuring}

Names in braces stand for parameters, in every text of the file. ``instruction`` is the first wording. A
name of ``draw`` or ``oracle`` is looked up among those of ``desk.families``.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from deskhand.benchmarks import moves, serving_pages
from deskhand.benchmarks.moves import Draw, Moves, Parameters
from deskhand.benchmarks.suites.desk.families import Tables, tables
from deskhand.benchmarks.task_files import lookup
from deskhand.benchmarks.task_files.filling import filled
from deskhand.benchmarks.task_files.task import Object, OsworldTask, parse_task, read_json, wrong_fields
from deskhand.errors import UsageError
from deskhand.screens import variation

FOLDER = Path(__file__).parent / "tasks"
SOURCES = (
    Path(__file__).parent / "families",
    Path(moves.__file__),
    Path(serving_pages.__file__),
    Path(variation.__file__),
)
"""What families are made of. They use each other's draws, so that all of it counts for each."""

Sentence = Annotated[str, Field(min_length=1, max_length=2000)]
Sentences = Annotated[tuple[Sentence, ...], Field(min_length=1)]


class _Ours(BaseModel):
    """The object ``deskhand`` of a task file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    application: str
    category: str
    trained: bool
    draw: str
    oracle: str
    wordings: Sentences
    held_out: Sentences


@dataclass(frozen=True, slots=True)
class Family:
    """One kind of task.

    Attributes:
        name: the task's name in tables.
        application: the program that it is done with, by name.
        category: what it is reported under.
        trained: whether demonstrations are made of it.
        wordings: sentences with the parameters' names in braces that training may see.
        held_out: wordings that are kept for measuring.
        draw: chooses parameters; its flag says which part of the pools to use.
        moves: how it is done, for given parameters.
        content: the file as it was read.
        version: a hash that changes with the file, and with all code that makes and checks families.
    """

    name: str
    application: str
    category: str
    trained: bool
    wordings: tuple[str, ...]
    held_out: tuple[str, ...]
    draw: Draw
    moves: Moves
    content: Object = field(repr=False, compare=False)
    version: str

    @property
    def infeasible(self) -> bool:
        """Whether it cannot be done, and the agent has to say so."""
        return parse_task(self.content, self.name).evaluator.infeasible

    def task(self, parameters: Parameters) -> OsworldTask:
        """The task with parameters filled in; its instruction is still the first wording."""
        return parse_task(filled(self.content, parameters), self.name)


def read_family(path: Path, ours: Tables | None = None) -> Family:
    """A family by its file.

    Raises:
        UsageError: it is none, or uses names that stand in no table; it names all of them.
    """
    content = read_json(path)
    task = parse_task(content, path.name)
    try:
        own = _Ours.model_validate(content.get("deskhand"))
    except ValidationError as error:
        raise UsageError(f"{path.name}: its object 'deskhand' is invalid: {wrong_fields(error)}") from error
    if task.id != path.stem or task.instruction != own.wordings[0]:
        raise UsageError(f"{path.name}: id is the file's name, and instruction the first of the wordings")
    known = ours if ours is not None else tables()
    lacks = [str(lookup.lacking(task)), *_unknown(known, own, _makers(task))]
    if any(lacks):
        raise UsageError(f"{path.name} uses unknown names: {'; '.join(filter(None, lacks))}")
    return Family(
        task.id, own.application, own.category, own.trained, own.wordings, own.held_out,
        known.draws[own.draw], known.moves[own.oracle], content, _version(content),
    )  # fmt: skip


def _makers(task: OsworldTask) -> list[str]:
    """The names of what makes files that are there at the start, or that are compared with."""
    used = [step.parameters for step in task.config if step.type == "deskhand_file"]
    used += [part for part in lookup.looked_at(task) if part.get("type") == "deskhand_made"]
    return [str(part["make"]) for part in used if part.get("make") is not None]


def _unknown(known: Tables, own: _Ours, makers: list[str]) -> list[str]:
    asked: tuple[tuple[str, str, Mapping[str, Any]], ...] = (
        ("draw", own.draw, known.draws),
        ("oracle", own.oracle, known.moves),
        *(("make", name, known.files) for name in makers),
    )
    return [f"{what} {name!r}" for what, name, table in asked if name not in table]


def _version(content: Object) -> str:
    """Hash of the file, of all code that draws, does and makes, and of all that sets up and checks."""
    h = hashlib.sha256(json.dumps(content, sort_keys=True).encode())
    h.update(lookup.source_of(*SOURCES).encode())
    h.update(lookup.source().encode())
    return h.hexdigest()[:12]


@functools.cache
def families() -> tuple[Family, ...]:
    """All families, by name."""
    return tuple(read_family(path) for path in sorted(FOLDER.glob("*.json")))


def family_named(name: str) -> Family:
    """A family by its name.

    Raises:
        UsageError: there is none.
    """
    for family in families():
        if family.name == name:
            return family
    known = ", ".join(family.name for family in families())
    raise UsageError(f"the desk suite has no task {name[:80]!r}; it has {known}")
