"""The keyboard as it is now: which key, with which modifiers, makes a character under the layout in force.

A layout changes while a desktop runs, and of several groups (``us,ru``) one is on. So the map and the
group are read again before each action. Runs inside a sandbox: imports only the standard library and Xlib.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from Xlib import XK

from deskhand.waiting import pause

# Clients refetch the keyboard map when it changes, and nothing reports when they have done so.
REMAP_SETTLE_SECONDS = 0.2
_LEVEL3 = 0xFE03  # ISO_Level3_Shift, the key AltGr
_GROUP_SHIFT, _GROUP_MASK = 13, 3  # where the core protocol's state holds the group
_COLUMNS = {
    # columns of the core map by group: plain, with shift, with AltGr, with both
    0: (0, 1, 4, 5),
    1: (2, 3, 6, 7),
}
_SPECIAL = {"\n": 0xFF0D, "\t": 0xFF09, "\b": 0xFF08, "\x1b": 0xFF1B}
_UNICODE_KEYSYM = 0x01000000
# Keysyms that are older than Unicode: the second byte of one is a byte of this encoding.
_OLDER = {1: "iso8859_2", 2: "iso8859_3", 3: "iso8859_4", 5: "iso8859_6", 6: "koi8_r", 7: "iso8859_7",
          12: "iso8859_8", 13: "tis_620"}  # fmt: skip
_EURO = 0x20AC


class Stroke(NamedTuple):
    """A key of the keyboard and what is held for it."""

    code: int
    shift: bool = False
    level3: bool = False


def keysym(character: str) -> int:
    """The name that X has for a character, whether a keyboard has it or not."""
    if character in _SPECIAL:
        return _SPECIAL[character]
    code = ord(character)
    return code if 0x20 <= code < 0x7F or 0xA0 <= code < 0x100 else _UNICODE_KEYSYM | code


def _names(character: str) -> Iterator[int]:
    """All names that a keyboard may have for a character."""
    yield keysym(character)
    if ord(character) < 0x100:
        return
    if character == "€":
        yield _EURO
    for page, encoding in _OLDER.items():
        try:
            (byte,) = character.encode(encoding)
        except (UnicodeEncodeError, ValueError):
            continue
        yield page << 8 | byte


class KeyboardMap:
    """The keyboard of one display.

    Args:
        display: an open connection, which this object uses and does not close.
    """

    def __init__(self, display: Any) -> None:
        self._display = display
        self._strokes: dict[int, Stroke] = {}
        self._level3: int | None = None
        self.spare: list[int] = []
        self._width = 1
        self._rows: Any = None
        self._changed: float | None = None
        self.look()

    def look(self) -> None:
        """Read the map and the group in force now; clients get time to read one that has just changed."""
        info = self._display.display.info
        first, last = info.min_keycode, info.max_keycode
        rows = [tuple(row) for row in self._display.get_keyboard_mapping(first, last - first + 1)]
        if self._rows is not None and rows != self._rows:
            self._changed = self._changed or time.monotonic()
        self._rows = rows
        if self._changed is not None:
            left = self._changed + REMAP_SETTLE_SECONDS - time.monotonic()
            if left > 0:
                pause(left, why="clients refetch the keyboard map, which has just changed")
            self._changed = None
        self._width = len(rows[0])
        self.spare = [first + i for i, row in enumerate(rows) if not any(row)]
        self._level3 = next((first + i for i, row in enumerate(rows) if _LEVEL3 in row[:1]), None)
        group = self._mask() >> _GROUP_SHIFT & _GROUP_MASK
        self._strokes = {}
        for level, column in enumerate(_COLUMNS.get(group, ())):
            if level >= 2 and self._level3 is None:
                break
            for i, row in enumerate(rows):
                if column < len(row) and row[column]:
                    self._strokes.setdefault(row[column], Stroke(first + i, level % 2 == 1, level >= 2))

    def stroke(self, character: str) -> Stroke | None:
        """The key that makes this character now; None if this layout has none."""
        return next((self._strokes[name] for name in _names(character) if name in self._strokes), None)

    def code(self, name: int) -> int:
        """The key of a keysym; 0 if there is none."""
        found = self._strokes.get(name)
        return found.code if found else 0

    def is_on(self, modifier: int) -> bool:
        """Whether a modifier, such as ``X.ShiftMask``, is held or locked."""
        return bool(self._mask() & modifier)

    def held_for(self, stroke: Stroke) -> list[int]:
        """The keys to hold for a stroke, shift first."""
        held = [self.code(XK.XK_Shift_L)] if stroke.shift else []
        return [*held, self._level3] if stroke.level3 and self._level3 else held

    @contextmanager
    def lending(self, characters: Collection[str]) -> Iterator[dict[str, Stroke]]:
        """Spare keys that make these characters, for the body of a with statement."""
        lent = self.lend(characters)
        try:
            yield lent
        finally:
            self.take_back(stroke.code for stroke in lent.values())

    def lend(self, characters: Collection[str]) -> dict[str, Stroke]:
        """Put characters onto spare keys, until ``take_back``; as many as there are spare keys."""
        lent = {}
        for character, code in zip(characters, list(self.spare), strict=False):
            self._put(code, keysym(character))
            self.spare.remove(code)
            lent[character] = Stroke(code)
        self._display.sync()
        if lent:
            pause(REMAP_SETTLE_SECONDS, why="clients refetch the keyboard map")
        return lent

    def take_back(self, codes: Collection[int] | Iterator[int]) -> None:
        """Empty keys that were lent."""
        codes = list(codes)
        if codes:
            pause(REMAP_SETTLE_SECONDS, why="clients translate the keys before the map goes back")
        for code in codes:
            self._put(code, 0)
        self.spare += codes
        self._display.sync()
        if codes:
            self._changed = time.monotonic()

    def _put(self, code: int, name: int) -> None:
        self._display.change_keyboard_mapping(code, [[name] * self._width])

    def _mask(self) -> int:
        return int(self._display.screen().root.query_pointer().mask)
