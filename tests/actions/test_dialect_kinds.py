"""Every kind of action, its keys and its texts, in the spellings that models find for them."""

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

SCREEN = Viewport(1920, 1080)
AT = ScreenPoint(192, 216)
CLICK = Click(at=AT)
DRAG = Drag(path=(AT, ScreenPoint(576, 432)))
DOWN = Scroll(at=AT, dy=5)
SUFFIX = "_never_used_51bce0c785ca2f68081bfa7d91973934"


def read(text: str, dialect: str = "ui-tars-1.0") -> list[Action]:
    return list(dialects.get(dialect).parse(text, SCREEN).actions)


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
        ("hotkey(key='Left Ctrl')", "ctrlleft"),
        ("hotkey(key='left+ctrl')", "left ctrl"),
        ("hotkey(key='ctrl left shift')", "ctrl shiftleft"),
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
        ("type(content='a', slowly='yes')", "a"),
        ("type(content='print('a', end='')')", "print('a', end='')"),
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
