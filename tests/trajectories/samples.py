"""Small trajectories for the tests of this room."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from deskhand.actions.geometry import ScreenPoint
from deskhand.actions.outcome import Outcome
from deskhand.actions.reply import Reply
from deskhand.actions.vocabulary import Action, Click, Finished, Type
from deskhand.perception.screen import Screenshot
from deskhand.trajectories.records import Decision, HeaderRecord, Task
from deskhand.trajectories.writer import TrajectoryWriter

CLICK = Click(at=ScreenPoint(10, 20))


def header(instruction: str = "Type 'héllo' and save") -> HeaderRecord:
    return HeaderRecord(task=Task(instruction=instruction), policy="scripted", sandbox="none")


def look(shade: int = 0) -> Screenshot:
    pixels = np.zeros((60, 80, 3), np.uint8)
    pixels[10:20, 10:20] = shade
    return Screenshot(pixels)


def decide(*actions: Action, raw: str = "") -> Decision:
    return Decision(reply=Reply(thought="first\nsecond", actions=actions), raw=raw)


def write_sample(folder: Path) -> None:
    """Two steps of work, a note, a reply that could not be read, the claim, and an end with a file."""
    with TrajectoryWriter(folder, header()) as writer:
        first = writer.frame(look(0))
        writer.decision(1, first, decide(CLICK, Type(text="héllo\n")))
        writer.outcome(1, 0, Outcome.done(12.0))
        writer.outcome(1, 1, Outcome.done(30.0))
        second = writer.frame(look(90))
        writer.note(2, "the last reply could not be read", {"count": 1})
        writer.decision(2, second, Decision(reply=None, raw="hm", error="no action"))
        writer.decision(3, second, decide(CLICK))
        writer.outcome(3, 0, Outcome.refused("outside the screen"))
        writer.decision(4, second, decide(Finished(answer="42")))
        writer.add_file("notes/note.txt", b"hello")
        writer.end(4, "finished", answer="42", frame=second)
