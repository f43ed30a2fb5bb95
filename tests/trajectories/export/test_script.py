"""A script made of a trajectory can be read, says what is done, and holds foreign text only as text."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from deskhand.actions.geometry import Box, ScreenPoint
from deskhand.actions.outcome import Outcome
from deskhand.actions.vocabulary import Action, Click, Drag, Key, KeyDown, Scroll, Type, Wait
from deskhand.errors import UsageError
from deskhand.trajectories.export.catalogue import export_format
from deskhand.trajectories.export.exchange import ExportOptions
from deskhand.trajectories.export.script import script_text
from deskhand.trajectories.reader import Trajectory
from deskhand.trajectories.records import HIDDEN_TEXT, Target, Task
from deskhand.trajectories.writer import TrajectoryWriter
from tests.trajectories.samples import decide, header, look

AT = ScreenPoint(14, 15)
HOSTILE = "'''\"\"\"\\\n__import__('os').system('touch /tmp/x')\r\n# \u2028 %s {0} \x1b[31m"


def recorded(
    folder: Path, *actions: tuple[Action, Target | None], instruction: str = "Do it", launch: str = "mousepad"
) -> Trajectory:
    head = header(instruction)
    task = Task(instruction=instruction, launch=launch, arguments=(HOSTILE,))
    with TrajectoryWriter(folder, head.model_copy(update={"task": task})) as writer:
        frame = writer.frame(look())
        for number, (action, target) in enumerate(actions, 1):
            hidden = [0] if isinstance(action, Type) and action.text == HIDDEN_TEXT else []
            writer.decision(number, frame, decide(action), targets=[target], hidden=hidden)
            writer.outcome(number, 0, Outcome.done())
    return Trajectory.open(folder)


def named(role: str, name: str) -> Target:
    return Target(role=role, name=name, box=Box(10, 10, 20, 20))


def calls(script: str) -> list[str]:
    """What is called on the desk, as written."""
    work = next(
        node for node in ast.parse(script).body if isinstance(node, ast.FunctionDef) and node.name == "work"
    )
    return [ast.unparse(node.value) for node in work.body if isinstance(node, ast.Expr)]


def test_each_action_is_one_call(tmp_path: Path) -> None:
    script, warnings = script_text(
        recorded(
            tmp_path,
            (Click(at=AT), named("button", "Save")),
            (Click(at=AT, count=2, button="right", hold=("ctrl",)), None),
            (Type(text="a 'b' \"c\"", submit=True), None),
            (Key(keys=("ctrl", "s")), None),
            (Scroll(at=AT, dy=3), None),
            (Drag(path=(AT, ScreenPoint(50, 50))), None),
            (KeyDown(key="shift"), None),
            (Wait(seconds=2), None),
        )
    )
    assert calls(script)[1:] == [
        "desk.click('Save', 'button')",
        "desk.click_at(14, 15, button='right', count=2, hold=['ctrl'])",
        "desk.type('a \\'b\\' \"c\"', submit=True)",
        "desk.press('ctrl+s')",
        "desk.scroll(3, 0, at=(14, 15))",
        "desk.drag((14, 15), (50, 50))",
        "desk.do(ACTION.validate_python({'key': 'shift', 'kind': 'key_down'}))",
    ]
    assert warnings == ["step 2 clicks a place: nothing with a name was known there"]
    assert "from deskhand import ACTION, Desk, load_sandbox" in script


def test_foreign_text_stays_text(tmp_path: Path) -> None:
    script, _ = script_text(
        recorded(
            tmp_path,
            (Click(at=AT), named(HOSTILE[:40], HOSTILE)),
            (Type(text=HOSTILE), None),
            instruction=HOSTILE,
            launch=HOSTILE,
        )
    )
    tree = ast.parse(script)
    called = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    assert called <= {
        "argparse.ArgumentParser",
        "options.add_argument",
        "options.parse_args",
        "options.error",
        "Path",
        "Path(given.out).exists",
        "desk.keep",
        "print",
        "load_sandbox",
        "work",
        "Desk",
        "desk.open",
        "desk.click",
        "desk.type",
        "main",
    }
    texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    assert HOSTILE in texts  # as it was launched, and as it was typed but for its line ends
    assert all(ord(c) >= 32 or c == "\n" for c in script)


def test_constants_become_options_and_secrets_come_from_the_environment(tmp_path: Path) -> None:
    script, _ = script_text(
        recorded(
            tmp_path,
            (Type(text="echo hello > note.txt"), None),
            (Type(text=HIDDEN_TEXT), None),
            instruction="Write 'hello' into note.txt",
        )
    )
    assert calls(script)[1:] == [
        "desk.type('echo ' + given.text + ' > ' + given.file)",
        "desk.type(given.secret)",
    ]
    assert 'options.add_argument("--text", default="hello", help="text")' in script
    assert "os.environ.get(\"DESKHAND_SECRET_SECRET\", '')" in script
    assert HIDDEN_TEXT not in script


def test_nothing_is_replaced(tmp_path: Path) -> None:
    recording = recorded(tmp_path / "t", (Click(at=AT), None))
    write = export_format("python").write
    write(recording, tmp_path / "s.py", ExportOptions(), lambda doing, share: None)
    with pytest.raises(UsageError):
        write(recording, tmp_path / "s.py", ExportOptions(), lambda doing, share: None)
    ast.parse((tmp_path / "s.py").read_text())
