"""Tasks that are done by typing."""

from __future__ import annotations

import json
import re

from deskhand.actions.geometry import ScreenPoint
from deskhand.benchmarks.browsing.moves import (
    Do,
    Moves,
    NotThere,
    TaskPage,
    css,
    found,
    press,
    quoted,
    write,
)
from deskhand.benchmarks.suites.miniwob.oracles.registry import does


@does("enter-text", "enter-text-dynamic", anywhere=True)
def enter_text(page: TaskPage, instruction: str) -> Moves:
    """Types what is quoted into the field."""
    yield from page.fill(css("#tt"), quoted(instruction)[0], "the field")
    yield page.submit()


@does("enter-text-2", anywhere=True)
def enter_text_2(page: TaskPage, instruction: str) -> Moves:
    """Types what is quoted in upper or lower case, as instructed."""
    text = quoted(instruction)[0]
    yield from page.fill(css("#tt"), text.upper() if "upper" in instruction else text.lower(), "the field")
    yield page.submit()


@does("enter-password", anywhere=True)
def enter_password(page: TaskPage, instruction: str) -> Moves:
    """Types the password into both fields."""
    for name in ("#password", "#verify"):
        yield from page.fill(css(name), quoted(instruction)[0], f"the field {name[1:]}")
    yield page.submit()


@does("login-user", "login-user-popup")
def login_user(page: TaskPage, instruction: str) -> Moves:
    """Types name and password; a window that pops up meanwhile is closed."""
    fields = ("#username", "#password")
    for name, text in zip(fields, quoted(instruction)[-2:], strict=True):
        yield page.click(css(name), f"the field {name[1:]}")
        yield from _away_with_the_popup(page, name)
        yield write(text)
        yield from _away_with_the_popup(page, name)
    yield page.submit()


def _away_with_the_popup(page: TaskPage, name: str) -> Moves:
    cancel = css("#popup-cancel")
    if page.there(cancel):
        yield page.click(cancel, "the button that closes the message")
        yield page.click(css(name), f"the field {name[1:]} again")


def first_part(page: TaskPage, element: str) -> Do:
    """Click the first part of a field for a date or a time."""
    box = page.box(element)
    at = ScreenPoint(box.left + round(4 * page.scale()), box.centre.y)
    return page.click_at(at, "the first part of the field")


@does("enter-date")
def enter_date(page: TaskPage, instruction: str) -> Moves:
    """Types the digits of the date, from the first part of the field on."""
    yield first_part(page, css("#tt"))
    yield write(found(r"\d\d/\d\d/\d{4}", instruction)[0].replace("/", ""))
    yield page.submit()


@does("enter-time")
def enter_time(page: TaskPage, instruction: str) -> Moves:
    """Types hour, minute and half of the day, from the first part of the field on."""
    match = found(r"(\d+):(\d+) (AM|PM)", instruction)
    yield first_part(page, css("#tt"))
    yield write(f"{int(match[1]):02d}{match[2]}{match[3][0]}")
    yield page.submit()


@does("text-transform", anywhere=True)
def text_transform(page: TaskPage, instruction: str) -> Moves:
    """Types the text of the picture, which the page has as text."""
    yield from page.fill(css("#tt"), page.text(css("#captcha")), "the field")
    yield page.submit()


_SUM = re.compile(r"\s*(-?\d+)\s*([-+x*/÷])\s*(-?\d+)\s*")


def result(left: int, sign: str, right: int) -> float:
    """What two numbers make."""
    match sign:
        case "+":
            return left + right
        case "-":
            return left - right
        case "x" | "*":
            return left * right
        case _:
            return left / right


@does("simple-arithmetic", anywhere=True)
def simple_arithmetic(page: TaskPage, instruction: str) -> Moves:
    """Works out the problem and types its result."""
    match = found(_SUM.pattern, page.text(css("#math-problem")))
    answer = result(int(match[1]), match[2], int(match[3]))
    yield from page.fill(css("#math-answer"), f"{answer:g}", "the field for the answer")
    yield page.submit()


@does("simple-algebra", anywhere=True)
def simple_algebra(page: TaskPage, instruction: str) -> Moves:
    """Tries whole numbers from -500 to 500 for x, and types the one that fits.

    Raises:
        NotThere: the equation is of another form.
    """
    sides = page.text(css("#math-problem")).split("=")
    match = re.fullmatch(r"\s*(x|-?\d+)\s*([-+*/÷])\s*(x|-?\d+)\s*", sides[0])
    if match is None:
        raise NotThere(f"the problem {sides!r} is of another kind")
    wanted = int(re.sub(r"[^-\d]", "", sides[1]))
    for x in range(-500, 501):
        left, right = (x if part == "x" else int(part) for part in (match[1], match[3]))
        if (match[2] not in "/÷" or right) and result(left, match[2], right) == wanted:
            yield from page.fill(css("#math-answer"), str(x), "the field for x")
            yield page.submit()
            return


@does("read-table", anywhere=True)
def read_table(page: TaskPage, instruction: str) -> Moves:
    """Types what the table has beside the word that is given."""
    key = json.dumps(found("value of (.*) into", instruction)[1])
    cell = f"[...document.querySelectorAll('tr')].find((r) => r.cells[0].textContent === {key})?.cells[1]"
    yield from page.fill(css("#tt"), page.text(cell), "the field")
    yield page.submit()


@does("find-word", anywhere=True)
def find_word(page: TaskPage, instruction: str) -> Moves:
    """Types the word of that number, without points and commas around it."""
    number = int(found(r"(\d+)", instruction)[1])
    words = page.text(css("#area p")).split()
    yield from page.fill(css("#answer-input"), words[number - 1].strip(".,"), "the field")
    yield page.submit()


@does("copy-paste", "copy-paste-2")
def copy_paste(page: TaskPage, instruction: str) -> Moves:
    """Copies the text that is given into the field, by the keyboard."""
    which = re.search(r"the (\d)\w\w text area", instruction)
    source = css(f"#text-{which[1]}" if which else "#text-to-copy, #area textarea")
    yield page.click(source, "the text")
    yield press("ctrl", "a")
    yield press("ctrl", "c")
    yield page.click(css("#answer-input"), "the field")
    yield press("ctrl", "v")
    yield page.submit()


@does("scroll-text", anywhere=True)
def scroll_text(page: TaskPage, instruction: str) -> Moves:
    """Scrolls to the end of the text and types its last word."""
    for _ in range(10):
        if page.js(
            "(({scrollTop: t, clientHeight: c, scrollHeight: s}) => t + c >= s - 2)"
            "(document.querySelector('#text-area'))"
        ):
            break
        yield page.scroll(css("#text-area"), 10)
    words = str(page.js("document.querySelector('#text-area').value")).split()
    yield from page.fill(css("#answer-input"), words[-1].strip(".,"), "the field")
    yield page.submit()


@does("scroll-text-2")
def scroll_text_2(page: TaskPage, instruction: str) -> Moves:
    """Scrolls to the top or bottom, until nothing moves any more."""
    notches = 30 if "bottom" in instruction else -30
    for _ in range(10):
        before = page.js("document.querySelector('#text-area').scrollTop")
        yield page.scroll(css("#text-area"), notches)
        if page.js("document.querySelector('#text-area').scrollTop") == before:
            break
    yield page.submit()


@does("sign-agreement", anywhere=True)
def sign_agreement(page: TaskPage, instruction: str) -> Moves:
    """Scrolls until the name can be typed, if one is wanted, and agrees or cancels."""
    names = [text for text in quoted(instruction) if text not in ("Agree", "Cancel")]
    if names:
        for _ in range(6):
            if not page.js("document.querySelector('#name')?.disabled ?? true"):
                break
            yield page.scroll(css("#text-area"), 60)
        yield from page.fill(css("#name"), names[0], "the field for the name")
    agree = '"Agree"' in instruction
    yield page.click(css("#agree" if agree else "#cancel"), "Agree" if agree else "Cancel")


@does("use-autocomplete", "use-autocomplete-nodelay", anywhere=True)
def use_autocomplete(page: TaskPage, instruction: str) -> Moves:
    """Types the beginning and clicks the entry with the end that is given."""
    texts = quoted(instruction)
    chosen = str(page.js("document.querySelector('#tags').value"))
    if len(chosen) > len(texts[0]) and chosen.startswith(texts[0]) and chosen.endswith(texts[-1]):
        yield page.submit()
        return
    yield from page.fill(css("#tags"), texts[0], "the field")
    end = json.dumps(texts[1] if len(texts) > 1 else "")
    entry = f"[...document.querySelectorAll('.ui-menu-item div')].find((e) => e.textContent.endsWith({end}))"
    yield from page.appear(entry)
    yield page.click(entry, "what the list offers")
    yield page.submit()
