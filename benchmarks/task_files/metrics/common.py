"""What metrics have in common: reading what getters gave, and saying what is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from deskhand.benchmarks.suite import Score
from deskhand.benchmarks.task_files.place import NothingThere, TooMuch
from deskhand.benchmarks.task_files.task import wrong_fields
from deskhand.errors import UsageError

LARGEST_TEXT = 16 << 20
LONGEST_SHOWN = 80

Model = TypeVar("Model", bound=BaseModel)


def must(good: bool, reason: str) -> Score:
    """Done, or not for a reason."""
    return Score(1.0) if good else Score(0.0, reason)


def rules_of(model: type[Model], rules: Any) -> Model:
    """A task's rules, or options, as a metric takes them.

    Raises:
        UsageError: they are not.
    """
    try:
        return model.model_validate(rules)
    except (ValidationError, RecursionError) as error:
        raise UsageError(f"a metric cannot read its rules: {wrong_fields(error)}") from error


def shown(value: Any) -> str:
    """A value as messages show it, cut short."""
    text = repr(value)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}..."


def text_of(value: Any) -> str:
    """A text, or the text in a file.

    Raises:
        NothingThere: it is neither.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, Path):
        return bytes_of(value).decode(errors="replace")
    raise NothingThere(f"{shown(value)} is not text")


def bytes_of(value: Any) -> bytes:
    """The content of a file that a getter gave."""
    return file_of(value).read_bytes()


def file_of(value: Any, most: int = LARGEST_TEXT) -> Path:
    """A file that a getter gave.

    Raises:
        NothingThere: it is none.
        TooMuch: it has more than ``most`` bytes.
    """
    if not isinstance(value, Path):
        raise NothingThere(f"{shown(value)} is not a file")
    if value.stat().st_size > most:
        raise TooMuch(f"{value.name} cannot be judged: it is larger than {most >> 20} MiB")
    return value
