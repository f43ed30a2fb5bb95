"""One document, a table, and training records: what is in them, and what is not."""

from __future__ import annotations

import base64
import io
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from deskhand.actions import dialects
from deskhand.actions.geometry import ScreenPoint, Viewport
from deskhand.actions.outcome import Outcome
from deskhand.actions.vocabulary import ACTION, Click, Finished, Key, PressHome, Type
from deskhand.errors import EnvironmentProblem, TrajectoryError, UsageError
from deskhand.trajectories.export.catalogue import export_format, import_format, recognise
from deskhand.trajectories.export.exchange import ExportOptions
from deskhand.trajectories.reader import Trajectory
from deskhand.trajectories.records import HIDDEN_TEXT, Decision, HeaderRecord, Step
from tests.trajectories.export import stories
from tests.trajectories.export.stories import HEIGHT, WIDTH, decide

CLICK = Click(at=ScreenPoint(12, 20))
OPTIONS = ExportOptions()


@pytest.fixture
def ours(tmp_path: Path) -> Trajectory:
    """Five steps: a click, one that could not be read, a key, a hidden text, the end."""
    decided = [
        decide(CLICK, thought="first\nso"),
        Decision(reply=None, raw="?", error="no action"),
        decide(Key(keys=("ctrl", "s"))),
        decide(Type(text=HIDDEN_TEXT)),
        decide(Finished(answer="42")),
    ]
    return stories.write(tmp_path / "ours", decided)


def write(name: str, trajectory: Trajectory, out: Path, **options: Any) -> list[str]:
    return export_format(name).write(trajectory, out, replace(OPTIONS, **options), stories.quiet)


def picture(data: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(data)) as image:
        return image.size


def test_the_document_holds_everything(ours: Trajectory, tmp_path: Path) -> None:
    write("json", ours, tmp_path / "a.json")
    written = json.loads((tmp_path / "a.json").read_text())
    assert HeaderRecord.model_validate(written["header"]) == ours.header
    assert tuple(Step.model_validate(step) for step in written["steps"]) == ours.steps
    assert written["end"]["answer"] == "42" and written["files"] == ["notes/a.txt"]
    assert len(written["frames"]) == 6
    for digest, frame in written["frames"].items():
        assert (frame["width"], frame["height"]) == (WIDTH, HEIGHT)
        assert frame["picture"] == f"a.frames/{digest}.png"
        assert picture((tmp_path / frame["picture"]).read_bytes()) == (WIDTH, HEIGHT)


def test_a_documents_pictures_go_inside_or_nowhere(ours: Trajectory, tmp_path: Path) -> None:
    write("json", ours, tmp_path / "a.json", pictures="inside")
    write("json", ours, tmp_path / "b.json", pictures="none")
    inside = json.loads((tmp_path / "a.json").read_text())["frames"].values()
    assert all(
        picture(base64.b64decode(one["picture"].partition(",")[2])) == (WIDTH, HEIGHT) for one in inside
    )
    nothing = json.loads((tmp_path / "b.json").read_text())["frames"].values()
    assert all("picture" not in one for one in nothing)
    assert not list(tmp_path.glob("*.frames"))


def test_the_table_has_a_row_a_step(ours: Trajectory, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    write("parquet", ours, tmp_path / "a.parquet", pictures="inside")
    table = parquet.read_table(tmp_path / "a.parquet")
    rows = table.to_pylist()
    assert [row["step"] for row in rows] == [2, 4, 6, 8, 10]
    assert ACTION.validate_json(rows[0]["actions"][0]) == CLICK
    assert rows[0]["thought"] == "first\nso" and rows[1]["error"] == "no action"
    assert rows[0]["kinds"] == ["click"] and rows[0]["outcomes"] == ["ok"] and rows[0]["changed"] is None
    assert rows[3]["hidden"] == [0] and json.loads(rows[0]["masked"][0]) == [20, 60, 60, 80]
    assert picture(rows[0]["picture"]) == (WIDTH, HEIGHT)
    assert HeaderRecord.model_validate_json(table.schema.metadata[b"header"]) == ours.header


def test_without_pyarrow_the_extra_is_named(
    ours: Trajectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    for name in ("parquet", "sft"):
        with pytest.raises(EnvironmentProblem, match=r"deskhand\[parquet\]"):
            write(name, ours, tmp_path / "a.parquet")
    assert not list(tmp_path.glob("*a.parquet"))


def records(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "metadata.jsonl").read_text().strip("\n").split("\n")]


def check_chat(record: dict[str, Any], images: str, folder: Path) -> None:
    """The documented shape of a conversation with images: turns alternate, a placeholder an image."""
    assert [one["role"] for one in record["messages"]] == ["user", "assistant"] * (
        len(record["messages"]) // 2
    )
    parts = [part for one in record["messages"] for part in one["content"]]
    assert all(part["type"] == "image" or (part["type"] == "text" and part["text"]) for part in parts)
    assert sum(part["type"] == "image" for part in parts) == len(record[images])
    assert all(picture((folder / name).read_bytes()) == (WIDTH, HEIGHT) for name in record[images])


def test_training_records_are_chats_whose_replies_are_read_back(ours: Trajectory, tmp_path: Path) -> None:
    warnings = write("sft", ours, tmp_path / "data", dialect="ui-tars-1.0", history=1)
    found = records(tmp_path / "data")
    assert [len(one["images_file_names"]) for one in found] == [1, 2, 2]
    for record in found:
        check_chat(record, "images_file_names", tmp_path / "data")
    reply = found[0]["messages"][1]["content"][0]["text"]
    read = dialects.get("ui-tars-1.0").parse(reply, Viewport(WIDTH, HEIGHT))
    assert read.actions == (CLICK,) and read.thought == "first\nso"
    assert "Save <b>'it'</b> & close" in found[2]["messages"][0]["content"][0]["text"]
    assert found[2]["messages"][-1]["content"][0]["text"].endswith("finished(content='42')")
    assert any("step 4" in one and "could not be read" in one for one in warnings)
    assert any("step 8" in one and "hidden" in one for one in warnings)


def test_a_whole_trajectory_may_be_one_record(ours: Trajectory, tmp_path: Path) -> None:
    write("sft", ours, tmp_path / "data", per="trajectory", feedback=lambda step: f"after {step.step}")
    (record,) = records(tmp_path / "data")
    check_chat(record, "images_file_names", tmp_path / "data")
    assert len(record["messages"]) == 6
    assert record["messages"][2]["content"][0]["text"] == "after 2"
    names = [Path(name).stem for name in record["images_file_names"]]
    assert names == [ours.steps[at].frame for at in (0, 2, 4)]


def test_training_records_as_a_table_say_that_they_hold_pictures(ours: Trajectory, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    write("sft", ours, tmp_path / "a.parquet", per="trajectory")
    table = parquet.read_table(tmp_path / "a.parquet")
    (row,) = table.to_pylist()
    assert picture(row["images"][0]["bytes"]) == (WIDTH, HEIGHT)
    assert row["messages"][0]["content"][-1]["type"] == "image"
    written = json.loads(table.schema.metadata[b"huggingface"])["info"]["features"]
    assert written["images"]["feature"] == {"_type": "Image"} and set(written) == {"messages", "images"}


def test_what_went_wrong_is_not_taught(tmp_path: Path) -> None:
    trajectory = stories.write(tmp_path / "ours", [decide(CLICK), decide(PressHome()), decide(CLICK)])
    bad = (Outcome.refused("outside"),)
    steps = (trajectory.steps[0].model_copy(update={"outcomes": bad}), *trajectory.steps[1:])
    warnings = write("sft", replace(trajectory, steps=steps), tmp_path / "data", dialect="ui-tars-2")
    assert len(records(tmp_path / "data")) == 2
    assert "step 2 is left out: it was refused" in warnings


def test_pictures_are_the_recorded_pixels_so_what_was_masked_stays_masked(
    ours: Trajectory, tmp_path: Path
) -> None:
    write("sft", ours, tmp_path / "data")
    with Image.open(tmp_path / "data" / records(tmp_path / "data")[0]["images_file_names"][0]) as image:
        assert np.array_equal(np.asarray(image), ours.frame(ours.steps[0].frame).pixels)


@pytest.mark.parametrize(
    ("name", "out", "options", "reason"),
    [
        ("gif", "a.mp4", {}, ".gif"),
        ("mp4", "a.gif", {}, ".mp4"),
        ("json", "a", {}, ".json"),
        ("parquet", "a.csv", {}, ".parquet"),
        ("uitars", "a", {}, ".html or .json"),
        ("json", "nowhere/a.json", {}, "no folder"),
        ("osworld", "nowhere/a", {}, "no folder"),
        ("sft", "a", {"dialect": "klingon"}, "no dialect"),
        ("sft", "a", {"history": -1}, "history"),
        ("gif", "a.gif", {"size": 9}, "160 to 3840"),
        ("mp4", "a.mp4", {"speed": 0.0}, "speed"),
        ("gif", "a.gif", {"speed": float("nan")}, "speed"),
    ],
)
def test_what_makes_no_sense_is_refused_before_any_work(
    name: str, out: str, options: dict[str, Any], reason: str, ours: Trajectory, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=reason):
        write(name, ours, tmp_path / out, **options)
    assert [path.name for path in tmp_path.iterdir()] == ["ours"]


@pytest.mark.parametrize("name", ["gif", "mp4", "json", "osworld", "agentnet", "uitars", "sft"])
def test_a_trajectory_with_a_missing_frame_leaves_nothing_behind(
    name: str, ours: Trajectory, tmp_path: Path
) -> None:
    for path in (ours.folder / "frames").glob(f"{ours.steps[2].frame}.*"):
        path.unlink()
    suffix = {"osworld": "", "agentnet": "", "sft": "", "uitars": ".html"}.get(name, f".{name}")
    with pytest.raises(TrajectoryError):
        write(name, ours, tmp_path / f"a{suffix}")
    assert [path.name for path in tmp_path.iterdir()] == ["ours"]


@pytest.mark.parametrize("find", [export_format, import_format])
def test_an_unknown_format_is_told_the_known_ones(find: Callable[[str], object]) -> None:
    with pytest.raises(UsageError, match="osworld") as complaint:
        find("oswolrd")
    assert "did you mean 'osworld'" in str(complaint.value)


def test_what_is_in_no_format_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("hello")
    for path in (tmp_path, tmp_path / "a.txt", tmp_path / "none"):
        with pytest.raises(TrajectoryError):
            recognise(path)
