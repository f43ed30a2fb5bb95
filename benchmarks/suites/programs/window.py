"""The window of a program as an oracle sees it, and what is done there: into view, clicked, filled in."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from deskhand.actions.geometry import Box, ScreenPoint
from deskhand.actions.vocabulary import Click, Scroll
from deskhand.benchmarks.browsing.moves import Do, Moves, NotThere, press, wait
from deskhand.benchmarks.composing import goals
from deskhand.benchmarks.composing.goals import State
from deskhand.errors import SandboxError
from deskhand.screens.forms.asking import AskedProgram

EDGE = 8
"""Pixels from the upper and lower edge of what scrolls in which nothing is clicked."""
FREE = 5
"""Pixels from the window's left edge where the wheel turns over no control, which would take it."""
MOST_SCROLLS, MOST_NOTCHES, MOST_WAITS, MOST_LEFT = 12, 15, 3, 6

Sides = tuple[int, int, int, int]


class PlaceReport(BaseModel):
    """Where something is, and which boxes around it scroll, the outermost first."""

    box: Sides
    scrollers: list[int] = Field(alias="in")

    @property
    def middle(self) -> ScreenPoint:
        """Its middle."""
        return Box(*self.box).centre


class ScrollerReport(BaseModel):
    """A box that scrolls, and how many pixels a notch of the wheel scrolls it."""

    box: Sides
    step: float


class ProgramReport(BaseModel):
    """What a program says of itself; see ``screens/forms/gtk_report.py``."""

    state: dict[str, Any]
    live: dict[str, Any]
    fields: dict[str, tuple[str, bool, bool]]
    places: dict[str, PlaceReport]
    scrollers: list[ScrollerReport]
    under: dict[str, str]
    open: list[str]


@dataclass(frozen=True, slots=True)
class ProgramWindow:
    """A running program.

    Attributes:
        dialog: what is acted in, where that is not the window itself.
    """

    program: AskedProgram
    dialog: str = ""

    def look(self) -> ProgramReport:
        """How it is now.

        Raises:
            SandboxError: it does not answer, or not as it should.
        """
        try:
            return ProgramReport.model_validate(self.program.ask())
        except ValidationError as error:
            raise SandboxError(f"a program's report makes no sense: {str(error)[:300]}") from error

    def inside(self, dialog: str) -> ProgramWindow:
        """The same, acting in one of its dialogs."""
        return ProgramWindow(self.program, dialog)

    def held(self, own: str) -> Any:
        """What a control holds, whether it counts already or not."""
        report = self.look()
        return report.live.get(own, report.state.get(own)) if self.dialog else report.state.get(own)

    def is_open(self, own: str) -> bool:
        """Whether a menu or dialog is the topmost."""
        return self.look().open[-1:] == [own]


def state_of(window: ProgramWindow) -> State:
    """What the program's controls hold."""
    return window.look().state


def leave(window: ProgramWindow, *but: str) -> Moves:
    """Close what lies over the window or dialog that is acted in, but for some."""
    for _ in range(MOST_LEFT):
        shown = window.look().open
        if not shown or shown[-1] in (window.dialog, *but):
            return
        yield press("escape")


def into_view(window: ProgramWindow, own: str) -> Moves:
    """Turn the wheel until the middle of something is to be seen.

    Raises:
        NotThere: the program does not show it.
    """
    for _ in range(MOST_SCROLLS):
        move = _scroll(window.look(), own)
        if move is None:
            return
        yield move


def _place(report: ProgramReport, own: str) -> PlaceReport:
    place = report.places.get(own)
    if place is None:
        raise NotThere(f"the program shows no {own}")
    return place


def _scroll(report: ProgramReport, own: str) -> Do | None:
    """A turn of the wheel that brings something nearer; None where it is to be seen."""
    place = _place(report, own)
    around = [report.scrollers[number] for number in place.scrollers]
    inner = [Box(*one.box).centre for one in around[1:]]
    steps = [*zip(around, [*inner, place.middle], strict=False), *[(one, place.middle) for one in around[:1]]]
    for scroller, target in steps:
        left, top, right, bottom = scroller.box
        off = max(0, target.y - (bottom - EDGE)) - max(0, top + EDGE - target.y)
        if off:
            notches = min(MOST_NOTCHES, math.ceil(abs(off) / scroller.step))
            at = ScreenPoint(
                left + FREE if scroller is around[0] else (left + right) // 2, (top + bottom) // 2
            )
            where = "down" if off > 0 else "up"
            return Do(f"I scroll {where}.", (Scroll(at=at, dy=notches if off > 0 else -notches),))
    return None


def appear(window: ProgramWindow, own: str) -> Moves:
    """Wait for what comes late."""
    for _ in range(MOST_WAITS):
        if own in window.look().places:
            return
        yield wait(0.5)


def click(window: ProgramWindow, own: str, what: str, **how: Any) -> Moves:
    """Click the middle of something, once it is to be seen.

    Raises:
        NotThere: the program does not show it.
    """
    yield from appear(window, own)
    yield from into_view(window, own)
    yield Do(f"I click {what}.", (Click(at=_place(window.look(), own).middle, **how),))


def clicking(own: str, what: str) -> Callable[[ProgramWindow], Moves]:
    """Click something that is always there."""

    def doing(window: ProgramWindow) -> Moves:
        yield from leave(window)
        yield from click(window, own, what)

    return doing


def fill(window: ProgramWindow, own: str, text: str, what: str) -> Moves:
    """Make a field hold a text, from whatever it holds and wherever the keyboard is."""

    def look() -> tuple[str, bool, bool]:
        return window.look().fields[own]

    def clicked(count: int) -> Moves:
        return click(window, own, f"{what}, to mark what is in it" if count > 1 else what, count=count)

    yield from leave(window)
    yield from goals.fill(look, clicked, text)


def set_to(window: ProgramWindow, own: str, share: float, what: str) -> Moves:
    """Click a slider where a share of its way is."""
    yield from leave(window)
    way = f"{own} way"
    yield from into_view(window, way)
    left, top, right, bottom = _place(window.look(), way).box
    at = ScreenPoint(round(left + (right - left) * share), (top + bottom) // 2)
    yield Do(f"I click {what} where {share:.0%} of it is.", (Click(at=at),))
