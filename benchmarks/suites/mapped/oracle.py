"""Reaches goals as the map says: from whatever state the screen shows, along the paths that were found."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from deskhand.actions.reply import Reply
from deskhand.actions.vocabulary import Action, Click, Finished, Infeasible, Key, Type, Wait
from deskhand.benchmarks.suites.mapped.checking import GoalChecker, SeenScreen
from deskhand.benchmarks.suites.mapped.goals import MapGoal
from deskhand.knowledge.controls import find, find_field
from deskhand.knowledge.map import AppMap, Deed, MapControl
from deskhand.knowledge.recognising import is_at
from deskhand.perception.screen import Element, Screenshot
from deskhand.perception.text.similarity import nearly_same
from deskhand.perception.watch.observe import Observation
from deskhand.trajectories.records import Decision, Step, Task

ESCAPE = Key(keys=("escape",))
PATIENCE_SECONDS = 1.5
MOST_TRIES = 6
"""Steps that may come to nothing before a goal is given up."""
OVERLAP = 0.5


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
        self._found, self._goals, self._checker, self._read = found, tuple(goals), checker, read
        self._ways = {state.path: state for state in reversed(found.states)}
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
        while self._left and self._checker.is_met(self._left[0], seen):
            self._left.popleft()
            self._tries = 0
        if not self._left:
            return _decision("Everything that was asked for is there.", Finished())
        thought, action = self._next(self._left[0], seen, history)
        last = _last(history) if len(self._left) == before else None
        # Before a step is undone or done again a slow program gets time to show what it did.
        if last is not None and not isinstance(last, Wait) and action in (last, ESCAPE):
            return _decision("I wait for the program.", Wait(seconds=PATIENCE_SECONDS))
        return _decision(thought, action)

    def close(self) -> None:
        """Nothing to let go of."""

    def _next(self, goal: MapGoal, seen: SeenScreen, history: Sequence[Step]) -> tuple[str, Action]:
        at = self._reached(goal.way, seen)
        if at is None:
            return self._again("I leave what is open.", ESCAPE)
        if at < len(goal.way):
            return self._operate(goal.way[at], seen)
        if goal.kind == "field":
            return self._fill(goal, seen, history)
        if goal.command is None:
            return self._again("I leave what is open.", ESCAPE)
        self._tries += 1
        return self._operate(goal.command.deed, seen)

    def _reached(self, way: tuple[Deed, ...], seen: SeenScreen) -> int | None:
        """How many steps of a path are behind; None where the screen is in no state of it."""
        for number in range(len(way), -1, -1):
            state = self._ways.get(way[:number])
            if state is not None and is_at(state, seen.look, self._found.states):
                return number
        return None

    def _operate(self, deed: Deed, seen: SeenScreen) -> tuple[str, Action]:
        control = find(deed.on, seen.elements) or _placed(deed.on, seen.elements)
        if control is None or self._tries > MOST_TRIES:
            return self._again(f"I do not see {deed.words}.", ESCAPE)
        at = control.box.centre
        if deed.way == "right":
            return f"I open the {deed.words}.", Click(at=at, button="right")
        return f"I click the {deed.on.role} {deed.words!r}.", Click(at=at)

    def _fill(self, goal: MapGoal, seen: SeenScreen, history: Sequence[Step]) -> tuple[str, Action]:
        """Click the field, mark what is in it, write: one after the other, by what was done last."""
        assert goal.field is not None
        element = find_field(goal.field.name, goal.field.box, seen.elements)
        box = element.box if element is not None else goal.field.box
        last = _last(history)
        if isinstance(last, Click) and last.at is not None and box.contains(last.at):
            return "I mark what is in it.", Key(keys=("ctrl", "a"))
        if isinstance(last, Key) and tuple(last.keys) == ("ctrl", "a"):
            return f"I write {goal.text!r}.", Type(text=goal.text)
        return self._again(f"I click into {goal.named['name']}.", Click(at=box.centre))

    def _again(self, thought: str, action: Action) -> tuple[str, Action]:
        """A step that may come to nothing; after too many the task is given up."""
        self._tries += 1
        if self._tries > MOST_TRIES:
            return "I do not get there.", Infeasible(reason="the screen is not as the map has it")
        return thought, action


def _placed(control: MapControl, elements: Sequence[Element]) -> Element | None:
    """The control that lies where one of the map was, whatever is read on it."""
    there = [one for one in elements if one.box.overlap(control.box) > OVERLAP]
    alike = [one for one in there if nearly_same(one.name, control.name)]
    alike = alike or [one for one in there if one.role == control.role]
    return alike[0] if len(alike) == 1 else None


def _last(history: Sequence[Step]) -> Action | None:
    reply = history[-1].decision.reply if history else None
    return reply.actions[-1] if reply is not None and reply.actions else None


def _decision(thought: str, action: Action) -> Decision:
    return Decision(reply=Reply(thought=thought, actions=(action,)))
