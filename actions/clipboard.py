"""The X clipboard, owned by a thread of its own, which knows whether anyone fetched what it offers.

Runs inside a sandbox: imports only the standard library and Xlib. Texts over the server's largest
request (256 KiB at least) are not offered; actions bound text far below that.
"""

from __future__ import annotations

import os
import select
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from Xlib import X, Xatom, display
from Xlib.protocol import event

READ_TIMEOUT_SECONDS = 1.0
QUIET_SECONDS = 0.12
"""A program that pastes asks several times: what there is, and then for it. After this long it has all."""
_OF_TEXT = (
    "TARGETS", "TIMESTAMP", "MULTIPLE", "SAVE_TARGETS", "DELETE", "UTF8_STRING", "STRING", "TEXT",
    "COMPOUND_TEXT", "text/plain", "GTK_TEXT_BUFFER", "application/x-gtk-text-buffer", "text/unicode",
)  # fmt: skip


class ClipboardContent(NamedTuple):
    """What is on the clipboard. ``whole`` says that putting ``text`` back puts everything back."""

    text: str | None
    whole: bool


class Offer:
    """A text that is on the clipboard now.

    ``taken`` is set once a program has fetched it, ``over`` once something else is on the clipboard or
    the display is gone. ``refused`` answers every further question with nothing.
    """

    def __init__(self, text: str) -> None:
        self.data = text.encode()
        self.taken = threading.Event()
        self.over = threading.Event()
        self.refused = False
        self.asked_at = 0.0

    def quiet(self) -> bool:
        """Whether nobody has asked for it for a while."""
        return time.monotonic() - self.asked_at >= QUIET_SECONDS


class Clipboard:
    """Reads and owns the CLIPBOARD selection of the display named by the environment."""

    def __init__(self) -> None:
        self._display = display.Display()
        self._window = self._display.screen().root.create_window(0, 0, 1, 1, 0, X.CopyFromParent)
        self._lock = threading.RLock()
        self._offer: Offer | None = None
        names = (
            "CLIPBOARD",
            "TARGETS",
            "UTF8_STRING",
            "TEXT",
            "DESKHAND",
            "INCR",
            "text/plain;charset=utf-8",
            "text/plain",
        )
        self._atom = {name: self._display.intern_atom(name) for name in names}
        self._texts = {
            self._atom[n] for n in names if n not in ("CLIPBOARD", "TARGETS", "DESKHAND", "INCR")
        } | {Xatom.STRING}
        self._arrived: Any = None
        self._closing = threading.Event()
        self._wake, self._woken = _pipe()
        self._thread = threading.Thread(target=self._serve, name="clipboard", daemon=True)
        self._thread.start()

    def read(self) -> ClipboardContent:
        """What the clipboard holds; nothing, and not whole, if its owner does not answer in time."""
        with self._lock:
            owner = self._display.get_selection_owner(self._atom["CLIPBOARD"])
            if owner == X.NONE or owner == self._window:
                offered = owner != X.NONE and self._offer is not None
                return ClipboardContent(self._offer.data.decode() if offered and self._offer else None, True)
        targets = self._asked("TARGETS")
        if not isinstance(targets, list):
            return ClipboardContent(None, False)
        with self._lock:
            names = [self._display.get_atom_name(target) for target in targets]
        text = self._asked("UTF8_STRING")
        if not isinstance(text, str):
            return ClipboardContent(None, False)
        return ClipboardContent(text, all(name.startswith(_OF_TEXT) for name in names))

    def _asked(self, target: str) -> Any:
        """The owner's answer: a text, or a list of atoms; None if there is none in time, or a huge one."""
        with self._lock:
            answer = self._arrived = _Answer()
            self._window.convert_selection(
                self._atom["CLIPBOARD"], self._atom[target], self._atom["DESKHAND"], X.CurrentTime
            )
            self._display.flush()
        self._wake.write(b".")
        answer.done.wait(READ_TIMEOUT_SECONDS)
        return answer.value

    @contextmanager
    def offering(self, text: str) -> Iterator[Offer]:
        """Own the clipboard with ``text`` for the body of a with statement."""
        yield self._own(text)

    def hold(self, text: str | None) -> None:
        """Put ``text`` on the clipboard for good; with None, nothing is on it any more."""
        if text is not None:
            self._own(text)
        else:
            with self._lock:
                self._let_go()

    def held(self) -> str | None:
        """The text that is on the clipboard only for as long as this object lives; None if there is none."""
        with self._lock:
            return None if self._offer is None else self._offer.data.decode()

    def close(self) -> None:
        self._closing.set()
        self._wake.write(b".")
        self._thread.join(timeout=1)
        self._display.close()
        self._wake.close()
        self._woken.close()

    def _own(self, text: str) -> Offer:
        with self._lock:
            self._let_go()
            offer = self._offer = Offer(text)
            self._window.set_selection_owner(self._atom["CLIPBOARD"], X.CurrentTime)
            self._display.flush()
        self._wake.write(b".")
        return offer

    def _let_go(self) -> None:
        if self._offer is not None:
            self._offer.over.set()
            self._offer = None

    def _serve(self) -> None:
        try:
            while not self._closing.is_set():
                select.select([self._display, self._woken], [], [], 1.0)
                if select.select([self._woken], [], [], 0)[0]:
                    self._woken.read(4096)
                with self._lock:
                    while self._display.pending_events():
                        self._handle(self._display.next_event())
        finally:
            self._let_go()

    def _handle(self, happened: Any) -> None:
        if happened.type == X.SelectionRequest:
            self._answer(happened)
        elif happened.type == X.SelectionClear:
            self._let_go()
        elif happened.type == X.SelectionNotify and self._arrived is not None:
            if happened.property != X.NONE:
                found = self._window.get_full_property(happened.property, X.AnyPropertyType)
                if found is not None and isinstance(found.value, bytes):
                    self._arrived.value = found.value.decode(errors="replace")
                elif found is not None and found.property_type != self._atom["INCR"]:
                    self._arrived.value = list(found.value)
                self._window.delete_property(happened.property)
            self._arrived.done.set()

    def _answer(self, request: Any) -> None:
        offer, place = self._offer, request.property or request.target
        if offer is not None:
            offer.asked_at = time.monotonic()
        if offer is None or offer.refused:
            place = X.NONE
        elif request.target == self._atom["TARGETS"]:
            request.requestor.change_property(
                place, Xatom.ATOM, 32, sorted(self._texts | {self._atom["TARGETS"]})
            )
        elif request.target in self._texts:
            request.requestor.change_property(place, request.target, 8, offer.data)
        else:
            place = X.NONE
        request.requestor.send_event(
            event.SelectionNotify(
                time=request.time,
                requestor=request.requestor,
                selection=request.selection,
                target=request.target,
                property=place,
            )
        )
        self._display.flush()
        if offer is not None and place != X.NONE and request.target in self._texts:
            offer.taken.set()


class _Answer:
    """What another program says is on the clipboard."""

    def __init__(self) -> None:
        self.done = threading.Event()
        self.value: str | list[int] | None = None


def _pipe() -> tuple[Any, Any]:
    reading, writing = os.pipe()
    return os.fdopen(writing, "wb", buffering=0), os.fdopen(reading, "rb", buffering=0)
