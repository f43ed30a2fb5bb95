"""Workflows run on a real desktop with other values, for each row of a table; scripts operate it by name."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from deskhand.actions.geometry import Box
from deskhand.actions.outcome import Outcome
from deskhand.actions.vocabulary import Finished, Key, Type
from deskhand.agent.control import Control
from deskhand.agent.desk import Desk
from deskhand.agent.loop import run
from deskhand.agent.opening import check_opening
from deskhand.agent.workflow import RESULTS, open_workflow, read_table, run_rows
from deskhand.errors import DeskhandError, UsageError
from deskhand.perception.watch.difference import difference
from deskhand.sandbox.lightbox import Lightbox
from deskhand.trajectories.constants import parameters_of
from deskhand.trajectories.reader import Trajectory
from deskhand.trajectories.records import HIDDEN_TEXT, Decision, Task
from deskhand.trajectories.workflow import Parameter, Use, Workflow, log_hash
from tests.agent.desk import Deciding, acting
from tests.conftest import deskhand

pytestmark = pytest.mark.lightbox

SECRET = 'echo "$BASH_COMMAND" > kept.txt'
"""A command that writes itself into a file."""


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workflow that types a line into a terminal and runs it."""
    folder = tmp_path_factory.mktemp("workflow")
    policy = Deciding(
        acting(Type(text="echo hello > note.txt")), acting(Key(keys=("enter",))), acting(Finished())
    )
    task = Task(instruction="Write 'hello' into note.txt", launch="xterm")
    with Lightbox() as desktop:
        run(task, desktop, policy, out=folder / "recorded")
    recording = Trajectory.open(folder / "recorded")
    workflow = Workflow(
        instruction=task.instruction,
        trajectory="recorded",
        log=log_hash(recording.folder),
        parameters=parameters_of(recording),
    )
    workflow.write(folder / "w.json")
    return folder / "w.json"


def table(folder: Path, text: str) -> Path:
    path = folder / "rows.csv"
    path.write_bytes(text.encode())
    return path


def test_a_row_is_done_with_its_own_values_and_not_twice(
    file: Path, lightbox: Lightbox, tmp_path: Path
) -> None:
    ready = open_workflow(file)
    rows = read_table(
        table(tmp_path, '\ufefftext,file,other\r\n"one, ""quoted""",a.txt,x\r\ntwo,b.txt,\r\n'),
        ready.workflow,
    )
    rows[0]["text"] = "one"  # a quote would be the shell's
    done = list(run_rows(ready, rows, lightbox, tmp_path / "out"))
    assert [result.status for result in done] == ["finished", "finished"], done
    made = [tmp_path / "out" / result.trajectory / "files" for result in done]
    assert (made[0] / "a.txt").read_text() == "one\n"
    assert (made[1] / "b.txt").read_text() == "two\n"
    assert not (made[1] / "a.txt").exists()
    again = list(run_rows(ready, rows, lightbox, tmp_path / "out"))
    assert again == done
    assert len((tmp_path / "out" / RESULTS).read_text().splitlines()) == 2


def test_a_secret_is_typed_and_written_nowhere(file: Path, lightbox: Lightbox, tmp_path: Path) -> None:
    known = open_workflow(file)
    hidden = Parameter(name="line", type="secret", uses=(Use(step=1, action=0),))
    workflow = known.workflow.model_copy(update={"parameters": (hidden,)})
    step, *others = known.recording.steps
    reply = Decision(reply=step.decision.reply, hidden=(0,)).kept()
    line = difference(known.recording.frame(step.frame), known.recording.frame(others[0].frame)).box
    assert line is not None
    masked = (Box(line.left, line.top - 40, line.right + 300, line.bottom + 80),)
    steps = (
        step.model_copy(update={"decision": reply, "hidden": (0,)}),
        *(other.model_copy(update={"masked": masked}) for other in others),
    )
    recording = Trajectory(known.recording.folder, known.recording.header, steps, (), known.recording.end, ())
    ready = type(known)(workflow, recording)
    values = workflow.values({"line": SECRET})
    (result,) = run_rows(ready, [values], lightbox, tmp_path / "out")
    folder = tmp_path / "out" / result.trajectory
    written = b"".join(path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file())
    assert SECRET.encode() not in written
    assert HIDDEN_TEXT in (folder / "trajectory.jsonl").read_text()
    again = Trajectory.open(folder)
    assert again.steps[0].hidden == (0,)
    assert lightbox.read_file("kept.txt").decode().rstrip() == SECRET
    assert "kept.txt" not in again.files
    assert any("something hidden" in note.text for note in again.notes)


def test_a_table_with_faults_is_refused_before_anything_is_done(file: Path, tmp_path: Path) -> None:
    workflow = open_workflow(file).workflow
    for text, complaint in (
        ("name\nx\n", "none of the columns"),
        ("text,file\n", "no rows"),
        ("text,file\nx\n", "line 2: no value for file"),
        ("file,TEXT\na,b\n", "did you mean text"),
        ("file,file\na,b\n", "twice"),
        ("text\na\x1bb\n", "cannot be typed"),
        ("text\n" + "x" * 20_001 + "\n", "is a text of at most"),
        ("text,file\nx,y,z\n", "line 2: more values"),
        ("", "none of the columns"),
    ):
        with pytest.raises(UsageError, match=complaint):
            read_table(table(tmp_path, text), workflow)
    (tmp_path / "latin.csv").write_bytes(b"text\n\xe9\n")
    with pytest.raises(UsageError, match="not UTF-8"):
        read_table(tmp_path / "latin.csv", workflow)


def test_values_may_hold_line_ends(file: Path, tmp_path: Path) -> None:
    rows = read_table(table(tmp_path, 'text\r\n"one\ntwo"\r\n'), open_workflow(file).workflow)
    assert rows == [{"text": "one\ntwo", "file": "note.txt"}]


def test_results_of_another_workflow_are_not_taken_for_ours(
    file: Path, lightbox: Lightbox, tmp_path: Path
) -> None:
    ready = open_workflow(file)
    values = ready.workflow.values({})
    list(run_rows(ready, [values], lightbox, tmp_path / "out"))
    other = dataclasses.replace(ready, workflow=ready.workflow.model_copy(update={"instruction": "Another"}))
    with pytest.raises(UsageError, match="another workflow"):
        list(run_rows(other, [values], lightbox, tmp_path / "out"))


def test_a_program_that_is_no_application_is_not_opened(file: Path, tmp_path: Path) -> None:
    for launch, arguments, complaint in (
        ("bash", (), "not an application"),
        ("mousepad", ("--quit",), "not a file name"),
        ("mousepad", ("a\x1b[31m",), "not a file name"),
    ):
        with pytest.raises(UsageError, match=complaint):
            check_opening(Task(instruction="x", launch=launch, arguments=arguments), "lightbox")
    check_opening(Task(instruction="x", launch="mousepad", arguments=("a file.txt",)), "lightbox")
    check_opening(Task(instruction="x"), "host")
    recording = open_workflow(file).recording
    for path in [recording.folder, *recording.folder.rglob("*")]:
        copy = tmp_path / "t" / path.relative_to(recording.folder)
        copy.mkdir(parents=True, exist_ok=True) if path.is_dir() else copy.write_bytes(path.read_bytes())
    log = tmp_path / "t" / "trajectory.jsonl"
    log.write_text(log.read_text().replace('"launch":"xterm"', '"launch":"bash"'))
    done = deskhand("replay", str(tmp_path / "t"))
    assert done.returncode == 2
    assert "not an application of the menu" in done.stderr


def test_a_stopped_row_gets_no_result(file: Path, lightbox: Lightbox, tmp_path: Path) -> None:
    ready, control = open_workflow(file), Control()
    control.stop()
    assert list(run_rows(ready, [ready.workflow.values({})], lightbox, tmp_path, control=control)) == []
    assert not (tmp_path / RESULTS).exists()


def test_the_command_makes_and_runs_workflows(file: Path, tmp_path: Path) -> None:
    recorded = file.parent / "recorded"
    out = file.parent / "made.json"
    done = deskhand("workflow", "make", str(recorded), "--out", str(out), "--json")
    assert done.returncode == 0, done.stderr
    assert {json.loads(line)["parameter"] for line in done.stdout.splitlines()} == {"text", "file"}
    ran = deskhand("workflow", "run", str(out), "--set", "text=again", "--out", str(tmp_path / "o"), "--json")
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["status"] == "finished"
    wrong = deskhand("workflow", "run", str(out), "--set", "txet=again")
    assert wrong.returncode == 2
    assert "no parameter 'txet'" in wrong.stderr


def test_a_script_operates_things_by_their_names(lightbox: Lightbox, tmp_path: Path) -> None:
    desk = Desk(lightbox, patience=5)
    desk.open("mousepad")
    desk.type("by name")
    desk.click("File")
    desk.click("Save As...")
    desk.wait_for("Cancel")
    desk.type("named.txt")
    desk.click("Save", "button")
    desk.wait_gone("Cancel")
    assert desk.read_file("named.txt").rstrip() == b"by name"
    assert desk.keep(tmp_path / "made") == [tmp_path / "made" / "named.txt"]
    assert (tmp_path / "made" / "named.txt").read_bytes().rstrip() == b"by name"
    with pytest.raises(UsageError, match="there already"):
        desk.keep(tmp_path / "made")
    with pytest.raises(DeskhandError, match="no button 'Launch rockets' appeared"):
        Desk(lightbox, patience=0.5).click("Launch rockets", "button")
    with pytest.raises(UsageError, match="no role 'knob'"):
        desk.find("Save", "knob")


def test_an_action_that_is_not_done_ends_a_script(lightbox: Lightbox) -> None:
    with pytest.raises(DeskhandError, match="refused"):
        Desk(lightbox).click_at(5000, 10)
    assert lightbox.perform(Key(keys=("shift",))) != Outcome.refused("")
