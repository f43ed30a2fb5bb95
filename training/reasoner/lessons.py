"""Recorded runs as lessons for the embedded reasoner: what was seen at each step, and the move that was made.

Reading screens is what takes time, so the lessons of a run are kept in a file of their own, once read.
"""

from __future__ import annotations

import json
import logging
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deskhand.actions.geometry import Box, ScreenPoint, Viewport
from deskhand.actions.reply import Reply
from deskhand.disk import replacing
from deskhand.errors import NotExpressible, TrajectoryError
from deskhand.perception.screen import Element, Screenshot
from deskhand.perception.watch.difference import difference
from deskhand.policies.embedded.places import ScreenPlace, places_of
from deskhand.policies.embedded.pointed import Piece, PointedMove, move_of
from deskhand.policies.embedded.seeing import PastMove, done_in, pictures_of
from deskhand.trajectories.reader import Trajectory

log = logging.getLogger(__name__)

VERSION = 1
"""Raised when kept lessons can no longer be used."""

ElementsOf = Callable[[Screenshot], Sequence[Element]]


@dataclass(frozen=True, slots=True)
class Lesson:
    """One decision to learn.

    Attributes:
        instruction, places, pictures, viewport, past: what was seen, as ``seeing.see`` takes it.
        move: what was decided.
        changed: whether the screen changed; None where that is not known.
        thought: what the recorded policy thought.
        kind: the task, for counting.
    """

    instruction: str
    places: tuple[ScreenPlace, ...]
    pictures: NDArray[np.uint8]
    viewport: Viewport
    past: tuple[PastMove, ...]
    move: PointedMove
    changed: bool | None
    thought: str
    kind: str


def lessons_of(
    trajectory: Trajectory, elements_of: ElementsOf, right: Sequence[Reply | None] | None = None
) -> list[Lesson]:
    """One lesson for each step of a run that is one move; what no move says is only seen in the past.

    Args:
        elements_of: reads a frame, as ``ScreenReader.read`` does.
        right: what should have been decided at each step, where that was not what was done.

    Raises:
        TrajectoryError: a frame is missing or damaged.
    """
    instruction, kind = trajectory.task.instruction, trajectory.folder.name.rpartition("-")[0]
    lessons: list[Lesson] = []
    past: list[PastMove] = []
    before: Screenshot | None = None
    for number, step in enumerate(trajectory.steps):
        frame = trajectory.frame(step.frame)
        change = None if before is None else difference(before, frame)
        places = places_of(tuple(elements_of(frame)), frame.viewport, instruction, change)
        done = step.decision.reply
        reply = done if right is None else right[number] if number < len(right) else None
        if reply is not None and len(list(groupby(reply.actions))) == 1:
            try:
                move = move_of(reply.actions, instruction, places)
            except NotExpressible as error:
                log.info("%s, step %d: %s", trajectory.folder.name, step.step, error)
            else:
                pictures = pictures_of(places, frame.pixels)
                lessons.append(
                    Lesson(
                        instruction,
                        places,
                        pictures,
                        frame.viewport,
                        tuple(past),
                        move,
                        step.changed if done is not None and done.actions == reply.actions else None,
                        reply.thought,
                        kind,
                    )
                )
        past += done_in(step, instruction, places)
        before = frame
    return lessons


def collected(
    folders: Sequence[Path],
    kept: Path,
    elements_of: ElementsOf,
    progress: Callable[[int, int], None] | None = None,
    corrections: Callable[[Path], Sequence[Reply | None]] | None = None,
) -> list[Lesson]:
    """The lessons of many runs; those of a run that was read before come from its file in ``kept``.

    Args:
        corrections: what should have been decided at each step of a run, by its folder.
    """
    found: list[Lesson] = []
    kept.mkdir(parents=True, exist_ok=True)
    for number, folder in enumerate(folders, 1):
        path = kept / f"{folder.name}.npz"
        lessons = read_lessons(path)
        if lessons is None:
            try:
                right = corrections(folder) if corrections is not None else None
                lessons = lessons_of(Trajectory.open(folder), elements_of, right)
            except TrajectoryError as error:
                log.warning("%s is left out: %s", folder, error)
                continue
            write_lessons(path, lessons)
        found += lessons
        if progress:
            progress(number, len(folders))
    return found


def kept_lessons(folder: Path) -> list[Lesson]:
    """The lessons that ``collected`` kept in a folder.

    Raises:
        TrajectoryError: there are none, or a file is damaged or of another version.
    """
    return [lesson for _, lessons in kept_episodes(folder) for lesson in lessons]


def kept_episodes(folder: Path) -> Iterator[tuple[str, list[Lesson]]]:
    """The name of each run and its lessons, which ``collected`` kept in a folder; read one by one.

    Raises:
        TrajectoryError: there are none, or a file is damaged or of another version.
    """
    some = False
    for path in sorted(folder.glob("*.npz")):
        lessons = read_lessons(path)
        if lessons is None:
            raise TrajectoryError(f"{path} holds no lessons of this version: collect them again")
        some = some or bool(lessons)
        yield path.stem, lessons
    if not some:
        raise TrajectoryError(f"{folder} holds no lessons: make some with `deskhand train clone`")


def write_lessons(path: Path, lessons: Sequence[Lesson]) -> None:
    """Keep lessons in a file, ``*.npz``."""
    facts = [
        {name: value for name, value in asdict(lesson).items() if name != "pictures"} for lesson in lessons
    ]
    pictures = {f"pictures{n}": lesson.pictures for n, lesson in enumerate(lessons)}
    text = json.dumps({"version": VERSION, "lessons": facts}, default=list)
    with replacing(path) as whole, whole.open("wb") as file:
        np.savez_compressed(file, facts=np.frombuffer(text.encode(), np.uint8), **pictures)  # type: ignore[arg-type]


def read_lessons(path: Path) -> list[Lesson] | None:
    """The lessons in a file; None if it is not there, damaged, or of another version."""
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            found = json.loads(file["facts"].tobytes())
            if found["version"] != VERSION:
                return None
            return [_lesson(facts, file[f"pictures{n}"]) for n, facts in enumerate(found["lessons"])]
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile):
        return None


def _lesson(facts: dict[str, Any], pictures: NDArray[np.uint8]) -> Lesson:
    places = tuple(
        ScreenPlace(**{**place, "box": Box(**place["box"]), "state": frozenset(place["state"])})
        for place in facts["places"]
    )
    past = tuple(
        PastMove(**{**done, "point": ScreenPoint(**done["point"]) if done["point"] else None})
        for done in facts["past"]
    )
    move = facts["move"]
    tuples = {name: tuple(move[name]) for name in ("hold", "modifiers", "direction")}
    pieces = tuple(Piece(**piece) for piece in move["pieces"])
    given = {
        **facts,
        "places": places,
        "past": past,
        "viewport": Viewport(**facts["viewport"]),
        "move": PointedMove(**{**move, **tuples, "pieces": pieces}),
    }
    return Lesson(pictures=pictures, **given)
