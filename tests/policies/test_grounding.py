"""A planner that names things in words and a grounder that points at them, on real servers."""

from __future__ import annotations

import json

import numpy as np
import pytest

from deskhand.actions.geometry import PerMille, ScreenPoint, UnitSquare, Viewport
from deskhand.actions.vocabulary import Click, Drag, Finished, Key, Scroll, Type
from deskhand.credentials import GROUNDER_KEY, GROUNDER_SERVER
from deskhand.errors import UsageError
from deskhand.perception.screen import Screenshot
from deskhand.perception.watch.observe import Observation
from deskhand.policies.chat.asking import Asking
from deskhand.policies.chat.grounded import GroundedPolicy
from deskhand.policies.chat.grounding import PlannersDialect, point_in
from deskhand.policies.registry import load_policy
from deskhand.trajectories.records import Decision, Task, Usage
from tests.policies.server import pictures, says, serving, texts

QUICK = Asking(timeout=5, whole=5, attempts=2, first_wait=0.001)
SCREEN = Viewport(1280, 800)


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_BASE_URL", "OPENAI_API_KEY", "DESKHAND_MODEL", "DESKHAND_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("DESKHAND_DIALECT", GROUNDER_SERVER, GROUNDER_KEY):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def call(name: str, **arguments: object) -> str:
    data = {"name": "computer_use", "arguments": {"action": name, **arguments}}
    return f"I do it.\n<tool_call>\n{json.dumps(data)}\n</tool_call>"


def screen() -> Observation:
    return Observation(Screenshot(np.zeros((SCREEN.height, SCREEN.width, 3), np.uint8)))


def decided(*replies: str, grounder: str = "GTA1-7B") -> tuple[Decision, list[dict[str, object]]]:
    """A decision of a planner at a server, which is asked for the grounder too, and the questions."""
    with serving(*map(says, replies)) as server:
        policy = GroundedPolicy(grounder, model="any planner", base_url=server.url, asking=QUICK)
        policy.begin(Task(instruction="save it"))
        decision = policy.decide(screen(), ())
        policy.close()
    return decision, server.questions


def test_a_thing_in_words_is_clicked_where_the_grounder_points() -> None:
    decision, (planning, pointing) = decided(call("left_click", target="the Save button"), "(640, 392)")
    assert decision.reply is not None, decision.error
    (click,) = decision.reply.actions
    assert isinstance(click, Click) and click.at is not None
    sent = pictures(pointing)[0].size
    assert click.at == ScreenPoint(round(640 * 1280 / sent[0]), round(392 * 800 / sent[1]))
    assert "the Save button" in texts(pointing, "user")[0] and "GTA1" in str(pointing["model"])
    prompt = texts(planning, "user")[0]
    assert '"target": "what it is and where' in prompt and "[x, y]" not in prompt
    assert planning["model"] == "any planner"
    usage = decision.usage
    assert (usage.prompt_tokens, usage.completion_tokens) == (321, 12)
    assert (usage.grounder_prompt_tokens, usage.grounder_completion_tokens) == (321, 12)
    assert usage.tokens == 666


def test_what_needs_no_place_asks_no_grounder() -> None:
    for reply, action in (
        (call("key", keys=["ctrl", "s"]), Key(keys=("ctrl", "s"))),
        (call("type", text="the target", press_enter=True), Type(text="the target", submit=True)),
        (call("scroll", direction="down", amount=3), Scroll(dy=3)),
        (call("answer", text="42"), Finished(answer="42")),
    ):
        decision, questions = decided(reply)
        assert decision.reply is not None and decision.reply.actions == (action,)
        assert len(questions) == 1 and decision.usage.grounder_prompt_tokens == 0
        assert "grounder" not in decision.model_dump_json()


def test_both_ends_of_a_drag_and_each_call_of_a_step_are_looked_for() -> None:
    text = call("drag", target="the file", to="the bin") + "\n" + call("left_click", target="OK")
    decision, questions = decided(text, "(28, 28)", "(56, 84)", "(112, 28)")
    assert decision.reply is not None and len(questions) == 4
    drag, click = decision.reply.actions
    assert isinstance(drag, Drag) and drag.path[0].x < drag.path[1].x < 100
    assert isinstance(click, Click)
    assert decision.usage.grounder_prompt_tokens == 3 * 321


@pytest.mark.parametrize("said", ["(-1, -1)", "I cannot see it.", "", "1 2 3", "(99999, 5)"])
def test_a_thing_that_is_not_found_makes_no_action_and_the_planner_hears_of_it(said: str) -> None:
    decision, _ = decided(call("left_click", target="the unicorn"), said)
    assert decision.reply is None
    assert "'the unicorn' was not found" in decision.error


@pytest.mark.parametrize("target", ["", "   ", "x" * 400])
def test_words_that_name_nothing_are_refused_before_anybody_is_asked(target: str) -> None:
    decision, questions = decided(call("left_click", target=target))
    assert decision.reply is None and len(questions) == 1


def test_a_model_that_acts_can_be_the_grounder_too() -> None:
    points = call("left_click", coordinate=[500, 250])
    decision, _ = decided(call("right_click", target="the file"), points, grounder="Qwen3-VL-8B")
    assert decision.reply is not None
    assert decision.reply.actions == (Click(at=ScreenPoint(640, 200), button="right"),)


@pytest.mark.parametrize("profile", ["qwen3-vl", "ui-tars-1.5"])
def test_an_agent_that_says_nowhere_is_no_click_in_the_corner(profile: str) -> None:
    nowhere = {
        "qwen3-vl": call("left_click", coordinate=[-1, -1]),
        "ui-tars-1.5": "Thought: t\nAction: click(start_box='(-1,-1)')",
    }[profile]
    decision, _ = decided(call("left_click", target="the unicorn"), nowhere, grounder=f"{profile}-7b")
    assert decision.reply is None and "not found" in decision.error


def test_half_an_answer_of_the_grounder_is_none() -> None:
    with serving(says(call("left_click", target="OK")), says("at (512, 3", finish="length")) as server:
        policy = GroundedPolicy("GTA1-7B", model="m", base_url=server.url, asking=QUICK)
        policy.begin(Task(instruction="x"))
        decision = policy.decide(screen(), ())
        policy.close()
    assert decision.reply is None


@pytest.mark.parametrize(
    "arguments", [{"coordinate": [512, 300]}, {"x": 512, "y": 300}, {"start_box": "(1,2)"}, {"element": "OK"}]
)
def test_numbers_of_a_planner_are_no_place(arguments: dict[str, object]) -> None:
    decision, questions = decided(call("left_click", **arguments))
    assert decision.reply is None and len(questions) == 1


def test_the_planner_is_not_told_of_coordinates() -> None:
    _, questions = decided(call("wait"))
    assert "Places on the screen are given as" not in texts(questions[0], "user")[0]


def test_what_the_environment_says_of_profiles_is_not_said_of_the_grounder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DESKHAND_PROFILE", "qwen3-vl")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")
    assert load_policy("openai", model="m", grounder="GTA1-7B").name.endswith("/gta1")


def test_a_key_goes_to_its_own_server_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-planner-0123")
    with serving(says(call("left_click", target="OK"))) as planner, serving(says("(28, 28)")) as grounder:
        monkeypatch.setenv("OPENAI_BASE_URL", planner.url)
        monkeypatch.setenv(GROUNDER_SERVER, grounder.url)
        for key, sent in ((None, "none"), ("sk-grounder-456", "sk-grounder-456")):
            if key is not None:
                monkeypatch.setenv(GROUNDER_KEY, key)
            policy = load_policy("openai", model="m", grounder="GTA1-7B")
            policy.begin(Task(instruction="x"))
            policy.decide(screen(), ())
            policy.close()
            assert (planner.keys[-1], grounder.keys[-1]) == ("Bearer sk-planner-0123", f"Bearer {sent}")


def test_the_grounder_may_be_at_a_server_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(says(call("left_click", target="OK"))) as planner, serving(says("(28, 28)")) as grounder:
        monkeypatch.setenv(GROUNDER_SERVER, grounder.url)
        monkeypatch.setenv("OPENAI_BASE_URL", planner.url)
        policy = load_policy("openai", model="gpt-like", grounder="GTA1-7B")
        assert policy.name.endswith("+ GTA1-7B/gta1")
        policy.begin(Task(instruction="x"))
        decision = policy.decide(screen(), ())
        policy.close()
    assert decision.reply is not None
    assert (len(planner.questions), len(grounder.questions)) == (1, 1)


def test_a_grounder_that_nobody_knows_and_policies_without_one_are_errors(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    with pytest.raises(UsageError, match=r"docs/models\.md"):
        load_policy("openai", model="m", grounder="eagle-eye")
    with pytest.raises(UsageError, match="does not take --grounder"):
        load_policy("embedded", grounder="GTA1-7B")


@pytest.mark.parametrize(
    ("text", "point"),
    [
        ("(500, 250)", ScreenPoint(640, 200)),
        ("[500, 250]", ScreenPoint(640, 200)),
        ('{"x": 500, "y": 250}', ScreenPoint(640, 200)),
        ("<point>500 250</point>", ScreenPoint(640, 200)),
        ("<|box_start|>(480,240),(520,260)<|box_end|>", ScreenPoint(640, 200)),
        ("The 2nd button is at position (500, 250).", ScreenPoint(640, 200)),
        ("(-1, -1)", None),
        ("500", None),
        ("nothing", None),
    ],
)
def test_one_point_or_one_box_is_read(text: str, point: ScreenPoint | None) -> None:
    assert point_in(text, PerMille(), SCREEN) == point


def test_fractions_are_read_in_the_form_of_showui() -> None:
    text = "{'action': 'CLICK', 'value': None, 'position': [0.5, 0.25]}"
    assert point_in(text, UnitSquare(), SCREEN) == ScreenPoint(640, 200)


def test_costs_of_both_are_one_sum_and_old_records_have_no_grounder() -> None:
    assert Usage.model_validate_json('{"prompt_tokens": 3}').tokens == 3
    assert "grounder" not in Usage(prompt_tokens=3).model_dump_json()
    assert PlannersDialect().render([Type(text="a")], "t", SCREEN)
