"""The boxes of a screen's truth are around what is to be seen, on pictures painted here."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from deskhand.actions.geometry import Box
from deskhand.perception.screen import Element, Pixels
from deskhand.screens.bounds import painted, seen, visible

GROUND, FACE, DARK = (240, 240, 240), (225, 225, 225), (30, 30, 30)
ROOM = Box(20, 20, 140, 50)


@pytest.fixture
def pixels() -> Pixels:
    return np.full((100, 200, 3), GROUND, np.uint8)


def fill(pixels: Pixels, box: Box, colour: tuple[int, int, int]) -> None:
    pixels[box.top : box.bottom, box.left : box.right] = colour


def write(pixels: Pixels, text: str, left: int, bottom: int, size: float = 0.4) -> None:
    cv2.putText(pixels, text, (left, bottom), cv2.FONT_HERSHEY_SIMPLEX, size, DARK, 1, cv2.LINE_AA)


def test_a_flat_button_is_its_picture(pixels: Pixels) -> None:
    fill(pixels, Box(60, 28, 76, 44), DARK)
    assert visible(pixels, ROOM) == Box(60, 28, 76, 44)


def test_a_framed_button_is_its_frame(pixels: Pixels) -> None:
    cv2.rectangle(pixels, (ROOM.left, ROOM.top), (ROOM.right - 1, ROOM.bottom - 1), DARK)
    fill(pixels, Box(60, 28, 76, 44), DARK)
    assert visible(pixels, ROOM) == ROOM


def test_a_button_with_a_pale_face_is_its_face(pixels: Pixels) -> None:
    fill(pixels, ROOM, FACE)
    write(pixels, "Save", 60, 40)
    assert visible(pixels, ROOM) == ROOM


def test_an_edge_of_many_colours_leaves_the_box_as_it_is(pixels: Pixels) -> None:
    pixels[:] = np.random.default_rng(0).integers(0, 255, pixels.shape)
    assert visible(pixels, ROOM) == ROOM


def test_where_nothing_is_to_be_seen_the_box_has_no_area(pixels: Pixels) -> None:
    assert visible(pixels, ROOM).area == 0


def test_an_entry_on_a_ground_of_its_own_is_its_text(pixels: Pixels) -> None:
    fill(pixels, ROOM, FACE)
    fill(pixels, Box(24, 30, 60, 40), DARK)
    assert visible(pixels, ROOM, ground=False) == Box(24, 30, 60, 40)


def test_the_border_of_a_menu_is_no_part_of_its_entries(pixels: Pixels) -> None:
    fill(pixels, Box(20, 0, 21, 100), DARK)
    fill(pixels, Box(139, 0, 140, 100), DARK)
    fill(pixels, Box(30, 30, 60, 40), DARK)
    assert visible(pixels, ROOM, ground=False) == Box(30, 30, 60, 40)


def test_a_selected_entry_is_all_of_its_room(pixels: Pixels) -> None:
    fill(pixels, ROOM, (50, 90, 200))
    marked = Element("row", "notes", ROOM, state=frozenset({"selected"}))
    assert [element.box for element in seen(pixels, [marked])] == [ROOM]


def test_empty_fields_stay_and_empty_rows_go(pixels: Pixels) -> None:
    elements = [Element("field", "", ROOM), Element("row", "", ROOM), Element("text", "white", ROOM)]
    assert [element.role for element in seen(pixels, elements)] == ["field"]


def test_a_button_with_a_picture_only_is_an_icon(pixels: Pixels) -> None:
    fill(pixels, ROOM, FACE)
    fill(pixels, Box(72, 27, 88, 43), DARK)
    (icon,) = seen(pixels, [Element("button", "Save all", ROOM)])
    assert (icon.role, icon.text, icon.label) == ("icon", "", "Save all")


def test_a_button_with_its_name_on_it_stays_one(pixels: Pixels) -> None:
    fill(pixels, ROOM, FACE)
    write(pixels, "Save all", 45, 40)
    (button,) = seen(pixels, [Element("button", "Save all", ROOM)])
    assert (button.role, button.text) == ("button", "Save all")


def test_a_picture_before_the_text_hides_no_text(pixels: Pixels) -> None:
    fill(pixels, ROOM, FACE)
    fill(pixels, Box(40, 23, 64, 47), DARK)
    write(pixels, "Save", 70, 40)
    assert painted(pixels, ROOM, "Save", face=True)


def test_a_text_on_a_shaded_button_is_seen(pixels: Pixels) -> None:
    for row in range(ROOM.top, ROOM.bottom):
        pixels[row, ROOM.left : ROOM.right] = 250 - 3 * (row - ROOM.top)
    assert not painted(pixels, ROOM, "Save all", face=True)
    write(pixels, "Save all", 45, 40)
    assert painted(pixels, ROOM, "Save all", face=True)


def test_a_check_box_that_looks_like_a_button_is_one(pixels: Pixels) -> None:
    fill(pixels, ROOM, FACE)
    write(pixels, "Bold text", 45, 40)
    (pressed,) = seen(pixels, [Element("checkbox", "Bold text", ROOM, state=frozenset({"checked"}))])
    assert (pressed.role, pressed.state) == ("button", {"checked"})


def test_a_check_box_with_a_face_under_the_pointer_stays_one(pixels: Pixels) -> None:
    fill(pixels, ROOM, FACE)
    cv2.rectangle(pixels, (23, 28), (36, 41), DARK)
    write(pixels, "Bold text", 45, 40)
    (check,) = seen(pixels, [Element("checkbox", "Bold text", ROOM)])
    assert check.role == "checkbox"


def test_a_first_cell_that_is_told_too_narrow_grows_to_its_text(pixels: Pixels) -> None:
    write(pixels, "bicycle", 30, 40)
    whole = visible(pixels, Box(22, 26, 140, 46), ground=False)
    (row,) = seen(pixels, [Element("row", "bicycle", Box(44, 26, 140, 46))])
    assert abs(row.box.left - whole.left) <= 2
    assert row.box.right == whole.right
