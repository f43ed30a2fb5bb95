"""What applications tell becomes elements that a person would name, whatever else they tell."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deskhand.actions.geometry import Box, Viewport
from deskhand.errors import SandboxError
from deskhand.perception.elements import tree as trees
from deskhand.perception.elements.accessibility import elements_of
from deskhand.perception.screen import ROLES, STATES, Element
from deskhand.sandbox.guest.accessibility import NAMESPACES

SCREEN = Viewport(400, 300)
SEEN = "visible showing enabled sensitive"


def node(tag: str, place: tuple[int, int, int, int] | None, *inside: str, name: str = "", **more: str) -> str:
    """One node as the guest writes it; ``place`` is left, top, width and height."""
    states = more.pop("states", SEEN).split()
    text = more.pop("text", "")
    attributes = [f"name={quoteattr(name)}", *(f'st:{state}="true"' for state in states)]
    if place is not None:
        attributes += [f'cp:screencoord="{place[:2]}"', f'cp:size="{place[2:]}"']
    attributes += [f"{key.replace('_', '-')}={quoteattr(value)}" for key, value in more.items()]
    return f"<{tag} {' '.join(attributes)}>{escape(text)}{''.join(inside)}</{tag}>"


def tree(*windows: str) -> str:
    spaces = " ".join(f'xmlns:{prefix}="{place}"' for prefix, place in NAMESPACES.items())
    inside = "".join(windows)
    return f'<desktop-frame {spaces}><application name="program">{inside}</application></desktop-frame>'


def window(*inside: str, place: tuple[int, int, int, int] = (0, 0, 400, 300), name: str = "Window") -> str:
    return node("frame", place, *inside, name=name, states=f"{SEEN} active")


def found(*inside: str) -> tuple[Element, ...]:
    """The elements in a window that fills the screen."""
    return tuple(
        element for element in elements_of(tree(window(*inside)), SCREEN) if element.role != "window"
    )


@pytest.mark.parametrize(
    ("tag", "more", "role"),
    [
        ("push-button", {"name": "Save"}, "button"),
        ("toggle-button", {"name": "Bold text", "toolkit": "gtk", "image": "true"}, "button"),
        ("toggle-button", {"toolkit": "gtk"}, "checkbox"),
        ("check-box", {"name": "Wrap"}, "checkbox"),
        ("radio-button", {"name": "Left"}, "radio"),
        ("text", {"states": f"{SEEN} editable single_line"}, "field"),
        ("text", {"states": f"{SEEN} editable multi_line"}, "area"),
        ("entry", {}, "field"),
        ("password-text", {}, "field"),
        ("spin-button", {"text": "5"}, "field"),
        ("combo-box", {"name": "Left"}, "combo"),
        ("slider", {}, "slider"),
        ("scroll-bar", {}, "scrollbar"),
        ("page-tab", {"name": "General"}, "tab"),
        ("menu", {"name": "File"}, "menuitem"),
        ("check-menu-item", {"name": "Toolbar"}, "menuitem"),
        ("table-cell", {"name": "notes.txt"}, "row"),
        ("tree-item", {"name": "notes"}, "row"),
        ("list-item", {"name": "notes"}, "row"),
        ("icon", {"name": "notes", "states": f"{SEEN} selectable"}, "row"),
        ("table-column-header", {"name": "Name"}, "button"),
        ("link", {"name": "more"}, "link"),
        ("label", {"name": "Name:"}, "text"),
    ],
)
def test_roles_have_our_names(tag: str, more: dict[str, str], role: str) -> None:
    assert [element.role for element in found(node(tag, (10, 10, 100, 24), **more))] == [role]


@pytest.mark.parametrize(
    "tag", ["filler", "panel", "separator", "progress-bar", "scroll-pane", "icon", "image"]
)
def test_what_nobody_would_name_is_left_out(tag: str) -> None:
    assert found(node(tag, (10, 10, 100, 24), name="x")) == ()


def test_everything_says_that_it_comes_from_the_tree() -> None:
    assert {
        e.sources for e in elements_of(tree(window(node("push-button", (1, 1, 90, 30), name="OK"))), SCREEN)
    } == {("tree",)}


def test_a_button_that_is_too_narrow_for_its_name_is_an_icon_with_a_label() -> None:
    (icon,) = found(node("push-button", (10, 10, 24, 24), name="Open a file"))
    assert (icon.role, icon.text, icon.label) == ("icon", "", "Open a file")


def test_a_field_has_its_content_and_what_labels_it() -> None:
    (field,) = found(
        node("text", (10, 10, 100, 24), text="Anna", labelledby="Name:", states=f"{SEEN} editable")
    )
    assert (field.text, field.label) == ("Anna", "Name:")


def test_an_empty_field_shows_its_placeholder() -> None:
    (field,) = found(node("text", (10, 10, 100, 24), **{"attr:placeholder-text": "Search"}))
    assert field.text == "Search"


def test_a_password_is_not_told() -> None:
    (field,) = found(node("password-text", (10, 10, 100, 24), name="Password", text="secret"))
    assert (field.text, field.label) == ("", "Password")


def test_states_are_told() -> None:
    states = f"{SEEN} checked focused"
    first, second = found(
        node("check-box", (10, 10, 100, 24), name="Wrap", states=states),
        node("push-button", (10, 60, 100, 24), name="Undo", states="visible showing"),
    )
    assert first.state == {"checked", "focused"}
    assert second.state == {"disabled"}


def test_what_is_not_showing_has_no_area_or_lies_off_the_screen_is_left_out() -> None:
    assert (
        found(
            node("push-button", (10, 10, 90, 24), name="Hidden", states="visible enabled sensitive"),
            node("push-button", None, name="Nowhere"),
            node("push-button", (10, 10, 0, 24), name="Flat"),
            node("push-button", (500, 10, 90, 24), name="Outside"),
            node("push-button", (-2147483648, -2147483648, 90, 24), name="Unplaced"),
        )
        == ()
    )


def test_boxes_are_cut_at_what_holds_them_and_half_of_it_must_be_left() -> None:
    cells = [node("table-cell", (0, top, 90, 20), name=f"row {top}") for top in (0, 20, 30, 35)]
    pane = node("scroll-pane", (0, 0, 200, 42), node("table", (0, 0, 200, 400), *cells))
    assert [(element.text, element.box.bottom) for element in found(pane)] == [
        ("row 0", 20),
        ("row 20", 40),
        ("row 30", 42),
    ]


def test_of_a_wide_cell_its_left_is_enough() -> None:
    cells = [node("table-cell", (left, 0, 300, 20), name=f"cell {left}") for left in (0, 60, 90, -200)]
    pane = node("scroll-pane", (0, 0, 110, 42), *cells)
    assert [element.text for element in found(pane)] == ["cell 0", "cell 60"]


def test_what_lies_under_an_open_menu_is_left_out() -> None:
    under = node("push-button", (20, 30, 60, 20), name="Under")
    beside = node("push-button", (200, 30, 60, 20), name="Beside")
    items = [node("menu-item", (0, 20 * n, 100, 20), name=f"Entry {n}") for n in (1, 2)]
    bar = node("menu-bar", (0, 0, 400, 20), node("menu", (0, 0, 40, 20), *items, name="File"))
    assert {e.text for e in found(bar, under, beside)} == {"File", "Entry 1", "Entry 2", "Beside"}


def test_a_field_that_an_open_list_covers_in_part_ends_where_it_begins() -> None:
    field = node("text", (10, 10, 200, 100), states=f"{SEEN} editable multi_line")
    items = [
        node("list-item", (10, 80, 200, 20), name="one"),
        node("list-item", (10, 100, 200, 20), name="two"),
    ]
    combo = node("combo-box", (10, 120, 200, 20), node("list", (10, 80, 200, 40), *items), name="one")
    (area,) = (element for element in found(field, combo) if element.role == "area")
    assert area.box == Box(10, 10, 210, 80)


def test_a_list_that_is_not_open_has_no_entries() -> None:
    items = node("list-item", (0, 0, 200, 20), name="one")
    combo = node("combo-box", (10, 120, 200, 20), node("list", (0, 0, 0, 0), items), name="one")
    assert [element.role for element in found(combo)] == ["combo"]


def test_the_active_window_lies_over_the_others() -> None:
    low = node(
        "frame", (0, 0, 400, 300), node("push-button", (60, 60, 90, 24), name="Low"), name="Low window"
    )
    high = window(
        node("push-button", (60, 100, 90, 24), name="High"), place=(50, 50, 200, 200), name="High window"
    )
    for order in ((low, high), (high, low)):
        texts = {element.text for element in elements_of(tree(*order), SCREEN)}
        assert texts == {"Low window", "High window", "High"}


def test_a_stacking_that_is_known_decides() -> None:
    one = window(node("push-button", (60, 60, 90, 24), name="One"), place=(50, 50, 200, 200), name="A")
    two = node("frame", (40, 40, 300, 250), node("push-button", (60, 100, 90, 24), name="Two"), name="B")
    stacking = (Box(50, 50, 250, 250), Box(40, 40, 340, 290))
    assert {e.text for e in elements_of(tree(one, two), SCREEN, stacking)} == {"B", "Two"}


def test_the_entries_of_a_row_are_its_text() -> None:
    labels = [
        node("label", (30, 10, 60, 20), name="notes.txt"),
        node("label", (100, 10, 60, 20), name="2 kB"),
    ]
    (row,) = found(node("list-item", (0, 10, 200, 20), node("filler", (0, 10, 200, 20), *labels)))
    assert (row.role, row.text) == ("row", "notes.txt 2 kB")


def test_a_sheets_cell_shows_its_content_and_has_its_place_as_label() -> None:
    states = f"{SEEN} editable"
    full, empty = found(
        node("table-cell", (0, 0, 80, 20), name="A1", text="picture", states=states),
        node("table-cell", (0, 20, 80, 20), name="A2", states=states),
    )
    assert (full.text, full.label) == ("picture", "A1")
    assert (empty.text, empty.label) == ("", "A2")


def test_an_expander_is_only_its_head() -> None:
    inside = node("filler", None, node("check-box", (20, 40, 90, 20), name="Inside"))
    head, check = found(node("toggle-button", (10, 10, 200, 120), inside, name="More options"))
    assert (head.role, head.box) == ("button", Box(10, 10, 210, 40))
    assert check.text == "Inside"


def test_a_title_bar_in_a_window_is_one() -> None:
    close = node("push-button", (370, 5, 24, 24), name="Close")
    bar = node("panel", (0, 0, 400, 34), node("label", (150, 5, 60, 24), name="Notes"), close)
    assert [(e.role, e.text or e.label) for e in found(bar)] == [("titlebar", "Notes"), ("icon", "Close")]


def test_what_libreoffice_tells_beside_its_menu_bar_is_moved_to_its_place() -> None:
    button = node("push-button", (10, 25, 90, 30), name="Insert")
    pane = node("root-pane", (0, 20, 400, 250), node("tool-bar", (0, 20, 400, 40), button))
    (moved,) = found(node("panel", (0, 50, 400, 250), pane))
    assert moved.box == Box(10, 55, 100, 85)


def test_numbers_without_sense_are_no_places() -> None:
    for place in ("(nan, 3)", "(1e9, 3)", "(1, 2, 3)", "(99999999999999999999, 3)", "", "(1;2)"):
        odd = f'<push-button name="x" st:showing="true" cp:screencoord="{place}" cp:size="(30, 30)"/>'
        assert found(odd) == ()
    huge = '<slider st:showing="true" cp:screencoord="(0, 0)" cp:size="(999999999, 999999999)"/>'
    assert found(huge) == ()


def test_a_tree_that_never_ends_gives_what_was_read_of_it() -> None:
    deep = "<panel>" * 3000 + "</panel>" * 3000
    button = node("push-button", (10, 10, 90, 24), name="OK")
    assert [element.text for element in found(deep, button)] == ["OK"]
    wide = node("panel", (10, 10, 90, 24), button) * trees.MOST_NODES
    assert 0 < len(found(wide)) < trees.MOST_NODES


def test_texts_are_bounded_and_printable() -> None:
    (area,) = found(node("text", (1, 1, 90, 90), text="a\n\u202eb" * 5000, states=f"{SEEN} multi_line"))
    assert len(area.text) <= trees.LONGEST_TEXT
    assert "\u202e" not in area.text


@pytest.mark.parametrize(
    "xml",
    [
        "",
        "no tree",
        "<desktop-frame>",
        '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><a>&c;</a>',
        '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        "<a>&unknown;</a>",
    ],
)
def test_what_is_no_tree_is_refused(xml: str) -> None:
    with pytest.raises(SandboxError, match="reported"):
        elements_of(xml, SCREEN)


def test_a_tree_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trees, "MOST_XML", 100)
    with pytest.raises(SandboxError, match="MiB"):
        elements_of(tree(window()), SCREEN)


TAGS = st.sampled_from(
    ("frame", "panel", "menu", "menu-item", "combo-box", "list", "table", "table-cell", "text")
)
PLACES = st.tuples(*[st.integers(-50, 450)] * 4) | st.none()
NODES = st.recursive(
    st.builds(
        lambda tag, place, name: node(tag, place, name=name), TAGS, PLACES, st.text("ab<&\n ", max_size=9)
    ),
    lambda inside: st.builds(
        lambda tag, place, inner: node(tag, place, *inner), TAGS, PLACES, st.lists(inside)
    ),
    max_leaves=20,
)


@settings(deadline=None)
@given(st.lists(NODES, max_size=5))
def test_whatever_is_told_every_element_is_on_the_screen(nodes: list[str]) -> None:
    for element in elements_of(tree(*nodes), SCREEN):
        assert element.role in ROLES
        assert element.state <= set(STATES)
        assert 0 <= element.box.left < element.box.right <= SCREEN.width
        assert 0 <= element.box.top < element.box.bottom <= SCREEN.height
