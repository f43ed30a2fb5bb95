"""Tasks with forms of several controls: dates, flights, food, films."""

from __future__ import annotations

import json
import re

from deskhand.actions.geometry import ScreenPoint
from deskhand.actions.vocabulary import Click, Drag
from deskhand.benchmarks.browsing.moves import (
    Do,
    Moves,
    NotThere,
    TaskPage,
    css,
    found,
    nth,
    press,
    quoted,
    reading,
    write,
)
from deskhand.benchmarks.suites.miniwob.oracles.listing import set_slider
from deskhand.benchmarks.suites.miniwob.oracles.registry import does

MONTHS = "January February March April May June July August September October November December".split()
CLICKS_AT_ONCE = 4


def pick_date(page: TaskPage, month: int, day: int) -> Moves:
    """Go to a month in the calendar that is open, and click a day."""
    for _ in range(6):
        shown = MONTHS.index(page.text(css(".ui-datepicker-month"))) + 1
        off = month - shown
        if not off:
            break
        where = "next" if off > 0 else "prev"
        times = min(abs(off), CLICKS_AT_ONCE)
        at = page.at(css(f".ui-datepicker-{where}"))
        yield Do(f"I go {times} months {'on' if off > 0 else 'back'}.", (Click(at=at),) * times)
    yield page.click(reading(".ui-datepicker-calendar a", str(day)), f"day {day}")


@does("choose-date", "choose-date-easy", "choose-date-medium", "choose-date-nodelay", anywhere=True)
def choose_date(page: TaskPage, instruction: str) -> Moves:
    """Picks a day in the calendar of the field."""
    match = found(r"(\d\d)/(\d\d)/\d{4}", instruction)
    if page.js("document.querySelector('#datepicker').value") != match[0]:
        if not page.there(css(".ui-datepicker-calendar")):
            yield page.click(css("#datepicker"), "the field for the date")
        yield from pick_date(page, int(match[1]), int(match[2]))
    yield page.submit()


@does("book-flight", "book-flight-nodelay")
def book_flight(page: TaskPage, instruction: str) -> Moves:
    """Fills in both airports and the date, searches, and books the cheapest or shortest flight."""
    match = found(r"(cheapest|shortest) .* from: (.*) to: (.*) on (\d\d)/(\d\d)/\d{4}", instruction)
    for field, place in (("from", match[2]), ("to", match[3])):
        yield from page.fill(css(f"#flight-{field}"), place.strip(), f"the field {field}")
        entry = _offer(place.strip())
        yield from page.appear(entry)
        yield page.click(entry, "the airport in the list")
    yield page.click(css("#datepicker"), "the field for the date")
    yield from pick_date(page, int(match[4]), int(match[5]))
    yield page.click(css("#search"), "the button that searches")
    best = (
        _least(page, ".flight-price", "price")
        if match[1] == "cheapest"
        else _least(page, ".time-duration", "duration")
    )
    button = nth(".flight-price", best)
    yield from page.scroll_to(button, css("#area"))
    yield page.click(button, f"the {match[1]} flight")


def _offer(place: str) -> str:
    """The entry of the list that is shown and has the place, as a city or as a code."""
    return (
        "[...document.querySelectorAll('.ui-menu-item')].find((e) => e.getBoundingClientRect().height > 0 &&"
        f" (e.textContent.includes({json.dumps('(' + place + ')')})"
        f" || e.textContent.startsWith({json.dumps(place + ' (')})))"
    )


def _values(page: TaskPage, selector: str, name: str) -> list[float]:
    said = page.js(
        f"[...document.querySelectorAll({json.dumps(selector)})].map((e) => parseFloat(e.dataset.{name}))"
    )
    return [float(one) for one in said]


def _least(page: TaskPage, selector: str, name: str) -> int:
    values = _values(page, selector, name)
    if not values:
        raise NotThere(f"nothing has a {name}")
    return values.index(min(values))


@does("buy-ticket", anywhere=True)
def buy_ticket(page: TaskPage, instruction: str) -> Moves:
    """Books the ticket with the least or the most cost or time, as instructed."""
    selector, name = (".buy-ticket", "price") if "cost" in instruction else (".time-duration", "duration")
    values = _values(page, selector, name)
    most = "longest" in instruction or "expensive" in instruction
    button = nth(".buy-ticket", values.index(max(values) if most else min(values)))
    yield from page.scroll_to(button, css("#area"))
    yield page.click(button, "the button that books it")


@does("order-food")
def order_food(page: TaskPage, instruction: str) -> Moves:
    """Clicks the plus of each dish that the instruction names, as often as it says, and orders."""
    match = re.search(r"Order (\d+) items that are (.*)", instruction)
    menu = page.js("MENU.map((one) => [one.name, one.types])")
    if match:
        name = next(str(name) for name, types in menu if match[2].strip() in types)
        orders = [(name, int(match[1]))]
    else:
        told_names = [part.strip() for part in found("each item: (.*)", instruction)[1].split(",")]
        orders = [(str(name), 1) for name, _ in menu if str(name).strip() in told_names]
    for name, times in orders:
        plus = (
            f"[...document.querySelectorAll('.food-item')].find((e) => e.dataset.item === {json.dumps(name)})"
        )
        plus += ".querySelector('.add')"
        yield from page.scroll_to(plus, css("#area"))
        clicks = (Click(at=page.at(plus)),) * times
        yield Do(f"I click the plus of {name.strip()!r} {times} times.", clicks)
    button = css("#submit-order button")
    yield from page.scroll_to(button, css("#area"))
    yield page.click(button, "Order")


@does("form-sequence")
def form_sequence(page: TaskPage, instruction: str) -> Moves:
    """Sets the slider, ticks the box of that number, and submits."""
    match = found(r"Select (-?\d+) with the slider, click the (\d)", instruction)
    yield from set_slider(page, css(".ui-slider-handle"), css("#val"), int(match[1]))
    yield page.click(css(f"#checkbox-{match[2]}"), f"checkbox {match[2]}")
    yield page.submit()


@does("form-sequence-3")
def form_sequence_3(page: TaskPage, instruction: str) -> Moves:
    """Chooses in the list by arrow keys, then clicks the button that is quoted."""
    text = found("Choose (.*) from the", instruction)[1]
    yield page.click(css(".selectric"), "the list, to open it")
    yield press("down", times=page.texts(".selectric-items li").index(text))
    yield press("enter")
    yield page.click(
        reading("#buttons button", quoted(instruction)[0]), f"the button {quoted(instruction)[0]!r}"
    )


@does("multi-layouts", "multi-orderings", anywhere=True)
def search_films(page: TaskPage, instruction: str) -> Moves:
    """Fills in genre, director and year, each beside its label wherever the page has it."""
    match = found(r"Search for (.*) movies directed by (.*) from year (\d+)", instruction)
    rows = page.js(
        """[...document.querySelectorAll('#area input')].map((e) =>
        e.closest('p, .row, tr, .field, .ui-entry').textContent)"""
    )
    for number, row in enumerate(rows):
        text = match[1] if "Genre" in row else match[2] if "Director" in row else match[3]
        yield from page.fill(nth("#area input", number), text, f"the field {str(row).strip(' :')!r}")
    yield page.click(css("#area button, #area .final, #area .ui-submit"), "the button that submits")


@does("read-table-2", anywhere=True)
def read_table_2(page: TaskPage, instruction: str) -> Moves:
    """Fills in both fields from the table, by the words before them."""
    for number in (1, 2):
        key = json.dumps(page.text(css(f"#ll{number}")).rstrip(":"))
        cell = f"[...document.querySelectorAll('tr')].find((r) => r.cells[0].textContent === {key})?.cells[1]"
        yield from page.fill(css(f"#tt{number}"), page.text(cell), f"field {number}")
    yield page.submit()


@does("number-checkboxes")
def number_checkboxes(page: TaskPage, instruction: str) -> Moves:
    """Ticks the boxes that draw the digit, a row a step."""
    rows = page.js(f"PATTERNS[{int(quoted(instruction)[0])}]")
    for row, wanted in enumerate(rows):
        boxes = [nth("#checkboxes input", row * 4 + place) for place, on in enumerate(wanted) if on]
        if boxes:
            yield Do(f"I fill in row {row + 1}.", tuple(Click(at=page.at(box)) for box in boxes))
    yield page.submit()


@does("click-checkboxes-soft")
def click_checkboxes_soft(page: TaskPage, instruction: str) -> Moves:
    """Ticks the words that the page knows as like those that are given."""
    groups = [[str(word) for word in group] for group in page.js("SYNONYMS")]
    labels = page.texts("#boxes label")
    for word in found("similar to (.*) and click", instruction)[1].split(", "):
        for number, label in enumerate(labels):
            if any(word in group and label in group for group in groups):
                yield page.click(nth("#boxes label input", number), f"{label!r}, which is like {word!r}")
    yield page.submit()


@does("use-colorwheel")
def use_colorwheel(page: TaskPage, instruction: str) -> Moves:
    """Enters the code of the colour that is named."""
    name = found("Select (.*) with", instruction)[1]
    yield from _enter_colour(page, str(page.js(f"ui_utils.colorNameToHex({json.dumps(name)})")))


@does("use-colorwheel-2")
def use_colorwheel_2(page: TaskPage, instruction: str) -> Moves:
    """Enters the code of the colour that is shown."""
    said = str(page.js("getComputedStyle(document.querySelector('#query .cc')).backgroundColor"))
    parts = [int(part) for part in re.findall(r"\d+", said)[:3]]
    yield from _enter_colour(page, "#" + "".join(f"{part:02x}" for part in parts))


def _enter_colour(page: TaskPage, colour: str) -> Moves:
    yield page.click(css("#col"), "the field with the colour")
    yield press("ctrl", "a")
    yield write(colour.lstrip("#"))
    yield page.click(css("#query"), "beside the picker, to close it")
    yield page.submit()


@does("text-editor")
def text_editor(page: TaskPage, instruction: str) -> Moves:
    """Marks a part of the text, or all of it, and gives it the style or colour that is given."""
    match = re.search("give the text (.*) the (?:style|color)", instruction)
    if match:
        start, end = _ends_of(page, match[1])
        yield Do(f"I mark {match[1]!r}.", (Drag(path=(start, end)),))
    else:
        yield page.click(css(".ql-editor"), "the text")
        yield press("ctrl", "a")
    colour = re.search(r"color (\w+)", instruction)
    if colour:
        code = str(page.js(f"COLOR_MAP[{json.dumps(colour[1])}][0]"))
        yield page.click(css(".ql-color .ql-picker-label"), "the colours, to open them")
        yield page.click(css(f'.ql-color .ql-picker-item[data-value="{code}"]'), colour[1])
    else:
        style = found("style (bold|italic|underline)", instruction)[1]
        yield page.click(css(f".ql-{style}"), style)
    yield page.submit()


def _ends_of(page: TaskPage, word: str) -> tuple[ScreenPoint, ScreenPoint]:
    """Where a word of the editor begins and ends."""
    sides = page.js(
        f"""(() => {{ const word = {json.dumps(word)}, k = devicePixelRatio;
        const node = document.querySelector('.ql-editor p').firstChild, range = document.createRange();
        let at = 0;
        for (const part of node.data.split(' ')) {{ if (part === word) break; at += part.length + 1; }}
        range.setStart(node, at); range.setEnd(node, at + word.length);
        const b = range.getBoundingClientRect();
        return [b.left * k, b.right * k, (b.top + b.height / 2) * k]; }})()"""
    )
    left, right, middle = (round(side) for side in sides)
    return ScreenPoint(left, middle), ScreenPoint(right, middle)


CALENDAR = {"8AM": 16, "12PM": 24, "4PM": 32, "8PM": 40}
"""Half hours since midnight."""


@does("daily-calendar")
def daily_calendar(page: TaskPage, instruction: str) -> Moves:
    """Drags over the first free time of that length, names the event, and creates it."""
    match = found(r'Create a (\S+) (hours?|mins) event named "(.*)", between (\w+) and (\w+)', instruction)
    halves = round(float(match[1]) * (2 if "hour" in match[2] else 1 / 30))
    first, last = _free(page, CALENDAR[match[4]], CALENDAR[match[5]], halves)
    yield from page.scroll_to(css(f"#hh-{last}"), css("#area"))
    if page.box(css(f"#hh-{first}")).top < page.box(css("#area")).top:
        yield from page.scroll_to(css(f"#hh-{first}"), css("#area"))
    start, end = (page.at(css(f"#hh-{number}")) for number in (first, last))
    down = round(2 * page.scale())
    path = (start, ScreenPoint(start.x, start.y + down), ScreenPoint(end.x, end.y + down))
    yield Do("I drag over the time of the event.", (Drag(path=path),))
    yield from page.scroll_to(css("#event-name"), css("#area"))
    yield from page.fill(css("#event-name"), match[3], "the field for the name")
    yield from page.scroll_to(css("#controls .create"), css("#area"))
    yield page.click(css("#controls .create"), "Create")


def _free(page: TaskPage, first: int, end: int, halves: int) -> tuple[int, int]:
    """The first and the last half hour of a time over which no other event lies."""
    for start in range(first, end - halves + 1):
        numbers = range(start, start + halves)
        cells = [page.box(css(f"#hh-{number}")) for number in numbers]
        events = [page.box(nth(".event", number)) for number in range(page.count(".event"))]
        if not any(cell.intersection(event).height > 6 for cell in cells for event in events):
            return start, start + halves - 1
    raise NotThere("there is no free time")
