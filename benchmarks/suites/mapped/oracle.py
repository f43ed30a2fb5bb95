"""Reaches goals as the map says: from whatever state the screen shows, along the paths that were found."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from deskhand.actions.reply import Reply
from deskhand.actions.vocabulary import Action, Finished, Infeasible, Key, Scroll, Type, Wait
from deskhand.benchmarks.suites.mapped.checking import GoalChecker, SeenScreen
from deskhand.benchmarks.suites.mapped.goals import MapGoal
from deskhand.knowledge.map import AppMap, Deed
from deskhand.knowledge.navigating import (
    ESCAPE,
    MARK_ALL,
    MOST_TRIES,
    PATIENCE_SECONDS,
    Navigator,
    fill,
    last_action,
    operate,
)
from deskhand.perception.screen import Element, Screenshot
from deskhand.perception.watch.observe import Observation
from deskhand.trajectories.records import Decision, Step, Task

ENTER = Key(keys=("enter",))
"""Saves a file once its name is typed."""


class MapOracle:
    """Does one goal after the other, each as soon as the one before was seen on the screen.

    Args:
        goals: in order.
        checker: says which are reached.
        read: finds the elements of a screen, where they are others than those of the observation.
    """

    def __init__(
        self,
        name: str,
        found: AppMap,
        goals: Sequence[MapGoal],
        checker: GoalChecker,
        read: Callable[[Screenshot], Sequence[Element]] | None = None,
    ) -> None:
        self.name = name
        self._goals, self._checker, self._read = tuple(goals), checker, read
        self._navigator = Navigator(found)
        self._left = deque(self._goals)
        self._tries = 0

    def begin(self, task: Task) -> None:
        """Start with the first goal."""
        self._left, self._tries = deque(self._goals), 0

    def decide(self, observation: Observation, history: Sequence[Step]) -> Decision:
        """The next step on the way to the first goal that is not reached."""
        elements = observation.elements if self._read is None else self._read(observation.screenshot)
        seen = SeenScreen(observation.screenshot, elements)
        before = len(self._left)
        saved = last_action(history) == ENTER
        while self._left and (self._checker.is_met(self._left[0], seen) or (saved and self._left[0].file)):
            self._left.popleft()
            self._tries = 0
        if not self._left:
            return _decision("Everything that was asked for is there.", Finished())
        thought, action = self._next(self._left[0], seen, history)
        last = last_action(history) if len(self._left) == before else None
        # Before a step is undone or done again a slow program gets time to show what it did.
        if last is not None and not isinstance(last, Wait) and action in (last, ESCAPE):
            return _decision("I wait for the program.", Wait(seconds=PATIENCE_SECONDS))
        return _decision(thought, action)

    def close(self) -> None:
        """Nothing to let go of."""

    def _next(self, goal: MapGoal, seen: SeenScreen, history: Sequence[Step]) -> tuple[str, Action]:
        at = self._navigator.reached(goal.way, seen.look)
        if at is None:
            return self._again("I leave what is open.", ESCAPE)
        if at < len(goal.way):
            return self._operate(goal.way[at], seen)
        if goal.kind in ("field", "file"):
            return self._fill(goal, seen, history)
        if goal.command is None:
            return self._again("I leave what is open.", ESCAPE)
        self._tries += 1
        return self._operate(goal.command.deed, seen)

    def _operate(self, deed: Deed, seen: SeenScreen) -> tuple[str, Action]:
        click = operate(deed, seen.elements)
        if isinstance(click, Scroll):
            return self._again("I scroll down.", click)
        if click is None or self._tries > MOST_TRIES:
            return self._again(f"I do not see {deed.words}.", ESCAPE)
        if deed.way == "right":
            return f"I open the {deed.words}.", click
        return f"I click the {deed.on.role} {deed.words!r}.", click

    def _fill(self, goal: MapGoal, seen: SeenScreen, history: Sequence[Step]) -> tuple[str, Action]:
        """Click the field, mark what is in it, write: one after the other, by what was done last."""
        assert goal.field is not None
        last = last_action(history)
        if goal.file and isinstance(last, Type):
            return "I save it under that name.", ENTER
        action = fill(goal.field, goal.text, seen.elements, last)
        if action == MARK_ALL:
            return "I mark what is in it.", action
        if isinstance(action, Type):
            return f"I write {goal.text!r}.", action
        return self._again(f"I click into {goal.named.get('name', 'the name')}.", action)

    def _again(self, thought: str, action: Action) -> tuple[str, Action]:
        """A step that may come to nothing; after too many the task is given up."""
        self._tries += 1
        if self._tries > MOST_TRIES:
            return "I do not get there.", Infeasible(reason="the screen is not as the map has it")
        return thought, action


def _decision(thought: str, action: Action) -> Decision:
    return Decision(reply=Reply(thought=thought, actions=(action,)))
