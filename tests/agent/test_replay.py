"""A recording of a real program is replayed on a real desktop, as it was and as it was not."""

from __future__ import annotations

import dataclasses
import json
import random
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from deskhand.actions.geometry import Box, Viewport
from deskhand.agent.replay import DRIFT_PICTURE, replay, side_by_side
from deskhand.benchmarks.speed.replaying.variations import VARIATIONS, Intruder, show_dialog
from deskhand.perception.screen import Screenshot
from deskhand.policies.registry import load_policy
from deskhand.policies.replay.report import Drift
from deskhand.policies.replay.script import ReplayPlan, script_of
from deskhand.policies.scripted import ReplyScript, ScriptedPolicy
from deskhand.sandbox.lightbox import Lightbox
from deskhand.trajectories.reader import Trajectory
from deskhand.trajectories.records import Task
from tests.agent.desk import DONE, go, press
from tests.agent.test_golden import FOLDER, RUNS
from tests.conftest import deskhand

pytestmark = pytest.mark.lightbox


LETTER = {"letter.txt": "Dear reader\n"}


def with_a_letter(desktop: Lightbox) -> Lightbox:
    """A home with more than hidden files: in one without, a save dialog that loads late proposes "."."""
    for name, text in LETTER.items():
        desktop.write_file(name, text.encode())
    return desktop


@pytest.fixture(name="lightbox")
def _lightbox(lightbox: Lightbox) -> Lightbox:
    return with_a_letter(lightbox)


def recorded(folder: Path, name: str) -> ReplayPlan:
    with Lightbox() as desktop:
        with_a_letter(desktop)
        policy = load_policy(f"scripted:{FOLDER / name}.script.json")
        go(desktop, policy, folder, task=RUNS[name], patient=True)
    return script_of(Trajectory.open(folder))


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> ReplayPlan:
    return recorded(tmp_path_factory.mktemp("recorded") / "note", "note")


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> ReplayPlan:
    """A recording in a terminal, which has no dialogs that take their time."""
    return recorded(tmp_path_factory.mktemp("recorded") / "shell", "shell")


def made(folder: Path) -> dict[str, str]:
    files = sorted((folder / "files").rglob("*"))
    return {path.name: path.read_text() for path in files if path.is_file()}


def test_a_recording_does_the_same_again(script: ReplayPlan, lightbox: Lightbox, tmp_path: Path) -> None:
    done = replay(script, lightbox, out=tmp_path / "again")
    assert (done.result.status, done.exit_code, done.picture) == ("finished", 0, None)
    assert made(tmp_path / "again") == made(script.trajectory.folder) != LETTER
    # On a busy machine the recording may look before a button is lit: such a screen is known by its words.
    found = [finding.found for finding in done.report.findings]
    assert set(found) <= {"same", "screen"} and "same" in found, done.report.findings


@pytest.mark.parametrize(
    "name",
    [
        "window moved",
        pytest.param("other font size", marks=pytest.mark.slow(reason="bench replay measures each desktop")),
        pytest.param("other theme", marks=pytest.mark.slow(reason="bench replay measures each desktop")),
    ],
)
def test_it_is_done_on_a_desktop_that_looks_different(
    name: str, script: ReplayPlan, lightbox: Lightbox, tmp_path: Path
) -> None:
    variation = next(one for one in VARIATIONS if one.name == name)
    given = [f"{key}={value}" for key, value in variation.prepare(lightbox).items()]
    task = script.trajectory.task
    assert task.launch is not None
    lightbox.launch("env", [*given, task.launch, *task.arguments])
    variation.started(lightbox, random.Random(3))
    done = replay(script, lightbox, task=task.model_copy(update={"launch": None}), out=tmp_path / "again")
    assert done.result.status == "finished", done.result.reason
    assert made(tmp_path / "again") == made(script.trajectory.folder)


@pytest.mark.slow(reason="bench replay measures each desktop")
def test_on_a_screen_of_another_size_it_is_done_too(script: ReplayPlan, tmp_path: Path) -> None:
    with Lightbox(Viewport(1600, 900)) as desktop:
        done = replay(script, with_a_letter(desktop), out=tmp_path / "again")
    assert done.result.status == "finished", done.result.reason
    assert made(tmp_path / "again") == made(script.trajectory.folder)


@pytest.mark.slow(reason="it waits for a dialog over thousands of files")
def test_a_name_that_a_save_dialog_begins_by_itself_is_not_written(tmp_path: Path) -> None:
    """A folder of hidden files that loads late fills GTK's empty name field with what they share, a dot."""
    replies = ["hello", "ctrl shift s", "end", "late.txt", "enter"]
    script = tuple(
        press(one)
        if one in ("ctrl shift s", "end", "enter")
        else f"Thought: x\nAction: type(content='{one}')"
        for one in replies
    )
    policy = ScriptedPolicy(ReplyScript(dialect="ui-tars-1.0", replies=(*script, DONE)))
    with Lightbox() as desktop:
        go(desktop, policy, tmp_path / "saved", task=Task(instruction="save", launch="l3afpad"), patient=True)
    assert made(tmp_path / "saved") == {"late.txt": "hello"}
    with Lightbox() as desktop:
        desktop.run(["python3", "-c", "for one in range(6000): open(f'.h{one}', 'w').close()"])
        done = replay(script_of(Trajectory.open(tmp_path / "saved")), desktop, out=tmp_path / "again")
        assert desktop.run(["ls", ".late.txt"]).returncode, "it saved another name"
    assert done.result.status in ("finished", "infeasible")
    assert ("late.txt" in made(tmp_path / "again")) == (done.result.status == "finished")


def test_a_dialog_that_was_not_there_stops_it_before_anything_is_typed(
    script: ReplayPlan, lightbox: Lightbox, tmp_path: Path
) -> None:
    done = replay(script, lightbox, out=tmp_path / "again", listener=Intruder(lightbox, before=2))
    assert (done.result.status, done.exit_code) == ("infeasible", 1)
    assert done.report.drift is not None
    assert done.report.drift.step == script.steps[1].step
    assert made(tmp_path / "again") == LETTER
    assert done.picture == tmp_path / "again" / DRIFT_PICTURE
    with Image.open(done.picture) as picture:
        assert picture.width > 2 * lightbox.viewport.width


@pytest.mark.slow(reason="masks in the new run are tested")
def test_the_picture_of_a_drift_shows_nothing_that_was_masked(
    script: ReplayPlan, lightbox: Lightbox, tmp_path: Path
) -> None:
    region = Box(400, 200, 900, 500)
    steps = tuple(dataclasses.replace(planned, masked=(region,)) for planned in script.steps)
    listener = Intruder(lightbox, before=2)
    done = replay(
        dataclasses.replace(script, steps=steps), lightbox, out=tmp_path / "again", listener=listener
    )
    assert done.picture is not None
    with Image.open(done.picture) as picture:
        right = picture.crop((picture.width - 1280, 0, picture.width, picture.height))
        assert right.crop((400, 200, 900, 500)).getextrema() == ((0, 0),) * 3
        assert right.getextrema() != ((0, 0),) * 3


def test_a_mark_beyond_the_screen_is_cut_at_its_edge() -> None:
    screen = Screenshot(np.zeros((60, 80, 3), np.uint8))
    for box in (Box(-(10**30), 5, 10**30, 20), Box(10**30, 10**30, 10**31, 10**31), Box(9, 9, 3, 3)):
        assert side_by_side(Drift(1, "", screen, screen, box)).shape == (60, 176, 3)


@pytest.mark.slow(reason="a dialog that comes later is tested")
def test_a_dialog_from_the_start_is_noticed_too(
    script: ReplayPlan, lightbox: Lightbox, tmp_path: Path
) -> None:
    task = script.trajectory.task
    assert task.launch is not None
    lightbox.launch(task.launch, task.arguments)
    show_dialog(lightbox)
    done = replay(script, lightbox, task=task.model_copy(update={"launch": None}), out=tmp_path / "again")
    assert done.report.drift is not None
    assert done.report.drift.step == script.steps[0].step


def test_what_was_masked_stays_masked_in_the_new_run(
    script: ReplayPlan, lightbox: Lightbox, tmp_path: Path
) -> None:
    region = Box(0, 0, 1280, 300)
    steps = tuple(dataclasses.replace(planned, masked=(region,)) for planned in script.steps)
    done = replay(dataclasses.replace(script, steps=steps), lightbox, out=tmp_path / "again")
    assert done.result.status == "finished"
    again = Trajectory.open(tmp_path / "again")
    assert {step.masked for step in again.steps} == {(region,)}
    frames = [*(step.frame for step in again.steps), again.end.frame if again.end else None]
    for digest in frames:
        assert digest is not None
        assert not again.frame(digest).crop(region).any()
        assert again.frame(digest).pixels.any()


def test_the_command_replays_and_tells_each_step(shell: ReplayPlan, tmp_path: Path) -> None:
    folder = str(shell.trajectory.folder)
    planned = deskhand("replay", folder, "--dry-run", "--json")
    assert planned.returncode == 0, planned.stderr
    opening, *steps = [json.loads(line) for line in planned.stdout.splitlines()]
    assert opening["action"] == "open xterm"
    assert [step["step"] for step in steps] == [planned.step for planned in shell.steps]
    done = deskhand("replay", folder, "--json", "--out", str(tmp_path / "again"))
    assert done.returncode == 0, done.stderr
    last = json.loads(done.stdout.splitlines()[-1])
    assert (last["status"], last["picture"]) == ("finished", None)


def test_the_command_says_where_it_stopped(shell: ReplayPlan, tmp_path: Path) -> None:
    folder = str(shell.trajectory.folder)
    done = deskhand("replay", folder, "--json", "--no-launch", "--to", "1", "--out", str(tmp_path / "again"))
    assert done.returncode == 1, done.stderr
    last = json.loads(done.stdout.splitlines()[-1])
    assert (last["status"], last["step"]) == ("drift", shell.steps[0].step)
    assert Path(last["picture"]).is_file()
