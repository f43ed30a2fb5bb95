"""Progress bars of a training: of what comes before it, and of its updates."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deskhand.training.runs import Progress as Where


class Bars:
    """Progress bars on the standard error: of some preparations, and of the training after them."""

    def __init__(self, steps: int, *before: str) -> None:
        from rich.console import Console
        from rich.progress import Progress

        self._bars = Progress(console=Console(stderr=True))
        self._before = {name: self._bars.add_task(name, total=None) for name in before}
        self._training = self._bars.add_task("training", total=steps)

    def __enter__(self) -> Bars:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def show(self, state: Where) -> None:
        """Move the bar of the training, and say the losses and the seconds an update."""
        losses = ", ".join(f"{name} {loss:.2f}" for name, loss in state.losses.items())
        text = f"{losses}; {state.seconds:.2f} s an update"
        self._bars.update(self._training, completed=state.step, description=text)

    def shower(self, name: str) -> Callable[[int, int], None]:
        """What moves the bar of a preparation: takes how many are done, and of how many."""
        return lambda done, of: self._bars.update(self._before[name], completed=done, total=of)
