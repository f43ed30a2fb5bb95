"""Programs in a real Tk tell what stands where, and what they tell is what is to be seen and hit."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest

from deskhand.actions.geometry import Box, ScreenPoint
from deskhand.actions.vocabulary import Click, Type
from deskhand.perception.screen import Element
from deskhand.perception.watch.settle import settle
from deskhand.sandbox.lightbox import Lightbox
from deskhand.screens.bounds import seen
from deskhand.screens.forms.converter import UNITS
from deskhand.screens.forms.notes import NOTES
from deskhand.screens.forms.tk_program import THEMES, TK_PROGRAMS, TkLook, TkProgram, draw_look
from deskhand.screens.forms.words import words
from deskhand.screens.themes import Theme
from deskhand.waiting import wait_until


def has_tk() -> bool:
    line = ["/usr/bin/python3", "-c", "import tkinter"]
    return subprocess.run(line, capture_output=True, check=False).returncode == 0


pytestmark = [
    pytest.mark.lightbox,
    pytest.mark.skipif(not has_tk(), reason="apt-get install python3-tk"),
]

Elements = tuple[Element, ...]
Start = Callable[..., TkProgram]


@pytest.fixture
def start(box: Lightbox) -> Iterator[Start]:
    """Starts programs, and ends them after the test, so that the next one has the screen for itself."""
    running: list[TkProgram] = []

    def start(name: str, seed: int = 1, scene: str = "", **look: object) -> TkProgram:
        for program in running:
            program.end()
        running[:] = [TkProgram(box, name, seed, replace(TkLook(**look), scene=scene))]  # type: ignore[arg-type]
        settle(box.screenshot, quiet=0.3)
        return running[0]

    yield start
    for program in running:
        program.end()


def of(elements: Elements, role: str) -> dict[str, Element]:
    return {element.name: element for element in elements if element.role == role}


def clicked(
    box: Lightbox, program: TkProgram, at: ScreenPoint, done: Callable[[Elements], bool], what: str
) -> None:
    """Click and wait until the program tells that it took it."""
    assert box.perform(Click(at=at)).ok
    wait_until(lambda: done(program.elements()), timeout=5, what=what)


def mark(box: Box) -> ScreenPoint:
    """Where the indicator of a check box or radio button is."""
    return ScreenPoint(box.left + 9, (box.top + box.bottom) // 2)


def test_a_click_on_a_radio_button_moves_the_mark_there(start: Start, box: Lightbox) -> None:
    program = start("converter")
    radios = of(program.elements(), "radio")
    assert set(radios) == set(UNITS)
    assert [name for name, radio in radios.items() if "checked" in radio.state].__len__() == 1
    for name in ("Speed", "Mass"):
        clicked(
            box, program, mark(radios[name].box),
            lambda now, name=name: [n for n, r in of(now, "radio").items() if "checked" in r.state] == [name],
            f"{name} to be the one that is chosen",
        )  # fmt: skip


@pytest.mark.parametrize("theme", THEMES)
def test_a_checked_box_looks_another_way_than_an_unchecked_one(
    theme: str, start: Start, box: Lightbox
) -> None:
    program = start("converter", theme=theme)
    boxes = of(program.elements(), "checkbox")
    assert ("checked" in boxes["Round"].state, "checked" in boxes["Scientific"].state) == (True, False)
    look = settle(box.screenshot).screenshot.pixels
    cuts = [
        look[e.box.top : e.box.bottom, e.box.left : e.box.left + 18].astype(int)
        for e in (boxes["Round"], boxes["Scientific"])
    ]
    height = min(map(len, cuts))
    assert np.abs(cuts[0][:height] - cuts[1][:height]).max() > 60


def test_a_click_on_a_tab_selects_it(start: Start, box: Lightbox) -> None:
    program = start("notes", scene="preferences", theme="clam")
    tabs = of(program.elements(), "tab")
    assert list(tabs) == ["Writing", "Saving", "Keys"]
    assert tabs["Writing"].state == {"selected"}
    clicked(
        box, program, tabs["Keys"].box.centre,
        lambda now: "selected" in of(now, "tab")["Keys"].state, "the tab Keys to be selected",
    )  # fmt: skip


def test_rows_are_told_and_a_click_selects_one(start: Start, box: Lightbox) -> None:
    program = start("notes")
    rows = of(program.elements(), "row")
    assert list(rows) == [title for title, _ in NOTES]
    title = next(name for name, row in rows.items() if not row.state)
    clicked(
        box, program, rows[title].box.centre,
        lambda now: [n for n, r in of(now, "row").items() if "selected" in r.state] == [title],
        "the row to be selected",
    )  # fmt: skip


def test_what_is_typed_into_a_field_is_told_as_its_text(start: Start, box: Lightbox) -> None:
    program = start("notes")
    field = of(program.elements(), "field")["Search"]
    assert box.perform(Click(at=field.box.centre)).ok
    assert box.perform(Type(text="plum")).ok

    def told() -> bool:
        now = [e for e in program.elements() if e.role == "field" and e.label == "Search"]
        return now[0].text == "plum" and "focused" in now[0].state

    wait_until(told, timeout=5, what="the field to have the text and the keyboard")


def test_an_open_menu_hides_what_is_under_it(start: Start) -> None:
    elements = start("notes", scene="menu").elements()
    items = of(elements, "menuitem")
    assert {"Note", "Edit", "View", "Help", "New", "Rename…", "Quit"} <= set(items)
    assert items["Rename…"].state == {"selected"}
    menu = items["New"].box.union(items["Quit"].box)
    for element in elements:
        if element.role in ("icon", "row", "text"):
            assert menu.intersection(element.box).area < 0.5 * element.box.area, element


def test_the_list_of_a_combo_box_is_rows(start: Start) -> None:
    elements = start("converter", scene="units").elements()
    rows = set(of(elements, "row"))
    assert any(set(units) <= rows for units in UNITS.values())


def test_a_question_is_told_with_its_buttons(start: Start) -> None:
    elements = start("notes", scene="ask").elements()
    assert {"Yes", "No"} <= set(of(elements, "button"))
    assert "Delete this note?" in of(elements, "text")


def test_cells_and_headings_of_a_table_are_told(start: Start) -> None:
    elements = start("converter").elements()
    assert {"From", "To", "Time"} <= set(of(elements, "button"))
    rows = [element for element in elements if element.role == "row"]
    assert len(rows) == 18
    assert sum("selected" in row.state for row in rows) == 3, "the three cells of one row"


def test_what_random_forms_tell_is_to_be_seen(start: Start, box: Lightbox) -> None:
    for seed in range(4):
        look = draw_look(random.Random(seed))
        program = start(
            "tk_form", seed, theme=look.theme, font=look.font, points=look.points, colours=look.colours
        )
        shot = settle(box.screenshot).screenshot
        told = program.elements()
        left = list(seen(shot.pixels, told))
        assert len(left) >= 5
        assert len(left) >= 0.9 * len(told)
        for element in left:
            if element.role in ("text", "row", "button", "menuitem"):
                cut = shot.pixels[element.box.top : element.box.bottom, element.box.left : element.box.right]
                assert np.ptp(cut.astype(int)) > 10, element


def test_the_same_seed_makes_the_same_window(box: Lightbox) -> None:
    looks = []
    for _ in range(2):
        with Lightbox() as other:
            program = TkProgram(other, "tk_form", 7, TkLook(theme="alt"))
            settle(other.screenshot, quiet=0.3)
            looks.append({(e.role, e.text, e.label, e.state) for e in program.elements()})
    assert looks[0] == looks[1]


def test_a_program_of_the_catalogue_tells_its_window_too() -> None:
    program = next(one for one in TK_PROGRAMS if one.split == "test")
    with Lightbox() as other:
        program.start(other, Theme(), random.Random(1))
        elements = program.truth(other, settle(other.screenshot, quiet=0.3).screenshot)
    assert "Unit converter" in of(elements, "window")
    assert "Unit converter" in of(elements, "titlebar")


def test_every_language_has_every_kind_of_word() -> None:
    kinds = {"actions", "labels", "options", "nouns", "people", "sentences"}
    for language, found in words().items():
        assert set(found) == kinds, language
        assert all(found.values()), language
