"""What a page may send, checked: events of its mouse and keyboard, and commands.

It is a stranger's data until it is checked: nothing of it is done before all of it makes sense.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, field_validator

from deskhand.actions.geometry import Box, ScreenPoint, Viewport
from deskhand.actions.keys import KEYS, canonical_key
from deskhand.actions.vocabulary import Button
from deskhand.errors import UsageError
from deskhand.human.recording.events import Event, Finish, Hide, Item, MaskRequest, Note, OpenProgram, Pause

MOST_EVENTS = 300
MOST_NOTCHES = 20
LONGEST_TEXT = 2000
LONGEST_NOTE = 2000
LARGEST_SIDE = 1 << 14
SMALLEST_MASK = 4

_OWN_NAMES = {
    "audiovolumeup": "volumeup", "audiovolumedown": "volumedown", "audiovolumemute": "volumemute",
    "mediaplaypause": "playpause", "mediatracknext": "nexttrack", "mediatrackprevious": "prevtrack",
    "mediastop": "stop", "os": "win", "hyper": "win",
}  # fmt: skip
_NUMPAD = {
    "Add": "add", "Subtract": "subtract", "Multiply": "multiply", "Divide": "divide", "Decimal": "decimal",
}  # fmt: skip
_PLAIN = {
    "Minus": "-", "Equal": "=", "BracketLeft": "[", "BracketRight": "]", "Backslash": "\\", "Semicolon": ";",
    "Quote": "'", "Backquote": "`", "Comma": ",", "Period": ".", "Slash": "/", "Space": "space",
}  # fmt: skip
_LETTER = re.compile(r"Key([A-Z])|Digit([0-9])|Numpad([0-9])")

Side = Annotated[int, Field(strict=True, ge=0, lt=LARGEST_SIDE)]
Notches = Annotated[int, Field(strict=True, ge=-MOST_NOTCHES, le=MOST_NOTCHES)]


def page_key(key: str, code: str) -> str:
    """Our name of a key, from what a browser calls it and its place; empty for one that only writes.

    Raises:
        ValueError: there is no such key here.
    """
    if len(key) == 1:
        if code.startswith("Numpad") and code[6:] in _NUMPAD:
            return _NUMPAD[code[6:]]
        found = _LETTER.fullmatch(code)
        if found and found[3]:
            return f"num{found[3]}"
        name = "space" if key == " " else key.lower()
        if name in KEYS:
            return name
        # Another alphabet: the position of the key says which one a chord means.
        return (found[1] or found[2]).lower() if found else _PLAIN.get(code, "")
    return _OWN_NAMES.get(key.lower()) or canonical_key(key)


class _Sent(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Timed(_Sent):
    t: float = Field(ge=0, le=1e12, allow_inf_nan=False, description="milliseconds of the page's own clock")


class _Placed(_Timed):
    x: Side
    y: Side


class Pressed(_Placed):
    """A button of the mouse went down or up, at a place in pixels of the screen."""

    kind: Literal["press", "release"]
    button: Button


class Moved(_Placed):
    """The pointer went to a place."""

    kind: Literal["move"]


class Turned(_Placed):
    """The wheel was turned at a place, by notches across and down."""

    kind: Literal["wheel"]
    dx: Notches = 0
    dy: Notches = 0


class KeyMessage(_Timed):
    """A key went down or up: what the browser calls it, where it lies (``code``) and what it writes."""

    kind: Literal["key_down", "key_up"]
    key: str = Field(min_length=1, max_length=30)
    code: str = Field(default="", max_length=30)
    text: str = Field(default="", max_length=8)

    @field_validator("text")
    @classmethod
    def _printable(cls, text: str) -> str:
        return _writable(text)


class TextMessage(_Timed):
    """Text that no single key stands for: composed, inserted at once, or made with AltGr."""

    kind: Literal["text"]
    text: str = Field(min_length=1, max_length=LONGEST_TEXT)

    @field_validator("text")
    @classmethod
    def _printable(cls, text: str) -> str:
        return _writable(text)


SentEvent = Annotated[Pressed | Moved | Turned | KeyMessage | TextMessage, Field(discriminator="kind")]


class EventBatch(_Sent):
    """Events in order; ``first`` is the number of the first of them, from 0 for each page."""

    page: str = Field(max_length=64)
    first: int = Field(strict=True, ge=0, le=1 << 40)
    events: tuple[SentEvent, ...] = Field(min_length=1, max_length=MOST_EVENTS)


class Switched(_Sent):
    """Pausing or hiding is turned on or off."""

    do: Literal["pause", "hide"]
    on: bool = Field(strict=True)


class Masked(_Sent):
    """A region is to be painted over from now on, or no longer: left, top, right, bottom in pixels."""

    do: Literal["mask", "unmask"]
    box: tuple[Side, Side, Side, Side]


class Opened(_Sent):
    """A program of the menu is to be opened."""

    do: Literal["open"]
    name: str = Field(min_length=1, max_length=200)


class Noted(_Sent):
    """A remark for the trajectory."""

    do: Literal["note"]
    text: str = Field(min_length=1, max_length=LONGEST_NOTE)


class Ended(_Sent):
    """The person says that the task is done, with an answer if it asks for one."""

    do: Literal["done"]
    answer: str | None = Field(default=None, max_length=LONGEST_NOTE)


class Stopped(_Sent):
    """The person ends the recording although the task is not done."""

    do: Literal["stop"]


SentCommand = Annotated[Switched | Masked | Opened | Noted | Ended | Stopped, Field(discriminator="do")]


class CommandMessage(_Sent):
    """One command; it is obeyed after the events that were sent before it."""

    page: str = Field(max_length=64)
    command: SentCommand


BATCH: TypeAdapter[EventBatch] = TypeAdapter(EventBatch)
COMMAND: TypeAdapter[CommandMessage] = TypeAdapter(CommandMessage)


def as_event(sent: SentEvent, viewport: Viewport, clock: Callable[[float], float]) -> Event:
    """An event as the recording takes it.

    Args:
        clock: the page's milliseconds as seconds of this machine's clock.

    Raises:
        UsageError: a point outside the screen, or a key that there is not.
    """
    seconds = clock(sent.t)
    match sent:
        case Pressed():
            return Event(sent.kind, seconds, at=_point(sent, viewport), button=sent.button)
        case Moved():
            return Event("move", seconds, at=_point(sent, viewport))
        case Turned():
            return Event("wheel", seconds, at=_point(sent, viewport), dx=sent.dx, dy=sent.dy)
        case TextMessage():
            return Event("text", seconds, text=sent.text)
        case KeyMessage():
            try:
                return Event(sent.kind, seconds, key=page_key(sent.key, sent.code), text=sent.text)
            except ValueError as error:
                raise UsageError(str(error)) from error


def as_item(sent: SentCommand, viewport: Viewport) -> Item:
    """A command as the recording takes it.

    Raises:
        UsageError: a region that is none on this screen.
    """
    match sent:
        case Switched(do="pause"):
            return Pause(sent.on)
        case Switched():
            return Hide(sent.on)
        case Masked():
            box = Box(*sent.box)
            if box.width < SMALLEST_MASK or box.height < SMALLEST_MASK:
                raise UsageError("a region has a left, top, right and bottom, and some room between them")
            if box.right > viewport.width or box.bottom > viewport.height:
                raise UsageError(f"a region lies on the {viewport.width}x{viewport.height} screen")
            return MaskRequest(box, sent.do == "mask")
        case Opened():
            return OpenProgram(sent.name)
        case Noted():
            return Note(sent.text)
        case Ended():
            return Finish(done=True, answer=sent.answer or None)
        case Stopped():
            return Finish(done=False)


def _point(sent: _Placed, viewport: Viewport) -> ScreenPoint:
    point = ScreenPoint(sent.x, sent.y)
    if point not in viewport:
        raise UsageError(f"({point.x}, {point.y}) is outside the {viewport.width}x{viewport.height} screen")
    return point


def _writable(text: str) -> str:
    if not all(letter.isprintable() for letter in text):
        raise ValueError("text is letters; a control character is a key")
    return text
