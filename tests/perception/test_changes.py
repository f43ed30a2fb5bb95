"""What changed, in words, on drawn screens that are really read."""

import pytest

from deskhand.actions.geometry import Box
from deskhand.perception.reader import ScreenReader
from deskhand.perception.watch.changes import describe
from deskhand.perception.watch.difference import difference
from deskhand.perception.watch.observe import Observation
from tests.perception.drawn import FACE, PAPER, Drawing, Given
from tests.perception.test_tracking import Looking, editor, with_dialog

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def said(reader):
    """What is said of the second of two drawings after the first."""

    def compare(first, second, detecting=True):
        looking = Looking(reader) if detecting else None
        plain = ScreenReader(text=reader, detector=Given())
        looks = [
            looking.at(d) if looking else plain.read(d.screenshot(n)) for n, d in enumerate((first, second))
        ]
        return describe(*looks, difference(first.screenshot(), second.screenshot()))

    return compare


def menu(drawing, *states):
    """A menu bar, and below its first entry an open menu."""
    drawing.add("menuitem", Box(60, 70, 92, 90), *states).write(62, 71, "File")
    drawing.add("menuitem", Box(110, 70, 142, 90)).write(112, 71, "Edit")
    if states or states is None:
        drawing.fill(Box(60, 92, 200, 200), PAPER)
        for n, text in enumerate(("Open", "Save As", "Quit")):
            drawing.add("menuitem", Box(70, 100 + 30 * n, 190, 120 + 30 * n)).write(72, 101 + 30 * n, text)
    return drawing


def rows(first, count=9):
    drawing = Drawing(background=PAPER)
    for n in range(count):
        drawing.write(60, 50 + 40 * n, f"entry number {first + n}")
    return drawing


def test_a_dialog_appears_and_closes(said):
    assert said(editor(), with_dialog(editor())) == "a dialog titled 'Really?' appeared"
    assert said(with_dialog(editor()), editor()) == "the dialog 'Really?' closed"


def test_a_window_opens_and_closes(said):
    assert said(Drawing(), editor()) == "the window 'Notes' opened"
    assert said(editor(), Drawing()) == "the window 'Notes' closed"


def test_a_menu_is_called_by_its_entry_in_the_bar(said):
    closed, opened = menu(Drawing(background=FACE)), menu(Drawing(background=FACE), "selected")
    assert said(closed, opened).startswith("the menu 'File' opened")
    assert said(opened, closed) == "the menu 'File' closed"


def test_a_box_is_ticked_and_unticked(said):
    assert said(editor(), editor(states=("checked",))) == "the check box 'Wrap' is now checked"
    assert said(editor(states=("checked",)), editor()) == "the check box 'Wrap' is no longer checked"


def test_the_text_of_a_field_is_said_with_its_label(said):
    assert (
        said(editor(name=""), editor(name="Ada")) == "the text of the field 'Name' changed from '' to 'Ada'"
    )


def test_of_a_long_text_the_part_that_differs_is_said(said):
    def page(text):
        return Drawing(background=FACE).field(Box(20, 20, 780, 400), text, role="area")

    start = "the quick brown fox jumps over the lazy dog and "
    sentence = said(page(start + "sleeps"), page(start + "runs"))
    assert "sleeps" in sentence and "runs" in sentence and len(sentence) < 160


def test_scrolling_is_said_with_its_way_and_pixels(said):
    assert said(rows(10), rows(12)) == "it scrolled down by 80 px"
    assert said(rows(12), rows(10)) == "it scrolled up by 80 px"
    assert said(rows(10), rows(12), detecting=False) == "it scrolled down by 80 px"


def test_a_window_that_moves_has_not_scrolled(said):
    assert said(editor(), editor(left=100, top=70)) == "the window 'Notes' moved by (60, 30)"


def test_a_row_is_selected(said):
    def listing(chosen):
        drawing = Drawing()
        for n in range(3):
            box = Box(50, 50 + 40 * n, 300, 80 + 40 * n)
            drawing.fill(box, FACE if n == chosen else PAPER)
            drawing.add("row", box, *(["selected"] if n == chosen else [])).write(60, 55 + 40 * n, f"row {n}")
        return drawing

    assert said(listing(0), listing(2)) == "the row 'row 2' is now selected"


def test_without_widgets_the_texts_that_came_and_went_are_said(said):
    one, other = Drawing().write(30, 40, "Ready"), Drawing().write(30, 40, "Saved to disk")
    assert said(one, other, detecting=False) == "the text 'Saved to disk' appeared; the text 'Ready' vanished"


def test_where_elements_tell_nothing_the_pixels_do(said):
    other = Drawing().fill(Box(100, 100, 200, 180), FACE)
    assert said(Drawing(), other) == "a 100x80 region at (100, 100) changed"
    assert said(Drawing(), Drawing()) == "nothing changed"


def test_an_observation_says_what_changed_since_the_one_before(reader):
    seeing = ScreenReader(text=reader, detector=Given())
    before, after = Drawing().screenshot(1.0), Drawing().write(30, 40, "Done").screenshot(2.0)
    assert Observation(before, seeing.read).change_text == ""
    assert Observation(after, seeing.read, before).change_text == "the text 'Done' appeared"


def test_names_from_the_screen_are_made_harmless(reader):
    from dataclasses import replace

    elements = ScreenReader(text=reader, detector=Given()).read(Drawing().write(30, 40, "x").screenshot())
    wild = tuple(replace(element, text="\x1b[31mred\x07\n" + "y" * 500, id=99) for element in elements)
    change = difference(Drawing().screenshot(), Drawing().write(30, 40, "x").screenshot())
    sentence = describe((), wild, change)
    assert sentence.isprintable() and len(sentence) < 100
