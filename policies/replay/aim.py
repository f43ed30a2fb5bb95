"""Finds the targets of a recorded step on the current screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from deskhand.actions.geometry import Box, ScreenPoint
from deskhand.actions.vocabulary import (
    Action,
    Click,
    Drag,
    LongPress,
    MouseDown,
    MouseUp,
    Move,
    Scroll,
    points_of,
)
from deskhand.actions.words import describe
from deskhand.perception.match.locate import Located, Wanted, locate, same_place
from deskhand.perception.regions import grown
from deskhand.perception.screen import Element, Screenshot
from deskhand.perception.text.identity import nearest
from deskhand.perception.text.wording import Words, neighbours, phrase, phrases_of, twins
from deskhand.perception.watch.changes import quoted
from deskhand.policies.replay.recognise import Recogniser, Recognition
from deskhand.policies.replay.script import PlanStep
from deskhand.trajectories.records import Target

HALF = ScreenPoint(24, 14)
"""Half the width and height of the region searched for around a point that has no known element."""

CONTROLS = frozenset({"button", "menuitem", "link"})
"""Roles of elements that do something when pressed; all others are recognised by their names alone."""

NAME_ROOM = 20
"""Pixels around an element within which its name stands."""

TEXT_ROOM = 6
"""Pixels around a text that still belong to it."""


@dataclass(frozen=True, slots=True)
class Aim:
    """The actions of a step with the places where their targets are now.

    Attributes:
        actions: empty if a target was not found.
        found: how each target was found.
        lost: what was not found, in words.
    """

    actions: tuple[Action, ...]
    found: tuple[Located, ...] = ()
    shift: tuple[int, int] = (0, 0)
    lost: str = ""
    box: Box | None = None


def take_aim(planned: PlanStep, recognition: Recognition, recogniser: Recogniser) -> Aim:
    """Find every target of the step's actions; if one is not found, no action is done."""
    finder = _Finder(planned, recognition, recogniser)
    if recognition.exact and not finder.meets_mask():
        return Aim(planned.actions)
    actions, finds = [], []
    for action, target in zip(planned.actions, planned.targets, strict=True):
        points = points_of(action)
        ends = points if len(points) < 2 else (points[0], points[-1])
        found = [finder.find(point, target if number == 0 else None) for number, point in enumerate(ends)]
        if None in found:
            wanted = finder.wanted(ends[found.index(None)], target)
            lost = f"cannot find what {describe(action, _words(target))} is aimed at"
            return Aim((), lost=lost + _searched(wanted, recognition.lines), box=wanted.box)
        there = [one for one in found if one is not None]
        finds += there
        actions.append(placed(action, _between(points, [one.point for one in there])))
    first = points_of(planned.actions[0]) if planned.actions else ()
    shift = (finds[0].point.x - first[0].x, finds[0].point.y - first[0].y) if finds and first else (0, 0)
    return Aim(tuple(actions), tuple(finds), shift)


def _searched(wanted: Wanted, lines: Sequence[Words]) -> str:
    """Which text was searched for, and which similar texts are on the screen."""
    name = wanted.text or wanted.called
    if not name:
        return ""
    there = {phrase(words).text for words in lines} | {word.text for words in lines for word in words}
    near = ", ".join(quoted(one) for one in nearest(name, there))
    return f": looked for {quoted(name)}" + (f", near it are {near}" if near else "")


def _between(points: Sequence[ScreenPoint], ends: Sequence[ScreenPoint]) -> list[ScreenPoint]:
    """A path whose ends moved; points between are shifted in proportion to their position on it."""
    if len(points) < 3:
        return list(ends)
    (first, last), (start, stop) = (points[0], points[-1]), ends
    shifts = (start.x - first.x, start.y - first.y), (stop.x - last.x, stop.y - last.y)
    moved = []
    for number, point in enumerate(points):
        share = number / (len(points) - 1)
        right, down = (a * (1 - share) + b * share for a, b in zip(*shifts, strict=True))
        moved.append(ScreenPoint(round(point.x + right), round(point.y + down)))
    return moved


def _words(target: Target | None) -> str:
    return target.words if target is not None else ""


class _Finder:
    """Finds places of an expected screen on the actual one."""

    def __init__(self, planned: PlanStep, recognition: Recognition, recogniser: Recogniser) -> None:
        self._planned, self._recognition = planned, recognition
        self._recogniser = recogniser

    def meets_mask(self) -> bool:
        """Whether a target was masked in the recording."""
        places = [point for action in self._planned.actions for point in points_of(action)]
        boxes = [target.box for target in self._planned.targets if target is not None]
        return any(
            any(mask.contains(point) for point in places) or any(mask.intersection(box).area for box in boxes)
            for mask in self._planned.masked
        )

    def find(self, point: ScreenPoint, target: Target | None) -> Located | None:
        """Where a recorded point is on the current screen; None where that is not known."""
        if point not in self._recognition.expected.viewport:
            return None  # neither a person nor a policy can have pointed there
        masks = [mask for mask in self._planned.masked if mask.contains(point)]
        if masks:
            return self._under_mask(point, masks)
        now, likeness = self._recognition.actual, self._recognition.likeness
        wanted = self.wanted(point, target)
        if likeness is None:
            return same_place(wanted, now)
        return locate(wanted, now, self._recognition.lines, likeness)

    def _under_mask(self, point: ScreenPoint, masks: Sequence[Box]) -> Located | None:
        """A place under a mask, such as a password field.

        It is found only on a screen that is the same outside the mask, and not where words stand there now.
        """
        if not self._recognition.exact or self._recogniser.words_in(self._recognition.actual, masks):
            return None
        return Located(point, masks[0], "around", 0.5, seen=False)

    def wanted(self, point: ScreenPoint, target: Target | None) -> Wanted:
        """What to search for: the recorded target, else the text at the point, else the pixels around it."""
        screen = self._recognition.expected
        lines = self._recogniser.lines(self._planned)
        line = _text_at(lines, point)
        if target is not None and target.box.contains(point) and _is_small(target.box, screen):
            inside = [one for words in lines if (one := _within(words, target.box)) is not None]
            nearest = min(inside, key=lambda one: _away(one.box, point), default=None)
            return Wanted(
                screen,
                point,
                _on(target.box, screen),
                nearest.text if nearest is not None else "",
                nearest.box if nearest is not None else None,
                called="" if nearest is not None else _name_beside(target, lines),
                control=target.role in CONTROLS,
                neighbours=neighbours(nearest, lines) if nearest is not None else (),
                twins=twins(nearest, lines) if nearest is not None else 0,
            )
        if line is not None:
            near = neighbours(line, lines)
            return Wanted(
                screen, point, line.box, line.text, line.box, neighbours=near, twins=twins(line, lines)
            )
        around = Box(point.x - HALF.x, point.y - HALF.y, point.x + HALF.x, point.y + HALF.y)
        return Wanted(screen, point, _on(around, screen))


def _on(box: Box, screen: Screenshot) -> Box:
    """The part of a box that is on a screen."""
    return box.intersection(Box(0, 0, screen.viewport.width, screen.viewport.height))


def _is_small(box: Box, screen: Screenshot) -> bool:
    """Whether a box is of one element, and not of a text area or window that holds many."""
    return box.area < 0.02 * screen.viewport.width * screen.viewport.height


def _text_at(lines: Sequence[Words], point: ScreenPoint) -> Element | None:
    """The line of text at a point."""
    for words in lines:
        box = grown(phrase(words).box, TEXT_ROOM)
        if box.contains(point):
            return phrase(words)
    return None


def _name_beside(target: Target, lines: Sequence[Words]) -> str:
    """The name of an element without text, if it is shown beside it: below an icon, beside a box."""
    finds = phrases_of(target.name, lines) if target.name else []
    near = grown(target.box, NAME_ROOM)
    return target.name if any(near.intersection(one.phrase.box).area for one in finds if one.certain) else ""


def _within(words: Words, box: Box) -> Element | None:
    """The part of a line that lies in a box."""
    inside = [word for word in words if box.contains(word.box.centre)]
    return phrase(inside) if inside else None


def _away(box: Box, point: ScreenPoint) -> int:
    return abs(box.centre.x - point.x) + abs(box.centre.y - point.y)


def placed(action: Action, points: Sequence[ScreenPoint]) -> Action:
    """The same action at other places."""
    match action:
        case Drag():
            return action.model_copy(update={"path": tuple(points)})
        case Click() | Move() | LongPress() | Scroll() | MouseDown() | MouseUp():
            return action.model_copy(update={"at": points[0]}) if points else action
        case _:
            return action
