"""Calls of pyautogui in text: read by a grammar, written so that they are read back, never run."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskhand.actions.geometry import CoordinateSystem, ScreenPixels, ScreenPoint, UnitSquare, Viewport
from deskhand.actions.script import read_script, write_script
from deskhand.actions.vocabulary import (
    Action,
    Click,
    Drag,
    Finished,
    Infeasible,
    Key,
    Move,
    Scroll,
    Type,
    Wait,
)
from deskhand.errors import ActionParseError
from tests.trajectories.export.stories import HEIGHT, WIDTH, exact

SCREEN = Viewport(1920, 1080)


def read(text: str, coordinates: CoordinateSystem | None = None) -> tuple[Action, ...]:
    return read_script(text, coordinates or ScreenPixels(), SCREEN).actions


@pytest.mark.parametrize("coordinates", [ScreenPixels(), UnitSquare()])
@given(action=exact)
def test_what_is_written_is_read_back(coordinates: CoordinateSystem, action: Action) -> None:
    view = Viewport(WIDTH, HEIGHT)
    written = write_script([action], coordinates, view)
    assert not written.unsaid
    assert read_script(written.text, coordinates, view).actions == (action,)


@given(
    st.integers(100, 9000).flatmap(
        lambda width: st.tuples(st.just(width), st.integers(0, width - 1), st.integers(0, width - 1))
    )
)
def test_shares_of_a_screen_name_every_pixel_of_it(place: tuple[int, int, int]) -> None:
    width, x, y = place
    click = Click(at=ScreenPoint(x, y))
    text = write_script([click], UnitSquare(), Viewport(width, width)).text
    assert read_script(text, UnitSquare(), Viewport(width, width)).actions == (click,)


@pytest.mark.parametrize(
    ("text", "actions"),
    [
        ("import pyautogui; import time; pyautogui.click(100, 200); time.sleep(0.5)",
         (Click(at=ScreenPoint(100, 200)), Wait(seconds=0.5))),
        ("pyautogui.moveTo(1, 2)\npyautogui.dragTo(5, 6, duration=1.0, button='left')",
         (Drag(path=(ScreenPoint(1, 2), ScreenPoint(5, 6))),)),
        ("pyautogui.moveTo(1, 2)\npyautogui.click()",
         (Move(at=ScreenPoint(1, 2)), Click(at=ScreenPoint(1, 2)))),
        ("pyautogui.hotkey(['ctrl', 'c'])", (Key(keys=("ctrl", "c")),)),
        ("pyautogui.hotkey(keys=['ctrl', 'c'])", (Key(keys=("ctrl", "c")),)),
        ("pyautogui.press('tab', presses=2, interval=0.1)", (Key(keys=("tab",), times=2),)),
        ("pyautogui.press(keys=['enter'])", (Key(keys=("enter",)),)),
        ("pyautogui.scroll(-3, x=10, y=20)", (Scroll(at=ScreenPoint(10, 20), dy=3),)),
        ("pyautogui.typewrite('a' 'b\\n', interval=0.05)", (Type(text="ab", submit=True),)),
        ("pyautogui.write(r'a\\n')", (Type(text="a\\n"),)),
        ("pyautogui.write('''two\nlines''')", (Type(text="two\nlines"),)),
        ("pyperclip.copy('\\u00e9\\x41')\npyautogui.hotkey('ctrl', 'v')", (Type(text="éA"),)),
        ("```python\npyautogui.press('esc')  # close it\n```", (Key(keys=("esc",)),)),
        ("pyautogui.PAUSE = 0.5\npyautogui.click(\n  x=1,\n  y=2,\n)", (Click(at=ScreenPoint(1, 2)),)),
        ("computer.triple_click(x=3, y=4)", (Click(at=ScreenPoint(3, 4), count=3),)),
        ("computer.terminate(status='success')", (Finished(),)),
        ("computer.terminate(status='failure')", (Infeasible(),)),
    ],
)  # fmt: skip
def test_the_ways_in_which_agents_write_are_understood(text: str, actions: tuple[Action, ...]) -> None:
    assert read(text) == actions


def test_a_text_that_stands_alone_is_what_its_writer_says() -> None:
    script = read_script("'''\nThought:\nOpen it (now)\n'''\npyautogui.press('f10')", ScreenPixels(), SCREEN)
    assert "Open it (now)" in script.said


def test_a_scroll_and_a_wait_beyond_all_bounds_are_cut_and_that_is_told() -> None:
    script = read_script("pyautogui.scroll(-9000)\ntime.sleep(1e6)", ScreenPixels(), SCREEN)
    assert script.actions == (Scroll(dy=100), Wait(seconds=300.0))
    assert len(script.repairs) == 2


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('touch /tmp/x')",
        "os.system('id')",
        "pyautogui.click(x, y)",
        "pyautogui.click(10**9, 1)",
        "pyautogui.write(open('/etc/passwd').read())",
        "pyautogui.write(f'{secret}')",
        "for i in range(3): pyautogui.press('a')",
        "x = 5",
        "lambda: 0",
        "pyautogui.click(1e999, 1)",
        "pyautogui.click(True, 2)",
        "pyautogui.click(99999, 1)",
        "pyautogui.click('save.png')",
        "pyautogui.click(1, 2, clicks=99999999)",
        "pyautogui.click(1, 2, button='all')",
        "pyautogui.press('no such key')",
        "pyautogui.press('a', presses=10000000)",
        "pyautogui.write(5)",
        "pyautogui.click(1",
        "pyautogui.write('never closed",
        "pyautogui.write('''never closed",
        "pyautogui.click(",
        "a(" * 20_000,
        "pyautogui.press([" + "[" * 20_000,
        "pyautogui.press(" + "'a'," * 20_000 + ")",
        "'" * 64_000 + "x",
        "-" * 60_000 + "1",
        "pyautogui.click(" + "9" * 5000 + ", 1)",
        "pyautogui.press('a')\n" * 3000,
        " " * 70_000,
    ],
)
def test_what_is_no_plain_call_is_refused_and_nothing_is_evaluated(text: str) -> None:
    with pytest.raises(ActionParseError):
        read(text)


@given(st.text(st.sampled_from("pyautogui.click(x=1,'\"[]\\\n#;-e9 "), max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(ActionParseError):
        read(text)


@given(st.text(min_size=1))
def test_what_is_typed_stays_in_a_literal_that_no_call_can_be_found_in(text: str) -> None:
    action = Type(text=text)
    written = write_script((action,), ScreenPixels(), SCREEN).text
    assert written.isascii() and written.count("(") == 1
    assert read(written) == (action,)
