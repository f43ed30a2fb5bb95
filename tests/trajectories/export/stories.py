"""Trajectories of every kind of action, small or generated, for the tests of formats."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st

from deskhand.actions.geometry import Box, ScreenPoint
from deskhand.actions.keys import KEYS, MODIFIERS
from deskhand.actions.outcome import Outcome
from deskhand.actions.reply import Reply
from deskhand.actions.vocabulary import (
    TERMINAL_KINDS,
    Action,
    CallUser,
    Click,
    Drag,
    Finished,
    Infeasible,
    Key,
    KeyDown,
    KeyUp,
    LongPress,
    MouseDown,
    MouseUp,
    Move,
    OpenApp,
    PressBack,
    PressHome,
    Scroll,
    TakeScreenshot,
    Type,
    Wait,
)
from deskhand.perception.screen import Screenshot
from deskhand.trajectories.reader import Trajectory
from deskhand.trajectories.records import (
    HIDDEN_TEXT,
    Decision,
    HeaderRecord,
    Step,
    Target,
    Task,
    Usage,
)
from deskhand.trajectories.writer import TrajectoryWriter

WIDTH, HEIGHT = 173, 97
MASK = Box(20, 60, 60, 80)

texts = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\r"), max_size=30)
points = st.builds(ScreenPoint, st.integers(0, WIDTH - 1), st.integers(0, HEIGHT - 1))
buttons = st.sampled_from(("left", "middle", "right"))
holds = st.one_of(
    st.just(()), st.lists(st.sampled_from(sorted(MODIFIERS)), max_size=2, unique=True).map(tuple)
)
keys = st.sampled_from(sorted(KEYS))
seconds = st.floats(0, 300).map(lambda value: round(value, 3))

exact: st.SearchStrategy[Action] = st.one_of(
    st.builds(Click, at=points, button=buttons, count=st.integers(1, 3), hold=holds),
    st.builds(Move, at=points),
    st.builds(Drag, path=st.tuples(points, points), button=buttons, hold=holds),
    st.builds(Scroll, at=st.none() | points, dy=st.integers(-100, 100), hold=holds),
    st.builds(Scroll, at=st.none() | points, dx=st.integers(1, 100), hold=holds),
    st.builds(Type, text=texts, submit=st.booleans()),
    st.builds(Key, keys=st.lists(keys, min_size=1, max_size=5, unique=True).map(tuple)),
    st.builds(KeyDown, key=st.sampled_from(sorted(KEYS - MODIFIERS))),
    st.builds(KeyUp, key=keys),
    st.builds(MouseDown, at=st.none() | points, button=buttons),
    st.builds(MouseUp, at=st.none() | points, button=buttons),
    st.builds(Wait, seconds=seconds),
    st.builds(TakeScreenshot),
)
"""What calls of pyautogui say exactly."""

others: st.SearchStrategy[Action] = st.one_of(
    st.builds(KeyDown, key=st.sampled_from(sorted(MODIFIERS))),
    st.builds(Drag, path=st.lists(points, min_size=3, max_size=5).map(tuple)),
    st.builds(Scroll, dx=st.integers(1, 9), dy=st.integers(1, 9)),
    st.builds(OpenApp, name=st.text(min_size=1, max_size=20)),
    st.builds(LongPress, at=points, seconds=st.floats(0.1, 30)),
    st.builds(PressHome),
    st.builds(PressBack),
)
ends: st.SearchStrategy[Action] = st.one_of(
    st.builds(Finished, answer=st.none() | texts),
    st.builds(Infeasible, reason=st.none() | texts),
    st.builds(CallUser, question=st.none() | texts),
)


def decisions(actions: st.SearchStrategy[Action]) -> st.SearchStrategy[Decision]:
    """Decisions of one to three actions, and now and then one that could not be read."""
    replies = st.builds(
        Reply,
        thought=texts,
        reflection=texts,
        actions=st.lists(actions, min_size=1, max_size=3).map(tuple),
        repairs=st.lists(texts, max_size=1).map(tuple),
    )
    usages = st.builds(Usage, prompt_tokens=st.integers(0, 99), cost=st.none() | st.floats(0, 9))
    read = st.builds(Decision, reply=replies, raw=texts, usage=usages)
    return read | st.builds(Decision, reply=st.none(), raw=texts, error=texts)


def screen(shade: int) -> Screenshot:
    pixels = np.full((HEIGHT, WIDTH, 3), 200, np.uint8)
    pixels[10:30, 10:40] = shade
    return Screenshot(pixels)


def write(folder: Path, decided: Sequence[Decision], *, ended: bool = True, **header: Any) -> Trajectory:
    """A trajectory of these decisions: a target, a mask and a note in the first step, two files."""
    task = Task(instruction="Save <b>'it'</b> & close", launch="mousepad", arguments=("a b",), seed=7)
    header_fields = {"policy": "scripted", "sandbox": "lightbox", "versions": {"deskhand": "1"}, **header}
    with TrajectoryWriter(folder, HeaderRecord(task=task, **header_fields)) as writer:
        for number, decision in enumerate(decided, 1):
            actions = decision.reply.actions if decision.reply else ()
            writer.decision(
                number * 2,
                writer.frame(screen(number % 200)),
                decision,
                targets=[Target(role="button", name="Save", box=Box(10, 10, 40, 30))][: len(actions)],
                masked=(MASK,) if number == 1 else (),
                hidden=[at for at, one in enumerate(actions) if getattr(one, "text", "") == HIDDEN_TEXT],
                seconds=number * 1.5,
            )
            for index, action in enumerate(actions):
                if action.kind in TERMINAL_KINDS:
                    break
                writer.outcome(number * 2, index, Outcome.done(12.5))
            if number == 1:
                writer.note(number * 2, "seen", {"count": 1})
        writer.add_file("notes/a.txt", b"made")
        if ended:
            last = writer.frame(screen(250))
            writer.end(99, "finished", answer="42", reason="so", frame=last, seconds=500.25)
    return Trajectory.open(folder)


def decide(*actions: Action, thought: str = "so", raw: str = "") -> Decision:
    return Decision(reply=Reply(thought=thought, actions=actions), raw=raw)


def facts(trajectory: Trajectory) -> dict[str, Any]:
    """Everything that a trajectory says, without where it lies and where it was imported from."""
    header = trajectory.header.model_dump()
    header["configuration"].pop("imported", None)
    header.pop("id")  # an imported trajectory is another one
    return {
        "header": header,
        "steps": trajectory.steps,
        "notes": trajectory.notes,
        "end": trajectory.end,
        "files": trajectory.files,
    }


def quiet(doing: str, share: float | None) -> None:
    """Progress that nobody watches."""


def actions_of(steps: Sequence[Step]) -> list[Action]:
    return [action for step in steps if step.decision.reply for action in step.decision.reply.actions]
