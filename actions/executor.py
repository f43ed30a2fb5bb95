"""The hand: does one validated action with pyautogui and says what became of it.

Runs inside a sandbox, next to the screen: imports only the standard library, pyautogui, mss and
Xlib. Actions arrive as plain dicts, the JSON form of ``deskhand.actions.vocabulary``. The host has
validated them; this file trusts nothing and checks kinds, types, ranges and keys again.

pyautogui is not a safe pass-through: it takes a text argument for an image to search for, ignores
unknown keys, clamps points and drops characters. So it is only ever given integers and key names
that were looked up here, and text goes through ``typist``.
"""

from __future__ import annotations

import os
import sys
import threading
import time
import types
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

from deskhand.actions.keys import KEYS, MODIFIERS, forbidden_chord
from deskhand.actions.typist import InputStopped, Typist, Untypable

# An instant press can land on a layout that still shifts under the pointer (measured in Chromium).
HOVER_SECONDS = 0.06
PRESS_SECONDS = 0.02
BETWEEN_CLICKS_SECONDS = 0.04
SLOWNESS = float(os.environ.get("DESKHAND_SLOWNESS", "1"))
"""In a machine whose processor is emulated, programs need several times as long; its session says so."""
# A field that completes names while they are typed ignores an enter that comes too soon (measured in
# GTK's file dialog: 0.1 s is too soon, 0.2 s is not).
TEXT_TO_ENTER_SECONDS = 0.3 * SLOWNESS
# Openbox's list of windows stays open if alt is let go before openbox has the keyboard (measured: at once,
# two of five switches fail).
SWITCH_SECONDS = 0.15 * SLOWNESS
DRAG_STEPS = 12
DRAG_STEP_SECONDS = 0.01
LONGEST_TEXT = 20_000
LONGEST_WAIT = 300.0
MOST_NOTCHES = 100
LONGEST_HOLD = 30.0
MOST_PRESSES = 100
SIDE_BUTTONS = {"back": 8, "forward": 9}
"""Buttons that pyautogui does not know, by X's numbers."""
BUTTONS = frozenset({"left", "middle", "right", *SIDE_BUTTONS})

PAD = frozenset({f"num{n}" for n in range(10)} | {"decimal"})
"""Keys of the number pad that are arrows and the like while num lock is off."""

TEXT_KEYS = {"\n": "enter", "\t": "tab", "\b": "backspace", "\x1b": "esc"}
"""Characters of a text that are keys, which together with held ones may be a forbidden chord."""

JSON = dict[str, Any]


class Refusal(Exception):
    """The action must not be done; nothing was done."""


STOPPED = "it was stopped while it was done"


def load_pyautogui() -> Any:
    """Import pyautogui with its pauses and its corner fail-safe off: the stop is out of band.

    mouseinfo, which it imports, ends the process where tkinter is missing, so an empty module
    stands in for it.
    """
    sys.modules.setdefault("mouseinfo", types.ModuleType("mouseinfo"))
    import pyautogui  # type: ignore[import-untyped,unused-ignore]

    pyautogui.FAILSAFE = False
    pyautogui.PAUSE = 0
    pyautogui.MINIMUM_DURATION = 0
    pyautogui.MINIMUM_SLEEP = 0
    return pyautogui


class Executor:
    """Does actions on the X display named by the environment, one at a time.

    Args:
        open_app: starts an installed application by the name of its .desktop entry; raises
            LookupError where there is none.
    """

    def __init__(self, open_app: Callable[[str], None] | None = None) -> None:
        self._gui = load_pyautogui()
        self._stopping = threading.Event()
        self._typist = Typist(self._stopping.is_set)
        self._open_app = open_app
        self._typed_at = -TEXT_TO_ENTER_SECONDS
        self._pressed = False  # a button, since the last key
        self._keys_down: list[str] = []
        self._buttons_down: list[str] = []
        self._doers: dict[str, Callable[[JSON], None]] = {
            "click": self._click,
            "move": self._move,
            "drag": self._drag,
            "scroll": self._scroll,
            "type": self._type,
            "key": self._key,
            "key_down": self._key_down,
            "key_up": self._key_up,
            "mouse_down": self._mouse_down,
            "mouse_up": self._mouse_up,
            "wait": self._wait,
            "screenshot": lambda _: None,
            "open_app": self._start_app,
            "long_press": self._long_press,
        }

    def size(self) -> tuple[int, int]:
        """Width and height of the screen in pixels."""
        width, height = self._gui.size()
        return int(width), int(height)

    def pointer(self) -> tuple[int, int]:
        x, y = self._gui.position()
        return int(x), int(y)

    def perform(self, action: JSON) -> JSON:
        """Do one action; returns ``{"status", "reason", "milliseconds"}`` and never raises for it.

        Whatever goes wrong, keys and buttons that this action pressed are released again.
        """
        began = time.perf_counter()
        self._stopping.clear()
        keys_before, buttons_before = list(self._keys_down), list(self._buttons_down)
        try:
            doer = self._doers.get(action.get("kind", ""))
            if doer is None:
                raise Refusal(f"this desktop has no {str(action.get('kind'))[:40]}")
            doer(action)
            status, reason = "ok", ""
        except Refusal as refusal:
            status, reason = "refused", str(refusal)
        except InputStopped:
            status, reason = "failed", STOPPED
        except Exception as error:  # whatever X or pyautogui raised becomes the outcome's reason
            status, reason = "failed", f"{type(error).__name__}: {error}"[:500]
        if status != "ok":
            reason += self._release(keys_before, buttons_before)
        return {"status": status, "reason": reason, "milliseconds": (time.perf_counter() - began) * 1e3}

    def stop(self) -> None:
        """End the action that is being done; what it pressed is released. For another thread."""
        self._stopping.set()

    def release_all(self) -> None:
        """Let go of every key and button that is still down."""
        self._release([], [])

    def state(self) -> JSON:
        """What another hand on this display must know to go on where this one stops."""
        return {
            "keys": list(self._keys_down),
            "buttons": list(self._buttons_down),
            "typed_at": self._typed_at,
            "lent_shift": self._typist.lent_shift,
            "lent_lock": self._typist.lent_lock,
        }

    def take_up(self, state: JSON) -> None:
        """Go on where another hand on this display stopped, with what its ``state`` was."""
        self._keys_down = [self._known_key(key) for key in state["keys"]]
        self._buttons_down = [_button({"button": button}) for button in state["buttons"]]
        self._typed_at = min(float(state["typed_at"]), time.monotonic())
        self._typist.lent_shift = bool(state["lent_shift"])
        self._typist.lent_lock = bool(state["lent_lock"])

    def held_text(self) -> str | None:
        """The text that is on the clipboard only until this hand is closed; None if there is none."""
        return self._typist.held_text()

    def close(self) -> None:
        self.release_all()
        self._typist.close()

    def _pause(self, seconds: float, *, why: str) -> None:
        """Let time pass because time is the point (``why``), or end because it is to be stopped."""
        assert why
        if self._stopping.wait(max(0.0, seconds)):
            raise InputStopped

    # One method for each kind of action.

    def _click(self, action: JSON) -> None:
        button, count = _button(action), _integer(action.get("count", 1), 1, 3, "count")
        x, y = self.pointer() if action.get("at") is None else self._point(action["at"])
        with self._holding(action):
            self._hover(x, y)
            for number in range(count):
                if number:
                    self._pause(BETWEEN_CLICKS_SECONDS, why="a double click is two presses, not one")
                self._press_button(button)
                self._pause(PRESS_SECONDS, why="a press has a length")
                self._release_button(button)

    def _move(self, action: JSON) -> None:
        point = self._point(action["at"])
        with self._holding(action):
            self._hover(*point)

    def _drag(self, action: JSON) -> None:
        points = [self._point(point) for point in action["path"]]
        if not 1 <= len(points) <= 1000:
            raise Refusal("a drag has 1 to 1000 points")
        if len(points) == 1:
            points.insert(0, self.pointer())
        button = _button(action)
        with self._holding(action):
            self._hover(*points[0])
            self._press_button(button)
            self._pause(PRESS_SECONDS, why="the program sees the press before the motion")
            for x, y in _interpolated(points):
                self._gui.moveTo(x, y)
                self._pause(DRAG_STEP_SECONDS, why="a hand moves over points, it does not jump")
            self._pause(PRESS_SECONDS, why="the program sees the last motion before the release")
            self._release_button(button)

    def _scroll(self, action: JSON) -> None:
        dx = _integer(action.get("dx", 0), -MOST_NOTCHES, MOST_NOTCHES, "dx")
        dy = _integer(action.get("dy", 0), -MOST_NOTCHES, MOST_NOTCHES, "dy")
        with self._holding(action):
            if action.get("at") is not None:
                self._hover(*self._point(action["at"]))
            # X knows wheels as buttons: 4 up, 5 down, 6 left, 7 right.
            for count, button in ((-dy, 4), (dy, 5), (-dx, 6), (dx, 7)):
                for _ in range(max(0, count)):
                    self._typist.wheel(button)

    def _type(self, action: JSON) -> None:
        text, submit, clear = action["text"], action.get("submit", False), action.get("clear", False)
        if not (isinstance(text, str) and isinstance(submit, bool) and isinstance(clear, bool)):
            raise Refusal("type takes a text, and submit and clear are true or false")
        if len(text) > LONGEST_TEXT:
            raise Refusal(f"text of {len(text)} characters is over the limit of {LONGEST_TEXT}")
        for character in TEXT_KEYS.keys() & set(text):
            self._refuse_forbidden(TEXT_KEYS[character])
        if clear:
            self._clear(text)
        self._keys_in_turn()
        try:
            self._typist.type(text)
        except Untypable as error:
            raise Refusal(str(error)) from error
        self._typed_at = time.monotonic()
        if submit:
            self._tap("enter")

    def _clear(self, text: str) -> None:
        """Select all that is there; what is typed next replaces it."""
        self._refuse_forbidden("ctrl", "a")
        if not text:
            self._refuse_forbidden("delete")
        with self._keys_held(["ctrl"]):
            self._tap("a")
        if not text:
            self._tap("delete")

    def _key(self, action: JSON) -> None:
        keys = [self._known_key(key) for key in action["keys"]]
        if not 1 <= len(keys) <= 5:
            raise Refusal("a chord has 1 to 5 keys")
        times = _integer(action.get("times", 1), 1, MOST_PRESSES, "times")
        seconds = _number(action.get("seconds", 0.0), 0.0, LONGEST_HOLD, "seconds")
        if times * seconds > LONGEST_WAIT:
            raise Refusal(f"all presses together last {LONGEST_WAIT:g} s at most")
        self._refuse_forbidden(*keys)
        with self._keys_held(keys[:-1]):
            for _ in range(times):
                self._tap(keys[-1], seconds)
            if keys[-1] == "tab" and "alt" in keys:
                self._pause(SWITCH_SECONDS, why="the window manager takes the keyboard before alt is let go")

    def _key_down(self, action: JSON) -> None:
        key = self._known_key(action["key"])
        self._refuse_forbidden(key)
        self._press_key(key)

    def _key_up(self, action: JSON) -> None:
        self._release_key(self._known_key(action["key"]))

    def _mouse_down(self, action: JSON) -> None:
        button = _button(action)
        if action.get("at") is not None:
            self._hover(*self._point(action["at"]))
        self._press_button(button)

    def _mouse_up(self, action: JSON) -> None:
        button = _button(action)
        if action.get("at") is not None:
            self._hover(*self._point(action["at"]))
        self._release_button(button)

    def _wait(self, action: JSON) -> None:
        self._pause(
            _number(action.get("seconds", 5.0), 0.0, LONGEST_WAIT, "seconds"), why="the action is to wait"
        )

    def _start_app(self, action: JSON) -> None:
        name = action["name"]
        if self._open_app is None or not isinstance(name, str):
            raise Refusal("applications cannot be opened here")
        try:
            self._open_app(name)
        except LookupError as error:
            raise Refusal(str(error)) from error

    def _long_press(self, action: JSON) -> None:
        x, y = self._point(action["at"])
        seconds = _number(action.get("seconds", 1.0), 0.0, 30.0, "seconds")
        self._hover(x, y)
        self._press_button("left")
        self._pause(seconds, why="the action is to hold")
        self._release_button("left")

    # Checks and small movements.

    def _point(self, value: object) -> tuple[int, int]:
        if not isinstance(value, dict):
            raise Refusal("a point is {x, y}")
        width, height = self.size()
        x, y = value.get("x"), value.get("y")
        if type(x) is not int or type(y) is not int:
            raise Refusal("a point is a pair of whole pixels")
        if not (0 <= x < width and 0 <= y < height):
            raise Refusal(f"({x}, {y}) is outside the {width}x{height} screen")
        return x, y

    def _known_key(self, name: object) -> str:
        if not isinstance(name, str) or name not in KEYS:
            raise Refusal(f"there is no key named {str(name)[:40]!r}")
        if len(name) > 1 and not self._gui.platformModule.keyboardMapping.get(name):
            raise Refusal(f"this keyboard has no key {name!r}")
        return name

    def _refuse_forbidden(self, *keys: str) -> None:
        """Refuse a chord that must not come about, judged by all keys that would be down together."""
        down = [*self._keys_down, *keys]
        if any(len(key) == 1 and self._typist.needs_shift(key) for key in down):
            down.append("shift")
        reason = forbidden_chord(down)
        if reason:
            raise Refusal(reason)

    def _hover(self, x: int, y: int) -> None:
        moved = self.pointer() != (x, y)
        self._gui.moveTo(x, y)
        if moved:
            self._pause(HOVER_SECONDS, why="layouts shift when the pointer arrives")

    def _tap(self, key: str, seconds: float = 0.0) -> None:
        self._press_key(key)
        if seconds:
            self._pause(seconds, why="the action is to hold")
        self._release_key(key)

    def _press_key(self, key: str) -> None:
        if key == "enter":
            left = self._typed_at + TEXT_TO_ENTER_SECONDS - time.monotonic()
            self._pause(left, why="the program takes the text in before the enter")
        self._keys_in_turn()
        if key not in self._keys_down:
            self._keys_down.append(key)
        self._turn_key(key, down=True)

    def _release_key(self, key: str) -> None:
        self._turn_key(key, down=False)
        if key in self._keys_down:
            self._keys_down.remove(key)

    def _turn_key(self, key: str, *, down: bool) -> None:
        # pyautogui finds the wrong key for some characters ("<"), so those go through the typist.
        if len(key) == 1:
            self._typist.turn(key, down=down)
        elif down:
            if key in PAD:
                self._typist.lend_number_lock()
            self._gui.keyDown(key)
        else:
            self._gui.keyUp(key)
            self._typist.take_back_number_lock()

    def _keys_in_turn(self) -> None:
        """Let a press arrive first: the window manager holds it back for a moment, and keys do not wait."""
        if self._pressed:
            self._typist.passes_manager()
            self._pressed = False

    def _press_button(self, button: str) -> None:
        if button not in self._buttons_down:
            self._buttons_down.append(button)
        self._turn_button(button, down=True)
        self._pressed = True

    def _release_button(self, button: str) -> None:
        self._turn_button(button, down=False)
        if button in self._buttons_down:
            self._buttons_down.remove(button)

    def _turn_button(self, button: str, *, down: bool) -> None:
        if button in SIDE_BUTTONS:
            self._typist.turn_button(SIDE_BUTTONS[button], down=down)
        elif down:
            self._gui.mouseDown(button=button)
        else:
            self._gui.mouseUp(button=button)

    def _release(self, keys: list[str], buttons: list[str]) -> str:
        """Release all but these, each one whatever becomes of the others; returns what could not be."""
        complaint = ""
        for held, kept, release in (
            (self._buttons_down, buttons, self._release_button),
            (self._keys_down, keys, self._release_key),
        ):
            for name in [n for n in reversed(held) if n not in kept]:
                try:
                    release(name)
                except Exception as error:  # the display may be gone; the rest is still released
                    complaint += f"; {name} could not be released ({type(error).__name__})"
                    held.remove(name)
        return complaint

    @contextmanager
    def _holding(self, action: JSON) -> Iterator[None]:
        keys = action.get("hold", ())
        if any(key not in MODIFIERS for key in keys):
            raise Refusal("only modifiers can be held")
        self._refuse_forbidden(*keys)
        with self._keys_held([self._known_key(key) for key in keys]):
            yield

    @contextmanager
    def _keys_held(self, keys: Iterable[str]) -> Iterator[None]:
        pressed: list[str] = []
        try:
            for key in keys:
                if key not in self._keys_down:
                    pressed.append(key)
                    self._press_key(key)
            yield
        finally:
            for key in reversed(pressed):
                self._release_key(key)


def _button(action: JSON) -> str:
    button = action.get("button", "left")
    if button not in BUTTONS:
        raise Refusal(f"there is no button {str(button)[:20]!r}")
    return str(button)


def _integer(value: object, least: int, most: int, name: str) -> int:
    if type(value) is not int or not least <= value <= most:
        raise Refusal(f"{name} is a whole number from {least} to {most}")
    return value


def _number(value: object, least: float, most: float, name: str) -> float:
    if type(value) not in (int, float) or not least <= value <= most:  # type: ignore[operator]
        raise Refusal(f"{name} is a number from {least:g} to {most:g}")
    return float(value)  # type: ignore[arg-type]


def _interpolated(points: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The points of a drag after its first, with steps between when there are few of them."""
    legs = len(points) - 1
    steps = max(1, DRAG_STEPS // legs)
    for (x0, y0), (x1, y1) in pairwise(points):
        for step in range(1, steps + 1):
            yield round(x0 + (x1 - x0) * step / steps), round(y0 + (y1 - y0) * step / steps)
