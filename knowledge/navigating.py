"""Goes the paths of a map: how far along one a screen is, and what the next step is there."""

from __future__ import annotations

from collections.abc import Sequence

from deskhand.actions.vocabulary import Action, Click, Key, Type
from deskhand.knowledge.controls import find, find_field
from deskhand.knowledge.map import AppMap, Deed, MapCommand, MapControl, MapField, MapState
from deskhand.knowledge.recognising import Look, is_at
from deskhand.perception.screen import Element
from deskhand.perception.text.similarity import nearly_same
from deskhand.trajectories.records import Step

ESCAPE = Key(keys=("escape",))
"""Leaves a menu or a dialog: the way back from a screen that is on no path."""
MARK_ALL = Key(keys=("ctrl", "a"))
PATIENCE_SECONDS = 1.5
"""Before a step is undone or done again a slow program gets time to show what it did."""
MOST_TRIES = 6
"""Steps that may come to nothing before a place is given up."""
OVERLAP = 0.5


class Navigator:
    """Finds the way on a map from what a screen shows."""

    def __init__(self, found: AppMap) -> None:
        self.found = found
        self._ways = {state.path: state for state in reversed(found.states)}
        self._commands = {(one.state, one.deed): one for one in found.commands}

    def is_at(self, state: MapState, look: Look) -> bool:
        """Whether a screen is in a state."""
        return is_at(state, look, self.found.states)

    def reached(self, way: Sequence[Deed], look: Look) -> int | None:
        """How many steps of a path are behind; None where the screen is in no state of it."""
        for number in range(len(way), -1, -1):
            state = self._ways.get(tuple(way[:number]))
            if state is not None and self.is_at(state, look):
                return number
        return None

    def command(self, way: Sequence[Deed], number: int) -> MapCommand | None:
        """The command that is a step of a path; None where the map does not have it as one."""
        state = self._ways.get(tuple(way[:number]))
        return None if state is None else self._commands.get((state.id, way[number]))

    def state_after(self, way: Sequence[Deed], number: int) -> MapState | None:
        """Where a step of a path leads."""
        return self._ways.get(tuple(way[: number + 1]))


def operate(deed: Deed, elements: Sequence[Element]) -> Click | None:
    """The click that a step of a path is on this screen; None where its control is not to be seen."""
    control = find(deed.on, elements) or _placed(deed.on, elements)
    if control is None:
        return None
    return Click(at=control.box.centre, button="right" if deed.way == "right" else "left")


def fill(field: MapField, text: str, elements: Sequence[Element], last: Action | None) -> Action:
    """Click a field, mark what is in it, write: one after the other, by what was done last."""
    element = find_field(field.name, field.box, elements)
    box = element.box if element is not None else field.box
    if isinstance(last, Click) and last.at is not None and box.contains(last.at):
        return MARK_ALL
    if last == MARK_ALL:
        return Type(text=text)
    return Click(at=box.centre)


def last_action(history: Sequence[Step]) -> Action | None:
    """What was done last."""
    reply = history[-1].decision.reply if history else None
    return reply.actions[-1] if reply is not None and reply.actions else None


def _placed(control: MapControl, elements: Sequence[Element]) -> Element | None:
    """The control that lies where one of the map was, whatever is read on it."""
    there = [one for one in elements if one.box.overlap(control.box) > OVERLAP]
    alike = [one for one in there if nearly_same(one.name, control.name)]
    alike = alike or [one for one in there if one.role == control.role]
    return alike[0] if len(alike) == 1 else None
