"""Replies of models that call tools, write boxes or programs: each form gives the action that it means.

The wordings are ours, the forms are those of the families' published examples (docs/models.md).
"""

from __future__ import annotations

import json

import pytest

from deskhand.actions import dialects
from deskhand.actions.dialects.dialect import TextDialect
from deskhand.actions.dialects.tools import ToolWriter
from deskhand.actions.geometry import Box, ScreenPoint, Viewport
from deskhand.actions.reply import Reply
from deskhand.actions.vocabulary import (
    Action,
    CallUser,
    Click,
    Drag,
    Finished,
    Infeasible,
    Key,
    Move,
    OpenApp,
    Scroll,
    TakeNote,
    Type,
    Wait,
    Zoom,
)
from deskhand.errors import ActionParseError

SCREEN = Viewport(1000, 1000)
AT = ScreenPoint(500, 300)
FAR = ScreenPoint(700, 400)


def reply(dialect: str, text: str) -> Reply:
    coordinates = None if dialect in ("pyautogui",) else dialects.get("doubao").coordinates
    return dialects.get(dialect, coordinates).parse(text, SCREEN)


def call(name: str, **arguments: object) -> str:
    data = {"name": "computer_use", "arguments": {"action": name, **arguments}}
    return f"<tool_call>\n{json.dumps(data)}\n</tool_call>"


def keyed(name: str, **arguments: str) -> str:
    pairs = {"action": name, **arguments}.items()
    inner = "".join(f"<arg_key>{key}</arg_key>\n<arg_value>{value}</arg_value>\n" for key, value in pairs)
    return f"<tool_call>computer\n{inner}</tool_call>"


def xml(name: str, **arguments: str) -> str:
    pairs = {"action": name, **arguments}.items()
    inner = "".join(f"<parameter={key}>\n{value}\n</parameter>\n" for key, value in pairs)
    return f"<tool_call>\n<function=computer_use>\n{inner}</function>\n</tool_call>"


def box(text: str) -> str:
    return f"I open it. <|begin_of_box|>{text}<|end_of_box|> Memory: ['done(1)']"


def program(text: str) -> str:
    return f"## Action:\nopen the menu\n\n## Code:\n```python\n{text}\n```"


CASES: list[tuple[str, str, Action]] = [
    ("computer-use", "Action: Open it.\n" + call("left_click", coordinate=[500, 300]), Click(at=AT)),
    ("computer-use", call("left_click"), Click()),
    ("computer-use", call("left_click_drag", coordinate=[700, 400]), Drag(path=(FAR,))),
    ("computer-use", call("mouse_move", coordinate=[500, 300]), Move(at=AT)),
    ("computer-use", call("key", keys=["ctrl", "s"]), Key(keys=("ctrl", "s"))),
    ("computer-use", call("key", keys='["ctrl", "s"]'), Key(keys=("ctrl", "s"))),
    ("computer-use", call("scroll", pixels=-500), Scroll(dy=5)),
    ("computer-use", call("hscroll", pixels=300), Scroll(dx=3)),
    ("computer-use", call("wait", time=2), Wait(seconds=2)),
    ("computer-use", call("answer", text="42"), Finished(answer="42")),
    ("computer-use", call("terminate", status="success"), Finished()),
    ("computer-use", call("terminate", status="failure"), Infeasible()),
    ("computer-use", call("terminate", status="unsuccessful"), Infeasible()),
    ("computer-use", call("key", keys=["ctrl", "c"], duration=2), Key(keys=("ctrl", "c"), seconds=2)),
    ("computer-use-xml", "<think>I see.</think>" + xml("left_click", coordinate="[500, 300]"), Click(at=AT)),
    ("computer-use-xml", "<think>I see." + xml("left_click", coordinate="[500, 300]"), Click(at=AT)),
    ("computer-use-xml", xml("key", keys='["ctrl", "s"]'), Key(keys=("ctrl", "s"))),
    ("computer-use-xml", xml("type", text="two\nlines"), Type(text="two\nlines")),
    ("computer-use-xml", xml("type", text="C:\\new\\table"), Type(text="C:\\new\\table")),
    ("computer-use-xml", xml("type", text='\\\\server\\it\'s "so"'), Type(text='\\\\server\\it\'s "so"')),
    ("glm-tools", keyed("type", text="C:\\new\\table"), Type(text="C:\\new\\table")),
    ("computer-use-xml", call("left_click", coordinate=[500, 300]), Click(at=AT)),
    ("gui-owl", call("drag", coordinate=[500, 300], coordinate2=[700, 400]), Drag(path=(AT, FAR))),
    ("gui-owl", call("type", text="a", clear=1, enter=1), Type(text="a", clear=True, submit=True)),
    ("gui-owl", call("type", text="a", clear=0, enter=0), Type(text="a")),
    ("mai-ui", "<thinking>a</thinking>" + call("click", coordinate=[500, 300]), Click(at=AT)),
    ("mai-ui", call("swipe", coordinate=[500, 300], direction="up"), Scroll(at=AT, dy=5)),
    ("mai-ui", call("drag", start_coordinate=[500, 300], end_coordinate=[700, 400]), Drag(path=(AT, FAR))),
    ("mai-ui", call("ask_user", text="Which one?"), CallUser(question="Which one?")),
    ("mai-ui", call("system_button", button="enter"), Key(keys=("enter",))),
    ("mai-ui", call("open", text="Mousepad"), OpenApp(name="Mousepad")),
    ("mai-ui", call("terminate", status="fail"), Infeasible()),
    (
        "fara",
        call("type", text="a", press_enter=True, delete_existing_text=True),
        Type(text="a", clear=True, submit=True),
    ),
    ("fara", call("pause_and_memorize_fact", fact="it costs 4"), TakeNote(text="it costs 4")),
    ("fara", call("history_back"), Key(keys=("alt", "left"))),
    ("glm-tools", keyed("left_click", coordinate="[500, 300]"), Click(at=AT)),
    ("glm-tools", keyed("key", text="ctrl+s", repeat="2"), Key(keys=("ctrl", "s"), times=2)),
    ("glm-tools", keyed("hold_key", text="shift", duration="2"), Key(keys=("shift",), seconds=2)),
    ("glm-tools", keyed("type", text="a < b </x>"), Type(text="a < b </x>")),
    ("glm-tools", keyed("zoom", region="[100, 100, 500, 300]"), Zoom(region=Box(100, 100, 500, 300))),
    (
        "glm-tools",
        keyed("left_click_drag", coordinate="[700, 400]", start_coordinate="[500, 300]"),
        Drag(path=(AT, FAR)),
    ),
    ("glm-boxed", box("left_click(start_box='[500,300]', element_info='Menu')"), Click(at=AT)),
    ("glm-boxed", box("left_drag(start_box='[500,300]', end_box='[700,400]')"), Drag(path=(AT, FAR))),
    ("glm-boxed", box("key(keys='ctrl+s')"), Key(keys=("ctrl", "s"))),
    ("glm-boxed", box("scroll(start_box='[500,300]', direction='down', step=3)"), Scroll(at=AT, dy=3)),
    ("glm-boxed", box("WAIT()"), Wait()),
    ("glm-boxed", box("DONE()"), Finished()),
    ("glm-boxed", box("FAIL()"), Infeasible()),
    (
        "ui-venus",
        "<think>a</think><action>Click(box=(500,300))</action><conclusion>b</conclusion>",
        Click(at=AT),
    ),
    ("ui-venus", "<action>Hotkey(keys=['ctrl','s'])</action>", Key(keys=("ctrl", "s"))),
    ("ui-venus", "<action>PressEnter()</action>", Key(keys=("enter",))),
    ("ui-venus", "<action>Drag(start=(500,300), end=(700,400))</action>", Drag(path=(AT, FAR))),
    ("ui-venus", "<action>Type(content='it\\'s')</action>", Type(text="it's")),
    (
        "holo",
        '{"note": "", "thought": "t", "action": {"action": "click_element", "x": 500, "y": 300}}',
        Click(at=AT),
    ),
    ("holo", '{"thought": "t", "action": {"action": "answer", "content": "42"}}', Finished(answer="42")),
    ("pyautogui", program("pyautogui.click(x=0.5, y=0.3)"), Click(at=AT)),
    ("pyautogui", program("pyautogui.hotkey(['ctrl', 's'])"), Key(keys=("ctrl", "s"))),
    ("pyautogui", program("pyautogui.dragTo(x=0.7, y=0.4)"), Drag(path=(FAR,))),
    ("pyautogui", program("pyautogui.press('down', presses=4)"), Key(keys=("down",), times=4)),
    ("pyautogui", program("computer.tripleClick(x=0.5, y=0.3)"), Click(at=AT, count=3)),
    ("pyautogui", '```code\ncomputer.terminate(status="success", answer="42")\n```', Finished(answer="42")),
    (
        "pyautogui",
        "<think>Maybe:\n```python\npyautogui.click(x=0.9, y=0.1)\n```\nNo.</think>\n"
        + program("pyautogui.click(x=0.5, y=0.3)"),
        Click(at=AT),
    ),
    ("pyautogui", program("pyautogui.write(message='<think>')"), Type(text="<think>")),
    ("pyautogui", "I type.\npyautogui.write(message='a')", Type(text="a")),
]


@pytest.mark.parametrize(("dialect", "text", "action"), CASES)
def test_a_reply_in_a_familys_form_is_its_action(dialect: str, text: str, action: Action) -> None:
    assert reply(dialect, text).actions == (action,)


@pytest.mark.parametrize(
    ("dialect", "text"),
    [
        ("computer-use", call("visit_url", url="example.org")),
        ("computer-use", call("left_click", coordinate=[500, 3000])),
        ("computer-use", call("left_click", coordinate=["x", "y"])),
        ("mai-ui", call("system_button", button="volume")),
        # a place under a name that is not known is not the pointer's
        ("computer-use", call("left_click", mouse_position=[500, 300])),
        ("computer-use", call("left_click", coordinate_x=500, coordinate_y=300)),
        ("computer-use", call("left_click", element="Save")),
        ("computer-use", call("type", text="x", element="Save")),
        ("glm-boxed", box("left_click(element_info='Save')")),
        ("holo", '{"thought": "t", "action": {"action": "click_element", "element": "Save"}}'),
        ("computer-use", call("terminate", status="perhaps")),
        ("pyautogui", "<think>Maybe:\n```python\npyautogui.click(x=0.9, y=0.1)\n```"),
        ("glm-tools", "<tool_call>computer<arg_key>action</arg_key><arg_value>left_click"),
        ("glm-tools", keyed("fly")),
        ("glm-tools", keyed("zoom", region="[100, 100]")),
        ("pyautogui", program("import os\nos.system('true')")),
        ("pyautogui", program("pyautogui.click(*[1, 2])")),
        ("pyautogui", program("pyautogui.write(open('/etc/passwd').read())")),
        ("pyautogui", program("for n in range(3):\n    pyautogui.click(0.1, 0.2)")),
        ("pyautogui", program("pyautogui.write('never closed)")),
        ("pyautogui", "I would click at (0.5, 0.3)."),
    ],
)
def test_what_is_no_action_of_a_family_is_refused(dialect: str, text: str) -> None:
    with pytest.raises(ActionParseError) as error:
        reply(dialect, text)
    assert str(error.value)


def test_several_calls_of_a_reply_are_done_in_order() -> None:
    text = "First I click.\n" + call("left_click", coordinate=[500, 300]) + "\n" + call("type", text="a")
    assert reply("computer-use", text).actions == (Click(at=AT), Type(text="a"))
    assert reply("computer-use", text).thought == "First I click."
    steps = program("pyautogui.click(x=0.5, y=0.3)\npyautogui.write(message='a')")
    assert reply("pyautogui", steps).actions == (Click(at=AT), Type(text="a"))
    assert reply("pyautogui", steps).thought == "open the menu"
    assert reply("holo", '{"thought": "t", "action": {"action": "wait"}}').thought == "t"


def test_a_form_that_is_the_familys_own_needs_no_repair() -> None:
    for dialect, text, _ in CASES:
        repairs = reply(dialect, text).repairs
        assert not any("label" in repair or "notch" in repair for repair in repairs), (text, repairs)


def writers() -> list[ToolWriter]:
    made = [dialects.get(name) for name in dialects.names()]
    found = [
        one.writer for one in made if isinstance(one, TextDialect) and isinstance(one.writer, ToolWriter)
    ]
    assert len(found) >= 9
    return found  # type: ignore[return-value]


@pytest.mark.parametrize("writer", writers(), ids=lambda writer: writer.dialect)
def test_the_schema_has_what_the_prompts_list_has(writer: ToolWriter) -> None:
    listed = list(writer.described())
    options = writer.schema()["anyOf"]
    assert len(listed) == len(options) == len(writer.tools)
    for line, option in zip(listed, options, strict=True):
        name = option["properties"]["action"]["const"]
        assert name in line
        for argument in option["properties"]:
            assert argument == "action" or f'{argument}"' in line or f"{argument}" in line
        assert set(option["required"]) <= set(option["properties"])
    assert len(writer.schema({"click"})["anyOf"]) == len(list(writer.described({"click"}))) < len(options)
