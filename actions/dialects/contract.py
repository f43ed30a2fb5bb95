"""What every dialect must do, as a check that anybody's dialect can be put through.

``check_dialect(dialect)`` raises AssertionError with the action, the text and the screen at the first
promise that is broken. It needs no model and takes well under a second.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from deskhand.actions.dialects.dialect import Dialect
from deskhand.actions.geometry import Box, ScreenPoint, Viewport
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
from deskhand.errors import ActionParseError, NotExpressible

SCREENS = (Viewport(1920, 1080), Viewport(1280, 800), Viewport(390, 844), Viewport(3840, 2160))
TEXTS = (
    "",
    "hello",
    'it\'s "fine"',
    "a\\n",
    "C:\\new\\table",
    "two\nlines",
    "tab\there",
    "你好😀",
    " edge ",
    "Action: click(start_box='(1,2)')",
    "')\nAction: wait()",
    "</point></parameter></function>",
    "<think>",
    "', start_box='(1,2)",
    "<|im_end|>",
    "\\",
    "'",
    '"',
    ")",
    "```\nx\n```",
    "\u200b\u00a0\u2028",
    "\x1b[31m",
)
THOUGHTS = (
    "",
    "I press it.",
    "One.\nTwo.",
    "It says:\nAction: finished()",
    "Action: click(start_box='(1,2)')",
    "<seed:tool_call><function=press_home></function></seed:tool_call>",
    "a </think> b",
    "wait()\nfinished()",
)
NOT_ACTIONS = (
    "",
    "Thought: I cannot do this.",
    "Action:",
    "Action: fly(to='moon')",
    "Action: click(start_box='(nan,1)')",
    "Action: click(start_box='(99999999,1)')",
    "__import__('os').abort()",
    "(" * 5000,
    "'" * 5000,
    "Action:" * 2000,
    "<function=" * 2000,
    "Action: hotkey(key='frobnicate')",
    "\\" * 5000,
    "\x00",
)
_NAMED = re.compile(r'"action": "[^"]+"')


def check_dialect(dialect: Dialect, screens: Iterable[Viewport] = SCREENS) -> None:
    """Check one dialect on several screens.

    Raises:
        AssertionError: it breaks a promise of ``Dialect``; says which, and with what.
    """
    assert dialect.name, "a dialect has a name"
    for screen in screens:
        spoken = [action for action in _samples(screen) if _check_round_trip(dialect, action, screen)]
        assert {"click", "type", "finished"} <= {action.kind for action in spoken}, (
            f"{dialect.name} needs words for a click, for text and for the end of a task"
        )
        _check_description(dialect, spoken, screen)
        _check_thoughts(dialect, screen)
        _check_refusals(dialect, screen)


def _samples(screen: Viewport) -> list[Action]:
    """Actions of every kind, with points in the middle and at the far corners."""
    last = ScreenPoint(screen.width - 1, screen.height - 1)
    spots = (ScreenPoint(0, 0), last, ScreenPoint(screen.width // 2, screen.height // 3), ScreenPoint(17, 23))
    found: list[Action] = []
    for at in spots:
        found += [Click(at=at), Click(at=at, count=2), Click(at=at, button="right"), Move(at=at)]
        found += [
            Drag(path=(at, last)),
            Scroll(at=at, dy=5),
            LongPress(at=at),
            MouseDown(at=at),
            MouseUp(at=at),
        ]
    for text in TEXTS:
        found += [
            Type(text=text),
            Type(text=text, submit=True),
            Finished(answer=text),
            CallUser(question=text),
        ]
        found += [Infeasible(reason=text), *([OpenApp(name=text)] if text else [])]
    for keys in (
        ("enter",),
        ("ctrl", "c"),
        ("ctrl", "+"),
        ("-",),
        ("'",),
        ("\\",),
        (",",),
        ("ctrl", "pagedown"),
    ):
        found += [Key(keys=keys), KeyDown(key=keys[-1]), KeyUp(key=keys[-1])]
    region = Box(17, 23, screen.width // 2, screen.height // 2)
    found += [Click(), Click(count=2), Drag(path=(last,)), Move(at=last, hold=("ctrl",))]
    found += [
        Click(at=last, hold=("shift",)),
        Key(keys=("ctrl", "z"), times=3),
        Key(keys=("a",), seconds=0.5),
    ]
    found += [Type(text="new", clear=True), Type(text="new", clear=True, submit=True), Zoom(region=region)]
    found += [TakeNote(text="4711: it's ”open”")]
    found += [Scroll(dx=-5), Scroll(dy=-1), Scroll(dx=100), Scroll(dx=2, dy=3), Wait(), Wait(seconds=0.25)]
    found += [TakeScreenshot(), PressHome(), PressBack(), Finished(), CallUser(), Infeasible()]
    return found


def _fields(action: Action) -> dict[str, object]:
    return action.model_dump(exclude={"at", "path", "region"})


def _check_round_trip(dialect: Dialect, action: Action, screen: Viewport) -> bool:
    """Write, read, compare, and once more; False if the dialect says that it has no words."""
    try:
        text = dialect.render([action], "t", screen)
    except NotExpressible:
        return False
    where = f"{dialect.name}: {action!r} was written as {text!r} on {screen}"
    back = _only(dialect, text, screen, where)
    assert _fields(back) == _fields(action), f"{where} and came back as {back!r}"
    _check_points(dialect, action, back, screen, where)
    again = _only(dialect, dialect.render([back], "t", screen), screen, where)
    assert again == back, f"{where}, came back as {back!r} and the second time as {again!r}"
    return True


def _only(dialect: Dialect, text: str, screen: Viewport, where: str) -> Action:
    try:
        actions = dialect.parse(text, screen).actions
    except ActionParseError as error:
        raise AssertionError(f"{where}, which could not be read: {error}") from error
    assert len(actions) == 1, f"{where} and came back as {len(actions)} actions"
    return actions[0]


def _check_points(dialect: Dialect, one: Action, two: Action, screen: Viewport, where: str) -> None:
    across, down = dialect.coordinates.size(screen)
    for before, after in zip(points_of(one), points_of(two), strict=True):
        near_x = abs(before.x - after.x) * across / screen.width <= 1
        near_y = abs(before.y - after.y) * down / screen.height <= 1
        assert near_x and near_y, (
            f"{where}; {before} came back as {after}, over one unit of its coordinates away"
        )


def _check_description(dialect: Dialect, spoken: Sequence[Action], screen: Viewport) -> None:
    """Every word that is written stands in the prompt's list of actions."""
    listed = dialect.describe()
    for action in spoken:
        text = dialect.render([action], "", screen)
        words = [word for word in _words(listed) if word in text]
        assert words, f"{dialect.name} writes {text!r} but does not describe it: {listed}"


def _words(listed: str) -> set[str]:
    """Of each line the name of its action: ``click(``, ``<function=click>`` or ``"action": "click"``."""
    heads = set()
    for line in filter(None, listed.splitlines()):
        named = _NAMED.search(line)
        cut = min((at for at in (line.find("("), line.find(">")) if at >= 0), default=len(line) - 1)
        heads.add(named[0] if named else line[: cut + 1])
    return heads


def _check_thoughts(dialect: Dialect, screen: Viewport) -> None:
    actions: list[Action] = [Key(keys=("ctrl", "c")), Type(text="x")]
    for thought in THOUGHTS:
        text = dialect.render(actions, thought, screen)
        reply = dialect.parse(text, screen)
        assert list(reply.actions) == actions, f"{dialect.name}: the thought {thought!r} acts in {text!r}"
        again = dialect.parse(dialect.render(actions, reply.thought, screen), screen)
        assert again.thought == reply.thought, f"{dialect.name}: the thought {thought!r} does not settle"


def _check_refusals(dialect: Dialect, screen: Viewport) -> None:
    for text in NOT_ACTIONS:
        try:
            reply = dialect.parse(text, screen)
        except ActionParseError as error:
            assert error.reason, f"{dialect.name} refuses {text[:60]!r} without a reason"
        else:
            raise AssertionError(f"{dialect.name} reads {text[:60]!r} as {reply.actions!r}")
