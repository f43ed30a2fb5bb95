"""A map is read within bounds, shown as plain text, and asked for what fits a task."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from deskhand.actions.geometry import Box
from deskhand.actions.vocabulary import Scroll
from deskhand.benchmarks.suites.mapped.goals import goals_of
from deskhand.errors import DeskhandError, TrajectoryError, UsageError
from deskhand.knowledge.controls import find
from deskhand.knowledge.map import (
    MAP,
    PICTURES,
    AppMap,
    Deed,
    MapCommand,
    MapControl,
    MapField,
    MapState,
    ident,
    picture,
    read_map,
    write_map,
    write_picture,
)
from deskhand.knowledge.materials import materials
from deskhand.knowledge.navigating import operate
from deskhand.knowledge.page import manual, page
from deskhand.knowledge.recognising import Look, fits, program_of, recognised
from deskhand.knowledge.retrieval import lines_for, relevant
from deskhand.perception.screen import Element

EVIL = "<script>alert(1)</script> [x](http://x) **b**"


def deed(name: str, role: str = "menuitem", top: int = 0) -> Deed:
    return Deed(on=MapControl(role=role, name=name, box=Box(0, top, 50, top + 20)))


def example(evil: str = "Edit") -> AppMap:
    """A map of two menus and a dialog."""
    start, edit = ident(()), ident((deed(evil),))
    replace = (deed(evil), deed("Find and Replace..."))
    states = (
        MapState(id=start, kind="window", name="Trial", features=("menuitem edit",)),
        MapState(id=edit, kind="menu", name=evil, path=(deed(evil),)),
        MapState(id=ident(replace), kind="dialog", name="Replace", path=replace),
    )
    commands = (
        MapCommand(state=start, deed=deed(evil), effect="opens", leads_to=edit, tries=1),
        MapCommand(state=start, deed=deed("Print"), effect="opens", tries=1),
        MapCommand(
            state=edit,
            deed=deed("Find and Replace..."),
            effect="opens",
            leads_to=ident(replace),
            shortcut="Ctrl+R",
            tries=1,
        ),
        MapCommand(state=edit, deed=deed("Undo"), effect="changes", undone=True, said=evil, tries=1),
        MapCommand(state=ident(replace), deed=deed("Replace all", "button"), effect="changes", tries=1),
        MapCommand(state=edit, deed=deed("Rotate clockwise")),
    )
    fields = (
        MapField(state=ident(replace), role="field", name="Search for:", box=Box(0, 0, 9, 9), value=evil),
    )
    return AppMap(application="trial", size=(640, 480), states=states, commands=commands, fields=fields)


def test_a_map_is_read_as_it_was_written(tmp_path: Path) -> None:
    write_map(example(), tmp_path / "map")
    assert read_map(tmp_path / "map") == example()


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        ({"format": 2}, "has format 2"),
        ({"states": [{"id": "../x", "kind": "menu"}]}, "states.0.id"),
        ({"application": "x" * 301}, "application"),
        ({"commands": [{"state": "", "deed": {"on": {"role": "b", "box": 7}}}]}, "damaged"),
        ({"seconds": -1}, "seconds"),
    ],
)
def test_a_map_that_is_none_is_refused_with_its_fault(
    tmp_path: Path, damage: dict[str, object], words: str
) -> None:
    facts = {**json.loads(example().model_dump_json()), **damage}
    (tmp_path / MAP).write_text(json.dumps(facts))
    with pytest.raises(TrajectoryError, match=words):
        read_map(tmp_path)


def test_what_is_no_map_or_a_link_out_of_it_is_not_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="deskhand explore"):
        read_map(tmp_path)
    name, _ = write_picture(np.full((20, 30, 3), 7, np.uint8), tmp_path)
    assert picture(tmp_path, name).startswith(b"\x89PNG")
    assert picture(tmp_path, "../../etc/passwd") == b""
    (tmp_path / PICTURES / f"{'0' * 32}.png").symlink_to("/etc/passwd")
    with pytest.raises(DeskhandError):
        picture(tmp_path, "0" * 32)


def test_what_a_screen_said_is_no_markup(tmp_path: Path) -> None:
    found = example(EVIL)
    name, _ = write_picture(np.zeros((900, 1400, 3), np.uint8), tmp_path)
    found = found.model_copy(
        update={"states": (found.states[0].model_copy(update={"picture": name}), *found.states[1:])}
    )
    shown = page(found, tmp_path)
    assert "<script" not in shown and "&lt;script&gt;" in shown
    assert "default-src 'none'" in shown and "data:image/webp" in shown
    text = manual(found)
    assert "<script" not in text and "](" not in text and "**b**" not in text
    assert "Ctrl+R" in text and "Ctrl+Z takes it back" in text and "Rotate" not in text, (
        "what was not tried is no manual"
    )


def test_a_state_is_known_by_what_is_stable_in_it() -> None:
    bar = [
        Element("menuitem", name, Box(50 * n, 0, 50 * n + 40, 20))
        for n, name in enumerate(("File", "Edit", "View"))
    ]
    window = [
        *bar,
        Element("titlebar", "one.txt - Trial", Box(0, 0, 300, 20)),
        Element("text", "hello", Box(0, 99, 9, 120)),
    ]
    other = [
        *bar,
        Element("titlebar", "two.txt - Trial", Box(0, 0, 300, 20)),
        Element("row", "bye", Box(0, 99, 9, 120)),
    ]
    menu = [
        *window,
        Element("text", "Undo", Box(50, 20, 90, 40)),
        Element("text", "Redo", Box(50, 40, 90, 60)),
    ]
    features = tuple(Look.at(window).features)
    start = MapState(id="0" * 12, kind="window", features=features)
    edit = MapState(id="1" * 12, kind="menu", features=features, own=("redo", "undo"))
    assert recognised(Look.at(other), [start, edit]) == start.id
    assert recognised(Look.at(menu), [start, edit]) == edit.id
    assert fits(edit, Look.at(window)) == 0
    assert recognised(Look.at(bar[:1]), [start, edit]) == ""
    assert program_of("a - b - Trial") == "Trial"


def test_a_control_is_itself_or_none() -> None:
    save = MapControl(role="button", name="Save", box=Box(100, 100, 150, 120))
    near, far = (
        Element("button", "Save", Box(110, 100, 160, 120)),
        Element("button", "Save", Box(300, 9, 350, 29)),
    )
    assert find(save, [far, near]) == near
    assert find(save, [Element("button", "Save As", save.box)]) is None
    assert find(save, [Element("text", "save.", save.box)]) is not None, "read a little otherwise"
    assert find(save, [Element("text", "save.", far.box)]) is None
    left, right = (
        Element("button", "Save", Box(90, 100, 140, 120)),
        Element("button", "Save", Box(110, 100, 160, 120)),
    )
    assert find(save, [left, right]) is None, "two could equally be meant"
    icon = MapControl(role="icon", box=Box(10, 10, 30, 30), picture="0" * 32)
    assert find(icon, [Element("icon", "", Box(12, 11, 31, 30))]) is not None
    assert find(icon, [Element("icon", "", Box(40, 10, 60, 30))]) is None


def test_what_fits_a_task_comes_first_and_in_bounds() -> None:
    found = example()
    best = relevant(found, "Replace every apple in the text by pear")[0]
    assert found.words_of(best).startswith("Edit > Find and Replace...")
    lines = lines_for(found, "find a word and replace it")
    assert lines[0] == "Edit > Find and Replace... (Ctrl+R): opens 'Replace'" or "Replace all" in lines[0]
    assert lines_for(found, "qqq") == []
    long = [deed(f"replace {'x' * 250}{n}") for n in range(50)]
    commands = tuple(MapCommand(state=ident(()), deed=one, effect="changes") for one in long)
    many = found.model_copy(update={"commands": commands})
    lines = lines_for(many, "replace it")
    assert len(lines) == 12 and all(len(line) <= 160 for line in lines)


def test_there_is_a_file_of_each_kind_to_work_with() -> None:
    kinds = {path.rpartition(".")[2]: data[:4] for path, data in materials().items()}
    assert kinds["png"] == b"\x89PNG" and kinds["pdf"] == b"%PDF" and set(kinds) >= {"txt", "csv", "html"}


def test_what_means_the_same_is_found_without_a_common_word_and_words_still_count() -> None:
    meant = {
        "turn the picture": (1.0, 0.0),
        "Rotate clockwise": (0.9, 0.44),
        "Edit Rotate clockwise": (0.8, 0.6),
    }

    def vectors(texts: Sequence[str]) -> NDArray[np.float32]:
        return np.array([meant.get(text, (0.0, 1.0)) for text in texts], np.float32)

    every = example()
    turned = every.commands[-1].model_copy(update={"effect": "changes", "tries": 1})
    found = every.model_copy(update={"commands": (*every.commands[:-1], turned)})
    assert relevant(found, "turn the picture") == []
    assert relevant(found, "turn the picture", vectors=vectors) == [turned]
    assert relevant(found, "turn the picture", vectors=vectors, by="words") == []
    best, *_ = relevant(found, "undo it", vectors=vectors)
    assert best.deed.words == "Undo", "of no near meaning, but of the same word"
    failed = turned.model_copy(update={"failures": 1})
    found = every.model_copy(update={"commands": (*every.commands[:-1], failed)})
    assert relevant(found, "turn the picture", vectors=vectors) == [], "it does not do what the map says"


def test_scrolling_is_a_step_of_a_path_that_goes_without_saying(tmp_path: Path) -> None:
    found = example()
    menu = found.states[1]
    scroll = Deed(way="scroll", on=MapControl(role="menu", box=Box(0, 0, 200, 400)))
    below = menu.model_copy(update={"id": ident((*menu.path, scroll)), "path": (*menu.path, scroll)})
    last = MapCommand(state=below.id, deed=deed("Last of all"), effect="opens", leads_to=found.states[2].id)
    step = MapCommand(state=menu.id, deed=scroll, effect="opens", leads_to=below.id)
    made = found.model_copy(
        update={"states": (*found.states, below), "commands": (*found.commands, last, step)}
    )
    write_map(made, tmp_path)
    assert read_map(tmp_path) == made
    assert made.words_of(last) == "Edit > Last of all"
    assert operate(scroll, ()) == Scroll(at=scroll.on.box.centre, dy=20)
    assert not any(one.deed.way == "scroll" for one in relevant(made, "scroll down the menu"))
    assert not any(goal.state == below and goal.command is None for goal in goals_of(made))
