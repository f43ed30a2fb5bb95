"""Whether a screen shows a goal: by the state that it is in, and by what stands there."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from deskhand.actions.geometry import Box
from deskhand.benchmarks.suites.mapped.goals import STATES, MapGoal
from deskhand.knowledge.controls import find, find_field, is_written
from deskhand.knowledge.map import AppMap, MapCommand, MapField, picture
from deskhand.knowledge.recognising import Look, is_at
from deskhand.perception.pictures import read_picture
from deskhand.perception.screen import Element, Pixels, Screenshot

AGREED = 0.9
"""Of the pixels that a command changed, the share that must be as it left them."""
SAME_SHADE = 12
"""Levels of a colour within which two pixels are the same."""


@dataclass(eq=False)
class SeenScreen:
    """A screen, and what is on it; and the files that there are now, where somebody asked."""

    screenshot: Screenshot
    elements: Sequence[Element]
    files: frozenset[str] = frozenset()

    @cached_property
    def look(self) -> Look:
        """What tells which state it is in."""
        return Look.at(self.elements)


class GoalChecker:
    """Says of screens whether they show a goal of a map.

    Args:
        folder: of the map, for its pictures.
    """

    def __init__(self, found: AppMap, folder: Path) -> None:
        self._found, self._folder = found, folder
        self._pictures: dict[str, Pixels] = {}

    def is_met(self, goal: MapGoal, seen: SeenScreen) -> bool:
        """Whether a screen shows a goal."""
        if goal.kind == "effect":
            return self._is_as_after(goal.command, seen, follow=False)
        if goal.kind == "file":
            return goal.file in seen.files
        if not is_at(goal.state, seen.look, self._found.states):
            return False
        if goal.kind in STATES:
            return True
        if goal.kind == "field":
            return goal.field is not None and _holds(goal.field, goal.text, seen)
        if goal.kind == "box":
            return self._is_as_after(goal.command, seen, follow=True)
        control = find(goal.command.deed.on, seen.elements) if goal.command is not None else None
        return control is not None and ("checked" in control.state) is (goal.kind != "untick")

    def begins_with(self, goal: MapGoal) -> bool:
        """Whether the application shows an effect already when it starts, by the picture of that state."""
        start = next((one for one in self._found.states if not one.path), None)
        if start is None or goal.kind != "effect":
            return False
        screen = self._read(start.picture)
        if screen is None:
            return False
        return self._is_as_after(goal.command, SeenScreen(Screenshot(screen), ()), follow=False)

    def _is_as_after(self, command: MapCommand | None, seen: SeenScreen, *, follow: bool) -> bool:
        """Whether what a command changed is as it left it.

        Args:
            follow: look where the control is now, too; its window may have moved.
        """
        if command is None or command.changed is None:
            return False
        before, after = self._read(command.before), self._read(command.after)
        if before is None or after is None:
            return False
        box = command.changed
        places = [box]
        control = find(command.deed.on, seen.elements) if follow else None
        if control is not None:
            right = control.box.left - command.deed.on.box.left
            down = control.box.top - command.deed.on.box.top
            places.append(Box(box.left + right, box.top + down, box.right + right, box.bottom + down))
        return any(agreement(seen.screenshot.crop(place), before, after) >= AGREED for place in places)

    def _read(self, name: str) -> Pixels | None:
        if name not in self._pictures:
            data = picture(self._folder, name)
            if not data:
                return None
            self._pictures[name] = read_picture(io.BytesIO(data), "a picture of the map").pixels
        return self._pictures[name]


def agreement(now: Pixels, before: Pixels, after: Pixels) -> float:
    """Of the pixels in which two pictures differ, the share that is now as in the second, 0 to 1."""
    if not now.shape == before.shape == after.shape:
        return 0.0
    differing = np.any(before != after, axis=2)
    if not differing.any():
        return 0.0
    off = np.abs(now.astype(np.int16) - after.astype(np.int16)).max(axis=2)
    return float((off[differing] <= SAME_SHADE).mean())


def _holds(field: MapField, text: str, seen: SeenScreen) -> bool:
    """Whether a text is all that stands in a field, or a line of it."""
    element = find_field(field.name, field.box, seen.elements)
    return is_written(text, element.box if element is not None else field.box, seen.elements)
