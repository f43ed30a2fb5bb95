"""The pages of MiniWoB++, from its Python package (MIT): which there are, and what each of them is."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from deskhand.errors import EnvironmentProblem

HERE = Path(__file__).parent
SHARED = ("core", "common")
EMPTY = b"<!doctype html><meta charset=utf-8><title>empty</title>"


def installed() -> Path:
    """The folder of the installed package's pages.

    Raises:
        EnvironmentProblem: the package is not installed.
    """
    found = find_spec("miniwob")
    if found is None or not found.submodule_search_locations:
        raise EnvironmentProblem("the pages of MiniWoB++ are missing: pip install 'miniwob==1.1.0'")
    return Path(next(iter(found.submodule_search_locations))) / "html"


@cache
def subsets() -> dict[str, tuple[str, ...]]:
    """The sets of tasks on which others have reported, by name."""
    data = json.loads((HERE / "subsets.json").read_text())
    return {name: tuple(tasks) for name, tasks in data.items()}


@cache
def packed(html: Path) -> bytes:
    """All pages and what they need, as a zip archive."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("empty.html", EMPTY)
        for folder in (*SHARED, "miniwob"):
            for path in _files(html / folder):
                archive.write(path, path.relative_to(html).as_posix())
    return data.getvalue()


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
        for path in _files(html / folder):
            h.update(path.relative_to(html).as_posix().encode() + b"\0" + path.read_bytes())
    return h.digest()


def _files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*")) if path.is_file()]
