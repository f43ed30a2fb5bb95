"""The actions themselves: their fields, their limits, and how they are written down."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from deskhand.actions.gate import check
from deskhand.actions.geometry import ScreenPoint, Viewport
from deskhand.actions.vocabulary import (
    ACTION,
    TERMINAL_KINDS,
    Action,
    Click,
    Drag,
    Finished,
    Key,
    Move,
    PressHome,
    Scroll,
    Type,
    Wait,
    points_of,
)

SCREEN = Viewport(1920, 1080)
FIELDS = {
    "click": {"at", "button", "count", "hold"}, "move": {"at", "hold"}, "drag": {"path", "button", "hold"},
    "scroll": {"at", "dx", "dy", "hold"}, "type": {"text", "submit", "clear"},
    "key": {"keys", "times", "seconds"}, "key_down": {"key"}, "zoom": {"region"}, "note": {"text"},
    "key_up": {"key"}, "mouse_down": {"at", "button"}, "mouse_up": {"at", "button"}, "wait": {"seconds"},
    "screenshot": set(), "open_app": {"name"}, "long_press": {"at", "seconds"}, "press_home": set(),
    "press_back": set(), "call_user": {"question"}, "finished": {"answer"}, "infeasible": {"reason"},
}  # fmt: skip


def test_the_union_has_exactly_the_kinds_and_fields_that_were_agreed() -> None:
    schemas = ACTION.json_schema()["$defs"].values()
    found = {
        schema["properties"]["kind"]["const"]: set(schema["properties"]) - {"kind"}
        for schema in schemas
        if "kind" in schema.get("properties", {})
    }
    assert found == FIELDS


def test_defaults_are_those_of_a_plain_hand() -> None:
    click = ACTION.validate_python({"kind": "click", "at": {"x": 1, "y": 2}})
    assert click == Click(at=ScreenPoint(1, 2), button="left", count=1, hold=())
    assert ACTION.validate_python({"kind": "wait"}) == Wait(seconds=5)
    assert ACTION.validate_json('{"kind": "finished"}') == Finished(answer=None)


def test_a_trailing_newline_becomes_submit() -> None:
    assert Type(text="a\n") == Type(text="a", submit=True)
    assert Type(text="a\r\nb\r\n") == Type(text="a\nb", submit=True)
    assert Type(text="a\nb") == Type(text="a\nb", submit=False)
    assert Type(text="\n") == Type(text="", submit=True)


@pytest.mark.parametrize(
    "data",
    [
        {"kind": "fly"},
        {"kind": "click", "at": {"x": 1, "y": 2}, "count": 4},
        {"kind": "click", "at": {"x": 1, "y": 2}, "count": 0},
        {"kind": "click", "at": {"x": 1, "y": 2}, "button": "fourth"},
        {"kind": "click", "at": {"x": 1, "y": 2}, "hold": ["a"]},
        {"kind": "click", "at": {"x": 1, "y": 2}, "colour": "blue"},
        {"kind": "click", "at": {"x": 1.5, "y": 2}},
        {"kind": "drag", "path": []},
        {"kind": "key", "keys": ["a"], "times": 101},
        {"kind": "key", "keys": ["a"], "times": 20, "seconds": 20},
        {"kind": "zoom", "region": {"left": 10, "top": 10, "right": 12, "bottom": 90}},
        {"kind": "zoom", "region": {"left": 90, "top": 10, "right": 10, "bottom": 90}},
        {"kind": "scroll", "dy": 101},
        {"kind": "type", "text": "a" * 20_001},
        {"kind": "key", "keys": []},
        {"kind": "key", "keys": ["a"] * 6},
        {"kind": "key", "keys": ["frobnicate"]},
        {"kind": "key", "keys": [5]},
        {"kind": "wait", "seconds": float("nan")},
        {"kind": "wait", "seconds": 301},
        {"kind": "open_app", "name": ""},
        {"kind": "long_press", "at": {"x": 1, "y": 2}, "seconds": 0},
    ],
)
def test_what_cannot_be_done_cannot_be_said(data: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ACTION.validate_python(data)


def test_what_came_later_is_written_only_where_it_says_something() -> None:
    plain = (Key(keys=("a",)), Type(text="a"), Move(at=ScreenPoint(1, 2)))
    for action in plain:
        assert not set(action.model_dump()) & {"times", "seconds", "clear", "hold"}
    later = (Key(keys=("a",), times=3, seconds=0.5), Type(text="a", clear=True))
    for action in (*plain, *later):
        assert ACTION.validate_json(action.model_dump_json()) == action
    assert later[0].model_dump() == {"kind": "key", "keys": ("a",), "times": 3, "seconds": 0.5}


def test_an_action_is_frozen() -> None:
    with pytest.raises(ValidationError):
        setattr(Wait(), "seconds", 3)  # noqa: B010


def test_points_of_names_every_place_in_order() -> None:
    one, two = ScreenPoint(1, 2), ScreenPoint(3, 4)
    assert points_of(Drag(path=(one, two))) == (one, two)
    assert points_of(Click(at=one)) == (one,)
    assert points_of(Scroll(at=two)) == (two,)
    assert points_of(Scroll()) == points_of(Wait()) == ()


@pytest.mark.parametrize(
    ("action", "reason"),
    [
        (Click(at=ScreenPoint(1920, 5)), "outside the 1920x1080 screen"),
        (Drag(path=(ScreenPoint(5, 5), ScreenPoint(5, -1))), "outside"),
        (Key(keys=("ctrl", "alt", "delete")), "forbidden"),
        (Key(keys=("ctrlleft", "altright", "f2")), "forbidden"),
        (PressHome(), "has no press_home"),
        (Finished(), "ends a run"),
    ],
)
def test_the_gate_refuses_with_a_reason(action: Action, reason: str) -> None:
    outcome = check(action, SCREEN, frozenset(FIELDS) - {"press_home"})
    assert outcome is not None and outcome.status == "refused"
    assert reason in outcome.reason


def test_the_gate_lets_ordinary_actions_pass() -> None:
    passing: list[Action] = [
        Click(at=ScreenPoint(1919, 1079)),
        Key(keys=("ctrl", "s")),
        Type(text="a"),
        Scroll(),
    ]
    assert all(check(action, SCREEN, frozenset(FIELDS)) is None for action in passing)
    assert {"finished", "infeasible", "call_user"} == TERMINAL_KINDS
