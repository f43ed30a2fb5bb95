"""A run as a film strip for a notebook: a small picture a step, with what was thought and done.

All of it is a stranger's text: it is escaped, and stands in no attribute but a picture's description.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from html import escape

from deskhand.actions.words import describe
from deskhand.errors import TrajectoryError
from deskhand.perception.thumbnails import thumbnail
from deskhand.text import clean
from deskhand.trajectories.reader import Trajectory
from deskhand.trajectories.records import Step

MOST_STEPS = 60
WIDTH = 240
"""Pixels across of a picture."""
LONGEST = 200
_STRIP = "display:flex;flex-wrap:wrap;gap:8px;font:13px/1.4 system-ui,sans-serif"
_STEP = f"width:{WIDTH}px;border:1px solid #8886;border-radius:4px;padding:4px;overflow-wrap:anywhere"


def film_strip(trajectory: Trajectory) -> str:
    """The first ``MOST_STEPS`` steps and the last screen, as HTML that needs nothing else."""
    return f'<div style="{_STRIP}">{"".join(_parts(trajectory))}</div>'


def _parts(trajectory: Trajectory) -> Iterator[str]:
    for step in trajectory.steps[:MOST_STEPS]:
        yield _part(trajectory, step.frame, f"{step.step}", _lines(step))
    left = len(trajectory.steps) - MOST_STEPS
    if left > 0:
        yield f'<div style="{_STEP}">{left} more steps</div>'
    end = trajectory.end
    if end is not None and end.frame is not None:
        answer = [f"answer: {end.answer}"] if end.answer is not None else []
        yield _part(trajectory, end.frame, end.status, [end.reason, *answer])


def _lines(step: Step) -> Iterator[str]:
    reply = step.decision.reply
    if reply is None:
        yield step.decision.error
        return
    yield reply.thought
    for index, action in enumerate(reply.actions):
        target = step.target(index)
        outcome = step.outcomes[index] if index < len(step.outcomes) else None
        bad = f" ({outcome.status})" if outcome is not None and not outcome.ok else ""
        yield f"→ {describe(action, target.words if target is not None else '')}{bad}"


def _part(trajectory: Trajectory, frame: str, title: str, lines: Iterator[str] | list[str]) -> str:
    try:
        data = base64.b64encode(thumbnail(trajectory.frame(frame), WIDTH)).decode()
        picture = f'<img width="{WIDTH}" alt="the screen" src="data:image/jpeg;base64,{data}">'
    except TrajectoryError as error:
        picture = escape(clean(str(error), LONGEST))
    words = "".join(f"<div>{escape(clean(line, LONGEST))}</div>" for line in lines if line)
    return f'<div style="{_STEP}">{picture}<div><b>{escape(clean(title, LONGEST))}</b></div>{words}</div>'
