"""Names of new run folders."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

from deskhand.disk import writing

LONGEST_SLUG = 40
_OTHER = re.compile(r"[^a-z0-9]+")


def slug(text: str) -> str:
    """Text reduced to a-z, 0-9 and single hyphens, at most ``LONGEST_SLUG`` of whole words; may be empty.

    >>> slug("Type 'été' & save it!")
    'type-t-save-it'
    """
    whole = _OTHER.sub("-", text[:1000].lower()).strip("-")
    if len(whole) <= LONGEST_SLUG:
        return whole
    words, _, _ = whole[: LONGEST_SLUG + 1].rpartition("-")
    return words.strip("-") or whole[:LONGEST_SLUG]


def new_run_folder(base: Path | str, instruction: str = "", *, now: datetime | None = None) -> Path:
    """Make a folder for a new run below ``base``: local time, then the instruction as a slug.

    The folder is made here, not only named, so two runs that start together never share one.

    Raises:
        LogError: it cannot be made.
    """
    moment = (now or datetime.now().astimezone()).strftime("%Y%m%d-%H%M%S")
    stem = "-".join(part for part in (moment, slug(instruction)) if part)
    parent = Path(base)
    with writing("the run's folder", parent):
        parent.mkdir(parents=True, exist_ok=True)
        number = 1
        while True:
            folder = parent / (stem if number == 1 else f"{stem}-{number}")
            try:
                folder.mkdir()
                return folder
            except FileExistsError:
                number += 1
