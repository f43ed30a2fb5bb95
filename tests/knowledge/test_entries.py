"""The entries of a menu are its lines: whole, without their keys, and known to open a menu by their arrow."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from deskhand.actions.geometry import Box
from deskhand.knowledge.controls import find, shortcut_of
from deskhand.knowledge.entries import entries_of, has_arrow, lines_of
from deskhand.knowledge.map import MapControl
from deskhand.perception.screen import Element, Screenshot


def piece(text: str, left: int, top: int, right: int, role: str = "text") -> Element:
    return Element(role, text, Box(left, top, right, top + 14))


MENU = (
    piece("Cut", 40, 0, 62, "menuitem"),
    piece("Ctrl+X", 150, 0, 190),
    piece("Notati", 40, 24, 79),
    piece("on modes", 80, 24, 140, "row"),
    piece("1", 185, 24, 190),
    piece("☑", 20, 48, 34),
    piece("Show", 40, 48, 72, "checkbox"),
    piece("menu bar", 77, 48, 130),
    piece("Ctr", 150, 48, 165),
    piece("+M", 166, 48, 180),
)


def test_what_was_read_in_pieces_is_one_entry_without_its_keys() -> None:
    found = [(one.text, one.role) for one in entries_of(MENU)]
    assert found == [("Cut", "menuitem"), ("Notation modes", "row"), ("Show menu bar", "checkbox")]
    assert [[one.text for one in row] for row in lines_of(MENU)][2] == ["Show menu bar", "Ctr+M"]
    assert entries_of(()) == []


def test_lines_of_the_menu_beside_are_no_entries() -> None:
    parents = [piece("Convert", -200, top, -150) for top in (0, 24)]
    assert [one.text for one in entries_of([*MENU, *parents])] == ["Cut", "Notation modes", "Show menu bar"]


def test_an_entry_is_found_again_however_it_is_cut() -> None:
    whole = piece("Notation modes", 40, 24, 140, "menuitem")
    control = MapControl(role="row", name="Notation modes", box=whole.box)
    for seen in (MENU, (MENU[0], whole)):
        there = find(control, seen)
        assert there is not None and there.box == whole.box
    assert find(control, MENU[:3]) is None, "only the half of it is there"
    assert shortcut_of(MapControl(role="menuitem", name="Cut", box=MENU[0].box), MENU) == "Ctrl+X"


@pytest.mark.parametrize(("drawn", "is_one"), [("arrow", True), ("keys", False), ("nothing", False)])
def test_an_arrow_at_the_end_of_a_line_tells_that_it_opens_a_menu(drawn: str, is_one: bool) -> None:
    pixels = np.full((60, 220, 3), 240, np.uint8)
    cv2.putText(pixels, "Edit", (40, 36), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (20, 20, 20))
    if drawn == "arrow":
        cv2.fillPoly(pixels, [np.array([(200, 26), (208, 31), (200, 36)])], (20, 20, 20))
    elif drawn == "keys":
        cv2.putText(pixels, "Ctrl+X", (150, 36), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (20, 20, 20))
    entry = piece("Edit", 40, 24, 75)
    assert has_arrow(entry, Box(0, 0, 220, 60), Screenshot(pixels)) is is_one
