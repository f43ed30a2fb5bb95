"""What actions were aimed at: found on the screen, kept, read back, and told in words."""

from __future__ import annotations

from pathlib import Path

from deskhand.actions.geometry import Box, ScreenPoint
from deskhand.actions.vocabulary import Click, Key, Scroll, Type
from deskhand.actions.words import describe
from deskhand.perception.screen import Element
from deskhand.trajectories.reader import Trajectory
from deskhand.trajectories.records import HIDDEN_TEXT, Target
from deskhand.trajectories.targets import targets_of
from deskhand.trajectories.writer import TrajectoryWriter
from tests.trajectories.samples import decide, header, look

WINDOW = Element("window", "Notes", Box(0, 0, 80, 60))
LETTERS = Element("text", "Save", Box(12, 12, 18, 18))
BUTTON = Element("button", "Save", Box(10, 10, 20, 20))
FIELD = Element("field", "", Box(30, 10, 60, 20), label="Name", state=frozenset({"focused"}))
SCREEN = (WINDOW, LETTERS, BUTTON, FIELD)
AT_BUTTON = Click(at=ScreenPoint(14, 14))


def test_a_click_hits_the_button_and_not_the_letters_on_it() -> None:
    (target,) = targets_of([AT_BUTTON], SCREEN)
    assert target == Target(role="button", name="Save", box=BUTTON.box)
    assert describe(AT_BUTTON, target.words) == "click the button 'Save'"


def test_text_goes_where_the_focus_is_and_keys_have_no_target() -> None:
    targets = targets_of([Type(text="x"), Key(keys=("ctrl", "s")), Scroll(dy=3)], SCREEN)
    assert targets == (Target(role="field", name="Name", box=FIELD.box), None, None)
    assert targets[0] is not None
    assert targets[0].words == "the field 'Name'"


def test_beside_everything_a_click_hits_the_window_or_nothing() -> None:
    assert [t and t.name for t in targets_of([Click(at=ScreenPoint(70, 50))], SCREEN)] == ["Notes"]
    assert targets_of([Click(at=ScreenPoint(14, 14))], ()) == (None,)


def test_targets_and_masks_are_read_back_as_they_were_written(tmp_path: Path) -> None:
    targets = targets_of([AT_BUTTON, Type(text="x")], SCREEN)
    with TrajectoryWriter(tmp_path, header()) as writer:
        frame = writer.frame(look())
        decision = decide(AT_BUTTON, Type(text=HIDDEN_TEXT))
        writer.decision(1, frame, decision, targets=targets, masked=[FIELD.box], hidden=[1])
    (step,) = Trajectory.open(tmp_path).steps
    assert (step.targets, step.masked, step.hidden) == (targets, (FIELD.box,), (1,))
    assert step.target(1) == targets[1]
    assert step.target(2) is None
