"""Masking: of what was under a mask no pixel and no text is in any file of the copy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from deskhand.actions.geometry import Box, ScreenPoint
from deskhand.actions.outcome import Outcome
from deskhand.actions.reply import Reply
from deskhand.actions.vocabulary import Action, Click, Finished, Key, KeyDown, KeyUp, OpenApp, Type
from deskhand.errors import UsageError
from deskhand.perception.screen import PAINT, Screenshot
from deskhand.trajectories.reader import Trajectory
from deskhand.trajectories.records import HIDDEN_TEXT, Candidate, Decision, HeaderRecord, Target, Task
from deskhand.trajectories.redaction.hiding import Hiding
from deskhand.trajectories.redaction.mask import mask
from deskhand.trajectories.redaction.typed import Mask
from deskhand.trajectories.repair.check import check
from deskhand.trajectories.writer import TrajectoryWriter

SECRET = "hunter2-Über"
FIELD = Target(role="field", name="Password of Ada", box=Box(40, 40, 90, 60))
WINDOW = Target(role="window", name="Login", box=Box(10, 0, 110, 90))
OTHER = Target(role="field", name="User", box=Box(40, 70, 90, 85))
REGION = Box(38, 38, 200, 62)
COLOUR = (201, 17, 99)
"""Of the secret's pixels, and of nothing else."""


def screen(dots: int, elsewhere: int = 0) -> Screenshot:
    pixels = np.full((90, 120, 3), 40, np.uint8)
    pixels[45:55, 42 : 42 + 3 * dots] = COLOUR
    pixels[80:85, 100:110] = elsewhere
    return Screenshot(pixels)


def said(*actions: Action, thought: str = "go on", raw: str = "raw") -> Decision:
    considered = (
        Candidate(role="field", name=f"{SECRET} Password of Ada", probability=0.5, box=Box(40, 44, 90, 60)),
        Candidate(role="button", name="Log in", probability=0.25, box=Box(50, 70, 70, 80)),
    )
    return Decision(reply=Reply(thought=thought, actions=actions), raw=raw, candidates=considered)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A login: the field is clicked, the secret typed and talked about, and a file with it is saved."""
    folder = tmp_path / "run"
    task = Task(instruction=f"Log in as ada with {SECRET}, then save", arguments=(SECRET, "x"))
    header = HeaderRecord(
        task=task, policy="scripted", sandbox="none", configuration={"extra": {SECRET: [f"a {SECRET}"]}}
    )
    with TrajectoryWriter(folder, header) as writer:
        plan: list[tuple[Screenshot, Decision, tuple[Target | None, ...]]] = [
            (screen(0), said(Click(at=ScreenPoint(50, 50)), thought="the password of ADA is next"), (FIELD,)),
            (screen(0, 1), said(Type(text=SECRET), raw="type(content='hunter2\\-Über')"), (FIELD,)),
            (
                screen(5, 2),
                said(Click(at=ScreenPoint(60, 75)), thought=f"I typed {SECRET.upper()} there"),
                (OTHER,),
            ),
            (screen(5, 3), said(Type(text=f"{SECRET}@mail"), OpenApp(name=f"x {SECRET}")), (OTHER, None)),
            (screen(5, 3), Decision(reply=None, raw=f"?{SECRET}?", error=f"no action {SECRET}"), ()),
            (screen(5, 4), said(Finished(answer=f"it is {SECRET}")), ()),
        ]
        for step, (shot, decision, targets) in enumerate(plan, start=1):
            frame = writer.frame(shot)
            writer.decision(step, frame, decision, targets=targets)
            for index, action in enumerate(decision.reply.actions if decision.reply else ()):
                if not isinstance(action, Finished):
                    writer.outcome(step, index, Outcome.done())
        seen = {"role": "field", "text": SECRET, "box": [40, 40, 90, 60], "frame": screen(5, 2).digest()}
        writer.note(6, f"noted {SECRET}", {SECRET: [seen]})
        writer.add_file("plain.txt", b"nothing of it")
        writer.add_file("notes.txt", f"saved {SECRET}".encode())
        writer.add_file(f"{SECRET}.txt", b"nothing")
        writer.add_file("packed.bin", b"\xff\xfe\x00")
        writer.end(6, "finished", answer=SECRET, reason=f"because {SECRET}", frame=writer.frame(screen(6, 5)))
    return folder


def masked(run: Path, **wanted: object) -> Trajectory:
    made = mask(run, run.parent / "copy", Mask(boxes=(REGION,), **wanted))  # type: ignore[arg-type]
    assert check(made.folder).whole
    return Trajectory.open(made.folder)


def everything(folder: Path) -> bytes:
    """All names and all bytes."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    return b"\n".join(str(path.relative_to(folder)).encode() + b"\n" + path.read_bytes() for path in files)


def test_no_pixel_of_what_was_masked_is_in_any_frame(run: Path) -> None:
    copy = masked(run)
    digests = {path.stem for path in (copy.folder / "frames").iterdir()}
    assert digests
    for digest in digests:
        pixels = copy.frame(digest).pixels
        assert (pixels[38:62, 38:] == PAINT).all()
        assert not (pixels == COLOUR).all(axis=2).any()
    for path in (copy.folder / "frames").glob("*.crop"):
        assert path.read_bytes().startswith(b"deskhand-crop")


def test_pixels_beside_the_mask_are_as_they_were(run: Path) -> None:
    origin, copy = Trajectory.open(run), masked(run)
    for mine, theirs in zip(copy.steps, origin.steps, strict=True):
        before, after = origin.frame(theirs.frame).pixels.copy(), copy.frame(mine.frame).pixels
        before[38:62, 38:] = PAINT
        assert np.array_equal(before, after)
        assert mine.masked == (Box(38, 38, 120, 62),)


def test_no_text_of_what_was_masked_is_in_any_file(run: Path) -> None:
    copy = masked(run)
    data = everything(copy.folder).decode(errors="replace").casefold()
    for text in (SECRET, "hunter2", "Password of Ada", "Über"):
        assert text.casefold() not in data
    for step in Trajectory.open(run).steps:
        assert step.frame not in data, "the hash of a frame with the secret could be guessed at"


def test_what_had_nothing_to_do_with_it_stays(run: Path) -> None:
    copy = masked(run)
    assert copy.task.instruction == f"Log in as ada with {HIDDEN_TEXT}, then save"
    assert copy.task.arguments == (HIDDEN_TEXT, "x")
    first, second, third, fourth, _, last = copy.steps
    assert second.decision.reply is not None
    assert second.decision.reply.actions == (Type(text=HIDDEN_TEXT),)
    assert second.decision.reply.thought == "go on"
    assert (second.hidden, second.decision.raw) == ((0,), HIDDEN_TEXT)
    assert second.targets == (Target(role="field", name="", box=FIELD.box),)
    assert third.targets == (OTHER,)
    assert first.decision.raw == "raw"
    assert first.decision.reply is not None
    assert first.decision.reply.thought == HIDDEN_TEXT
    assert fourth.hidden == (0,), "the same text in another field"
    assert last.notes == (f"noted {HIDDEN_TEXT}",)
    assert copy.end is not None
    assert copy.end.status == "finished"
    assert [step.outcomes for step in copy.steps] == [step.outcomes for step in Trajectory.open(run).steps]
    assert copy.files == ("plain.txt",)


def test_files_that_are_left_out_are_told_without_what_is_hidden(run: Path) -> None:
    remarks = mask(run, run.parent / "copy", Mask(boxes=(REGION,))).remarks
    assert len(remarks) == 3
    assert SECRET not in " ".join(remarks)
    assert "not plain text" in " ".join(remarks)


def test_pixels_alone_can_be_masked(run: Path) -> None:
    copy = masked(run, text=False)
    assert copy.steps[1].decision == Trajectory.open(run).steps[1].decision
    assert copy.files == Trajectory.open(run).files
    assert (copy.frame(copy.steps[2].frame).pixels[45:55, 42:57] == PAINT).all()


def test_a_range_of_steps_leaves_other_frames_but_not_the_same_picture(run: Path) -> None:
    origin, copy = Trajectory.open(run), masked(run, first=4, last=4)
    kept = [mine.frame == theirs.frame for mine, theirs in zip(copy.steps, origin.steps, strict=True)]
    assert kept == [True, True, True, False, False, True]
    assert copy.end is not None
    assert origin.end is not None
    assert copy.end.frame == origin.end.frame
    assert copy.steps[1].hidden == ()


def test_what_a_step_types_can_be_hidden_wherever_it_went(run: Path) -> None:
    made = mask(run, run.parent / "copy", Mask(boxes=(), typed=frozenset({2})))
    copy = Trajectory.open(made.folder)
    assert SECRET.encode() not in everything(copy.folder)
    assert copy.steps[1].hidden == (0,)
    assert copy.steps[1].targets == (FIELD,), "only its text was to go"
    with pytest.raises(UsageError, match="nothing is typed in step 1"):
        mask(run, run.parent / "other", Mask(boxes=(), typed=frozenset({1})))


def test_a_mask_that_masks_nothing_is_refused(run: Path) -> None:
    out = run.parent / "copy"
    with pytest.raises(UsageError, match="region is outside"):
        mask(run, out, Mask(boxes=(Box(500, 500, 600, 600),)))
    with pytest.raises(UsageError, match="no such step"):
        mask(run, out, Mask(boxes=(REGION,), first=7))
    assert not out.exists()


def write(folder: Path, *steps: tuple[tuple[Action, ...], tuple[Target | None, ...]]) -> Path:
    header = HeaderRecord(task=Task(instruction="x"), policy="p", sandbox="s")
    with TrajectoryWriter(folder, header) as writer:
        for number, (actions, targets) in enumerate(steps, start=1):
            writer.decision(number, writer.frame(screen(1, number)), said(*actions), targets=targets)
            for index in range(len(actions)):
                writer.outcome(number, index, Outcome.done())
    return folder


IN, BESIDE = Click(at=ScreenPoint(50, 50)), Click(at=ScreenPoint(60, 75))


def hidden(folder: Path) -> tuple[list[tuple[int, ...]], tuple[str, ...]]:
    made = mask(folder, folder.parent / "copy", Mask(boxes=(REGION,)))
    return [step.hidden for step in Trajectory.open(made.folder).steps], made.remarks


def test_text_without_a_target_went_where_was_clicked_last(tmp_path: Path) -> None:
    run = write(tmp_path / "run", ((IN,), ()), ((Type(text="one"),), ()), ((BESIDE, Type(text="two")), ()))
    assert hidden(run) == ([(), (0,), ()], ())


def test_text_of_which_nobody_knows_where_it_went_stays_and_is_told(tmp_path: Path) -> None:
    run = write(
        tmp_path / "run", ((Type(text="first"),), ()), ((IN, Key(keys=("tab",)), Type(text="two")), (WINDOW,))
    )
    steps, remarks = hidden(run)
    assert steps == [(), ()]
    assert ["--hide-text 1" in remarks[0], "--hide-text 2" in remarks[1]] == [True, True]


def test_a_text_that_was_typed_key_by_key_is_hidden_too(tmp_path: Path) -> None:
    keys: list[Action] = [Key(keys=("shift", "q")), Key(keys=("w",)), KeyDown(key="e"), KeyUp(key="e")]
    spoken = OpenApp(name="the qwe tool")
    run = write(tmp_path / "run", ((IN, *keys, Key(keys=("enter",)), spoken), ()))
    steps, _ = hidden(run)
    assert steps == [(1, 2, 3, 4)]
    reply = Trajectory.open(tmp_path / "copy").steps[0].decision.reply
    assert reply is not None
    assert reply.actions[1:] == (
        *[Type(text=HIDDEN_TEXT)] * 4,
        Key(keys=("enter",)),
        OpenApp(name=HIDDEN_TEXT),
    )


def test_a_window_is_named_by_its_title_bar_alone(tmp_path: Path) -> None:
    tall = Target(role="window", name="A name", box=Box(0, 0, 120, 90))
    run = write(tmp_path / "run", ((BESIDE,), (tall,)))
    out = tmp_path / "copy"
    mask(run, out, Mask(boxes=(Box(0, 60, 120, 90),)))
    assert Trajectory.open(out).steps[0].targets == (tall,)
    mask(run, tmp_path / "second", Mask(boxes=(Box(0, 10, 120, 20),)))
    assert Trajectory.open(tmp_path / "second").steps[0].targets == (tall.model_copy(update={"name": ""}),)


def test_a_frame_that_is_lost_is_not_named_in_a_masked_copy(run: Path) -> None:
    lost = Trajectory.open(run).end
    assert lost is not None
    for path in (run / "frames").glob(f"{lost.frame}.*"):
        path.unlink()
    made = mask(run, run.parent / "copy", Mask(boxes=(REGION,)))
    assert "its frame is lost" in " ".join(made.remarks)
    assert str(lost.frame).encode() not in everything(made.folder)


@pytest.mark.parametrize(
    ("secret", "text", "without"),
    [
        ("hunter2", "say Hunter2!", f"say {HIDDEN_TEXT}!"),
        ("two words", "two\n   words", HIDDEN_TEXT),
        ("it's", r"it\'s", HIDDEN_TEXT),
        ("ab", "cab ab", HIDDEN_TEXT),
        ("ab", "cab", "cab"),
        ("", "x", "x"),
        ("ｆｕｌｌ", "full", HIDDEN_TEXT),
        ("line one\nline two", "only line two", f"only {HIDDEN_TEXT}"),
        ("hidden", "a hidden thing", HIDDEN_TEXT),
    ],
)
def test_a_text_is_found_however_it_is_written(secret: str, text: str, without: str) -> None:
    assert Hiding([secret]).without(text) == without
