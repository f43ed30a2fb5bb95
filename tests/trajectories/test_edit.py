"""Edited copies: what is in them, what they say of their origin, and that the origin stays as it is."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from deskhand.actions.outcome import Outcome
from deskhand.errors import TrajectoryError, UsageError
from deskhand.trajectories.reader import Trajectory
from deskhand.trajectories.repair.check import check
from deskhand.trajectories.repair.copies import Copy
from deskhand.trajectories.repair.edit import LONGEST_NOTE, cut, note, repair
from deskhand.trajectories.writer import TrajectoryWriter
from tests.trajectories.samples import CLICK, decide, header, look, write_sample


@pytest.fixture
def run(tmp_path: Path) -> Path:
    write_sample(tmp_path / "run")
    return tmp_path / "run"


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "copies" / "copy"


def contents(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def lines(run: Path) -> list[bytes]:
    return (run / "trajectory.jsonl").read_bytes().splitlines(keepends=True)


def write_lines(run: Path, new: list[bytes]) -> None:
    (run / "trajectory.jsonl").write_bytes(b"".join(new))


def test_a_part_has_its_steps_with_their_numbers_outcomes_notes_and_the_screen_after(
    run: Path, out: Path
) -> None:
    before = contents(run)
    made = cut(run, out, first=1, last=2)
    assert made == Copy(out, 2)
    origin, copy = Trajectory.open(run), Trajectory.open(out)
    assert [step.model_dump(exclude={"seconds"}) for step in copy.steps] == [
        step.model_dump(exclude={"seconds"}) for step in origin.steps[:2]
    ]
    assert [step.seconds for step in copy.steps] == [step.seconds for step in origin.steps[:2]]
    assert copy.end is not None
    assert (copy.end.status, copy.end.reason, copy.end.frame) == (
        "stopped",
        "cut after step 2",
        origin.steps[2].frame,
    )
    assert copy.files == (), "they may come from the steps that were cut off"
    assert check(out).whole
    assert contents(run) == before


def test_the_last_part_has_the_runs_end_and_its_files(run: Path, out: Path) -> None:
    cut(run, out, first=3)
    copy = Trajectory.open(out)
    assert [step.step for step in copy.steps] == [3, 4]
    assert copy.end is not None
    assert (copy.end.answer, copy.end.files, copy.files) == ("42", ("notes/note.txt",), ("notes/note.txt",))
    assert (out / "files" / "notes" / "note.txt").read_bytes() == b"hello"
    assert check(out).whole


def test_a_copy_names_its_origin_and_has_an_id_of_its_own(run: Path, out: Path) -> None:
    cut(run, out)
    note(out, out.parent / "second", step=1, text="x")
    first, second, third = check(run), check(out), check(out.parent / "second")
    assert second.derived_from == first.id
    assert third.derived_from == second.id
    assert len({first.id, second.id, third.id}) == 3
    assert Trajectory.open(out).header.started == Trajectory.open(run).header.started


def test_a_part_without_steps_is_refused_with_the_steps_there_are(run: Path, out: Path) -> None:
    for first, last in ((5, 9), (3, 2), (9, None)):
        with pytest.raises(UsageError, match="it has the steps 1 to 4"):
            cut(run, out, first=first, last=last)
    assert not out.exists()


def test_a_note_stands_with_its_step_and_all_else_is_as_before(run: Path, out: Path) -> None:
    note(run, out, step=2, text="the wrong menu \x1b[31m<b>")
    origin, copy = Trajectory.open(run), Trajectory.open(out)
    assert copy.steps[1].notes == (*origin.steps[1].notes, "the wrong menu \x1b[31m<b>")
    assert [step.decision for step in copy.steps] == [step.decision for step in origin.steps]
    assert [step.outcomes for step in copy.steps] == [step.outcomes for step in origin.steps]
    assert check(out).whole


def test_a_note_that_is_none_or_has_no_step_is_refused(run: Path, out: Path) -> None:
    with pytest.raises(UsageError, match="no step 5"):
        note(run, out, step=5, text="x")
    for text in ("", "  ", "x" * (LONGEST_NOTE + 1)):
        with pytest.raises(UsageError, match="characters"):
            note(run, out, step=1, text=text)


def test_a_repaired_copy_is_whole_and_tells_what_is_lost(run: Path, out: Path) -> None:
    whole = lines(run)
    write_lines(run, [*whole[:5], b"\0\0\0\n", *whole[6:9], whole[9][:-20]])
    made = repair(run, out)
    assert len(made.remarks) == 2
    assert made.remarks[0].startswith("line 6: ")
    assert "line 10 was cut off" in made.remarks[1]
    copy = Trajectory.open(out)
    assert [step.step for step in copy.steps] == [1, 3, 4]
    assert copy.end is None
    assert copy.files == ("notes/note.txt",)
    assert copy.notes[0].data == {"lost": list(made.remarks)}
    assert check(out).whole


def test_a_decision_without_an_outcome_gets_one_that_is_unknown(tmp_path: Path, out: Path) -> None:
    with TrajectoryWriter(tmp_path / "run", header()) as writer:
        writer.decision(1, writer.frame(look()), decide(CLICK, CLICK, CLICK))
        writer.outcome(1, 0, Outcome.done())
    repair(tmp_path / "run", out)
    copy = Trajectory.open(out)
    assert copy.repairs == ()
    assert [outcome.status for outcome in copy.steps[0].outcomes] == ["ok", "unknown"]


def test_a_step_whose_frame_is_lost_stays_and_the_loss_is_told(run: Path, out: Path) -> None:
    digest = Trajectory.open(run).steps[0].frame
    (run / "frames" / f"{digest}.webp").unlink()
    made = repair(run, out)
    assert [one.partition(":")[0] for one in made.remarks] == ["step 1", "step 2"]
    copy = Trajectory.open(out)
    assert [step.frame for step in copy.steps] == [step.frame for step in Trajectory.open(run).steps]
    with pytest.raises(TrajectoryError):
        copy.frame(digest)


def test_a_frame_that_can_be_read_is_kept_though_the_one_before_it_is_lost(tmp_path: Path, out: Path) -> None:
    with TrajectoryWriter(tmp_path / "run", header()) as writer:
        frames = [writer.frame(look(0)), writer.frame(look(9))]
        other = look(0).pixels.copy()
        other[:] = 77
        frames.append(writer.frame(type(look())(other)))
        for step, frame in enumerate(frames, start=1):
            writer.decision(step, frame, decide(CLICK))
            writer.outcome(step, 0, Outcome.done())
    (tmp_path / "run" / "frames" / f"{frames[1]}.crop").unlink()
    assert len(repair(tmp_path / "run", out).remarks) == 1
    copy = Trajectory.open(out)
    assert copy.frame(frames[2]).digest() == frames[2]
    assert copy.frame(frames[0]).digest() == frames[0]


def test_what_cannot_be_repaired_is_refused_with_its_line(run: Path, out: Path) -> None:
    write_lines(run, lines(run)[1:])
    with pytest.raises(TrajectoryError, match="line 1"):
        repair(run, out)
    assert not out.parent.exists() or not any(out.parent.iterdir())


def test_a_damaged_line_stops_every_edit_but_repair(run: Path, out: Path) -> None:
    write_lines(run, [*lines(run)[:4], b"junk\n", *lines(run)[5:]])
    with pytest.raises(TrajectoryError, match=r"line 5.*deskhand trajectory repair"):
        cut(run, out)
    repair(run, out)
    cut(out, out.parent / "second")


def test_a_trajectory_that_is_being_written_is_not_copied(tmp_path: Path, out: Path) -> None:
    with TrajectoryWriter(tmp_path, header()) as writer:
        writer.decision(1, writer.frame(look()), decide(CLICK))
        with pytest.raises(TrajectoryError, match="being written"):
            repair(tmp_path, out)


def test_a_copy_replaces_nothing_and_lies_outside_its_origin(run: Path, out: Path) -> None:
    before = contents(run)
    for place in (run, run.parent):
        with pytest.raises(UsageError, match="already exists"):
            cut(run, place)
    with pytest.raises(UsageError, match="inside the trajectory"):
        cut(run, run / "frames" / "copy")
    out.parent.mkdir()
    out.symlink_to(run.parent / "elsewhere")
    with pytest.raises(UsageError, match="already exists"):
        cut(run, out)
    assert contents(run) == before
    (run.parent / "empty").mkdir()
    cut(run, run.parent / "empty")
    assert check(run.parent / "empty").whole


def test_a_copy_that_fails_leaves_nothing(run: Path, out: Path) -> None:
    digest = Trajectory.open(run).steps[0].frame

    def stop(doing: str, share: float | None) -> None:
        if share:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cut(run, out, progress=stop)
    assert list(out.parent.iterdir()) == []
    assert digest


def test_a_files_link_in_the_origin_is_neither_read_nor_copied(run: Path, out: Path) -> None:
    (run.parent / "secret").write_text("outside")
    (run / "files" / "notes" / "note.txt").unlink()
    (run / "files" / "notes" / "note.txt").symlink_to(run.parent / "secret")
    made = cut(run, out)
    assert len(made.remarks) == 1
    assert "note.txt" in made.remarks[0]
    assert Trajectory.open(out).files == ()
    assert check(out).whole
