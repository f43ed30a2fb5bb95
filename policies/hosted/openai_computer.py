"""OpenAI's computer tool, over the Responses interface: `computer`, and `computer_use_preview` before it.

Nothing is kept at the vendor (``store`` is off): each question holds the whole conversation, its reasoning
in a form that only the vendor can read. Source: the types of the Python package openai 3.57.0.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from deskhand import credentials
from deskhand.actions.dialects.builder import PIXELS_A_NOTCH
from deskhand.actions.vocabulary import Action, Click, Drag, Key, Move, Scroll, TakeScreenshot, Type, Wait
from deskhand.errors import ActionParseError
from deskhand.policies.hosted.arguments import Arguments, ShownScreen
from deskhand.policies.hosted.functions import FUNCTIONS, called, schema
from deskhand.policies.hosted.turns import HostedAnswer, PastTurn, Talk, ToolCall, count_of
from deskhand.policies.profiles.profile import Profile

TOOL = "computer"
WAIT_SECONDS = 2.0
"""How long a wait is that names no time."""
STOPS = {"max_output_tokens": "at the limit of its length", "content_filter": "by the vendor's safety"}
_BUTTONS = {"left": "left", "right": "right", "wheel": "middle", "back": "back", "forward": "forward"}
_COMPUTER = "computer"


class OpenAIComputer:
    """See ``turns.Vendor``. The profile's ``tool`` is the version."""

    name = "openai-computer"
    key_variables: tuple[str, ...] = (credentials.OPENAI_KEY,)
    url_variable = credentials.SERVER
    url = "https://api.openai.com/v1"

    def path(self, model: str) -> str:
        """Of the responses."""
        return "/responses"

    def headers(self, key: str, profile: Profile) -> dict[str, str]:
        """The key."""
        return {"authorization": f"Bearer {key}"}

    def keeps_pictures(self, profile: Profile) -> bool:
        """Old ones are left out here."""
        return False

    def question(self, model: str, talk: Talk, profile: Profile) -> dict[str, Any]:
        """A request."""
        tool: dict[str, Any] = {"type": profile.tool}
        if profile.tool != TOOL:
            size = {"display_width": talk.size.width, "display_height": talk.size.height}
            tool |= {"environment": "linux", **size}
        functions = [
            {
                "type": "function",
                "name": name,
                "description": FUNCTIONS[name][0],
                "parameters": schema(name),
                "strict": True,
            }
            for name in FUNCTIONS
        ]
        # A call's result is a picture and nothing else: a step whose picture is not sent any more goes whole.
        gone = [turn for turn in talk.turns if not turn.picture]
        earlier = [f"Earlier steps: {'; '.join(turn.summary for turn in gone)}."] if gone else []
        items: list[Any] = [_user("\n".join([talk.task, *earlier]), talk.picture)]
        for turn in talk.turns[len(gone) :]:
            items += self._items(turn)
        options = profile.options()
        longest = options.pop("max_tokens")
        return {
            "model": model,
            "instructions": talk.system,
            "tools": [tool, *functions],
            "input": items,
            "store": False,
            "include": ["reasoning.encrypted_content"],
            "truncation": "auto",
            "max_output_tokens": longest,
            **options,
        }

    def _items(self, turn: PastTurn) -> list[Any]:
        found = [_sent_back(item) for item in turn.answer.content] if turn.answer is not None else []
        words = [turn.words] if turn.words else []
        shown = False
        for one in turn.results:
            if one.call.name != _COMPUTER:
                output = {
                    "type": "function_call_output",
                    "call_id": one.call.id,
                    "output": one.words or "done",
                }
                found.append(output)
                continue
            words += [one.words] if one.words else []
            output = {"type": "computer_screenshot", "image_url": _url(turn.picture)}
            call: dict[str, Any] = {"type": "computer_call_output", "call_id": one.call.id, "output": output}
            if turn.agreed and one.call.checks:
                call["acknowledged_safety_checks"] = list(one.call.checks)
            found.append(call)
            shown = True
        closer = [one.closer for one in turn.results if one.closer]
        if words or closer or not shown:
            found.append(_user("\n".join(words), *closer, *([] if shown else [turn.picture])))
        return found

    def answer(self, data: Mapping[str, Any]) -> HostedAnswer:
        """What a response says."""
        output = data.get("output")
        found = self.reread(output if isinstance(output, list) else [])
        incomplete = data.get("incomplete_details")
        reason = incomplete.get("reason") if isinstance(incomplete, dict) else None
        cut = data.get("status") == "incomplete" or reason is not None
        usage = data.get("usage")
        return HostedAnswer(
            found.content,
            found.calls,
            found.text,
            found.thought,
            stop=STOPS.get(str(reason), "half-way") if cut else "",
            prompt_tokens=count_of(usage, "input_tokens"),
            completion_tokens=count_of(usage, "output_tokens"),
        )

    def reread(self, content: Any) -> HostedAnswer:
        """What items say."""
        items = [one for one in content if isinstance(one, dict)] if isinstance(content, list) else []
        calls = tuple(_call(one) for one in items if one.get("type") in ("computer_call", "function_call"))
        texts = _texts([one for one in items if one.get("type") == "message"], "content")
        thoughts = _texts([one for one in items if one.get("type") == "reasoning"], "summary")
        return HostedAnswer(content, calls, texts, thoughts)

    def actions(self, call: ToolCall, screen: ShownScreen) -> tuple[Action, ...]:
        """What a batch of actions, or a function, means."""
        if call.name in FUNCTIONS:
            return called(call.name, _object(call.arguments), screen)
        if call.name != _COMPUTER:
            raise ActionParseError(f"there is no function {call.name[:40]!r}")
        if not isinstance(call.arguments, list) or not call.arguments:
            raise ActionParseError("the computer call holds no action")
        return tuple(_action(one, screen) for one in call.arguments)


def _call(item: Mapping[str, Any]) -> ToolCall:
    name = str(item.get("call_id") or "")
    if item.get("type") == "function_call":
        return ToolCall(name, str(item.get("name") or ""), item.get("arguments"))
    actions = item.get("actions")
    if actions is None:
        actions = [] if item.get("action") is None else [item["action"]]
    checks = [one for one in item.get("pending_safety_checks") or () if isinstance(one, dict)]
    said = "; ".join(str(one.get("message") or one.get("code") or "a safety check") for one in checks)
    return ToolCall(name, _COMPUTER, actions, checks=tuple(checks), warning=said)


def _action(values: Any, screen: ShownScreen) -> Action:
    if not isinstance(values, dict):
        raise ActionParseError("an action is no object")
    kind = values.get("type")
    if kind not in _KNOWN:
        raise ActionParseError(f"there is no action {kind!r:.40}")
    rest = {name: value for name, value in values.items() if name != "type"}
    given = Arguments(str(kind), rest, screen, _KNOWN[kind])
    match kind:
        case "click":
            button = given.one_of("button", _BUTTONS)
            return Click(at=given.point(), button=button, hold=given.held("keys"))
        case "double_click":
            return Click(at=given.point(), count=2, hold=given.held("keys"))
        case "move":
            return Move(at=given.point(), hold=given.held("keys"))
        case "drag":
            return Drag(path=given.path("path"), hold=given.held("keys"))
        case "scroll":
            across, down = (
                given.number(f"scroll_{axis}", given.number(f"scroll{axis.upper()}", 0)) for axis in "xy"
            )
            hold = given.held("keys")
            return Scroll(at=given.point(), hold=hold, dx=_notches(across), dy=_notches(down))
        case "keypress":
            return Key(keys=given.chord("keys"))
        case "type":
            return Type(text=given.text("text"))
        case "wait":
            return Wait(seconds=WAIT_SECONDS)
    return TakeScreenshot()


_KNOWN: dict[str, tuple[str, ...]] = {
    "click": ("x", "y", "button", "keys"),
    "double_click": ("x", "y", "keys"),
    "move": ("x", "y", "keys"),
    "drag": ("path", "keys"),
    "scroll": ("x", "y", "scroll_x", "scroll_y", "scrollX", "scrollY", "keys"),
    "keypress": ("keys",),
    "type": ("text",),
    "wait": (),
    "screenshot": (),
}


def _notches(pixels: float) -> int:
    """Pixels as notches of the wheel: at least one if there are any."""
    return round(pixels / PIXELS_A_NOTCH) or (0 if not pixels else 1 if pixels > 0 else -1)


def _object(text: Any) -> Any:
    """A function's arguments, which come as a text of JSON."""
    try:
        return json.loads(text) if isinstance(text, str) else text
    except ValueError:
        return None


def _sent_back(item: Any) -> Any:
    """An item as it came, without the fields that a response leaves empty: a request must not name them."""
    return {k: v for k, v in item.items() if v is not None} if isinstance(item, dict) else item


def _url(picture: str) -> str:
    return f"data:image/png;base64,{picture}"


def _user(words: str, *pictures: str) -> dict[str, Any]:
    content: list[dict[str, Any]] = [{"type": "input_text", "text": words}] if words else []
    content += [
        {"type": "input_image", "image_url": _url(picture), "detail": "original"}
        for picture in pictures
        if picture
    ]
    return {"role": "user", "content": content or [{"type": "input_text", "text": "(an earlier screenshot)"}]}


def _texts(items: Sequence[Mapping[str, Any]], field: str) -> str:
    parts = [part for item in items for part in item.get(field) or () if isinstance(part, dict)]
    texts = [part.get("text") or part.get("refusal") for part in parts]
    return "\n".join(text.strip() for text in texts if isinstance(text, str) and text.strip())
