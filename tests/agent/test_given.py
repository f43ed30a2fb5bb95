"""Files and addresses that a run is given: copied in, opened, brought back; the original stays as it is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from deskhand.actions.vocabulary import Finished, Key, OpenApp, Type, Wait
from deskhand.agent import given
from deskhand.agent.given import GivenFile, Opening, given_again, read_openable
from deskhand.agent.loop import run
from deskhand.agent.opening import check_opening
from deskhand.agent.replay import replay
from deskhand.agent.workflow import open_workflow, run_rows
from deskhand.errors import SandboxError, TrajectoryError, UsageError
from deskhand.policies.replay.script import script_of
from deskhand.sandbox.client import UNPREPARED
from deskhand.sandbox.lightbox import Lightbox
from deskhand.trajectories.export.script import script_text
from deskhand.trajectories.reader import Trajectory
from deskhand.trajectories.records import GIVEN_FOLDER, Task
from deskhand.trajectories.repair.edit import cut
from deskhand.trajectories.workflow import Workflow, log_hash
from tests.agent.desk import Deciding, acting, go

lightbox_test = pytest.mark.lightbox
NAME = "a list, -öüü.txt"
EDIT = (
    acting(Key(keys=("ctrl", "home"))),
    acting(Type(text="done ")),
    acting(Key(keys=("ctrl", "s"))),
    acting(Finished()),
)
"""Puts a word in front and saves, in any editor."""


@pytest.fixture
def original(tmp_path: Path) -> Path:
    path = tmp_path / NAME
    path.write_text("one\ntwo\n")
    return path


def edited(lightbox: Lightbox, original: Path, out: Path, launch: str | None = "mousepad") -> Trajectory:
    """A recorded run that was given a file and changed it."""
    task = Task(instruction="put done in front", launch=launch)
    result, trajectory = go(lightbox, Deciding(*EDIT), out, task=task, patient=True, open=(original,))
    assert (result.status, result.files) == ("finished", (NAME,)), result
    return trajectory


@lightbox_test
def test_the_copy_comes_back_changed_and_the_original_stays(
    lightbox: Lightbox, original: Path, tmp_path: Path
) -> None:
    before = original.stat()
    trajectory = edited(lightbox, original, tmp_path / "out")
    assert (tmp_path / "out/files" / NAME).read_text() == "done one\ntwo\n"
    assert original.read_text() == "one\ntwo\n"
    assert original.stat().st_mtime_ns == before.st_mtime_ns
    assert trajectory.task.arguments == trajectory.task.given == (NAME,)
    assert (tmp_path / "out/files" / GIVEN_FOLDER / NAME).read_text() == "one\ntwo\n"
    assert trajectory.end is not None
    assert f"{GIVEN_FOLDER}/{NAME}" in trajectory.end.files


@lightbox_test
def test_without_a_program_the_one_for_its_kind_is_chosen_and_named(
    lightbox: Lightbox, original: Path, tmp_path: Path
) -> None:
    trajectory = edited(lightbox, original, tmp_path / "out", launch=None)
    assert trajectory.task.launch == lightbox.opener(NAME)
    check_opening(trajectory.task, "lightbox")
    assert (tmp_path / "out/files" / NAME).read_text() == "done one\ntwo\n"


@lightbox_test
def test_a_replay_and_a_workflow_are_given_the_same_or_another(
    lightbox: Lightbox, original: Path, tmp_path: Path
) -> None:
    recording = edited(lightbox, original, tmp_path / "recorded")
    original.unlink()
    lightbox.reset()
    again = replay(script_of(recording), lightbox, out=tmp_path / "again")
    assert again.result.status == "finished", again.report
    assert (tmp_path / "again/files" / NAME).read_text() == "done one\ntwo\n"
    assert Trajectory.open(tmp_path / "again").task == recording.task
    workflow = Workflow(
        instruction="put done in front", trajectory="recorded", log=log_hash(recording.folder), parameters=()
    )
    workflow.write(tmp_path / "w.json")
    ready = open_workflow(tmp_path / "w.json")
    other = GivenFile("other.txt", b"one\ntwo\nthree\n")
    lightbox.reset()
    (row,) = run_rows(ready, [{}], lightbox, tmp_path / "rows", open=[other])
    assert (tmp_path / "rows" / row.trajectory / "files" / GIVEN_FOLDER / NAME).read_bytes() == other.content
    part = cut(recording.folder, tmp_path / "part", first=1, last=2)
    assert [one.content for one in given_again(Trajectory.open(part.folder))] == [b"one\ntwo\n"]
    _, warnings = script_text(recording)
    assert any(GIVEN_FOLDER in warning for warning in warnings)


@lightbox_test
def test_a_recording_without_its_files_says_what_to_do(
    lightbox: Lightbox, original: Path, tmp_path: Path
) -> None:
    recording = edited(lightbox, original, tmp_path / "out")
    with pytest.raises(UsageError, match="was given 1 files"):
        given_again(recording, [original, GivenFile("b", b"")])
    with pytest.raises(UsageError, match="no address"):
        given_again(recording, ["https://example.org"])
    (recording.folder / "files" / GIVEN_FOLDER / NAME).unlink()
    with pytest.raises(TrajectoryError, match="give it with --open"):
        given_again(recording)
    assert given_again(recording, [GivenFile("x", b"y")]) == (GivenFile(NAME, b"y"),)


@lightbox_test
def test_what_no_one_program_opens_is_refused_before_anything_starts(box: Lightbox, tmp_path: Path) -> None:
    box.reset()
    odd, text = GivenFile("a.bin", b"\0\1"), GivenFile("a.txt", b"x")
    with pytest.raises(
        SandboxError, match=r"no application .* opens application/octet-stream \(a.bin\); there"
    ):
        run(Task(instruction="x"), box, Deciding(), out=tmp_path / "o", open=[odd])
    with pytest.raises(UsageError, match="several programs"):
        run(Task(instruction="x"), box, Deciding(), out=tmp_path / "o", open=[text, "https://a.example"])
    assert not (tmp_path / "o").exists()
    assert not box.windows()
    assert box.opener("https://a.example/x").startswith("chromium")


@lightbox_test
@pytest.mark.parametrize("launch", ["chromium", None])
def test_what_was_prepared_is_noted_once(lightbox: Lightbox, tmp_path: Path, launch: str | None) -> None:
    opened = acting(OpenApp(name="chromium")) if launch is None else acting(Wait(seconds=0))
    task = Task(instruction="x", launch=launch)
    _, trajectory = go(lightbox, Deciding(opened, acting(Finished())), tmp_path / "o", task=task)
    (note,) = [note for note in trajectory.notes if "prepared" in note.text]
    assert note.text.startswith("prepared: chromium: started with --no-sandbox")
    assert note.step == (0 if launch else 1)


@lightbox_test
def test_nothing_is_prepared_where_it_is_switched_off_and_the_run_says_so(
    lightbox: Lightbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESKHAND_PREPARE", "0")
    opened = acting(OpenApp(name="mousepad"))
    task = Task(instruction="x", launch="l3afpad")
    _, trajectory = go(lightbox, Deciding(opened, acting(Finished())), tmp_path / "o", task=task)
    assert [note.text for note in trajectory.notes] == [f"prepared: {UNPREPARED}"]
    refused = lightbox.perform(OpenApp(name="chromium"))
    assert "sandbox" in refused.reason.casefold(), "it was started with its flag all the same"


def test_a_file_keeps_its_whole_path_whatever_it_is_called() -> None:
    opening = Opening(Task(instruction="x", launch="mousepad"), [GivenFile("-x", b""), "https://a.example/b"])
    assert opening.task.arguments == ("-x", "https://a.example/b")
    assert opening.task.given == ("-x",)
    check_opening(opening.task, "lightbox")
    with pytest.raises(UsageError, match="no such file came with it"):
        Opening(opening.task, ())


def test_a_link_is_read_and_called_by_its_own_name(tmp_path: Path) -> None:
    (tmp_path / "real.txt").write_text("x")
    (tmp_path / "link.txt").symlink_to("real.txt")
    assert read_openable([tmp_path / "link.txt"]) == (GivenFile("link.txt", b"x"),)


def test_what_cannot_be_given_is_said_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(given, "MOST_BYTES", 100)
    (tmp_path / "a").mkdir()
    for name in (".hidden", "same", "a/same", "new\nline"):
        (tmp_path / name).write_text("x")
    (tmp_path / "large").write_bytes(bytes(101))
    (tmp_path / "half").write_bytes(bytes(60))
    (tmp_path / "rest").write_bytes(bytes(60))
    (tmp_path / "gone").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe")
    refused = {
        ("nothing.txt",): "No such file",
        ("gone",): "No such file",
        ("a",): "is a folder.*--share",
        ("pipe",): "no plain file",
        (".hidden",): "hidden file",
        ("new\nline",): "may not have",
        ("large",): "at most 0 MiB",
        ("half", "rest"): "at most 0 MiB",
        ("same", "a/same"): "give one another name",
        ("same",) * 21: "at most 20",
    }
    for names, words in refused.items():
        with pytest.raises(UsageError, match=words):
            read_openable([tmp_path / name for name in names])
    for address, words in (
        ("ftp://a.example", "http:// or https://"),
        ("file:///etc/passwd", "http:// or https://"),
        ("javascript://a", "http:// or https://"),
        ("http://", "http:// or https://"),
        ("https://name:word@a.example", "written down"),
        ("https://a.example/a b", "no blanks"),
        ("https://[x", "no address of the web"),
        ("https://a.example/" + "x" * 2000, "at most 2000"),
    ):
        with pytest.raises(UsageError, match=words):
            read_openable([address])
