"""Replies that no specification lists and that models write all the same."""

from __future__ import annotations

import pytest

from deskhand.actions import dialects
from deskhand.actions.geometry import ScreenPoint, Viewport
from deskhand.actions.vocabulary import (
    ACTION,
    Action,
    CallUser,
    Click,
    Drag,
    Finished,
    Infeasible,
    Key,
    KeyDown,
    KeyUp,
    LongPress,
    MouseUp,
    Move,
    OpenApp,
    PressHome,
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
    "call",
    [
        'click(start_box="[100,200]")',
        "click(start_box='[100,200]')",
        "click(100, 200)",
        "click(100 200)",
        "click((100, 200))",
        "click([100, 200])",
        "click('(100,200)')",
        "click('100', '200')",
        "click(x=100,y=200)",
        "click(x='100', y='200')",
        "click(y=200, x=100)",
        "click(X=100, Y=200)",
        "click(x: 100, y: 200)",
        "click(start_box=(100, 200))",
        "click(start_box=100, 200)",
        "click(point=[100,200])",
        "click(point=(100,200))",
        "click(point={100,200})",
        "click(point={'x': 100, 'y': 200})",
        'click(point={"x":100,"y":200})',
        "click(start_box='x=100, y=200')",
        "click(start_box='x: 100, y: 200')",
        "click(start_box='100 200')",
        "click(start_box='100,200')",
        "click(start_box='(100;200)')",
        "click(start_box='(100|200)')",
        "click(start_box='(100/200)')",
        "click(start_box='(100 ,200 )')",
        "click(start_box='( 100,  200)')",
        "click(start_box='(100.0, 2e2)')",
        "click(start_box='(+100, 200.)')",
        "click(start_box='(0100, 0200)')",
        "click(start_box='(1.0e2, 2E+2)')",
        "click(start_box='(100px, 200px)')",
        "click(start_box='（100，200）')",
        "click（start_box='(100,200)'）",
        "click（start_box＝‘（１００，２００）’）",
        "click(start_box='(１００,２００)')",
        "click(start_box='(١٠٠,٢٠٠)')",
        "click(start_box='100、200')",
        "click(start_box='【100,200】')",
        "CLICK(start_box='(100,200)')",
        "Click(start_box='(100,200)')",
        "ｃｌｉｃｋ(start_box='(100,200)')",
        "left_click(start_box='(100,200)')",
        "left_single(start_box='(100,200)')",
        "leftClick(start_box='(100,200)')",
        "left-click(start_box='(100,200)')",
        "left click(start_box='(100,200)')",
        "tap(point='<point>100 200</point>')",
        "pyautogui.click(x=100, y=200)",
        "computer.click(start_box='(100,200)')",
        "click (start_box='(100,200)')",
        "click[start_box='(100,200)']",
        "click{start_box='(100,200)'}",
        "click [100, 200]",
        "click: (100, 200)",
        "click 100, 200",
        "click <point>100 200</point>",
        "click start_box='(100,200)'",
        "click start_box='(100,200)')",
        "click(start_box=‘(100,200)’)",
        "click(start_box=“(100,200)”)",
        "click(start_box=`(100,200)`)",
        "click(start_box=「(100,200)」)",
        "click(start_box='(100,200)\")",
        "click(start_box='(100,200)’)",
        "click(start_box='(100,200)",
        "click(start_box='(100,200",
        "click(start_box='(100,200'",
        "click(start_box='(100,200')",
        "click(start_box='100,200)')",
        "click(start_box='(100,200)'))",
        "click(start_box='(100,200)']",
        "click(start_box='(100,200)')'",
        "click(start_box='((100,200))')",
        "click(start_box='[[100,200]]')",
        "click(start_box='(100,200)',)",
        "click(, start_box='(100,200)')",
        "click(start_box = '(100,200)' )",
        "click(start_box : '(100,200)')",
        "click('start_box'='(100,200)')",
        "click({'start_box': '(100,200)'})",
        "click({\"point\": [100, 200]})",
        "click(start_box='(100,200)');",
        "click(start_box='(100,200)').",
        "click(start_box='(100,200)')。",
        "click(start_box='(100,200)') # the OK button",
        "click(start_box='(100,200)')  // the OK button",
        "click(start_box='(100,200)') to open the menu (top left)",
        "click(start_box=<|box_start|>(100,200)<|box_end|>)",
        "click(start_box='<|box_start|>(100,200)')",
        "click(start_box='<|box_start|> (100, 200) <|box_end|>')",
        "click(start_box='<bbox>100 200 100 200</bbox>')",
        "click(start_box='<|box_start|>(80,180),(120,220)<|box_end|>')",
        "click(start_box='(80,180),(120,220)')",
        "click(start_box=[80,180,120,220])",
        "click(80, 180, 120, 220)",
        "click(x1=80, y1=180, x2=120, y2=220)",
        "click(point='<point>100 200')",
        "click(point='<point>100,200</point>')",
        "click(point='<point>100  200</point>)",
        "click(point=<point>100 200</point>)",
        "click(point=<point>100 200)",
        "click(point='100 200</point>')",
        "click(coordinate=[100, 200])",
        "click(coordinates=(100,200))",
        "click(position='100 200')",
        "click(pos=(100,200))",
        "click(box='[100,200]')",
        "click(start_point='<point>100 200</point>')",
        "click(startBox='(100,200)')",
        "click(start-box='(100,200)')",
        "click(START_BOX='(100,200)')",
        "click(start_box='(100,200)', colour='blue')",
        "click(element='OK', start_box='(100,200)')",
        "click(\n  start_box='(100,200)'\n)",
        "click(\n    start_box=[\n        100,\n        200\n    ]\n)",
        "click(start_box='(100,\n200)')",
        "click(start_box='(100,200)',\tbutton='left')",
        "click(button='left', start_box='(100,200)')",
        "click(start_box='(100,\u00a0200)')",
        "click(\u200bstart_box='(100,\u200b200)')",
        "\ufeffclick(start_box='(100,200)')",
        "cli\u200bck(start_box='(100,200)')",
        "click(start_box='(100,200)', x=)",
    ],
)  # fmt: skip
@pytest.mark.parametrize("head", ["Thought: t\nAction: ", "Action:\n"])
def test_a_click_is_a_click_however_it_is_spelled(head: str, call: str) -> None:
    if call.endswith("x=)"):
        with pytest.raises(ActionParseError):
            read(head + call)
    else:
        assert read(head + call) == [CLICK]


@pytest.mark.parametrize(
    "frame",
    [
        "Thought: t\nAction: {}",
        "Thought: t\r\nAction: {}\r\n",
        "Thought: t\rAction: {}\r",
        "Thought: t\u2028Action: {}",
        "Thought：t\nAction：{}",
        "Thought : t\nAction : {}",
        "thought: t\naction: {}",
        "THOUGHT: t\nACTION: {}",
        "Thought: t Action: {}",
        "Thought: t. Action:{}",
        "  Thought: t\n  Action: {}",
        "\u00a0Thought: t\n\u00a0Action:\u00a0{}",
        "\ufeffThought: t\n\u200bAction\u200b:\u200b {}",
        "**Thought:** t\n**Action:** {}",
        "**Thought**: t\n**Action**: {}",
        "*Thought:* t\n*Action:* {}",
        "## Thought\nt\n## Action\n{}",
        "### Thought:\nt\n\n### Action:\n{}",
        "- Thought: t\n- Action: {}",
        "1. Thought: t\n2. Action: {}",
        "Thought: t\nAction 1: {}",
        "Thought: t\nAction: 1. {}",
        "Thought: t\nAction:\n1. {}",
        "Thought: t\nAction:\n- {}",
        "Thought: t\nAction:\n* {}",
        "Thought: t\nAction:\n• {}",
        "Thought: t\nActions: {}",
        "Thought: t\nNext action: {}",
        "Thought: t\nNext Action: {}",
        "Thought: t\nFinal action: {}",
        "Thought: t\nAction\n{}",
        "Thought: t\nAction: \n\n\n{}",
        "Thought: t\nAction: `{}`",
        "Thought: t\nAction: ``{}``",
        "Thought: t\nAction: \"{}\"",
        "Thought: t\nAction: [{}]",
        "Thought: t\nAction: ```{}```",
        "Thought: t\nAction:\n```\n{}\n```",
        "Thought: t\nAction:\n```python\n{}\n```",
        "```\nThought: t\nAction: {}\n```",
        "```text\nThought: t\nAction: {}\n```\n",
        "Thought: t\nAction: {}<|im_end|>",
        "Thought: t\nAction: {}</s>",
        "Thought: t\nAction: {}<|eot_id|>",
        "Thought: t\nAction: {}<|endoftext|>\n",
        "Thought: t\nAction: {}<end_of_turn>",
        "Thought: t\nAction: {}[EOS]",
        "Thought: t\nAction: {}<｜end▁of▁sentence｜>",
        "Thought: t\nAction: {}<|im_end|>\n<|im_start|>user\nclick(start_box='(1,1)')",
        "Thought: t\nAction: {}</answer>",
        "<think>t</think>\nAction: {}",
        "<think>t</think>{}",
        "<think>\nt\n</think>\n\n{}",
        "<thinking>t</thinking>\n<answer>{}</answer>",
        "<think>t</think><answer>Action: {}</answer>",
        "<gui_think>t</gui_think>\nAction: {}",
        "t</think>\nAction: {}",
        "t\n</think>\n\n{}",
        "Thought: t\n<answer>\n{}\n</answer>",
        "<thought>t</thought>\n<action>{}</action>",
        "<think>t\nAction: {}",
        "t\nAction: {}",
        "t\n\n{}",
        "Thought: t\n{}",
        "Thought: t\n\n{}\n",
        "Thought: t\nAction: Action: {}",
        "思考：t\n动作：{}",
        "Reasoning: t\nAction: {}",
        "Thought: t\nAction: I will now do it: {}",
        "Thought: t\nAction: {}\nThis opens the menu.",
        "Thought: t\nAction: {}\n\nNote: (nothing else)",
        "Thought: t\nAction: Call {}",
        "Thought: t\n<tool_call>\n{}\n</tool_call>",
    ],
)  # fmt: skip
@pytest.mark.parametrize("call", ["click(start_box='(100,200)')", "click(point='<point>100 200</point>')"])
def test_what_stands_around_a_call_does_not_matter(frame: str, call: str) -> None:
    reply = dialects.get("ui-tars-1.0").parse(frame.format(call), SCREEN)
    assert list(reply.actions) == [CLICK]
    assert reply.thought.startswith("t")
    assert "Action" not in reply.thought


@pytest.mark.parametrize(
    ("call", "action"),
    [
        ("left_double(start_box='(100,200)')", Click(at=AT, count=2)),
        ("double_click(start_box='(100,200)')", Click(at=AT, count=2)),
        ("doubleClick(100, 200)", Click(at=AT, count=2)),
        ("click(100, 200, clicks=2)", Click(at=AT, count=2)),
        ("right_single(start_box='(100,200)')", Click(at=AT, button="right")),
        ("right_click(100,200)", Click(at=AT, button="right")),
        ("click(start_box='(100,200)', button='right')", Click(at=AT, button="right")),
        ("click(100, 200, 'right')", Click(at=AT, button="right")),
        ("middle_click(point='<point>100 200</point>')", Click(at=AT, button="middle")),
        ("triple_click(start_box='(100,200)')", Click(at=AT, count=3)),
        ("click(start_box='(100,200)', hold='ctrl')", Click(at=AT, hold=("ctrl",))),
        ("click(start_box='(100,200)', modifiers=['ctrl','shift'])", Click(at=AT, hold=("ctrl", "shift"))),
        ("hover(start_box='(100,200)')", Move(at=AT)),
        ("move_to(point='<point>100 200</point>')", Move(at=AT)),
        ("mouse_move(100, 200)", Move(at=AT)),
        ("moveTo(to='(100,200)')", Move(at=AT)),
        ("mouse_up()", MouseUp()),
        ("mouse_up(button='right')", MouseUp(button="right")),
        ("mouse_up(point='<point>100 200</point>', button='left')", MouseUp(at=AT)),
        ("drag(start_box='(100,200)', end_box='(300,400)')", DRAG),
        ("drag(end_box='(300,400)', start_box='(100,200)')", DRAG),
        ("drag(start_box='(100,200)' end_box='(300,400)')", DRAG),
        ("drag(start_box='(100,200), end_box='(300,400)')", DRAG),
        ("drag(start_box='(100,200)\", end_box=\"(300,400)')", DRAG),
        ("drag(from=(100,200), to=(300,400))", DRAG),
        ("drag(start=[100,200], end=[300,400])", DRAG),
        ("drag((100,200), (300,400))", DRAG),
        ("drag('(100,200)', '(300,400)')", DRAG),
        ("drag([(100,200), (300,400)])", DRAG),
        ("drag(100, 200, 300, 400)", DRAG),
        ("drag(x1=100, y1=200, x2=300, y2=400)", DRAG),
        ("drag(start_x=100, start_y=200, end_x=300, end_y=400)", DRAG),
        ("drag(path=[[100,200],[300,400]])", DRAG),
        ("select(start_box='(100,200)', end_box='(300,400)')", DRAG),
        ("left_click_drag(start_coordinate=[100,200], coordinate2=[300,400])", DRAG),
        ("scroll(direction='down', point='<point>100 200</point>')", DOWN),
        ("scroll(start_box='(100,200)', direction=down)", DOWN),
        ("scroll('(100,200)', 'down')", DOWN),
        ("scroll(100, 200, 'down')", DOWN),
        ("scroll(x=100, y=200, direction=\"Down\")", DOWN),
        ("scroll_down(start_box='(100,200)')", DOWN),
        ("scroll(start_box='(100,200)', direction='downwards')", DOWN),
        ("scroll(direction='down', start_box='')", Scroll(dy=5)),
        ("scroll(direction='down', point=(100,200), amount=3)", Scroll(at=AT, dy=3)),
        ("scroll(direction='up', steps='3')", Scroll(dy=-3)),
        ("scroll(direction='right', clicks=2)", Scroll(dx=2)),
        ("scroll('up', 3)", Scroll(dy=-3)),
        ("scroll(100, 200, 'up', 3)", Scroll(at=AT, dy=-3)),
        ("scroll(dx=0, dy=4)", Scroll(dy=4)),
        ("scroll('up')", Scroll(dy=-5)),
        ("scroll(direction='up', amount=0)", Scroll()),
        ("wait(5)", Wait()),
        ("wait(time=2)", Wait(seconds=2)),
        ("wait(seconds='3s')", Wait(seconds=3)),
        ("wait(duration=0.5)", Wait(seconds=0.5)),
        ("wait('500ms')", Wait(seconds=0.5)),
        ("wait(ms=1500)", Wait(seconds=1.5)),
        ("sleep(2 seconds)", Wait(seconds=2)),
        ("wait(1 min)", Wait(seconds=60)),
        ("wait", Wait()),
        ("wait 3", Wait(seconds=3)),
        ("WAIT()", Wait()),
        ("finished(content='done')", Finished(answer="done")),
        ("finished('done')", Finished(answer="done")),
        ("finished(answer=\"done\")", Finished(answer="done")),
        ("finished(content='')", Finished(answer="")),
        ("finished", Finished()),
        ("FINISH", Finished()),
        ("FINISHED()", Finished()),
        ("done()", Finished()),
        ("finished(", Finished()),
        ("terminate(status='success')", Finished()),
        ("terminate(status='failure')", Infeasible()),
        ("call_user(content='help?')", CallUser(question="help?")),
        ("call_user(question='help?')", CallUser(question="help?")),
        ("call_user", CallUser()),
        ("infeasible()", Infeasible()),
        ("infeasible(reason='no such app')", Infeasible(reason="no such app")),
        ("fail(\"no such app\")", Infeasible(reason="no such app")),
        ("take_screenshot()", TakeScreenshot()),
        ("screenshot()", TakeScreenshot()),
        ("open_app(app_name='Settings')", OpenApp(name="Settings")),
        ("open_app('Text Editor')", OpenApp(name="Text Editor")),
        ("open_app(name=Settings)", OpenApp(name="Settings")),
        ("long_press(point='<point>100 200</point>')", LongPress(at=AT)),
        ("long_press(start_box='(100,200)', duration=2)", LongPress(at=AT, seconds=2)),
        ("long_press(start_box='(100,200)', time='1.5s')", LongPress(at=AT, seconds=1.5)),
        ("press_home()", PressHome()),
    ],
)  # fmt: skip
def test_every_kind_has_its_near_misses(call: str, action: Action) -> None:
    assert read(f"Thought: t\nAction: {call}") == [action]


@pytest.mark.parametrize(
    ("call", "keys"),
    [
        ("hotkey(key='ctrl', 'c')", "ctrl c"),
        ("hotkey('ctrl', 'c')", "ctrl c"),
        ("hotkey(ctrl, c)", "ctrl c"),
        ("hotkey(keys=['ctrl','c'])", "ctrl c"),
        ("hotkey(keys=[\"ctrl\", \"c\"])", "ctrl c"),
        ("hotkey(['ctrl', 'c'])", "ctrl c"),
        ("hotkey(keys='ctrl,c')", "ctrl c"),
        ("hotkey(keys='[ctrl, c]')", "ctrl c"),
        ("hotkey(key1='ctrl', key2='c')", "ctrl c"),
        ("hotkey(key='ctrl-c')", "ctrl c"),
        ("hotkey(key='Ctrl + C')", "ctrl c"),
        ("hotkey(key='CTRL+C')", "ctrl c"),
        ("hotkey(key='control c')", "ctrl c"),
        ("hotkey(key='<ctrl>+c')", "ctrl c"),
        ("hotkey(key=ctrl+c)", "ctrl c"),
        ("hotkey(key=ctrl c)", "ctrl c"),
        ("hotkey ctrl+c", "ctrl c"),
        ("hotkey: ctrl c", "ctrl c"),
        ("key(keys=['ctrl', 'c'])", "ctrl c"),
        ("keypress(keys=['CTRL','C'])", "ctrl c"),
        ("hotkey(key='ctrl +')", "ctrl +"),
        ("hotkey(key='ctrl++')", "ctrl +"),
        ("hotkey(key='ctrl + +')", "ctrl +"),
        ("hotkey(key='ctrl plus')", "ctrl +"),
        ("hotkey(key='+')", "+"),
        ("hotkey(key='-')", "-"),
        ("hotkey(key='ctrl -')", "ctrl -"),
        ("hotkey(key='ctrl+-')", "ctrl -"),
        ("hotkey(key='ctrl--')", "ctrl -"),
        ("hotkey(key=',')", ","),
        ("hotkey(key='ctrl ,')", "ctrl ,"),
        (r"hotkey(key='\'')", "'"),
        ("hotkey(key=''')", "'"),
        ("hotkey(key='ctrl '')", "ctrl '"),
        ("hotkey(key='\"')", '"'),
        (r"hotkey(key='\\')", "\\"),
        ("hotkey(key=')')", ")"),
        ("hotkey(key='ctrl )')", "ctrl )"),
        ("hotkey(key=']')", "]"),
        ("hotkey(key=' ')", "space"),
        ("hotkey(key='space')", "space"),
        (r"hotkey(key='\n')", "enter"),
        ("hotkey(key='Page Down')", "pagedown"),
        ("hotkey(key='page_down')", "pagedown"),
        ("hotkey(key='page-down')", "pagedown"),
        ("hotkey(key='PageDown')", "pagedown"),
        ("hotkey(key='ctrl page down')", "ctrl pagedown"),
        ("hotkey(key='ctrl+Page Up')", "ctrl pageup"),
        ("hotkey(key='back space')", "backspace"),
        ("hotkey(key='caps lock')", "capslock"),
        ("hotkey(key='arrowleft')", "left"),
        ("hotkey(key='arrow left')", "left"),
        ("hotkey(key='left arrow')", "left"),
        ("hotkey(key='ctrl left')", "ctrl left"),
        ("hotkey(key='ctrl+left')", "ctrl left"),
        ("hotkey(key='ctrl-left')", "ctrl left"),
        ("hotkey(key='alt right')", "alt right"),
        ("hotkey(key='ctrl l')", "ctrl l"),
        ("hotkey(key='ctrl-l')", "ctrl l"),
        ("hotkey(key='shift r')", "shift r"),
        ("hotkey(key='Control_L')", "ctrlleft"),
        ("hotkey(key='return')", "enter"),
        ("hotkey(key='cmd space')", "win space"),
        ("hotkey(key='win')", "win"),
        ("hotkey(key='Escape')", "esc"),
        ("hotkey(key='F5')", "f5"),
        ("hotkey(key='alt F4')", "alt f4"),
        ("hotkey(key='ctrl 1')", "ctrl 1"),
        ("hotkey('ctrl', 1)", "ctrl 1"),
        ("hotkey(key='enter', )", "enter"),
        ("hotkey(hotkey='enter')", "enter"),
        ("press(key='enter')", "enter"),
        ("press enter", "enter"),
        ("press('ctrl+c')", "ctrl c"),
        ("press_key('tab')", "tab"),
    ],
)  # fmt: skip
def test_keys_are_understood_under_all_their_names(call: str, keys: str) -> None:
    assert read(f"Thought: t\nAction: {call}") == [Key(keys=tuple(keys.split(" ")))]


def test_press_keeps_a_key_down_where_it_is_the_dialects_own_word_or_the_key_is_a_modifier() -> None:
    assert read("Action: press(key='w')", "ui-tars-2") == [KeyDown(key="w")]
    assert read("Action: press(key='shift')") == [KeyDown(key="shift")]
    assert read("<function=press><parameter=key>w</parameter></function>") == [KeyDown(key="w")]
    assert read("Action: keydown(key='w')") == [KeyDown(key="w")]
    assert read("Action: release(key='shift')") == [KeyUp(key="shift")]
    assert read("Action: keyup(key='shift')") == [KeyUp(key="shift")]


@pytest.mark.parametrize(
    ("call", "text"),
    [
        ("type(content='a')", "a"),
        ("type(text='a')", "a"),
        ("type('a')", "a"),
        ('type("a")', "a"),
        ("type(a)", "a"),
        ("type(content=a)", "a"),
        ("type(content=hello world)", "hello world"),
        ("type(content: 'a')", "a"),
        ("type(content=‘a’)", "a"),
        ("type(content=“a”)", "a"),
        ("type(content='a”)", "a"),
        ("type(content='''a''')", "a"),
        ('type(content="""a""")', "a"),
        ("type(content=r'a')", "a"),
        ("type 'a'", "a"),
        ("type: 'a'", "a"),
        ("input_text(text='a')", "a"),
        ("write('a')", "a"),
        ("type(42)", "42"),
        ("type(content=42)", "42"),
        ("type(content='(1,2)')", "(1,2)"),
        ("type('(1,2)')", "(1,2)"),
        ("type(content=' a ')", " a "),
        ("type(content='a', )", "a"),
        ("type(content='a' )", "a"),
        ("type(content='a'))", "a"),
        ("type(content='a'", "a"),
        ("type(content='a", "a"),
        ("type(content='a)", "a"),
        ("type(content='a (b)')", "a (b)"),
        ("type(content='f(x)')", "f(x)"),
        ("type(content='f('x')')", "f('x')"),
        ("type(content='a', b='c')", "a', b='c"),
        ("type(content='don't say 'no'')", "don't say 'no'"),
        ("type(content='say \"hi\"')", 'say "hi"'),
        ('type(content="say "hi" to me")', 'say "hi" to me'),
        ('type(content="it\'s")', "it's"),
        ("type(content='He said: \"it's (not) done\"')", 'He said: "it\'s (not) done"'),
        ("type(content='print('hi')\nprint('ho')')", "print('hi')\nprint('ho')"),
        ("type(content='Action: click(start_box='(1,2)')')", "Action: click(start_box='(1,2)')"),
        (r"type(content='Action: click(start_box=\'(1,2)\')')", "Action: click(start_box='(1,2)')"),
        ("type(content='one\nThought: two\nAction: three')", "one\nThought: two\nAction: three"),
        ("type(content='one\nAction: wait()\ntwo')", "one\nAction: wait()\ntwo"),
        ("type(content='</think>')", "</think>"),
        ("type(content='<think>a</think>')", "<think>a</think>"),
        ("type(content='<function=click>')", "<function=click>"),
        ("type(content='<|im_end|>')", "<|im_end|>"),
        ("type(content='a</s>')", "a</s>"),
        ("type(content='```python')", "```python"),
        ("type(content='a; b, c=d')", "a; b, c=d"),
        ("type(content='x='1', y='2'')", "x='1', y='2'"),
        (r"type(content='a\tb')", "a\tb"),
        (r"type(content='a\nb')", "a\nb"),
        (r"type(content='\d+\.\w')", r"\d+\.\w"),
        (r"type(content='\u4f60')", r"\u4f60"),
        (r"type(content='C:\dir\\')", "C:\\dir\\"),
        (r"type(content='C:\dir\')", "C:\\dir\\"),
        (r"type(content='\\\\server\\share')", r"\\server\share"),
        ("type(content='（全角），：“引号”')", "（全角），：“引号”"),
        ("type(content='a\u200bb\u00a0c')", "a\u200bb\u00a0c"),
        ("type(content='👩‍👩‍👧')", "👩‍👩‍👧"),
        ("type(content='a\r\nb')", "a\nb"),
        ("type(content='http://x.org/?a=1&b=2')", "http://x.org/?a=1&b=2"),
        ("type(content='https://x.org')", "https://x.org"),
        ("type(content='=SUM(A1:B2)')", "=SUM(A1:B2)"),
        ("type(content='')", ""),
        ("type(content='1,000')", "1,000"),
        ("type(content='$(touch /tmp/x)')", "$(touch /tmp/x)"),
    ],
)  # fmt: skip
def test_text_is_kept_to_the_character(call: str, text: str) -> None:
    assert read(f"Thought: t\nAction: {call}") == [Type(text=text)]
    assert read(f"Thought: t\nAction: {call}\nwait()") == [Type(text=text), Wait()]


def test_a_trailing_newline_or_an_extra_argument_presses_enter() -> None:
    enter = [Type(text="a", submit=True)]
    assert read(r"Action: type(content='a\n')") == enter
    assert read("Action: type(content='a\n')") == enter
    assert read(r"Action: type(content='a\r\n')") == enter
    assert read("Action: type(content='a', press_enter=True)") == enter


def test_type_with_a_point_clicks_there_first() -> None:
    assert read("Action: type(content='a', start_box='(100,200)')") == [CLICK, Type(text="a")]
    assert read("Action: type(start_box='(100,200)', content='a')") == [CLICK, Type(text="a")]


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
        "<function=type><parameter=content>it's <b>\"new\"</b> (a)\n b</parameter></function>"
        r"<function=type><parameter=content>a\n</parameter></function></seed:tool_call>"
    )
    assert read(text) == [
        Key(keys=("ctrl", "c")),
        Type(text="it's <b>\"new\"</b> (a)\n b"),
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
        points = {name: read(text, name)[0] for name in dialects.names()}
        assert points["ui-tars-1.0"] == points["doubao"] == points["ui-tars-2"]
        assert points["ui-tars-1.0"] == Click(at=ScreenPoint(960, 540))
        assert points["ui-tars-1.5"] == Click(at=ScreenPoint(497, 495))


def test_a_reply_survives_a_journey_through_json() -> None:
    for action in read("Action: click(100,200)\nscroll('down')"):
        assert ACTION.validate_json(action.model_dump_json()) == action
