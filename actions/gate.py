"""The host's last look at an action before it is sent into a sandbox."""

from __future__ import annotations

from deskhand.actions.geometry import Viewport
from deskhand.actions.keys import forbidden_chord
from deskhand.actions.outcome import Outcome
from deskhand.actions.vocabulary import INWARD_KINDS, TERMINAL_KINDS, Action, Key, points_of


def check(action: Action, viewport: Viewport, supported: frozenset[str]) -> Outcome | None:
    """Refuse what must not reach the executor, and settle what needs none; None lets the action pass.

    Args:
        action: a validated action.
        viewport: the screen on which its points must lie.
        supported: the kinds that this sandbox can do.
    """
    if action.kind in TERMINAL_KINDS:
        return Outcome.refused(f"{action.kind} ends a run and is not done on a screen")
    if action.kind not in supported | INWARD_KINDS:
        return Outcome.refused(f"this sandbox has no {action.kind}")
    for point in points_of(action):
        if point not in viewport:
            return Outcome.refused(
                f"({point.x}, {point.y}) is outside the {viewport.width}x{viewport.height} screen"
            )
    if action.kind in INWARD_KINDS:
        return Outcome.done(0.0)
    if isinstance(action, Key):
        reason = forbidden_chord(action.keys)
        if reason:
            return Outcome.refused(reason)
    return None
