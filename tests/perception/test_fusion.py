"""One list of elements from text, widgets and what programs tell."""

from dataclasses import replace

import pytest

from deskhand.actions.geometry import Box
from deskhand.errors import SandboxError, SandboxLost, UsageError
from deskhand.perception.elements import fusion
from deskhand.perception.elements.fusion import fuse
from deskhand.perception.reader import PIXELS, ScreenReader
from deskhand.perception.screen import Element
from deskhand.perception.text.lines import TextLine
from tests.perception.drawn import Drawing, Given, find

pytestmark = pytest.mark.timeout(120)


def line(text, left, top, *, pitch=8.0, height=18):
    """A line of text whose letters stand ``pitch`` pixels apart."""
    box = Box(left, top, left + round(pitch * len(text)), top + height)
    places = tuple(left + pitch * (n + 0.5) for n in range(len(text)))
    return TextLine(Element("text", text, box, sources=("ocr",), confidence=0.95), places)


def widget(role, left, top, right, bottom, *states, confidence=0.9):
    box = Box(left, top, right, bottom)
    return Element(role, "", box, state=frozenset(states), sources=("detector",), confidence=confidence)


def reported(role, text, left, top, right, bottom, *states, label=""):
    return Element(role, text, Box(left, top, right, bottom), label, frozenset(states), ("tree",))


def names(elements, role):
    return [element.name for element in elements if element.role == role]


@pytest.fixture
def settings():
    """A window with every kind of widget whose name stands somewhere else."""
    drawing = Drawing().window(Box(40, 40, 560, 440), "Settings", "focused")
    drawing.write(60, 90, "Name:").field(Box(140, 84, 400, 112), "Ada Lovelace")
    drawing.write(60, 130, "Address").field(Box(60, 150, 400, 178))
    drawing.check(60, 200, "Wrap lines", "checked").check(220, 200, "Show numbers")
    drawing.check(60, 240, "Small", role="radio")
    drawing.fill(Box(430, 90, 454, 114), (10, 120, 60)).add("icon", Box(430, 90, 454, 114))
    drawing.field(Box(60, 270, 400, 360), "one line", role="area").write(66, 300, "another line")
    return drawing.button(Box(60, 380, 160, 412), "Cancel").button(Box(170, 380, 270, 412), "Save")


@pytest.fixture
def seen(settings, reader):
    return ScreenReader(detector=Given(settings.widgets), text=reader).read(settings.screenshot())


def test_text_on_a_widget_is_its_text_and_stands_nowhere_else(seen):
    assert names(seen, "button") == ["Cancel", "Save"]
    assert find(seen, "field", "Ada Lovelace").sources == ("detector", "ocr")
    assert not {"Cancel", "Save", "Ada Lovelace"} & set(names(seen, "text"))


def test_a_field_is_labelled_by_the_text_left_of_it_or_above_it(seen):
    assert [(e.text, e.label) for e in seen if e.role == "field"] == [
        ("Ada Lovelace", "Name:"),
        ("", "Address"),
    ]
    assert {"Name:", "Address"} <= set(names(seen, "text"))


def test_a_check_box_and_a_radio_button_are_named_by_the_text_beside_them(seen):
    assert [(e.label, e.state) for e in seen if e.role == "checkbox"] == [
        ("Wrap lines", {"checked"}),
        ("Show numbers", set()),
    ]
    assert find(seen, "radio").label == "Small"
    assert not {"Wrap lines", "Show numbers", "Small"} & set(names(seen, "text"))


def test_a_picture_without_a_name_has_none(seen):
    assert find(seen, "icon").name == ""


def test_an_area_holds_its_lines_and_each_stays_a_text_of_its_own(seen):
    assert find(seen, "area").text == "one line\nanother line"
    assert {"one line", "another line"} <= set(names(seen, "text"))


def test_everything_lies_in_its_window_which_is_called_as_its_title_bar(seen):
    window = find(seen, "window")
    assert (window.name, window.parent) == ("Settings", 0)
    assert {element.parent for element in seen if element is not window} == {window.id}
    assert len({element.id for element in seen}) == len(seen)


def test_elements_come_row_by_row(seen):
    assert [e.name for e in seen if e.role in ("titlebar", "text", "field", "button")] == [
        *["Settings", "Name:", "Ada Lovelace", "Address", "Address", "one line", "another line"],
        *["Cancel", "Save"],
    ]


def test_a_screen_without_widgets_is_its_lines_of_text(reader):
    page = Drawing().write(30, 40, "First").write(30, 80, "Second").screenshot()
    elements = ScreenReader(text=reader, detector=Given()).read(page)
    assert [(e.role, e.text, e.sources) for e in elements] == [
        ("text", "First", ("ocr",)),
        ("text", "Second", ("ocr",)),
    ]
    assert [(e.box, e.confidence) for e in elements] == [(e.box, e.confidence) for e in reader.read(page)]


def test_an_empty_screen_is_an_empty_list(reader):
    assert ScreenReader(detector=Given(), text=reader).read(Drawing().screenshot()) == ()
    assert fuse((), (), ()) == ()


def test_a_line_over_several_widgets_is_parted_at_their_borders():
    tabs = [widget("tab", 0, 0, 60, 30), widget("tab", 60, 0, 150, 30)]
    elements = fuse([line("General Advanced", 4, 6)], tabs)
    assert names(elements, "tab") == ["General", "Advanced"]
    assert names(elements, "text") == []


def test_a_line_that_leads_into_a_field_is_parted_where_the_field_begins():
    elements = fuse([line("Name: Ada", 10, 6)], [widget("field", 55, 0, 200, 30)])
    label = find(elements, "text", "Name:")
    assert find(elements, "field").text == "Ada" and find(elements, "field").label == "Name:"
    assert label.box.right <= 55


def test_a_letter_that_stands_out_of_its_button_still_belongs_to_it():
    elements = fuse([line("Cancel", 0, 6)], [widget("button", 5, 0, 60, 30)])
    assert [(e.role, e.text) for e in elements] == [("button", "Cancel")]


def test_a_link_inside_a_sentence_is_parted_from_it():
    elements = fuse([line("see the manual for more", 0, 6)], [widget("link", 63, 4, 113, 24)])
    assert find(elements, "link").text == "manual"
    assert names(elements, "text") == ["see the", "for more"]


def test_a_picture_that_was_read_as_a_letter_has_no_text():
    elements = fuse(
        [line("Q", 8, 6), line("√", 106, 6)],
        [widget("icon", 0, 0, 24, 24), widget("checkbox", 100, 0, 120, 24)],
    )
    assert [(e.role, e.name) for e in elements] == [("icon", ""), ("checkbox", "")]


def test_two_columns_of_labels_and_fields_are_not_mixed_up():
    lines = [line(text, x, y) for y in (0, 40) for x, text in ((0, f"left {y}"), (200, f"right {y}"))]
    fields = [widget("field", x, y, x + 100, y + 24) for y in (0, 40) for x in (80, 290)]
    labels = [e.label for e in fuse(lines, fields) if e.role == "field"]
    assert labels == ["left 0", "right 0", "left 40", "right 40"]


def test_one_text_labels_one_field_only():
    elements = fuse([line("Name", 0, 4)], [widget("field", 60, 0, 160, 24), widget("field", 60, 40, 160, 64)])
    assert [e.label for e in elements if e.role == "field"] == ["Name", ""]


def test_a_switch_at_the_end_of_its_line_is_labelled_by_the_text_at_its_beginning():
    elements = fuse([line("Two-factor", 0, 4)], [widget("checkbox", 240, 2, 280, 24, "checked")])
    assert [(e.role, e.name) for e in elements] == [("text", "Two-factor"), ("checkbox", "Two-factor")]


def test_a_shortcut_is_no_part_of_an_entry_of_a_menu():
    elements = fuse([line("Save", 10, 4), line("Ctrl+S", 150, 4)], [widget("menuitem", 0, 0, 220, 26)])
    assert [(e.role, e.text) for e in elements] == [("menuitem", "Save"), ("text", "Ctrl+S")]


@pytest.mark.parametrize(
    ("role", "pieces", "text"),
    [
        ("button", [("X", 4), ("Connect", 40)], "Connect"),
        ("combo", [("Medium", 4), ("4", 185)], "Medium"),
        ("combo", [("4", 185)], ""),
        ("field", [("50", 4), ("一", 150), ("十", 180)], "50"),
        ("field", [("7", 4)], "7"),
        ("row", [("命", 4), ("Yellow", 30)], "Yellow"),
        ("button", [("7", 90)], "7"),
    ],
)
def test_an_icon_or_arrow_that_was_read_as_a_letter_is_no_part_of_the_text(role, pieces, text):
    found = fuse([line(word, x, 4) for word, x in pieces], [widget(role, 0, 0, 200, 26)])
    assert [e.text for e in found] == [text]


def test_a_name_that_was_wrapped_is_whole_again():
    name = [line("document-recipe-", 4, 40), line("create.md", 30, 60)]
    assert find(fuse(name, [widget("row", 0, 0, 140, 90)]), "row").text == "document-recipe-create.md"
    words = [line("Home", 30, 40), line("Folder", 24, 60)]
    assert find(fuse(words, [widget("row", 0, 0, 140, 90)]), "row").text == "Home Folder"


def test_what_was_found_twice_is_one_with_the_states_of_both():
    twice = [
        widget("checkbox", 10, 10, 26, 26, "checked", confidence=0.6),
        widget("checkbox", 11, 10, 27, 26, "focused", confidence=0.8),
        widget("button", 100, 10, 180, 40, confidence=0.9),
        widget("icon", 101, 11, 180, 40, confidence=0.4),
    ]
    elements = fuse((), twice)
    assert [(e.role, e.state) for e in elements] == [("checkbox", {"checked", "focused"}), ("button", set())]


def test_of_two_roles_that_never_lie_in_each_other_the_surer_is_meant():
    entry = widget("menuitem", 0, 0, 250, 26, confidence=0.5)
    row = widget("row", 10, 4, 60, 22, confidence=0.4)
    found = fuse([line("Open", 12, 4), line("Ctrl+O", 180, 4)], [entry, row])
    assert [(e.role, e.text) for e in found] == [("menuitem", "Open"), ("text", "Ctrl+O")]
    pair = [widget("row", 0, 0, 250, 26), widget("button", 150, 2, 240, 24)]
    assert [e.role for e in fuse((), pair)] == ["row", "button"]


def test_a_doubtful_find_inside_a_sentence_does_not_part_it_and_cells_of_a_table_do():
    sentence = [line("echo hello world", 0, 4)]
    doubtful = widget("menuitem", 88, 2, 130, 24, confidence=0.35)
    assert names(fuse(sentence, [doubtful]), "text") == ["echo hello world"]
    cells = [widget("row", x, 2, x + w, 24, confidence=0.35) for x, w in ((0, 34), (38, 44), (86, 44))]
    assert names(fuse(sentence, cells), "row") == ["echo", "hello", "world"]


def test_a_dialog_is_not_merged_with_the_window_it_lies_in_and_comes_first():
    windows = [widget("window", 0, 0, 600, 500), widget("window", 100, 100, 400, 300)]
    inner, outer = fuse([line("hello", 120, 150)], windows)[:3:2]
    assert (inner.role, outer.role) == ("window", "window")
    assert inner.parent == outer.id
    assert find(fuse([line("hello", 120, 150)], windows), "text").parent == inner.id


def test_the_focused_window_comes_first():
    windows = [widget("window", 0, 0, 300, 300), widget("window", 310, 0, 600, 300, "focused")]
    elements = fuse([line("left", 10, 10), line("right", 320, 10)], windows)
    assert names(elements, "text") == ["right", "left"]


def test_a_widget_of_pixels_and_program_is_one_with_the_pixels_box_and_both_states():
    found = [widget("button", 10, 10, 90, 40, "focused")]
    (button,) = fuse((), found, [reported("button", "Save", 8, 9, 92, 42, "disabled")])
    assert (button.text, button.box) == ("Save", Box(10, 10, 90, 40))
    assert button.state == {"focused", "disabled"} and button.sources == ("detector", "tree")


def test_the_program_spells_what_was_read_nearly_right_and_not_what_was_read_otherwise():
    found = [widget("button", 0, 0, 90, 30), widget("button", 100, 0, 190, 30)]
    listed = [
        reported("button", "Illinois", 0, 0, 90, 30),
        reported("button", "Store the file", 100, 0, 190, 30),
    ]
    read = [line("IlIinois", 10, 6), line("Save", 120, 6)]
    assert [(e.text, e.label) for e in fuse(read, found, listed)] == [
        ("Illinois", ""),
        ("Save", "Store the file"),
    ]


def test_a_told_widget_that_another_window_covers_is_left_out():
    read = [line("Quarterly report", 10, 6)]
    assert names(fuse(read, (), [reported("button", "Delete", 0, 0, 150, 30)]), "button") == []
    assert names(fuse((), (), [reported("button", "Delete", 0, 0, 150, 30)]), "button") == ["Delete"]


def test_told_texts_correct_what_was_read_and_fill_what_was_not():
    listed = [reported("text", "Volume l0", 0, 0, 80, 20), reported("text", "unread", 0, 100, 60, 120)]
    elements = fuse([line("Volume lO", 2, 1)], (), listed)
    assert [(e.text, e.sources) for e in elements] == [
        ("Volume l0", ("ocr", "tree")),
        ("unread", ("tree",)),
    ]


def test_a_crowded_screen_is_cut_and_said(caplog):
    crowd = [widget("row", 0, 20 * n, 100, 20 * n + 18, confidence=0.5) for n in range(1500)]
    elements = fuse((), [*crowd, widget("button", 200, 0, 260, 30)])
    assert len(elements) == fusion.MOST_ELEMENTS
    assert find(elements, "button") and "1501 widgets" in caplog.text


def test_a_policy_can_be_given_pixels_only(settings, reader):
    asked = []

    def tree():
        asked.append(1)
        return [reported("icon", "", 430, 90, 454, 114, label="Lock")]

    everything = ScreenReader(detector=Given(settings.widgets), tree=tree, text=reader)
    assert find(everything.read(settings.screenshot()), "icon").label == "Lock"
    pixels = ScreenReader(detector=Given(settings.widgets), tree=tree, text=reader, sources=PIXELS)
    assert find(pixels.read(settings.screenshot()), "icon").label == ""
    assert asked == [1]
    with pytest.raises(UsageError, match="no source 'radar'"):
        ScreenReader(sources=["radar"])


def test_a_tree_that_cannot_be_had_is_not_asked_for_ever(reader, caplog):
    asked = []

    def tree():
        asked.append(1)
        raise SandboxError("this desktop has no AT-SPI")

    seeing = ScreenReader(tree=tree, text=reader, detector=Given())
    for n in range(5):
        assert names(seeing.read(Drawing().write(30, 40 + n, "Still read").screenshot(n)), "text") == [
            "Still read"
        ]
    assert len(asked) == 3 and "no AT-SPI" in caplog.text


def test_a_sandbox_that_is_gone_while_its_tree_is_asked_is_said(reader):
    def tree():
        raise SandboxLost("gone")

    with pytest.raises(SandboxLost):
        ScreenReader(tree=tree, text=reader, detector=Given()).read(Drawing().write(30, 40, "x").screenshot())


def test_the_tree_is_not_asked_about_a_screen_of_the_past(reader):
    asked = []
    seeing = ScreenReader(tree=lambda: asked.append(1) or (), text=reader, detector=Given())
    seeing.read(Drawing().write(30, 40, "now").screenshot(5.0))
    seeing.read(Drawing().write(30, 40, "before").screenshot(4.0))
    assert asked == [1]


def test_parts_of_a_line_over_several_widgets_are_read_alone(reader):
    drawing = Drawing(background=(250, 250, 250))
    for n, word in enumerate(("Apple", "Quantity", "Tools", "Privacy")):
        box = Box(40 + 72 * n, 60, 108 + 72 * n, 82)
        drawing.add("row", box).write(box.left + 2, 62, word)
    found = ScreenReader(detector=Given(drawing.widgets), text=reader).read(drawing.screenshot())
    assert [(e.role, e.text) for e in found] == [
        ("row", "Apple"),
        ("row", "Quantity"),
        ("row", "Tools"),
        ("row", "Privacy"),
    ]


def test_a_button_with_a_single_digit_and_a_combo_box_with_an_arrow_are_read(reader):
    drawing = Drawing(background=(220, 220, 220))
    for n in range(4):
        drawing.button(Box(40 + 60 * n, 40, 90 + 60 * n, 70), str(n + 5))
    combo = Box(40, 100, 240, 128)
    drawing.field(combo, "Medium", role="combo").fill(Box(222, 108, 232, 118), (20, 20, 20))
    found = ScreenReader(detector=Given(drawing.widgets), text=reader).read(drawing.screenshot())
    assert names(found, "button") == ["5", "6", "7", "8"]
    assert names(found, "combo") == ["Medium"] and names(found, "text") == []


def test_the_order_in_which_widgets_are_found_does_not_matter(settings, reader, seen):
    backwards = ScreenReader(detector=Given(reversed(settings.widgets)), text=reader)
    assert backwards.read(settings.screenshot()) == seen
    assert replace(seen[0], id=0) != seen[0]
