"""What a run may use up, and when it is going round in circles."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from deskhand.actions.vocabulary import Action


@dataclass(frozen=True, slots=True)
class Limits:
    """What a run may use up; reaching one ends it with status ``limit``.

    Attributes:
        steps: decisions.
        seconds: wall time, checked before every decision and every action.
        tokens: prompt and completion tokens together; None for no bound.
        format_errors: replies in a row that are no action; the last of them ends the run.
        circles: whether the same action on the same screen, again and again, ends the run as stuck. What
            is replayed may press a key ten times.
    """

    steps: int = 30
    seconds: float = 600.0
    tokens: int | None = None
    format_errors: int = 3
    circles: bool = True


REPEATS_NOTED = 2
REPEATS_STUCK = 4


class LoopDetector:
    """Counts how often the same actions were decided on the same screen.

    The second time the policy gets a note; the fourth ends the run as stuck. Circles over several
    screens are found too, since each of their screens comes back with the same actions.
    """

    def __init__(self) -> None:
        self._seen: Counter[tuple[str, str]] = Counter()

    def count(self, frame: str, actions: tuple[Action, ...]) -> int:
        """Note actions that are decided on a screen; returns how often that has happened now."""
        key = (frame, "\n".join(action.model_dump_json() for action in actions))
        self._seen[key] += 1
        return self._seen[key]
