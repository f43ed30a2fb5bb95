"""A metric on databases of SQLite: a question of the task's author, whose answer is the reward."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, Field

from deskhand.benchmarks.suite import Score
from deskhand.benchmarks.task_files.metrics.common import file_of, rules_of, shown
from deskhand.benchmarks.task_files.place import LARGEST_LOCAL, NothingThere
from deskhand.benchmarks.task_files.task import Object
from deskhand.errors import UsageError

LONGEST_VALUE = 16 << 20
STEPS_BETWEEN_LOOKS = 10_000
"""Of SQLite's machine, between two looks at the clock."""
_READING = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}

_WRITING = {
    sqlite3.SQLITE_INSERT, sqlite3.SQLITE_DELETE, sqlite3.SQLITE_UPDATE, sqlite3.SQLITE_TRANSACTION,
}  # fmt: skip

Allowed = Callable[[int, str | None, str | None, str | None, str | None], int]
"""Whether something is allowed that is asked of a database, in SQLite's numbers."""


@contextlib.contextmanager
def only_read(path: Path, seconds: float | None = None) -> Iterator[sqlite3.Connection]:
    """A database of which nothing but its own values can be asked; it may be anybody's.

    Args:
        seconds: after which a question is an ``sqlite3.OperationalError``; a view may have no end.
    """
    with _guarded(f"{path.as_uri()}?mode=ro&immutable=1", _reads, seconds) as database:
        yield database


@contextlib.contextmanager
def only_rows_written(path: Path, seconds: float) -> Iterator[sqlite3.Connection]:
    """A database, anybody's, in which rows are read and written and nothing else is done.

    A trigger of its own is an ``sqlite3.DatabaseError``, and so is what takes longer than ``seconds``. What
    was written is kept if nothing goes wrong while inside.
    """
    with _guarded(f"{path.as_uri()}?mode=rw", _writes_rows, seconds) as database, database:
        yield database


@contextlib.contextmanager
def _guarded(address: str, allowed: Allowed, seconds: float | None) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(sqlite3.connect(address, uri=True)) as database:
        database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_VALUE)
        database.execute("PRAGMA trusted_schema=OFF")
        database.set_authorizer(allowed)
        if seconds is not None:
            end = time.monotonic() + seconds
            database.set_progress_handler(lambda: time.monotonic() > end, STEPS_BETWEEN_LOOKS)
        yield database


class _Question(BaseModel):
    sql: Annotated[str, Field(max_length=10_000)]


def run_sqlite3(result: Any, expected: Any, options: Object) -> Score:
    """The first value that a question to a database gives, as a reward; nothing is 0.

    The question reads: it can neither change the database nor load or attach anything.
    """
    question, path = rules_of(_Question, expected).sql, file_of(result, LARGEST_LOCAL)
    try:
        with only_read(path) as database:
            row = database.execute(question).fetchone()
            reward = float(row[0] or 0)
    except sqlite3.OperationalError as error:
        raise NothingThere(f"the database does not answer {shown(question)}: {error}") from error
    except sqlite3.DatabaseError as error:
        if "not authorized" in str(error) or "prohibited" in str(error):
            raise UsageError(f"the question {shown(question)} does more than read") from error
        raise NothingThere(f"{path.name} is not a database that can be read: {error}") from error
    return Score(reward, "" if reward >= 1 else f"the database answers {shown(row[0])}")


def _reads(action: int, first: str | None, second: str | None, *rest: str | None) -> int:
    loads = action == sqlite3.SQLITE_FUNCTION and second == "load_extension"
    return sqlite3.SQLITE_OK if action in _READING and not loads else sqlite3.SQLITE_DENY


def _writes_rows(
    action: int, first: str | None, second: str | None, database: str | None, inner: str | None
) -> int:
    """``inner`` is the trigger or view that wants it; ours does not come from one."""
    if inner is None and action in _WRITING and not (first or "").startswith("sqlite_"):
        return sqlite3.SQLITE_OK
    return _reads(action, first, second)
