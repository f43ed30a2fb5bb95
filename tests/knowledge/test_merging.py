"""Two maps of one application become one: nothing is there twice, and nothing that was tried is lost."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from deskhand.errors import UsageError
from deskhand.knowledge.exploring import Explorer
from deskhand.knowledge.map import (
    Deed,
    MapCommand,
    MapState,
    ident,
    picture,
    read_map,
    write_map,
    write_picture,
)
from deskhand.knowledge.merging import copy_pictures, merged
from deskhand.perception.reader import ScreenReader
from deskhand.sandbox.lightbox import Lightbox
from tests.knowledge.test_map import deed, example


def other_way() -> tuple[Deed, ...]:
    return (deed("Tools", "button"),)


def test_what_either_has_tried_is_known_once() -> None:
    one = example()
    untried = one.commands[-1]
    tried = untried.model_copy(update={"effect": "changes", "tries": 2})
    way = (deed("View"),)
    view = MapState(id=ident(way), kind="menu", name="View", path=way, features=("menuitem zoom",))
    zoom = MapCommand(state=view.id, deed=deed("Zoom"), effect="nothing", tries=1)
    other = one.model_copy(
        update={
            "states": (*one.states, view),
            "commands": (*one.commands[:-1], tried, zoom),
            "seconds": 7.0,
            "steps": 3,
        }
    )
    both = merged(one, other)
    assert {state.id for state in both.states} == {state.id for state in other.states}
    assert len(both.commands) == len(one.commands) + 1
    [rotate] = [command for command in both.commands if command.deed == untried.deed]
    assert (rotate.effect, rotate.tries) == ("changes", 2)
    assert zoom in both.commands and (both.seconds, both.steps) == (7.0, 3)
    assert merged(other, one).commands == both.commands


def test_a_state_that_looks_the_same_is_the_same_however_it_was_reached() -> None:
    one = example()
    features, texts = ("button find", "field at 1,1"), ("find", "searchfor")
    dialog = one.states[2].model_copy(update={"features": features, "own": texts, "texts": texts})
    one = one.model_copy(update={"states": (*one.states[:2], dialog)})
    moved = dialog.model_copy(update={"id": ident(other_way()), "path": other_way()})
    start = one.states[0]
    deeper = MapState(
        id="f" * 12, kind="dialog", path=(*other_way(), deed("More", "button")), features=("button less",)
    )
    other = one.model_copy(
        update={
            "states": (start, moved, deeper),
            "commands": (
                MapCommand(state=start.id, deed=other_way()[0], effect="opens", leads_to=moved.id, tries=1),
                MapCommand(state=moved.id, deed=deed("Find", "button"), effect="changes", tries=1),
            ),
            "fields": (),
        }
    )
    both = merged(one, other)
    assert [state.id for state in both.states] == [*(state.id for state in one.states), deeper.id]
    assert both.states[-1].path == (*dialog.path, deed("More", "button")), "by the path that the map has"
    added = both.commands[len(one.commands) :]
    assert [(one.state, one.leads_to) for one in added] == [(start.id, dialog.id), (dialog.id, "")]


def test_maps_of_two_programs_are_not_merged(tmp_path: Path) -> None:
    for update in ({"application": "other"}, {"size": (800, 600)}, {"arguments": ("a.txt",)}):
        with pytest.raises(UsageError, match="are not merged"):
            merged(example(), example().model_copy(update=update))
    write_map(example(), tmp_path)
    with pytest.raises(UsageError, match="the map of 'trial', not of 'galculator'"):
        Explorer(Lightbox, lambda _: ScreenReader(), "galculator", tmp_path / "out", merge=[tmp_path])
    with pytest.raises(UsageError, match="deskhand explore"):
        Explorer(Lightbox, lambda _: ScreenReader(), "trial", tmp_path / "out", merge=[tmp_path / "none"])


def test_pictures_come_along(tmp_path: Path) -> None:
    name, _ = write_picture(np.full((20, 30, 3), 7, np.uint8), tmp_path / "one")
    found = example()
    found = found.model_copy(update={"states": (found.states[0].model_copy(update={"picture": name}),)})
    copy_pictures(found.model_copy(update={"commands": (), "fields": ()}), tmp_path / "one", tmp_path / "two")
    assert picture(tmp_path / "two", name) == picture(tmp_path / "one", name) != b""
    write_map(example(), tmp_path / "two")
    assert read_map(tmp_path / "two") == example()
