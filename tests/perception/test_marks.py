"""The picture with numbered marks."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from deskhand.actions.geometry import Box
from deskhand.perception.marks import COLOURS, contrast, draw, legend, markable, marked, place, readable_on
from deskhand.perception.regions import grown
from deskhand.perception.screen import ROLES, Element
from tests.perception.drawn import FACE, Drawing


def crowd(width, height, count, columns=10):
    """Widgets of every size in rows, as on a crowded form."""
    drawing = Drawing(width, height, FACE)
    across, down = width // columns, height // (count // columns)
    for n in range(count):
        x, y = n % columns * across + 8, n // columns * down + 14
        match n % 5:
            case 0:
                drawing.button(Box(x, y, x + 80, y + 28), f"Item {n}")
            case 1:
                drawing.field(Box(x, y, x + 100, y + 26), f"value {n}")
            case 2:
                drawing.add("row", Box(x, y, x + 70, y + 20)).write(x, y, f"entry {n}")
            case 3:
                drawing.check(x, y + 5, f"Opt {n}")
            case 4:
                drawing.fill(Box(x, y, x + 22, y + 22), (10, 120, 60)).add("icon", Box(x, y, x + 22, y + 22))
    return drawing.screenshot(), [replace(one, id=n + 1) for n, one in enumerate(drawing.widgets)]


@pytest.mark.parametrize(("width", "height", "count"), [(1280, 800, 150), (3840, 2160, 300)])
def test_no_tag_covers_another_tag_or_a_small_thing_on_a_crowded_screen(width, height, count):
    screenshot, elements = crowd(width, height, count)
    marks = place(screenshot, elements)
    assert [mark.element for mark in marks] == elements
    assert not [
        pair for pair in combinations([mark.tag for mark in marks], 2) if pair[0].intersection(pair[1]).area
    ]
    small = [element.box for element in elements if element.role in ("icon", "checkbox")]
    assert not [mark for mark in marks for box in small if mark.tag.intersection(box).area]
    # A person must see at once whose tag it is.
    assert all(grown(mark.element.box, mark.tag.height).intersection(mark.tag).area for mark in marks)
    assert all(mark.tag.height >= 11 for mark in marks)


def test_a_tag_does_not_cover_a_text_where_there_is_room():
    drawing = Drawing(background=FACE).write(100, 80, "a heading over the button")
    drawing.button(Box(100, 101, 200, 131), "Save")
    element = replace(drawing.widgets[0], id=7)
    (mark,) = place(drawing.screenshot(), [element])
    assert not mark.tag.intersection(Box(100, 80, 290, 98)).area
    assert not mark.tag.intersection(Box(114, 107, 150, 125)).area


def test_a_tag_between_two_menus_does_not_stand_as_near_to_the_other():
    drawing = Drawing(background=FACE)
    for y in (*range(86, 99, 4), *range(118, 130, 4)):
        drawing.fill(Box(0, y, 300, y + 2), (90, 90, 90))
    for n, word in enumerate(("View", "Edit", "Help", "Find")):
        box = Box(20 + 50 * n, 100, 54 + 50 * n, 114)
        drawing.add("menuitem", box).write(box.left, box.top, word)
    elements = [replace(one, id=n + 10) for n, one in enumerate(drawing.widgets)]
    for mark in place(drawing.screenshot(), elements):
        others = [one.box for one in elements if one != mark.element]
        assert not [box for box in others if grown(box, 4).intersection(mark.tag).area]


@pytest.mark.parametrize("box", [Box(0, 0, 20, 20), Box(780, 580, 800, 600), Box(0, 0, 800, 600)])
def test_a_tag_stays_on_the_screen(box):
    (mark,) = place(Drawing().screenshot(), [Element("icon", "", box, id=123)])
    assert mark.tag.intersection(Box(0, 0, 800, 600)) == mark.tag


def test_marks_are_drawn_around_elements_and_leave_them_as_they_are():
    drawing = Drawing(background=FACE).button(Box(100, 100, 200, 130), "Save")
    screenshot = drawing.screenshot()
    before = screenshot.pixels.copy()
    (mark,) = place(screenshot, [replace(drawing.widgets[0], id=7)])
    picture = draw(screenshot, [mark])
    assert picture[99, 150].tolist() == list(mark.colour)
    assert (picture[100:130, 100:200] == before[100:130, 100:200]).all()
    assert (screenshot.pixels == before).all()
    assert picture.shape == before.shape


def test_the_same_screen_gives_the_same_picture():
    screenshot, elements = crowd(1280, 800, 100)
    assert (marked(screenshot, elements) == marked(screenshot, elements)).all()


def test_every_role_stands_out_on_light_and_on_dark_ground_and_its_number_on_it():
    assert set(COLOURS) == set(ROLES)
    for dark, light in COLOURS.values():
        assert contrast(dark, (236, 236, 236)) >= 3 and contrast(light, (40, 40, 48)) >= 3
        assert contrast(dark, readable_on(dark)) >= 4.5 and contrast(light, readable_on(light)) >= 4.5
    for ground in ((250, 250, 250), (20, 22, 30)):
        page = Drawing(background=ground).screenshot()
        (mark,) = place(page, [Element("button", "", Box(50, 50, 90, 80), id=1)])
        assert contrast(mark.colour, ground) >= 3


@pytest.mark.parametrize("size", [(1, 1), (4, 300), (60, 40)])
def test_pictures_smaller_than_a_tag_can_be_marked(size):
    page = Drawing(*size).screenshot()
    picture = marked(page, [Element("icon", "", Box(0, 0, *size), id=1)])
    assert picture.shape == (size[1], size[0], 3)


def test_what_has_no_id_or_no_extent_is_not_marked():
    page = Drawing().screenshot()
    elements = [Element("icon", "", Box(5, 5, 20, 20)), Element("icon", "", Box(9, 9, 9, 20), id=4)]
    assert (marked(page, elements) == page.pixels).all()


def test_a_legend_names_each_mark_in_a_line_and_is_bounded():
    box = Box(0, 0, 30, 20)
    elements = [
        Element("button", "Save", box, id=12),
        Element("field", "Ada\x1b[31m", box, "Name", frozenset({"focused"}), id=13),
        Element("icon", "", box, id=14),
        Element("checkbox", "", box, "Wrap", frozenset({"checked"}), id=15),
        Element("text", "only read", box, id=16),
    ]
    assert legend(markable(elements)).splitlines() == [
        "[12] button 'Save'",
        "[13] field 'Ada [31m' labelled 'Name' (focused)",
        "[14] icon",
        "[15] check box 'Wrap' (checked)",
    ]
    assert len(legend(elements * 1000, most=50).splitlines()) == 50
    assert np.isfinite(len(legend([replace(elements[0], text="x" * 10_000)])))
    assert len(legend([replace(elements[0], text="x" * 10_000)])) < 100
