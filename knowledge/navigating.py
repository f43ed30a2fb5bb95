"""Goes the paths of a map: how far along one a screen is, and what the next step is there."""

from __future__ import annotations

from collections.abc import Sequence

from deskhand.actions.vocabulary import Action, Click, Key, Scroll, Type
from deskhand.knowledge.controls import find, find_field, scroll_of
from deskhand.knowledge.map import AppMap, Deed, MapCommand, MapControl, MapField, MapState
from deskhand.knowledge.recognising import Look, is_at, shows_part
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
NEAR = 150
"""Pixels within which a control may have moved, its window with it."""


class Navigator:
    """Finds the way on a map from what a screen shows.

    Args:
        anywhere: the application may have other documents open than when it was explored, so menus and
            dialogs are known by themselves, and a path goes on wherever a control of it is to be seen.
    """

    def __init__(self, found: AppMap, *, anywhere: bool = False) -> None:
        self.found, self._anywhere = found, anywhere
        self._ways = {state.path: state for state in reversed(found.states)}
        self._commands = {(one.state, one.deed): one for one in found.commands}

    def is_at(self, state: MapState, look: Look) -> bool:
        """Whether a screen is in a state."""
        known = self.found.states
        return is_at(state, look, known) or (self._anywhere and shows_part(state, look, known))

    def reached(self, way: Sequence[Deed], look: Look, elements: Sequence[Element] = ()) -> int | None:
        """How many steps of a path are behind; None where the screen is in no state of it.

        Args:
            elements: of the screen; where it is in no state, the last step whose control is there is next.
        """
        for number in range(len(way), -1, -1):
            state = self._ways.get(tuple(way[:number]))
            if state is not None and self.is_at(state, look):
                return number
        steps = reversed(range(len(way))) if self._anywhere else ()
        return next((number for number in steps if _is_plain(way[number].on, elements)), None)

    def command(self, way: Sequence[Deed], number: int) -> MapCommand | None:
        """The command that is a step of a path; None where the map does not have it as one."""
        state = self._ways.get(tuple(way[:number]))
        return None if state is None else self._commands.get((state.id, way[number]))

    def state_after(self, way: Sequence[Deed], number: int) -> MapState | None:
        """Where a step of a path leads."""
        return self._ways.get(tuple(way[: number + 1]))


def operate(deed: Deed, elements: Sequence[Element], *, by_name: bool = False) -> Click | Scroll | None:
    """The click or scroll that a step of a path is on this screen; None where its control is not to be seen.

    Args:
        by_name: whether a control that lies there under another name is another one.
    """
    if deed.way == "scroll":
        return scroll_of(deed)
    control = find(deed.on, elements) or _placed(deed.on, elements, by_name and bool(deed.on.name))
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


def _is_plain(control: MapControl, elements: Sequence[Element]) -> bool:
    """Whether a control is to be seen: by its name near where it was, or right there, read otherwise."""
    now = find(control, elements) if control.name else None
    if now is not None and now.role == control.role and _is_near(now, control):
        return True
    there = (one for one in elements if one.role == control.role and one.box.overlap(control.box) > OVERLAP)
    return bool(control.name) and any(nearly_same(one.name, control.name) for one in there)


def _is_near(element: Element, control: MapControl) -> bool:
    one, other = element.box.centre, control.box.centre
    return abs(one.x - other.x) <= NEAR and abs(one.y - other.y) <= NEAR


def _placed(control: MapControl, elements: Sequence[Element], by_name: bool) -> Element | None:
    """The control that lies where one of the map was, whatever is read on it, or with nearly its name."""
    there = [one for one in elements if one.box.overlap(control.box) > OVERLAP]
    alike = [one for one in there if nearly_same(one.name, control.name)]
    if not alike and not by_name:
        alike = [one for one in there if one.role == control.role]
    return alike[0] if len(alike) == 1 else None
