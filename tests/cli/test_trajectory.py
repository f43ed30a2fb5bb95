"""``deskhand trajectory``: what each command prints, what it leaves, and with which code it ends."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from deskhand.errors import UsageError
from deskhand.trajectories.reader import Trajectory
from deskhand.trajectories.repair.check import check
from tests.cli.terminal import on_terminal
from tests.cli.test_command import call
from tests.cli.test_terminal import HOSTILE, harmless
from tests.conftest import deskhand
from tests.trajectories.samples import write_sample

BAR = re.compile(r"\x1b\[(\?25[lh]|\d*[AK])|\r(?!\n)")
"""What a progress bar writes to stay in its place."""


@pytest.fixture
def run(tmp_path: Path) -> Path:
    write_sample(tmp_path / "runs" / "one")
    return tmp_path / "runs" / "one"


class Command:
    """The command in this process: its code, and what it printed."""

    def __init__(self, patch: pytest.MonkeyPatch, captured: pytest.CaptureFixture[str]) -> None:
        self.patch, self.captured = patch, captured

    def __call__(self, *arguments: object) -> tuple[int, str]:
        code = call(self.patch, "trajectory", *(str(one) for one in arguments))
        shown = self.captured.readouterr()
        return code, shown.out + shown.err

    def rows(self, *arguments: object) -> tuple[int, list[dict[str, Any]]]:
        code, shown = self(*arguments, "--json")
        return code, [json.loads(line) for line in shown.splitlines() if line.startswith("{")]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(monkeypatch, capsys)


def damage(run: Path) -> None:
    path = run / "trajectory.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:5], b"junk\n", *lines[6:]]))


def test_check_tells_a_row_for_each_trajectory_and_ends_with_1_if_one_is_damaged(
    run: Path, command: Command
) -> None:
    write_sample(run.parent / "two")
    assert command("check", run, run.parent / "two")[0] == 0
    damage(run)
    code, rows = command.rows("check", run, run.parent / "two")
    assert code == 1
    assert [row["state"] for row in rows] == ["damaged", "whole"]
    assert [fault["line"] for fault in rows[0]["faults"]] == [6]
    assert (rows[1]["steps"], rows[1]["frames"], rows[1]["end"], rows[1]["faults"]) == (4, 2, "finished", [])
    code, shown = command("check", run)
    assert code == 1
    assert "line 6" in shown


def test_check_tells_which_key_is_in_a_trajectory_and_never_the_key(
    run: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-0123456789")
    (run / "files" / "printed.txt").write_text("OPENAI_API_KEY=sk-0123456789")
    code, rows = command.rows("check", run)
    assert code == 1
    assert rows[0]["state"] == "whole"
    leak = {"variable": "OPENAI_API_KEY", "place": "files/printed.txt", "times": 1}
    assert rows[0]["keys"] == {"keys": ["OPENAI_API_KEY"], "leaks": [leak], "unsearched": []}
    code, shown = command("check", run)
    assert code == 1
    assert "the value of OPENAI_API_KEY is in files/printed.txt" in " ".join(shown.split())
    assert "sk-0123456789" not in shown
    monkeypatch.delenv("OPENAI_API_KEY")
    code, shown = command("check", run)
    assert code == 0
    assert "no API key is set here, so the trajectory was not searched for one" in shown


def test_repair_makes_what_check_finds_whole(run: Path, command: Command) -> None:
    damage(run)
    out = run.parent / "mended"
    code, shown = command("repair", run, "--out", out)
    assert code == 0
    assert "line 6" in shown
    assert f"3 steps in {out}" in shown
    assert check(out).whole
    assert "nothing was wrong" in command("repair", out, "--out", run.parent / "again")[1]


def test_cut_note_and_mask_make_copies_that_name_their_origin(run: Path, command: Command) -> None:
    base = run.parent
    assert command("cut", run, "--from", "2", "--to", "3", "--out", base / "part")[0] == 0
    assert command("note", base / "part", "look here", "--step", "2", "--out", base / "noted")[0] == 0
    code, rows = command.rows(
        "mask", base / "noted", "--box", "0,0,15,15", "--steps", "2-3", "--out", base / "masked"
    )
    assert (code, rows) == (0, [{"trajectory": str(base / "masked"), "steps": 2, "remarks": []}])
    copy = Trajectory.open(base / "masked")
    assert copy.steps[0].notes[-1] == "look here"
    assert len(copy.steps[0].masked) == 1
    _, rows = command.rows("check", *(base / name for name in ("one", "part", "noted", "masked")))
    assert [row["derived_from"] for row in rows] == ["", *(row["id"] for row in rows[:-1])]


def test_hide_text_hides_what_a_step_types(run: Path, command: Command) -> None:
    out = run.parent / "masked"
    assert command("mask", run, "--hide-text", "1", "--out", out)[0] == 0
    assert "héllo" not in (out / "trajectory.jsonl").read_text()
    assert Trajectory.open(out).steps[0].hidden == (1,)


def test_gc_tells_and_removes_only_when_told_to(run: Path, command: Command) -> None:
    loose = run / "frames" / ("a" * 32 + ".webp")
    loose.write_bytes(b"12345")
    code, shown = command("gc", run.parent)
    assert code == 0
    assert "--yes would remove 1 unused files or folders, 5 bytes" in shown
    assert loose.exists()
    code, rows = command.rows("gc", run.parent, "--yes")
    assert (code, rows[0]["frames"], rows[0]["paths"]) == (0, 1, [f"frames/{loose.name}"])
    assert not loose.exists()
    assert check(run).whole


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (("check",), "Missing argument"),
        (("cut", "RUN", "--from", "9", "--out", "OUT"), "it has the steps 1 to 4"),
        (("cut", "RUN"), "--out"),
        (("cut", "RUN", "--out", "RUN"), "already exists"),
        (("note", "RUN", "x", "--out", "OUT"), "--step"),
        (("note", "RUN", "", "--step", "1", "--out", "OUT"), "characters"),
        (("mask", "RUN", "--out", "OUT"), "--box"),
        (("mask", "RUN", "--box", "1,2,3", "--out", "OUT"), "LEFT,TOP,RIGHT,BOTTOM"),
        (("mask", "RUN", "--box", "5,5,2,9", "--out", "OUT"), "LEFT,TOP,RIGHT,BOTTOM"),
        (("mask", "RUN", "--box", "0,0,9,9", "--steps", "3-1", "--out", "OUT"), "A-B"),
        (("mask", "RUN", "--box", "0,0,9,9", "--steps", "x", "--out", "OUT"), "A-B"),
        (("mask", "RUN", "--hide-text", "77", "--out", "OUT"), "no such step"),
        (("gc", "RUN/missing"), "not a folder"),
    ],
)
def test_what_makes_no_sense_is_a_usage_error_and_leaves_nothing(
    run: Path, command: Command, line: tuple[str, ...], said: str
) -> None:
    out = run.parent / "copy"
    code, shown = command(*(one.replace("RUN", str(run)).replace("OUT", str(out)) for one in line))
    assert code == UsageError.exit_code
    assert said in shown
    assert not out.exists()


def test_what_is_no_trajectory_ends_with_3(tmp_path: Path, command: Command) -> None:
    assert command("cut", tmp_path, "--out", tmp_path / "copy")[0] == 3
    assert command("check", tmp_path)[0] == 1


def test_a_strangers_texts_do_not_steer_the_terminal(run: Path) -> None:
    """Markup in every text field, in names of fields, and in the folder's name."""
    path = run / "trajectory.jsonl"
    records = [json.loads(line) for line in path.read_text().splitlines()]
    records[1]["decision"]["reply"]["actions"][0][HOSTILE] = HOSTILE
    records[-1] |= {"status": HOSTILE, "reason": HOSTILE, "answer": HOSTILE, "files": [HOSTILE, "../x"]}
    records[0]["derived_from"] = HOSTILE
    path.write_text("\n".join(json.dumps(record) for record in records) + "\n")
    strange = run.parent / "[red]\x1b[31m\u202e"
    run.rename(strange)
    out = run.parent / "mended\x1b]0;x\x07"
    for line in (("check", strange), ("repair", strange, "--out", out), ("check", out), ("gc", run.parent)):
        code, shown = on_terminal("trajectory", *(str(one) for one in line))
        assert code in (0, 1), shown
        harmless(BAR.sub("", shown))
    done = deskhand("trajectory", "check", str(strange), "--json")
    harmless(done.stdout)
    assert json.loads(done.stdout)["end"] == HOSTILE
