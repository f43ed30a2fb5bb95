"""Gemini's computer use: the functions of 3.5 and later, and those of the model before it.

Places are thousandths of the screen. Source: google-gemini/computer-use-preview (agent.py), the types of the
Python package google-genai 3.6.1, ai.google.dev.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from deskhand import credentials
from deskhand.actions.dialects.builder import PIXELS_A_NOTCH
from deskhand.actions.vocabulary import (
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
    TakeScreenshot,
    Type,
    Wait,
)
from deskhand.errors import ActionParseError
from deskhand.policies.hosted.arguments import Arguments, ShownScreen
from deskhand.policies.hosted.functions import FUNCTIONS, called, schema
from deskhand.policies.hosted.turns import CallResult, HostedAnswer, PastTurn, Talk, ToolCall, count_of
from deskhand.policies.profiles.profile import Profile

TOOL, OLD_TOOL = "computer_use", "computer_use_2025"
"""What a profile's ``tool`` says: of now, and of the model whose functions end in ``_at``."""
EXCLUDED: Mapping[str, tuple[str, ...]] = {
    TOOL: ("navigate", "go_back", "go_forward", "list_apps"),
    OLD_TOOL: ("open_web_browser", "navigate", "search", "go_back", "go_forward"),
}
"""Functions that nothing here can do."""
STOPS = {"STOP": "", "MAX_TOKENS": "at the limit of its length"}
_WAYS = {"up": (0, -1), "down": (0, 1), "left": (-1, 0), "right": (1, 0)}
_CLICKS = {
    "click": ("left", 1), "click_at": ("left", 1), "double_click": ("left", 2), "triple_click": ("left", 3),
    "middle_click": ("middle", 1), "right_click": ("right", 1),
}  # fmt: skip
_SAFETY = "safety_decision"
_HARMLESS = ("regular", "allowed")


class Gemini:
    """See ``turns.Vendor``."""

    name = "gemini"
    key_variables: tuple[str, ...] = (credentials.GEMINI_KEY, credentials.GOOGLE_KEY)
    url_variable = credentials.GEMINI_SERVER
    url = "https://generativelanguage.googleapis.com"

    def path(self, model: str) -> str:
        """Of a model's answers."""
        return f"/v1beta/models/{quote(model, safe='')}:generateContent"

    def headers(self, key: str, profile: Profile) -> dict[str, str]:
        """The key."""
        return {"x-goog-api-key": key}

    def keeps_pictures(self, profile: Profile) -> bool:
        """Old ones are left out here."""
        return False

    def question(self, model: str, talk: Talk, profile: Profile) -> dict[str, Any]:
        """A request."""
        tool = {
            "environment": "ENVIRONMENT_BROWSER" if profile.tool == OLD_TOOL else "ENVIRONMENT_DESKTOP",
            "excludedPredefinedFunctions": list(EXCLUDED.get(profile.tool, EXCLUDED[TOOL])),
        }
        functions = [
            {"name": name, "description": FUNCTIONS[name][0], "parametersJsonSchema": schema(name)}
            for name in FUNCTIONS
        ]
        contents = [{"role": "user", "parts": [{"text": talk.task}, *_picture(talk.picture)]}]
        for turn in talk.turns:
            contents += self._contents(turn)
        options = profile.options()
        longest = options.pop("max_tokens")
        return {
            "systemInstruction": {"parts": [{"text": talk.system}]},
            "contents": contents,
            "tools": [{"computerUse": tool}, {"functionDeclarations": functions}],
            "generationConfig": {"maxOutputTokens": longest, **options},
        }

    def _contents(self, turn: PastTurn) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        if turn.answer is not None and turn.answer.content:
            found.append({"role": "model", "parts": turn.answer.content})
        last = len(turn.results) - 1
        parts = [
            _result(one, turn.picture if index == last else "", turn.agreed)
            for index, one in enumerate(turn.results)
        ]
        parts += [{"text": turn.words}] if turn.words else []
        if not turn.results:
            parts += _picture(turn.picture)
        return [*found, {"role": "user", "parts": parts or [{"text": "(an earlier screenshot)"}]}]

    def answer(self, data: Mapping[str, Any]) -> HostedAnswer:
        """What a response says."""
        candidates = data.get("candidates")
        first = candidates[0] if isinstance(candidates, list) and candidates else {}
        first = first if isinstance(first, dict) else {}
        content = first.get("content")
        parts = content.get("parts") if isinstance(content, dict) else None
        found = self.reread(parts if isinstance(parts, list) else [])
        reason = first.get("finishReason", "STOP" if found.content else "no candidate")
        usage = data.get("usageMetadata")
        blocked = data.get("promptFeedback")
        if isinstance(blocked, dict) and blocked.get("blockReason"):
            reason = str(blocked["blockReason"])
        return HostedAnswer(
            found.content,
            found.calls,
            found.text,
            found.thought,
            stop=STOPS.get(str(reason), f"by the vendor ({str(reason)[:60]})"),
            prompt_tokens=count_of(usage, "promptTokenCount"),
            completion_tokens=count_of(usage, "candidatesTokenCount") + count_of(usage, "thoughtsTokenCount"),
        )

    def reread(self, content: Any) -> HostedAnswer:
        """What parts say."""
        parts = [one for one in content if isinstance(one, dict)] if isinstance(content, list) else []
        calls = tuple(
            _call(one["functionCall"]) for one in parts if isinstance(one.get("functionCall"), dict)
        )
        texts = [(bool(one.get("thought")), one["text"]) for one in parts if isinstance(one.get("text"), str)]
        said, thought = (
            "\n".join(text.strip() for apart, text in texts if apart is wanted and text.strip())
            for wanted in (False, True)
        )
        return HostedAnswer(content, calls, said, thought)

    def actions(self, call: ToolCall, screen: ShownScreen) -> tuple[Action, ...]:
        """What a function means."""
        name, values = call.name, call.arguments
        if name in FUNCTIONS:
            return called(name, values, screen)
        if name not in _KNOWN:
            raise ActionParseError(f"there is no function {name[:40]!r}")
        if isinstance(values, dict):
            values = {key: value for key, value in values.items() if key not in ("intent", _SAFETY)}
        return _actions(name, Arguments(name, values, screen, _KNOWN[name]))


def _actions(name: str, given: Arguments) -> tuple[Action, ...]:
    match name:
        case _ if name in _CLICKS:
            button, count = _CLICKS[name]
            return (Click(at=given.point(), button=button, count=count),)  # type: ignore[arg-type]
        case "move" | "hover_at":
            return (Move(at=given.point()),)
        case "mouse_down":
            return (MouseDown(at=given.point()),)
        case "mouse_up":
            return (MouseUp(at=given.point()),)
        case "long_press":
            return (LongPress(at=given.point()),)
        case "type":
            return (Type(text=given.text("text"), submit=given.flag("press_enter", False)),)
        case "type_text_at":
            submit, clear = given.flag("press_enter", True), given.flag("clear_before_typing", True)
            return Click(at=given.point()), Type(text=given.text("text"), submit=submit, clear=clear)
        case "drag_and_drop":
            start = given.point("start_x", "start_y") if given.has("start_x") else given.point()
            end = given.point("end_x", "end_y") if given.has("end_x") else given.point(*_DESTINATION)
            return (Drag(path=(start, end)),)
        case "wait":
            return (Wait(seconds=given.number("seconds")),)
        case "wait_5_seconds":
            return (Wait(seconds=5.0),)
        case "take_screenshot":
            return (TakeScreenshot(),)
        case "open_app":
            return (OpenApp(name=given.text("app_name" if given.has("app_name") else "name")),)
        case "scroll" | "scroll_at" | "scroll_document":
            return (_scrolled(name, given),)
    return (_pressed(name, given),)


def _scrolled(name: str, given: Arguments) -> Action:
    across, down = given.one_of("direction", _WAYS)
    field = "magnitude_in_pixels" if name == "scroll" else "magnitude"
    amount = max(1, round(given.number(field, 300 if name == "scroll" else 800) / PIXELS_A_NOTCH))
    where = None if name == "scroll_document" else given.point()
    return Scroll(at=where, dx=across * amount, dy=down * amount)


def _pressed(name: str, given: Arguments) -> Action:
    if name == "key_down":
        return KeyDown(key=given.text("key"))
    if name == "key_up":
        return KeyUp(key=given.text("key"))
    return Key(keys=given.chord("key" if name == "press_key" else "keys"))


_POINT = ("x", "y")
_DESTINATION = ("destination_x", "destination_y")
_KNOWN: dict[str, tuple[str, ...]] = {
    **dict.fromkeys((*_CLICKS, "move", "hover_at", "mouse_down", "mouse_up", "long_press"), _POINT),
    "type": ("text", "press_enter"),
    "type_text_at": (*_POINT, "text", "press_enter", "clear_before_typing"),
    "drag_and_drop": ("start_x", "start_y", "end_x", "end_y", *_POINT, *_DESTINATION),
    "wait": ("seconds",),
    "wait_5_seconds": (),
    "press_key": ("key",),
    "key_down": ("key",),
    "key_up": ("key",),
    "hotkey": ("keys",),
    "key_combination": ("keys",),
    "take_screenshot": (),
    "scroll": (*_POINT, "direction", "magnitude_in_pixels"),
    "scroll_at": (*_POINT, "direction", "magnitude"),
    "scroll_document": ("direction",),
    "open_app": ("app_name", "name"),
}


def _call(found: Mapping[str, Any]) -> ToolCall:
    values = found.get("args")
    values = {} if values is None else values
    decision = values.get(_SAFETY) if isinstance(values, dict) else None
    warning = ""
    checks: tuple[Any, ...] = ()
    if isinstance(decision, dict) and decision.get("decision") not in _HARMLESS:
        checks, warning = (decision,), str(decision.get("explanation") or "a safety check")
    return ToolCall(
        str(found.get("id") or ""), str(found.get("name") or ""), values, checks=checks, warning=warning
    )


def _result(one: CallResult, picture: str, agreed: bool) -> dict[str, Any]:
    said: dict[str, Any] = {"url": "about:blank"}
    if one.words:
        said["error" if one.failed else "output"] = one.words
    if agreed and one.call.checks:
        said["safety_acknowledgement"] = "true"
    response: dict[str, Any] = {"name": one.call.name, "response": said}
    if one.call.id:
        response["id"] = one.call.id
    if pictures := [*_picture(one.closer), *_picture(picture)]:
        response["parts"] = pictures
    return {"functionResponse": response}


def _picture(data: str) -> list[dict[str, Any]]:
    return [{"inlineData": {"mimeType": "image/png", "data": data}}] if data else []
