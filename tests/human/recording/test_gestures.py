"""Raw events are read as what a person meant by them."""

from __future__ import annotations

import string
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deskhand.actions.geometry import ScreenPoint
from deskhand.actions.vocabulary import Action, Click, Drag, Key, LongPress, Scroll, Type, Wait
from deskhand.human.recording.events import Event
from deskhand.human.recording.gestures import MOST_NOTCHES, SLACK, Gestures
from deskhand.human.recording.strokes import MOST_POINTS, distance, simplified
from tests.human.recording.hands import HandOf, acted, read

HERE = ScreenPoint(100, 100)
NEAR = ScreenPoint(102, 101)
FAR = ScreenPoint(300, 200)

points = st.builds(ScreenPoint, st.integers(0, 1279), st.integers(0, 799))
buttons = st.sampled_from(["left", "middle", "right"])
holds = st.lists(st.sampled_from(["ctrl", "shift", "alt"]), unique=True, max_size=2).map(tuple)
letters = string.ascii_letters + string.digits + " .,;:-_!?@#äöüßéñ漢字🙂"
texts = st.text(letters, min_size=1, max_size=40).filter(lambda text: text != " ")
specials = st.sampled_from("enter tab esc up down left right home end pageup delete f5 f11".split())
paths = (
    st.lists(points, min_size=2, max_size=30)
    .map(simplified)
    .filter(lambda path: any(distance(path[0], point) > SLACK for point in path))
)
notches = st.integers(-20, 20)
actions: st.SearchStrategy[Action] = st.one_of(
    st.builds(Click, at=points, button=buttons, count=st.integers(1, 3), hold=holds),
    st.builds(LongPress, at=points, seconds=st.integers(8, 300).map(lambda tenths: tenths / 10)),
    st.builds(Drag, path=paths, button=buttons, hold=holds),
    st.builds(Scroll, at=points, dx=notches, dy=notches, hold=holds).filter(
        lambda one: bool(one.dx or one.dy)
    ),
    st.builds(Type, text=texts, submit=st.booleans()),
    st.builds(lambda hold, key: Key(keys=(*hold, key)), holds, specials),
    st.builds(lambda hold, key: Key(keys=("ctrl", *hold, key)), st.just(()), st.sampled_from("acsvxz")),
)


@given(actions)
def test_the_events_of_an_action_are_read_as_that_action(action: Action) -> None:
    assert read(acted(action)) == [action]


@given(st.lists(actions, min_size=1, max_size=6))
@settings(max_examples=50)
def test_so_are_those_of_several_in_their_order(several: list[Action]) -> None:
    assert read(acted(*several)) == several


@given(st.lists(actions, min_size=1, max_size=4))
@settings(max_examples=50)
def test_asking_for_what_is_complete_meanwhile_changes_nothing(several: list[Action]) -> None:
    assert read(acted(*several), ticks=True) == several


events = st.builds(
    Event,
    kind=st.sampled_from(["press", "release", "move", "wheel", "key_down", "key_up", "text"]),
    seconds=st.just(0.0),
    at=points,
    button=buttons,
    key=st.sampled_from(["ctrl", "shift", "win", "a", "enter", "backspace", ""]),
    text=st.sampled_from(["", "a", "ä"]),
    dx=st.integers(-20, 20),
    dy=st.integers(-20, 20),
)


@given(st.lists(st.tuples(events, st.floats(0, 5)), max_size=40))
def test_whatever_comes_in_valid_actions_come_out_in_order(stream: list[tuple[Event, float]]) -> None:
    hand, gestures, done = HandOf(), Gestures(), []
    for event, after in stream:
        hand.add(event, after)
        done += gestures.feed(hand.events[-1])
    done += gestures.finish(hand.seconds)
    assert gestures.began is None
    assert all(one.began <= one.ended <= other.ended for one, other in pairwise(done))
    for gesture in done:
        type(gesture.action).model_validate(gesture.action.model_dump())


def test_a_hand_may_tremble_between_pressing_and_releasing() -> None:
    hand = HandOf()
    hand.press(HERE)
    hand.release(NEAR)
    assert read(hand.events) == [Click(at=HERE)]


@pytest.mark.parametrize(
    ("place", "after", "expected"),
    [
        (NEAR, 0.3, [Click(at=HERE, count=2)]),
        (FAR, 0.3, [Click(at=HERE), Click(at=FAR)]),
        (HERE, 0.7, [Click(at=HERE), Click(at=HERE)]),
    ],
)
def test_two_clicks_are_one_double_click_if_near_and_soon(
    place: ScreenPoint, after: float, expected: list[Action]
) -> None:
    hand = HandOf()
    hand.press(HERE)
    hand.release(HERE)
    hand.press(place, after=after)
    hand.release(place)
    assert read(hand.events) == expected


def test_a_fourth_click_begins_anew() -> None:
    hand = HandOf()
    for _ in range(4):
        hand.press(HERE)
        hand.release(HERE)
    assert read(hand.events) == [Click(at=HERE, count=3), Click(at=HERE)]


def test_a_click_with_another_button_is_another_click() -> None:
    hand = HandOf()
    for button in ("left", "right"):
        hand.press(HERE, button)
        hand.release(HERE, button)
    assert read(hand.events) == [Click(at=HERE), Click(at=HERE, button="right")]


def test_a_long_path_is_told_by_few_points() -> None:
    path = [ScreenPoint(n, 100 + (n * n * 7919) % 60) for n in range(1000)]
    hand = HandOf()
    hand.press(path[0])
    for point in path:
        hand.add(Event("move", 0, at=point), 0.001)
    hand.release(path[-1])
    [drag] = read(hand.events)
    assert isinstance(drag, Drag)
    assert 2 <= len(drag.path) <= MOST_POINTS
    assert (drag.path[0], drag.path[-1]) == (path[0], path[-1])


def test_a_straight_line_is_told_by_its_ends() -> None:
    assert simplified([ScreenPoint(n, 2 * n) for n in range(100)]) == (
        ScreenPoint(0, 0),
        ScreenPoint(99, 198),
    )


def test_backspace_mends_what_was_just_typed() -> None:
    hand = HandOf()
    for letter in "helo":
        hand.key(letter, letter)
    hand.key("backspace")
    hand.key("l", "l")
    hand.key("o", "o")
    hand.key("enter")
    assert read(hand.events) == [Type(text="hello", submit=True)]


def test_what_was_typed_and_all_taken_back_was_nothing() -> None:
    hand = HandOf()
    hand.key("a", "a")
    hand.key("backspace")
    hand.key("backspace")
    assert read(hand.events) == [Key(keys=("backspace",))], "only the second one took something else away"


def test_text_of_an_input_method_belongs_to_what_is_typed() -> None:
    hand = HandOf()
    hand.key("a", "a")
    hand.add(Event("text", 0, text="漢字"))
    assert read(hand.events) == [Type(text="a漢字")]


def test_shift_is_part_of_a_letter_and_of_no_chord() -> None:
    hand = HandOf()
    hand.hold(["shift"])
    hand.key("a", "A")
    hand.hold(["shift"], "key_up")
    hand.key("b", "b")
    assert read(hand.events) == [Type(text="Ab")]


def test_each_line_that_is_entered_is_a_text_of_its_own() -> None:
    assert read(acted(Type(text="a\nb"))) == [Type(text="a\nb")], "the same run if no key came between"
    hand = HandOf()
    for key, text in (("a", "a"), ("enter", ""), ("b", "b")):
        hand.key(key, text)
    assert read(hand.events) == [Type(text="a", submit=True), Type(text="b")]


def test_a_space_alone_is_a_key() -> None:
    hand = HandOf()
    hand.key("space", " ")
    assert read(hand.events) == [Key(keys=("space",))]


@pytest.mark.parametrize("key", ["ctrl", "shift", "alt"])
def test_a_modifier_alone_means_nothing(key: str) -> None:
    hand = HandOf()
    hand.key(key)
    assert read(hand.events) == []


def test_the_key_of_a_desktops_menu_means_something_alone() -> None:
    hand = HandOf()
    hand.key("win")
    assert read(hand.events) == [Key(keys=("win",))]
    hand = HandOf()
    hand.hold(["win"])
    hand.key("e", "e")
    hand.hold(["win"], "key_up")
    assert read(hand.events) == [Key(keys=("win", "e"))]


def test_a_chord_is_pressed_as_often_as_its_last_key() -> None:
    hand = HandOf()
    hand.hold(["alt"])
    hand.key("tab")
    hand.key("tab")
    hand.hold(["alt"], "key_up")
    assert read(hand.events) == [Key(keys=("alt", "tab"))] * 2


def test_notches_are_joined_up_to_a_bound() -> None:
    hand = HandOf()
    for _ in range(MOST_NOTCHES + 20):
        hand.add(Event("wheel", 0, at=HERE, dy=1))
    assert read(hand.events) == [Scroll(at=HERE, dy=MOST_NOTCHES), Scroll(at=HERE, dy=20)]


def test_turning_to_and_fro_is_nothing() -> None:
    hand = HandOf()
    hand.add(Event("wheel", 0, at=HERE, dy=1))
    hand.add(Event("wheel", 0, at=HERE, dy=-1))
    assert read(hand.events) == []


@pytest.mark.parametrize(("pause", "waits"), [(2.0, None), (7.0, 7.0), (1000.0, 60.0)])
def test_a_pause_is_a_wait_within_bounds(pause: float, waits: float | None) -> None:
    hand = HandOf()
    hand.key("enter")
    hand.key("tab", after=pause)
    waited = [] if waits is None else [Wait(seconds=waits)]
    assert read(hand.events) == [Key(keys=("enter",)), *waited, Key(keys=("tab",))]


def test_a_pause_before_anything_was_done_is_none() -> None:
    hand = HandOf(1000.0)
    hand.key("tab", after=60.0)
    assert read(hand.events) == [Key(keys=("tab",))]


def test_what_is_down_at_the_end_is_released() -> None:
    hand = HandOf()
    hand.hold(["ctrl"])
    hand.press(HERE)
    hand.add(Event("move", 0, at=FAR))
    assert read(hand.events) == [Drag(path=(HERE, FAR), hold=("ctrl",))]


def test_a_key_in_the_middle_of_a_drag_ends_it() -> None:
    hand = HandOf()
    hand.press(HERE)
    hand.add(Event("move", 0, at=FAR))
    hand.key("esc")
    hand.release(FAR)
    assert read(hand.events) == [Drag(path=(HERE, FAR)), Key(keys=("esc",))]


def test_a_gesture_tells_when_it_began_and_ended() -> None:
    gestures = Gestures()
    assert gestures.feed(Event("press", 1.0, at=HERE)) == ()
    assert gestures.began == 1.0
    assert gestures.feed(Event("release", 1.1, at=HERE)) == ()
    assert gestures.tick(1.2) == ()
    [gesture] = gestures.tick(2.0)
    assert (gesture.began, gesture.ended, gesture.action) == (1.0, 1.1, Click(at=HERE))
