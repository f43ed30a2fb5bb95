"""Secrets that a task names: they are typed, and no policy, log, note, file or picture has them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from deskhand.actions.geometry import ScreenPoint
from deskhand.actions.outcome import Outcome
from deskhand.actions.vocabulary import Action, Click, Finished, Key, Type
from deskhand.agent.loop import run
from deskhand.agent.named_secrets import NamedSecrets, secrets_in, secrets_of
from deskhand.agent.replay import replay
from deskhand.errors import UsageError
from deskhand.human.live.live_run import LiveRun
from deskhand.perception.reader import PIXELS, ScreenReader
from deskhand.perception.screen import Screenshot
from deskhand.perception.text.lines import TextReader
from deskhand.perception.watch.observe import Observation
from deskhand.policies.replay.script import script_of
from deskhand.sandbox.lightbox import Lightbox
from deskhand.trajectories.reader import Trajectory
from deskhand.trajectories.records import Decision, Step, Task
from tests.agent.desk import Deciding, acting
from tests.human.recording.desk import holding

VALUE = "Xyzzy-4711-Plugh"
TASK = Task(instruction="Write {{bank}} into the text and save it as kept.txt", launch="mousepad")
STEPS = (
    acting(Click(at=ScreenPoint(640, 400))),
    acting(Type(text="code {{bank}} end")),
    acting(Key(keys=("ctrl", "end"))),
    acting(Key(keys=("ctrl", "s"))),
    acting(Type(text="kept.txt", submit=True)),
    acting(Finished(answer="it is {{bank}}")),
)


class Looking(Deciding):
    """A policy of ready decisions that keeps what it saw."""

    def __init__(self, *decisions: Decision) -> None:
        super().__init__(*decisions)
        self.seen: list[Screenshot] = []
        self.texts: list[str] = []

    def decide(self, observation: Observation, history: tuple[Step, ...]) -> Decision:  # type: ignore[override]
        self.seen.append(observation.screenshot)
        self.texts += [f"{one.text} {one.label}" for one in observation.elements]
        self.texts.append(observation.change_text)
        return super().decide(observation, history)


@pytest.fixture(scope="module")
def box() -> Iterator[Lightbox]:
    with Lightbox() as sandbox:
        yield sandbox


@cache
def reader() -> TextReader:
    """One for all looks: those that are alike are read once."""
    return TextReader()


def shows(screenshot: Screenshot) -> bool:
    read = " ".join(element.text for element in reader().read(screenshot))
    return any(part in read for part in ("Xyzzy", "4711", "Plugh"))


def test_a_secret_is_typed_and_nobody_sees_it(box: Lightbox, tmp_path: Path) -> None:
    box.reset()
    secrets, policy, looks = NamedSecrets({"bank": VALUE}), Looking(*STEPS), []  # type: ignore[var-annotated]
    with LiveRun(box, task="t", policy="p", secrets=secrets) as live:
        result = run(
            TASK, box, policy, out=tmp_path / "run", secrets=secrets, listener=live, control=live.control
        )
        looks = [look.screenshot for look in live.camera._looks]
        told = str(live.changes(-1, 0))
    assert result.status == "finished" and result.answer == "it is {{bank}}"
    assert box.read_file("kept.txt").decode() == f"code {VALUE} end"
    assert shows(box.screenshot()), "it does stand on the screen"
    assert not any(map(shows, [*policy.seen, *looks])), "but nobody has seen it"
    assert not any("4711" in text for text in (*policy.texts, told))
    trajectory = Trajectory.open(tmp_path / "run")
    assert holding(tmp_path, VALUE, "4711", "Xyzzy") == []
    frames = {step.frame for step in trajectory.steps} | {str(trajectory.end and trajectory.end.frame)}
    assert not any(shows(trajectory.frame(frame)) for frame in frames)
    typed = trajectory.steps[1].decision.reply
    assert typed is not None and typed.actions == (Type(text="code {{bank}} end"),)
    assert any("hidden" in note.text for note in trajectory.notes), "that a file was not kept is said"
    assert secrets_in(trajectory.header) == ("bank",)


def test_a_replay_wants_the_same_secrets(box: Lightbox, tmp_path: Path) -> None:
    box.reset()
    secrets = NamedSecrets({"bank": VALUE})
    run(TASK, box, Looking(*STEPS), out=tmp_path / "run", secrets=secrets)
    script = script_of(Trajectory.open(tmp_path / "run"))
    box.reset()
    with pytest.raises(UsageError, match="typed the secret bank"):
        replay(script, box, out=tmp_path / "without")
    other = "Quux-9933-Garply"
    again = replay(script, box, out=tmp_path / "again", secrets=NamedSecrets({"bank": other}))
    assert again.result.status == "finished", again.report
    assert box.read_file("kept.txt").decode() == f"code {other} end"
    assert holding(tmp_path, VALUE, other) == []


def test_names_and_values_are_checked_before_anything_is_done() -> None:
    for values in ({"Bank": VALUE}, {"a b": VALUE}, {"bank": "ab"}, {"bank": "two\nlines"}):
        with pytest.raises(UsageError):
            NamedSecrets(values)
    with pytest.raises(UsageError, match=r"write \{\{bank\}\} where"):
        NamedSecrets({"bank": VALUE}).check("Log in")
    assert secrets_of(["bank"], {"DESKHAND_SECRET_BANK": VALUE}) == {"bank": VALUE}
    with pytest.raises(UsageError, match="set DESKHAND_SECRET_BANK"):
        secrets_of(["bank"], {})


def test_what_a_sandbox_says_of_it_is_said_without_it() -> None:
    done: list[Action] = []

    def do(action: Action) -> Outcome:
        done.append(action)
        return Outcome.failed(f"the field holds {VALUE.upper()}")

    secrets = NamedSecrets({"bank": VALUE})
    blank = Screenshot(np.zeros((100, 200, 3), np.uint8), 0.0)
    outcome = secrets.perform(Type(text="{{bank}}"), do, lambda: blank)
    assert done == [Type(text=VALUE)] and outcome.reason == "the field holds {{bank}}"
    assert secrets.perform(Key(keys=("enter",)), do, lambda: blank).reason.endswith(VALUE.upper())
    elements = ScreenReader(sources=PIXELS).read(blank)
    assert secrets.hidden_from(elements) == elements
