"""The policies that the miniwob suite brings: oracles, agents that must fail, and one that guesses."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

from deskhand.actions.geometry import ScreenPoint
from deskhand.actions.reply import Reply
from deskhand.actions.vocabulary import Action, Click, Type
from deskhand.benchmarks.browsing.moves import Do, Moves, Solve, TaskPage, css
from deskhand.benchmarks.browsing.policy import DONE
from deskhand.perception.watch.observe import Observation
from deskhand.trajectories.records import Decision, Step, Task

QUERY = "the instruction"


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
