"""Suites whose tasks stand in one TOML file: tables ``task``, ``texts`` and ``pools``."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from deskhand.benchmarks.moves import MakeFile, Parameters
from deskhand.benchmarks.task_files.filling import filled

MADE = "make:"
"""Before the name of what code makes; without it a name is one of the texts."""

AnyTask = TypeVar("AnyTask", bound=BaseModel)


@functools.cache
def read_tasks(file: Path, kind: type[AnyTask]) -> tuple[tuple[AnyTask, ...], dict[str, str], dict[str, Any]]:
    """The tasks of a file, its texts, and the pools that seeds draw from."""
    content = tomllib.loads(file.read_text(encoding="utf-8"))
    return tuple(kind.model_validate(task) for task in content["task"]), content["texts"], content["pools"]


def content_of(
    source: str, texts: Mapping[str, str], parameters: Parameters, makers: Mapping[str, MakeFile]
) -> bytes:
    """What a file holds at the start: a text filled in, or what code makes."""
    if source.startswith(MADE):
        return makers[source.removeprefix(MADE)](parameters)
    return str(filled(texts[source], parameters)).lstrip("\n").encode()
