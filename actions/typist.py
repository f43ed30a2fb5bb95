"""Types any Unicode text exactly, through X key events and, where that is not enough, the clipboard.

pyautogui's own ``write`` drops every character outside ASCII and turns "<" into ">". Here:

* a character that the keyboard has under the layout in force is a key event, with what its column needs held;
* text with other characters is pasted, with the clipboard put back afterwards. The paste counts only if
  the program fetched the text and something appeared;
* terminals, programs that take no paste, and all of them while the clipboard holds more than a text that
  can be put back, get spare keys remapped to the characters.

Runs inside a sandbox: imports only the standard library and Xlib.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice

from Xlib import XK, X, display
from Xlib.ext import xtest

from deskhand.actions.clipboard import Clipboard, Offer
from deskhand.actions.focus import Focus
from deskhand.actions.keyboard import KeyboardMap, Stroke
from deskhand.waiting import WaitTimeout, pause, wait_until

AT_ONCE = 32
"""Characters that are sent before it is asked whether to stop."""
PASTE_SECONDS = 1.0
"""Until a program that has taken in the keys has asked for the text, and again until it shows it."""
SLOWEST_SECONDS = 10.0
"""Until a program that is busy has taken in the keys."""
TERMINALS = frozenset(
    "xterm uxterm lxterminal xfce4-terminal gnome-terminal gnome-terminal-server konsole terminator "
    "tilix mate-terminal qterminal urxvt rxvt st alacritty kitty sakura".split()
)
TABLES = frozenset("libreoffice-calc gnumeric".split())
"""Programs that ask questions when several lines are pasted: they get a line at a time."""
# A calculator's key is a button that ignores itself while it shows that it is pressed: 100 ms in
# galculator, more on a busy machine. Text fields have no such pause, so only sums are typed so slowly.
SAME_BUTTON_SECONDS = 0.25
_KEYPAD = frozenset("0123456789+-*/=.,()%^ ")
_KEYS = frozenset("\n\t\b\x1b")
_LINES = re.compile(r"[\n\t]|[^\n\t]+")


class Untypable(ValueError):
    """The text holds a character that no keyboard and no clipboard can carry."""


class NothingAppeared(RuntimeError):
    """The text was pasted and typed, and the window shows neither."""


class InputStopped(Exception):
    """Somebody wants nothing more to be done."""


class Typist:
    """Types on the X display named by the environment; keeps its own connection.

    Args:
        stopped: whether typing is to end; asked again and again.

    Attributes:
        lent_shift: shift is down for the sake of a key that is down.
        lent_lock: num lock is on for the sake of such a key.
    """

    def __init__(self, stopped: Callable[[], bool] = lambda: False) -> None:
        self._stopped = stopped
        self._display = display.Display()
        self._clipboard = Clipboard()
        self._keyboard = KeyboardMap(self._display)
        self._focus = Focus(self._display)
        self.lent_shift = self.lent_lock = False
        self._down: dict[str, Stroke] = {}
        self._lent: dict[str, Stroke] = {}

    def type(self, text: str) -> None:
        """Type ``text``; "\\n" is the enter key and "\\t" the tab key.

        Raises:
            Untypable: it holds a NUL, a lone surrogate or another control character.
            NothingAppeared: it was pasted and typed, and the window shows neither.
            InputStopped: typing is to end; a part of the text was typed.
        """
        for character in text:
            if character not in _KEYS and not character.isprintable() and ord(character) < 0xA0:
                raise Untypable(f"the character U+{ord(character):04X} cannot be typed")
            if 0xD800 <= ord(character) <= 0xDFFF:
                raise Untypable("a lone surrogate is not a character")
        self._keyboard.look()
        names = self._focus.names()
        pieces = _LINES.findall(text) if names & TABLES else [text]
        for piece in pieces:
            self._type(piece, pastes=not names & TERMINALS)

    def _type(self, text: str, *, pastes: bool) -> None:
        if all(self._keyboard.stroke(character) for character in text):
            with self._without_capitals_lock():
                self._send(text, {})
            return
        kept = self._clipboard.read() if pastes else None
        if kept is None or not kept.whole or not self._keyboard.stroke("v"):
            self._remap(text)
            return
        before = self._focus.picture()
        try:
            with self._clipboard.offering(text) as offer:
                if self._pasted(offer) and self._appears(before):
                    return
                offer.refused = True  # a paste that comes so late would come a second time
                self._remap(text)
                if not self._appears(before):
                    raise NothingAppeared("the text was pasted and typed, and the window shows neither")
        finally:
            self._clipboard.hold(kept.text)

    def needs_shift(self, character: str) -> bool:
        """Whether this keyboard has a character only together with shift."""
        stroke = self._keyboard.stroke(character)
        return stroke is not None and stroke.shift

    def turn(self, character: str, *, down: bool) -> None:
        """Press or release the key of one character, with what its column needs.

        A character that the layout lacks gets a spare key for as long as it is down.
        """
        if not down:
            self._let_go(character)
            return
        self._keyboard.look()
        stroke = self._keyboard.stroke(character)
        if stroke is None:
            lent = self._keyboard.lend([character])
            if character not in lent:
                raise Untypable(f"this keyboard has no key {character!r}, and none to spare for it")
            stroke = self._lent[character] = lent[character]
        # Letters in chords are keys, not characters: ctrl+S is pressed as ctrl+s unless shift is held.
        if stroke.shift and not self._keyboard.is_on(X.ShiftMask):
            self.lent_shift = True
        for code in self._keyboard.held_for(stroke._replace(shift=self.lent_shift)):
            xtest.fake_input(self._display, X.KeyPress, code)
        self._down[character] = stroke
        xtest.fake_input(self._display, X.KeyPress, stroke.code)
        self._display.sync()

    def _let_go(self, character: str) -> None:
        stroke = self._down.pop(character, None) or self._keyboard.stroke(character)
        if stroke is not None:
            xtest.fake_input(self._display, X.KeyRelease, stroke.code)
            for code in reversed(self._keyboard.held_for(stroke._replace(shift=self.lent_shift))):
                xtest.fake_input(self._display, X.KeyRelease, code)
        self.lent_shift = False
        self._display.sync()
        lent = self._lent.pop(character, None)
        if lent is not None:
            self._keyboard.take_back([lent.code])

    def lend_number_lock(self) -> None:
        """Turn num lock on if it is off, until ``take_back_number_lock``."""
        if not self.lent_lock and not self._keyboard.is_on(X.Mod2Mask):
            self.lent_lock = True
            self._tap(self._display.keysym_to_keycode(XK.XK_Num_Lock))

    def take_back_number_lock(self) -> None:
        """Turn num lock off again if it was lent."""
        if self.lent_lock:
            self.lent_lock = False
            self._tap(self._display.keysym_to_keycode(XK.XK_Num_Lock))

    def wheel(self, button: int) -> None:
        """Turn the wheel by one notch: X button 4 up, 5 down, 6 left, 7 right."""
        self.turn_button(button, down=True)
        self.turn_button(button, down=False)

    def turn_button(self, button: int, *, down: bool) -> None:
        """Press or release a button by X's number, which pyautogui takes up to 7 only."""
        xtest.fake_input(self._display, X.ButtonPress if down else X.ButtonRelease, button)
        self._display.sync()

    def passes_manager(self) -> None:
        """Wait, bounded, until a button that was pressed has reached its window."""
        self._focus.passes_manager()

    def held_text(self) -> str | None:
        """The text that is on the clipboard only for as long as this typist lives."""
        return self._clipboard.held()

    def close(self) -> None:
        self._clipboard.close()
        self._display.close()

    def _tap(self, code: int) -> None:
        xtest.fake_input(self._display, X.KeyPress, code)
        xtest.fake_input(self._display, X.KeyRelease, code)
        self._display.sync()

    @contextmanager
    def _without_capitals_lock(self) -> Iterator[None]:
        """While inside, caps lock is off: text is typed as it is written."""
        code = self._display.keysym_to_keycode(XK.XK_Caps_Lock)
        locked = self._keyboard.is_on(X.LockMask)
        if locked:
            self._tap(code)
        try:
            yield
        finally:
            if locked:
                self._tap(code)

    def _send(self, text: str, lent: Mapping[str, Stroke]) -> None:
        buttons = set(text) <= _KEYPAD
        held = self._keyboard.is_on(X.ShiftMask)  # then it is pressed already, and stays so
        pressed: dict[str, float] = {}
        for number, character in enumerate(text):
            if number % AT_ONCE == 0:
                self._display.sync()  # else the X server has the whole text before anybody can stop it
                if self._stopped():
                    raise InputStopped
            if buttons:
                self._display.sync()
                left = pressed.get(character, 0.0) + SAME_BUTTON_SECONDS - time.monotonic()
                pause(left, why="a button that is still pressed ignores its key")
                pressed[character] = time.monotonic()
            stroke = lent.get(character) or self._keyboard.stroke(character)
            assert stroke is not None  # it was looked up before
            around = self._keyboard.held_for(stroke._replace(shift=stroke.shift and not held))
            for code in (*around, stroke.code):
                xtest.fake_input(self._display, X.KeyPress, code)
            for code in (stroke.code, *reversed(around)):
                xtest.fake_input(self._display, X.KeyRelease, code)
        self._display.sync()

    def _pasted(self, offer: Offer) -> bool:
        """Press the keys of a paste; whether the program has fetched what is offered, to the end."""
        stroke = self._keyboard.stroke("v")
        assert stroke is not None
        keys = (self._keyboard.code(XK.XK_Control_L), stroke.code)
        for code in keys:
            xtest.fake_input(self._display, X.KeyPress, code)
        for code in reversed(keys):
            xtest.fake_input(self._display, X.KeyRelease, code)
        self._display.sync()
        self._focus.takes_in(SLOWEST_SECONDS, sooner=offer.taken.is_set)
        if not offer.taken.wait(PASTE_SECONDS):
            return False
        wait_until(offer.quiet, timeout=SLOWEST_SECONDS, what="a program to have fetched the clipboard")
        return True

    def _appears(self, before: object) -> bool:
        try:
            wait_until(
                lambda: self._focus.differs(before),  # type: ignore[arg-type]
                timeout=PASTE_SECONDS,
                what="the text to appear",
            )
        except WaitTimeout:
            return False
        return True

    def _remap(self, text: str) -> None:
        """Put every missing character onto a spare key, in as few rounds as spare keys allow."""
        start = 0
        while start < len(text):
            missing: dict[str, None] = {}
            end = start
            for character in islice(text, start, None):
                if not self._keyboard.stroke(character):
                    if character not in missing and len(missing) >= len(self._keyboard.spare):
                        break
                    missing[character] = None
                end += 1
            if end == start:
                raise Untypable("this keyboard has no spare key to put other characters on")
            with self._without_capitals_lock(), self._keyboard.lending(missing) as lent:
                self._send(text[start:end], lent)
            start = end
