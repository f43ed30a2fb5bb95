"""Chat models through their profiles: what is sent, closer looks, where the pointer is, and the cost."""

from __future__ import annotations

import json

import numpy as np
import pytest

from deskhand.actions.geometry import Box, ScreenPoint, Viewport
from deskhand.actions.outcome import Outcome
from deskhand.actions.vocabulary import Click, Drag, Key, Move, TakeNote, Type, Zoom
from deskhand.errors import UsageError
from deskhand.perception.screen import Screenshot
from deskhand.perception.watch.observe import Observation
from deskhand.policies.chat.asking import Asking
from deskhand.policies.chat.client import with_pictures
from deskhand.policies.chat.conversation import (
    LONGEST_SHAPE,
    Conversation,
    feedback,
    located,
    sent_size,
    shapely,
)
from deskhand.policies.chat.openai_server import OpenAIPolicy
from deskhand.policies.contract import check_policy
from deskhand.policies.profiles.profile import shipped
from deskhand.policies.registry import load_policy
from deskhand.trajectories.records import Decision, Step, Task
from tests.conftest import few
from tests.policies.server import ModelServer, pictures, says, serving, texts

QUICK = Asking(timeout=5, whole=5, attempts=2, first_wait=0.001)
AGENTS = sorted(name for name, profile in shipped().items() if profile.role == "agent" and not profile.tool)


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "OPENAI_BASE_URL",
        "OPENAI_API_KEY",
        "DESKHAND_MODEL",
        "DESKHAND_DIALECT",
        "DESKHAND_PROFILE",
    ):
        monkeypatch.delenv(f"DESKHAND_{name}", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def call(name: str, **arguments: object) -> str:
    data = {"name": "computer_use", "arguments": {"action": name, **arguments}}
    return f"I do it.\n<tool_call>\n{json.dumps(data)}\n</tool_call>"


def screen(shade: int = 0, cursor: ScreenPoint | None = None) -> Observation:
    pixels = np.full((800, 1280, 3), shade, np.uint8)
    pixels[100:200, 300:400] = 200
    return Observation(Screenshot(pixels, cursor=cursor))


def policy_at(server: ModelServer, model: str = "qwen3-vl:8b", **options: object) -> OpenAIPolicy:
    return OpenAIPolicy(model, base_url=server.url, asking=QUICK, **options)  # type: ignore[arg-type]


def step(number: int, shot: Observation, decision: Decision, *outcomes: Outcome) -> Step:
    return Step(step=number, frame=shot.screenshot.digest(), decision=decision, outcomes=outcomes)


@pytest.mark.parametrize("name", few(AGENTS, 5))
def test_a_model_of_each_family_is_asked_by_its_profile_and_clicks_where_it_meant(name: str) -> None:
    profile = shipped()[name]
    at = ScreenPoint(960, 200)
    said = profile.spoken().render([Click(at=at)], "I click it.", screen().viewport)
    with serving(says(said)) as server:
        policy = policy_at(server, profile=name)
        policy.begin(Task(instruction="press it"))
        decision = policy.decide(screen(), ())
        policy.close()
    assert decision.reply is not None, decision.error
    (click,) = decision.reply.actions
    assert isinstance(click, Click) and click.at is not None
    assert abs(click.at.x - at.x) <= 1 and abs(click.at.y - at.y) <= 1
    question = server.questions[0]
    sent = profile.picture.size(screen().viewport)
    assert pictures(question)[0].size == (sent.width, sent.height)
    assert {key: question[key] for key in profile.options()} == profile.options()
    assert profile.spoken().describe({"click"}).splitlines()[0] in texts(question, "user")[0]


def test_a_model_is_known_by_its_name_and_a_field_can_have_another_value() -> None:
    with serving(says(call("left_click", coordinate=[500, 500]))) as server:
        policy = policy_at(server, settings=["sampling.temperature=0", "history.pictures=1"], seed=7)
        assert policy.name == "openai:qwen3-vl:8b/qwen3-vl"
        policy.begin(Task(instruction="x"))
        policy.decide(screen(), ())
        policy.close()
    question = server.questions[0]
    assert (question["temperature"], question["top_p"], question["seed"]) == (0, 0.8, 7)
    assert "0 to 1000" in texts(question, "user")[0]


def test_what_it_does_at_the_pointer_gets_the_place_where_the_pointer_is() -> None:
    at, to = ScreenPoint(40, 50), ScreenPoint(640, 400)
    with serving(says(call("left_click")), says(call("left_click_drag", coordinate=[500, 500]))) as server:
        policy = policy_at(server)
        policy.begin(Task(instruction="x"))
        first = policy.decide(screen(cursor=at), ())
        second = policy.decide(screen(1, cursor=at), (step(1, screen(), first, Outcome.done()),))
        unknown = policy.decide(screen(2), ())
        policy.close()
    assert first.reply is not None and first.reply.actions == (Click(at=at),)
    assert second.reply is not None and second.reply.actions == (Drag(path=(at, to)),)
    assert unknown.reply is not None and unknown.reply.actions == (Drag(path=(to,)),)


def test_in_a_step_the_pointer_is_where_the_action_before_left_it() -> None:
    one, two = ScreenPoint(1, 2), ScreenPoint(30, 40)
    actions = (Move(at=two), Click(), Zoom(region=Box(0, 0, 50, 50)), Drag(path=(one,)), Click(count=2))
    assert located(actions, one) == (
        Move(at=two),
        Click(at=two),
        Zoom(region=Box(0, 0, 50, 50)),
        Drag(path=(two, one)),
        Click(at=one, count=2),
    )
    assert located((Click(),), None) == (Click(),)


def test_a_closer_look_comes_with_the_next_screenshot_in_the_coordinates_of_the_screen() -> None:
    said = (
        "<tool_call>computer\n<arg_key>action</arg_key>\n<arg_value>zoom</arg_value>\n<arg_key>region</arg_key>\n"
        "<arg_value>[234, 125, 312, 250]</arg_value>\n</tool_call>"
    )
    with serving(says(said), says(said)) as server:
        policy = policy_at(server, "glm-4.6v")
        policy.begin(Task(instruction="x"))
        first = policy.decide(screen(), ())
        assert first.reply is not None
        (zoom,) = first.reply.actions
        assert isinstance(zoom, Zoom)
        policy.decide(screen(1), (step(1, screen(), first, Outcome.done()),))
        policy.close()
    closer, whole = pictures(server.questions[1])[-2:]
    assert whole.size != closer.size
    assert closer.size == (4 * zoom.region.width, 4 * zoom.region.height)
    assert closer.convert("RGB").getpixel((closer.width // 2, closer.height // 2)) == (200, 200, 200)
    words = texts(server.questions[1], "user")[-1]
    assert "(234," in words and "whole screen" in words


def test_a_closer_look_is_no_long_strip_and_stays_on_a_screen_that_shrank() -> None:
    viewport = Viewport(1280, 800)
    strip = shapely(Box(0, 792, 1280, 800), viewport)
    assert strip.width <= LONGEST_SHAPE * strip.height and strip == Box(0, 736, 1280, 800)
    assert shapely(Box(1000, 700, 1800, 1000), viewport) == Box(1000, 700, 1280, 800)
    assert not shapely(Box(1300, 10, 1400, 60), viewport).area
    assert shapely(Box(100, 100, 200, 150), viewport) == Box(100, 100, 200, 150)


def test_where_one_picture_is_taken_the_screenshot_stays_and_the_closer_look_goes() -> None:
    plain = Decision(reply=shipped()["glm-4.6v"].spoken().parse(call("wait"), screen().viewport))
    assert plain.reply is not None
    zoom = plain.reply.model_copy(update={"actions": (Zoom(region=Box(300, 100, 400, 200)),)})
    looked = step(1, screen(), plain.model_copy(update={"reply": zoom}), Outcome.done())
    talk = Conversation(shipped()["glm-4.6v"], language="English")
    messages = with_pictures(talk.messages("x", screen(1), (looked,)), 1)
    (kept,) = pictures({"messages": messages})
    sent = sent_size(shipped()["glm-4.6v"], screen().viewport)
    assert kept.size == (sent.width, sent.height)


def test_the_model_hears_of_each_action_and_of_those_that_were_not_done() -> None:
    actions = (Key(keys=("a",)), Type(text="b"), Type(text="c"), TakeNote(text="d"))
    text = "\n".join(call("type", text=one) for one in "abcd")
    decision = Decision(reply=shipped()["qwen3-vl"].spoken().parse(text, screen().viewport))
    assert decision.reply is not None and len(decision.reply.actions) == len(actions)
    done = step(1, screen(), decision, Outcome.done(), Outcome.failed("the window is gone"))
    assert feedback(done) == "type: failed. the window is gone\nThe 2 actions after it were not done."


def test_a_decision_costs_what_the_profiles_prices_say() -> None:
    prices = ["prices.prompt=1000000", "prices.completion=500000"]
    with serving(says(call("left_click", coordinate=[1, 1]))) as server:
        policy = policy_at(server, settings=prices)
        policy.begin(Task(instruction="x"))
        usage = policy.decide(screen(), ()).usage
        free = policy_at(server)
        free.begin(Task(instruction="x"))
        assert free.decide(screen(), ()).usage.cost is None
        policy.close(), free.close()
    assert usage.cost == usage.prompt_tokens + 0.5 * usage.completion_tokens > 0


def test_it_keeps_the_contract_with_calls_of_a_tool() -> None:
    with serving(*[says(call("left_click", coordinate=[500, 500]))] * 40) as server:
        check_policy(lambda: policy_at(server))


@pytest.mark.parametrize("option", [{"profile": "qwen3-vl"}, {"settings": ["max_tokens=100"]}])
def test_policies_that_ask_no_model_take_no_profile(option: dict[str, object]) -> None:
    with pytest.raises(UsageError, match=r"does not take --profile"):
        load_policy("embedded", **option)  # type: ignore[arg-type]


def test_a_grounder_decides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    with pytest.raises(UsageError, match="only says where something is"):
        load_policy("openai", model="GTA1-7B")
