"""Pages in a real Chromium tell what stands where, and what they tell is what is to be seen and hit."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from importlib.util import find_spec

import numpy as np
import pytest

from deskhand.actions.geometry import Box
from deskhand.actions.vocabulary import Click
from deskhand.errors import SandboxError
from deskhand.perception.screen import Element, Pixels
from deskhand.perception.watch.settle import settle
from deskhand.sandbox.lightbox import Lightbox
from deskhand.screens.bounds import seen
from deskhand.screens.pages import icons, miniwob, split
from deskhand.screens.pages.browser import PageBrowser
from deskhand.screens.pages.desktop import desktop_page
from deskhand.screens.pages.programs import PAGES
from deskhand.screens.pages.random_page import random_page
from deskhand.screens.pages.styles import KINDS, LIGHT
from deskhand.screens.themes import Theme
from deskhand.waiting import wait_until

pytestmark = [
    pytest.mark.lightbox,
    pytest.mark.skipif(shutil.which("chromium") is None, reason="apt-get install chromium"),
]
OTHERS = ("checkout", "settings", "board")
HEAD = '<!doctype html><meta charset="utf-8"><style>body { margin: 20px; font: 16px sans-serif; }</style>'


@pytest.fixture(scope="module")
def browser(box: Lightbox) -> Iterator[PageBrowser]:
    yield PageBrowser(box)


def show(browser: PageBrowser, body: str) -> tuple[Element, ...]:
    """What a page with this body tells."""
    show.number = getattr(show, "number", 0) + 1  # type: ignore[attr-defined]
    browser.put("test.html", HEAD + body)
    browser.go(f"/test.html?{show.number}")  # type: ignore[attr-defined]
    return browser.elements()


def named(elements: tuple[Element, ...], name: str) -> Element:
    found = [element for element in elements if element.name == name]
    assert len(found) == 1, f"{name}: {elements}"
    return found[0]


def texts(elements: tuple[Element, ...], role: str) -> list[str]:
    return [element.text for element in elements if element.role == role]


def pixels(box: Lightbox) -> Pixels:
    return settle(box.screenshot).screenshot.pixels


def cut(pixels: Pixels, box: Box) -> Pixels:
    return pixels[box.top : box.bottom, box.left : box.right]


def test_a_click_on_the_centre_of_each_button_is_heard_by_that_button(
    browser: PageBrowser, box: Lightbox
) -> None:
    words = ("One", "Two", "A much longer third", "四")
    buttons = "".join(f'<button onclick="tell(this)">{word}</button> <br>' for word in words)
    answer = "document.querySelector('p').textContent = 'heard ' + b.textContent"
    script = f"<script>const tell = (b) => {{ {answer} }}</script>"
    elements = show(browser, f"{buttons}<p>nothing</p>{script}")
    assert texts(elements, "button") == list(words)
    for word in words:
        assert box.perform(Click(at=named(elements, word).box.centre)).ok
        wait_until(
            lambda word=word: texts(browser.elements(), "text") == [f"heard {word}"],
            timeout=10, what=f"the page to hear {word}",
        )  # fmt: skip


def test_a_checked_box_has_ink_where_an_unchecked_one_has_none(browser: PageBrowser, box: Lightbox) -> None:
    body = "".join(
        f'<p><label><input type="{kind}"{" checked" if on else ""}> {kind} {on}</label></p>'
        for kind in ("checkbox", "radio")
        for on in (True, False)
    )
    elements, look = show(browser, body), pixels(box)
    for kind in ("checkbox", "radio"):
        on, off = named(elements, f"{kind} True"), named(elements, f"{kind} False")
        assert (on.role, on.state) == (kind, {"checked"})
        assert (off.role, off.state) == (kind, frozenset())
        marks = [cut(look, Box(e.box.left, e.box.top, e.box.left + 16, e.box.bottom)) for e in (on, off)]
        assert np.ptp(marks[0][4:-4, 5:10].astype(int)) > 100 > np.ptp(marks[1][7:-7, 6:9].astype(int))


def test_a_box_with_its_label_is_one_element_and_the_label_no_text_of_its_own(browser: PageBrowser) -> None:
    body = (
        '<input type="checkbox" id="a"> <label for="a">Wrap lines</label><p><input type="radio"> Bare words'
    )
    elements = show(browser, body)
    assert texts(elements, "checkbox") == ["Wrap lines"]
    assert texts(elements, "radio") == ["Bare words"]
    assert texts(elements, "text") == []
    box = named(elements, "Wrap lines").box
    assert box.width > 80, "indicator and text together"


def test_a_paragraph_is_as_many_texts_as_it_has_lines(browser: PageBrowser) -> None:
    words = "The train leaves from platform four and arrives late in the evening at the other side".split()
    elements = show(browser, f'<p style="width: 260px">{" ".join(words)}</p>')
    lines = texts(elements, "text")
    assert len(lines) > 1
    assert " ".join(lines).split() == words
    tops = [element.box.top for element in elements]
    assert tops == sorted(set(tops))


def test_a_link_over_two_lines_is_two_links_and_the_text_around_it_is_cut_there(browser: PageBrowser) -> None:
    body = '<p style="width: 200px">Read all of <a href="#">the very long terms of use</a> now</p>'
    elements = show(browser, body)
    assert len(texts(elements, "link")) == 2
    assert " ".join(texts(elements, "link")) == "the very long terms of use"
    assert texts(elements, "text")[0] == "Read all of"


def test_what_is_covered_or_hidden_is_not_told(browser: PageBrowser) -> None:
    body = (
        "<button>Under</button> <button>Beside</button>"
        '<button style="opacity: 0">Clear</button><button style="display: none">Gone</button>'
        '<button style="position: absolute; top: 5000px">Below</button>'
        '<div role="dialog" style="position: fixed; left: 10px; top: 10px; width: 68px; height: 60px; '
        'background: #ddd">On top</div>'
    )
    elements = show(browser, body)
    assert texts(elements, "button") == ["Beside"]
    assert named(elements, "On top").role == "text"
    assert [e.box for e in elements if e.role == "window"] == [Box(10, 10, 78, 70)]


def test_a_half_covered_field_is_what_is_left_of_it(browser: PageBrowser) -> None:
    body = (
        "<style>* { position: fixed; top: 100px }</style><body>"
        '<input aria-label="Half" style="left: 100px; width: 240px; height: 30px">'
        '<div style="left: 90px; width: 130px; height: 60px; background: #ccc"></div>'
    )
    box = named(show(browser, body), "Half").box
    assert abs(box.left - 220) <= 12
    assert box.right >= 340


def test_fields_are_named_by_their_labels(browser: PageBrowser) -> None:
    body = (
        '<p><label for="a">Email</label> <input id="a" value="me@example.org"></p><p>City: <input></p>'
        '<p><input placeholder="Phone"></p>'
        '<p><select aria-label="Colour"><option>red<option selected>blue</select>'
        '<p>Notes</p><textarea style="display: block">two words</textarea>'
        '<input type="password" value="abc" title="Code">'
    )
    elements = show(browser, body)
    found = {(e.role, e.label): e.text for e in elements if e.role != "text"}
    assert found == {
        ("field", "Email"): "me@example.org",
        ("field", "City"): "",
        ("field", "Phone"): "",
        ("combo", "Colour"): "blue",
        ("area", "Notes"): "two words",
        ("field", "Code"): "•••",
    }


def test_states_are_told(browser: PageBrowser) -> None:
    body = (
        '<input aria-label="Here" autofocus><button disabled>Off</button>'
        '<div role="tab" aria-selected="true">First</div><div role="tab">Second</div>'
        '<select size="3"><option>a<option selected>b<option>c</select>'
    )
    elements = show(browser, body)
    assert named(elements, "Here").state == {"focused"}
    assert named(elements, "Off").state == {"disabled"}
    assert named(elements, "First").state == {"selected"}
    assert named(elements, "Second").state == frozenset()
    assert [(e.text, bool(e.state)) for e in elements if e.role == "row"] == [
        ("a", False),
        ("b", True),
        ("c", False),
    ]


def test_a_button_with_only_a_picture_is_an_icon(browser: PageBrowser) -> None:
    elements = show(browser, f'<button title="Search">{icons.svg("Search")}</button>')
    assert [(e.role, e.text, e.label) for e in elements] == [("icon", "", "Search")]


def test_scroll_bars_are_told_where_they_are(browser: PageBrowser, box: Lightbox) -> None:
    tall = '<div style="height: 900px">x</div>'
    body = f'<div style="width: 200px; height: 120px; overflow: auto">{tall}</div>'
    elements = show(browser, body)
    (bar,) = [e.box for e in elements if e.role == "scrollbar"]
    assert (bar.right, bar.top, bar.bottom) == (220, 20, 140)
    assert 8 <= bar.width <= 20
    whole = show(browser, tall)
    (bar,) = [e.box for e in whole if e.role == "scrollbar"]
    assert (bar.right, bar.top) == (box.viewport.width, 0)


def test_the_same_page_at_twice_the_scale_has_boxes_twice_as_large() -> None:
    body = '<button style="position: fixed; left: 50px; top: 40px; width: 100px; height: 30px">Go</button>'
    with Lightbox() as other:
        elements = show(PageBrowser(other, 2.0), body)
        assert named(elements, "Go").box == Box(100, 80, 300, 140)


def test_a_page_that_tells_nonsense_is_an_error_and_can_name_no_file(box: Lightbox) -> None:
    with Lightbox() as other:
        browser = PageBrowser(other)
        before = {file.path for file in other.files()}
        lie = '{"elements": [{"role": "<b>", "text": "", "label": "", "box": [0, 0, 1, 1], "state": []}]}'
        liar = (
            "const real = fetch;"
            f"globalThis.fetch = (to, how) => real(to, how && how.body ? {{...how, body: '{lie}'}} : how);"
            "for (const name of ['../../lie', 'a/lie', '%2e%2e/lie'])"
            "  real('/truth?' + name, {method: 'POST', body: 'x'});"
        )
        browser.put("test.html", f"<p>I lie<script>{liar}</script>")
        browser.go("/test.html?lie")
        with pytest.raises(SandboxError, match="reported no elements"):
            browser.elements()
        new = {file.path for file in other.files()} - before
        assert not any("lie" in path for path in new)


@pytest.mark.slow(reason="the pages of the catalogue are tested")
def test_what_stands_on_random_pages_is_to_be_seen(browser: PageBrowser, box: Lightbox) -> None:
    for number in range(4):
        browser.put("random.html", random_page(random.Random(number)))
        browser.go(f"/random.html?{number}")
        look = pixels(box)
        told = browser.elements()
        left = tuple(seen(look, told))
        assert len(left) > 15
        assert len(left) > 0.85 * len(told), "nearly all that is told has ink"
        for element in left:
            if element.role in ("text", "link", "button", "row"):
                assert np.ptp(cut(look, element.box).astype(int)) > 10, element


@pytest.mark.parametrize("make", [random_page, desktop_page])
def test_a_page_follows_from_its_seed(make: Callable[[random.Random], str]) -> None:
    pages = [make(random.Random(seed)) for seed in (1, 1, 2)]
    assert pages[0] == pages[1] != pages[2]


def test_a_desktop_of_another_system_tells_its_windows_and_what_is_on_them(
    browser: PageBrowser, box: Lightbox
) -> None:
    browser.put("desktop.html", desktop_page(random.Random(1)))
    browser.go("/desktop.html?1")
    told = browser.elements()
    roles = {element.role for element in seen(pixels(box), told)}
    assert {"window", "titlebar", "row", "icon", "checkbox", "button"} <= roles
    windows = [one for one in told if one.role == "window"]
    for bar in (one for one in told if one.role == "titlebar"):
        assert any(one.box.intersection(bar.box).area > 0.9 * bar.box.area for one in windows), bar


def test_every_way_to_draw_controls_comes_up_in_light_and_dark() -> None:
    pages = [random_page(random.Random(seed)) for seed in range(200)]
    light = [any(f"--ground: {colours[0]};" in page for colours in LIGHT) for page in pages]
    for kind in KINDS:
        looks = {bright for page, bright in zip(pages, light, strict=True) if f'<body class="{kind}' in page}
        assert looks == {True, False}, kind


@pytest.mark.skipif(find_spec("miniwob") is None, reason="pip install miniwob==1.1.0")
def test_a_task_of_miniwob_begins_without_its_cover_and_is_told(box: Lightbox) -> None:
    with Lightbox() as other:
        browser = PageBrowser(other, 3.0, miniwob.packed(miniwob.installed()), miniwob.HINTS)
        browser.go(miniwob.address("click-checkboxes", 4))
        elements = browser.elements()
        assert "Submit" in texts(elements, "button")
        assert len(texts(elements, "checkbox")) >= 2
        assert "START" not in [element.text for element in elements]
        browser.go(miniwob.address("email-inbox", 4))
        assert len(texts(browser.elements(), "icon")) >= 4


@pytest.mark.skipif(find_spec("miniwob") is None, reason="pip install miniwob==1.1.0")
def test_no_task_is_in_two_sets_and_tasks_on_the_page_of_another_set_are_in_none() -> None:
    tasks = miniwob.tasks()
    assert set(split.DEV) | set(split.TEST) <= set(tasks)
    assert not set(split.DEV) & set(split.TEST)
    assert list(tasks.values()).count("train") >= 60
    assert not any(task.startswith("email-inbox") for task, where in tasks.items() if where == "train")


@pytest.mark.parametrize(
    "name",
    [
        "mail",
        *(pytest.param(name, marks=pytest.mark.slow(reason="one page is tested")) for name in OTHERS),
    ],
)
def test_a_hand_made_page_tells_its_screen_as_a_program_of_the_catalogue(name: str) -> None:
    program = {program.name: program for program in PAGES}[name]
    with Lightbox() as other:
        program.start(other, Theme(), random.Random(3))
        elements = program.truth(other, settle(other.screenshot).screenshot)
    assert program.split in ("dev", "test")
    roles = {element.role for element in elements}
    assert {"text", "button" if name != "settings" else "tab"} <= roles
    assert len(elements) > 15
