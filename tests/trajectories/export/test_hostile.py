"""What strangers may send: refused with its file and line, nothing read elsewhere, nothing left behind."""

from __future__ import annotations

import base64
import json
import os
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deskhand.errors import TrajectoryError, UsageError
from deskhand.trajectories.export.catalogue import IMPORTS, export_format, import_format, recognise
from deskhand.trajectories.export.exchange import EXTRA, ExportOptions, png
from deskhand.trajectories.export.importing import importing_to
from deskhand.trajectories.export.source import ForeignSource
from tests.trajectories.export import stories
from tests.trajectories.export.stories import decide, screen
from tests.trajectories.export.test_foreign_files import agentnet, net_step, osworld, report, said, shot
from tests.trajectories.export.test_round_trips import PLACES, there

PRESS = "pyautogui.press('a')"


def refused(path: Path, name: str = "", error: type[Exception] = TrajectoryError) -> str:
    """What an import complains of; nothing may be left behind."""
    out = path.parent / "out"
    with pytest.raises(error) as complaint:
        for story in IMPORTS[name or recognise(path)].stories(ForeignSource(path)):
            with importing_to(out, stories.quiet) as imported:
                story.read_into(imported)
    assert not out.exists() and not list(path.parent.glob(".*.part"))
    return str(complaint.value)


def bomb() -> bytes:
    """A PNG that claims 60000 x 60000 pixels in a few bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    size = (60000).to_bytes(4, "big") * 2 + bytes([8, 2, 0, 0, 0])
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", size)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    "name", ["../secret.png", "/etc/passwd", "a/../../secret.png", "x\0y", "..", "a\\b", "n" * 5000]
)
def test_screenshots_outside_the_folder_are_not_read(name: str, tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(png(screen(9)))
    path = osworld(tmp_path / "r", PRESS, screenshot_file=name)
    assert "line 1" in refused(path) and "outside" in refused(path)
    net = agentnet(
        tmp_path / "n",
        {"task_id": "a", "instruction": "b", "traj": [{"image": name, "value": {"code": PRESS}}]},
    )
    assert "line 1" in refused(net)


def test_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "s.png").write_bytes(png(screen(9)))
    path = osworld(tmp_path / "r", PRESS, screenshot_file="link.png")
    (path / "link.png").symlink_to(tmp_path / "secret" / "s.png")
    assert "outside" in refused(path)
    (path / "link.png").unlink()
    (path / "inside.png").write_bytes(png(screen(9)))
    (path / "link.png").symlink_to("inside.png")
    assert "link.png" in refused(path)
    far = osworld(tmp_path / "q", PRESS, screenshot_file="far/s.png")
    (far / "far").symlink_to(tmp_path / "secret")
    assert "outside" in refused(far)
    (far / "traj.jsonl").unlink()
    (far / "traj.jsonl").symlink_to(path / "traj.jsonl")
    assert "traj.jsonl" in refused(far, "osworld")


def test_a_pipe_in_place_of_a_screenshot_does_not_hang(tmp_path: Path) -> None:
    path = osworld(tmp_path / "r", PRESS, screenshot_file="p.png")
    os.mkfifo(path / "p.png")
    assert "not a plain file" in refused(path)


@pytest.mark.parametrize(
    ("data", "reason"),
    [(b"", "not a picture"), (b"<svg/>", "not a picture"), (png(screen(1))[:60], ""), (bomb(), "pixels")],
)
def test_what_is_no_picture_is_refused_with_its_line(data: bytes, reason: str, tmp_path: Path) -> None:
    path = osworld(tmp_path / "r", PRESS, PRESS, screenshot_file="x.png")
    (path / "x.png").write_bytes(data)
    message = refused(path)
    assert "traj.jsonl, line 1" in message and "x.png" in message and reason in message


def test_a_missing_screenshot_is_named_with_its_line(tmp_path: Path) -> None:
    path = osworld(tmp_path / "r", PRESS, PRESS)
    (path / "step_2_20250101@120002.png").unlink()
    assert "traj.jsonl, line 2" in (message := refused(path)) and "step_2_20250101@120002.png" in message


BAD_LINES = [
    "{", "[]", "null", "5", '"x"', '{"action": 5}', '{"action": []}', '{"step_num": "x", "action": "WAIT"}',
    '{"step_num": ' + "9" * 5000 + "}", "[" * 100_000, '{"action": "WAIT", "screenshot_file": 7}',
    '{"step_num": 1, "action": "WA',
]  # fmt: skip


@pytest.mark.parametrize("line", BAD_LINES)
def test_a_bad_line_is_named(line: str, tmp_path: Path) -> None:
    path = osworld(tmp_path / "r", PRESS)
    with (path / "traj.jsonl").open("a") as log:
        log.write("\n" + line)
    assert "traj.jsonl, line 3" in refused(path)
    net = agentnet(tmp_path / "n", {"task_id": "a", "instruction": "b", "traj": [net_step(0, PRESS)]})
    with (net / "some.jsonl").open("a") as log:
        log.write(line)
    assert "some.jsonl, line 2" in refused(net)


@pytest.mark.parametrize(
    "change",
    [
        {"traj": []}, {"traj": 5}, {"traj": [5]}, {"traj": [{}]}, {"instruction": ""},
        {"instruction": "x" * 30_000}, {"instruction": 5},
        {"traj": [{"image": "0.png", "value": {"code": 5}}]},
        {"traj": [{"image": "", "value": {"code": PRESS}}]},
    ],
)  # fmt: skip
def test_a_task_of_the_wrong_shape_is_named(change: dict[str, Any], tmp_path: Path) -> None:
    task = {"task_id": "a", "instruction": "b", "traj": [net_step(0, PRESS)], **change}
    assert "line 1" in refused(agentnet(tmp_path / "n", task))


BAD_TURNS: list[dict[str, Any]] = [
    {"from": 5}, {"value": "x"}, {"from": "gpt", "value": 5}, {"from": "gpt", "predictionParsed": 5},
    {"from": "gpt", "predictionParsed": [{"action_type": 5}]}, {"from": "human", "screenshotBase64": "%%%"},
    {"from": "human", "screenshotBase64": base64.b64encode(bomb()).decode()},
    {"from": "gpt", "timing": {"start": -1}}, {"from": "gpt", "timing": {"cost": 1e300}},
    {"from": "human", "screenshotBase64": "aGk=", "screenshotContext": {"scaleFactor": 0}},
]  # fmt: skip


@pytest.mark.parametrize("turn", BAD_TURNS)
def test_a_bad_turn_of_a_report_is_named(turn: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    path.write_text(json.dumps(report(shot(1), turn)))
    assert "r.json, run 1, conversation 3" in refused(path)


@pytest.mark.parametrize(
    "inputs",
    [
        {"start_box": "__import__('os')"}, {"start_box": "[1e400, 0]"}, {"start_box": "[" * 5000},
        {"start_box": [1]}, {"start_box": "[5, 5, 5, 5]"}, {"x') hotkey(key='a": "b"},
        {"start_coords": ["a", "b"]}, {},
    ],
)  # fmt: skip
def test_inputs_that_make_no_sense_are_no_action(inputs: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    path.write_text(json.dumps(report(shot(1), said("click", **inputs))))
    with importing_to(tmp_path / "out", stories.quiet) as imported:
        import_format("uitars").stories(ForeignSource(path))[0].read_into(imported)
    assert imported.unread == 1 and "conversation 3" in imported.warnings[0]


def test_a_text_cannot_become_a_second_action(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    path.write_text(json.dumps(report(shot(1), said("type", content="a')\n\nhotkey(key='alt f4'"))))
    with importing_to(tmp_path / "out", stories.quiet) as imported:
        import_format("uitars").stories(ForeignSource(path))[0].read_into(imported)
    assert (imported.steps, imported.unread) == (1, 0)
    text = stories.actions_of(stories.Trajectory.open(tmp_path / "out").steps)
    assert [one.kind for one in text] == ["type"]


def test_a_page_without_a_report_and_a_cut_one_are_refused(tmp_path: Path) -> None:
    page = tmp_path / "r.html"
    page.write_text("<html></html>")
    assert "not in a known format" in refused(page)
    page.write_text("<html>ui_tars_web_dump</html>")
    assert "not a report" in refused(page)
    whole = json.dumps(report(shot(1)))
    page.write_text(f'<script type="ui_tars_web_dump">{whole[:400]}</script>')
    assert "not whole JSON" in refused(page)


def spoil(change: Callable[[dict[str, Any]], None], path: Path) -> None:
    log = path / "traj.jsonl"
    values = [json.loads(line) for line in log.read_text().split("\n") if line]
    change(values[0][EXTRA])
    log.write_text("\n".join(json.dumps(value) for value in values) + "\n")


@pytest.mark.parametrize(
    ("change", "refuses"),
    [
        (lambda extra: extra.update(step=-1), False),
        (lambda extra: extra.update(step=10**12), False),
        (lambda extra: extra.update(step=77), True),
        (lambda extra: extra["outcomes"].extend(extra["outcomes"] * 50), True),
        (lambda extra: extra.update(seconds="NaN"), False),
        (lambda extra: extra.update(decision=5), False),
        (lambda extra: extra["decision"]["reply"].update(actions=[{"kind": "run", "command": "id"}]), False),
        (lambda extra: extra.update(targets="x" * 100), False),
    ],
)
def test_our_extras_are_trusted_no_more_than_the_rest(
    change: Callable[[dict[str, Any]], None], refuses: bool, tmp_path: Path
) -> None:
    trajectory = stories.write(tmp_path / "ours", [decide(stories.Type(text="a")), decide(stories.Wait())])
    path, _ = there(trajectory, "osworld", tmp_path)
    spoil(change, path)
    if refuses:
        assert "does not make a trajectory" in refused(path)
        return
    with importing_to(tmp_path / "out", stories.quiet) as imported:
        import_format("osworld").stories(ForeignSource(path))[0].read_into(imported)
    assert stories.actions_of(stories.Trajectory.open(tmp_path / "out").steps)[0] == stories.Type(text="a")


def test_a_files_name_in_our_extras_leads_nowhere_else(tmp_path: Path) -> None:
    trajectory = stories.write(tmp_path / "ours", [decide(stories.Wait())])
    path, _ = there(trajectory, "osworld", tmp_path)
    run = path / "deskhand.json"
    run.write_text(run.read_text().replace("notes/a.txt", "../traj.jsonl"))
    assert "outside" in refused(path)


@pytest.mark.parametrize("name", sorted(PLACES))
def test_markup_in_every_text_stays_text(name: str, tmp_path: Path) -> None:
    bad = "</script><script>alert(1)</script>'\"]]>\x1b[31m\u202e"
    decision = decide(stories.Type(text=bad), thought=bad, raw=bad)
    trajectory = stories.write(tmp_path / "ours", [decision])
    path, _ = there(trajectory, name, tmp_path)
    if path.suffix == ".html":
        page = path.read_text()
        assert page.count("<script") == page.count("</script>") == 1 and "alert(1)" in page
    with importing_to(tmp_path / "out", stories.quiet) as imported:
        import_format(name).stories(ForeignSource(path))[0].read_into(imported)
    assert stories.Trajectory.open(tmp_path / "out").steps[0].decision == decision


@pytest.mark.parametrize("name", ["gif", "mp4", "json", "parquet", "osworld", "agentnet", "uitars", "sft"])
def test_nothing_that_exists_is_replaced(name: str, tmp_path: Path) -> None:
    suffix = {"osworld": "", "agentnet": "", "sft": "", "uitars": ".html"}.get(name, f".{name}")
    trajectory = stories.write(tmp_path / "ours", [decide(stories.Wait())])
    out = tmp_path / f"there{suffix}"
    out.write_text("mine")
    with pytest.raises(UsageError, match="already exists"):
        export_format(name).write(trajectory, out, ExportOptions(), stories.quiet)
    assert out.read_text() == "mine"
    out.unlink()
    out.symlink_to(tmp_path / "nowhere")
    with pytest.raises(UsageError, match="already exists"):
        export_format(name).write(trajectory, out, ExportOptions(), stories.quiet)
    assert not list(tmp_path.glob(".*")) and not (tmp_path / "nowhere").exists()
