"""Tool calls: how families of models that call a tool name the same actions, and how they write a call.

``FAMILIES`` says by which names and arguments a family speaks of the catalogue's words; reading knows them
all whatever the family, so this table drives the prompt, the schema and what is written. The sources of
each family's names stand in docs/models.md.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from deskhand.actions.dialects.calls import LONGEST_REPLY, MOST_ACTIONS
from deskhand.actions.dialects.catalogue import BY_NAME
from deskhand.actions.dialects.chords import write_chord
from deskhand.actions.dialects.quoting import escape
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

PIXELS_A_NOTCH = 100

Roles = dict[str, Any]
"""Arguments by role: points, boxes, texts, whole numbers, seconds, lists of keys, True."""


@dataclass(frozen=True, slots=True)
class Tool:
    """One action of a family.

    Attributes:
        name: as the family writes it.
        word: of the catalogue; says what it does.
        arguments: the family's names of the roles that it takes, in the order in which they are written.
        fixed: arguments that are always written so.
    """

    name: str
    word: str
    arguments: Mapping[str, str] = field(default_factory=dict)
    fixed: Mapping[str, str] = field(default_factory=dict)


def _tools(*lines: str) -> tuple[Tool, ...]:
    """A table from lines ``name word role=argument ... argument:value``."""
    return tuple(_tool(line) for line in lines)


def _tool(line: str) -> Tool:
    name, word, *rest = line.split()
    taken = dict(one.split("=") for one in rest if "=" in one)
    fixed = dict(one.split(":") for one in rest if ":" in one)
    return Tool(name, word, taken, fixed)


_MOUSE = (
    "left_click click point=coordinate hold=modifiers",
    "double_click left_double point=coordinate hold=modifiers",
    "triple_click triple_click point=coordinate hold=modifiers",
    "right_click right_single point=coordinate hold=modifiers",
    "middle_click middle_click point=coordinate hold=modifiers",
    "mouse_move move_to point=coordinate",
)
_ENDS = (
    "wait wait seconds=time",
    "answer finished text=text",
    "terminate finished status:success",
    "terminate infeasible status:failure",
    "call_user call_user text=text",
)
FAMILIES: dict[str, tuple[Tool, ...]] = {
    "computer_use": _tools(
        *_MOUSE,
        "left_click_drag drag end=coordinate",
        "key hotkey keys=keys",
        "type type text=text",
        "scroll scroll point=coordinate pixels=pixels",
        "hscroll hscroll point=coordinate pixels=pixels",
        *_ENDS,
    ),
    "gui_owl": _tools(
        "click click point=coordinate",
        *_MOUSE[1:],
        "drag drag point=coordinate end=coordinate2",
        "key hotkey keys=keys",
        "type type text=text clear=clear submit=enter",
        "scroll scroll point=coordinate amount=amount direction=direction",
        *_ENDS,
    ),
    "mai": _tools(
        "click click point=coordinate",
        "double_click left_double point=coordinate",
        "right_click right_single point=coordinate",
        "long_press long_press point=coordinate seconds=duration",
        "drag drag point=start_coordinate end=end_coordinate",
        "scroll scroll point=coordinate direction=direction amount=amount",
        "type type text=text",
        "key hotkey keys=keys",
        "open open_app name=text",
        "wait wait seconds=time",
        "ask_user call_user text=text",
        "answer finished text=text",
        "terminate finished status:success",
        "terminate infeasible status:fail",
    ),
    "fara": _tools(
        "left_click click point=coordinate",
        "mouse_move move_to point=coordinate",
        "key hotkey keys=keys",
        "type type text=text submit=press_enter clear=delete_existing_text",
        "scroll scroll point=coordinate pixels=pixels",
        "pause_and_memorize_fact take_note text=fact",
        *_ENDS,
    ),
    "computer": _tools(
        *_MOUSE,
        "left_click_drag drag point=start_coordinate end=coordinate",
        "key hotkey keys=text repeat=repeat",
        "hold_key hotkey keys=text seconds=duration",
        "type type text=text",
        "scroll scroll point=coordinate direction=scroll_direction amount=scroll_amount",
        "zoom zoom region=region",
        *_ENDS,
    ),
    "planner": _tools(
        "left_click click point=target hold=modifiers",
        "double_click left_double point=target hold=modifiers",
        "right_click right_single point=target",
        "mouse_move move_to point=target",
        "drag drag point=target end=to",
        "key hotkey keys=keys repeat=repeat",
        "type type text=text submit=press_enter clear=clear",
        "scroll scroll point=target direction=direction amount=amount",
        "open_app open_app name=name",
        *_ENDS,
    ),
    "glm": _tools(
        "left_click click point=start_box",
        "right_click right_single point=start_box",
        "middle_click middle_click point=start_box",
        "left_double_click left_double point=start_box",
        "hover move_to point=start_box",
        "left_drag drag point=start_box end=end_box",
        "key hotkey keys=keys",
        "type type text=content",
        "scroll scroll point=start_box direction=direction amount=step",
        "WAIT wait seconds=time",
        "DONE finished text=content",
        "FAIL infeasible text=content",
        "call_user call_user text=content",
    ),
    "venus": _tools(
        "Click click point=box",
        "DoubleClick left_double point=box",
        "RightClick right_single point=box",
        "Hover move_to point=box",
        "LongPress long_press point=box seconds=duration",
        "Drag drag point=start end=end",
        "Scroll scroll point=start direction=direction amount=amount",
        "Type type text=content",
        "Hotkey hotkey keys=keys",
        "Launch open_app name=app",
        "Wait wait seconds=time",
        "Finished finished text=content",
        "AskUser call_user text=content",
        "Infeasible infeasible text=content",
    ),
    "holo": _tools(
        "click_element click point=point",
        "double_click left_double point=point",
        "right_click right_single point=point",
        "write_element type point=point text=content clear=clear submit=press_enter",
        "press_key hotkey keys=keys",
        "scroll scroll direction=direction amount=amount",
        "wait wait seconds=seconds",
        "answer finished text=content",
        "give_up infeasible text=content",
        "ask_user call_user text=content",
    ),
}
"""The actions of each family. Where a family lacks a word that every agent needs (giving up, asking),
it has ours."""

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
    """A value between tags: a text as it is, with its backslashes and closing tags escaped."""
    return escape(value, tagged=True) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


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
            word = BY_NAME[tool.word]
            if wanted is None or word.kind in wanted:
                text = self.example(tool)
                yield f"{text}  # {word.says}"

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
            yield "take_note", {"text": text}
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
