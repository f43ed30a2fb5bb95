"""What a task names on a map, what a model is told of that, and how a map is renewed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from deskhand.actions.geometry import Box
from deskhand.disk import take_lock
from deskhand.errors import LogError
from deskhand.knowledge import known as known_module
from deskhand.knowledge.known import KnownMap
from deskhand.knowledge.map import AppMap, MapCommand, MapField, MapState, ident, read_map, write_map
from deskhand.knowledge.planning import is_question, plan_of
from tests.knowledge.test_map import deed, example


def office() -> AppMap:
    """The example with a second dialog, whose fields and buttons are called as those of the first."""
    found = example()
    path = (deed("Edit"), deed("Find..."))
    search = MapState(id=ident(path), kind="dialog", name="Search", path=path)
    replace = found.states[2]
    commands = (
        MapCommand(
            state=found.states[1].id, deed=path[1], effect="opens", leads_to=search.id, tries=1, failures=0
        ),
        MapCommand(state=search.id, deed=deed("Match case", "checkbox"), effect="changes", tries=1),
        MapCommand(state=replace.id, deed=deed("Match case", "checkbox"), effect="changes", tries=1),
    )
    again = MapField(state=search.id, role="field", name="Search for:", box=Box(0, 0, 9, 9))
    area = MapField(state=found.states[0].id, role="area", box=Box(0, 30, 90, 90))
    return found.model_copy(
        update={
            "states": (*found.states, search),
            "commands": (*found.commands, *commands),
            "fields": (*found.fields, again, area),
        }
    )


@pytest.mark.parametrize(
    ("task", "aims", "whole"),
    [
        ("Open the dialog 'Replace'", ["Edit > Find and Replace..."], True),
        ("Use find and replace", ["Edit > Find and Replace..."], True),
        ("Run Edit > Undo one time", ["Edit > Undo"], True),
        ("Flip 'Match case' in the dialog 'Search'", ["Edit > Find... > Match case"], True),
        ("Flip 'Match case'", [], False),
        (
            "Type 'red fox' into 'Search for:' in the dialog 'Search'. Then type 'hen' into 'Search for:' in "
            "the dialog 'Replace'",
            ["Edit > Find... > Search for:=red fox", "Edit > Find and Replace... > Search for:=hen"],
            True,
        ),
        ("The text area in the window should read 'plum pie'", ["the text area=plum pie"], True),
        ("Fill in 'Search for:' in the dialog 'Search'", [], False),
        ("Choose 'Edit > Undo' and send the letter to my aunt in Rome", ["Edit > Undo"], False),
        ("Which words does 'Edit > Undo' take back?", [], False),
        ("Is there a menu 'Edit'?", ["Edit"], False),
        ("Write 'nothing of this' and save it as note.txt", [], False),
        ("Don't choose 'Edit > Undo'", [], False),
        ("Open the dialog 'Replace', but never use Edit > Undo", [], False),
        ("Get to the end without the dialog 'Replace'", [], False),
        ("'Edit > Undo' must not be used. Open the menu 'Edit'", [], False),
        ("Leave 'Edit > Undo' alone and open the menu 'Edit'", [], False),
        ("Edit > Undo is forbidden", [], False),
        ("Skip 'Edit > Undo'", [], False),
        ("Do everything but 'Edit > Undo'", [], False),
        ("Check whether 'Match case' in the dialog 'Search' is on", ["Edit > Find..."], False),
        (
            "Make sure that 'Match case' in the dialog 'Search' is not checked",
            ["Edit > Find..."],
            False,
        ),
        ("Switch 'Match case' in the dialog 'Search' off", ["Edit > Find..."], False),
        ("Tick 'Match case' in the dialog 'Search'", ["Edit > Find..."], False),
        (
            "Click the check box 'Match case' in the dialog 'Search' once",
            ["Edit > Find... > Match case"],
            True,
        ),
        ("Choose 'Edit > Undo'. It must not be saved.", ["Edit > Undo"], False),
        ("It does not work. Choose 'Edit > Undo'", ["Edit > Undo"], True),
    ],
)
def test_what_is_named_clearly_is_an_aim(task: str, aims: list[str], whole: bool) -> None:
    plan = plan_of(office(), task)
    assert [f"{one.words}={one.text}" if one.text else one.words for one in plan.aims] == aims
    assert plan.is_whole is whole


def test_a_question_is_known_by_its_words() -> None:
    assert is_question("How many words are there") and is_question("Open it. What is its title?")
    assert is_question("Tell me the price") and not is_question("Rotate the picture")


def test_a_model_is_told_the_way_to_what_the_task_names(tmp_path: Path) -> None:
    write_map(office(), tmp_path)
    lines = KnownMap(tmp_path, "Choose 'Edit > Undo', please").lines
    assert lines[0] == "The task names Edit > Undo: go there step by step" and "Escape" in lines[1]
    assert len(KnownMap(tmp_path, "replace the words in the text").lines) > 0
    assert not any("Escape" in line for line in KnownMap(tmp_path, "replace the words in the text").lines)


def test_what_did_not_lead_where_the_map_says_gets_less_sure_and_is_named_no_more(tmp_path: Path) -> None:
    write_map(office(), tmp_path)
    known = KnownMap(tmp_path, "Choose 'Edit > Undo'")
    assert known.renew() == 0 and read_map(tmp_path) == office()
    [aim] = known.plan.aims
    assert aim.command is not None
    known.walked(aim.command, led=True)
    known.walked(aim.command, led=False)
    other = KnownMap(tmp_path, "Choose 'Edit > Undo'")
    other.walked(aim.command, led=False)
    assert (known.renew(), other.renew(), known.renew()) == (1, 1, 0)
    [undo] = [one for one in read_map(tmp_path).commands if one.deed.words == "Undo"]
    assert (undo.tries, undo.failures) == (4, 2), "what both found out counts"
    KnownMap(tmp_path, "x").walked(undo, led=False)
    assert undo.is_sure and KnownMap(tmp_path, "Choose 'Edit > Undo'").plan.aims
    again = KnownMap(tmp_path, "x")
    again.walked(undo, led=False)
    again.renew()
    assert not KnownMap(tmp_path, "Choose 'Edit > Undo'").plan.aims


def test_a_map_that_another_run_holds_is_waited_for_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known_module, "LOCK_SECONDS", 0.05)
    write_map(office(), tmp_path / "map")
    known = KnownMap(tmp_path / "map", "Choose 'Edit > Undo'")
    aim = known.plan.aims[0]
    assert aim.command is not None
    held = os.open(tmp_path / "map", os.O_RDONLY)
    try:
        assert take_lock(held)
        known.walked(aim.command, led=True)
        with pytest.raises(LogError, match="another run holds the map"):
            known.renew()
    finally:
        os.close(held)
    known.walked(aim.command, led=True)
    assert known.renew() == 1
