"""Looks at a desktop all the time, so that there is a look from before whatever a person does.

A look that shows the same screen as the one before is no new look. When the screen stands still, the
programs are asked what they show, where they can be; what they report is kept with the looks of that screen.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

import numpy as np

from deskhand.errors import DeskhandError, EnvironmentProblem, SandboxLost
from deskhand.perception.screen import Screenshot
from deskhand.perception.thumbnails import jpeg
from deskhand.perception.watch.difference import difference
from deskhand.serving import Response

BUSY_SECONDS, IDLE_SECONDS = 0.07, 0.25
"""Between two looks, while something goes on and while nothing does."""

BUSY_FOR_SECONDS = 2.0
STILL_SECONDS = 0.25
LOOKS_KEPT = 12
MOST_TREE_FAILURES = 3


@dataclass(eq=False, slots=True)
class AccessibilityReading:
    """What programs reported of one screen; None until they have."""

    xml: str | None = None


@dataclass(eq=False, slots=True)
class TimedLook:
    """One screen; ``number`` grows by one with every other screen, ``since`` is when it was first seen."""

    number: int
    screenshot: Screenshot
    since: float
    accessibility: AccessibilityReading = field(default_factory=AccessibilityReading)


class Camera:
    """Looks at a desktop in a thread of its own until it is closed. A context manager.

    Args:
        capture: takes a screenshot.
        tree: asks the programs what they show, as XML; None where they cannot be asked.

    Attributes:
        error: why there are no looks any more; None while there are.
    """

    def __init__(self, capture: Callable[[], Screenshot], tree: Callable[[], str] | None = None) -> None:
        self._capture, self._tree = capture, tree
        self.error: DeskhandError | None = None
        self._changed = threading.Condition()
        self._closing = False
        self._looks: deque[TimedLook] = deque(maxlen=LOOKS_KEPT)
        self._seen = self._busy = time.monotonic()
        self._take()
        self._threads = [threading.Thread(target=self._watch, name="camera", daemon=True)]
        if tree is not None:
            self._threads.append(threading.Thread(target=self._ask, name="tree", daemon=True))
        for thread in self._threads:
            thread.start()

    @property
    def newest(self) -> TimedLook:
        """The latest look, without looking again."""
        return self._looks[-1]

    def look(self, since: float) -> TimedLook:
        """The screen as it was seen at ``since`` (monotonic seconds) or later, looked at now if need be.

        Raises:
            SandboxLost: the desktop is gone.
        """
        with self._changed:
            self._busy = time.monotonic()
            if self._seen >= since:
                return self.newest
        return self._take()

    def before(self, seconds: float) -> TimedLook:
        """The newest screen that was first seen before ``seconds``, as far as it is remembered."""
        with self._changed:
            self._busy = time.monotonic()
            return next((look for look in reversed(self._looks) if look.since < seconds), self._looks[0])

    def newer(self, than: int, timeout: float) -> TimedLook | None:
        """The newest look if its number is over ``than``, waited for; None if none came."""
        with self._changed:
            self._changed.wait_for(lambda: self._closing or self.newest.number > than, timeout)
            return self.newest if self.newest.number > than else None

    def close(self) -> None:
        """Stop looking. May be called twice."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _take(self) -> TimedLook:
        """Look now."""
        began = time.monotonic()
        screenshot = self._capture()
        with self._changed:
            last = self._looks[-1] if self._looks else None
            if last is not None and began < self._seen:
                return last  # another thread has looked later
            self._seen = began
            if last is not None and np.array_equal(last.screenshot.pixels, screenshot.pixels):
                return last
            look = TimedLook(last.number + 1 if last else 1, screenshot, began)
            if last is not None and difference(last.screenshot, screenshot).only_caret:
                look.accessibility = last.accessibility
            else:
                self._busy = began
            self._looks.append(look)
            self._changed.notify_all()
            return look

    def _watch(self) -> None:
        try:
            while not self._closing:
                busy = time.monotonic() - self._busy < BUSY_FOR_SECONDS
                with self._changed:
                    self._changed.wait_for(lambda: self._closing, BUSY_SECONDS if busy else IDLE_SECONDS)
                if not self._closing:
                    self._take()
        except DeskhandError as error:
            self.error = error
            with self._changed:
                self._changed.notify_all()

    def _ask(self) -> None:
        """Ask about every screen that stands still."""
        failures = 0
        assert self._tree is not None
        while not self._closing and self.error is None and failures < MOST_TREE_FAILURES:
            with self._changed:
                accessibility = self.newest.accessibility
                self._changed.wait_for(lambda: self._closing, STILL_SECONDS)
                if (
                    self._closing
                    or accessibility is not self.newest.accessibility
                    or accessibility.xml is not None
                ):
                    continue
            try:
                xml = self._tree()
                self._take()
            except SandboxLost:
                return
            except EnvironmentProblem:
                failures += 1
                continue
            if self.newest.accessibility is accessibility:
                accessibility.xml, failures = xml, 0


class CameraPictures:
    """What a camera sees, as pictures for pages; each is made once, however many pages there are."""

    def __init__(self, camera: Camera) -> None:
        self._camera = camera
        self._lock = threading.Lock()
        self._picture: tuple[int, bytes] = (0, b"")

    def newer(self, than: int, timeout: float) -> Response:
        """The newest look if its number is over ``than``, waited for, as an answer with its number."""
        look = self._camera.newer(than, timeout)
        if look is None:
            return Response(status=204)
        with self._lock:
            if self._picture[0] != look.number:
                self._picture = look.number, jpeg(look.screenshot.pixels)
            number, picture = self._picture
        return Response(picture, "image/jpeg", 200, {"X-Number": str(number)})
