"""A policy that does what a list of moves says: an oracle, or one that must fail."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from deskhand.actions.reply import Reply
from deskhand.actions.vocabulary import Finished, Infeasible
from deskhand.benchmarks.browsing.moves import Do, Moves, NotThere
from deskhand.perception.watch.observe import Observation
from deskhand.trajectories.records import Decision, Step, Task

Shown = TypeVar("Shown")
"""What is acted on: a page, or a program's window."""

DONE = Do("It is done.", (Finished(),))


class PagePolicy(Generic[Shown]):
    """Does what a list of moves says, which is made as it is done; then claims to have finished.

    Args:
        page: gives the page, or the window, that is shown; asked when a run begins.
        solve: makes the moves.
        anew: make them anew for each step, from the page as it is then, whoever brought it there.
    """

    def __init__(
        self,
        name: str,
        page: Callable[[], Shown],
        solve: Callable[[Shown, str], Moves],
        *,
        anew: bool = False,
    ) -> None:
        self.name = name
        self._page, self._solve, self._anew = page, solve, anew
        self._instruction = ""
        self._moves: Moves = iter(())

    def begin(self, task: Task) -> None:
        """Get ready for the page that is shown and the task's instruction."""
        self._instruction = task.instruction
        self._moves = self._solve(self._page(), task.instruction)

    def decide(self, observation: Observation, history: Sequence[Step]) -> Decision:
        """The next move; where the page lacks what it needs, that the task cannot be done."""
        if self._anew:
            self._moves = self._solve(self._page(), self._instruction)
        try:
            move = next(self._moves, DONE)
        except NotThere as error:
            move = Do("I do not see what I need.", (Infeasible(reason=str(error)[:500]),))
        return Decision(reply=Reply(thought=move.thought, actions=move.actions))

    def close(self) -> None:
        """Forget the moves that are left."""
        self._moves = iter(())
