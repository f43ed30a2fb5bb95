"""Actions through QEMU's own pointer and keyboard: for a machine whose guest server is dead.

Less than the guest server can do: text is what a US keyboard has, and applications cannot be opened.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

from deskhand.actions import vocabulary as actions
from deskhand.actions.geometry import ScreenPoint, Viewport
from deskhand.actions.keys import forbidden_chord
from deskhand.actions.outcome import Outcome
from deskhand.errors import SandboxError
from deskhand.sandbox.vm.qmp import Monitor
from deskhand.waiting import pause

_AXIS = 0x8000
_BETWEEN_SECONDS = 0.02
_DRAG_STEPS = 12

_SHIFTED = dict(zip('~!@#$%^&*()_+{}|:"<>?', "`1234567890-=[]\\;',./", strict=True))
_CODES = {
    "`": "grave_accent", "-": "minus", "=": "equal", "[": "bracket_left", "]": "bracket_right",
    "\\": "backslash", ";": "semicolon", "'": "apostrophe", ",": "comma", ".": "dot", "/": "slash",
    " ": "spc", "\n": "ret", "\t": "tab",
    "enter": "ret", "tab": "tab", "space": "spc", "backspace": "backspace", "delete": "delete",
    "esc": "esc", "insert": "insert", "home": "home", "end": "end", "pageup": "pgup", "pagedown": "pgdn",
    "up": "up", "down": "down", "left": "left", "right": "right", "capslock": "caps_lock",
    "numlock": "num_lock", "scrolllock": "scroll_lock", "printscreen": "print", "pause": "pause",
    "apps": "menu", "ctrl": "ctrl", "ctrlleft": "ctrl", "ctrlright": "ctrl_r", "shift": "shift",
    "shiftleft": "shift", "shiftright": "shift_r", "alt": "alt", "altleft": "alt", "altright": "alt_r",
    "win": "meta_l", "winleft": "meta_l", "winright": "meta_r", "add": "kp_add", "stop": "stop",
    "subtract": "kp_subtract", "multiply": "kp_multiply", "divide": "kp_divide", "decimal": "kp_decimal",
    "volumemute": "audiomute", "volumedown": "volumedown", "volumeup": "volumeup",
    "playpause": "audioplay", "nexttrack": "audionext", "prevtrack": "audioprev",
    **{f"num{n}": f"kp_{n}" for n in range(10)},
    **{f"f{n}": f"f{n}" for n in range(1, 13)},
}  # fmt: skip

_SIDES = {"back": "side", "forward": "extra"}
"""QEMU's names of the buttons that have other ones."""


class NoSuchKey(ValueError):
    """QEMU's keyboard has no such key or character; nothing was done."""


class Inputs:
    """Does actions with QEMU's tablet and keyboard.

    Args:
        monitor: the machine's monitor.
        viewport: its screen.
    """

    def __init__(self, monitor: Monitor, viewport: Viewport) -> None:
        self._monitor = monitor
        self._viewport = viewport
        self._down: list[str] = []
        self.pointer: ScreenPoint | None = None

    def perform(self, action: actions.Action) -> Outcome:
        """Do one action that the gate let through, and say what became of it."""
        began = time.perf_counter()
        try:
            self._do(action)
        except NoSuchKey as error:
            return Outcome.refused(str(error))
        except SandboxError as error:
            return Outcome.unknown(str(error))
        return Outcome.done((time.perf_counter() - began) * 1e3)

    def _do(self, action: actions.Action) -> None:
        match action:
            case actions.Click():
                with self._held(action.hold):
                    self._move(action.at)
                    for _ in range(action.count):
                        self._press(action.button)
                        self._release(action.button)
            case actions.Move():
                with self._held(action.hold):
                    self._move(action.at)
            case actions.Drag():
                path = action.path if len(action.path) > 1 else (self._here(), *action.path)
                with self._held(action.hold):
                    self._drag(path, action.button)
            case actions.Scroll():
                if action.at is not None:
                    self._move(action.at)
                with self._held(action.hold):
                    self._wheel(action.dx, action.dy)
            case actions.Type():
                self._type(action.text + ("\n" if action.submit else ""), clear=action.clear)
            case actions.Key():
                for _ in range(action.times):
                    self._chord(action.keys, action.seconds)
            case actions.KeyDown():
                self._allow((action.key,))
                self._key(_code(action.key), down=True)
                self._down.append(action.key)
            case actions.KeyUp():
                self._key(_code(action.key), down=False)
                self._down = [key for key in self._down if key != action.key]
            case actions.MouseDown():
                self._move(action.at)
                self._press(action.button)
            case actions.MouseUp():
                self._move(action.at)
                self._release(action.button)
            case actions.LongPress():
                self._move(action.at)
                self._press("left")
                pause(action.seconds, why="the action is to hold")
                self._release("left")
            case actions.Wait():
                pause(action.seconds, why="the action is to wait")
            case actions.TakeScreenshot():
                pass
            case _:
                raise NoSuchKey(f"{action.kind} needs the guest server, which does not answer")

    def _here(self) -> ScreenPoint:
        if self.pointer is None:
            raise NoSuchKey("where the pointer is is not known: its guest server does not answer")
        return self.pointer

    def _type(self, text: str, *, clear: bool) -> None:
        unknown = next((c for c in text if not _has(c)), None)
        if unknown is not None:
            raise NoSuchKey(f"{unknown!r} needs the guest server, which does not answer")
        if clear:
            self._chord(("ctrl", "a"))
            if not text:
                self._chord(("delete",))
        for character in text:
            plain = _SHIFTED.get(character, character.lower())
            with self._held(("shift",) if plain != character else ()):
                self._tap(_code(plain))

    def _chord(self, keys: tuple[str, ...], seconds: float = 0.0) -> None:
        self._allow(keys)
        codes = [_code(key) for key in keys]
        with self._held(keys[:-1]):
            self._tap(codes[-1], seconds)

    def _allow(self, keys: tuple[str, ...]) -> None:
        reason = forbidden_chord([*self._down, *keys])
        if reason:
            raise NoSuchKey(reason)

    def _drag(self, path: Iterable[ScreenPoint], button: str) -> None:
        points = list(path)
        self._move(points[0])
        self._press(button)
        for start, end in pairwise(points):
            for step in range(1, _DRAG_STEPS + 1):
                part = step / _DRAG_STEPS
                x, y = start.x + (end.x - start.x) * part, start.y + (end.y - start.y) * part
                self._move(ScreenPoint(round(x), round(y)))
        self._release(button)

    def _wheel(self, dx: int, dy: int) -> None:
        for count, button in (
            (-dy, "wheel-up"),
            (dy, "wheel-down"),
            (-dx, "wheel-left"),
            (dx, "wheel-right"),
        ):
            for _ in range(max(0, count)):
                self._press(button)
                self._release(button)

    def _move(self, at: ScreenPoint | None) -> None:
        if at is not None:
            move(self._monitor, at, self._viewport)
            self.pointer = at

    def _press(self, button: str) -> None:
        self._send([{"type": "btn", "data": {"button": _SIDES.get(button, button), "down": True}}])

    def _release(self, button: str) -> None:
        self._send([{"type": "btn", "data": {"button": _SIDES.get(button, button), "down": False}}])

    def _tap(self, code: str, seconds: float = 0.0) -> None:
        self._key(code, down=True)
        pause(seconds, why="the action is to hold")
        self._key(code, down=False)

    def _key(self, code: str, *, down: bool) -> None:
        self._send([{"type": "key", "data": {"key": {"type": "qcode", "data": code}, "down": down}}])

    @contextmanager
    def _held(self, keys: Iterable[str]) -> Iterator[None]:
        codes = [_code(key) for key in keys]
        try:
            for code in codes:
                self._key(code, down=True)
            yield
        finally:
            for code in reversed(codes):
                self._key(code, down=False)

    def _send(self, events: list[dict[str, Any]]) -> None:
        self._monitor.execute("input-send-event", {"events": events})
        pause(_BETWEEN_SECONDS, why="the guest's drivers take one event after the other")


def move(monitor: Monitor, at: ScreenPoint, viewport: Viewport) -> None:
    """Put the pointer of the machine's tablet on a pixel."""
    events = [
        {"type": "abs", "data": {"axis": axis, "value": (2 * place + 1) * _AXIS // (2 * side)}}
        for axis, place, side in (("x", at.x, viewport.width), ("y", at.y, viewport.height))
    ]
    monitor.execute("input-send-event", {"events": events})
    pause(_BETWEEN_SECONDS, why="the guest's drivers take one event after the other")


def _has(character: str) -> bool:
    return character in _CODES or character in _SHIFTED or (character.isascii() and character.isalnum())


def _code(key: str) -> str:
    """QEMU's name of a key."""
    if key in _CODES:
        return _CODES[key]
    if len(key) == 1 and key.isascii() and key.isalnum():
        return key.lower()
    if key in _SHIFTED:
        raise NoSuchKey(f"{key!r} is not a key of its own: hold shift")
    raise NoSuchKey(f"QEMU's keyboard has no {key!r}")
