"""What a run reports while it goes on, for whoever shows it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:  # commands that only print load neither numpy nor OpenCV
    from deskhand.actions.outcome import Outcome
    from deskhand.actions.vocabulary import Action
    from deskhand.agent.result import RunResult
    from deskhand.trajectories.records import Decision


class Listener(Protocol):
    """Hears of every event of a run, in order, after it was recorded. Must not raise."""

    def began(self, trajectory: Path) -> None:
        """The run begins; ``trajectory`` is the folder in which it is recorded."""
        ...

    def decided(self, step: int, decision: Decision) -> None:
        """The policy decided step number ``step``; nothing of it is done yet."""
        ...

    def acted(self, step: int, action: Action, outcome: Outcome) -> None:
        """One action of the step is over, and ``outcome`` says what became of it."""
        ...

    def noted(self, step: int, text: str) -> None:
        """The loop remarks something that the policy will read with the step's history."""
        ...

    def paused(self) -> None:
        """The run stands still until it is resumed, stopped or out of time."""
        ...

    def ended(self, result: RunResult) -> None:
        """The run is over; nothing more comes."""
        ...


@runtime_checkable
class HearsThoughts(Protocol):
    """A listener that also wants what a model has written before it has decided. Must not raise."""

    def thinking(self, text: str) -> None:
        """So much is written, as the model writes it; told now and then, perhaps from another thread."""
        ...


class Listeners:
    """Several listeners, each told of every event, in their order."""

    def __init__(self, *listeners: Listener) -> None:
        self._listeners = listeners

    def began(self, trajectory: Path) -> None:
        """Tells each."""
        for one in self._listeners:
            one.began(trajectory)

    def decided(self, step: int, decision: Decision) -> None:
        """Tells each."""
        for one in self._listeners:
            one.decided(step, decision)

    def acted(self, step: int, action: Action, outcome: Outcome) -> None:
        """Tells each."""
        for one in self._listeners:
            one.acted(step, action, outcome)

    def noted(self, step: int, text: str) -> None:
        """Tells each."""
        for one in self._listeners:
            one.noted(step, text)

    def paused(self) -> None:
        """Tells each."""
        for one in self._listeners:
            one.paused()

    def ended(self, result: RunResult) -> None:
        """Tells each."""
        for one in self._listeners:
            one.ended(result)

    def thinking(self, text: str) -> None:
        """Tells each that wants it."""
        for one in self._listeners:
            if isinstance(one, HearsThoughts):
                one.thinking(text)


class Silent:
    """A listener that shows nothing."""

    def began(self, trajectory: Path) -> None:
        """Nothing is shown."""
        ...

    def decided(self, step: int, decision: Decision) -> None:
        """Nothing is shown."""
        ...

    def acted(self, step: int, action: Action, outcome: Outcome) -> None:
        """Nothing is shown."""
        ...

    def noted(self, step: int, text: str) -> None:
        """Nothing is shown."""
        ...

    def paused(self) -> None:
        """Nothing is shown."""
        ...

    def ended(self, result: RunResult) -> None:
        """Nothing is shown."""
        ...
