"""A step that writes pages into Chrome's history, as if they had been visited."""

from __future__ import annotations

import sqlite3
import time
from typing import Annotated

from pydantic import Field

from deskhand.benchmarks.task_files.browser.program import PROFILES, command, make_profile, profile_file
from deskhand.benchmarks.task_files.browser.tabs import LONGEST_URL
from deskhand.benchmarks.task_files.metrics.databases import only_rows_written
from deskhand.benchmarks.task_files.place import NothingThere, Place
from deskhand.benchmarks.task_files.steps import GivenParameters
from deskhand.errors import SandboxError

EPOCH_SECONDS = 11_644_473_600
"""From 1601, where the browser's time begins, to 1970."""
WRITE_SECONDS = 60.0
TYPED_AND_SHOWN = 0x30000000
"""How a page was come to: by a link, at the beginning and the end of a chain."""


class Visits(GivenParameters):
    """Pages with how many seconds ago they were visited."""

    class Visit(GivenParameters):
        url: Annotated[str, Field(max_length=LONGEST_URL)]
        title: Annotated[str, Field(max_length=LONGEST_URL)]
        ago: Annotated[float, Field(ge=0, le=1e9, alias="visit_time_from_now_in_seconds")]

    history: Annotated[tuple[Visit, ...], Field(max_length=1000)]


def update_browse_history(place: Place, given: Visits) -> None:
    """Have these pages in the history; those that were there are gone. The browser must not be running.

    OSWorld downloads an empty history of some version; here the browser that is there makes its own.

    Raises:
        SandboxError: the browser makes none.
    """
    make_profile(place)
    line = command(place, ["google-chrome", "--headless", "--no-sandbox", "--dump-dom", "about:blank"])
    try:
        place.run(line)
        path = place.copy(profile_file(place, "Default/History"), "History")
        with only_rows_written(path, WRITE_SECONDS) as connection:
            connection.execute("DELETE FROM visits")
            connection.execute("DELETE FROM urls")
            for visit in given.history:
                _write(connection, visit)
    except (NothingThere, sqlite3.Error) as error:
        raise SandboxError(f"the browser's history cannot be written: {error}") from error
    place.sandbox.write_file(f"{PROFILES}/Default/History", path.read_bytes())


def _write(connection: sqlite3.Connection, visit: Visits.Visit) -> None:
    when = int((time.time() - visit.ago + EPOCH_SECONDS) * 1_000_000)
    page = connection.execute(
        "INSERT INTO urls (url, title, visit_count, typed_count, last_visit_time, hidden) "
        "VALUES (?, ?, 1, 0, ?, 0)",
        (visit.url, visit.title, when),
    )
    connection.execute(
        "INSERT INTO visits (url, visit_time, from_visit, transition, segment_id, visit_duration) "
        "VALUES (?, ?, 0, ?, 0, 0)",
        (page.lastrowid, when, TYPED_AND_SHOWN),
    )
