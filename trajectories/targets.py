"""What the actions of a step were aimed at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from deskhand.actions.vocabulary import Action, Type, points_of
from deskhand.perception.elements.at_point import hit
from deskhand.perception.screen import Element
from deskhand.trajectories.records import Target


def targets_of(actions: Iterable[Action], elements: Sequence[Element]) -> tuple[Target | None, ...]:
    """For each action the element that it hits first, or types into; None where there is none."""
    return tuple(_target(action, elements) for action in actions)


def _target(action: Action, elements: Sequence[Element]) -> Target | None:
    points = points_of(action)
    if points:
        found = hit(elements, points[0])
    elif isinstance(action, Type):
        found = next((one for one in elements if "focused" in one.state and one.role != "window"), None)
    else:
        found = None
    return None if found is None else Target.of(found)
