"""What is looked at right before an action: whether its aim is still what was decided on, and the rules."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from deskhand.actions.geometry import Box, ScreenPoint
from deskhand.actions.outcome import Outcome
from deskhand.actions.vocabulary import Action, points_of
from deskhand.agent.rules.guard import Guard, Ruling
from deskhand.agent.rules.situation import RuledScreen
from deskhand.perception.screen import Screenshot
from deskhand.perception.watch.observe import Observation, Observes
from deskhand.sandbox.abilities import ListsWindows
from deskhand.sandbox.protocol import Sandbox

AIMED = frozenset({"click", "drag", "long_press", "mouse_down"})
"""Kinds that change what they hit."""
AROUND = 20
"""Pixels to each side of a point that make up its patch."""
CHANGED_BY = 24
"""Levels of a colour, of 255, by which a pixel has to differ."""
CHANGED_SHARE = 0.25
"""Of a patch's pixels, from which on it shows something else. A caret is less, and so is a lit button."""
CHANGED_SCREEN = 0.01
"""The same of a whole screen: more than a clock or a caret."""
FRESH_SECONDS = 0.25
"""A decision that is taken sooner than this is about the screen as it is."""
MOST_STALE = 2
"""So many times in a row an aim may be given up; what moves all the time could never be clicked otherwise."""
STALE = "what was there has changed since it was decided on; look again"


class Checks:
    """The checks of one run.

    Args:
        guard: the rules; None where everything is allowed.
        look: the screen now, as the policy may see it.
        observer: looks once it has settled.
        rule: is told every ruling, with the number of the action in its step.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        look: Callable[[], Screenshot],
        observer: Observes,
        guard: Guard | None,
        rule: Callable[[int, Ruling], None],
    ) -> None:
        self._sandbox, self._look, self._observer = sandbox, look, observer
        self._guard, self._tell = guard, rule
        self._stale = 0

    def refusal(self, step: int, index: int, action: Action, decided_on: Observation) -> Outcome | None:
        """Why an action is not done now; None where it is.

        Args:
            step, index: of the action, for the person who is asked.
            decided_on: the screen that the policy saw.
        """
        aim = points_of(action)[:1] if action.kind in AIMED and index == 0 else ()
        shot = decided_on.screenshot
        if aim and time.monotonic() - shot.seconds > FRESH_SECONDS and self._stale < MOST_STALE:
            if is_stale(shot, self._look(), aim[0]):
                self._stale += 1
                return Outcome.refused(STALE)
            self._stale = 0
        if self._guard is None:
            return None
        # What came before in the same step may have opened anything.
        seen = decided_on if index == 0 else self._observer.observe()
        windows = self._sandbox.windows() if isinstance(self._sandbox, ListsWindows) else None
        screen = RuledScreen(lambda: seen.elements, windows, self._guard.touched)
        ruling = self._guard.ruling(step, action, screen)
        self._tell(index, ruling)
        if not ruling.allowed:
            return Outcome.refused(ruling.words)
        if ruling.who == "person" and self._changed(seen.screenshot, points_of(action)[:1]):
            return Outcome.refused("the screen changed while the question stood; look again")
        self._guard.did(action)
        return None

    def _changed(self, before: Screenshot, aim: tuple[ScreenPoint, ...]) -> bool:
        """Whether another screen is there than the person was asked about: at the aim; for keys, anywhere."""
        now = self._look()
        if aim:
            return is_stale(before, now, aim[0])
        return before.viewport != now.viewport or _share(before, now, _whole(before)) > CHANGED_SCREEN


def is_stale(before: Screenshot, now: Screenshot, point: ScreenPoint) -> bool:
    """Whether a point of a screen shows something else than it did."""
    if before.viewport != now.viewport:
        return True
    patch = Box(point.x - AROUND, point.y - AROUND, point.x + AROUND, point.y + AROUND)
    return _share(before, now, patch.intersection(_whole(before))) > CHANGED_SHARE


def _whole(shot: Screenshot) -> Box:
    return Box(0, 0, shot.viewport.width, shot.viewport.height)


def _share(before: Screenshot, now: Screenshot, box: Box) -> float:
    """Of a region's pixels, how many differ, 0 to 1."""
    old, new = (shot.crop(box).astype(np.int16) for shot in (before, now))
    return float((np.abs(old - new).max(axis=2) > CHANGED_BY).mean()) if old.size else 0.0
