"""Ours to another format and back: all of it returns, and what both can say returns without our extras."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deskhand.actions.dialects.render import spoken
from deskhand.actions.vocabulary import (
    Action,
    CallUser,
    Click,
    Finished,
    Infeasible,
    OpenApp,
    PressHome,
    Type,
)
from deskhand.errors import NotExpressible
from deskhand.trajectories.export.catalogue import EXPORTS, IMPORTS, recognise
from deskhand.trajectories.export.exchange import EXTRA, ExportOptions
from deskhand.trajectories.export.importing import importing_to
from deskhand.trajectories.export.source import ForeignSource
from deskhand.trajectories.reader import Trajectory
from deskhand.trajectories.records import HIDDEN_TEXT, Decision
from tests.trajectories.export import stories
from tests.trajectories.export.stories import actions_of, decide, decisions, ends, exact, facts, others, write

PLACES = {"osworld": "results", "agentnet": "set", "uitars": "report.html"}
FORMATS = sorted(PLACES)
numbers = itertools.count()


def there(trajectory: Trajectory, name: str, folder: Path, suffix: str = "") -> tuple[Path, list[str]]:
    out = folder / (f"{next(numbers)}{suffix}" if suffix else f"{next(numbers)}-{PLACES[name]}")
    return out, EXPORTS[name].write(trajectory, out, ExportOptions(), stories.quiet)


def back(path: Path, name: str = "", **source: Any) -> tuple[Trajectory, list[str]]:
    found = IMPORTS[name or recognise(path)].stories(ForeignSource(path, **source))
    folder = path.with_name(f"{next(numbers)}-back")
    with importing_to(folder, stories.quiet) as imported:
        found[0].read_into(imported)
    return Trajectory.open(folder), imported.warnings


def without_extras(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: without_extras(one) for name, one in value.items() if name != EXTRA}
    return [without_extras(one) for one in value] if isinstance(value, list) else value


def strip(path: Path, name: str) -> None:
    """Take out of a foreign file what only this program reads."""
    if name == "osworld":
        (path / "deskhand.json").unlink()
        path = path / "traj.jsonl"
    elif name == "agentnet":
        path = path / "agentnet.jsonl"
    text = path.read_text()
    lines = [text] if name == "uitars" else text.strip("\n").split("\n")
    bare = [json.dumps(without_extras(json.loads(line))) for line in lines]
    path.write_text("\n".join(bare) + "\n")


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_everything_returns(name: str, data: st.DataObject, tmp_path: Path) -> None:
    kinds = decisions(exact | others | ends)
    decided = data.draw(st.lists(kinds, min_size=1, max_size=3))
    number = next(numbers)
    trajectory = write(tmp_path / f"{number}-ours", decided, ended=data.draw(st.booleans()))
    path, _ = there(trajectory, name, tmp_path)
    again, warnings = back(path)
    expected = facts(trajectory)
    if name == "uitars" or trajectory.end is None:  # a report has no place for files
        again_facts = facts(again)
        expected["files"] = again_facts["files"] = ()
        if trajectory.end and again.end:
            expected["end"] = trajectory.end.model_copy(update={"files": ()})
        assert again_facts == expected
    else:
        assert facts(again) == expected
    assert not warnings
    for step in trajectory.steps:
        assert again.frame(step.frame).digest() == step.frame


def sayable(action: Action) -> bool:
    """Whether UI-TARS has words for an action."""
    try:
        spoken(action)
    except NotExpressible:
        return False
    return not (isinstance(action, Type) and not action.text)


plain_ends = st.sampled_from((Finished(), Infeasible()))
said = {
    "osworld": exact | plain_ends,
    "agentnet": exact | plain_ends,
    "uitars": (exact | others | ends).filter(sayable),
}


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_what_both_can_say_returns_without_our_extras(name: str, data: st.DataObject, tmp_path: Path) -> None:
    actions = data.draw(st.lists(said[name], min_size=1, max_size=4))
    trajectory = write(tmp_path / f"{next(numbers)}-ours", [decide(one, thought="why") for one in actions])
    path, warnings = there(trajectory, name, tmp_path, ".json" if name == "uitars" else "")
    assert not [one for one in warnings if "cannot say" in one]
    strip(path, name)
    again, _ = back(path)
    assert actions_of(again.steps) == canonical(actions)
    assert [step.frame for step in again.steps] == [step.frame for step in trajectory.steps]
    assert again.task.instruction == trajectory.task.instruction
    assert all(step.decision.reply and step.decision.reply.thought == "why" for step in again.steps)


def canonical(actions: list[Action]) -> list[Action]:
    """An empty answer is none in a format that leaves out what is empty."""
    emptied = {"": None}
    return [
        one.model_copy(update={field: emptied.get(value, value)})
        if (field := {"finished": "answer", "infeasible": "reason", "call_user": "question"}.get(one.kind))
        and (value := getattr(one, field)) is not None
        else one
        for one in actions
    ]


@pytest.mark.parametrize("name", FORMATS)
def test_what_cannot_be_said_is_told_with_its_step(name: str, tmp_path: Path) -> None:
    click = Click(at=stories.ScreenPoint(3, 4), count=2, button="right")
    unsaid = click if name == "uitars" else PressHome()
    trajectory = write(tmp_path / "ours", [decide(Type(text="a")), decide(unsaid)])
    _, warnings = there(trajectory, name, tmp_path)
    assert [one for one in warnings if one.startswith("step 4:")]


@pytest.mark.parametrize("name", FORMATS)
def test_a_changed_foreign_text_wins_over_our_extras(name: str, tmp_path: Path) -> None:
    trajectory = write(tmp_path / "ours", [decide(Type(text="before")), decide(CallUser())])
    path, _ = there(trajectory, name, tmp_path, ".json" if name == "uitars" else "")
    log = path / {"osworld": "traj.jsonl", "agentnet": "agentnet.jsonl"}[name] if path.is_dir() else path
    changed = log.read_text().replace("message='before'", "message='after'")
    log.write_text(
        changed.replace('"action_inputs": {"content": "before"}', '"action_inputs": {"content": "after"}')
    )
    again, warnings = back(path)
    assert actions_of(again.steps)[0] == Type(text="after")
    assert any("was changed" in one for one in warnings)


@pytest.mark.parametrize("name", FORMATS)
def test_what_was_hidden_and_masked_stays_so(name: str, tmp_path: Path) -> None:
    trajectory = write(tmp_path / "ours", [decide(Type(text=HIDDEN_TEXT, submit=True))])
    path, _ = there(trajectory, name, tmp_path)
    again, _ = back(path)
    assert again.steps[0].hidden == (0,)
    assert again.steps[0].masked == (stories.MASK,)
    assert again.steps[0].frame == trajectory.steps[0].frame


def test_a_trajectory_that_was_cut_off_is_exported_with_what_there_is(tmp_path: Path) -> None:
    trajectory = write(
        tmp_path / "ours", [decide(OpenApp(name="x")), Decision(reply=None, error="?")], ended=False
    )
    for name in FORMATS:
        path, _ = there(trajectory, name, tmp_path)
        again, _ = back(path)
        assert again.end is None
        assert again.steps == trajectory.steps
