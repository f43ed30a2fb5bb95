"""Tasks that are done by clicking."""

from __future__ import annotations

import json
import re

from deskhand.benchmarks.browsing.moves import Moves, TaskPage, css, found, nth, quoted, reading, wait
from deskhand.benchmarks.suites.miniwob.oracles.registry import does


@does("click-test", anywhere=True)
def click_test(page: TaskPage, instruction: str) -> Moves:
    """Clicks the only button."""
    yield page.submit()


@does("click-test-2", "click-test-transfer", anywhere=True)
def click_test_2(page: TaskPage, instruction: str) -> Moves:
    """Clicks the button that reads ONE."""
    yield page.click(reading("button", "ONE"), "the button ONE")


@does("click-button-sequence")
def click_button_sequence(page: TaskPage, instruction: str) -> Moves:
    """Clicks ONE, then TWO."""
    yield page.click(css("#subbtn"), "the button ONE")
    yield page.click(css("#subbtn2"), "the button TWO")


@does("click-button", anywhere=True)
def click_button(page: TaskPage, instruction: str) -> Moves:
    """Clicks the button whose text is quoted."""
    text = quoted(instruction)[0]
    yield page.click(reading("#area button", text), f"the button {text!r}")


@does("click-link", anywhere=True)
def click_link(page: TaskPage, instruction: str) -> Moves:
    """Clicks the link whose text is quoted."""
    text = quoted(instruction)[0]
    yield page.click(reading(".alink", text), f"the link {text!r}")


@does("click-color", anywhere=True)
def click_color(page: TaskPage, instruction: str) -> Moves:
    """Clicks the box of the colour that is named."""
    colour = found("the (.*) colored", instruction)[1]
    yield page.click(css(f".color[data-color={json.dumps(colour)}]"), f"the {colour} box")


@does("click-widget", anywhere=True)
def click_widget(page: TaskPage, instruction: str) -> Moves:
    """Clicks the first control of the kind that is quoted."""
    kind = quoted(instruction)[0]
    yield page.click(css(f"[data-type={json.dumps(kind)}]"), f"a {kind}")


@does("click-dialog", anywhere=True)
def click_dialog(page: TaskPage, instruction: str) -> Moves:
    """Closes the dialog by its cross."""
    yield page.click(css(".ui-dialog-titlebar-close"), "the cross of the dialog")


@does("click-dialog-2", anywhere=True)
def click_dialog_2(page: TaskPage, instruction: str) -> Moves:
    """Clicks the button of the dialog that is quoted; ``x`` is the cross."""
    text = quoted(instruction)[0]
    cross = css(".ui-dialog-titlebar-close")
    button = cross if text == "x" else reading(".ui-dialog-buttonset button", text)
    yield page.click(button, f"the button {text!r} of the dialog")


@does("click-tab", anywhere=True)
def click_tab(page: TaskPage, instruction: str) -> Moves:
    """Clicks the tab whose number is given."""
    name = found(r"Tab #\d", instruction)[0]
    yield page.click(reading(".ui-tabs-anchor", name), f"the tab {name}")


@does("click-tab-2", "click-tab-2-easy", "click-tab-2-medium", "click-tab-2-hard", anywhere=True)
def click_tab_2(page: TaskPage, instruction: str) -> Moves:
    """Opens tab after tab until the link is to be seen, and clicks it."""
    text = quoted(instruction)[0]
    tabs = page.count(".ui-tabs-anchor")
    for _ in range(tabs):
        if page.there(reading(".alink", text)):
            break
        shown = page.js(
            "[...document.querySelectorAll('.ui-tabs-anchor')].findIndex((e) =>"
            " e.closest('li').getAttribute('aria-selected') === 'true')"
        )
        number = (int(shown) + 1) % tabs
        yield page.click(nth(".ui-tabs-anchor", number), f"tab {number + 1}")
    yield page.click(reading(".alink", text), f"the link {text!r}")


@does(
    "click-option", "click-checkboxes", "click-checkboxes-large", "click-checkboxes-transfer", anywhere=True
)
def select_labels(page: TaskPage, instruction: str) -> Moves:
    """Ticks each label that is listed, or none, unticks the others, and submits."""
    texts = [one for one in found("Select (.*) and click", instruction)[1].split(", ") if one != "nothing"]
    wrong = [text for text in _ticked(page) if text not in texts]
    for text in [*wrong, *texts]:
        box = f"{reading('label', text)}?.querySelector('input')"
        if page.holds(box, "checked") is (text in wrong):
            yield page.click(box, f"{text!r}")
    yield page.submit()


def _ticked(page: TaskPage) -> list[str]:
    """The labels of the check boxes that are ticked."""
    said = page.js(
        "[...document.querySelectorAll('label')].filter((e) =>"
        " e.querySelector('input[type=checkbox]')?.checked).map((e) => e.textContent.trim())"
    )
    return [str(text) for text in said]


@does("click-collapsible", "click-collapsible-nodelay", anywhere=True)
def click_collapsible(page: TaskPage, instruction: str) -> Moves:
    """Opens the section and submits what is in it."""
    if not page.holds(css("h3"), "classList.contains('ui-state-active')"):
        yield page.click(css("h3"), "the section, to open it")
    yield page.submit()


@does("click-collapsible-2", "click-collapsible-2-nodelay", anywhere=True)
def click_collapsible_2(page: TaskPage, instruction: str) -> Moves:
    """Opens section after section until the link is to be seen, and clicks it."""
    text = json.dumps(quoted(instruction)[0])
    link = (
        f"[...document.querySelectorAll('.alink')].find((e) => e.textContent.trim() === {text} &&"
        " e.getBoundingClientRect().height > 0 && e.closest('div').getAttribute('aria-hidden') !== 'true')"
    )
    sections = page.count("#area h3")
    for _ in range(sections):
        if page.there(link):
            break
        opened = page.js(
            "[...document.querySelectorAll('#area h3')].findIndex((e) => e.ariaExpanded === 'true')"
        )
        number = (int(opened) + 1) % sections
        yield page.click(nth("#area h3", number), f"section {number + 1}, to open it")
    yield page.click(link, f"the link {text}")


@does("focus-text", anywhere=True)
def focus_text(page: TaskPage, instruction: str) -> Moves:
    """Clicks into the only field."""
    yield page.click(css("#tt"), "the field")


@does("focus-text-2", anywhere=True)
def focus_text_2(page: TaskPage, instruction: str) -> Moves:
    """Clicks into the field whose number is given."""
    number = found(r"the (\d)", instruction)[1]
    yield page.click(css(f"#tt{number}"), f"field {number}")


@does("grid-coordinate", anywhere=True)
def grid_coordinate(page: TaskPage, instruction: str) -> Moves:
    """Clicks the point of the grid that is given, such as (1,-2)."""
    place = found("[(].*?[)]", instruction)[0]
    yield page.click(f"document.getElementById({json.dumps(place)})", f"the point {place}")


@does("navigate-tree", anywhere=True)
def navigate_tree(page: TaskPage, instruction: str) -> Moves:
    """Opens the folders on the way to the name, and clicks it."""
    path = page.js(
        f"""(() => {{ const path = [];
        let e = [...document.querySelectorAll('#tree span')].find((e) =>
            e.textContent.trim() === {json.dumps(quoted(instruction)[0])});
        for (; e && e.id !== 'tree'; e = e.parentElement)
            if (e.tagName === 'LI') path.unshift(e.querySelector('span').textContent.trim());
        return path; }})()"""
    )
    for name, inside in zip(path, [*path[1:], None], strict=True):
        if inside is None or not page.there(reading("#tree span", str(inside))):
            yield page.click(reading("#tree span", str(name)), f"{name!r} in the tree")


@does("odd-or-even", anywhere=True)
def odd_or_even(page: TaskPage, instruction: str) -> Moves:
    """Says of each number whether it is odd, and submits."""
    for row, number in enumerate(page.texts(".display-number")):
        kind = "odd" if int(number) % 2 else "even"
        if page.holds(nth(f".{kind}", row), "classList.contains('selected')"):
            continue
        yield page.click(nth(f".{kind}", row), f"{kind} for {number}")
    yield page.submit()


@does("social-media")
def social_media(page: TaskPage, instruction: str) -> Moves:
    """Scrolls to the post of a user and clicks what is asked, below it or in its menu."""
    match = found(r'user (@\w+), click on the "(.*)"', instruction)
    who, what = match[1], match[2]
    post = (
        "[...document.querySelectorAll('.media')].find((e) =>"
        f" e.querySelector('.username').textContent === {json.dumps(who)})"
    )
    yield from page.scroll_to(post, css("#area"))
    known = {"Like": "like", "Reply": "reply", "Retweet": "retweet"}
    if what in known:
        yield page.click(f"{post}.querySelector('.{known[what]}')", f"{what} under the post of {who}")
        return
    yield page.click(f"{post}.querySelector('.more')", f"more under the post of {who}")
    begin = json.dumps(re.split(" @", what)[0])
    entry = f"[...{post}.querySelectorAll('li')].find((e) => e.textContent.trim().startsWith({begin}))"
    yield from page.scroll_to(entry, css("#area"))
    yield page.click(entry, f"{what!r} in the menu")


@does("form-sequence-2", anywhere=True)
def form_sequence_2(page: TaskPage, instruction: str) -> Moves:
    """Chooses a radio button by its number, fills in a field, and submits."""
    match = found(r"the (\d)\w\w radio button and enter the number \"(-?\d+)\" into the (\d)", instruction)
    radio = nth("input[type=radio]", int(match[1]) - 1)
    if not page.holds(radio, "checked"):
        yield page.click(radio, f"radio button {match[1]}")
    yield from page.fill(css(f"#input-{match[3]}"), match[2], f"text box {match[3]}")
    yield page.submit()


@does("search-engine", anywhere=True)
def search_engine(page: TaskPage, instruction: str) -> Moves:
    """Searches, goes to the page with the result of that number, three a page, and clicks it."""
    number = int(found(r"the (\d+)\w\w search", instruction)[1]) - 1
    yield from page.fill(css("#search-text"), quoted(instruction)[0], "the search field")
    if not page.there(css("#page-content a")):
        yield page.click(css("#search"), "the button that searches")
    side = str(number // 3 + 1)
    if page.js("document.querySelector('#pagination .active')?.textContent") != side:
        yield page.click(reading("#pagination a", side), f"page {side}")
    yield page.click(nth("#page-content a", number % 3), f"result {number + 1}")


@does("button-delay")
def button_delay(page: TaskPage, instruction: str) -> Moves:
    """Clicks one button and, after the given number of seconds, the other, in one step."""
    first = page.submit()
    seconds = int(found(r"wait (\d)", instruction)[1])
    second = page.click(css("#subbtn2"), "the second button")
    # The time between the two is what counts, so they are one step.
    yield type(first)(first.thought, (*first.actions, *wait(seconds - 0.2).actions, *second.actions))
