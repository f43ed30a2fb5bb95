"""Writes the page: template, style and script of this folder, and the data of one or two trajectories."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from deskhand.errors import UsageError
from deskhand.progress import Progress, silent
from deskhand.trajectories.export.exchange import new_file
from deskhand.trajectories.reader import Trajectory
from deskhand.trajectories.viewer import bounds
from deskhand.trajectories.viewer.data import page_data
from deskhand.trajectories.viewer.pictures import ElementReader, Pictures


def write_page(
    trajectory: Trajectory,
    out: Path,
    *,
    other: Trajectory | None = None,
    reader: ElementReader | None = None,
    progress: Progress = silent,
) -> tuple[str, ...]:
    """Write the page of a trajectory, or of two side by side, to a new file.

    Args:
        reader: finds the elements of each frame, for marks; without it only recorded targets are marked.
        progress: called while it is written.

    Returns:
        why frames are missing on the page, if any are.

    Raises:
        UsageError: something is at ``out`` already.
        LogError: it cannot be written.
    """
    if out.exists() or out.is_symlink():
        raise UsageError(f"{out} already exists and is not replaced: choose another --out")
    pictures = Pictures(reader)
    both = [trajectory] if other is None else [trajectory, other]
    data = [page_data(one, pictures, progress, one.folder.name or str(one.folder)) for one in both]
    with new_file(out) as file:
        for part in _parts(data, pictures):
            file.write(part.encode())
    return pictures.faults()


def _parts(data: list[dict[str, object]], pictures: Pictures) -> Iterator[str]:
    style, script = _asset("page.css"), _asset("page.js")
    document = {"trajectories": data, "pictures": pictures.list()}
    title = " and ".join(str(one["instruction"])[:80] for one in data)
    environment = Environment(autoescape=True, undefined=StrictUndefined)
    yield from environment.from_string(_asset("page.html")).generate(
        title=title,
        style=Markup(style),
        script=Markup(script),
        style_hash=_hash(style),
        script_hash=_hash(script),
        data=Markup(bounds.script_json(document)),
        blocks=pictures.blocks(),
        markup=Markup,
    )


@cache
def _asset(name: str) -> str:
    return (files("deskhand.trajectories.viewer") / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(sha256(text.encode()).digest()).decode()
