"""Which constants become parameters, what they are called, and what may be given for them."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from deskhand.actions.outcome import Outcome
from deskhand.actions.vocabulary import Action, Finished, Key, Type
from deskhand.errors import TrajectoryError, UsageError
from deskhand.trajectories.constants import parameters_of
from deskhand.trajectories.reader import Trajectory
from deskhand.trajectories.records import HIDDEN_TEXT
from deskhand.trajectories.workflow import Parameter, Use, Workflow, log_hash, with_values
from deskhand.trajectories.writer import TrajectoryWriter
from tests.trajectories.samples import decide, header, look


def typed(folder: Path, instruction: str, *texts: str, hidden: str = "") -> Trajectory:
    """A recording that types some texts, and perhaps a hidden one at the end."""
    with TrajectoryWriter(folder, header(instruction)) as writer:
        frame = writer.frame(look())
        actions: list[Action] = [Type(text=text) for text in texts]
        for number, action in enumerate([*actions, Type(text=HIDDEN_TEXT)] if hidden else actions, 1):
            secret = [0] if hidden and number > len(texts) else []
            writer.decision(number, frame, decide(action), hidden=secret)
            writer.outcome(number, 0, Outcome.done())
        writer.decision(99, frame, decide(Key(keys=("enter",))))
        writer.outcome(99, 0, Outcome.done())
        writer.end(99, "finished", frame=frame)
    return Trajectory.open(folder)


@pytest.mark.parametrize(
    ("instruction", "texts", "expected"),
    [
        (
            "Type the sentence 'a quiet day' and save the file as note.txt",
            ["a quiet day", "note.txt"],
            {"sentence": "a quiet day", "file": "note.txt"},
        ),
        ("Make a folder called music", ["mkdir music"], {"folder": "music"}),
        (
            "Write 'two words' into notes.md",
            ["echo two words > notes.md"],
            {"text": "two words", "file": "notes.md"},
        ),
        ("Rename garden.txt to river.txt", ["river.txt"], {"file": "river.txt"}),
        ("Set the volume to 40", ["40"], {"volume": "40"}),
        ("Open the report of 2026-11-27", ["2026-11-27"], {"report": "2026-11-27"}),
        ("Save the file", ["something else"], {}),
        ("Type art", ["start the party"], {}),
    ],
)
def test_what_was_typed_and_stands_in_the_instruction_is_a_parameter(
    instruction: str, texts: list[str], expected: dict[str, str], tmp_path: Path
) -> None:
    found = parameters_of(typed(tmp_path, instruction, *texts))
    assert {one.name: one.constant for one in found if one.constant} == expected


def test_types_are_told_from_the_constants(tmp_path: Path) -> None:
    found = parameters_of(typed(tmp_path, "Enter 12 and 1.5 and 2026-11-27 and abc", "12 1.5 2026-11-27 abc"))
    assert {one.constant: one.type for one in found} == {
        "12": "integer",
        "1.5": "number",
        "2026-11-27": "date",
        "abc": "text",
    }


def test_a_user_names_what_was_typed_and_nothing_else(tmp_path: Path) -> None:
    recording = typed(tmp_path, "Greet", "hello there", "hello again")
    (found,) = parameters_of(recording, {"greeting": "hello"})
    assert found == Parameter(
        name="greeting", constant="hello", uses=(Use(step=1, action=0), Use(step=2, action=0))
    )
    with pytest.raises(UsageError, match="was never typed"):
        parameters_of(recording, {"greeting": "goodbye"})
    with pytest.raises(UsageError, match="is not a valid name"):
        parameters_of(recording, {"../x": "hello"})


def test_a_hidden_text_becomes_a_secret(tmp_path: Path) -> None:
    (found,) = parameters_of(typed(tmp_path, "Log in", hidden="yes"))
    assert (found.type, found.constant, found.uses) == ("secret", "", (Use(step=1, action=0),))


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("integer", [" 12 ", "-3"], ["1.5", "x", ""]),
        ("number", ["1.5", "2", "1,5"], ["1.5.2", "nan", "1e5"]),
        ("date", ["2026-02-28"], ["2026-02-30", "28.2.2026"]),
        ("text", ["", "a\nb"], ["x" * 20_001]),
        ("secret", ["x"], [""]),
    ],
)
def test_values_are_checked(kind: str, good: list[str], bad: list[str]) -> None:
    parameter = Parameter(name="p", type=kind)  # type: ignore[arg-type]
    for value in good:
        parameter.check(value)
    for value in bad:
        with pytest.raises(UsageError, match="p is"):
            parameter.check(value)


def made(folder: Path) -> tuple[Workflow, Path]:
    recording = typed(folder / "rec", "Type 'hello' and save as note.txt", "hello", "note.txt", hidden="yes")
    workflow = Workflow(
        instruction=recording.task.instruction,
        trajectory="rec",
        log=log_hash(folder / "rec"),
        parameters=parameters_of(recording),
    )
    workflow.write(folder / "w.json")
    return workflow, folder / "w.json"


def test_a_workflow_is_read_as_it_was_written(tmp_path: Path) -> None:
    workflow, path = made(tmp_path)
    assert Workflow.open(path) == workflow
    assert workflow.recording(path).folder == tmp_path / "rec"
    with pytest.raises(UsageError, match="is not replaced"):
        workflow.write(path)


def test_values_take_the_place_of_constants(tmp_path: Path) -> None:
    workflow, path = made(tmp_path)
    values = workflow.values({"text": "bye", "secret": "pa55"})
    assert values == {"text": "bye", "file": "note.txt", "secret": "pa55"}
    typed_now = workflow.typed(workflow.recording(path), values)
    assert typed_now == {1: {0: Type(text="bye")}, 2: {0: Type(text="note.txt")}, 3: {0: Type(text="pa55")}}
    assert workflow.shown(values) == {"hello": "bye"}
    assert workflow.secret_uses() == {3: {0}}
    assert workflow.answer(Finished(answer="hello"), values) == Finished()


def test_values_are_put_in_all_at_once_and_for_whole_words_only() -> None:
    assert with_values("From Anna to Bob", {"Anna": "Bob", "Bob": "Anna"}) == "From Bob to Anna"
    assert with_values("1 of 10", {"1": "2"}) == "2 of 10"
    assert with_values("note.txt and note", {"note": "x", "note.txt": "y"}) == "y and x"
    assert with_values("as it is", {}) == "as it is"


def test_a_text_that_would_be_too_long_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    recording = typed(tmp_path / "rec", "Type 'ab'", "ab ab ab")
    workflow = Workflow(
        instruction="Type 'ab'", trajectory="rec", log="", parameters=parameters_of(recording)
    )
    with pytest.raises(UsageError, match="at most 20000"):
        workflow.typed(recording, workflow.values({workflow.parameters[0].name: "x" * 9000}))


@pytest.mark.parametrize("value", ["a\n", "a\x1b[31m", "\0", "a\rb"])
def test_values_that_would_press_keys_are_refused(value: str) -> None:
    with pytest.raises(UsageError, match="cannot be typed"):
        Parameter(name="p").check(value)


@pytest.mark.parametrize("noun", ["class", "import", "help", "sandbox", "match"])
def test_words_with_another_use_are_no_names(noun: str, tmp_path: Path) -> None:
    (found,) = parameters_of(typed(tmp_path, f"Rename the {noun} 'Foo'", "Foo"))
    assert found.name == "text"
    with pytest.raises(UsageError, match="no Python keyword"):
        parameters_of(typed(tmp_path / "again", "x", "Foo"), {noun: "Foo"})
    with pytest.raises(ValidationError):
        Parameter(name=noun)


def test_a_secret_without_a_value_and_an_unknown_name_are_refused(tmp_path: Path) -> None:
    workflow, _ = made(tmp_path)
    with pytest.raises(UsageError, match="DESKHAND_SECRET_SECRET"):
        workflow.values({})
    with pytest.raises(UsageError, match="no parameter 'fiel'"):
        workflow.values({"fiel": "x", "secret": "x"})


@pytest.mark.parametrize("place", ["../rec", "/etc", "rec/../../rec", ""])
def test_a_workflow_cannot_point_outside_its_folder(place: str, tmp_path: Path) -> None:
    workflow, path = made(tmp_path)
    (tmp_path / "bad.json").write_text(workflow.model_copy(update={"trajectory": place}).model_dump_json())
    with pytest.raises(TrajectoryError, match="its trajectory"):
        Workflow.open(tmp_path / "bad.json").recording(tmp_path / "bad.json")
    assert path.exists()


def test_another_recording_in_its_place_is_noticed(tmp_path: Path) -> None:
    workflow, path = made(tmp_path)
    with (tmp_path / "rec" / "trajectory.jsonl").open("a") as log:
        log.write("\n")
    with pytest.raises(TrajectoryError):
        workflow.recording(path)


@pytest.mark.parametrize(
    "text",
    ["", "[]", '{"format": 1}', '{"format": 99, "instruction": "x", "trajectory": "r", "log": "0"}', "\0\0"],
)
def test_what_is_no_workflow_is_refused_by_name(text: str, tmp_path: Path) -> None:
    (tmp_path / "w.json").write_text(text)
    with pytest.raises(TrajectoryError, match=r"w\.json"):
        Workflow.open(tmp_path / "w.json")


def test_names_of_parameters_are_plain() -> None:
    for name in ("", "A", "1a", "a b", "a-b", "__class__", "a" * 41):
        with pytest.raises(ValidationError):
            Parameter(name=name)
