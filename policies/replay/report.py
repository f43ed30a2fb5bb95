"""What a replay found at each step."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from deskhand.actions.geometry import Box
from deskhand.perception.match.locate import How
from deskhand.perception.screen import Screenshot

Finding = How | Literal["screen", "regrounded", "drift"]
"""As ``How`` where there is a target; ``screen`` where only the screen had to be recognised."""


@dataclass(frozen=True, slots=True)
class StepFinding:
    """One step of a replay.

    Attributes:
        step: its number in the trajectory that is replayed.
        action: what is done, in words.
        found: how the screen or the target was recognised; ``drift`` where it was not.
        shift: by how many pixels the first target moved right and down.
        sure: confidence, 0 to 1.
        waited: how often the screen was given more time.
        seconds: how long the check took.
        note: what was different, in words.
    """

    step: int
    action: str
    found: Finding
    shift: tuple[int, int] = (0, 0)
    sure: float = 1.0
    waited: int = 0
    seconds: float = 0.0
    note: str = ""


@dataclass(frozen=True, slots=True)
class Drift:
    """Where a replay stopped, with the expected and the actual screen.

    Attributes:
        target: box of the step's target on the expected screen, if it has one.
    """

    step: int
    reason: str
    expected: Screenshot | None
    actual: Screenshot
    target: Box | None = None


@dataclass
class ReplayReport:
    """What a replay found, step by step, and where it stopped."""

    findings: list[StepFinding] = field(default_factory=list)
    drift: Drift | None = None
