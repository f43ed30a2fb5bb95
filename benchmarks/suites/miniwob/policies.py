"""The policies that the miniwob suite brings: oracles, agents that must fail, and one that guesses."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

from deskhand.actions.geometry import ScreenPoint
from deskhand.actions.reply import Reply
from deskhand.actions.vocabulary import Action, Click, Finished, Infeasible, Type
from deskhand.benchmarks.suites.miniwob.moves import Do, Moves, NotThere, Solve, TaskPage, css
from deskhand.perception.watch.observe import Observation
from deskhand.trajectories.records import Decision, Step, Task

QUERY = "the instruction"
DONE = Do("It is done.", (Finished(),))


class PagePolicy:
    """Does what a list of moves says, which is made as it is done; then claims to have finished.

    Args:
        page: gives the page that is shown; asked when a run begins.
        solve: makes the moves.
        anew: make them anew for each step, from the page as it is then, whoever brought it there.
    """

    def __init__(self, name: str, page: Callable[[], TaskPage], solve: Solve, *, anew: bool = False) -> None:
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


def all_but_the_last(solve: Solve) -> Solve:
    """Stop just before the move that would do it; where that was the only one, click beside it."""

    def moves(page: TaskPage, instruction: str) -> Moves:
        held: Do | None = None
        for number, move in enumerate(solve(page, instruction)):
            if held is not None:
                yield held
            elif number == 0:
                yield _beside(page)
            held = move

    return moves


def submit_at_once(solve: Solve) -> Solve:
    """Hand in what there is, unless that is what is asked for; then click where nothing is."""

    def moves(page: TaskPage, instruction: str) -> Moves:
        button = css("#subbtn, #submit, button.secondary-action")
        first = next(iter(solve(page, instruction)), DONE)
        if page.there(button):
            hand_in = page.click(button, "the button that submits")
            if hand_in.actions != first.actions:
                yield hand_in
                return
        yield _beside(page)

    return moves


def only_beside(page: TaskPage, instruction: str) -> Moves:
    """Click where nothing is, and be content."""
    yield _beside(page)


def _beside(page: TaskPage) -> Do:
    """A click on the instruction, which is part of no task."""
    return page.click(css("#query"), QUERY)


class GuessingPolicy:
    """Clicks anywhere on the page and types words of the instruction, without looking; a floor."""

    name = "random"

    def __init__(self, seed: int, across: int, down: int, steps: int = 9) -> None:
        self._seed, self._size, self._steps = seed, (across, down), steps
        self._chance = random.Random(seed)
        self._words: list[str] = ["x"]

    def begin(self, task: Task) -> None:
        """Draw anew from the seed and the instruction, whose words will be typed."""
        self._chance = random.Random(f"{self._seed} {task.instruction}")
        self._words = re.findall(r"[\w@#.-]+", task.instruction) or ["x"]

    def decide(self, observation: Observation, history: Sequence[Step]) -> Decision:
        """A click, or one time in five a word; finished after so many steps."""
        if len(history) >= self._steps:
            return Decision(reply=Reply(thought=DONE.thought, actions=DONE.actions))
        return Decision(reply=Reply(thought="I try something.", actions=(self._action(observation),)))

    def _action(self, observation: Observation) -> Action:
        if self._chance.random() < 0.2:
            return Type(text=self._chance.choice(self._words))
        size = observation.viewport
        across, down = min(self._size[0], size.width), min(self._size[1], size.height)
        return Click(at=ScreenPoint(self._chance.randrange(across), self._chance.randrange(down)))

    def close(self) -> None:
        """Nothing to let go of."""
