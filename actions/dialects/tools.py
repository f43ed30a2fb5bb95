"""Tool calls: how families of models that call a tool write the actions of ``families``."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from deskhand.actions.dialects.builder import PIXELS_A_NOTCH
from deskhand.actions.dialects.calls import LONGEST_REPLY, MOST_ACTIONS
from deskhand.actions.dialects.catalogue import BY_NAME
from deskhand.actions.dialects.chords import write_chord
from deskhand.actions.dialects.families import Tool
from deskhand.actions.dialects.quoting import escape, shut
from deskhand.actions.dialects.render import neutral, pixel_in
from deskhand.actions.geometry import Box, CoordinateSystem, ScreenPoint, Viewport
from deskhand.actions.vocabulary import (
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
    Scroll,
    TakeNote,
    TakeScreenshot,
    Type,
    Wait,
    Zoom,
)
from deskhand.errors import NotExpressible

Roles = dict[str, Any]
"""Arguments by role: points, boxes, texts, whole numbers, seconds, lists of keys, True."""


Named = Sequence[tuple[str, Any]]
"""Arguments as the family names them; points are pairs of numbers in the model's coordinates."""


@dataclass(frozen=True, slots=True)
class Syntax:
    """How a call and a reply are written.

    Attributes:
        call: one call, from its name and arguments.
        thinks: puts a thought before the calls.
        holder: name of the tool that all actions are an argument of; empty where each is a function.
        around: what stands before and after all calls together.
        ends: what ends a call, after which nothing more is needed of a reply.
    """

    call: Callable[[str, str, Named], str]
    thinks: Callable[[str], str]
    holder: str = ""
    around: tuple[str, str] = ("", "")
    ends: str = ""


def _before(thought: str) -> str:
    """A thought that stands before a call without a label, so that its first line does not act either."""
    marked = neutral(f"-\n{thought.strip()}").partition("\n")[2] if thought.strip() else ""
    return f"{marked}\n" if marked else ""


def _thinking(thought: str) -> str:
    return f"<think>{neutral(thought)}</think>\n" if thought.strip() else ""


def _json(holder: str, name: str, arguments: Named) -> str:
    data = {"name": holder, "arguments": {"action": name, **dict(arguments)}}
    text = json.dumps(data, ensure_ascii=False).replace("</", "<\\/").replace("<|", "\\u003c|")
    return f"<tool_call>\n{text}\n</tool_call>"


def _flat_json(holder: str, name: str, arguments: Named) -> str:
    text = json.dumps({"action": name, **dict(arguments)}, ensure_ascii=False)
    return text.replace("</", "<\\/").replace("<|", "\\u003c|")


def _tagged(value: object) -> str:
    """A value between tags: a text as it stands, but for what would close its tag."""
    return shut(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def _xml(holder: str, name: str, arguments: Named) -> str:
    lines = [
        f"<parameter={key}>\n{_tagged(value)}\n</parameter>" for key, value in [("action", name), *arguments]
    ]
    return "\n".join([f"<tool_call>\n<function={holder}>", *lines, "</function>\n</tool_call>"])


def _keyed(holder: str, name: str, arguments: Named) -> str:
    lines = [
        f"<arg_key>{key}</arg_key>\n<arg_value>{_tagged(value)}</arg_value>"
        for key, value in [("action", name), *arguments]
    ]
    return "\n".join([f"<tool_call>{holder}", *lines, "</tool_call>"])


def _function(name: str, arguments: Named) -> str:
    return f"{name}({', '.join(f'{key}={_literal(value)}' for key, value in arguments)})"


def _literal(value: object) -> str:
    if isinstance(value, str):
        return f"'{escape(value)}'"
    if isinstance(value, list):
        return f"[{', '.join(map(_literal, value))}]"
    return str(value)


def _boxed(holder: str, name: str, arguments: Named) -> str:
    return _function(name, [(k, str(v) if isinstance(v, list) and k != "keys" else v) for k, v in arguments])


def _action(holder: str, name: str, arguments: Named) -> str:
    return f"<action>{_function(name, arguments)}</action>"


SYNTAXES: dict[str, Syntax] = {
    "json": Syntax(_json, _before, "computer_use", ends="</tool_call>"),
    "xml": Syntax(_xml, _thinking, "computer_use", ends="</tool_call>"),
    "arg-key": Syntax(_keyed, _thinking, "computer", ends="</tool_call>"),
    "boxed": Syntax(_boxed, _before, around=("<|begin_of_box|>", "<|end_of_box|>"), ends="<|end_of_box|>"),
    "action": Syntax(_action, _thinking, ends="</action>"),
    "flat-json": Syntax(_flat_json, _before),
}


@dataclass(frozen=True, slots=True)
class ToolWriter:
    """Writes the actions of a family as calls.

    Attributes:
        dialect: its name, for errors.
        tools: the family's actions.
        syntax: how a call is written.
    """

    dialect: str
    tools: tuple[Tool, ...]
    syntax: Syntax

    @property
    def ends(self) -> str:
        """What ends a call; empty where nothing does."""
        return self.syntax.ends

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its actions, each once."""
        return tuple(dict.fromkeys(tool.name for tool in self.tools))

    def reply(
        self, actions: Sequence[Action], thought: str, coordinates: CoordinateSystem, viewport: Viewport
    ) -> str:
        """A whole reply.

        Raises:
            NotExpressible: the family has no words for one of the actions, or for them together.
        """
        if not 1 <= len(actions) <= MOST_ACTIONS:
            raise NotExpressible(f"a reply holds 1 to {MOST_ACTIONS} actions, not {len(actions)}")
        if len(actions) > 1 and any(action.kind in TERMINAL_KINDS for action in actions):
            raise NotExpressible("finished, call_user and infeasible stand alone in a step")
        calls = [self._call(action, coordinates, viewport) for action in actions]
        opens, closes = self.syntax.around
        text = self.syntax.thinks(thought) + opens + "\n".join(calls) + closes
        if len(text) > LONGEST_REPLY:
            raise NotExpressible(f"the reply would be over {LONGEST_REPLY} characters long")
        return text

    def _call(self, action: Action, coordinates: CoordinateSystem, viewport: Viewport) -> str:
        tool, roles = self._chosen(action)
        written = [(tool.arguments[role], _value(role, roles[role], coordinates, viewport)) for role in roles]
        named = [*sorted(written, key=lambda one: list(tool.arguments.values()).index(one[0]))]
        return self.syntax.call(self.syntax.holder, tool.name, [*named, *tool.fixed.items()])

    def _chosen(self, action: Action) -> tuple[Tool, Roles]:
        for word, roles in said(action):
            for tool in self.tools:
                if tool.word == word and roles.keys() <= tool.arguments.keys():
                    return tool, roles
        raise NotExpressible(f"{self.dialect} has no words for this {action.kind}")

    def described(self, kinds: Iterable[str] | None = None) -> Iterator[str]:
        """The list of actions for the prompt, one a line; ``kinds`` leaves only those."""
        wanted = None if kinds is None else frozenset(kinds)
        for tool in self.tools:
            if wanted is None or BY_NAME[tool.word].kind in wanted:
                yield f"{self.example(tool)}  # {self._says(tool)}"

    def _says(self, tool: Tool) -> str:
        """What an action does; how texts are quoted is each syntax's own matter."""
        if tool.word != "type" or self.syntax.call in (_boxed, _action):
            return BY_NAME[tool.word].says
        return (
            "type the text"
            if "submit" in tool.arguments
            else "type the text; a line break at its end presses enter"
        )

    def example(self, tool: Tool) -> str:
        """A call with stand-ins for its values, on one line."""
        shown = [(name, _STANDS_FOR.get(role, "...")) for role, name in tool.arguments.items()]
        text = self.syntax.call(self.syntax.holder, tool.name, [*shown, *tool.fixed.items()])
        for quoted, plain in _UNQUOTED:
            text = text.replace(quoted, plain)
        return text.replace("\n", "")

    def schema(self, kinds: Iterable[str] | None = None) -> dict[str, Any]:
        """JSON schema of one action: its name as ``action``, and its arguments."""
        wanted = None if kinds is None else frozenset(kinds)
        options = []
        for tool in self.tools:
            if wanted is not None and BY_NAME[tool.word].kind not in wanted:
                continue
            properties: dict[str, Any] = {
                "action": {"const": tool.name, "description": BY_NAME[tool.word].says}
            }
            properties |= {name: _SCHEMAS[role] for role, name in tool.arguments.items()}
            properties |= {name: {"const": value} for name, value in tool.fixed.items()}
            needed = [name for role, name in tool.arguments.items() if role in _NEEDED]
            options.append(
                {
                    "type": "object",
                    "properties": properties,
                    "required": ["action", *needed, *tool.fixed],
                    "additionalProperties": False,
                }
            )
        return {"anyOf": options}


_STANDS_FOR: dict[str, Any] = {
    "point": ["x", "y"], "end": ["x", "y"], "region": ["x1", "y1", "x2", "y2"], "keys": ["ctrl", "c"],
    "pixels": "-100", "amount": "5", "seconds": "5", "repeat": "3", "direction": "down", "submit": "true",
    "clear": "true", "hold": ["ctrl"],
}  # fmt: skip
_UNQUOTED = (
    ('["x", "y"]', "[x, y]"), ("'['x', 'y']'", "'[x,y]'"), ("['x', 'y']", "(x,y)"),
    ('["x1", "y1", "x2", "y2"]', "[x1, y1, x2, y2]"),
    ('"-100"', "-100"), ('"5"', "5"), ('"3"', "3"), ('"true"', "true"), ("'5'", "5"), ("'3'", "3"),
)  # fmt: skip
"""In an example a name or a number stands for a value, so it has no quotation marks."""
_NUMBERS = {"type": "array", "items": {"type": "number"}}
_KEYS = {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 5}
_SCHEMAS: dict[str, dict[str, Any]] = {
    "point": {**_NUMBERS, "minItems": 2, "maxItems": 2},
    "end": {**_NUMBERS, "minItems": 2, "maxItems": 2},
    "region": {**_NUMBERS, "minItems": 4, "maxItems": 4},
    "keys": _KEYS,
    "hold": {**_KEYS, "items": {"enum": ["ctrl", "shift", "alt", "win"]}},
    "text": {"type": "string"},
    "name": {"type": "string"},
    "noted": {"type": "string"},
    "pixels": {"type": "integer", "description": "100 are a notch of the wheel; above 0 is up, or right"},
    "amount": {"type": "integer", "minimum": 1, "description": "notches of the wheel"},
    "repeat": {"type": "integer", "minimum": 1, "maximum": 100},
    "seconds": {"type": "number", "minimum": 0},
    "direction": {"enum": ["up", "down", "left", "right"]},
    "submit": {"type": "boolean"},
    "clear": {"type": "boolean"},
}
_NEEDED = frozenset({"end", "region", "keys", "name", "direction", "pixels"})
"""Roles without which an action says nothing; texts of endings and points (the pointer's) may be missing."""


def _value(role: str, value: Any, coordinates: CoordinateSystem, viewport: Viewport) -> Any:
    """An argument as it is written: points and boxes in the model's numbers."""
    if isinstance(value, ScreenPoint):
        return list(pixel_in(value, coordinates, viewport))
    if isinstance(value, Box):
        corners = ScreenPoint(value.left, value.top), ScreenPoint(value.right, value.bottom)
        return [number for corner in corners for number in pixel_in(corner, coordinates, viewport, edge=True)]
    if role == "keys":
        return [write_chord((key,)) for key in value]
    return value


def said(action: Action) -> Iterator[tuple[str, Roles]]:
    """The words of the catalogue for an action, with its arguments by role; the plainest first."""
    hold: tuple[str, ...] = getattr(action, "hold", ())
    held: Roles = {"hold": list(hold)} if hold else {}
    match action:
        case Click(at=at):
            word = _CLICKS.get((action.button, action.count))
            if word is not None:
                yield word, {**({} if at is None else {"point": at}), **held}
        case Move(at=at):
            yield "move_to", {"point": at, **held}
        case Drag(path=path) if action.button == "left" and len(path) <= 2:
            yield "drag", {**({"point": path[0]} if len(path) > 1 else {}), "end": path[-1], **held}
        case Scroll():
            yield from _scrolls(action, held)
        case Type(text=text):
            flags = {name: True for name in ("submit", "clear") if getattr(action, name)}
            yield "type", {"text": text, **flags}
            if action.submit and not action.clear:
                yield "type", {"text": text + "\n"}
        case Key(keys=keys):
            more: Roles = {"repeat": action.times} if action.times > 1 else {}
            yield (
                "hotkey",
                {"keys": list(keys), **more, **({"seconds": action.seconds} if action.seconds else {})},
            )
        case Zoom(region=region):
            yield "zoom", {"region": region}
        case _:
            yield from _plainly(action)


def _plainly(action: Action) -> Iterator[tuple[str, Roles]]:
    match action:
        case KeyDown(key=key) | KeyUp(key=key):
            yield ("press" if isinstance(action, KeyDown) else "release"), {"keys": [key]}
        case MouseDown(at=at) | MouseUp(at=at) if action.button == "left":
            yield action.kind, {} if at is None else {"point": at}
        case LongPress(at=at, seconds=seconds):
            yield "long_press", {"point": at, "seconds": seconds}
        case Wait(seconds=seconds):
            yield "wait", {"seconds": seconds}
        case TakeScreenshot():
            yield "take_screenshot", {}
        case OpenApp(name=name):
            yield "open_app", {"name": name}
        case TakeNote(text=text):
            yield "take_note", {"noted": text}
        case Finished(answer=text) | Infeasible(reason=text) | CallUser(question=text):
            yield action.kind, {} if text is None else {"text": text}


_CLICKS = {
    ("left", 1): "click", ("left", 2): "left_double", ("left", 3): "triple_click",
    ("right", 1): "right_single", ("middle", 1): "middle_click",
}  # fmt: skip


def _scrolls(action: Scroll, held: Roles) -> Iterator[tuple[str, Roles]]:
    if bool(action.dx) == bool(action.dy):
        return
    at: Roles = {} if action.at is None else {"point": action.at}
    way = ("right" if action.dx > 0 else "left") if action.dx else ("down" if action.dy > 0 else "up")
    yield "scroll", {**at, "direction": way, "amount": abs(action.dx or action.dy), **held}
    if action.dy:
        yield "scroll", {**at, "pixels": -action.dy * PIXELS_A_NOTCH, **held}
    else:
        yield "hscroll", {**at, "pixels": action.dx * PIXELS_A_NOTCH, **held}
