"""From actions to a dialect's text, such that reading it gives the same actions back.

Numbers are rounded to whole units of the coordinates. Words of a thought that would be read as an action
are marked as a quotation, so that a thought never acts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from deskhand.actions.dialects.calls import LONGEST_REPLY, MOST_ACTIONS
from deskhand.actions.dialects.catalogue import BY_NAME, Word
from deskhand.actions.dialects.chords import write_chord
from deskhand.actions.dialects.patterns import CALL_AT, LABEL_AT
from deskhand.actions.dialects.quoting import escape
from deskhand.actions.geometry import CoordinateSystem, ScreenPoint, Viewport, from_screen
from deskhand.actions.vocabulary import (
    DEFAULT_SCROLL_NOTCHES,
    TERMINAL_KINDS,
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
    TakeScreenshot,
    Type,
    Wait,
)
from deskhand.errors import NotExpressible

Style = Literal["box", "point", "tags"]
"""How a dialect writes: ``start_box='(x,y)'``, ``point='<point>x y</point>'``, or both as tags."""

_Spoken = tuple[str, list[tuple[str, ScreenPoint | str]]]
_SHOWN = {
    "text": r"...", "keys": "ctrl c", "key": "ctrl", "direction": "down", "name": "...",
}  # fmt: skip
_SHOWN_NAMES = {"text": "content", "keys": "key", "name": "app_name"}
_OPTIONAL = {
    "scroll": " (direction: up, down, left or right)",
    "finished": " (content may be left out)",
}
_TAG_IN_THOUGHT = re.compile(
    r"<(?=/?(?:seed:|tool_call|function|invoke|parameter|arg_key|arg_value|think|gui_think|thinking|thought|reasoning|reflection|action>))",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes the actions of one dialect."""

    dialect: str
    style: Style
    words: tuple[str, ...]

    @property
    def ends(self) -> str:
        """What ends all calls of a reply; empty where nothing does."""
        return "</seed:tool_call>" if self.style == "tags" else ""

    @property
    def names(self) -> tuple[str, ...]:
        """The words that it writes."""
        return self.words

    def reply(
        self, actions: Sequence[Action], thought: str, coordinates: CoordinateSystem, viewport: Viewport
    ) -> str:
        """A whole reply.

        Raises:
            NotExpressible: the dialect has no words for one of the actions, or for them together.
        """
        if not 1 <= len(actions) <= MOST_ACTIONS:
            raise NotExpressible(f"a reply holds 1 to {MOST_ACTIONS} actions, not {len(actions)}")
        if len(actions) > 1 and any(action.kind in TERMINAL_KINDS for action in actions):
            raise NotExpressible("finished, call_user and infeasible stand alone in a step")
        calls = [self._call(action, coordinates, viewport) for action in actions]
        text = self._whole(calls, neutral(thought))
        if len(text) > LONGEST_REPLY:
            raise NotExpressible(f"the reply would be over {LONGEST_REPLY} characters long")
        return text

    def _whole(self, calls: list[str], thought: str) -> str:
        if self.style == "tags":
            head = f"<gui_think>{thought}</gui_think>\n" if thought else ""
            return head + "<seed:tool_call>" + "\n".join(calls) + "</seed:tool_call>"
        head = f"Thought: {thought}\n" if thought else ""
        return f"{head}Action: " + "\n\n".join(calls)

    def _call(self, action: Action, coordinates: CoordinateSystem, viewport: Viewport) -> str:
        name, arguments = spoken(action)
        if name not in self.words:
            raise NotExpressible(f"{self.dialect} has no word for {action.kind} ({name})")
        written = [(role, self._value(value, coordinates, viewport)) for role, value in arguments]
        return self.call(BY_NAME[name], written)

    def _value(self, value: ScreenPoint | str, coordinates: CoordinateSystem, viewport: Viewport) -> str:
        if isinstance(value, ScreenPoint):
            return self._point(value, coordinates, viewport)
        return escape(value, tagged=self.style == "tags")

    def call(self, word: Word, arguments: Sequence[tuple[str, str]]) -> str:
        """One call in this style from arguments that are already written and escaped."""
        named = [(self._name(word, role), value) for role, value in arguments]
        if self.style == "tags":
            inner = "".join(f"<parameter={name}>{value}</parameter>" for name, value in named)
            return f"<function={word.name}>{inner}</function>"
        inner = ", ".join(f"{name}='{value}'" for name, value in named)
        return f"{word.name}({inner})"

    def _name(self, word: Word, role: str) -> str:
        if role == "point" and self.style != "box":
            return "start_point" if word.kind == "drag" else "point"
        if role == "end" and self.style != "box":
            return "end_point"
        return {"point": "start_box", "end": "end_box"}.get(role, role)

    def point(self, x: str, y: str) -> str:
        """A point in this style: the same for numbers and for the letters of the prompt."""
        return f"<|box_start|>({x},{y})<|box_end|>" if self.style == "box" else f"<point>{x} {y}</point>"

    def _point(self, point: ScreenPoint, coordinates: CoordinateSystem, viewport: Viewport) -> str:
        x, y = pixel_in(point, coordinates, viewport)
        return self.point(str(x), str(y))

    def described(self, kinds: Iterable[str] | None = None) -> Iterator[str]:
        """The list of actions for the prompt, one a line; ``kinds`` leaves only those."""
        wanted = None if kinds is None else frozenset(kinds)
        for word in (BY_NAME[name] for name in self.words):
            if wanted is None or word.kind in wanted:
                yield f"{self.example(word)}  # {word.says}{_OPTIONAL.get(word.kind, '')}"

    def example(self, word: Word) -> str:
        """A call with stand-ins for its values."""
        arguments = []
        for role in word.takes:
            if role == "point" and word.kind != "type":
                arguments.append((role, self.point(*(("x1", "y1") if word.kind == "drag" else ("x", "y")))))
            elif role == "end":
                arguments.append((role, self.point("x2", "y2")))
            elif role in _SHOWN:
                arguments.append((_SHOWN_NAMES.get(role, role), _SHOWN[role]))
        return self.call(word, arguments)


def pixel_in(
    point: ScreenPoint, coordinates: CoordinateSystem, viewport: Viewport, *, edge: bool = False
) -> tuple[float, float]:
    """A pixel in a model's numbers: whole ones, or four digits of a fraction where all are below 1.

    Args:
        edge: whether it is a corner that may lie right outside the screen.

    Raises:
        NotExpressible: it is outside the screen, or the screen has no such coordinates.
    """
    inside = 0 <= point.x < viewport.width + edge and 0 <= point.y < viewport.height + edge
    if not inside:
        raise NotExpressible(
            f"({point.x}, {point.y}) is outside the {viewport.width}x{viewport.height} screen"
        )
    try:
        x, y = from_screen(point, coordinates, viewport)
        fractions = max(coordinates.size(viewport)) <= 1
    except ValueError as error:
        raise NotExpressible(f"this screen has no such coordinates: {error}") from error
    return (round(x, 4), round(y, 4)) if fractions else (round(x), round(y))


def neutral(thought: str) -> str:
    """A thought in which nothing is read as a label, a call or a tag.

    Lines that begin like one get a quotation mark (``> Action: ...``); tags get a look-alike bracket.
    """
    thought = _TAG_IN_THOUGHT.sub("‹", thought.replace("\r\n", "\n").replace("\r", "\n"))
    thought = re.sub("[\ud800-\udfff]", "\ufffd", thought).replace("\u2028", "\n").replace("\u2029", "\n")
    lines = thought.strip().split("\n")
    return "\n".join([lines[0], *map(_quoted_if_acting, lines[1:])]) if lines else ""


def _quoted_if_acting(line: str) -> str:
    # a label may also stand alone on its line, so the line end belongs to what is judged
    acts = LABEL_AT.match(line + "\n") or CALL_AT.match(line)
    return f"> {line}" if acts else line


def spoken(action: Action) -> _Spoken:
    """The word of an action and its arguments by role, points still in pixels.

    Raises:
        NotExpressible: no dialect has words for it.
    """
    if getattr(action, "hold", ()):
        raise NotExpressible(f"no dialect has words for a {action.kind} with keys held down")
    match action:
        case Click():
            return _click(action)
        case Move(at=at):
            return "move_to", [("point", at)]
        case Drag():
            return _drag(action)
        case Scroll():
            return _scroll(action)
        case Type(text=text, submit=submit, clear=False):
            return "type", [("content", text + "\n" if submit else text)]
        case Key(keys=keys, times=1, seconds=0):
            return "hotkey", [("key", write_chord(keys))]
        case KeyDown(key=key):
            return "press", [("key", write_chord((key,)))]
        case KeyUp(key=key):
            return "release", [("key", write_chord((key,)))]
        case MouseDown() | MouseUp():
            at_ = [] if action.at is None else [("point", action.at)]
            button = [] if action.button == "left" else [("button", action.button)]
            return action.kind, [*at_, *button]
        case _:
            return _pointless(action)


def _pointless(action: Action) -> _Spoken:
    match action:
        case Wait(seconds=seconds):
            return "wait", [] if seconds == Wait().seconds else [("time", repr(seconds))]
        case TakeScreenshot():
            return "take_screenshot", []
        case OpenApp(name=name):
            return "open_app", [("app_name", name)]
        case LongPress(at=at, seconds=seconds):
            return "long_press", [("point", at), *([] if seconds == 1.0 else [("duration", repr(seconds))])]
        case PressHome() | PressBack():
            return action.kind, []
        case CallUser(question=text) | Finished(answer=text) | Infeasible(reason=text):
            return action.kind, [] if text is None else [("content", text)]
        case _:
            raise NotExpressible(f"no dialect has words for {action.kind}")


def _click(action: Click) -> _Spoken:
    names = {("left", 1): "click", ("left", 2): "left_double", ("right", 1): "right_single",
             ("middle", 1): "middle_click", ("left", 3): "triple_click"}  # fmt: skip
    name = names.get((action.button, action.count))
    if name is None:
        raise NotExpressible(f"no dialect has words for {action.count} clicks of the {action.button} button")
    if action.at is None:
        raise NotExpressible("a click is written with a point")
    return name, [("point", action.at)]


def _drag(action: Drag) -> _Spoken:
    if action.button != "left" or len(action.path) != 2:
        raise NotExpressible("a drag is written with the left button and two points only")
    return "drag", [("point", action.path[0]), ("end", action.path[1])]


def _scroll(action: Scroll) -> _Spoken:
    if action.dx and action.dy:
        raise NotExpressible("no dialect has words for a scroll along both axes at once")
    if action.dx:
        way, amount = ("right" if action.dx > 0 else "left"), abs(action.dx)
    else:
        way, amount = ("up" if action.dy < 0 else "down"), abs(action.dy)
    at = [] if action.at is None else [("point", action.at)]
    notches = [] if amount == DEFAULT_SCROLL_NOTCHES else [("amount", str(amount))]
    return "scroll", [*at, ("direction", way), *notches]
