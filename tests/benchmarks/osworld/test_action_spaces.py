"""Actions in the forms of OSWorld's harness: read back they are the same, and no text leaves its literal."""

from __future__ import annotations

import ast
import io
import tokenize
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskhand.actions.geometry import ScreenPixels, ScreenPoint, Viewport
from deskhand.actions.script import read_script
from deskhand.actions.vocabulary import (
    Action,
    Click,
    Drag,
    Key,
    KeyDown,
    KeyUp,
    LongPress,
    MouseDown,
    MouseUp,
    Move,
    Scroll,
    TakeScreenshot,
    Type,
    Wait,
)
from deskhand.benchmarks.suites.osworld.action_spaces import ActionSpace, harness_actions
from deskhand.errors import NotExpressible
from tests.trajectories.export.stories import actions_of
from tests.trajectories.export.test_foreign_files import osworld
from tests.trajectories.export.test_round_trips import back

SCREEN = Viewport(173, 97)
AT, TO = ScreenPoint(5, 6), ScreenPoint(70, 80)
CALLS = {"pyautogui.write", "pyautogui.press", "pyautogui.hotkey", "pyperclip.copy", "time.sleep"}
HOSTILE = (
    "'); import os; os.system('touch /tmp/out') #",
    "\"\"\"'''\\",
    "pyautogui.typewrite(\"<' + __import__('os').system('id') + '\")",
    "pyautogui.press('<')",
    "pyautogui.press('\\u003c')",
    "pyautogui.typewrite('<\\x22 + evil')\n\\",
    "{command} %s $(id) `id`\t\x00\x1b\N{LINE SEPARATOR}é",
)
pieces = st.sampled_from(
    (
        "pyautogui.typewrite(",
        "pyautogui.press('<')",
        "'",
        '"',
        "<",
        ")",
        "(",
        "\\",
        "\n",
        "\\x22",
        "\\u003c",
        "é",
        "a",
    )
)


def codes(action: Action) -> list[str]:
    return [str(code) for code in harness_actions(action, "pyautogui", SCREEN)]


def typed(code: str) -> str:
    """What a code types, if it is nothing but calls with literals; with the chord for "<" and for pasting."""
    text, copied = "", ""
    for line in ast.parse(code).body:
        if isinstance(line, ast.Import):
            assert ast.unparse(line) == "import pyperclip"
            continue
        assert isinstance(line, ast.Expr) and isinstance(line.value, ast.Call) and not line.value.keywords
        name = ast.unparse(line.value.func)
        given = [one.value for one in line.value.args if isinstance(one, ast.Constant)]
        assert name in CALLS and len(given) == len(line.value.args)
        if name == "pyperclip.copy":
            copied = str(given[0])
        elif name == "pyautogui.write":
            text += str(given[0])
        elif name == "pyautogui.hotkey":
            text += {("shift", ","): "<", ("ctrl", "v"): copied}[(given[0], given[1])]
        elif given == ["enter"]:
            text += "\n"
    return text


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("submit", [False, True])
def test_a_hostile_text_stays_in_its_literal(text: str, submit: bool) -> None:
    (code,) = codes(Type(text=text, submit=submit))
    check_literals(code)
    assert typed(code) == text + "\n" * submit


@given(st.lists(pieces, min_size=1).map("".join) | st.text(min_size=1))
def test_any_text_stays_in_its_literal(text: str) -> None:
    action = Type(text=text)
    for code in codes(action):
        check_literals(code)
        assert typed(code) == action.text + "\n" * action.submit


def check_literals(code: str) -> None:
    """A pattern of OSWorld's harness begins with a call, so a literal without a bracket fits none."""
    assert code.isascii()
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        assert token.type != tokenize.STRING or "(" not in token.string


@pytest.mark.parametrize(
    "action",
    [
        Click(at=AT),
        Click(at=AT, button="right", hold=("ctrl",)),
        Click(at=AT, count=2, button="middle"),
        Move(at=AT),
        Drag(path=(AT, TO)),
        Drag(path=(AT, TO), button="right", hold=("shift",)),
        Scroll(at=AT, dy=3),
        Key(keys=("ctrl", "shift", "s")),
        Key(keys=("tab",), times=3),
        Type(text="hello (world)"),
        Wait(seconds=2.5),
    ],
    ids=str,
)
def test_a_code_read_back_is_the_same_action(action: Action) -> None:
    assert read_script("\n".join(codes(action)), ScreenPixels(), SCREEN).actions == (action,)


def test_a_text_that_cannot_be_typed_is_pasted() -> None:
    (code,) = codes(Type(text="naïve <b>"))
    assert read_script(code, ScreenPixels(), SCREEN).actions == (Type(text="naïve <b>"),)


def test_a_text_may_replace_what_is_there() -> None:
    assert codes(Type(text="", clear=True)) == ["pyautogui.hotkey('ctrl', 'a')\npyautogui.press('delete')"]
    assert codes(Type(text="x", clear=True)) == ["pyautogui.hotkey('ctrl', 'a')\npyautogui.write('x')"]


def test_no_code_lasts_longer_than_the_machine_lets_it() -> None:
    assert codes(Wait(seconds=130)) == ["time.sleep(60.0)", "time.sleep(60.0)", "time.sleep(10.0)"]
    with pytest.raises(NotExpressible, match="60 s"):
        codes(Key(keys=("a",), times=10, seconds=20))


def test_a_look_is_nothing_to_do() -> None:
    assert harness_actions(TakeScreenshot(), "pyautogui", SCREEN) == []
    assert harness_actions(TakeScreenshot(), "computer_13", SCREEN) == []


@pytest.mark.parametrize("space", ["pyautogui", "computer_13"])
@pytest.mark.parametrize(
    "action", [Click(button="back"), MouseDown(button="forward"), Drag(path=(AT,), button="back")]
)
def test_a_button_that_there_is_not_is_said(space: ActionSpace, action: Action) -> None:
    with pytest.raises(NotExpressible, match="no button"):
        harness_actions(action, space, SCREEN)


def objects(*actions: Action) -> list[object]:
    return [one for action in actions for one in harness_actions(action, "computer_13", SCREEN)]


def test_objects_read_back_are_the_same_actions(tmp_path: Path) -> None:
    actions = [
        Click(at=AT, count=2),
        Move(at=TO),
        Drag(path=(AT, TO)),
        Scroll(dy=3),
        Scroll(dx=-2),
        Type(text="it's (one) \\ two"),
        Key(keys=("ctrl", "s")),
        Key(keys=("space",)),
        KeyDown(key="shift"),
        KeyUp(key="shift"),
        MouseDown(),
        MouseUp(),
        Wait(),
    ]
    again, warnings = back(osworld(tmp_path / "r", *objects(*actions)))
    found = actions_of(again.steps)
    assert not warnings
    assert found[2:4] == [Move(at=AT), Drag(path=(AT, TO))], "one object moves, the next drags"
    assert [*found[:2], *found[3:]] == actions


def test_what_takes_several_objects_is_done_in_their_order() -> None:
    held = objects(Click(at=AT, hold=("ctrl",)))
    assert [one["action_type"] for one in held] == ["KEY_DOWN", "CLICK", "KEY_UP"]  # type: ignore[index]
    long = objects(LongPress(at=AT), Key(keys=("a", "b"), seconds=1))
    assert [one["action_type"] for one in long] == [  # type: ignore[index]
        "MOVE_TO", "MOUSE_DOWN", "WAIT", "MOUSE_UP", "KEY_DOWN", "KEY_DOWN", "WAIT", "KEY_UP", "KEY_UP",
    ]  # fmt: skip
    bent = objects(Drag(path=(AT, TO, AT)))
    assert [one["action_type"] for one in bent] == [  # type: ignore[index]
        "MOVE_TO", "MOUSE_DOWN", "MOVE_TO", "MOVE_TO", "MOUSE_UP",
    ]  # fmt: skip
    assert objects(Key(keys=("'",))) == [{"action_type": "TYPING", "parameters": {"text": "'"}}]


@pytest.mark.parametrize("action", [Type(text="é"), Key(keys=("ctrl", "\\")), KeyDown(key="'")])
def test_what_objects_cannot_say_is_said(action: Action) -> None:
    with pytest.raises(NotExpressible, match="computer_13 cannot"):
        objects(action)
