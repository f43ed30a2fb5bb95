"""The stop key: a chord by which a person stops an agent on the real desktop, whatever has the keyboard.

It is grabbed, so that no program gets it and another program that wants it is found out. A grab is
not enough: an open menu takes the whole keyboard, and grabs are silent then. So the keyboard itself is
watched too (raw events of XInput 2.1, which come in any case).
"""

from __future__ import annotations

import contextlib
import os
import select
import struct
import threading
from collections.abc import Callable
from itertools import combinations
from typing import Any

from Xlib import XK, X, error
from Xlib.ext import ge, xinput

from deskhand.actions.keys import STOP_CHORD
from deskhand.errors import EnvironmentProblem
from deskhand.sandbox.host.display import connect

NAME = "Shift+Esc"
"""The chord in words; ``STOP_CHORD`` in the vocabulary of actions, where it is forbidden to agents."""
assert STOP_CHORD == ("shift", "esc")

_RAW_EVENT = struct.Struct("=HIIH")
"""Device, time, key code and source of a raw event, behind its generic header (XI2proto.h)."""


class StopKey:
    """Watches a display for the stop key from now until it is closed.

    Args:
        display: the display's name.
        on_press: called once, in a thread of its own, when it was pressed.
        on_lost: called instead, with what happened, when it can no longer be watched, which must stop
            an agent just as well.

    Raises:
        EnvironmentProblem: the display cannot be reached, or another program has the chord.
    """

    def __init__(self, display: str, on_press: Callable[[], None], on_lost: Callable[[str], None]) -> None:
        self._display = connect(display)
        self._on_press, self._on_lost = on_press, on_lost
        self._closing = False
        self._woken, self._wake = os.pipe()
        try:
            self._key = self._display.keysym_to_keycode(XK.XK_Escape)
            self._shifts = {code for code in self._display.get_modifier_mapping()[X.ShiftMapIndex] if code}
            self._watch_keyboard()
            self._grab()
            pressed = self._display.query_keymap()
        except BaseException:
            self._disconnect()
            raise
        self._down = {code for code in self._shifts if pressed[code // 8] >> code % 8 & 1}
        self._thread = threading.Thread(target=self._watch, name="stop key", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Give the chord back. May be called twice."""
        if self._closing:
            return
        self._closing = True
        os.write(self._wake, b".")
        if threading.current_thread() is not self._thread:
            self._thread.join()
        self._disconnect()

    def _watch_keyboard(self) -> None:
        """Ask for every press and release, also while another program has grabbed the keyboard."""
        major = self._display.display.get_extension_major(xinput.extname)
        # python-xlib's own request says 2.0, to whose clients a grab by another hides raw events.
        spoken = xinput.XIQueryVersion(
            display=self._display.display, opcode=major, major_version=2, minor_version=2
        )
        if (spoken.major_version, spoken.minor_version) < (2, 1):
            raise EnvironmentProblem(
                "this X server is too old to watch the stop key safely (it has no XInput 2.1): "
                "use --sandbox lightbox"
            )
        self._raw = major
        mask = xinput.RawKeyPressMask | xinput.RawKeyReleaseMask
        self._display.screen().root.xinput_select_events([(xinput.AllMasterDevices, mask)])

    def _grab(self) -> None:
        """Reserve the chord, with num lock and caps lock on or off."""
        refused = error.CatchError(error.BadAccess)
        locks = (X.LockMask, self._number_lock())
        for count in range(len(locks) + 1):
            for some in combinations(locks, count):
                self._display.screen().root.grab_key(
                    self._key,
                    X.ShiftMask | sum(some),
                    False,
                    X.GrabModeAsync,
                    X.GrabModeAsync,
                    onerror=refused,
                )
        self._display.sync()
        if refused.get_error() is not None:
            raise EnvironmentProblem(
                f"{NAME}, which stops an agent on the real desktop, is taken by another program: end that "
                "program or give it another shortcut; perhaps another deskhand drives this desktop already"
            )

    def _number_lock(self) -> int:
        """The modifier that num lock is, as a mask."""
        code = self._display.keysym_to_keycode(XK.XK_Num_Lock)
        rows = self._display.get_modifier_mapping()
        return next((1 << index for index, row in enumerate(rows) if code and code in row), X.Mod2Mask)

    def _watch(self) -> None:
        try:
            while not self._closing:
                while self._display.pending_events():
                    if self._stops(self._display.next_event()):
                        return self._on_press()
                select.select([self._display, self._woken], [], [])
        except Exception as problem:  # noqa: BLE001 (a key that nobody watches must stop the agent as well)
            self._on_lost(f"{NAME} cannot be watched any more ({type(problem).__name__}: {problem})")

    def _stops(self, event: Any) -> bool:
        if event.type == X.KeyPress:
            return True  # only the grabbed chord is sent as such
        if event.type != ge.GenericEventCode or event.extension != self._raw:
            return False
        _, _, code, _ = _RAW_EVENT.unpack_from(event.data)
        if event.evtype == xinput.RawKeyPress:
            if code in self._shifts:
                self._down.add(code)
            return bool(code == self._key and self._down)
        self._down.discard(code)
        return False

    def _disconnect(self) -> None:
        with contextlib.suppress(error.ConnectionClosedError, OSError):
            self._display.close()
        os.close(self._wake)
        os.close(self._woken)
