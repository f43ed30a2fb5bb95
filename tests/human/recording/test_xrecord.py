"""What a person does on their real desktop is recorded through X RECORD, and nothing is done there."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from Xlib import XK, X, display
from Xlib.ext import xtest

from deskhand.actions.geometry import ScreenPoint
from deskhand.actions.vocabulary import Click, Drag, Key, Scroll, Type
from deskhand.human.recording.events import Event
from deskhand.human.recording.xrecord import Keyboard, KeyboardAndMouse
from deskhand.trajectories.reader import Trajectory
from deskhand.waiting import wait_until
from tests.cli.terminal import on_terminal
from tests.conftest import COMMAND, deskhand
from tests.display import Desk, desk, person
from tests.human.recording.desk import actions
from tests.human.recording.hands import read

__all__ = ["desk", "person"]

pytestmark = pytest.mark.screen

CONSENT = "--yes-record-my-desktop"


class Hand:
    """A mouse and a keyboard that are plugged into a display, as far as the display can tell."""

    def __init__(self, name: str) -> None:
        self.display = display.Display(name)

    def _fake(self, kind: int, detail: int = 0, x: int = 0, y: int = 0) -> None:
        xtest.fake_input(self.display, kind, detail, x=x, y=y)
        self.display.sync()

    def move(self, x: int, y: int) -> None:
        self._fake(X.MotionNotify, x=x, y=y)

    def button(self, number: int = 1, *, down: bool = True, up: bool = True) -> None:
        if down:
            self._fake(X.ButtonPress, number)
        if up:
            self._fake(X.ButtonRelease, number)

    def keys(self, *names: str) -> None:
        codes = [self.display.keysym_to_keycode(XK.string_to_keysym(name)) for name in names]
        for code in codes:
            self._fake(X.KeyPress, code)
        for code in reversed(codes):
            self._fake(X.KeyRelease, code)

    def type(self, text: str) -> None:
        for letter in text:
            shift = ["Shift_L"] if letter.isupper() else []
            self.keys(*shift, {" ": "space", ".": "period"}.get(letter, letter.lower()))

    def close(self) -> None:
        self.display.close()


class Heard:
    """Takes events and keeps them."""

    def __init__(self) -> None:
        self.items: list[Any] = []

    def submit(self, items: list[Any]) -> None:
        self.items += items

    def until(self, count: int) -> list[Event]:
        wait_until(lambda: len(self.items) >= count, timeout=20, what=f"{count} events")
        return self.items


def test_events_are_heard_in_order_with_their_names_and_letters(person: Desk) -> None:
    hand, heard = Hand(person.display), Heard()
    with KeyboardAndMouse(person.display, heard):
        hand.move(100, 120)
        hand.button()
        hand.type("Ab c")
        hand.keys("Control_L", "s")
        hand.move(300, 200)
        hand.button(5)
        hand.button(up=False)
        hand.move(500, 400)
        hand.button(down=False)
        hand.keys("KP_Enter")
        events = heard.until(24)
    hand.close()
    assert read(events) == [
        Click(at=ScreenPoint(100, 120)),
        Type(text="Ab c"),
        Key(keys=("ctrl", "s")),
        Scroll(at=ScreenPoint(300, 200), dy=1),
        Drag(path=(ScreenPoint(300, 200), ScreenPoint(500, 400))),
        Key(keys=("enter",)),
    ]


def test_letters_come_from_the_keyboards_own_map(person: Desk) -> None:
    connection = display.Display(person.display)
    try:
        code = 200
        connection.change_keyboard_mapping(
            code, [[XK.XK_q, XK.XK_Q, 0x6CA, 0x6EA, XK.XK_at, 0x1E9E | 1 << 24]]
        )
        connection.change_keyboard_mapping(code + 1, [[0xFE51, 0xFE51]])
        connection.sync()
        keyboard = Keyboard(connection)
        wait_until(lambda: keyboard.named(code) == "q", timeout=5, what="the new map")
        assert [keyboard.written(code, state) for state in (0, X.ShiftMask, X.LockMask)] == ["q", "Q", "Q"]
        assert keyboard.written(code, 1 << 13) == "й", "the second layout"
        assert keyboard.written(code, X.Mod5Mask) == "@"
        assert keyboard.written(code + 1, 0) == ""
        acute = connection.keysym_to_keycode(XK.XK_e)
        assert keyboard.written(acute, 0) == "é"
        assert keyboard.written(acute, 0) == "e"
    finally:
        connection.close()


def test_a_display_that_is_lost_ends_the_recording(person: Desk) -> None:
    heard = Heard()
    with KeyboardAndMouse(person.display, heard):
        person.lose()
        [end] = heard.until(1)
    assert not end.done
    assert "display" in end.reason


def test_the_real_desktop_is_recorded_until_the_stop_key(person: Desk, tmp_path: Path) -> None:
    person.launch("mousepad")
    person.wait_for_window()
    out, said = tmp_path / "t", tmp_path / "said"
    hand = Hand(person.display)
    with said.open("wb") as errors:
        child = subprocess.Popen(
            [*COMMAND, "record", "Write hello", "--sandbox", "host", CONSENT, "--out", str(out), "--json"],
            stdout=subprocess.PIPE,
            stderr=errors,
        )
        try:
            wait_until(lambda: b"Press" in said.read_bytes(), timeout=60, what="the recording to begin")
            hand.move(640, 400)
            hand.button()
            hand.type("hello")
            hand.keys("Return")
            steps = out / "trajectory.jsonl"
            wait_until(lambda: steps.read_text().count('"outcome"') >= 2, timeout=60, what="two steps")
            hand.keys("Shift_L", "Escape")
            output, _ = child.communicate(timeout=60)
        finally:
            child.kill()
            child.wait()
    hand.close()
    assert child.returncode == 0, said.read_text()
    assert b'"finished"' in output
    found = Trajectory.open(out)
    assert (found.header.sandbox, found.header.policy) == ("host", "person")
    assert actions(found.steps)[:-1] == [Click(at=ScreenPoint(640, 400)), Type(text="hello", submit=True)]
    hit = found.steps[0].target(0)
    assert hit is not None
    assert hit.box.contains(ScreenPoint(640, 400))
    assert all(step.outcomes[0].ok for step in found.steps[:-1])
    assert found.frame(found.steps[0].frame).viewport.width == 1280
    assert not (out / "files").exists()


def test_it_is_asked_about_and_another_word_is_no_agreement(person: Desk, tmp_path: Path) -> None:
    line = ("record", "--sandbox", "host", "--out", str(tmp_path / "o"))
    code, shown = on_terminal(*line, answer=("to let it:", "drive"))
    assert code == 1, shown
    assert "record your real desktop" in shown
    assert "Shift+Esc\x1b[0m ends the recording" in shown
    assert not (tmp_path / "o").exists()


def test_without_a_terminal_nobody_can_agree(person: Desk) -> None:
    done = deskhand("record", "--sandbox", "host")
    assert done.returncode == 2
    assert CONSENT in done.stderr
