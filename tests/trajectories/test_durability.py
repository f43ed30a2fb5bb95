"""What survives: a killed writer, a log cut or changed anywhere, a second writer, and a stranger's file."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from deskhand.actions.geometry import Box
from deskhand.actions.outcome import Outcome
from deskhand.errors import LogError, TrajectoryError
from deskhand.trajectories.reader import MOST_LINES, MOST_LOG_BYTES, Trajectory
from deskhand.trajectories.redaction.mask import mask
from deskhand.trajectories.redaction.typed import Mask
from deskhand.trajectories.repair.check import check, read_all
from deskhand.trajectories.repair.edit import cut, repair
from deskhand.trajectories.repair.gc import sweep
from deskhand.trajectories.writer import TrajectoryWriter
from tests.conftest import EVERYTHING
from tests.trajectories.killed import STEPS, shade
from tests.trajectories.samples import CLICK, decide, header, look, write_sample

ROOT = Path(__file__).parents[2]
KILLS = 200 if EVERYTHING else 60


def test_a_writer_that_is_killed_anywhere_loses_at_most_its_last_step(tmp_path: Path) -> None:
    """What was told to be written is there; of the trajectory that was cut off, what is there is right."""
    command = [sys.executable, "-m", "tests.trajectories.killed", str(tmp_path), "5", str(KILLS)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(told) == KILLS
    cut_off = 0
    for number, words in enumerate(told):
        place = tmp_path / str(number)
        count = Counter((int(word.split()[0]), word.split()[1]) for word in words)
        for folder in place.iterdir():
            cut_off += as_it_was_told(folder, count)
    assert cut_off > KILLS / 2, "the kills came in the middle of trajectories"


def as_it_was_told(folder: Path, told: Counter[tuple[int, str]]) -> bool:
    """Check one trajectory; whether it was cut off after its header."""
    number = int(folder.name)
    if not told[number, "header"] and not (folder / "trajectory.jsonl").exists():
        return False
    try:
        trajectory = Trajectory.open(folder)
    except TrajectoryError as error:
        assert not told[number, "header"], error
        assert "line 1" in str(error)
        return False
    steps = len(trajectory.steps)
    assert told[number, "decision"] <= steps <= told[number, "decision"] + 1
    for at, step in enumerate(trajectory.steps, start=1):
        assert step.step == at
        assert step.decision == decide(CLICK, raw=f"{number} {at} " + "x" * 500)
        assert trajectory.frame(step.frame).digest() == look(shade(number, at)).digest()
        assert step.outcomes == (Outcome.done(at),) or (at == steps and step.outcomes[0].status == "unknown")
    known = sum(step.outcomes[0].ok for step in trajectory.steps)
    assert known >= told[number, "outcome"]
    if told[number, "end"]:
        assert trajectory.end is not None
        assert trajectory.repairs == ()
        assert steps == STEPS
    assert not check(folder).faults
    sweep(folder, remove=True)
    assert not check(folder).faults
    return trajectory.end is None


def test_of_a_killed_run_a_repaired_copy_is_whole(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.trajectories.killed", str(tmp_path), "8", "12"]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    repaired = 0
    for folder in sorted(tmp_path.glob("*/*")):
        try:
            origin = Trajectory.open(folder)
        except TrajectoryError:
            continue
        if origin.end is None:
            copy = tmp_path / f"copy-{folder.parent.name}-{folder.name}"
            repair(folder, copy)
            assert check(copy).whole
            assert len(Trajectory.open(copy).steps) == len(origin.steps)
            repaired += 1
    assert repaired > 5


def test_a_log_cut_at_every_byte_is_read_as_far_as_it_goes_and_repaired(tmp_path: Path) -> None:
    run = tmp_path / "run"
    write_sample(run)
    path = run / "trajectory.jsonl"
    data = path.read_bytes()
    whole = [record for _, record in read_all(run).records]
    for end in range(len(data)):
        path.write_bytes(data[:end])
        try:
            reading = read_all(run)
        except TrajectoryError as error:
            assert "line 1" in str(error)
            assert end < data.index(b"\n")
            continue
        assert reading.faults == ()
        records = [record for _, record in reading.records]
        assert records == whole[: len(records)]
        assert len(records) >= data[:end].count(b"\n")
        if end % 97 == 0:
            copy = tmp_path / str(end)
            repair(run, copy)
            assert check(copy).whole


def test_a_log_changed_at_any_byte_is_read_or_refused_by_line_and_nothing_else(tmp_path: Path) -> None:
    write_sample(tmp_path)
    path = tmp_path / "trajectory.jsonl"
    data = path.read_bytes()
    chance = random.Random(3)
    for at in range(len(data)):
        changed = bytearray(data)
        changed[at] = chance.randrange(256)
        path.write_bytes(changed)
        try:
            faults = [str(fault) for fault in read_all(tmp_path).faults]
        except TrajectoryError as error:
            faults = [str(error)]
        for fault in faults:
            assert "line " in fault or "format" in fault


def test_a_second_writer_in_another_process_is_refused(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from tests.trajectories.samples import *\n"
        "with TrajectoryWriter(Path(sys.argv[1]), header()) as writer:\n"
        "    writer.decision(1, writer.frame(look()), decide(CLICK))\n"
        "    print('writing', flush=True)\n"
        "    sys.stdin.readline()\n"
        "    writer.end(1, 'finished')\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "writing\n"
        with pytest.raises(LogError, match="being written by another run"):
            TrajectoryWriter(tmp_path, header())
        with pytest.raises(TrajectoryError, match="being written"):
            repair(tmp_path, tmp_path.parent / "copy")
        assert "being written" in sweep(tmp_path, remove=True).skipped
        other.communicate("\n")
    assert other.returncode == 0
    trajectory = Trajectory.open(tmp_path)
    assert trajectory.end is not None
    assert len(trajectory.steps) == 1


@pytest.mark.parametrize("part", ["frames", "files"])
def test_a_writer_does_not_write_through_a_link(tmp_path: Path, part: str) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / part).symlink_to(tmp_path / "outside")
    with pytest.raises(LogError, match="is a link"):
        TrajectoryWriter(tmp_path / "run", header())
    assert list((tmp_path / "outside").iterdir()) == []


def append(run: Path, text: str) -> None:
    with (run / "trajectory.jsonl").open("a") as file:
        file.write(text)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """One step, and no end, so that lines can be added."""
    with TrajectoryWriter(tmp_path / "run", header()) as writer:
        writer.decision(1, writer.frame(look(9)), decide(CLICK))
        writer.outcome(1, 0, Outcome.done())
    return tmp_path / "run"


def decision(run: Path, **changes: Any) -> str:
    line = (run / "trajectory.jsonl").read_text().splitlines()[1]
    return json.dumps({**json.loads(line), "step": 2, **changes}) + "\n"


HUGE = 10**4000


@pytest.mark.parametrize(
    "number", ["-1", "1e999", "NaN", "1.5", str(10**10), str(HUGE), '"\\u202e1"', "1" * 5000]
)
def test_a_number_of_a_step_that_is_none_is_refused_with_its_line(run: Path, number: str) -> None:
    append(run, decision(run).replace('"step": 2', f'"step": {number}'))
    with pytest.raises(TrajectoryError, match="line 4") as caught:
        Trajectory.open(run)
    assert len(str(caught.value)) < 600


@pytest.mark.parametrize("field", ['"seconds": ', '"cost": ', '"milliseconds":'])
@pytest.mark.parametrize("number", ["NaN", "Infinity", "-1e999"])
def test_times_and_costs_are_numbers(run: Path, field: str, number: str) -> None:
    outcome = f'{{"type":"outcome","step":2,"index":0,"outcome":{{"status":"ok","milliseconds":{number}}}}}\n'
    usage = {"prompt_tokens": 1, "cost": 0.25}
    text = decision(run, seconds=0.25, decision={"reply": None, "usage": usage}).replace("0.25", number)
    append(run, decision(run) + outcome if "milliseconds" in field else text)
    with pytest.raises(TrajectoryError, match=r"line [45]"):
        Trajectory.open(run)


def test_huge_boxes_break_nothing(run: Path) -> None:
    box = {"left": -HUGE, "top": -5, "right": HUGE, "bottom": 10**30}
    target = {"role": "<b>", "name": "x" * 2000, "box": box}
    append(run, decision(run, targets=[target], masked=[box]))
    assert Trajectory.open(run).steps[1].target(0) is not None
    copies = [run.parent / name for name in "abc"]
    cut(run, copies[0])
    repair(run, copies[1])
    mask(run, copies[2], Mask(boxes=(Box(0, 0, 5, 5),)))
    assert all(check(copy).whole for copy in copies)


@pytest.mark.parametrize(
    ("place", "value"),
    [("hidden", [-1]), ("hidden", [HUGE]), ("prompt_tokens", HUGE), ("completion_tokens", -1)],
)
def test_counts_and_indexes_that_are_none_are_refused_with_their_line(
    place: str, value: object, run: Path
) -> None:
    if place == "hidden":
        append(run, decision(run, hidden=value))
    else:
        decided = {**json.loads(decision(run))["decision"], "usage": {place: value}}
        append(run, decision(run, decision=decided))
    with pytest.raises(TrajectoryError, match=r"line [45]"):
        Trajectory.open(run)


@pytest.mark.slow(reason="a million lines")
def test_a_million_tiny_lines_are_refused_at_a_line(run: Path) -> None:
    append(run, '{"type":"note","step":1,"text":""}\n' * 1_000_000)
    with pytest.raises(TrajectoryError, match=f"line {MOST_LINES + 1}"):
        Trajectory.open(run)


def test_many_steps_with_many_notes_are_read_in_one_go(run: Path) -> None:
    """Each step must not look through all the notes there are."""
    line = decision(run, decision={"reply": None})
    steps = (line.replace('"step": 2', f'"step": {n}') for n in range(2, 30_000))
    append(
        run,
        "".join(f'{one}{{"type":"note","step":{n},"text":"n"}}\n' for n, one in enumerate(steps, start=2)),
    )
    trajectory = Trajectory.open(run)
    assert len(trajectory.steps) == 29_999
    assert trajectory.steps[-1].notes == ("n",)


def test_more_than_a_log_may_hold_is_neither_read_nor_written(tmp_path: Path) -> None:
    """Whole lines of the longest kind, so that only all of them together are too much."""
    with TrajectoryWriter(tmp_path, header()) as writer:
        writer.note(0, "first")
        size = (tmp_path / "trajectory.jsonl").stat().st_size
        writer._size += MOST_LOG_BYTES - size  # as if it had been written: 64 MiB take long
        with pytest.raises(LogError, match="is full"):
            writer.note(0, "x")
    append(tmp_path, (json.dumps({"type": "note", "step": 0, "text": "x" * 8_000_000}) + "\n") * 9)
    with pytest.raises(TrajectoryError, match=r"line 11: a log has at most"):
        Trajectory.open(tmp_path)


def test_deep_data_of_a_note_is_read_copied_and_masked(run: Path) -> None:
    deep: Any = "deep"
    for level in range(180):
        deep = {"a": deep} if level % 2 else [deep]
    append(run, json.dumps({"type": "note", "step": 1, "text": "x", "data": {"deep": deep}}) + "\n")
    mask(run, run.parent / "copy", Mask(boxes=(Box(10, 10, 20, 20),)))
    assert Trajectory.open(run.parent / "copy").notes[0].data == {"deep": deep}
