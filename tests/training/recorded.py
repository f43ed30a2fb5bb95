"""A recorded run of a few steps, and what a reader would find on its frames."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from deskhand.actions.geometry import Box
from deskhand.actions.outcome import Outcome
from deskhand.actions.reply import Reply
from deskhand.actions.vocabulary import Action, Finished
from deskhand.perception.screen import Element, Screenshot
from deskhand.trajectories.reader import Trajectory
from deskhand.trajectories.records import Decision, HeaderRecord, Task
from deskhand.trajectories.writer import TrajectoryWriter

TASK = Task(instruction="Rename draft.txt to plan.txt", launch="pcmanfm")


def elements_of(screenshot: Screenshot) -> Sequence[Element]:
    """What the reader would find: a file whose name depends on the frame."""
    name = "draft.txt" if screenshot.pixels[0, 0, 0] < 50 else "plan.txt"
    return (Element("text", "File", Box(0, 0, 20, 10)), Element("text", name, Box(0, 20, 40, 30)))


def record(folder: Path, *actions: Action) -> Trajectory:
    """A run whose first screen is dark, and whose others are lighter."""
    with TrajectoryWriter(folder, HeaderRecord(task=TASK, policy="oracle", sandbox="none")) as writer:
        for n, action in enumerate(actions, 1):
            frame = writer.frame(_look(0 if n == 1 else 100))
            writer.decision(n, frame, Decision(reply=Reply(thought=f"thought\n{n}", actions=(action,))))
            if not isinstance(action, Finished):
                writer.outcome(n, 0, Outcome.done())
        writer.end(len(actions), "finished", frame=frame)
    return Trajectory.open(folder)


def _look(shade: int) -> Screenshot:
    return Screenshot(np.full((60, 80, 3), shade, np.uint8))
