"""Whole replies: several actions, tags, tool calls, what ends a run, and what is no action."""

from __future__ import annotations

import pytest

from deskhand.actions import dialects
from deskhand.actions.geometry import ScreenPoint, Viewport
from deskhand.actions.vocabulary import (
    ACTION,
    Action,
    Click,
    Drag,
    Finished,
    Infeasible,
    Key,
    Move,
    Scroll,
    TakeScreenshot,
    Type,
    Wait,
)
from deskhand.errors import ActionParseError

SCREEN = Viewport(1920, 1080)
AT = ScreenPoint(192, 216)
CLICK = Click(at=AT)
DRAG = Drag(path=(AT, ScreenPoint(576, 432)))
DOWN = Scroll(at=AT, dy=5)
SUFFIX = "_never_used_51bce0c785ca2f68081bfa7d91973934"


def read(text: str, dialect: str = "ui-tars-1.0") -> list[Action]:
    return list(dialects.get(dialect).parse(text, SCREEN).actions)


@pytest.mark.parametrize(
    "body",
    [
        "click(start_box='(100,200)')\nwait()\ntype(content='a')",
        "click(start_box='(100,200)'); wait(); type(content='a')",
        "click(start_box='(100,200)'), wait(), type(content='a')",
        "click(start_box='(100,200)') wait() type(content='a')",
        "click(start_box='(100,200)') and then wait() then type(content='a')",
        "click(start_box='(100,200)') -> wait() -> type(content='a')",
        "[click(start_box='(100,200)'), wait(), type(content='a')]",
        "\n1. click(start_box='(100,200)')\n2. wait()\n3. type(content='a')",
        "\n- click(start_box='(100,200)')\n- wait()\n- type(content='a')",
        "\n```\nclick(start_box='(100,200)')\nwait()\ntype(content='a')\n```",
        "click(start_box='(100,200)')\nAction: wait()\nAction: type(content='a')",
        "click(start_box='(100,200)')\n\nAction 2: wait()\n\nAction 3: type(content='a')",
        "click(start_box='(100,200)'\nwait(\ntype(content='a'",
        "click(start_box='(100,200)\nwait()\ntype(content='a",
        "click(start_box='(100,200)')\nThen it waits.\nwait()\n\ntype(content='a')",
        "click(start_box='(100,200)')  # first\nwait()  # then\ntype(content='a')  # last",
    ],
)
def test_several_calls_are_read_in_order(body: str) -> None:
    assert read(f"Thought: t\nAction: {body}") == [CLICK, Wait(), Type(text="a")]


def test_a_missing_quote_does_not_swallow_the_next_action() -> None:
    second = "click(start_box='(100,200)')"
    assert read(f"Action: type(content='hello)\n{second}") == [Type(text="hello"), CLICK]
    assert read(f"Action: type(content='hello\n{second}") == [Type(text="hello"), CLICK]
    assert read(f"Action: type(content='hello') and then\n{second}") == [Type(text="hello"), CLICK]
    assert read(r"Action: type(content='C:\dir\')" + f"\n{second}") == [Type(text="C:\\dir\\"), CLICK]


SEED = (
    "<seed:tool_call><function=click><parameter=point><point>100 200</point></parameter>"
    "</function></seed:tool_call>"
)


@pytest.mark.parametrize(
    "text",
    [
        SEED,
        SEED.replace("function=click", 'function name="click"').replace(
            "parameter=point", 'parameter name="point" string="true"'
        ),
        SEED.replace("function=click", "function='click'"),
        SEED.replace("tool_call>", f"tool_call{SUFFIX}>")
        .replace("</function>", f"</function{SUFFIX}>")
        .replace("</parameter>", f"</parameter{SUFFIX}>")
        .replace("<function=", f"<function{SUFFIX}=")
        .replace("<parameter=", f"<parameter{SUFFIX}=")
        .replace("<point>", f"<point{SUFFIX}>")
        .replace("</point>", f"</point{SUFFIX}>"),
        SEED.replace("</seed:tool_call>", ""),
        SEED.replace("</function></seed:tool_call>", ""),
        SEED.replace("</parameter></function></seed:tool_call>", ""),
        SEED.replace("</point></parameter></function></seed:tool_call>", ""),
        SEED.replace("</point>", ""),
        SEED.replace("</parameter>", ""),
        SEED.replace("<seed:tool_call>", ""),
        SEED.replace("seed:", ""),
        SEED.replace("><", ">\n<"),
        SEED.replace("><", ">\r\n  <"),
        SEED.upper().replace("SEED:TOOL_CALL", "seed:tool_call"),
        SEED.replace("<point>100 200</point>", "(100, 200)"),
        SEED.replace("<point>100 200</point>", "[100,200]"),
        SEED + "<|im_end|>",
        SEED + "\nI clicked it.",
        "<seed:tool_call><invoke name='click'><parameter name='point'>100 200</parameter></invoke>"
        "</seed:tool_call>",
    ],
)
@pytest.mark.parametrize("head", ["", "<gui_think>t</gui_think>", "<gui_think>\nt\n</gui_think>\n", "t\n"])
def test_tags_are_read_with_suffixes_attributes_and_missing_closers(head: str, text: str) -> None:
    reply = dialects.get("doubao").parse(head + text, SCREEN)
    assert list(reply.actions) == [CLICK]
    assert reply.thought == ("t" if head else "")


def test_several_functions_and_raw_text_are_read_from_tags() -> None:
    text = (
        "<seed:tool_call><function=hotkey><parameter=key>ctrl c</parameter></function>"
        '<function=type><parameter=content>it\'s <b>"new"</b> (a)\n b</parameter></function>'
        r"<function=type><parameter=content>a\n</parameter></function></seed:tool_call>"
    )
    assert read(text) == [
        Key(keys=("ctrl", "c")),
        Type(text='it\'s <b>"new"</b> (a)\n b'),
        Type(text="a", submit=True),
    ]
    assert read(text.replace("</function><", "</function></seed:tool_call>\n<seed:tool_call><")) == read(text)


@pytest.mark.parametrize(
    ("arguments", "action"),
    [
        ('{"action": "left_click", "coordinate": [100, 200]}', CLICK),
        ('{"coordinate": ["100", "200"], "action": "left_click"}', CLICK),
        ('{"action": "click", "point": {"x": 100, "y": 200}}', CLICK),
        ('{"action": "click", "x": 100, "y": 200, "button": "right"}', Click(at=AT, button="right")),
        ('{"action": "double_click", "coordinate": [100, 200]}', Click(at=AT, count=2)),
        ('{"action": "type", "text": "a\\n(b) \\"c\\" \\\\d"}', Type(text='a\n(b) "c" \\d')),
        ('{"action": "key", "keys": ["ctrl", "c"]}', Key(keys=("ctrl", "c"))),
        ('{"action": "mouse_move", "coordinate": [100, 200]}', Move(at=AT)),
        ('{"action": "scroll", "pixels": -5}', Scroll(dy=5)),
        ('{"action": "scroll", "coordinate": [100, 200], "pixels": 300}', Scroll(at=AT, dy=-3)),
        ('{"action": "wait", "time": 2}', Wait(seconds=2)),
        ('{"action": "terminate", "status": "success"}', Finished()),
        ('{"action": "terminate", "status": "failure"}', Infeasible()),
        ('{"action": "answer", "text": "42"}', Finished(answer="42")),
        ('{"action": "screenshot"}', TakeScreenshot()),
    ],
)
def test_the_computer_use_tool_is_read(arguments: str, action: Action) -> None:
    call = f'{{"name": "computer_use", "arguments": {arguments}}}'
    for text in (
        f"<tool_call>\n{call}\n</tool_call>",
        f"Thought: t\nAction: c\n<tool_call>{call}</tool_call>",
        f"<think>t</think>\n<tool_call>\n{call}\n</tool_call><|im_end|>",
        f"<tool_call>\n{call}\n",
        f"<tool_call>\n{call[:-1]}\n</tool_call>",
        f"Action: {call}",
        f"Action: {arguments}",
        f"```json\n{call}\n```",
    ):
        assert read(text) == [action], text


def test_chords_in_one_hotkey_are_taken_one_after_another() -> None:
    copy_and_paste = [Key(keys=("ctrl", "c")), Key(keys=("ctrl", "v"))]
    assert read("Action: hotkey(key='ctrl+c ctrl+v')") == copy_and_paste
    assert read("Action: hotkey(key='ctrl c, ctrl v')") == copy_and_paste
    assert read("Action: hotkey('ctrl+c', 'ctrl+v')") == copy_and_paste
    assert read("Action: hotkey(keys=['ctrl c', 'ctrl v'])") == copy_and_paste


def test_several_tool_calls_are_read() -> None:
    one = '<tool_call>{"name": "computer", "arguments": {"action": "left_click", "coordinate": [100, 200]}}'
    two = '<tool_call>{"name": "wait", "arguments": {}}</tool_call>'
    assert read(f"{one}</tool_call>\n{two}") == [CLICK, Wait()]


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n\t",
        "Thought:",
        "Action:",
        "Thought: t\nAction:",
        "Thought: t\nAction: ",
        "Thought: I cannot do this.",
        "I should not call finished() yet.",
        "Thought: I could call finished() but the file is missing.",
        "Thought: I will click(start_box='(1,2)') and see what happens.",
        "Sorry, I can't help with that.",
        "Action: click the OK button",
        "Action: click",
        "Action: click()",
        "Action: click(start_box='')",
        "Action: click(start_box='(100)')",
        "Action: click(start_box='(1,014,556)')",
        "Action: click(start_box='(1_0, 5)')",
        "Action: click(start_box='(a,b)')",
        "Action: click(start_box='(nan,5)')",
        "Action: click(start_box='(inf,5)')",
        "Action: click(start_box='(0x10,5)')",
        "Action: click(start_box='(10%,5%)')",
        "Action: click(start_box='(1e999,5)')",
        "Action: click(start_box='(" + "9" * 300 + ",5)')",
        "Action: click(start_box='(" + "9" * 9000 + ",5)')",
        "Action: click(start_box='(1+1,2)')",
        "Action: click(start_box='(__import__(\"os\").getpid(),2)')",
        "Action: click(x=5)",
        "Action: click(100, 200, clicks=9)",
        "Action: click(100, 200, button='fourth')",
        "Action: click(start_box='(100,200)', hold='a')",
        "Action: drag(start_box='(1,2)')",
        "Action: drag(end_box='(1,2)')",
        "Action: scroll(start_box='(1,2)')",
        "Action: scroll(direction='sideways')",
        "Action: scroll(direction='down', amount=5000)",
        "Action: scroll(direction='down', amount=nan)",
        "Action: hotkey()",
        "Action: hotkey(key='')",
        "Action: hotkey(key='frobnicate')",
        "Action: hotkey(key='ctrl+frobnicate')",
        "Action: hotkey(key='a b c d e f g h')",
        "Action: hotkey(key='" + "a " * 2000 + "')",
        "Action: type()",
        "Action: type(content='" + "a" * 30_000 + "')",
        "Action: wait(-1)",
        "Action: wait(1e9)",
        "Action: wait(time='soon')",
        "Action: wait(time='nan')",
        "Action: open_app()",
        "Action: open_app(app_name='')",
        "Action: open_app(app_name='" + "a" * 300 + "')",
        "Action: long_press(start_box='(1,2)', duration=900)",
        "Action: long_press()",
        "Action: mouse_down(start_box='nowhere')",
        "Action: press()",
        "Action: fly(to='moon')",
        "Action: os.system('ls')",
        "Action: __import__('os').system('ls')",
        "Action: click(start_box='(100,200)')\nfly(to='moon')",
        "Action: " + "wait()\n" * 65,
        "Action: click(" + "a=1, " * 40 + ")",
        "Action: click(" + "(" * 50,
        "<seed:tool_call><function=fly></function></seed:tool_call>",
        "<seed:tool_call></seed:tool_call>",
        "<tool_call>{}</tool_call>",
        "<tool_call>[1,2]</tool_call>",
        '<tool_call>{"name": "fly", "arguments": {}}</tool_call>',
        '<tool_call>{"name": "computer_use", "arguments": 5}</tool_call>',
        '<tool_call>{"name": ' + "[" * 20_000,
        '<tool_call>{"name": "wait", "arguments": {"time": ' + "9" * 5000 + "}}",
        '<tool_call>{"name": "wait", "arguments": {"time": NaN}}</tool_call>',
        "a" * 300_000,
    ],
)
def test_what_is_no_action_is_one_error_with_a_place_and_a_reason(text: str) -> None:
    with pytest.raises(ActionParseError) as caught:
        read(text)
    assert caught.value.reason
    assert 0 <= caught.value.position <= len(text)


def test_a_point_a_little_outside_is_moved_to_the_edge_and_noted() -> None:
    reply = dialects.get("ui-tars-1.0").parse("Action: click(start_box='(1010,-5)')", SCREEN)
    assert reply.actions == (Click(at=ScreenPoint(1919, 0)),)
    assert "moved to its edge" in reply.repairs[0]


def test_what_ends_a_run_stands_alone() -> None:
    assert read("Action: click(start_box='(100,200)')\nfinished(content='x')") == [CLICK]
    assert read("Action: finished(content='x')\nclick(start_box='(100,200)')") == [Finished(answer="x")]
    assert read("Action: wait()\ncall_user()\nclick(start_box='(100,200)')") == [Wait()]
    reply = dialects.get("doubao").parse("Action: wait()\nfinished()", SCREEN)
    assert "stands alone" in reply.repairs[0]


def test_actions_inside_a_thinking_block_are_not_done() -> None:
    click = "click(start_box='(1,1)')"
    assert read(f"<think>Maybe\nAction: {click}\n</think>\nAction: wait()") == [Wait()]
    assert read(f"Maybe\nAction: {click}\n</think>\nAction: wait()") == [Wait()]
    assert read(f"Thought: I could do\n{click}\nbut no.\nAction: wait()") == [Wait()]
    assert read(f"Thought: the page says 'Action: {click}', no.\nAction: wait()") == [Wait()]


def test_one_reader_takes_all_syntaxes_and_the_dialect_chooses_only_the_frame() -> None:
    for text in ("Action: click(start_box='(500,500)')", SEED.replace("100 200", "500 500")):
        points = {name: read(text, name)[0] for name in dialects.names() if name != "pyautogui"}
        assert points["ui-tars-1.0"] == points["doubao"] == points["ui-tars-2"]
        assert points["ui-tars-1.0"] == Click(at=ScreenPoint(960, 540))
        assert points["ui-tars-1.5"] == Click(at=ScreenPoint(497, 495))


def test_a_reply_survives_a_journey_through_json() -> None:
    for action in read("Action: click(100,200)\nscroll('down')"):
        assert ACTION.validate_json(action.model_dump_json()) == action
