"""Hosted computer tools: actions as vendors write them, the conversation they get, and a person's yes."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from deskhand.actions.geometry import Box, PerMille, ScreenPixels, ScreenPoint, Viewport
from deskhand.actions.outcome import Outcome
from deskhand.actions.vocabulary import (
    Action,
    CallUser,
    Click,
    Drag,
    Finished,
    Infeasible,
    Key,
    KeyDown,
    LongPress,
    MouseDown,
    Move,
    OpenApp,
    Scroll,
    TakeScreenshot,
    Type,
    Wait,
    Zoom,
)
from deskhand.agent.loop import run
from deskhand.errors import ActionParseError, BackendError, UsageError
from deskhand.perception.screen import Screenshot
from deskhand.perception.watch.observe import Observation
from deskhand.policies.chat.asking import Asking
from deskhand.policies.contract import check_policy
from deskhand.policies.hosted.arguments import ShownScreen
from deskhand.policies.hosted.policy import VENDORS, HostedPolicy
from deskhand.policies.hosted.turns import ToolCall
from deskhand.policies.registry import load_policy
from deskhand.sandbox.lightbox import Lightbox
from deskhand.trajectories.records import Decision, Step, Task
from tests.policies.vendors import (
    Judge,
    anthropic_says,
    gemini_says,
    of_anthropic,
    of_gemini,
    of_openai,
    openai_says,
    vendor_server,
)

KEY = "a-key-that-shows-nowhere"
QUICK = Asking(timeout=10, whole=10, attempts=1)
SCREEN = Viewport(1000, 500)
PIXELS = ShownScreen(SCREEN, ScreenPixels())
AT = ScreenPoint(30, 40)


def member(name: str, **values: Any) -> dict[str, Any]:
    """A call of Anthropic's toolset."""
    return {"type": "tool_use", "name": name, "input": values, "toolset_name": "computer"}


def computer(
    *actions: dict[str, Any], checks: Sequence[dict[str, Any]] = (), number: int = 1
) -> dict[str, Any]:
    """A batch of OpenAI's tool."""
    return {
        "type": "computer_call", "id": f"cu_{number}", "call_id": f"call_{number}", "status": "completed",
        "actions": list(actions), "pending_safety_checks": list(checks),
    }  # fmt: skip


def function(name: str, number: int = 0, **values: Any) -> dict[str, Any]:
    """A call of Gemini's."""
    return {"functionCall": {"name": name, "id": f"f{number}", "args": values}, "thoughtSignature": "c2ln"}


def openai_function(name: str, **values: Any) -> dict[str, Any]:
    return {
        "type": "function_call", "id": "fc_1", "call_id": "call_f", "name": name,
        "arguments": json.dumps(values), "status": "completed",
    }  # fmt: skip


def openai_text(text: str) -> dict[str, Any]:
    content = [{"type": "output_text", "text": text, "annotations": [], "logprobs": []}]
    return {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": content}


REASONING = {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "I look."}],
             "encrypted_content": "c2VjcmV0"}  # fmt: skip
THINKING = {"type": "thinking", "thinking": "I look.", "signature": "c2lnbmVk"}


@dataclass(frozen=True)
class Kind:
    """A vendor as the tests speak of it."""

    policy: str
    model: str
    judge: Judge
    says: Callable[..., dict[str, Any]]
    click: Callable[[int, int], dict[str, Any]]
    """At a point of a screen of 1000 by 500."""
    text: Callable[[str], dict[str, Any]]


KINDS = [
    Kind(
        "anthropic", "claude-opus-6", of_anthropic, anthropic_says,
        lambda x, y: member("left_click", coordinate=[x, y]), lambda text: {"type": "text", "text": text},
    ),
    Kind(
        "openai-computer", "gpt-5.4", of_openai, openai_says,
        lambda x, y: computer({"type": "click", "x": x, "y": y, "button": "left"}), openai_text,
    ),
    Kind(
        "gemini", "gemini-3.5-flash", of_gemini, gemini_says,
        lambda x, y: function("click", x=x, y=2 * y, intent="look"), lambda text: {"text": text},
    ),
]  # fmt: skip
OLD = {
    "claude-opus-4-5": KINDS[0], "claude-3-7-sonnet-latest": KINDS[0], "computer-use-preview": KINDS[1],
    "gemini-2.5-computer-use-preview-10-2025": KINDS[2],
}  # fmt: skip
each = pytest.mark.parametrize("kind", KINDS, ids=[kind.policy for kind in KINDS])


def policy_at(url: str, kind: Kind, model: str = "", settings: Sequence[str] = ()) -> HostedPolicy:
    return HostedPolicy(
        kind.policy, model or kind.model, settings=settings, base_url=url, api_key=KEY, asking=QUICK
    )


def screen(shade: int = 0, viewport: Viewport = SCREEN) -> Observation:
    pixels = np.full((viewport.height, viewport.width, 3), shade, np.uint8)
    return Observation(Screenshot(pixels, cursor=AT), lambda _: ())


def played(
    policy: HostedPolicy, outcomes: Sequence[Sequence[Outcome]], task: str = "do it"
) -> list[Decision]:
    """Decisions on one screen after another; of each but the last these are the outcomes."""
    policy.begin(Task(instruction=task))
    history: list[Step] = []
    decisions = []
    for number, done in enumerate((*outcomes, ())):
        observation = screen(number)
        decision = policy.decide(observation, tuple(history))
        decisions.append(decision)
        frame = observation.screenshot.digest()
        history.append(Step(step=number + 1, frame=frame, decision=decision, outcomes=tuple(done)))
    policy.close()
    return decisions


def pictures(body: Any) -> list[Image.Image]:
    """Every picture in a request, in order."""
    if isinstance(body, dict):
        inside = [found for value in body.values() for found in pictures(value)]
        return inside
    if isinstance(body, list):
        return [found for value in body for found in pictures(value)]
    if not isinstance(body, str) or len(body) < 100:
        return []
    data = body.removeprefix("data:image/png;base64,")
    if not data.startswith("iVBOR"):
        return []
    return [Image.open(io.BytesIO(base64.b64decode(data)))]


ANTHROPIC_ACTIONS: dict[str, tuple[dict[str, Any], Action]] = {
    "left_click": ({"coordinate": [30, 40]}, Click(at=AT)),
    "left_click ": ({"coordinate": [30, 40], "text": "ctrl+shift"}, Click(at=AT, hold=("ctrl", "shift"))),
    "left_click  ": ({}, Click()),
    "right_click": ({"coordinate": [30, 40]}, Click(at=AT, button="right")),
    "middle_click": ({"coordinate": [30, 40]}, Click(at=AT, button="middle")),
    "double_click": ({"coordinate": [30, 40]}, Click(at=AT, count=2)),
    "triple_click": ({"coordinate": [30, 40]}, Click(at=AT, count=3)),
    "left_click_drag": (
        {"start_coordinate": [30, 40], "coordinate": [50, 60]}, Drag(path=(AT, ScreenPoint(50, 60))),
    ),
    "mouse_move": ({"coordinate": [30, 40]}, Move(at=AT)),
    "left_mouse_down": ({}, MouseDown()),
    "scroll": (
        {"coordinate": [30, 40], "scroll_direction": "left", "scroll_amount": 3}, Scroll(at=AT, dx=-3),
    ),
    "scroll ": ({"scroll_direction": "down", "scroll_amount": 2}, Scroll(dy=2)),
    "key": ({"text": "ctrl+Page_Down", "repeat": 3}, Key(keys=("ctrl", "pagedown"), times=3)),
    "hold_key": ({"text": "space", "duration": 2}, Key(keys=("space",), seconds=2)),
    "type": ({"text": "héllo"}, Type(text="héllo")),
    "wait": ({"duration": 2}, Wait(seconds=2)),
    "screenshot": ({}, TakeScreenshot()),
    "cursor_position": ({}, TakeScreenshot()),
    "zoom": ({"region": [10, 20, 110, 120]}, Zoom(region=Box(10, 20, 110, 120))),
    "ask_user": ({"question": "Which?"}, CallUser(question="Which?")),
    "give_up": ({"reason": "No such file."}, Infeasible(reason="No such file.")),
}  # fmt: skip


@pytest.mark.parametrize("name", ANTHROPIC_ACTIONS)
@pytest.mark.parametrize("single", [False, True], ids=["toolset", "single tool"])
def test_each_member_of_anthropics_toolset_is_an_action(name: str, single: bool) -> None:
    values, action = ANTHROPIC_ACTIONS[name]
    name = name.strip()
    call = ToolCall("1", name, values)
    if single and name not in ("ask_user", "give_up"):
        call = ToolCall("1", "computer", {"action": name, **values})
    assert VENDORS["anthropic"].actions(call, PIXELS) == (action,)


OPENAI_ACTIONS: tuple[tuple[dict[str, Any], Action], ...] = (
    ({"type": "click", "x": 30, "y": 40, "button": "left"}, Click(at=AT)),
    ({"type": "click", "x": 30, "y": 40, "button": "wheel", "keys": None}, Click(at=AT, button="middle")),
    ({"type": "click", "x": 30, "y": 40, "button": "back"}, Click(at=AT, button="back")),
    ({"type": "click", "x": 30, "y": 40, "button": "left", "keys": ["CTRL"]}, Click(at=AT, hold=("ctrl",))),
    ({"type": "double_click", "x": 30, "y": 40}, Click(at=AT, count=2)),
    ({"type": "move", "x": 30, "y": 40, "keys": ["SHIFT"]}, Move(at=AT, hold=("shift",))),
    (
        {"type": "drag", "path": [{"x": 30, "y": 40}, {"x": 50, "y": 60}]},
        Drag(path=(AT, ScreenPoint(50, 60))),
    ),
    ({"type": "scroll", "x": 30, "y": 40, "scroll_x": 0, "scroll_y": 300}, Scroll(at=AT, dy=3)),
    ({"type": "scroll", "x": 30, "y": 40, "scrollX": -20, "scrollY": 0}, Scroll(at=AT, dx=-1)),
    ({"type": "keypress", "keys": ["CTRL", "S"]}, Key(keys=("ctrl", "s"))),
    ({"type": "type", "text": "a\n"}, Type(text="a", submit=True)),
    ({"type": "wait"}, Wait(seconds=2)),
    ({"type": "screenshot"}, TakeScreenshot()),
)


def test_each_action_of_openais_tool_is_one_and_a_batch_keeps_its_order() -> None:
    vendor = VENDORS["openai-computer"]
    for values, action in OPENAI_ACTIONS:
        assert vendor.actions(ToolCall("1", "computer", [values]), PIXELS) == (action,), values
    batch = ToolCall("1", "computer", [values for values, _ in OPENAI_ACTIONS])
    assert vendor.actions(batch, PIXELS) == tuple(action for _, action in OPENAI_ACTIONS)
    assert vendor.actions(ToolCall("1", "ask_user", '{"question": "Which?"}'), PIXELS) == (
        CallUser(question="Which?"),
    )


GEMINI_ACTIONS: tuple[tuple[str, dict[str, Any], tuple[Action, ...]], ...] = (
    ("click", {"x": 30, "y": 80}, (Click(at=AT),)),
    ("click_at", {"x": 30, "y": 80}, (Click(at=AT),)),
    ("double_click", {"x": 30, "y": 80}, (Click(at=AT, count=2),)),
    ("triple_click", {"x": 30, "y": 80}, (Click(at=AT, count=3),)),
    ("middle_click", {"x": 30, "y": 80}, (Click(at=AT, button="middle"),)),
    ("right_click", {"x": 30, "y": 80, "intent": "see"}, (Click(at=AT, button="right"),)),
    ("move", {"x": 30, "y": 80}, (Move(at=AT),)),
    ("hover_at", {"x": 30, "y": 80}, (Move(at=AT),)),
    ("mouse_down", {"x": 30, "y": 80}, (MouseDown(at=AT),)),
    ("long_press", {"x": 30, "y": 80}, (LongPress(at=AT),)),
    ("type", {"text": "a", "press_enter": True}, (Type(text="a", submit=True),)),
    (
        "type_text_at", {"x": 30, "y": 80, "text": "a"},
        (Click(at=AT), Type(text="a", submit=True, clear=True)),
    ),
    (
        "drag_and_drop", {"start_x": 30, "start_y": 80, "end_x": 50, "end_y": 120},
        (Drag(path=(AT, ScreenPoint(50, 60))),),
    ),
    (
        "drag_and_drop", {"x": 30, "y": 80, "destination_x": 50, "destination_y": 120},
        (Drag(path=(AT, ScreenPoint(50, 60))),),
    ),
    ("wait", {"seconds": 3}, (Wait(seconds=3),)),
    ("wait_5_seconds", {}, (Wait(seconds=5),)),
    ("press_key", {"key": "enter"}, (Key(keys=("enter",)),)),
    ("key_down", {"key": "shift"}, (KeyDown(key="shift"),)),
    ("hotkey", {"keys": ["control", "c"]}, (Key(keys=("ctrl", "c")),)),
    ("key_combination", {"keys": "control+a"}, (Key(keys=("ctrl", "a")),)),
    ("take_screenshot", {}, (TakeScreenshot(),)),
    ("scroll", {"x": 30, "y": 80, "direction": "up"}, (Scroll(at=AT, dy=-3),)),
    ("scroll_at", {"x": 30, "y": 80, "direction": "right", "magnitude": 200}, (Scroll(at=AT, dx=2),)),
    ("scroll_document", {"direction": "down"}, (Scroll(dy=8),)),
    ("open_app", {"app_name": "mousepad"}, (OpenApp(name="mousepad"),)),
    ("give_up", {"reason": "no"}, (Infeasible(reason="no"),)),
)  # fmt: skip


@pytest.mark.parametrize(("name", "values", "actions"), GEMINI_ACTIONS)
def test_each_function_of_gemini_is_an_action(
    name: str, values: dict[str, Any], actions: tuple[Action, ...]
) -> None:
    call = ToolCall("1", name, values)
    assert VENDORS["gemini"].actions(call, ShownScreen(SCREEN, PerMille())) == actions


ODD: tuple[tuple[str, str, Any, str], ...] = (
    ("anthropic", "left_click", {"coordinate": [30]}, "two numbers"),
    ("anthropic", "left_click", {"coordinate": "30, 40"}, "two numbers"),
    ("anthropic", "left_click", {"coordinate": [9e9, 40]}, "two numbers"),
    ("anthropic", "left_click", {"coordinate": [10**400, 40]}, "two numbers"),
    ("anthropic", "left_click", {"coordinate": [float("nan"), 40]}, "two numbers"),
    ("anthropic", "left_click", {"coordinate": [1100, 40]}, "outside the screen"),
    ("anthropic", "left_click", {"coordinate": [30, 40], "times": 3}, "no argument 'times'"),
    ("anthropic", "left_click", None, "no object"),
    ("anthropic", "left_click_drag", {"start_coordinate": [1, 2]}, "needs coordinate"),
    ("anthropic", "scroll", {"scroll_direction": "in", "scroll_amount": 1}, "one of up, down"),
    ("anthropic", "key", {"text": "nokey"}, "nokey"),
    ("anthropic", "key", {}, "needs text"),
    ("anthropic", "type", {"text": 5}, "no text"),
    ("anthropic", "zoom", {"region": [1, 2, 3]}, "four numbers"),
    ("anthropic", "rm -rf", {}, "no action 'rm -rf'"),
    ("openai-computer", "computer", [], "no action"),
    ("openai-computer", "computer", ["click"], "no object"),
    ("openai-computer", "computer", [{"type": "click", "x": 1, "y": 2, "button": "left", "z": 1}], "'z'"),
    ("openai-computer", "computer", [{"type": "drag", "path": [{"x": 1, "y": 2}]}], "two points"),
    ("openai-computer", "computer", [{"type": "eval", "text": "1"}], "no action"),
    ("openai-computer", "shell", "{}", "no function 'shell'"),
    ("openai-computer", "ask_user", "{", "no object"),
    ("gemini", "navigate", {"url": "file:///etc/passwd"}, "no function 'navigate'"),
    ("gemini", "click", {"x": 1}, "needs y"),
    ("gemini", "type", {"text": "a", "press_enter": "yes"}, "neither true nor false"),
)


@pytest.mark.parametrize(("policy", "name", "values", "says"), ODD)
def test_what_is_missing_odd_or_unknown_is_no_action(policy: str, name: str, values: Any, says: str) -> None:
    with pytest.raises(ActionParseError, match=says):
        VENDORS[policy].actions(ToolCall("1", name, values), PIXELS)


@each
def test_a_conversation_holds_each_answer_unchanged_and_what_came_of_it(kind: Kind) -> None:
    answers = (
        kind.says(kind.text("I click."), kind.click(30, 40)),
        kind.says(kind.click(50, 60)),
        kind.says(kind.text("It is done.")),
    )
    with vendor_server(kind.judge, *answers) as server:
        first, second, last = played(
            policy_at(server.url, kind), [[Outcome.done()], [Outcome.failed("no X")]]
        )
    assert first.reply is not None and second.reply is not None and last.reply is not None
    assert first.reply.actions == (Click(at=AT),) and first.reply.thought == "I click."
    assert second.reply.actions == (Click(at=ScreenPoint(50, 60)),)
    assert last.reply.actions == (Finished(answer="It is done."),)
    counted = 105 if kind.policy == "anthropic" else 100
    assert (first.usage.prompt_tokens, first.usage.completion_tokens) == (counted, 7)
    body = json.dumps(server.bodies[-1])
    for answer, decision in zip(answers, (first, second), strict=False):
        content = answer.get("content") or answer.get("output") or answer["candidates"][0]["content"]["parts"]
        assert all(json.dumps(part) in body for part in content)
        assert json.loads(decision.raw) == content
    assert "failed: no X" in body and "failed" not in json.dumps(server.bodies[1])
    assert len(pictures(server.bodies[-1])) == 3
    assert all(KEY not in json.dumps(one) for one in server.bodies)


@each
def test_old_pictures_are_left_out_in_blocks(kind: Kind) -> None:
    answers = [kind.says(kind.click(30, 40)) for _ in range(9)]
    settings = ("history.pictures=4", "history.block=2")
    with vendor_server(kind.judge, *answers) as server:
        played(policy_at(server.url, kind, settings=settings), [[Outcome.done()]] * 8)
    assert [len(pictures(body)) for body in server.bodies] == [1, 2, 3, 4, 3, 4, 3, 4, 3]


def test_with_thinking_anthropics_server_leaves_out_pictures_and_thoughts_go_back_as_they_came() -> None:
    kind = KINDS[0]
    answers = [anthropic_says(THINKING, kind.click(30, 40)) for _ in range(6)]
    settings = ("think=true", "history.pictures=3", "history.block=1")
    with vendor_server(kind.judge, *answers) as server:
        decisions = played(policy_at(server.url, kind, settings=settings), [[Outcome.done()]] * 5)
    assert decisions[0].reply is not None and decisions[0].reply.thought == "I look."
    assert [len(pictures(body)) for body in server.bodies] == [1, 2, 3, 4, 5, 6]
    last = server.bodies[-1]
    assert [m["content"][0] for m in last["messages"] if m["role"] == "assistant"] == [THINKING] * 5
    edit = last["context_management"]["edits"][0]
    assert edit["keep"]["value"] == 3 and edit["trigger"]["value"] == 4
    assert last["thinking"] == {"type": "adaptive"}
    assert "context-management" in server.heads[-1]["anthropic-beta"]


@pytest.mark.parametrize("model", OLD)
def test_the_tools_before_these_are_asked_as_their_types_say(model: str) -> None:
    kind = OLD[model]
    click = kind.click(30, 40)
    if kind.policy == "anthropic":
        click = {
            "type": "tool_use",
            "name": "computer",
            "input": {"action": "left_click", "coordinate": [30, 40]},
        }
    elif kind.policy == "openai-computer":
        action = {"type": "click", "x": 30, "y": 40, "button": "left"}
        click = {**computer(action), "actions": None, "action": action}
    answers = (kind.says(click), kind.says(kind.text("done")))
    with vendor_server(kind.judge, *answers) as server:
        first, _ = played(policy_at(server.url, kind, model), [[Outcome.done()]])
    assert first.reply is not None and first.reply.actions == (Click(at=AT),)
    sizes = {picture.size for body in server.bodies for picture in pictures(body)}
    assert sizes == {(1000, 500)}


@each
def test_large_screens_are_sent_in_a_size_that_the_vendor_takes_and_points_come_back(kind: Kind) -> None:
    viewport = Viewport(7680, 4320)
    with vendor_server(kind.judge, kind.says(kind.click(500, 250))) as server:
        policy = policy_at(server.url, kind)
        policy.begin(Task(instruction="x"))
        decision = policy.decide(screen(1, viewport), ())
        policy.close()
    (picture,) = pictures(server.bodies[0])
    longest, pixels = {"anthropic": (2576, 3750656), "openai-computer": (6000, 10240000)}.get(
        kind.policy, (7680, 4000000)
    )
    assert max(picture.size) <= longest and picture.width * picture.height <= pixels
    assert decision.reply is not None
    (click,) = decision.reply.actions
    assert isinstance(click, Click) and click.at is not None
    across, down = (1000, 500) if kind.policy == "gemini" else picture.size
    assert abs(click.at.x - 500 * 7680 / across) <= 1 and abs(click.at.y - 250 * 4320 / down) <= 1


def test_a_turn_stops_at_the_first_action_that_fails_and_each_is_answered() -> None:
    kind = KINDS[0]
    three = anthropic_says(kind.click(1, 2), kind.click(3, 4), member("type", text="x"))
    with vendor_server(kind.judge, three, anthropic_says(kind.text("ok"))) as server:
        played(policy_at(server.url, kind), [[Outcome.done(), Outcome.refused("covered")]])
    results = server.bodies[1]["messages"][-1]["content"]
    assert [one.get("is_error", False) for one in results] == [False, True, True]
    assert "refused: covered" in json.dumps(results[1]) and "earlier computer action" in json.dumps(
        results[2]
    )
    assert len(pictures(results[2])) == 1 and not pictures(results[:2])


def test_what_cannot_be_read_stops_the_turn_and_is_told() -> None:
    kind = KINDS[0]
    odd = anthropic_says(
        kind.click(1, 2), member("left_click", coordinate=[9999, 1]), member("type", text="x")
    )
    only_odd = anthropic_says(member("hold_key", text="a", duration=31), kind.click(1, 2))
    with vendor_server(kind.judge, odd, only_odd, anthropic_says(kind.text("ok"))) as server:
        first, second, _ = played(policy_at(server.url, kind), [[Outcome.done()], []])
    assert first.reply is not None and first.reply.actions == (Click(at=ScreenPoint(1, 2)),)
    assert second.reply is None and "seconds" in second.error
    told = json.dumps(server.bodies[1]["messages"][-1])
    assert "outside the screen" in told and told.count("Not executed") == 1
    assert json.dumps(server.bodies[2]["messages"][-1]).count("Not executed") == 1


def test_what_ends_a_run_stands_alone() -> None:
    kind = KINDS[0]
    both = anthropic_says(kind.click(1, 2), member("give_up", reason="no"))
    with vendor_server(kind.judge, both, anthropic_says(member("give_up", reason="no"))) as server:
        first, second = played(policy_at(server.url, kind), [[Outcome.done()]])
    assert first.reply is not None and first.reply.actions == (Click(at=ScreenPoint(1, 2)),)
    assert second.reply is not None and second.reply.actions == (Infeasible(reason="no"),)
    assert "stands alone" in json.dumps(server.bodies[1]["messages"][-1])


def test_a_closer_look_comes_with_its_call_and_the_pointer_is_told() -> None:
    kind = KINDS[0]
    zoom = anthropic_says(member("zoom", region=[0, 0, 100, 50]), member("cursor_position"))
    with vendor_server(kind.judge, zoom, anthropic_says(kind.text("ok"))) as server:
        played(policy_at(server.url, kind), [[Outcome.done(), Outcome.done()]])
    looked, pointer = server.bodies[1]["messages"][-1]["content"]
    assert [picture.size for picture in pictures(looked)] == [(400, 200)]
    assert "X=30,Y=40" in json.dumps(pointer)


CHECK = {"id": "sc_1", "code": "malicious_instructions", "message": "This may pay for something."}
WARNED = {
    "openai-computer": lambda: computer({"type": "keypress", "keys": ["ENTER"]}, checks=[CHECK]),
    "gemini": lambda: function(
        "press_key",
        key="enter",
        safety_decision={"decision": "require_confirmation", "explanation": CHECK["message"]},
    ),
}


@pytest.mark.parametrize("kind", KINDS[1:], ids=[kind.policy for kind in KINDS[1:]])
@pytest.mark.parametrize("answer", [None, False, True], ids=["nobody", "no", "yes"])
def test_a_safety_check_waits_for_a_person_and_is_acknowledged_only_after_a_yes(
    kind: Kind, answer: bool | None
) -> None:
    asked: list[str] = []

    def agrees(warning: str) -> bool:
        asked.append(warning)
        return bool(answer)

    answers = (kind.says(WARNED[kind.policy]()), kind.says(kind.text("ok")))
    with vendor_server(kind.judge, *answers) as server:
        policy = policy_at(server.url, kind)
        if answer is not None:
            policy.confirm_with(agrees)
        if not answer:
            policy.begin(Task(instruction="x"))
            reply = policy.decide(screen(), ()).reply
            policy.close()
            assert reply is not None and isinstance(reply.actions[0], CallUser)
            assert "This may pay for something." in (reply.actions[0].question or "")
        else:
            first, _ = played(policy, [[Outcome.done()]])
            assert first.reply is not None and first.reply.actions == (Key(keys=("enter",)),)
    assert asked == ([] if answer is None else ["This may pay for something."])
    sent = json.dumps(server.bodies)
    assert ("acknowledge" in sent) is bool(answer)


ENDINGS = (
    (KINDS[0], anthropic_says(KINDS[0].click(1, 2), stop="max_tokens"), "cut off at the limit"),
    (KINDS[0], anthropic_says({"type": "text", "text": "No."}, stop="refusal"), "by the vendor's safety"),
    (KINDS[0], anthropic_says({"type": "text", "text": "hm"}, stop="pause_turn"), "go on"),
    (KINDS[0], anthropic_says(), "neither an action nor a word"),
    (KINDS[1], openai_says(REASONING, incomplete="max_output_tokens"), "cut off at the limit"),
    (KINDS[1], openai_says(REASONING), "neither an action nor a word"),
    (KINDS[2], gemini_says(reason="MAX_TOKENS"), "cut off at the limit"),
    (KINDS[2], gemini_says(reason="MALFORMED_FUNCTION_CALL"), "MALFORMED"),
    (KINDS[2], {"promptFeedback": {"blockReason": "SAFETY"}}, "SAFETY"),
    (KINDS[2], {}, "no candidate"),
)


@pytest.mark.parametrize(("kind", "answer", "says"), ENDINGS)
def test_what_is_no_whole_answer_does_nothing_and_the_next_question_is_still_one(
    kind: Kind, answer: dict[str, Any], says: str
) -> None:
    with vendor_server(kind.judge, answer, kind.says(kind.text("done"))) as server:
        first, second = played(policy_at(server.url, kind), [[]])
    assert first.reply is None and says in first.error
    assert second.reply is not None, "the request after it is one that the vendor takes"
    assert says in json.dumps(server.bodies[1])


def test_a_step_that_somebody_else_did_is_told_in_words() -> None:
    kind = KINDS[0]
    with vendor_server(kind.judge, kind.says(kind.text("done"))) as server:
        policy = policy_at(server.url, kind)
        policy.begin(Task(instruction="x"))
        theirs = Decision.model_validate(
            {"reply": {"actions": [{"kind": "key", "keys": ["a"]}]}, "raw": "key a"}
        )
        frame = screen(5).screenshot.digest()
        policy.decide(screen(), (Step(step=1, frame=frame, decision=theirs, outcomes=(Outcome.done(),)),))
        policy.close()
    assert "Somebody else acted: key done" in json.dumps(server.bodies[0])


@each
def test_a_refused_request_is_an_error_with_the_reason_and_without_the_key(kind: Kind) -> None:
    with vendor_server(lambda body, headers: [f"no such model, {KEY}"], {}) as server:
        policy = policy_at(server.url, kind)
        policy.begin(Task(instruction="x"))
        with pytest.raises(BackendError, match="no such model") as caught:
            policy.decide(screen(), ())
        policy.close()
    assert KEY not in str(caught.value) and KEY not in repr(policy) and KEY not in policy.name


@each
def test_the_contract_of_policies_is_kept(kind: Kind) -> None:
    with vendor_server(kind.judge, kind.says(kind.click(0, 0))) as server:
        check_policy(lambda: policy_at(server.url, kind), secrets=(KEY,))


def test_without_a_key_a_model_or_with_anothers_profile_it_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "DESKHAND_MODEL", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(UsageError, match="--model"):
        load_policy("anthropic")
    with pytest.raises(BackendError, match="ANTHROPIC_API_KEY"):
        load_policy("anthropic", model="claude-opus-6")
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with pytest.raises(UsageError, match="not for the anthropic policy"):
        load_policy("anthropic", model="gpt-5.4")
    with pytest.raises(UsageError, match="--policy anthropic"):
        load_policy("openai", model="claude-opus-6")
    with pytest.raises(UsageError, match="does not take --marks"):
        load_policy("anthropic", model="claude-opus-6", marks=True)
    with pytest.raises(UsageError, match="ANTHROPIC_BASE_URL"):
        HostedPolicy("anthropic", "claude-opus-6", base_url=f"http://user:{KEY}@localhost")
    assert load_policy("anthropic", model="claude-opus-6").name == "anthropic:claude-opus-6/anthropic"


@pytest.mark.lightbox
@each
def test_an_episode_on_a_real_desktop(kind: Kind, tmp_path: Path) -> None:
    """The screen is smaller than 1000 by 500 doubled, so the points are of it."""
    typed = {
        "anthropic": member("type", text="from far away"),
        "openai-computer": computer({"type": "type", "text": "from far away"}, number=2),
        "gemini": function("type", 2, text="from far away", press_enter=False),
    }[kind.policy]
    save = {
        "anthropic": member("key", text="ctrl+s"),
        "openai-computer": computer({"type": "keypress", "keys": ["CTRL", "S"]}, number=3),
        "gemini": function("hotkey", 3, keys=["control", "s"]),
    }[kind.policy]
    name = {
        "anthropic": member("type", text="far.txt\n"),
        "openai-computer": computer({"type": "type", "text": "far.txt\n"}, number=4),
        "gemini": function("type", 4, text="far.txt", press_enter=True),
    }[kind.policy]
    answers = (kind.click(400, 250), typed, save, name, kind.text("Saved."))
    with vendor_server(kind.judge, *map(kind.says, answers)) as server, Lightbox() as desktop:
        policy = policy_at(server.url, kind)
        task = Task(instruction="Write and save", launch="mousepad")
        result = run(task, desktop, policy, out=tmp_path / "run")
        policy.close()
        assert result.status == "finished", result
        assert desktop.read_file("far.txt").decode().strip() == "from far away"
    assert result.steps == 5 and result.answer == "Saved."
