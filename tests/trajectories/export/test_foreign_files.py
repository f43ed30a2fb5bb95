"""Files as OSWorld, AgentNet and UI-TARS-desktop leave them: read with every custom of theirs."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from deskhand.actions.geometry import ScreenPoint
from deskhand.actions.vocabulary import (
    CallUser,
    Click,
    Drag,
    Finished,
    Infeasible,
    Key,
    Scroll,
    Type,
    Wait,
)
from deskhand.errors import TrajectoryError
from deskhand.trajectories.export.catalogue import EXPORTS, IMPORTS, recognise
from deskhand.trajectories.export.exchange import ExportOptions, png
from deskhand.trajectories.export.importing import importing_to
from deskhand.trajectories.export.source import ForeignSource
from tests.trajectories.export import stories
from tests.trajectories.export.stories import HEIGHT, WIDTH, actions_of, screen
from tests.trajectories.export.test_round_trips import back


def osworld(folder: Path, *actions: Any, first: bool = True, **fields: Any) -> Path:
    """A results folder with a line for each action."""
    folder.mkdir()
    if first:
        (folder / "step_0.png").write_bytes(png(screen(0)))
    lines = []
    for number, action in enumerate(actions, 1):
        name = f"step_{number}_20250101@12000{number}.png"
        (folder / name).write_bytes(png(screen(number)))
        line = {
            "step_num": number, "action_timestamp": f"20250101@12000{number}", "action": action,
            "response": "Thought", "reward": 0, "done": False, "info": {}, "screenshot_file": name, **fields,
        }  # fmt: skip
        lines.append(json.dumps(line))
    (folder / "traj.jsonl").write_text("\n".join(lines) + "\n")
    return folder


def test_osworlds_own_action_spaces_are_read(tmp_path: Path) -> None:
    path = osworld(
        tmp_path / "r",
        "import pyautogui\n'''\nObservation:\nx\n\nThought:\nPress it\n'''\npyautogui.click(10, 20)",
        {"action_type": "CLICK", "parameters": {"x": 5, "y": 6, "num_clicks": 2, "button": "left"}},
        {"action_type": "TYPING", "parameters": {"text": "hé\n"}},
        {"action_type": "SCROLL", "dx": 0, "dy": -3},
        {"action_type": "HOTKEY", "parameters": {"keys": ["ctrl", "s"]}},
        {"name": "computer", "input": {"action": "key"}, "command": "pyautogui.press('enter')\n"},
        "WAIT",
        "DONE",
    )
    (path / "instruction.txt").write_text("Save it\n")
    (path / "result.txt").write_text("1.0\n")
    again, warnings = back(path)
    assert actions_of(again.steps) == [
        Click(at=ScreenPoint(10, 20)),
        Click(at=ScreenPoint(5, 6), count=2),
        Type(text="hé", submit=True),
        Scroll(dy=3),
        Key(keys=("ctrl", "s")),
        Key(keys=("enter",)),
        Wait(),
        Finished(),
    ]
    assert not warnings
    assert again.task.instruction == "Save it"
    assert again.steps[0].decision.reply and again.steps[0].decision.reply.thought == "Press it"
    assert [step.frame for step in again.steps] == [screen(n).digest() for n in range(8)]
    assert again.end and again.end.status == "finished" and again.end.frame == screen(8).digest()
    assert again.notes[0].data == {"score": 1.0}


def test_a_first_screen_that_nobody_kept_is_black_and_said_to_be_so(tmp_path: Path) -> None:
    again, warnings = back(osworld(tmp_path / "r", "FAIL", first=False))
    assert "first screen was not kept" in warnings[0]
    assert again.frame(again.steps[0].frame).pixels.max() == 0
    assert again.steps[0].masked and again.steps[0].notes
    assert actions_of(again.steps) == [Infeasible()]
    assert again.task.instruction == "OSWorld task r"


def test_a_program_that_is_no_list_of_calls_is_kept_as_text_and_never_run(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    code = f"import subprocess\nsubprocess.run(['touch', '{mark}'])"
    again, warnings = back(osworld(tmp_path / "r", code, "pyautogui.press('a')", response=""))
    assert not mark.exists()
    assert again.steps[0].decision.reply is None and again.steps[0].decision.raw == code
    assert "line 1" in warnings[0] and "no call 'subprocess.run'" in warnings[0]
    assert actions_of(again.steps) == [Key(keys=("a",))]


def test_a_run_that_broke_off_is_read_up_to_there(tmp_path: Path) -> None:
    path = osworld(tmp_path / "r", "pyautogui.press('a')")
    with (path / "traj.jsonl").open("a") as log:
        log.write('{"Error": "Time limit exceeded"}\n')
    again, warnings = back(path)
    assert len(again.steps) == 1 and again.end and again.end.status == "stopped"
    assert "Time limit" in warnings[0]


def test_a_line_before_the_first_step_and_a_question_to_the_user_are_read(tmp_path: Path) -> None:
    again, warnings = back(osworld(tmp_path / "r", "__init__", "pyautogui.press('a')", "CALL_USER"))
    assert actions_of(again.steps) == [Key(keys=("a",)), CallUser()]
    assert again.steps[0].frame == screen(1).digest(), "the line's screen is the first one"
    assert not warnings


@pytest.mark.parametrize("place", ["traj.jsonl", "step_0.png"])
def test_what_git_lfs_left_in_the_place_of_a_file_is_named(place: str, tmp_path: Path) -> None:
    path = osworld(tmp_path / "r", "pyautogui.press('a')")
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n"
    (path / place).write_text(pointer)
    with pytest.raises(TrajectoryError, match="git lfs pull"):
        back(path)
    (tmp_path / "report.html").write_text(pointer)
    with pytest.raises(TrajectoryError, match="git lfs pull"):
        recognise(tmp_path / "report.html")


def test_a_format_that_is_not_read_is_not_taken_for_another_one(tmp_path: Path) -> None:
    for name, text in (("a.json", '{"episodes": []}'), ("b.html", "<p>hello</p>"), ("c.jsonl", '{"x": 1}')):
        (tmp_path / name).write_text(text)
        with pytest.raises(TrajectoryError, match="not in a known format"):
            recognise(tmp_path / name)


def agentnet(folder: Path, *tasks: dict[str, Any]) -> Path:
    folder.mkdir()
    (folder / "images").mkdir()
    for shade in range(4):
        (folder / "images" / f"{shade}.png").write_bytes(png(screen(shade)))
    (folder / "some.jsonl").write_text("\n".join(json.dumps(task) for task in tasks) + "\n")
    return folder


def net_step(number: int, code: str, **more: Any) -> dict[str, Any]:
    return {"index": number, "image": f"{number}.png", "value": {"code": code, "thought": "t", **more}}


def test_agentnets_lines_become_a_trajectory_each(tmp_path: Path) -> None:
    first = {
        "task_id": "2024_x", "instruction": "Copy it", "task_difficulty": 4, "task_completed": True,
        "traj": [
            net_step(0, "pyautogui.moveTo(x=0.1, y=0.5)\npyautogui.dragTo(x=0.5, y=0.5, button='left')",
                     observation="an editor", action="Drag it", last_step_correct=None, reflection="well"),
            net_step(1, "pyautogui.hotkey(keys=['ctrl', 'c'])"),
            net_step(2, "computer.terminate(status='success')"),
        ],
    }  # fmt: skip
    path = agentnet(tmp_path / "set", first, {**first, "instruction": None, "natural_language_task": "Other"})
    found = IMPORTS[recognise(path)].stories(ForeignSource(path))
    assert [story.instruction for story in found] == ["Copy it", "Other"]
    again, warnings = back(path / "some.jsonl")
    assert not warnings
    middle = round(0.5 * HEIGHT)
    assert actions_of(again.steps) == [
        Drag(path=(ScreenPoint(round(0.1 * WIDTH), middle), ScreenPoint(round(0.5 * WIDTH), middle))),
        Key(keys=("ctrl", "c")),
        Finished(),
    ]
    assert again.end and again.end.status == "finished"
    out = tmp_path / "out"
    EXPORTS["agentnet"].write(again, out, ExportOptions(), stories.quiet)
    record = json.loads((out / "agentnet.jsonl").read_text())
    assert record["task_difficulty"] == 4 and record["task_completed"] is True
    value = record["traj"][0]["value"]
    assert (value["observation"], value["action"], value["reflection"]) == ("an editor", "Drag it", "well")
    assert record["traj"][0]["value"]["code"].startswith("pyautogui.moveTo(x=0.09")


def test_agentnets_screenshots_may_lie_elsewhere(tmp_path: Path) -> None:
    path = agentnet(
        tmp_path / "set", {"task_id": "a", "instruction": "b", "traj": [net_step(0, "pyautogui.press('a')")]}
    )
    (path / "images").rename(tmp_path / "ubuntu_images")
    again, _ = back(path / "some.jsonl", images=tmp_path / "ubuntu_images")
    assert again.steps[0].frame == screen(0).digest()


def report(*turns: dict[str, Any], **fields: Any) -> dict[str, Any]:
    first = {"from": "human", "value": "Open it"}
    return {
        "version": 1, "instruction": "Open it", "systemPrompt": "s", "modelName": "ui-tars-1.5",
        "status": "end", "logTime": 1_700_000_000_000, "conversations": [first, *turns], **fields,
    }  # fmt: skip


def shot(shade: int, prefix: str = "") -> dict[str, Any]:
    data = prefix + base64.b64encode(png(screen(shade))).decode()
    return {
        "from": "human",
        "value": "<image>",
        "screenshotBase64": data,
        "screenshotContext": {"scaleFactor": 2},
    }


def said(kind: str, **inputs: Any) -> dict[str, Any]:
    parsed = {"reflection": "r", "thought": "t", "action_type": kind, "action_inputs": inputs}
    timing = {"start": 1_700_000_002_000, "end": 1_700_000_003_500, "cost": 1500}
    return {"from": "gpt", "value": "Thought: t\nAction: x()", "predictionParsed": [parsed], "timing": timing}


def test_ui_tars_report_is_found_in_its_page(tmp_path: Path) -> None:
    value = report(
        shot(1, "data:image/png;base64,"),
        said("click", start_box="[0.5,0.25,0.5,0.25]", start_coords=[173, 48]),
        said("type", content="say 'hi' </script>\\n"),
        said("drag", start_box="[0.1,0.1,0.3,0.3]", end_box="[0.5,0.5]"),
        said("hotkey", key="ctrl c"),
        shot(2),
        said("left_double", start_coords=[100, 40]) | {"screenshotContext": {"scaleFactor": 2}},
        said("fly_away"),
        said("finished", content="done"),
    )
    page = tmp_path / "report.html"
    script = "const q = document.querySelector('script[type=\"ui_tars_web_dump\"]'); if (a<b) {}"
    page.write_text(
        f"<html><script>{script}</script><body>"
        f'<script type="ui_tars_web_dump" type="application/json">{json.dumps(value)}\n</script></html>'
    )
    again, warnings = back(page)
    assert actions_of(again.steps) == [
        Click(at=ScreenPoint(round(WIDTH / 2), round(HEIGHT / 4))),
        Type(text="say 'hi' </script>", submit=True),
        Drag(path=(ScreenPoint(35, 19), ScreenPoint(86, 48))),
        Key(keys=("ctrl", "c")),
        Click(at=ScreenPoint(50, 20), count=2),
        Finished(answer="done"),
    ]
    assert len(warnings) == 1 and "conversation 9" in warnings[0] and "fly_away" in warnings[0]
    assert again.header.policy == "ui-tars-1.5" and again.header.started.startswith("2023-11-14")
    assert again.steps[0].seconds == 3.5 and again.steps[0].decision.usage.seconds == 1.5
    assert again.end and (again.end.status, again.end.answer) == ("finished", "done")


def test_a_reply_that_nobody_took_apart_is_read_in_the_models_dialect(tmp_path: Path) -> None:
    reply = {
        "from": "gpt",
        "value": "Thought: it\nAction: click(start_box='<|box_start|>(500,500)<|box_end|>')",
    }
    path = tmp_path / "r.json"
    path.write_text(json.dumps(report(shot(1), reply, modelName="ui-tars-72b", status="max_loop")))
    again, _ = back(path)
    assert actions_of(again.steps) == [Click(at=ScreenPoint(round(WIDTH / 2), round(HEIGHT / 2)))]
    assert again.end and again.end.status == "limit"


def test_a_report_saved_without_screenshots_says_so(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    path.write_text(json.dumps(report(said("finished"), said("wait"))))
    with pytest.raises(TrajectoryError, match=r"2 replies and no screenshot.*save the report again"):
        back(path)
    path.write_text(json.dumps(report(said("finished"), shot(1), said("wait"))))
    with pytest.raises(TrajectoryError, match=r"conversation 2: no screenshot comes before"):
        back(path)


def test_formats_are_recognised_by_what_is_there(tmp_path: Path) -> None:
    assert recognise(osworld(tmp_path / "a", "DONE")) == "osworld"
    assert recognise(tmp_path / "a" / "traj.jsonl") == "osworld"
    path = agentnet(tmp_path / "b", {"task_id": "a", "instruction": "b", "traj": [net_step(0, "x")]})
    assert recognise(path) == recognise(path / "some.jsonl") == "agentnet"
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "x.json").write_text(json.dumps(report(shot(1))))
    assert recognise(tmp_path / "c") == "uitars"


@pytest.mark.parametrize("name", ["osworld", "agentnet", "uitars"])
def test_an_import_that_breaks_leaves_nothing_behind(name: str, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("[]")
    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt), importing_to(out, stories.quiet):
        raise KeyboardInterrupt
    assert not out.exists() and not list(tmp_path.glob(".*"))
