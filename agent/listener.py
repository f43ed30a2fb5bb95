"""What a run tells while it goes on, for whoever shows it."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from deskhand.actions.outcome import Outcome
from deskhand.actions.vocabulary import Action
from deskhand.agent.result import RunResult
from deskhand.trajectories.records import Decision


class Listener(Protocol):
    """Hears of every event of a run, in order, after it was recorded. Must not raise."""

    def began(self, trajectory: Path) -> None: ...

    def decided(self, step: int, decision: Decision) -> None: ...

    def acted(self, step: int, action: Action, outcome: Outcome) -> None: ...

    def noted(self, step: int, text: str) -> None: ...

    def paused(self) -> None: ...

    def ended(self, result: RunResult) -> None: ...


class Silent:
    """A listener that shows nothing."""

    def began(self, trajectory: Path) -> None: ...

    def decided(self, step: int, decision: Decision) -> None: ...

    def acted(self, step: int, action: Action, outcome: Outcome) -> None: ...

    def noted(self, step: int, text: str) -> None: ...

    def paused(self) -> None: ...

    def ended(self, result: RunResult) -> None: ...
