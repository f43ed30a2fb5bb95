"""One JSON document with everything: header, steps, notes, end, and the pictures if they are wanted.

    {"deskhand": "trajectory", "version": 1, "header": {...}, "steps": [...], "notes": [...], "end": {...},
     "files": [...], "repairs": [...], "frames": {DIGEST: {"width": W, "height": H, "picture": ...}}}

``picture`` is a path relative to the document, or a data URL, or absent.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from deskhand.disk import write_new_file
from deskhand.errors import UsageError
from deskhand.perception.screen import Screenshot
from deskhand.progress import Progress
from deskhand.trajectories.export.exchange import (
    ExportOptions,
    check_free,
    check_suffix,
    new_file,
    new_folder,
    png,
)
from deskhand.trajectories.reader import Trajectory

VERSION = 1


def export(trajectory: Trajectory, out: Path, options: ExportOptions, progress: Progress) -> list[str]:
    """Write the document; pictures as files go into a folder beside it, ``NAME.frames``.

    Raises:
        UsageError: ``out`` or the folder exists, or ``out`` does not end in .json.
        LogError: it cannot be written.
        TrajectoryError: a frame is missing or damaged.
    """
    check_suffix(out, ".json")
    check_free(out)
    if options.pictures != "files":
        _write(trajectory, out, None, options, progress)
        return []
    frames = out.with_name(f"{out.stem}.frames")
    if frames == out:
        raise UsageError(f"{out} cannot be written beside a folder of the same name: choose another --out")
    with new_folder(frames) as folder:
        _write(trajectory, out, folder, options, progress)
    return []


def _write(
    trajectory: Trajectory, out: Path, folder: Path | None, options: ExportOptions, progress: Progress
) -> None:
    with new_file(out) as file:
        for piece in _pieces(trajectory, out, folder, options, progress):
            file.write(piece.encode())


def _pieces(
    trajectory: Trajectory, out: Path, folder: Path | None, options: ExportOptions, progress: Progress
) -> Iterator[str]:
    """The document in pieces, so that not all pictures are in memory at once."""
    about: dict[str, Any] = {
        "deskhand": "trajectory",
        "version": VERSION,
        "header": trajectory.header.model_dump(mode="json"),
        "end": trajectory.end.model_dump(mode="json") if trajectory.end else None,
        "files": list(trajectory.files),
        "repairs": list(trajectory.repairs),
        "notes": [note.model_dump(mode="json") for note in trajectory.notes],
    }
    yield _json(about)[:-1] + ', "steps": ['
    for index, step in enumerate(trajectory.steps):
        yield (",\n" if index else "\n") + _json(step.model_dump(mode="json"))
    yield '], "frames": {'
    digests = frames_of(trajectory)
    for index, digest in enumerate(digests):
        progress(f"frames ({index + 1} of {len(digests)})", (index + 1) / len(digests))
        entry = _frame(trajectory.frame(digest), digest, out, folder, options)
        yield (",\n" if index else "\n") + f"{_json(digest)}: {_json(entry)}"
    yield "}}\n"


def frames_of(trajectory: Trajectory) -> list[str]:
    """Every frame once, in the order of the steps, the end's last."""
    digests = [step.frame for step in trajectory.steps]
    if trajectory.end is not None and trajectory.end.frame is not None:
        digests.append(trajectory.end.frame)
    return list(dict.fromkeys(digests))


def _frame(
    shot: Screenshot, digest: str, out: Path, folder: Path | None, options: ExportOptions
) -> dict[str, Any]:
    entry: dict[str, Any] = {"width": shot.viewport.width, "height": shot.viewport.height}
    if folder is not None:
        write_new_file(folder / f"{digest}.png", png(shot))
        entry["picture"] = f"{out.stem}.frames/{digest}.png"
    elif options.pictures == "inside":
        entry["picture"] = "data:image/png;base64," + base64.b64encode(png(shot)).decode()
    return entry


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
