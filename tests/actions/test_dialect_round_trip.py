"""What a dialect writes, it reads back: for every kind of action, any text and any screen."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from deskhand.actions import dialects
from deskhand.actions.dialects.contract import check_dialect
from deskhand.actions.geometry import Box, ScreenPoint, Viewport
from deskhand.actions.keys import KEYS, MODIFIERS
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
    MouseDown,
    MouseUp,
    Move,
    OpenApp,
    PressBack,
    PressHome,
    Scroll,
    TakeNote,
    TakeScreenshot,
    Type,
    Wait,
    Zoom,
    points_of,
)
from deskhand.errors import NotExpressible
from tests.conftest import EVERYTHING

SCREEN = Viewport(1920, 1080)
FULL = settings(deadline=None, derandomize=True, max_examples=150 if EVERYTHING else 20)

# pieces of which hostile texts are made: everything that means something to a reader of replies
PIECES = [
    "'",
    '"',
    "`",
    "‘",
    "’",
    "“",
    "\\",
    "\\n",
    "\\'",
    "\n",
    "\r",
    "\t",
    " ",
    ")",
    "(",
    "')",
    "'\n",
    '")',
    "', ",
    "', start_box='(1,2)')",
    ")\n",
    "Action:",
    "\nAction: ",
    "Thought:",
    "click(start_box='(1,2)')",
    "\nwait()",
    "finished()",
    "</point>",
    "<point>",
    "</parameter>",
    "<parameter=content>",
    "</function>",
    "<function=click>",
    "<function",
    "</seed:tool_call>",
    "<seed:tool_call>",
    "<tool_call>",
    "</tool_call>",
    "<think>",
    "</think>",
    "</gui_think>",
    "<gui_think>",
    "<|im_end|>",
    "</s>",
    "<|box_start|>",
    "```",
    "```\n",
    "{",
    "}",
    '{"action": "wait"}',
    "<",
    "<\\",
    "<\\/",
    "</",
    "<p",
    "<s",
    "\\/",
    "a",
    "z",
    "#",
    ",",
    ";",
    "，",
    "）",
    "\u200b",
    "\ufeff",
    "\u00a0",
    "\u2028",
    "\x00",
    "\x1b[31m",
    "\x7f",
    "\x85",
    "你",
    "😀",
    "e\u0301",
    "\U000e0001",
    "=",
    "content=",
]
texts = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=8).map("".join),
    st.text(max_size=40),
)
keys = st.sampled_from(sorted(KEYS))


def points(screen: Viewport) -> st.SearchStrategy[ScreenPoint]:
    return st.builds(ScreenPoint, st.integers(0, screen.width - 1), st.integers(0, screen.height - 1))


def actions(screen: Viewport) -> st.SearchStrategy[Action]:
    point = points(screen)
    buttons = st.sampled_from(["left", "middle", "right", "back"])
    hold = st.lists(st.sampled_from(sorted(MODIFIERS)), max_size=1).map(tuple)
    notches = st.integers(-100, 100)
    maybe = st.none() | texts
    return st.one_of(
        st.builds(Click, at=st.none() | point, button=buttons, count=st.integers(1, 3), hold=hold),
        st.builds(Move, at=point, hold=hold),
        st.builds(Drag, path=st.lists(point, min_size=1, max_size=3).map(tuple), button=buttons),
        st.builds(Scroll, at=st.none() | point, dx=notches),
        st.builds(Scroll, at=st.none() | point, dy=notches),
        st.builds(Type, text=texts, submit=st.booleans(), clear=st.booleans()),
        st.builds(Key, keys=st.lists(keys, min_size=1, max_size=5, unique=True).map(tuple)),
        st.builds(Key, keys=keys.map(lambda key: (key,)), times=st.integers(1, 100)),
        st.builds(Key, keys=keys.map(lambda key: (key,)), seconds=st.floats(0, 30)),
        st.builds(Zoom, region=st.just(Box(3, 5, screen.width // 2 + 10, screen.height))),
        st.builds(TakeNote, text=texts),
        st.builds(KeyDown, key=keys),
        st.builds(KeyUp, key=keys),
        st.builds(MouseDown, at=st.none() | point, button=buttons),
        st.builds(MouseUp, at=st.none() | point, button=buttons),
        st.builds(Wait, seconds=st.floats(0, 300)),
        st.builds(OpenApp, name=st.text(min_size=1, max_size=20)),
        st.builds(LongPress, at=point, seconds=st.floats(0.001, 30)),
        st.sampled_from([TakeScreenshot(), PressHome(), PressBack()]),
        st.builds(CallUser, question=maybe),
        st.builds(Finished, answer=maybe),
        st.builds(Infeasible, reason=maybe),
    )


screens = st.builds(Viewport, st.integers(40, 5000), st.integers(40, 5000))


def without_points(action: Action) -> dict[str, object]:
    return action.model_dump(exclude={"at", "path", "region"})


def assert_round_trip(name: str, action: Action, screen: Viewport, thought: str) -> None:
    dialect = dialects.get(name)
    try:
        text = dialect.render([action], thought, screen)
    except NotExpressible:
        return
    reply = dialect.parse(text, screen)
    (back,) = reply.actions
    assert without_points(back) == without_points(action)
    assert [r for r in reply.repairs if "no text" not in r] == []
    across, down = dialect.coordinates.size(screen)
    before, after = points_of(action), points_of(back)
    assert len(before) == len(after)
    for one, two in zip(before, after, strict=True):
        assert abs(one.x - two.x) * across / screen.width <= 1
        assert abs(one.y - two.y) * down / screen.height <= 1
    again = dialect.parse(dialect.render([back], reply.thought, screen), screen)
    assert again.actions == (back,)
    assert again.thought == reply.thought


@pytest.mark.parametrize("name", dialects.names())
@FULL
@given(data=st.data(), screen=screens, thought=texts)
def test_every_action_comes_back_to_one_unit_of_the_frame(
    name: str, data: st.DataObject, screen: Viewport, thought: str
) -> None:
    assert_round_trip(name, data.draw(actions(screen)), screen, thought)


@pytest.mark.parametrize("name", dialects.names())
@FULL
@given(text=texts, submit=st.booleans())
@example(text="it's \"fine\" \\ </point> Action: click(start_box='(1,2)')", submit=True)
def test_text_comes_back_to_the_character(name: str, text: str, submit: bool) -> None:
    for action in (Type(text=text, submit=submit), Finished(answer=text), CallUser(question=text)):
        assert_round_trip(name, action, SCREEN, "t")


@pytest.mark.parametrize("name", dialects.names())
@FULL
@given(thought=texts)
def test_a_thought_never_acts(name: str, thought: str) -> None:
    dialect = dialects.get(name)
    several: list[Action] = [Key(keys=("ctrl", "c")), Wait(seconds=2), Type(text="x")]
    reply = dialect.parse(dialect.render(several, thought, SCREEN), SCREEN)
    assert list(reply.actions) == several
    assert dialect.parse(dialect.render(several, reply.thought, SCREEN), SCREEN).thought == reply.thought


@pytest.mark.parametrize("name", dialects.names())
@FULL
@given(data=st.data())
def test_several_actions_come_back_in_order(name: str, data: st.DataObject) -> None:
    dialect = dialects.get(name)
    chosen = data.draw(st.lists(actions(SCREEN), min_size=2, max_size=5))
    try:
        text = dialect.render(chosen, "", SCREEN)
    except NotExpressible:
        return
    back = dialect.parse(text, SCREEN).actions
    assert [without_points(action) for action in back] == [without_points(action) for action in chosen]


@pytest.mark.parametrize("name", dialects.names())
def test_every_dialect_keeps_the_contract(name: str) -> None:
    check_dialect(dialects.get(name))


def test_the_contract_finds_a_dialect_that_loses_text() -> None:
    class Forgetful:
        def __init__(self) -> None:
            self.inner = dialects.get("doubao")
            self.name, self.coordinates = self.inner.name, self.inner.coordinates

        def __getattr__(self, name: str) -> object:
            return getattr(self.inner, name)

        def render(self, actions: list[Action], thought: str, viewport: Viewport) -> str:
            return self.inner.render(actions, thought, viewport).replace("\\n", " ")

    with pytest.raises(AssertionError, match="type"):
        check_dialect(Forgetful())  # type: ignore[arg-type]


def test_a_plain_thought_keeps_its_lines() -> None:
    for name in dialects.names():
        dialect = dialects.get(name)
        text = dialect.render([Wait()], "First this.\n\nThen that: (it).", SCREEN)
        assert dialect.parse(text, SCREEN).thought == "First this.\n\nThen that: (it)."


@pytest.mark.parametrize(
    "action",
    [
        Click(at=ScreenPoint(1, 2), button="back"),
        Click(at=ScreenPoint(5000, 2)),
        Drag(path=(ScreenPoint(1, 2), ScreenPoint(3, 4), ScreenPoint(5, 6))),
        Scroll(dx=1, dy=1),
    ],
)
def test_what_no_dialect_can_say_is_refused_in_words(action: Action) -> None:
    for name in dialects.names():
        with pytest.raises(NotExpressible):
            dialects.get(name).render([action], "", SCREEN)


def test_a_reply_needs_an_action_and_what_ends_a_run_stands_alone() -> None:
    dialect = dialects.get("ui-tars-2")
    refused: list[list[Action]] = [[], [Wait()] * 65, [Wait(), Finished()]]
    for chosen in refused:
        with pytest.raises(NotExpressible):
            dialect.render(chosen, "", SCREEN)


def test_the_second_generation_has_words_that_the_first_has_not() -> None:
    for action in (
        KeyDown(key="w"),
        KeyUp(key="w"),
        Move(at=ScreenPoint(1, 2)),
        TakeScreenshot(),
        MouseDown(),
    ):
        assert_round_trip("ui-tars-2", action, SCREEN, "")
        with pytest.raises(NotExpressible, match="has no word"):
            dialects.get("ui-tars-1.5").render([action], "", SCREEN)
