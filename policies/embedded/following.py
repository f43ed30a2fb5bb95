"""Follows the map of an application where a task names what the map has, and where the network does not know.

It proposes one step of a path at a time, and looks each time at what the screen shows. What the network
decides stays as it is where the map has nothing to say.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from deskhand.actions.reply import Reply
from deskhand.actions.vocabulary import Action, Click, Finished, Key, Scroll, Type, Wait
from deskhand.knowledge.controls import find_field, is_written
from deskhand.knowledge.known import KnownMap
from deskhand.knowledge.map import MapCommand, MapState
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
from deskhand.knowledge.planning import MapAim, aim_of
from deskhand.knowledge.recognising import PARTS, Look
from deskhand.knowledge.retrieval import clause_at, nearness, relevant
from deskhand.perception.watch.observe import Observation
from deskhand.text import clean
from deskhand.trajectories.records import Step

NEAR = 0.4
"""Cosine from which on a command may be what a task means: two thirds of those are above it that are meant by
the wishes of `bench map`, and one in twenty of the others. Of first guesses 39 % are right."""
MOST_ESCAPES = 2
"""From a screen that this does not leave the network goes on."""
MOST_GUESSES = 2
"""Commands of one run that are followed though the task does not name them."""
LOOKED_AT = 5
LONGEST_SAID = 200


class MapFollower:
    """Leads along the paths of a map.

    Args:
        known: the map, and the task.
    """

    def __init__(self, known: KnownMap) -> None:
        self._known, self._navigator = known, Navigator(known.found, anywhere=True)
        self._aims = deque(known.plan.aims)
        self._is_whole = known.plan.is_whole
        self._has_led = False
        self._guessed: set[str] = set()
        self._failed: list[MapCommand] = []
        self._tries = self._escapes = 0
        self._used: MapAim | None = None
        self._awaited: tuple[MapCommand, MapState] | None = None
        self._given: Reply | None = None
        self._remark = ""

    def step(self, observation: Observation, history: Sequence[Step]) -> Reply | None:
        """The next step to what the task names; None where the network shall decide."""
        if not self._aims and not self._has_led:
            return None
        look = Look.at(observation.elements)
        last = last_action(history)
        if history and not all(outcome.ok for outcome in history[-1].outcomes):
            return self._leave_off()  # a refusal says nothing of the map, and is not to be got round
        if not self._has_arrived(look, last):
            return self._reply("I wait for the program.", Wait(seconds=PATIENCE_SECONDS))
        while self._aims and self._is_met(self._aims[0], observation, look, history):
            self._aims.popleft()
            self._tries = self._escapes = 0
        if not self._aims:
            done, self._has_led, self._given = self._has_led, False, None
            if done and self._is_whole:
                return self._reply("Everything that was asked for is there.", Finished())
            return None
        aim = self._aims[0]
        action = self._towards(aim, observation, look, last)
        if action is None:
            return self._leave_off()
        self._has_led = True
        return self._reply(f"The map says: {aim.words}. {_said(action)}", action)

    def guess(
        self, part: int, given: Reply, observation: Observation, history: Sequence[Step]
    ) -> Reply | None:
        """The first step to what the task may mean, where the network does not know; None for nothing.

        Only menus and dialogs are opened, each once: most guesses are wrong.

        Args:
            part: a character of the part of the task that is at hand.
            given: what the network decided; it stands where the guess comes to nothing.
        """
        vectors, found = self._known.vectors, self._known.found
        if self._aims or vectors is None or len(self._guessed) >= MOST_GUESSES:
            return None
        clause = clause_at(self._known.task, part)
        for command in relevant(found, clause, LOOKED_AT, vectors=vectors):
            aim = aim_of(found, command)
            opens = aim is not None and aim.is_state and aim.state.kind in PARTS
            if aim is None or not opens or aim.words in self._guessed:
                continue
            if nearness(found, command, clause, vectors) < NEAR:
                continue
            self._guessed.add(aim.words)
            self._aims.append(aim)
            self._is_whole, self._given = False, given
            return self.step(observation, history)
        return None

    def _leave_off(self) -> Reply | None:
        """Give up all that is named; what the network decided before, where it decided something."""
        self._aims.clear()  # what comes after it would be done in the wrong place
        self._has_led = self._is_whole = False
        self._awaited = self._used = None
        self._tries = self._escapes = 0
        given, self._given = self._given, None
        return given

    def _has_arrived(self, look: Look, last: Action | None) -> bool:
        """Whether the last step has led where the map says, or had its time; what came of it is noted."""
        if self._awaited is None:
            return True
        command, state = self._awaited
        led = self._navigator.is_at(state, look)
        if not led and not isinstance(last, Wait):
            return False
        self._awaited = None
        self._known.walked(command, led=led)
        if not led:
            self._failed.append(command)
            self._remark = f"{command.deed.words!r} did not lead where the map says. "
        return True

    def _is_met(self, aim: MapAim, observation: Observation, look: Look, history: Sequence[Step]) -> bool:
        if aim.is_state:
            return self._navigator.is_at(aim.state, look)
        if aim.field is not None:
            element = find_field(aim.field.name, aim.field.box, observation.elements)
            box = element.box if element is not None else aim.field.box
            here = self._navigator.is_at(aim.state, look)
            return here and is_written(aim.text, box, observation.elements)
        if self._used is not aim or aim.command is None:
            return False
        did = bool(history and history[-1].changed)
        self._known.walked(aim.command, led=did)
        if not did:
            self._remark = f"{aim.command.deed.words!r} changed nothing, though the map says so. "
            self._is_whole = False  # whether it is done is for the network to see
        return True  # it is not done twice: what it changed may not be seen

    def _towards(
        self, aim: MapAim, observation: Observation, look: Look, last: Action | None
    ) -> Action | None:
        """The next step; None where there is no way on."""
        at = self._navigator.reached(aim.way, look, observation.elements)
        ahead = range(at or 0, len(aim.way))
        if any(self._navigator.command(aim.way, number) in self._failed for number in ahead):
            return None
        if at is None:
            return self._back(last)
        if at == len(aim.way) and aim.field is not None:
            action = fill(aim.field, aim.text, observation.elements, last)
            return self._again(action) if isinstance(action, Click) else action
        deed = aim.way[at] if at < len(aim.way) else aim.command.deed if aim.command is not None else None
        uses = at == len(aim.way)
        click = operate(deed, observation.elements, by_name=uses) if deed is not None else None
        if click is None:
            return self._back(last)
        if uses:
            self._used = aim
            return click
        step = self._again(click)
        command, state = self._navigator.command(aim.way, at), self._navigator.state_after(aim.way, at)
        if step is not None and command is not None and state is not None:
            self._awaited = command, state
        return step

    def _back(self, last: Action | None) -> Action | None:
        """From a screen that is on no path to one that is, once a slow program had its time."""
        if last is not None and last != ESCAPE and not isinstance(last, Wait):
            return self._again(Wait(seconds=PATIENCE_SECONDS))
        self._escapes += 1
        return self._again(ESCAPE) if self._escapes <= MOST_ESCAPES else None

    def _again(self, action: Action) -> Action | None:
        """A step that may come to nothing; None after too many."""
        self._tries += 1
        return action if self._tries <= MOST_TRIES else None

    def _reply(self, thought: str, action: Action) -> Reply:
        remark, self._remark = self._remark, ""
        return Reply(thought=clean(remark + thought)[:LONGEST_SAID], actions=(action,))


def _said(action: Action) -> str:
    if isinstance(action, Wait):
        return "I wait for the program."
    if action == ESCAPE:
        return "I leave what is open."
    if action == MARK_ALL:
        return "I mark what is in the field."
    if isinstance(action, Type):
        return f"I write {action.text!r}."
    if isinstance(action, Scroll):
        return "I scroll down."
    return "I click it." if isinstance(action, Click | Key) else ""
