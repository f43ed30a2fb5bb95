"""Parts of programs that are drawn: a month, a canvas, a player."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from deskhand.actions.geometry import ScreenPoint
from deskhand.actions.vocabulary import Click, Drag
from deskhand.benchmarks.browsing.moves import Do, Moves
from deskhand.benchmarks.composing.goals import Goal, Within
from deskhand.benchmarks.suites.programs.drawing import Doing, ProgramDrawing, ProgramGoal, ProgramPart
from deskhand.benchmarks.suites.programs.window import (
    ProgramWindow,
    click,
    clicking,
    into_view,
    leave,
    set_to,
)

SPOTS = {
    "top left corner": (0.06, 0.08), "top right corner": (0.94, 0.08), "bottom left corner": (0.06, 0.92),
    "bottom right corner": (0.94, 0.92), "middle": (0.5, 0.5), "middle of the left edge": (0.06, 0.5),
    "middle of the right edge": (0.94, 0.5), "middle of the top edge": (0.5, 0.08),
    "middle of the bottom edge": (0.5, 0.92),
}  # fmt: skip
"""Places of a canvas, as shares of its width and height."""
NEAR = 0.14
"""How far off a stroke may begin and end, as such a share."""
SHORT = 0.04
"""A stroke no longer than that is a dot."""
MOST_MONTHS = 40
SAYINGS = ("{day} {month} {year}", "{month} {day}, {year}", "{iso}", "the {day} of {month} {year}")


@dataclass(frozen=True, slots=True)
class OneStroke:
    """A canvas with nothing on it but one stroke, in either direction, or a dot."""

    start: tuple[float, float]
    end: tuple[float, float]

    def allows(self, now: Any) -> bool:
        """Whether the strokes of a canvas are this one: x and y of where each begins and ends."""
        if not isinstance(now, Sequence) or len(now) != 1:
            return False
        x, y, to_x, to_y = now[0]
        if self.start == self.end and max(abs(x - to_x), abs(y - to_y)) > SHORT:
            return False
        ends = ((x, y), (to_x, to_y))
        return any(
            _is_near(one, self.start) and _is_near(other, self.end) for one, other in (ends, ends[::-1])
        )


def _is_near(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return max(abs(one[0] - other[0]), abs(one[1] - other[1])) <= NEAR


def canvas(d: ProgramDrawing) -> ProgramPart:
    """A sheet to draw on with the mouse, and a button that wipes it."""
    own, clear = d.new_id(), {"id": d.new_id(), "text": d.word("actions")}
    label, strokes = d.word("nouns"), []
    if d.chance.random() < 0.3:
        strokes.append([round(d.chance.uniform(0.1, 0.9), 3) for _ in range(4)])
    goals: list[ProgramGoal] = []
    if strokes:
        doing = clicking(clear["id"], f"{clear['text']!r}, which wipes it")
        goals.append(Goal(d.said("wiping"), {"name": label}, {own: []}, doing))
    else:
        for _ in range(4):
            start, end = d.chance.sample(tuple(SPOTS), 2)
            goals.append(_stroke(d, own, clear["id"], label, start, end))
            goals.append(_stroke(d, own, clear["id"], label, start, start))
    size = {"width": d.chance.randint(200, 360), "height": d.chance.randint(130, 220)}
    spec = {"kind": "canvas", "id": own, "label": label, "clear": clear, "strokes": strokes, **size}
    return ProgramPart(spec, tuple(goals), {own: strokes})


def _stroke(d: ProgramDrawing, own: str, clear: str, label: str, start: str, end: str) -> ProgramGoal:
    def doing(window: ProgramWindow) -> Moves:
        yield from leave(window)
        if window.held(own):
            yield from click(window, clear, "the button that wipes it")
        yield from into_view(window, own)
        left, top, right, bottom = window.look().places[own].box
        first, last = (
            ScreenPoint(round(left + (right - left) * x), round(top + (bottom - top) * y))
            for x, y in (SPOTS[start], SPOTS[end])
        )
        if start == end:
            yield Do(f"I click the {start} of {label!r}.", (Click(at=first),))
        else:
            yield Do(f"I draw from the {start} to the {end}.", (Drag(path=(first, last)),))

    wanted = {own: OneStroke(SPOTS[start], SPOTS[end])}
    named = {"name": label, "start": start, **({} if start == end else {"end": end})}
    return Goal(d.said("dot" if start == end else "line"), named, wanted, doing)


def month(d: ProgramDrawing) -> ProgramPart:
    """A month, of which a day can be chosen, and arrows to others."""
    own, label = d.new_id(), d.word("labels")
    now = _any_day(d, d.chance.randint(2020, 2030), d.chance.randint(1, 12))

    def goal(wanted: date) -> ProgramGoal:
        def doing(window: ProgramWindow) -> Moves:
            yield from leave(window)
            for _ in range(MOST_MONTHS):
                at = date.fromisoformat(window.held(own))
                off = (wanted.year - at.year) * 12 + wanted.month - at.month
                if not off:
                    break
                way = "on" if off > 0 else "back"
                step = "year" if abs(off) >= 12 else "month"
                yield from click(window, f"{own} {step} {way}", f"the arrow to the {step} {_WAYS[way]}")
            yield from click(window, f"{own} day {wanted.day}", f"day {wanted.day}")

        said = d.chance.choice(SAYINGS).format(
            day=wanted.day, month=f"{wanted:%B}", year=wanted.year, iso=wanted.isoformat()
        )
        return Goal(d.said("date"), {"name": label, "date": said}, {own: wanted.isoformat()}, doing)

    others = []
    for months in (0, 0, 0, 1, -1, 2, 12):
        number = now.year * 12 + now.month - 1 + months
        others.append(_any_day(d, number // 12, number % 12 + 1))
    spec = {"kind": "date", "id": own, "label": label, "year": now.year, "month": now.month, "day": now.day}
    goals = tuple(goal(one) for one in others if one != now)
    return ProgramPart(spec, goals, {own: now.isoformat()})


_WAYS = {"on": "after", "back": "before"}


def _any_day(d: ProgramDrawing, year: int, number: int) -> date:
    return date(year, number, d.chance.randint(1, 28))


def player(d: ProgramDrawing) -> ProgramPart:
    """A piece that plays: a button for play and pause, and a slider for the position."""
    own, label, plays = d.new_id(), d.word("nouns"), d.chance.random() < 0.4
    length = d.chance.randint(60, 400)
    position = d.chance.randint(0, length // 2)
    turn = clicking(own, f"the button that {'pauses' if plays else 'plays'} {label!r}")
    goals = [
        Goal(d.said("pausing" if plays else "playing"), {"name": label}, {f"plays {own}": not plays}, turn)
    ]
    for _ in range(2):
        wanted = d.chance.randint(length // 10, length - length // 10)
        if abs(wanted - position) > length // 5:
            goals.append(_seeking(d, own, label, wanted, length))
    spec = {
        "kind": "player",
        "id": own,
        "label": label,
        "plays": plays,
        "length": length,
        "position": position,
        "width": d.chance.choice((180, 240, 320)),
    }
    return ProgramPart(spec, tuple(goals), {f"plays {own}": plays, f"position {own}": position})


def _seeking(d: ProgramDrawing, own: str, label: str, wanted: int, length: int) -> ProgramGoal:
    share, near = wanted / length, length * 0.07
    doing: Doing = lambda window: set_to(window, own, share, f"the position of {label!r}")  # noqa: E731
    time = f"{wanted // 60}:{wanted % 60:02}"
    wish = {f"position {own}": Within(wanted - near, wanted + near)}
    return Goal(d.said("seeking"), {"name": label, "time": time}, wish, doing)
