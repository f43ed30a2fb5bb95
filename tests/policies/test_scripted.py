"""The scripted policy: its file, its replies, its end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from deskhand.actions.vocabulary import Finished, Infeasible, Wait
from deskhand.errors import UsageError
from deskhand.policies.contract import check_policy, observations
from deskhand.policies.scripted import SCRIPT_ENDED, ScriptedPolicy
from deskhand.trajectories.records import Decision, Task

REPLIES = [
    "Thought: wait a little\nAction: wait()",
    "Thought: I do not know",
    "Thought: a click\nAction: click(start_box='(500,500)')",
    "Action: finished(content='done')",
]


def script(folder: Path, replies: Any = None, dialect: str = "ui-tars-1.0") -> Path:
    path = folder / "script.json"
    path.write_text(json.dumps({"dialect": dialect, "replies": REPLIES if replies is None else replies}))
    return path


def decisions(policy: ScriptedPolicy, count: int) -> list[Decision]:
    policy.begin(Task(instruction="x"))
    return [policy.decide(observations()[0], ()) for _ in range(count)]


def test_replies_come_in_order_through_the_dialects_parser(tmp_path: Path) -> None:
    wait, unread, click, done = decisions(ScriptedPolicy.from_file(script(tmp_path)), 4)
    assert wait.reply is not None
    assert wait.reply.actions == (Wait(),)
    assert wait.reply.thought == "wait a little"
    assert wait.raw == REPLIES[0]
    assert unread.reply is None
    assert unread.error
    assert click.reply is not None
    assert click.reply.actions[0].model_dump() == {
        "kind": "click", "at": {"x": 640, "y": 400}, "button": "left", "count": 1, "hold": ()
    }  # fmt: skip
    assert done.reply is not None
    assert done.reply.actions == (Finished(answer="done"),)


def test_a_script_that_ends_claims_nothing(tmp_path: Path) -> None:
    policy = ScriptedPolicy.from_file(script(tmp_path, REPLIES[:1]))
    for decision in decisions(policy, 3)[1:]:
        assert decision.reply is not None
        assert decision.reply.actions == (Infeasible(reason=SCRIPT_ENDED),)


def test_it_keeps_the_contract(tmp_path: Path) -> None:
    path = script(tmp_path)
    check_policy(lambda: ScriptedPolicy.from_file(path))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "JSON"),
        ("[]", "object"),
        ('{"dialect": "ui-tars-1.0"}', "replies: Field required"),
        ('{"dialect": "ui-tars-1.0", "replies": [1]}', r"replies\.0"),
        ('{"dialect": "ui-tars-1.0", "replies": [], "run": "x"}', "run: Extra"),
        ('{"dialect": "klingon", "replies": []}', "klingon"),
        ("[" * 10_000, "script"),
        ("\udcff", "script"),
    ],
)
def test_a_file_that_is_no_script_is_refused_with_its_place(tmp_path: Path, content: str, words: str) -> None:
    path = tmp_path / "bad.json"
    path.write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(UsageError, match=words):
        ScriptedPolicy.from_file(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nothing\.json cannot be read"):
        ScriptedPolicy.from_file(tmp_path / "nothing.json")
