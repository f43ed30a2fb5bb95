"""A recorded run becomes samples: each step on its own screen, with its own past."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from deskhand.actions.geometry import Box, ScreenPoint
from deskhand.actions.outcome import Outcome
from deskhand.actions.reply import Reply
from deskhand.actions.vocabulary import Action, Click, Drag, Finished, Key, Type
from deskhand.perception.screen import Element, Screenshot
from deskhand.policies.embedded.language import LanguageMove
from deskhand.training.reasoner.demonstrations import collect, samples_from_trajectory
from deskhand.trajectories.reader import Trajectory
from deskhand.trajectories.records import Decision, HeaderRecord, Task
from deskhand.trajectories.writer import TrajectoryWriter

TASK = Task(instruction="Rename draft.txt to plan.txt", launch="pcmanfm")


def look(shade: int) -> Screenshot:
    return Screenshot(np.full((60, 80, 3), shade, np.uint8))


def elements_of(screenshot: Screenshot) -> Sequence[Element]:
    """What the reader would find: a file whose name depends on the frame."""
    name = "draft.txt" if screenshot.pixels[0, 0, 0] < 50 else "plan.txt"
    return (Element("text", "File", Box(0, 0, 20, 10)), Element("text", name, Box(0, 20, 40, 30)))


def record(folder: Path, *actions: Action) -> Trajectory:
    with TrajectoryWriter(folder, HeaderRecord(task=TASK, policy="oracle", sandbox="none")) as writer:
        for n, action in enumerate(actions, 1):
            frame = writer.frame(look(0 if n == 1 else 100))
            writer.decision(n, frame, Decision(reply=Reply(thought=f"thought\n{n}", actions=(action,))))
            if not isinstance(action, Finished):
                writer.outcome(n, 0, Outcome.done())
        writer.end(len(actions), "finished", frame=frame)
    return Trajectory.open(folder)


def test_each_step_is_a_sample_with_the_screen_it_was_decided_on(tmp_path: Path) -> None:
    run = record(
        tmp_path / "run",
        Click(at=ScreenPoint(12, 24)),
        Key(keys=("f2",)),
        Type(text="plan.txt"),
        Type(text="chmod 1", submit=True),
        Finished(),
    )
    found = samples_from_trajectory(run, elements_of)
    assert [sample.move for sample in found] == [
        LanguageMove("click", "draft.txt"),
        LanguageMove("key", "f2"),
        LanguageMove("type", "plan.txt"),
        LanguageMove("write+enter", "chmod 1"),
        LanguageMove("finished"),
    ]
    assert found[0].page.labels == ("File", "draft.txt")
    assert found[1].page.labels == ("File", "plan.txt")
    assert [line.split(" (")[0] for line in found[4].page.past] == [
        "click draft.txt", "key f2", "type plan.txt", "type+enter chmod 1",
    ]  # fmt: skip
    assert found[0].page.app == "pcmanfm"
    assert {sample.source for sample in found} == {"run"}
    assert found[0].thought == "thought 1"


def test_a_step_without_words_ends_the_samples(tmp_path: Path) -> None:
    run = record(
        tmp_path / "run",
        Key(keys=("f2",)),
        Drag(path=(ScreenPoint(0, 0), ScreenPoint(9, 9))),
        Finished(),
    )
    assert [sample.move for sample in samples_from_trajectory(run, elements_of)] == [
        LanguageMove("key", "f2")
    ]


def test_a_run_with_a_missing_frame_is_left_out(tmp_path: Path) -> None:
    good, bad = record(tmp_path / "good", Key(keys=("f2",))), record(tmp_path / "bad", Key(keys=("f5",)))
    for frame in (bad.folder / "frames").iterdir():
        frame.unlink()
    assert [sample.move for sample in collect([good, bad], elements_of)] == [LanguageMove("key", "f2")]
