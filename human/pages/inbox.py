"""A page's events, each taken in order and at most once, with this machine's time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from deskhand.actions.geometry import Viewport
from deskhand.errors import UsageError
from deskhand.human.recording.events import Event
from deskhand.human.recording.messages import EventBatch, as_event
from deskhand.serving import Response


class EventInbox:
    """The events of one page, numbered by it from 0."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._offset: float | None = None
        self._last = 0.0
        self.next = 0
        """Number of the event that is expected."""

    def take(
        self, batch: EventBatch, viewport: Viewport, submit: Callable[[Sequence[Event]], None]
    ) -> Response:
        """Have events done that were not done yet; none of them if one makes no sense.

        Raises:
            Full: too much waits to be done; none of these was taken.
        """
        with self._lock:
            expected = self.next
            if batch.first > expected:
                return Response.refused(409, "events are missing before these", next=expected)
            fresh, events = batch.events[expected - batch.first :], []
            for index, sent in enumerate(fresh):
                try:
                    events.append(as_event(sent, viewport, self._clock))
                except UsageError as error:
                    at = expected - batch.first + index
                    return Response.refused(400, str(error), index=at, next=expected)
            submit(events)
            self.next = expected + len(fresh)
            return Response.of({"next": self.next})

    def _clock(self, milliseconds: float) -> float:
        """The page's time as this machine's: later than all before it, and never in the future."""
        now = time.monotonic()
        if self._offset is None:
            self._offset = now - milliseconds / 1000
        self._last = max(self._last + 1e-6, min(now, milliseconds / 1000 + self._offset))
        return self._last
