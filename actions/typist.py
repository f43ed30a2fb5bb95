"""Types any Unicode text exactly, through X key events and, where that is not enough, the clipboard.

pyautogui's own ``write`` drops every character outside ASCII and turns "<" into ">". Here:

* a character that the keyboard has is a key event with the shift state that its column needs;
* text with other characters is pasted, with the clipboard put back afterwards; the paste counts
  only if the program really fetched the text;
* terminals, and whatever did not fetch the paste, get spare keys remapped to the characters.

Runs inside a sandbox: imports only the standard library and Xlib.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from Xlib import XK, X, display
from Xlib.ext import xtest

from deskhand.actions.clipboard import Clipboard
from deskhand.waiting import pause

# Clients refetch the keyboard map when it changes, and nothing tells when they have done it.
REMAP_SETTLE_SECONDS = 0.2
PASTE_TIMEOUT_SECONDS = 1.0
TERMINALS = frozenset(
    "xterm uxterm lxterminal xfce4-terminal gnome-terminal gnome-terminal-server konsole terminator "
    "tilix mate-terminal qterminal urxvt rxvt st alacritty kitty sakura".split()
)
# A calculator's key is a button that ignores itself while it shows that it is pressed: 100 ms in
# galculator, more on a busy machine. Text fields have no such pause, so only sums are typed so slowly.
SAME_BUTTON_SECONDS = 0.25
_KEYPAD = frozenset("0123456789+-*/=.,()%^ ")
_SPECIAL = {"\n": 0xFF0D, "\t": 0xFF09, "\b": 0xFF08, "\x1b": 0xFF1B}
_UNICODE_KEYSYM = 0x01000000


class Untypable(ValueError):
    """The text holds a character that no keyboard and no clipboard can carry."""


class Typist:
    """Types on the X display named by the environment; keeps its own connection.

    Attributes:
        lent_shift: shift is down for the sake of a key that is down.
        lent_lock: num lock is on for the sake of such a key.
    """

    def __init__(self) -> None:
        self._display = display.Display()
        self._clipboard = Clipboard()
        self.lent_shift = self.lent_lock = False
        self._read_keyboard()

    def _read_keyboard(self) -> None:
        info = self._display.display.info
        first, last = info.min_keycode, info.max_keycode
        rows = self._display.get_keyboard_mapping(first, last - first + 1)
        self._columns = len(rows[0])
        self._spare = [first + i for i, row in enumerate(rows) if not any(row)]
        self._key_of: dict[int, tuple[int, bool]] = {}
        for shifted in (True, False):  # unshifted is written last, so it wins
            for i, row in enumerate(rows):
                if row[int(shifted)]:
                    self._key_of[row[int(shifted)]] = (first + i, shifted)
        self._shift = self._display.keysym_to_keycode(XK.XK_Shift_L)

    def type(self, text: str) -> None:
        """Type ``text``; "\\n" is the enter key and "\\t" the tab key.

        Raises:
            Untypable: it holds a NUL, a lone surrogate or another control character.
        """
        for character in text:
            if character not in _SPECIAL and not character.isprintable() and ord(character) < 0xA0:
                raise Untypable(f"the character U+{ord(character):04X} cannot be typed")
            if 0xD800 <= ord(character) <= 0xDFFF:
                raise Untypable("a lone surrogate is not a character")
        if all(_keysym(character) in self._key_of for character in text):
            with self._without_capitals_lock():
                self._send(text, {})
        elif self._in_terminal() or not self._paste(text):
            self._remap(text)

    def needs_shift(self, character: str) -> bool:
        """Whether this keyboard has a character only together with shift."""
        return self._key_of.get(_keysym(character), (0, False))[1]

    def turn(self, character: str, *, down: bool) -> None:
        """Press or release the key of one character, with shift where its column needs it."""
        code, shifted = self._key_of[_keysym(character)]
        # Letters in chords are keys, not characters: ctrl+S is pressed as ctrl+s unless shift is held.
        if shifted and down and not self._is_on(X.ShiftMask):
            self.lent_shift = True
            xtest.fake_input(self._display, X.KeyPress, self._shift)
        xtest.fake_input(self._display, X.KeyPress if down else X.KeyRelease, code)
        if self.lent_shift and not down:
            self.lent_shift = False
            xtest.fake_input(self._display, X.KeyRelease, self._shift)
        self._display.sync()

    def lend_number_lock(self) -> None:
        """Turn num lock on if it is off, until ``take_back_number_lock``."""
        if not self.lent_lock and not self._is_on(X.Mod2Mask):
            self.lent_lock = True
            self._tap(self._display.keysym_to_keycode(XK.XK_Num_Lock))

    def take_back_number_lock(self) -> None:
        """Turn num lock off again if it was lent."""
        if self.lent_lock:
            self.lent_lock = False
            self._tap(self._display.keysym_to_keycode(XK.XK_Num_Lock))

    def wheel(self, button: int) -> None:
        """Turn the wheel by one notch: X button 4 up, 5 down, 6 left, 7 right."""
        xtest.fake_input(self._display, X.ButtonPress, button)
        xtest.fake_input(self._display, X.ButtonRelease, button)
        self._display.sync()

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
        locked = self._is_on(X.LockMask)
        if locked:
            self._tap(code)
        try:
            yield
        finally:
            if locked:
                self._tap(code)

    def _is_on(self, modifier: int) -> bool:
        return bool(self._display.screen().root.query_pointer().mask & modifier)

    def _send(self, text: str, remapped: dict[int, int]) -> None:
        buttons = set(text) <= _KEYPAD
        held = self._is_on(X.ShiftMask)  # then it is pressed already, and stays so
        pressed: dict[str, float] = {}
        for character in text:
            if buttons:
                self._display.sync()
                left = pressed.get(character, 0.0) + SAME_BUTTON_SECONDS - time.monotonic()
                pause(left, why="a button that is still pressed ignores its key")
                pressed[character] = time.monotonic()
            keysym = _keysym(character)
            code, shifted = (remapped[keysym], False) if keysym in remapped else self._key_of[keysym]
            if shifted and not held:
                xtest.fake_input(self._display, X.KeyPress, self._shift)
            xtest.fake_input(self._display, X.KeyPress, code)
            xtest.fake_input(self._display, X.KeyRelease, code)
            if shifted and not held:
                xtest.fake_input(self._display, X.KeyRelease, self._shift)
        self._display.sync()

    def _paste(self, text: str) -> bool:
        before = self._clipboard.read()
        control, _ = self._key_of[XK.XK_Control_L]
        letter, _ = self._key_of[_keysym("v")]
        with self._clipboard.offering(text) as offer:
            for kind, code in ((X.KeyPress, control), (X.KeyPress, letter)):
                xtest.fake_input(self._display, kind, code)
            for kind, code in ((X.KeyRelease, letter), (X.KeyRelease, control)):
                xtest.fake_input(self._display, kind, code)
            self._display.sync()
            taken = offer.taken.wait(PASTE_TIMEOUT_SECONDS)
        self._clipboard.hold(before)
        return taken

    def _remap(self, text: str) -> None:
        """Put every missing character onto a spare key, in as few rounds as spare keys allow."""
        start = 0
        while start < len(text):
            spare, keys, end = list(self._spare), {}, start
            while end < len(text):
                keysym = _keysym(text[end])
                if keysym not in self._key_of and keysym not in keys:
                    if not spare:
                        break
                    keys[keysym] = spare.pop()
                end += 1
            if end == start:
                raise Untypable("this keyboard has no spare key to put other characters on")
            self._send_remapped(text[start:end], keys)
            start = end

    def _send_remapped(self, text: str, keys: dict[int, int]) -> None:
        try:
            for keysym, code in keys.items():
                self._display.change_keyboard_mapping(code, [[keysym] * self._columns])
            self._display.sync()
            if keys:
                pause(REMAP_SETTLE_SECONDS, why="clients refetch the keyboard map")
            self._send(text, keys)
        finally:
            if keys:
                pause(REMAP_SETTLE_SECONDS, why="clients translate the keys before the map goes back")
            for code in keys.values():
                self._display.change_keyboard_mapping(code, [[0] * self._columns])
            self._display.sync()

    def _in_terminal(self) -> bool:
        """Whether the window with the keyboard belongs to a terminal, where ctrl+v is a character."""
        window = self._display.get_input_focus().focus
        while window not in (X.NONE, X.PointerRoot):
            names = window.get_wm_class()
            if names:
                return any(name.lower() in TERMINALS for name in names)
            parent = window.query_tree().parent
            window = parent if parent else X.NONE
        return False


def _keysym(character: str) -> int:
    if character in _SPECIAL:
        return _SPECIAL[character]
    code = ord(character)
    return code if 0x20 <= code < 0x7F or 0xA0 <= code < 0x100 else _UNICODE_KEYSYM | code
