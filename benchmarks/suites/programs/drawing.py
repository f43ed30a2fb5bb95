"""What the parts of one program are drawn with."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from deskhand.benchmarks.browsing.moves import Moves
from deskhand.benchmarks.composing.goals import Goal, State
from deskhand.benchmarks.composing.wording import DistinctWords, sentences
from deskhand.benchmarks.suites.programs.window import ProgramWindow
from deskhand.screens.forms.words import Wording

Spec = Mapping[str, Any]
"""A part as ``screens/forms/gtk_parts.py`` builds it."""
Doing = Callable[[ProgramWindow], Moves]
ProgramGoal = Goal[ProgramWindow]

ICONS = {
    "document-new": "new document",
    "document-open": "open", "document-save": "save", "document-print": "print",
    "edit-cut": "cut", "edit-copy": "copy", "edit-paste": "paste", "edit-undo": "undo", "edit-redo": "redo",
    "edit-delete": "delete", "edit-find": "find", "list-add": "add", "list-remove": "remove",
    "go-home": "home", "go-previous": "back", "go-next": "forward", "go-up": "up", "go-down": "down",
    "view-refresh": "refresh", "zoom-in": "zoom in", "zoom-out": "zoom out", "help-about": "about",
    "format-text-bold": "bold", "format-text-italic": "italic", "folder-new": "new folder",
    "mail-send": "send", "process-stop": "stop", "view-fullscreen": "full screen",
}  # fmt: skip
"""Pictures of buttons without a text, and what they are called."""


@dataclass(frozen=True, slots=True)
class ProgramPart:
    """A part of a program.

    Attributes:
        spec: its description.
        goals: what can be wanted of it.
        start: what its controls hold at first.
        is_bar: whether it spans the window's top.
    """

    spec: Spec
    goals: tuple[ProgramGoal, ...]
    start: State = field(default_factory=dict)
    is_bar: bool = False


class ProgramDrawing(DistinctWords):
    """What the parts of one program are made with; no text stands in it twice.

    Args:
        chance: the same one makes the same program.
        seen: whether goals are told in words that training may see.
    """

    def __init__(self, chance: random.Random, seen: bool) -> None:
        super().__init__(chance, Wording(chance, "en"))
        self.seen = seen
        self._count = 0

    def new_id(self) -> str:
        """Of a control."""
        self._count += 1
        return f"e{self._count}"

    def said(self, kind: str) -> tuple[str, ...]:
        """The sentences of a kind of goal."""
        return sentences(kind, self.seen)

    def icons(self, least: int, most: int) -> list[str]:
        """Different pictures whose names are no texts of the program, nor parts of one."""
        free = [
            name
            for name, text in ICONS.items()
            if not any(text in used or used in text for used in self._used)
        ]
        chosen = self.chance.sample(free, min(len(free), self.chance.randint(least, most)))
        kept: list[str] = []
        for name in chosen:  # "new" and "new folder" would be told apart by guessing
            if not any(ICONS[name] in ICONS[one] or ICONS[one] in ICONS[name] for one in kept):
                kept.append(name)
        self._used.update(ICONS[name] for name in kept)
        return kept
