"""Tasks with lists, sliders and other controls that hold a value."""

from __future__ import annotations

from deskhand.actions.vocabulary import Click
from deskhand.benchmarks.browsing.moves import Do, Moves, TaskPage, css, found, press, reading, write
from deskhand.benchmarks.suites.miniwob.oracles.registry import does


@does("choose-list")
def choose_list(page: TaskPage, instruction: str) -> Moves:
    """Opens the list, types the entry, and submits."""
    text = found("Select (.*) from", instruction)[1]
    yield page.click(css("#options"), "the list, to open it")
    yield write(text)
    yield press("enter")
    yield page.submit()


@does("click-scroll-list")
def click_scroll_list(page: TaskPage, instruction: str) -> Moves:
    """Clicks each entry that the instruction names, all but the first with Ctrl, and submits."""
    for number, text in enumerate(found("Select (.*) from", instruction)[1].split(", ")):
        entry = reading("option", text)
        yield from page.scroll_to(entry, css("#options"))
        yield page.click(entry, f"{text!r} in the list", hold=("ctrl",) if number else ())
    yield page.submit()


def set_slider(page: TaskPage, handle: str, value: str, wanted: int) -> Moves:
    """Focus a slider's handle and press arrow keys until its value is the wanted one."""
    yield page.click(handle, "the handle of the slider")
    for _ in range(4):
        off = wanted - int(page.text(value))
        if not off:
            return
        yield press("right" if off > 0 else "left", times=min(abs(off), 60))


@does("use-slider")
def use_slider(page: TaskPage, instruction: str) -> Moves:
    """Sets the slider to the number that the instruction gives, and submits."""
    wanted = int(found(r"Select (-?\d+)", instruction)[1])
    yield from set_slider(page, css(".ui-slider-handle"), css("#val"), wanted)
    yield page.submit()


@does("use-slider-2")
def use_slider_2(page: TaskPage, instruction: str) -> Moves:
    """Sets each slider to its number, and submits."""
    for number, wanted in enumerate(found(r"\[(.*)\]", instruction)[1].split(","), 1):
        handle = css(f"#slider-{number} .ui-slider-handle")
        yield from set_slider(page, handle, css(f"#val-{number}"), int(wanted))
    yield page.submit()


@does("use-spinner")
def use_spinner(page: TaskPage, instruction: str) -> Moves:
    """Clicks an arrow as often as the number is far from 0, in one step, and submits."""
    wanted = int(found(r"Select (-?\d+)", instruction)[1])
    arrow = css(".ui-spinner-up" if wanted > 0 else ".ui-spinner-down")
    if wanted:
        which = "up" if wanted > 0 else "down"
        thought = f"I click the arrow {which} {abs(wanted)} times."
        yield Do(thought, (Click(at=page.at(arrow)),) * abs(wanted))
    yield page.submit()
