"""Every line of the table of vectors that the dialects were specified with."""

from __future__ import annotations

import pytest

from deskhand.actions import dialects
from deskhand.actions.geometry import ScreenPoint, Viewport
from deskhand.actions.vocabulary import (
    Action,
    CallUser,
    Click,
    Drag,
    Finished,
    Key,
    LongPress,
    MouseDown,
    OpenApp,
    PressBack,
    Scroll,
    Type,
    Wait,
)
from deskhand.errors import ActionParseError

SCREEN = Viewport(1920, 1080)
D, Q = "ui-tars-1.0", "ui-tars-1.5"
AT = ScreenPoint(192, 216)
CLICK = Click(at=AT)

VECTORS: list[tuple[str, str, list[Action]]] = [
    ("click(start_box='(100,200)')", D, [CLICK]),
    ("click(start_box='<|box_start|>(100,200)<|box_end|>')", D, [CLICK]),
    ("click(start_box='(1014,556)')", Q, [Click(at=ScreenPoint(1008, 550))]),
    ("click(point='<point>200 300</point>')", D, [Click(at=ScreenPoint(384, 324))]),
    ("click(start_box='(100,200,300,400)')", D, [Click(at=ScreenPoint(384, 324))]),
    ("click(start_box='[100, 200, 300, 400]')", D, [Click(at=ScreenPoint(384, 324))]),
    (
        "drag(start_point='<point>10 20</point>', end_point='<point>500 600</point>')",
        D,
        [Drag(path=(ScreenPoint(19, 22), ScreenPoint(960, 648)))],
    ),
    ("scroll(point='<point>500 500</point>', direction='down')", D, [Scroll(at=ScreenPoint(960, 540), dy=5)]),
    ("scroll(start_box='(500,500)', direction='left')", D, [Scroll(at=ScreenPoint(960, 540), dx=-5)]),
    ("scroll(direction='up')", D, [Scroll(dy=-5)]),
    ("hotkey(key='ctrl c')", D, [Key(keys=("ctrl", "c"))]),
    ("hotkey(key='ctrl+shift+t')", D, [Key(keys=("ctrl", "shift", "t"))]),
    (r"type(content='hello\n')", D, [Type(text="hello", submit=True)]),
    ("type(content='line1\nline2')", D, [Type(text="line1\nline2")]),
    (r"type(content='it\'s fine')", D, [Type(text="it's fine")]),
    ('type(content="hello")', D, [Type(text="hello")]),
    (r"type(content='say \"hi\"')", D, [Type(text='say "hi"')]),
    ("type(content='Action: go')", D, [Type(text="Action: go")]),
    ("type(content='endpoint=/v1')", D, [Type(text="endpoint=/v1")]),
    (r"type(content='C:\\new\\table')", D, [Type(text=r"C:\new\table")]),
    (r"type(content='你好😀\n')", D, [Type(text="你好😀", submit=True)]),
    ("finished(content='42')", D, [Finished(answer="42")]),
    ("finished()", D, [Finished(answer=None)]),
    ("wait()", D, [Wait(seconds=5)]),
    ("call_user()", D, [CallUser()]),
    ("click(start_box='(100,200)')\n\ntype(content='abc')", D, [CLICK, Type(text="abc")]),
    ("click(start_box='(100,200)')\ntype(content='abc')", D, [CLICK, Type(text="abc")]),
    ("click(start_box='(100,200)')\nAction: hotkey(key='enter')", D, [CLICK, Key(keys=("enter",))]),
    ("long_press(start_box='(100,200)')", D, [LongPress(at=AT)]),
    ("open_app(app_name='Settings')", D, [OpenApp(name="Settings")]),
    ("press_back()", D, [PressBack()]),
    ("middle_click(start_box='(100,200)')", D, [Click(at=AT, button="middle")]),
    ("mouse_down(start_box='(100,200)')", D, [MouseDown(at=AT)]),
]

REPAIRED: list[tuple[str, list[Action]]] = [
    ("click(point='<point>200 300')", [Click(at=ScreenPoint(384, 324))]),
    ("type(content='it's fine')", [Type(text="it's fine")]),
    ("type(content='')", [Type(text="")]),
    ("finished(content='It's done')", [Finished(answer="It's done")]),
    ("click(start_box='(100,200)'", [CLICK]),
]


@pytest.mark.parametrize(("raw", "dialect", "actions"), VECTORS)
def test_a_vector_becomes_exactly_what_the_table_says(raw: str, dialect: str, actions: list[Action]) -> None:
    reply = dialects.get(dialect).parse(f"Thought: t\nAction: {raw}", SCREEN)
    assert list(reply.actions) == actions
    assert (reply.thought, reply.repairs) == ("t", ())


@pytest.mark.parametrize(("raw", "actions"), REPAIRED)
def test_a_vector_that_needs_mending_is_mended_and_noted(raw: str, actions: list[Action]) -> None:
    reply = dialects.get(D).parse(f"Thought: t\nAction: {raw}", SCREEN)
    assert list(reply.actions) == actions
    assert reply.repairs


@pytest.mark.parametrize(
    ("whole", "thought", "repaired"),
    [
        ("Action: click(start_box='(100,200)')", "", False),
        ("Thought: t\nAction:click(start_box='(100,200)')", "t", False),
        ("click(start_box='(100,200)')", "", True),
        (
            "<gui_think>t</gui_think><seed:tool_call><function=click><parameter=point><point>100 200</point>"
            "</parameter></function></seed:tool_call>",
            "t",
            False,
        ),
    ],
)
def test_a_whole_reply_is_split_into_thought_and_action(whole: str, thought: str, repaired: bool) -> None:
    reply = dialects.get(D).parse(whole, SCREEN)
    assert (list(reply.actions), reply.thought, bool(reply.repairs)) == ([CLICK], thought, repaired)


def test_the_seed_vector_is_read() -> None:
    whole = (
        "<gui_think>t</gui_think><seed:tool_call><function=click><parameter=point><point>34 325</point>"
        "</parameter></function></seed:tool_call>"
    )
    assert dialects.get("ui-tars-2").parse(whole, SCREEN).actions == (Click(at=ScreenPoint(65, 351)),)


def test_reflection_and_summary_have_their_own_places() -> None:
    whole = "Reflection: missed\nAction_Summary: click again\nAction: click(start_box='(100,200)')"
    reply = dialects.get(D).parse(whole, SCREEN)
    assert (reply.reflection, reply.thought, reply.actions) == ("missed", "click again", (CLICK,))


def test_a_thought_without_an_action_is_an_error_that_says_what_to_do() -> None:
    with pytest.raises(ActionParseError, match="no action in this reply; end it with one") as caught:
        dialects.get(D).parse("Thought: I cannot do this.", SCREEN)
    assert "click(start_box=" in caught.value.reason


def test_a_point_far_outside_the_screen_is_refused() -> None:
    with pytest.raises(ActionParseError, match="outside the screen"):
        dialects.get(D).parse("Action: click(start_box='(1200,-5)')", SCREEN)


def test_an_unknown_action_is_refused_with_the_names_that_exist() -> None:
    with pytest.raises(ActionParseError, match="no action named 'fly'; the actions are click, left_double"):
        dialects.get(D).parse("Thought: t\nAction: fly(to='moon')", SCREEN)
