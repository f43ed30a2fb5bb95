"""The window with the keyboard: what it is, whether it has taken in what was sent, whether it changed.

And whether the window manager has: it holds each press back until it has looked at it, while keys pass.

Runs inside a sandbox: imports only the standard library and Xlib.
"""

from __future__ import annotations

import select
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from Xlib import X, Xatom
from Xlib.error import XError
from Xlib.protocol import event

MANAGER_SECONDS = 5.0
"""A window manager that says nothing for so long is not waited for."""
CARET_PIXELS = 4
"""A caret that blinks is narrower than this."""
_MOST_PIXELS = 4_000_000


class Picture(NamedTuple):
    """Raw pixels of one region of the screen."""

    region: tuple[int, int, int, int]
    data: bytes


class Focus:
    """The window that has the keyboard now.

    Args:
        display: an open connection, which this object uses and does not close.
    """

    def __init__(self, display: Any) -> None:
        self._display = display
        self._root = display.screen().root
        self._ping, self._protocols = (display.intern_atom(name) for name in ("_NET_WM_PING", "WM_PROTOCOLS"))
        self._pings = 0
        self._ask, self._extents = (
            display.intern_atom(name) for name in ("_NET_REQUEST_FRAME_EXTENTS", "_NET_FRAME_EXTENTS")
        )
        self._managed = display.intern_atom("_NET_SUPPORTING_WM_CHECK")
        self._own: Any = None

    def names(self) -> frozenset[str]:
        """The class names of the program that it belongs to, in lower case."""
        for window in self._line():
            try:
                found = window.get_wm_class()
            except XError:
                continue  # it has gone meanwhile
            if found:
                return frozenset(name.lower() for name in found)
        return frozenset()

    def takes_in(self, timeout: float, sooner: Callable[[], bool] = lambda: False) -> bool:
        """Wait until the program has taken in what was sent to it before, or ``sooner`` says so.

        Programs answer a ping in turn with keys. One that answers no pings counts as slow: False, at once.
        """
        window = next((window for window in self._line() if self._answers_pings(window)), None)
        if window is None:
            return False
        self._pings += 1
        self._root.change_attributes(event_mask=X.SubstructureNotifyMask)
        try:
            asked = [self._ping, self._pings, window.id, 0, 0]
            ping = event.ClientMessage(window=window, client_type=self._protocols, data=(32, asked))
            window.send_event(ping)
            self._display.flush()
            return self._answer(time.monotonic() + timeout, sooner)
        finally:
            self._root.change_attributes(event_mask=0)
            self._display.sync()
            while self._display.pending_events():
                self._display.next_event()

    def passes_manager(self) -> bool:
        """Wait until the window manager has passed on what was pressed before; False where none says so.

        It handles requests in order, so its answer to a request about a window of ours shows that.
        """
        if self._root.get_full_property(self._managed, Xatom.WINDOW) is None:
            return False
        if self._own is None:
            self._own = self._root.create_window(
                -1, -1, 1, 1, 0, X.CopyFromParent, X.InputOutput, event_mask=X.PropertyChangeMask
            )
        self._own.delete_property(self._extents)
        question = event.ClientMessage(window=self._own, client_type=self._ask, data=(32, [0] * 5))
        self._root.send_event(question, event_mask=X.SubstructureNotifyMask | X.SubstructureRedirectMask)
        self._display.flush()
        deadline = time.monotonic() + MANAGER_SECONDS
        answered = False
        while not answered and (left := deadline - time.monotonic()) > 0:
            while self._display.pending_events():
                happened = self._display.next_event()
                answered |= happened.type == X.PropertyNotify and happened.state == X.PropertyNewValue
            if not answered:
                select.select([self._display], [], [], left)
        return answered

    def picture(self) -> Picture | None:
        """What its window looks like; None where that cannot be had."""
        try:
            return self._grabbed(self._region())
        except XError:
            return None

    def differs(self, before: Picture | None) -> bool:
        """Whether more than a caret has changed since; True where that cannot be found out."""
        try:
            now = None if before is None else self._grabbed(before.region)
        except XError:
            return True
        if before is None or now is None or len(now.data) != len(before.data):
            return True
        return _span(before.data, now.data, before.region[3]) > CARET_PIXELS

    def _answer(self, deadline: float, sooner: Callable[[], bool]) -> bool:
        while (left := deadline - time.monotonic()) > 0 and not sooner():
            while self._display.pending_events():
                happened = self._display.next_event()
                if (
                    happened.type == X.ClientMessage
                    and happened.client_type == self._protocols
                    and list(happened.data[1])[:2] == [self._ping, self._pings]
                ):
                    return True
            select.select([self._display], [], [], min(left, 0.02))
        return sooner()

    def _line(self) -> list[Any]:
        """The window with the keyboard and those that hold it, from the inside out."""
        found: list[Any] = []
        try:
            window = self._display.get_input_focus().focus
            while window not in (X.NONE, X.PointerRoot) and window != self._root:
                found.append(window)
                window = window.query_tree().parent
        except XError:
            pass  # it has gone meanwhile
        return found

    def _answers_pings(self, window: Any) -> bool:
        try:
            found = window.get_full_property(self._protocols, Xatom.ATOM)
        except XError:
            return False
        return found is not None and self._ping in found.value

    def _region(self) -> tuple[int, int, int, int]:
        """Left, top, width and height of the outermost window on the screen; the screen if there is none."""
        screen = self._root.get_geometry()
        line = self._line()
        if not line:
            return 0, 0, screen.width, screen.height
        shape = line[-1].get_geometry()
        left, top = max(0, shape.x), max(0, shape.y)
        right, bottom = min(screen.width, shape.x + shape.width), min(screen.height, shape.y + shape.height)
        return left, top, max(1, right - left), max(1, bottom - top)

    def _grabbed(self, region: tuple[int, int, int, int]) -> Picture | None:
        if region[2] * region[3] > _MOST_PIXELS:
            return None
        return Picture(region, bytes(self._root.get_image(*region, X.ZPixmap, 0xFFFFFFFF).data))


def _span(before: bytes, now: bytes, rows: int) -> int:
    """How many columns lie between the leftmost and the rightmost pixel that changed."""
    length = len(now) // rows
    pixel = 4
    first, last = length, -1
    for start in range(0, length * rows, length):
        one, two = before[start : start + length], now[start : start + length]
        if one != two:
            changed = int.from_bytes(one, "little") ^ int.from_bytes(two, "little")
            first = min(first, ((changed & -changed).bit_length() - 1) // 8)
            last = max(last, (changed.bit_length() - 1) // 8)
    return (last - first) // pixel + 1 if last >= 0 else 0
