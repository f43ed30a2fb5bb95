"""What rules would have said in a run of the past."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from deskhand.actions.vocabulary import Action
from deskhand.agent.rules.guard import Guard, Ruling
from deskhand.agent.rules.rulebook import Rulebook
from deskhand.agent.rules.situation import RuledScreen
from deskhand.perception.reader import PIXELS, ScreenReader
from deskhand.perception.screen import Element
from deskhand.sandbox.abilities import Window
from deskhand.trajectories.reader import Trajectory


@dataclass(frozen=True, slots=True)
class PastRuling:
    """What the rules say of an action of a step."""

    step: int
    action: Action
    ruling: Ruling


def rulings_of(rules: Rulebook, run: Trajectory) -> Iterator[PastRuling]:
    """A ruling for each action that was decided on, in order; nobody is asked.

    Raises:
        TrajectoryError: a frame is missing.
    """
    guard, reader = Guard(rules), ScreenReader(sources=PIXELS)
    launched = run.header.task.launch
    windows = [Window({"class": launched, "instance": launched, "title": ""})] if launched else None
    for step in run.steps:
        reply = step.decision.reply
        elements = partial(_elements, reader, run, step.frame)
        for action in reply.actions if reply is not None else ():
            screen = RuledScreen(elements, windows, guard.touched)
            yield PastRuling(step.step, action, guard.ruled(action, screen))
            guard.did(action)


def _elements(reader: ScreenReader, run: Trajectory, frame: str) -> tuple[Element, ...]:
    return reader.read(run.frame(frame))
