"""What comes into a recording: events of a mouse and a keyboard, and what else a person wants."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from deskhand.actions.geometry import Box, ScreenPoint
from deskhand.actions.vocabulary import Action, Button

Kind = Literal["press", "release", "move", "wheel", "key_down", "key_up", "text"]


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that a mouse or a keyboard did.

    Attributes:
        kind: press, release and move of the mouse, a turn of its wheel, a key, or text that came without
            a key (from an input method).
        seconds: when, on a clock of the source's own that never goes back.
        at: where the pointer was, in pixels.
        button: which one was pressed or released.
        key: the key's name in the vocabulary, modifiers without their side; empty if it has none.
        text: what the key or the input method writes.
        dx, dy: notches of the wheel, right and down.
    """

    kind: Kind
    seconds: float
    at: ScreenPoint | None = None
    button: Button = "left"
    key: str = ""
    text: str = ""
    dx: int = 0
    dy: int = 0


@dataclass(frozen=True, slots=True)
class Gesture:
    """An action and the time from its first to its last event."""

    action: Action
    began: float
    ended: float


@dataclass(frozen=True, slots=True)
class Pause:
    """Leave unrecorded what is done from now on, or record it again."""

    on: bool


@dataclass(frozen=True, slots=True)
class Hide:
    """Hide what is typed from now on, or no longer."""

    on: bool


@dataclass(frozen=True, slots=True)
class MaskRequest:
    """Paint a region over from now on, or no longer."""

    box: Box
    on: bool = True


@dataclass(frozen=True, slots=True)
class OpenProgram:
    """Open a program of the menu, by its name there."""

    name: str


@dataclass(frozen=True, slots=True)
class Note:
    """Words of the person's."""

    text: str


@dataclass(frozen=True, slots=True)
class Finish:
    """The person says that it is done; or, if not ``done``, stops."""

    done: bool
    answer: str | None = None
    reason: str = "stopped by the person"


Item = Event | Pause | Hide | MaskRequest | OpenProgram | Note | Finish
