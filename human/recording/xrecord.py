"""What a person does on their real X display, as the X server's RECORD extension reports it.

Nothing is sent to the display. Keys come with the letters that the display's own keyboard map gives them;
accents on dead keys are put onto the next letter, as programs do.
"""

from __future__ import annotations

import contextlib
import threading
import time
import unicodedata
from typing import Any, Protocol, Self

from Xlib import XK, X, error
from Xlib.ext import record
from Xlib.protocol import rq

from deskhand.actions.geometry import ScreenPoint
from deskhand.actions.keys import MODIFIERS, canonical_key
from deskhand.actions.vocabulary import Button
from deskhand.errors import EnvironmentProblem
from deskhand.human.recording.events import Event, Finish, Item
from deskhand.human.recording.recording import Full
from deskhand.sandbox.host.display import connect

_BUTTONS: dict[int, Button] = {1: "left", 2: "middle", 3: "right"}
_WHEEL = {4: (0, -1), 5: (0, 1), 6: (-1, 0), 7: (1, 0)}
_LEVEL_THREE = X.Mod5Mask
_ACCENTS = {
    0xFE50: "\u0300", 0xFE51: "\u0301", 0xFE52: "\u0302", 0xFE53: "\u0303", 0xFE54: "\u0304",
    0xFE55: "\u0306", 0xFE56: "\u0307", 0xFE57: "\u0308", 0xFE58: "\u030a", 0xFE59: "\u030b",
    0xFE5A: "\u030c", 0xFE5B: "\u0327", 0xFE5C: "\u0328",
}  # fmt: skip
"""Dead keys and the accents that they put onto the next letter."""

_TABLES = {
    1: "iso8859-2", 2: "iso8859-3", 3: "iso8859-4", 5: "iso8859-6", 6: "koi8-u", 7: "iso8859-7",
    12: "iso8859-8", 13: "tis-620",
}  # fmt: skip
"""The older sets of key symbols are old tables of characters, one for each high byte."""

_EURO = 0x20AC
_PAD = range(0xFF80, 0xFFBE)
_SIDES = str.maketrans("", "", "_")


class Taker(Protocol):
    """Whatever takes events."""

    def submit(self, items: list[Item]) -> None:
        """Take some, in the order in which they happened."""
        ...


class Keyboard:
    """Reads keys of a display's keyboard: their names, and what they write.

    Args:
        connection: a connection to the display.
    """

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._accent = ""

    def named(self, code: int) -> str:
        """The name of a key in the vocabulary, modifiers without their side; empty if it has none."""
        self._follow_map()
        symbol = self._connection.keycode_to_keysym(code, 0)
        name = next((name for name, value in _SYMBOLS.items() if value == symbol), "")
        side = name.partition("_")[0].lower()
        for ours, theirs in (("ctrl", "control"), ("shift", "shift"), ("alt", "alt"), ("win", "super")):
            if side in (theirs, "meta" if ours == "win" else theirs) and name.endswith(("_L", "_R")):
                return ours
        letter = self._letter(symbol)
        for candidate in filter(None, (letter.lower(), name.translate(_SIDES))):
            with contextlib.suppress(ValueError):
                return canonical_key(candidate)
        return ""

    def written(self, code: int, state: int) -> str:
        """What a key writes with these modifiers; empty if nothing, or not yet."""
        group = state >> 13 & 3
        shifted = bool(state & X.ShiftMask)
        base = 2 * group + (4 if state & _LEVEL_THREE else 0)
        plain = self._connection.keycode_to_keysym(code, base)
        if state & X.LockMask and self._letter(plain).isalpha():
            shifted = not shifted
        if state & X.Mod2Mask and self._connection.keycode_to_keysym(code, 1) in _PAD:
            shifted = not shifted
        symbol = self._connection.keycode_to_keysym(code, base + shifted) or plain
        if not symbol and group:
            return self.written(code, state & ~(3 << 13))
        if symbol in _ACCENTS:
            self._accent = _ACCENTS[symbol]
            return ""
        letter, accent = self._letter(symbol), self._accent
        if letter:
            self._accent = ""
        return unicodedata.normalize("NFC", letter + accent) if letter and accent else letter

    def _follow_map(self) -> None:
        """Another layout may have been chosen meanwhile."""
        while self._connection.pending_events():
            event = self._connection.next_event()
            if event.type == X.MappingNotify:
                self._connection.refresh_keyboard_mapping(event)

    @staticmethod
    def _letter(symbol: int) -> str:
        """The character of a key symbol; empty for those that write nothing."""
        if 0x20 <= symbol < 0x7F or 0xA0 <= symbol < 0x100:
            return chr(symbol)
        if symbol & 0xFF000000 == 0x01000000:
            return chr(symbol & 0xFFFFFF)
        if 0xFFAA <= symbol <= 0xFFB9:
            return chr(symbol - 0xFF80)  # the number pad
        if symbol == _EURO:
            return "€"
        table = _TABLES.get(symbol >> 8, "")
        found = bytes([symbol & 0xFF]).decode(table, "ignore") if table else ""
        return found if found.isprintable() else ""


class KeyboardAndMouse:
    """Submits what is done on a display until it is closed. A context manager.

    Args:
        display: the display's name.
        taker: takes the events, in order.

    Raises:
        EnvironmentProblem: the display cannot be reached, or its server has no RECORD.
    """

    def __init__(self, display: str, taker: Taker) -> None:
        self._taker = taker
        self._control = connect(display)
        self._heard = connect(display)
        if not self._heard.has_extension("RECORD"):
            self._disconnect()
            raise EnvironmentProblem(
                "this X server has no RECORD extension, without which a desktop cannot be recorded: enable "
                "it there, or use --sandbox lightbox"
            )
        self._keyboard = Keyboard(self._control)
        nothing = (0, 0)
        self._context = self._heard.record_create_context(
            0,
            [record.AllClients],
            [
                {
                    "core_requests": nothing,
                    "core_replies": nothing,
                    "ext_requests": (0, 0, 0, 0),
                    "ext_replies": (0, 0, 0, 0),
                    "delivered_events": nothing,
                    "device_events": (X.KeyPress, X.MotionNotify),
                    "errors": nothing,
                    "client_started": False,
                    "client_died": False,
                }
            ],
        )
        self._closing = False
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="x record", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._started.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._closing = True
        with contextlib.suppress(error.ConnectionClosedError, OSError):
            self._control.record_disable_context(self._context)
            self._control.flush()
        self._thread.join(10)
        self._disconnect()

    def _listen(self) -> None:
        try:
            self._heard.record_enable_context(self._context, self._hear)
            self._heard.record_free_context(self._context)
        except Exception as problem:  # noqa: BLE001 (a display that is gone ends the recording)
            if not self._closing:
                why = f"the display no longer reports what is done ({type(problem).__name__})"
                self._submit(Finish(done=False, reason=why))

    def _hear(self, reply: Any) -> None:
        self._started.set()  # the first reply says that recording has begun
        if reply.category != record.FromServer or reply.client_swapped or not reply.data or reply.data[0] < 2:
            return
        data = reply.data
        while data:
            event_data, data = rq.EventField(None).parse_binary_value(data, self._heard.display, None, None)
            event = self._event(event_data)
            if event is not None:
                self._submit(event)

    def _event(self, event_data: Any) -> Event | None:
        now, at = time.monotonic(), ScreenPoint(max(0, event_data.root_x), max(0, event_data.root_y))
        if event_data.type == X.MotionNotify:
            return Event("move", now, at=at)
        if event_data.type in (X.ButtonPress, X.ButtonRelease):
            pressed = event_data.type == X.ButtonPress
            if event_data.detail in _BUTTONS:
                return Event(
                    "press" if pressed else "release", now, at=at, button=_BUTTONS[event_data.detail]
                )
            if event_data.detail in _WHEEL and pressed:
                across, down = _WHEEL[event_data.detail]
                return Event("wheel", now, at=at, dx=across, dy=down)
            return None
        key = self._keyboard.named(event_data.detail)
        if event_data.type == X.KeyRelease:
            return Event("key_up", now, key=key)
        text = "" if key in MODIFIERS else self._keyboard.written(event_data.detail, event_data.state)
        return Event("key_down", now, key=key, text=text)

    def _submit(self, item: Item) -> None:
        with contextlib.suppress(Full):  # then the recording has ended, or is far behind
            self._taker.submit([item])

    def _disconnect(self) -> None:
        for connection in (self._control, self._heard):
            with contextlib.suppress(error.ConnectionClosedError, OSError):
                connection.close()
            connection.display.socket.close()  # of a server that is gone, it is left open


_SYMBOLS = {
    name[3:]: value
    for name, value in vars(XK).items()
    if name.startswith("XK_") and isinstance(value, int) and value >= 0xFD00
}
"""Names of keys that are not characters."""
