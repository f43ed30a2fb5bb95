"""The hand, through a real sandbox: what arrives at programs is what was asked, and nothing stays down."""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from deskhand.actions.geometry import Box, ScreenPoint
from deskhand.actions.keys import KEYS, forbidden_chord
from deskhand.actions.vocabulary import (
    LONGEST_TEXT,
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
    OpenApp,
    Scroll,
    TakeNote,
    Type,
    Zoom,
)
from deskhand.errors import SandboxError
from deskhand.perception.watch.settle import settle
from deskhand.sandbox.lightbox import Lightbox
from deskhand.waiting import wait_until
from tests.conftest import few

pytestmark = pytest.mark.lightbox

# A window over the whole screen that writes down every press, release and motion it is told of.
RECORDER = """
import json
from Xlib import X, XK, display
d = display.Display()
screen = d.screen()
w = screen.root.create_window(0, 0, 1280, 800, 0, screen.root_depth, override_redirect=False, event_mask=
    X.ButtonPressMask | X.ButtonReleaseMask | X.PointerMotionMask | X.KeyPressMask | X.KeyReleaseMask)
w.set_wm_name("recorder"); w.set_wm_class("recorder", "recorder"); w.map(); d.sync()
names = {X.ButtonPress: "press", X.ButtonRelease: "release", X.MotionNotify: "motion",
         X.KeyPress: "key", X.KeyRelease: "key up"}
with open("events", "w") as file:
    while True:
        e = d.next_event()
        if e.type in names:
            line = {"what": names[e.type], "detail": e.detail, "at": [e.root_x, e.root_y],
                    "time": e.time, "state": e.state}
            file.write(json.dumps(line) + "\\n"); file.flush()
"""
SHIFT, CONTROL = 1, 4
KEYMAP = """
import json, sys
from Xlib import display
from deskhand.actions.executor import Executor
from deskhand.actions.keys import KEYS, forbidden_chord
hand, d = Executor(), display.Display()
found = {}
def down():
    return [n * 8 + bit for n, byte in enumerate(d.query_keymap()) for bit in range(8) if byte >> bit & 1]
for key in sorted(KEYS):
    outcome = hand.perform({"kind": "key_down", "key": key})
    symbols = [int(s) for code in down() for s in d.get_keyboard_mapping(code, 1)[0] if s]
    hand.perform({"kind": "key_up", "key": key})
    found[key] = [outcome["status"], outcome["reason"], symbols, down()]
print(json.dumps(found))
"""
BROKEN = """
import json
from Xlib import display
from deskhand.actions.executor import Executor
def held():
    d = display.Display()
    return [d.screen().root.query_pointer().mask & 0x1f00, sum(d.query_keymap())]
hand, found = Executor(), []
hand._typist._display.close()  # half of the hand has lost its display, as when the server cuts it off
for action in (
    {"kind": "key", "keys": ["ctrl", "shift", "a"]},
    {"kind": "key", "keys": ["a"]},
    {"kind": "key_down", "key": "b"},
    {"kind": "scroll", "dy": 2, "hold": ["ctrl"], "at": {"x": 5, "y": 5}},
    {"kind": "type", "text": "x"},
):
    found.append([hand.perform(action)["status"], held()])
hand.perform({"kind": "mouse_down", "at": {"x": 300, "y": 300}})
hand.perform({"kind": "key_down", "key": "shift"})
hand.release_all()
found.append(["ok", held()])
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def keymap() -> Any:
    """For every key: the outcome, its reason, what it pressed, what was down afterwards. A desktop of its
    own, since some keys make the window manager show something."""
    with Lightbox() as desktop:
        return told(desktop, KEYMAP)


@pytest.fixture
def recorder(box: Lightbox) -> Iterator[Lightbox]:
    """A lightbox with a window that writes down what it is told."""
    box.launch("python3", ["-c", RECORDER])
    settle(box.screenshot, quiet=0.2)
    yield box
    box.run(["pkill", "-f", "recorder"])
    wait_until(lambda: not box.windows(), timeout=10, what="the recorder to go")


def do(box: Lightbox, *actions: Action) -> None:
    for action in actions:
        outcome = box.perform(action)
        assert outcome.ok, f"{action}: {outcome}"


def events(box: Lightbox, *kinds: str) -> list[dict[str, Any]]:
    """What the recorder wrote; input is complete when the server has answered a question."""
    wait_until(lambda: b"release" in box.read_file("events"), timeout=5, what="the recorder's events")
    found = [json.loads(line) for line in box.read_file("events").splitlines()]
    return [event for event in found if event["what"] in kinds]


def told(box: Lightbox, program: str) -> Any:
    done = box.run(["python3", "-c", program], timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout.splitlines()[-1])


def held(box: Lightbox) -> Any:
    """Buttons and keys that the display says are down."""
    return told(
        box,
        "import json\nfrom Xlib import display\nd = display.Display()\n"
        "print(json.dumps([d.screen().root.query_pointer().mask & 0x1f00, sum(d.query_keymap())]))",
    )


def test_every_key_presses_something_or_is_refused_with_a_reason(keymap: Any) -> None:
    for key, (status, reason, symbols, still) in keymap.items():
        assert still == [], f"{key} stayed down"
        if status == "ok":
            assert symbols, f"{key} silently did nothing"
        else:
            assert status == "refused", key
            assert reason
            assert symbols == []


def test_named_keys_are_the_keys_of_that_name(keymap: Any) -> None:
    wanted = {
        **{"enter": 0xFF0D, "tab": 0xFF09, "backspace": 0xFF08, "delete": 0xFFFF, "esc": 0xFF1B},
        **{"home": 0xFF50, "end": 0xFF57, "pageup": 0xFF55, "pagedown": 0xFF56, "up": 0xFF52},
        **{"down": 0xFF54, "left": 0xFF51, "right": 0xFF53, "f1": 0xFFBE, "f12": 0xFFC9, "apps": 0xFF67},
        **{"ctrl": 0xFFE3, "shift": 0xFFE1, "alt": 0xFFE9, "win": 0xFFEB, "ctrlright": 0xFFE4},
        **{"space": 0x20, "insert": 0xFF63, "printscreen": 0xFF61, "pause": 0xFF13, "num5": 0xFFB5},
    }
    assert {key: symbol for key, symbol in wanted.items() if symbol not in keymap[key][2]} == {}


def test_what_no_keyboard_here_has_is_refused_not_forgotten(keymap: Any) -> None:
    refused = {key for key, (status, *_) in keymap.items() if status == "refused"}
    assert refused <= {f"f{n}" for n in range(13, 25)} | {
        *("browserback", "browserforward", "browserrefresh", "browserhome", "playpause", "stop"),
        *("nexttrack", "prevtrack", "volumemute", "volumedown", "volumeup", "scrolllock"),
    }


def test_printable_keys_and_the_number_pad_write_their_character(lightbox: Lightbox) -> None:
    printable = sorted(key for key in KEYS if len(key) == 1)
    pad = {f"num{n}": str(n) for n in range(10)} | {
        **{"add": "+", "subtract": "-", "multiply": "*", "divide": "/", "decimal": "."},
    }
    lightbox.launch("mousepad")
    do(lightbox, *(Key(keys=(key,)) for key in (*printable, "space", *pad)))
    do(lightbox, Key(keys=("ctrl", "s")))
    wait_until(lambda: "Save As" in str(lightbox.windows()), timeout=20, what="the dialog")
    settle(lightbox.screenshot, quiet=0.4)
    do(lightbox, Type(text="keys.txt", submit=True))
    wait_until(lambda: lightbox.files(), timeout=10, what="the saved file")
    assert lightbox.read_file("keys.txt").decode().rstrip("\n") == "".join([*printable, " ", *pad.values()])


@pytest.mark.parametrize("character", few(["<", "A", "€", "ß", ">", "|", "~"], 4))
def test_a_chord_with_a_shifted_character_is_pressed_or_no_action_at_all(
    recorder: Lightbox, character: str
) -> None:
    if character not in KEYS:
        if character == "A":
            assert Key(keys=(character,)).keys == ("a",), "keys are keys, not characters"
        else:
            with pytest.raises(ValidationError, match="no key named"):
                Key(keys=(character,))
        return
    do(recorder, Key(keys=("ctrl", character)), Click(at=ScreenPoint(300, 300)))
    pressed = events(recorder, "key")
    assert pressed[-1]["state"] & CONTROL
    # A keyboard of 105 keys has a key for "<" alone; the others stand in a shifted column.
    assert character == "<" or pressed[-1]["state"] & SHIFT
    assert held(recorder) == [0, 0]


def test_a_held_shift_survives_a_shifted_character(recorder: Lightbox) -> None:
    do(recorder, KeyDown(key="shift"), Key(keys=("<",)), Type(text="A<"), Click(at=ScreenPoint(300, 300)))
    click = events(recorder, "press")[-1]
    do(recorder, KeyUp(key="shift"))
    assert click["state"] & SHIFT
    assert held(recorder) == [0, 0]


def test_text_that_cannot_be_typed_is_refused_whole(recorder: Lightbox) -> None:
    for text in ("before\0after", "bell\a", "del\x7f"):
        outcome = recorder.perform(Type(text=text))
        assert outcome.status == "refused"
        assert "U+" in outcome.reason
    do(recorder, Click(at=ScreenPoint(300, 300)))
    assert events(recorder, "key") == [], "no part of it was typed"


def test_text_is_typed_exactly_also_with_caps_lock_on(lightbox: Lightbox) -> None:
    lightbox.launch("xterm", ["-e", "stty -icanon; head -c 4 > typed.txt"])
    settle(lightbox.screenshot, quiet=0.3)
    do(lightbox, Key(keys=("capslock",)), Type(text="aB<>"))
    wait_until(lambda: not lightbox.windows(), timeout=30, what="head to have it all")
    assert lightbox.read_file("typed.txt") == b"aB<>"


def test_text_up_to_the_bound_is_typed_and_beyond_it_is_no_action(lightbox: Lightbox) -> None:
    text = ("The quick brown fox, 42 <times>. " * 700)[:LONGEST_TEXT]
    lightbox.launch("xterm", ["-e", "stty -icanon; head -c 20000 > typed.txt"])
    settle(lightbox.screenshot, quiet=0.3)
    do(lightbox, Type(text=text))
    wait_until(lambda: lightbox.read_file("typed.txt"), timeout=30, what="the typed text")
    wait_until(lambda: not lightbox.windows(), timeout=30, what="head to have it all")
    assert lightbox.read_file("typed.txt").decode() == text
    with pytest.raises(ValidationError):
        Type(text=text + "x")


def test_a_long_press_holds_the_button_for_its_time(recorder: Lightbox) -> None:
    do(recorder, LongPress(at=ScreenPoint(400, 300), seconds=0.6))
    press, release = events(recorder, "press", "release")
    assert (press["detail"], press["at"], release["at"]) == (1, [400, 300], [400, 300])
    assert release["time"] - press["time"] >= 590


def test_a_drag_goes_through_every_point_in_order_with_the_button_down(recorder: Lightbox) -> None:
    path = tuple(
        ScreenPoint(640 + round(200 * math.cos(n / 20)), 400 + round(200 * math.sin(n / 20)))
        for n in range(120)
    )
    do(recorder, Drag(path=path, button="right", hold=("shift",)))
    press, release = events(recorder, "press", "release")
    assert (press["detail"], press["at"]) == (3, [path[0].x, path[0].y])
    assert release["at"] == [path[-1].x, path[-1].y]
    assert press["state"] & SHIFT
    motions = [e["at"] for e in events(recorder, "motion") if press["time"] <= e["time"] <= release["time"]]
    visited = iter(motions)
    assert all([p.x, p.y] in visited for p in path[1:]), "each point after the one before it"
    assert held(recorder) == [0, 0]


def test_a_drag_of_two_points_is_a_movement_not_a_jump(recorder: Lightbox) -> None:
    do(recorder, Drag(path=(ScreenPoint(100, 100), ScreenPoint(500, 100))))
    press, release = events(recorder, "press", "release")
    between = [e for e in events(recorder, "motion") if press["time"] < e["time"] < release["time"]]
    assert len(between) >= 4


def test_clicks_have_their_count_button_and_held_keys(recorder: Lightbox) -> None:
    at = ScreenPoint(500, 400)
    do(recorder, Click(at=at, count=3, button="middle", hold=("ctrl",)))
    presses = events(recorder, "press")
    assert [(e["detail"], e["at"]) for e in presses] == [(2, [500, 400])] * 3
    assert all(e["state"] & CONTROL for e in presses)
    assert presses[-1]["time"] - presses[0]["time"] < 400, "three presses are one triple click"


def test_the_side_buttons_and_what_is_done_at_the_pointer(recorder: Lightbox) -> None:
    do(recorder, Move(at=ScreenPoint(400, 300)), Click(button="back"), Click(button="forward", count=2))
    do(recorder, Click(), Drag(path=(ScreenPoint(500, 350),)))
    pressed = [(event["detail"], event["at"]) for event in events(recorder, "press")]
    assert pressed == [(button, [400, 300]) for button in (8, 9, 9, 1, 1)]
    assert events(recorder, "release")[-1]["at"] == [500, 350]


def test_a_key_is_repeated_and_held_for_its_time(recorder: Lightbox) -> None:
    do(recorder, Click(at=ScreenPoint(640, 400)), Key(keys=("ctrl", "a"), times=3))
    do(recorder, Key(keys=("x",), seconds=0.6), Move(at=ScreenPoint(30, 40), hold=("shift",)))
    do(recorder, Click())
    wait_until(lambda: len(events(recorder, "press")) == 2, timeout=5, what="the last click")
    control, *rest = events(recorder, "key", "key up")
    a = rest[0]["detail"]
    assert [event["what"] for event in rest if event["detail"] == a] == ["key", "key up"] * 3
    ends = [event["time"] for event in rest if event["detail"] == control["detail"]]
    assert ends[-1] >= max(event["time"] for event in rest if event["detail"] == a), "held all the while"
    x = [event["time"] for event in rest if event["time"] > ends[-1]]
    assert max(x[:-2]) - x[0] >= 550, "the last two events are of shift"
    assert any(event["state"] & SHIFT for event in events(recorder, "motion"))


def test_a_closer_look_and_a_note_do_nothing_on_the_screen(recorder: Lightbox) -> None:
    do(recorder, TakeNote(text="4711"), Zoom(region=Box(10, 10, 60, 60)), Click(at=ScreenPoint(300, 300)))
    assert len(events(recorder, "press")) == 1 and not events(recorder, "key")
    assert recorder.perform(Zoom(region=Box(1270, 10, 1290, 60))).status == "refused"


def test_the_wheel_turns_by_notches_both_ways(recorder: Lightbox) -> None:
    do(recorder, Scroll(at=ScreenPoint(500, 400), dy=3), Scroll(dy=-2), Scroll(dx=2), Scroll(dx=-1, dy=1))
    found = [e["detail"] for e in events(recorder, "press")]
    assert found == [5, 5, 5, 4, 4, 7, 7, 5, 6]


def test_a_button_held_over_two_actions_is_a_drag(recorder: Lightbox) -> None:
    start, end = ScreenPoint(200, 200), ScreenPoint(300, 250)
    do(recorder, MouseDown(at=start), Move(at=end), MouseUp())
    press, release = events(recorder, "press", "release")
    assert (press["at"], release["at"]) == ([200, 200], [300, 250])


def test_alt_tab_goes_to_the_other_window_each_time(lightbox: Lightbox) -> None:
    for program in ("xterm", "mousepad"):
        lightbox.launch(program)

    def active() -> str:
        return next((str(window["class"]).lower() for window in lightbox.windows() if window["active"]), "")

    for wanted in ("xterm", "mousepad", "xterm", "mousepad"):
        do(lightbox, Key(keys=("alt", "tab")))
        wait_until(lambda wanted=wanted: wanted in active(), timeout=5, what=f"{wanted} to have the keyboard")


def test_keys_do_not_overtake_a_click_that_the_window_manager_holds_back(lightbox: Lightbox) -> None:
    for name in ("first", "second"):
        lightbox.launch("xterm", ["-T", name, "-e", "sh", "-c", f'read line; echo "$line" > {name}.txt'])
    boxes = {surface["title"]: surface["box"] for surface in lightbox.surfaces()}
    (left, top, right, bottom), other = boxes["first"], boxes["second"]
    corners = [ScreenPoint(x, y) for x in (left + 9, right - 9) for y in (top + 40, bottom - 9)]
    at = next(c for c in corners if not (other[0] <= c.x < other[2] and other[1] <= c.y < other[3]))
    lightbox.run(["pkill", "-STOP", "openbox"])
    hand = threading.Thread(target=do, args=(lightbox, Click(at=at), Type(text="here\n")))
    hand.start()
    hand.join(2)  # without the wait all keys are sent by now
    lightbox.run(["pkill", "-CONT", "openbox"])
    hand.join(60)
    wait_until(lambda: any(file.size for file in lightbox.files()), timeout=60, what="the line to be read")
    assert [(file.path, lightbox.read_file(file.path)) for file in lightbox.files()] == [
        ("first.txt", b"here\n")
    ]


def test_nothing_stays_down_after_an_action_that_failed_on_the_way(box: Lightbox) -> None:
    found = told(box, BROKEN)
    assert [status for status, _ in found[:-1]] == ["failed"] * 5
    assert [down for _, down in found] == [[0, 0]] * 6


def test_a_refused_action_releases_only_what_it_pressed_itself(box: Lightbox) -> None:
    do(box, KeyDown(key="shift"))
    assert box.perform(OpenApp(name="nothing of this name")).status == "refused"
    assert held(box)[1] != 0, "shift was pressed by an earlier action and stays"
    do(box, KeyUp(key="shift"))
    assert held(box) == [0, 0]


@pytest.mark.parametrize("name", ["Mousepad", "mousepad", "MOUSEPAD", " Mousepad ", "org.xfce.mousepad"])
def test_an_application_opens_by_the_name_of_its_entry(box: Lightbox, name: str) -> None:
    do(box, OpenApp(name=name))
    assert any("mousepad" in window["class"].lower() for window in box.windows())
    box.run(["pkill", "mousepad"])
    wait_until(lambda: not box.windows(), timeout=10, what="the editor to go")


@pytest.mark.parametrize(
    "name",
    [
        *("sh", "python3", "xclip", "/usr/bin/mousepad", "mousepad --preferences", "mousepad; id"),
        *("../org.xfce.mousepad", "org.xfce.mousepad.desktop/../x", "*", "%U", "-e", "Openbox", "x" * 200),
    ],
)
def test_a_name_that_is_no_entry_opens_nothing(box: Lightbox, name: str) -> None:
    outcome = box.perform(OpenApp(name=name))
    assert outcome.status == "refused"
    assert "installed" in outcome.reason
    assert box.windows() == []


def test_an_application_that_ends_at_once_has_failed_not_been_refused(lightbox: Lightbox) -> None:
    """Refused says that nothing was done; here something ran."""
    with pytest.raises(SandboxError, match="ended with status"):
        lightbox.launch("false")


def test_forbidden_chords_are_refused_by_the_guest_too(box: Lightbox) -> None:
    """The host's gate judges a chord alone; only the hand knows which keys are down."""
    do(box, KeyDown(key="ctrlleft"), KeyDown(key="altright"))
    outcome = box.perform(Key(keys=("f1",)))
    do(box, KeyUp(key="altright"), KeyUp(key="ctrlleft"))
    assert outcome.status == "refused"
    assert forbidden_chord(["ctrlleft", "altright", "f1"]) == outcome.reason


@pytest.mark.parametrize(
    ("held", "action"),
    [
        (("shift",), Key(keys=("esc",))),
        (("shift",), Type(text="\x1b")),
        (("esc",), Click(at=ScreenPoint(600, 700), hold=("shift",))),
        (("esc",), KeyDown(key="?")),
        ((), Key(keys=("?", "esc"))),
        (("ctrl", "alt"), Type(text="a\bc")),
        (("ctrl", "alt"), Type(text="", clear=True)),
    ],
    ids=str,
)
def test_a_forbidden_chord_cannot_be_put_together_in_another_way(
    box: Lightbox, held: tuple[str, ...], action: Action
) -> None:
    """By text that is a key, by a click that holds, by a character that needs shift."""
    do(box, *(KeyDown(key=key) for key in held))
    outcome = box.perform(action)
    do(box, *(KeyUp(key=key) for key in reversed(held)))
    assert outcome.status == "refused"
    assert "is forbidden" in outcome.reason
