"""The truth of a screen of GTK, Qt or LibreOffice programs: what they tell, and what X knows of windows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files

from pydantic import TypeAdapter

from deskhand.actions.geometry import Viewport
from deskhand.benchmarks.screens.extent import seen
from deskhand.errors import SandboxError
from deskhand.perception.accessibility import elements_of
from deskhand.perception.screen import Box, Element, Screenshot
from deskhand.sandbox.desktop import ServedDesktop
from deskhand.sandbox.protocol import Sandbox

ARRANGER = (files("deskhand.benchmarks.screens.forms") / "arrange.py").read_text(encoding="utf-8")
"""The program that asks the window manager inside the sandbox."""

TITLE_HEIGHTS = range(12, 80)
PART_SIDES = range(7, 64)
TALLEST_TIP = 90
SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Window:
    """A window of the X server: ``parts`` is what the window manager painted around it."""

    id: int
    title: str
    box: tuple[int, int, int, int]
    popup: bool
    parts: list[tuple[int, int, int, int]]


_WINDOWS = TypeAdapter(list[Window])


def windows_of(sandbox: Sandbox) -> list[Window]:
    """Every window that is to be seen, the lowest first.

    Raises:
        SandboxError: this sandbox is none of those that know.
    """
    if not isinstance(sandbox, ServedDesktop):
        raise SandboxError(f"{sandbox.name} does not tell where its windows are: use lightbox or vm")
    return _WINDOWS.validate_python(sandbox.surfaces())


def arrange(sandbox: Sandbox, *words: str | int) -> None:
    """Have a window manager "maximize" ID, "place" ID X Y WIDTH HEIGHT, or "manage" with a configuration."""
    done = sandbox.run(["python3", "-c", ARRANGER, *map(str, words)], timeout=SECONDS)
    if done.returncode:
        raise SandboxError(f"{words[0]} failed: {done.stderr[-300:].decode(errors='replace')}")


def told(sandbox: Sandbox, screenshot: Screenshot) -> tuple[Element, ...]:
    """What is to be seen on a screen, as its programs and its window manager tell it.

    Nothing where a menu is open that its program does not tell of, as GTK 2's do not.

    Raises:
        SandboxError: nothing is told here.
    """
    windows = windows_of(sandbox)
    inside = [e for e in _elements(sandbox, screenshot.viewport, windows) if e.role != "window"]
    hidden = _untold(windows, inside)
    if any(box.height > TALLEST_TIP for box in hidden):
        return ()
    kept = [e for e in inside if not any(_covers(box, e.box) for box in hidden)]
    return (*_frames(windows, screenshot), *seen(screenshot.pixels, kept))


def _elements(sandbox: Sandbox, screen: Viewport, windows: Sequence[Window]) -> list[Element]:
    """What the programs tell, in pixels of the screen: those that were scaled tell in units of their own."""
    xml, stacking = sandbox.accessibility(), [Box(*window.box) for window in windows if not window.popup]
    found = elements_of(xml, screen, stacking)
    scale = _scale(found, windows)
    if scale > 1:
        smaller = [Box(*(side // scale for side in window.box)) for window in windows if not window.popup]
        units = Viewport(screen.width // scale, screen.height // scale)
        found = tuple(_times(element, scale) for element in elements_of(xml, units, smaller))
    return list(found)


def _scale(elements: Sequence[Element], windows: Sequence[Window]) -> int:
    """How many pixels a program's unit has: how much wider its windows are than it tells."""
    told = {element.text: element.box.width for element in elements if element.role == "window"}
    wide = [(window.box[2] - window.box[0]) / told[w] for window in windows if (w := window.title) in told]
    return max(1, round(min(wide, default=1)))


def _times(element: Element, scale: int) -> Element:
    box = element.box
    return replace(element, box=Box(*(scale * side for side in (box.left, box.top, box.right, box.bottom))))


def _untold(windows: Sequence[Window], elements: Sequence[Element]) -> list[Box]:
    """Popups of which no program tells, such as tips: what is under them cannot be seen."""
    popups = [Box(*window.box) for window in windows if window.popup]
    return [
        box
        for box in popups
        if not any(e.role in ("menuitem", "row") and _covers(box, e.box, 0.95) for e in elements)
    ]


def _covers(box: Box, other: Box, share: float = 0.3) -> bool:
    return box.intersection(other).area > share * other.area


def _frames(windows: Sequence[Window], screenshot: Screenshot) -> Iterator[Element]:
    """The windows and what the window manager painted around them, if nothing lies over it."""
    screen = Box(0, 0, screenshot.viewport.width, screenshot.viewport.height)
    for number, window in enumerate(windows):
        if window.popup:
            continue
        above = [Box(*other.box) for other in windows[number + 1 :]]
        found = [Element("window", window.title, Box(*window.box).intersection(screen)), *_title_bar(window)]
        for element in found:
            box = element.box.intersection(screen)
            least = 0.8 if element.role == "window" else 0.3
            if box.area < element.box.area / 2 or any(_covers(other, box, least) for other in above):
                continue
            if element.role == "icon":
                yield from seen(screenshot.pixels, [element])
            else:
                yield replace(element, box=box)


def _title_bar(window: Window) -> Iterator[Element]:
    """The bar with the title, and the buttons on it."""
    frame, parts = Box(*window.box), [Box(*part) for part in window.parts]
    bars = [
        part
        for part in parts
        if part.height in TITLE_HEIGHTS and part.width > 0.8 * frame.width and part.top - frame.top < 12
    ]
    if not bars:
        return
    bar = max(bars, key=lambda part: part.area)
    yield Element("titlebar", window.title, bar)
    buttons = sorted(
        part
        for part in parts
        if part.width in PART_SIDES and part.height in PART_SIDES and part.intersection(bar) == part
        if part.width < 1.6 * part.height < 2.6 * part.width
    )
    for button in buttons:
        yield Element("icon", "", button)


def framed(sandbox: Sandbox, screenshot: Screenshot, elements: Sequence[Element]) -> tuple[Element, ...]:
    """What a program told by itself, as it is to be seen, and the windows around it."""
    return (*_frames(windows_of(sandbox), screenshot), *as_seen(screenshot, elements))


def as_seen(screenshot: Screenshot, elements: Sequence[Element]) -> Iterator[Element]:
    """What a program told that knows its buttons from its icons, with the boxes that are to be seen."""
    for element in elements:
        for one in seen(screenshot.pixels, [element]):
            yield replace(element, box=one.box)
