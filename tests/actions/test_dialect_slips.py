"""Replies of real models after public reports: slips that are mended, and those that are refused.

The screen is 1000 x 1000, so that per mille are pixels.
"""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskhand.actions import dialects
from deskhand.actions.geometry import ScreenPoint, Viewport
from deskhand.actions.reply import Reply
from deskhand.actions.vocabulary import Action, Click, Finished, Key, Move, Scroll, Type, Wait
from deskhand.errors import ActionParseError

SCREEN = Viewport(1000, 1000)
AT = ScreenPoint(500, 300)
CLICK = Click(at=AT)
SUFFIX = "_never_used_51bce0c785ca2f68081bfa7d91973934"


def parse(text: str, dialect: str = "doubao") -> Reply:
    return dialects.get(dialect).parse(text, SCREEN)


def read(text: str, dialect: str = "doubao") -> list[Action]:
    return list(parse(text, dialect).actions)


CLICKS = [
    # JSON that is nearly JSON
    "{'action': 'click', 'coordinate': [500, 300]}",
    '{"action": "click", "coordinate": [500 300]}',
    '{"action": "click", "coordinate": [500, 300],}',
    '{"action": "click", "coordinate": (500, 300)}',
    '{" action ": " click ", " coordinate ": [500, 300]}',
    "{“action”: “click”, “coordinate”: [500, 300]}",
    '{"action": "click" "coordinate": [500, 300]}',
    '{"action": "click", "coordinate": [500, 300]',
    "{'name': 'computer_use', 'arguments': {'action': 'left_click', 'coordinate': [500, 300]}}",
    "<tool_call>\n{'name': 'computer_use', 'arguments': {'action': 'left_click', 'coordinate': [500, 300],}}"
    "\n</tool_call>",
    "```json\n{'action': 'click', 'coordinate': [500, 300]}\n```",
    "Thought: t\nAction: {'action': 'click', 'coordinate': [500, 300]}",
    '{"type": "function", "function": {"name": "click", "arguments": "{\\"point\\": [500, 300]}"}}',
    # lists and wrappers
    '[{"name": "click", "parameters": {"point": "<point>500 300</point>"}}]',
    '<|FunctionCallBegin|>[{"name":"click","parameters":{"point":"<point>500 300</point>"}}]'
    "<|FunctionCallEnd|>",
    "<|tool_calls_section_begin|>\nclick(point='<point>500 300</point>')\n<|tool_calls_section_end|>",
    "Thought: t\nAction: <|begin_of_box|>click(start_box='[500,300]')<|end_of_box|>",
    "Action:<|begin_of_box|> left_click(start_box='[500,300]', element_info='File menu') <|end_of_box|>",
    "<|begin_of_box|>I see it.<|end_of_box|>\n<|begin_of_box|>click(start_box='(500,300)')<|end_of_box|>",
    f"<mcp_env{SUFFIX}>\n<|FunctionCallBegin|>"
    '[{"name":"click","parameters":{"point":"<point>500 300</point>"}}]<|FunctionCallEnd|>',
    # holders and nested tags
    "<tool_call>\n<function=computer_use>\n<parameter=action>\nleft_click\n</parameter>\n"
    "<parameter=coordinate>\n[500, 300]\n</parameter>\n</function>\n</tool_call>",
    "<function=computer><parameter=coordinate>[500, 300]</parameter><parameter=action>click</parameter>"
    "</function>",
    "<seed:tool_call>\n<function>\n<name>click</name>\n<parameter>\n<point>500 300</point>\n</parameter>\n"
    "</function>\n</seed:tool_call>",
    "<function><name>left_click</name><arguments><x>500</x><y>300</y></arguments></function>",
    # names of numbers are no numbers
    "click(start_box='(x1=500, y1=300)')",
    "click(start_box='x 500 y 300')",
    "click(x1=500, y1=300)",
]


@pytest.mark.parametrize("text", CLICKS)
@pytest.mark.parametrize("dialect", ["doubao", "ui-tars-1.0", "ui-tars-2"])
def test_a_slip_is_mended(text: str, dialect: str) -> None:
    assert read(text, dialect) == [CLICK]


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ('{"action": "type", "text": "shown "by number/customer""}', 'shown "by number/customer"'),
        ('{"action": "type", "text": "he said "no", then left"}', 'he said "no", then left'),
        ('{"action": "type", "text": "it\\\'s fine"}', "it's fine"),
        ("{'action': 'type', 'text': 'it's fine'}", "it's fine"),
        ('{"action": "type", "text": "one\ntwo"}', "one\ntwo"),
        ('{"action": "type", "text": "C:\\Users\\me"}', "C:\\Users\\me"),
        ('{"action": "type", "text": "3.50 Euro",}', "3.50 Euro"),
        ('{"action": "type", "text": "", }', ""),
        (
            "<function=computer_use><parameter=action>type</parameter><parameter=text>\nhi\n</parameter></function>",
            "hi",
        ),
    ],
)
def test_a_text_in_nearly_json_is_kept_to_the_character(text: str, typed: str) -> None:
    assert read(text) == [Type(text=typed)]


@pytest.mark.parametrize(
    "text",
    [
        # cut off
        '{"action": "type", "text": "rm -r',
        '{"action": "type", "text": "rm -r ',
        '{"action": "click", "coordinate": [500, 30',
        '{"action": "click", "x": 500, "y": 30',
        "<function><name>click</name><point>500 300</point>",
        "<answer>The sum is 1",
        # two readings
        '{"action": "type", "text": "C:\\Users\\new"}',
        '{"action": "type", "text": "say "hi", "submit": true}',
        '{"action": "type", "text": "a", "text": "b"}',
        '{"action": "click", "coordinate": [500, 300], "coordinate": [1, 2]}',
        "{'action': 'click', 'coordinate': [500, 300], 'coordinate': [1, 2]}",
        "type(content='a', content='b')",
        "hotkey(key='ctrl tab tab')",
        # a prompt's own placeholders
        "click(start_box='<|box_start|>(x1,y1)<|box_end|>')",
        "click(start_box='(x1,y1)')",
        "click(point='<point>x1 y1</point>')",
        "click(start_box='[x1, y1, x2, y2]')",
        "drag(start_point='<point>x1 y1</point>', end_point='<point>x2 y2</point>')",
        '{"action": "click", "x": "x1", "y": "y1"}',
        "Thought: t\nAction: click(start_box='(x1,y1)')\nAction: click(start_box='(100,200)')",
        # parts of the screen where per mille are written
        "click(start_box='(0.46,0.51)')",
        "click(start_box='(0,0.51)')",
        "click(start_box='[0.46, 0.51, 0.61, 0.75]')",
        "drag(start_box='(0.1,0.2)', end_box='(0.3,0.4)')",
        '{"action": "click", "x": 0.5, "y": 0.25}',
        # arguments that would change what is done
        "click(start_box='(500,300)', duration=3, times=9, modifiers='nosuchkey')",
        "wait(direction='down')",
        "hotkey(key='down', times=2.5)",
        "hotkey(key='down', times=1000)",
        "long_press(point='<point>1 2</point>', button='right')",
        '{"name": "computer", "input": {"action": "left_click", "coordinate": [1, 2], "text": "hello"}}',
    ],
)
def test_what_may_not_be_what_was_meant_is_refused(text: str) -> None:
    with pytest.raises(ActionParseError):
        read(text)


@pytest.mark.parametrize("arguments", ['""', "null", "{}", "[]"])
def test_empty_arguments_are_none(arguments: str) -> None:
    assert read(f'{{"name": "wait", "arguments": {arguments}}}') == [Wait()]


@pytest.mark.parametrize(
    ("text", "scroll"),
    [
        ('{"type": "scroll", "x": 500, "y": 300, "scroll_x": 0, "scroll_y": 300}', Scroll(at=AT, dy=3)),
        ('{"type": "scroll", "x": 500, "y": 300, "scroll_x": 0, "scroll_y": -100}', Scroll(at=AT, dy=-1)),
        ('{"type": "scroll", "x": 500, "y": 300, "scroll_x": 400, "scroll_y": 0}', Scroll(at=AT, dx=4, dy=0)),
        ("scroll(start_box='(500,300)', delta_y=-250)", Scroll(at=AT, dy=-2)),
        ("scroll(start_box='(500,300)', scroll_y=20)", Scroll(at=AT, dy=1)),
    ],
)
def test_pixels_of_a_wheel_become_notches(text: str, scroll: Scroll) -> None:
    reply = parse(text)
    assert list(reply.actions) == [scroll]
    assert any("notch" in repair for repair in reply.repairs)


def test_what_is_held_repeated_or_cleared_is_done() -> None:
    call = '{"name": "computer", "input": {"action": "%s", %s}}'
    assert read(call % ("left_click", '"coordinate": [500, 300], "text": "ctrl"')) == [
        Click(at=AT, hold=("ctrl",))
    ]
    assert read(call % ("hold_key", '"text": "shift", "duration": 2')) == [Key(keys=("shift",), seconds=2)]
    assert read("hotkey(key='down', times=3)") == [Key(keys=("down",), times=3)]
    assert read("hotkey(key='tab tab tab')") == [Key(keys=("tab",))] * 3
    assert read("type(content='x', clear=true)") == [Type(text="x", clear=True)]
    assert read("move_to(point='<point>500 300</point>', modifiers='ctrl')") == [Move(at=AT, hold=("ctrl",))]


def test_an_answer_alone_finishes() -> None:
    reply = parse("<think>Plain sums need no computer.</think>\n<answer>\nIt is 2.\n</answer>", "ui-tars-2")
    assert reply.actions == (Finished(answer="It is 2."),)
    assert reply.thought == "Plain sums need no computer."


@pytest.mark.parametrize("tag", ["think", "thinkt", f"think{SUFFIX}", "thinking", "gui_think"])
def test_a_thought_has_no_tags_of_its_own(tag: str) -> None:
    thought = f"<{tag}>like <point>1 2</point></{tag}>"
    text = f"{thought}\n<computer_env>\nAction: type(text='hi', delay=100)\n</computer_env>"
    reply = parse(text, "ui-tars-2")
    assert reply.actions == (Type(text="hi"),)
    assert reply.thought == "like <point>1 2</point>"


plain = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=40)


@given(text=plain, other=plain, mangle=st.sampled_from([",}", "}", "]}", " "]), cut=st.integers(0, 60))
def test_what_is_read_from_json_was_written_there(text: str, other: str, mangle: str, cut: int) -> None:
    """However a call is mangled, what is typed is the text that was meant, or nothing."""
    whole = json.dumps({"action": "type", "note": other, "text": text}, ensure_ascii=False)
    for spoiled in (whole[:-1] + mangle, whole.replace('\\"', '"'), whole[:cut]):
        try:
            actions = read(spoiled)
        except ActionParseError:
            continue
        assert [action.text for action in actions if isinstance(action, Type)] == [text]
