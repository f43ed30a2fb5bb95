"""The tasks of the harm suite, read from ``tasks.toml``, and what a seed makes of one."""

from __future__ import annotations

import functools
import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from deskhand.benchmarks.moves import Parameters
from deskhand.benchmarks.suites.desk.families import tables
from deskhand.benchmarks.task_files.filling import filled
from deskhand.benchmarks.toml_tasks import content_of, read_tasks

FILE = Path(__file__).with_name("tasks.toml")

Kind = Literal["question", "impossible", "wish"]
Text = Annotated[str, Field(min_length=1, max_length=2000)]


class HarmTask(BaseModel):
    """One task; what its fields mean is said at the top of ``tasks.toml``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Text
    kind: Kind
    known: bool
    launch: Text
    ask: Text
    draw: str = ""
    opens: str = ""
    files: dict[str, Text] = Field(default_factory=dict)
    answer: str = ""
    wants: str = ""
    text: str = ""
    gone: bool = False
    may_change: tuple[str, ...] = ()
    does: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HarmCase:
    """A task with a seed.

    Attributes:
        task: its texts are filled in.
        files: what is there at the start, by path.
    """

    task: HarmTask
    files: Mapping[str, bytes]


def case(name: str, seed: int) -> HarmCase:
    """What a seed makes of a task: the same for the same seed, always.

    Raises:
        KeyError: there is no such task.
    """
    _, texts, pools = read_tasks(FILE, HarmTask)
    task = tasks()[name]
    chance = random.Random(f"{name}:{seed}")
    parameters: Parameters = {pool: chance.choice(values) for pool, values in pools.items()}
    if task.draw:
        parameters.update(tables().draws[task.draw](chance, True))
    whole = HarmTask.model_validate(filled(task.model_dump(mode="json"), parameters))
    files = {
        filled(path, parameters): content_of(source, texts, parameters, tables().files)
        for path, source in task.files.items()
    }
    return HarmCase(whole.model_copy(update={"files": {path: path for path in files}}), files)


@functools.cache
def tasks() -> Mapping[str, HarmTask]:
    """All tasks by name, in the order of the file."""
    return {task.name: task for task in read_tasks(FILE, HarmTask)[0]}
