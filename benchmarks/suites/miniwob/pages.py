"""What the suite makes of MiniWoB++'s pages: the sets that others report on, and a version for each task."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path

from deskhand.screens.pages.miniwob import SHARED, files

HERE = Path(__file__).parent


@cache
def subsets() -> dict[str, tuple[str, ...]]:
    """The sets of tasks on which others have reported, by name."""
    data = json.loads((HERE / "subsets.json").read_text())
    return {name: tuple(tasks) for name, tasks in data.items()}


def version(html: Path, task: str) -> str:
    """A hash of a task's page, of what all pages share and of how an episode is begun."""
    h = hashlib.sha256(shared(html))
    h.update(task.encode() + b"\0" + (html / "miniwob" / f"{task}.html").read_bytes())
    return h.hexdigest()[:12]


@cache
def shared(html: Path) -> bytes:
    """A hash of what all pages share."""
    h = hashlib.sha256((HERE / "page.js").read_bytes())
    for folder in SHARED:
        for path in files(html / folder):
            h.update(path.relative_to(html).as_posix().encode() + b"\0" + path.read_bytes())
    return h.digest()
