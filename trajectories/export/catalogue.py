"""Every format that a trajectory can be written in or read from. A new one is one line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from deskhand.errors import TrajectoryError, UsageError
from deskhand.progress import Progress
from deskhand.text import did_you_mean
from deskhand.trajectories.export import (
    agentnet,
    document,
    moving,
    osworld,
    osworld_reading,
    script,
    sft,
    table,
    uitars,
    uitars_reading,
)
from deskhand.trajectories.export.exchange import ExportOptions, check_free
from deskhand.trajectories.export.importing import Story
from deskhand.trajectories.export.source import ForeignSource, head, refuse_pointer
from deskhand.trajectories.reader import Trajectory
from deskhand.trajectories.viewer.build import write_page


@dataclass(frozen=True, slots=True)
class Export:
    """A format that can be written.

    Attributes:
        says: what it is, in a few words.
        out: what ``--out`` names, in words.
        write: writes it and returns warnings; refuses a place where something stands.
        takes: names of the ``ExportOptions`` that mean something to it.
    """

    says: str
    out: str
    write: Callable[[Trajectory, Path, ExportOptions, Progress], list[str]]
    takes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Import:
    """A format that can be read: how it is recognised, and the trajectories in it."""

    says: str
    looks_like: Callable[[Path], bool]
    stories: Callable[[ForeignSource], list[Story]]


_FILM = ("size", "speed")
_TRAINING = ("dialect", "per", "history", "corrections", "prompt", "feedback")


def page(trajectory: Trajectory, out: Path, options: ExportOptions, progress: Progress) -> list[str]:
    """Write the page that ``deskhand show`` opens; returns which frames are missing on it."""
    check_free(out)
    return list(write_page(trajectory, out, progress=progress))


EXPORTS: Mapping[str, Export] = {
    "gif": Export("a moving picture", "a .gif file", moving.gif, _FILM),
    "mp4": Export("a film", "a .mp4 file", moving.mp4, _FILM),
    "html": Export("a page to look at", "a .html file", page),
    "json": Export("one document with everything", "a .json file", document.export, ("pictures",)),
    "parquet": Export("a table, a row a step", "a .parquet file", table.export, ("pictures",)),
    "python": Export("a script on the public API", "a .py file", script.export),
    "osworld": Export("OSWorld's results", "a folder", osworld.export),
    "agentnet": Export("AgentNet's trajectories", "a folder", agentnet.export),
    "uitars": Export("UI-TARS-desktop's report", "a .html or .json file", uitars.export),
    "sft": Export(
        "chat records with images for training", "a folder or a .parquet file", sft.export, _TRAINING
    ),
}

IMPORTS: Mapping[str, Import] = {
    "osworld": Import("OSWorld's results", osworld.looks_like, osworld_reading.stories),
    "agentnet": Import("AgentNet's trajectories", agentnet.looks_like, agentnet.stories),
    "uitars": Import("UI-TARS-desktop's report", uitars.looks_like, uitars_reading.stories),
}

Kind = TypeVar("Kind", Export, Import)


def export_format(name: str) -> Export:
    """The format to write of that name.

    Raises:
        UsageError: there is none; names the known ones.
    """
    return _named(EXPORTS, name)


def import_format(name: str) -> Import:
    """The format to read of that name.

    Raises:
        UsageError: there is none; names the known ones.
    """
    return _named(IMPORTS, name)


def recognise(path: Path) -> str:
    """The name of the format that a file or a folder is in.

    Raises:
        TrajectoryError: there is nothing, or it is in none of them.
    """
    if not path.exists():
        raise TrajectoryError(f"{path}: no such file or folder")
    refuse_pointer(head(path) if path.is_file() else b"", str(path))
    for name, kind in IMPORTS.items():
        if kind.looks_like(path):
            return name
    raise TrajectoryError(
        f"{path} is not in a known format: name it with --from, one of {', '.join(IMPORTS)}"
    )


def _named(known: Mapping[str, Kind], name: str) -> Kind:
    found = known.get(name)
    if found is None:
        meant = f"; {near}" if (near := did_you_mean(name, known)) else ""
        raise UsageError(f"there is no format {name[:40]!r}{meant or '.'} Known: {', '.join(known)}")
    return found
