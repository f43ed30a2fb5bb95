"""Anthropic's computer use: the toolset of 2026-08, and the single tools before it.

Source: the types of the Python package anthropic 2.14.0, and platform.claude.com.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from deskhand import credentials
from deskhand.actions.vocabulary import (
    Action,
    Click,
    Drag,
    Key,
    MouseDown,
    MouseUp,
    Move,
    Scroll,
    TakeScreenshot,
    Type,
    Wait,
    Zoom,
)
from deskhand.errors import ActionParseError
from deskhand.policies.hosted.arguments import Arguments, ShownScreen
from deskhand.policies.hosted.functions import FUNCTIONS, called, schema
from deskhand.policies.hosted.turns import CallResult, HostedAnswer, PastTurn, Talk, ToolCall, count_of
from deskhand.policies.profiles.profile import Profile

VERSION = "2023-06-01"
TOOLSET = "computer_toolset_20260801"
BETAS = {
    "computer_20251124": "computer-use-2025-11-24",
    "computer_20250124": "computer-use-2025-01-24",
    "computer_20241022": "computer-use-2024-10-22",
}
"""What a request with one of the older tools names in a header."""
CLEARING = "context-management-2025-06-27"
STOPS = {
    "max_tokens": "at the limit of its length",
    "model_context_window_exceeded": "at the end of the model's context",
    "refusal": "by the vendor's safety",
}
_WAYS = {"up": (0, -1), "down": (0, 1), "left": (-1, 0), "right": (1, 0)}
_CLICKS = {
    "left_click": ("left", 1),
    "right_click": ("right", 1),
    "middle_click": ("middle", 1),
    "double_click": ("left", 2),
    "triple_click": ("left", 3),
}


class Anthropic:
    """See ``turns.Vendor``. The profile's ``tool`` is the version."""

    name = "anthropic"
    key_variables: tuple[str, ...] = (credentials.ANTHROPIC_KEY,)
    url_variable = credentials.ANTHROPIC_SERVER
    url = "https://api.anthropic.com"

    def path(self, model: str) -> str:
        """Of the messages."""
        return "/v1/messages"

    def headers(self, key: str, profile: Profile) -> dict[str, str]:
        """The key, the version, and what is still called beta."""
        betas = [BETAS[profile.tool]] if profile.tool in BETAS else []
        betas += [CLEARING] if self.keeps_pictures(profile) else []
        found = {"x-api-key": key, "anthropic-version": VERSION}
        return {**found, "anthropic-beta": ",".join(betas)} if betas else found

    def keeps_pictures(self, profile: Profile) -> bool:
        """With thinking: what was thought about a picture must not be sent back without it."""
        return bool(profile.think)

    def question(self, model: str, talk: Talk, profile: Profile) -> dict[str, Any]:
        """A request; what stays the same from step to step comes first, and is kept by the server."""
        tool: dict[str, Any] = {"type": profile.tool}
        if profile.tool != TOOLSET:
            size = {"display_width_px": talk.size.width, "display_height_px": talk.size.height}
            tool |= {"name": "computer", **size}
            if profile.tool == "computer_20251124":
                tool["enable_zoom"] = True
        functions = [
            {"name": name, "description": FUNCTIONS[name][0], "input_schema": schema(name)}
            for name in FUNCTIONS
        ]
        opening = [_text(talk.task), *_picture(talk.picture)]
        messages = [{"role": "user", "content": opening}]
        for turn in talk.turns:
            messages += self._messages(turn)
        found: dict[str, Any] = {
            "model": model,
            "system": talk.system,
            "tools": [tool, *functions],
            "messages": messages,
            "cache_control": {"type": "ephemeral"},
            **profile.options(),
        }
        if self.keeps_pictures(profile):
            history = profile.history
            edit = {
                "type": "clear_tool_uses_20250919",
                "trigger": {"type": "tool_uses", "value": history.pictures + history.block},
                "keep": {"type": "tool_uses", "value": history.pictures},
            }
            found["context_management"] = {"edits": [edit]}
        return found

    def _messages(self, turn: PastTurn) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        if turn.answer is not None:
            content = turn.answer.content or [_text("(no text)")]
            found.append({"role": "assistant", "content": content})
        last = len(turn.results) - 1
        parts = [
            self._result(one, turn.picture if index == last else "") for index, one in enumerate(turn.results)
        ]
        if turn.words:
            parts.append(_text(turn.words))
        if not turn.results:
            parts += _picture(turn.picture) or ([] if parts else [_text("(an earlier screenshot)")])
        return [*found, {"role": "user", "content": parts}]

    def _result(self, one: CallResult, picture: str) -> dict[str, Any]:
        content = [*_picture(one.closer), *([_text(one.words)] if one.words else []), *_picture(picture)]
        found: dict[str, Any] = {
            "type": "tool_result",
            "tool_use_id": one.call.id,
            "content": content or [_text("done")],
        }
        if one.failed:
            found["is_error"] = True
        return {**found, "toolset_name": one.call.toolset} if one.call.toolset else found

    def answer(self, data: Mapping[str, Any]) -> HostedAnswer:
        """What a message says."""
        content = data.get("content")
        found = self.reread(content if isinstance(content, list) else [])
        stop = data.get("stop_reason")
        usage = data.get("usage")
        counted = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
        return HostedAnswer(
            found.content,
            found.calls,
            found.text,
            found.thought,
            stop=STOPS.get(stop, "") if isinstance(stop, str) else "",
            paused=stop == "pause_turn",
            prompt_tokens=sum(count_of(usage, name) for name in counted),
            completion_tokens=count_of(usage, "output_tokens"),
        )

    def reread(self, content: Any) -> HostedAnswer:
        """What blocks say."""
        blocks = [one for one in content if isinstance(one, dict)] if isinstance(content, list) else []
        calls = tuple(_call(one) for one in blocks if one.get("type") == "tool_use")
        return HostedAnswer(content, calls, _said(blocks, "text"), _said(blocks, "thinking"))

    def actions(self, call: ToolCall, screen: ShownScreen) -> tuple[Action, ...]:
        """What a member of the toolset, or an action of the single tool, means."""
        name, values = call.name, call.arguments
        if name == "computer" and isinstance(values, dict):
            name = str(values.get("action"))
            values = {k: v for k, v in values.items() if k != "action"}
        reader = _READERS.get(name)
        if reader is None:
            raise ActionParseError(f"there is no action {name[:40]!r}")
        return reader(name, values, screen)


def _call(block: Mapping[str, Any]) -> ToolCall:
    toolset = str(block.get("toolset_name") or "")
    return ToolCall(str(block.get("id", "")), str(block.get("name", "")), block.get("input"), toolset)


def _text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


def _picture(data: str) -> list[dict[str, Any]]:
    source = {"type": "base64", "media_type": "image/png", "data": data}
    return [{"type": "image", "source": source}] if data else []


def _said(blocks: Sequence[Mapping[str, Any]], kind: str) -> str:
    texts = [one.get(kind) for one in blocks if one.get("type") == kind]
    return "\n".join(text.strip() for text in texts if isinstance(text, str) and text.strip())


def _click(name: str, values: Any, screen: ShownScreen) -> tuple[Action, ...]:
    given = Arguments(name, values, screen, ("coordinate", "text"))
    button, count = _CLICKS[name]
    return (Click(at=given.pair(), button=button, count=count, hold=given.held("text")),)  # type: ignore[arg-type]


def _drag(name: str, values: Any, screen: ShownScreen) -> tuple[Action, ...]:
    given = Arguments(name, values, screen, ("start_coordinate", "coordinate", "text"))
    start = given.pair("start_coordinate")
    end = given.needed_pair()
    return (Drag(path=(end,) if start is None else (start, end), hold=given.held("text")),)


def _move(name: str, values: Any, screen: ShownScreen) -> tuple[Action, ...]:
    return (Move(at=Arguments(name, values, screen, ("coordinate",)).needed_pair()),)


def _button(name: str, values: Any, screen: ShownScreen) -> tuple[Action, ...]:
    Arguments(name, values, screen, ())
    return (MouseDown() if name.endswith("down") else MouseUp(),)


def _scroll(name: str, values: Any, screen: ShownScreen) -> tuple[Action, ...]:
    known = ("coordinate", "scroll_direction", "scroll_amount", "text")
    given = Arguments(name, values, screen, known)
    across, down = given.one_of("scroll_direction", _WAYS)
    amount = round(given.number("scroll_amount"))
    where = given.pair()
    return (Scroll(at=where, dx=across * amount, dy=down * amount, hold=given.held("text")),)


def _key(name: str, values: Any, screen: ShownScreen) -> tuple[Action, ...]:
    given = Arguments(name, values, screen, ("text", "repeat"))
    return (Key(keys=given.chord("text"), times=round(given.number("repeat", 1))),)


def _hold_key(name: str, values: Any, screen: ShownScreen) -> tuple[Action, ...]:
    given = Arguments(name, values, screen, ("text", "duration"))
    return (Key(keys=given.chord("text"), seconds=given.number("duration")),)


def _type(name: str, values: Any, screen: ShownScreen) -> tuple[Action, ...]:
    return (Type(text=Arguments(name, values, screen, ("text",)).text("text")),)


def _wait(name: str, values: Any, screen: ShownScreen) -> tuple[Action, ...]:
    return (Wait(seconds=Arguments(name, values, screen, ("duration",)).number("duration")),)


def _look(name: str, values: Any, screen: ShownScreen) -> tuple[Action, ...]:
    Arguments(name, values, screen, ())
    return (TakeScreenshot(),)


def _zoom(name: str, values: Any, screen: ShownScreen) -> tuple[Action, ...]:
    return (Zoom(region=Arguments(name, values, screen, ("region",)).region("region")),)


_READERS: dict[str, Callable[[str, Any, ShownScreen], tuple[Action, ...]]] = {
    **dict.fromkeys(_CLICKS, _click),
    "left_click_drag": _drag,
    "mouse_move": _move,
    "left_mouse_down": _button,
    "left_mouse_up": _button,
    "scroll": _scroll,
    "key": _key,
    "hold_key": _hold_key,
    "type": _type,
    "wait": _wait,
    "screenshot": _look,
    "cursor_position": _look,
    "zoom": _zoom,
    **dict.fromkeys(FUNCTIONS, called),
}
