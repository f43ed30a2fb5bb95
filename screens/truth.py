"""The truth of a screen of GTK, Qt or LibreOffice programs: what they report, and what X knows of windows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files

from pydantic import TypeAdapter

from deskhand.actions.geometry import Box, Viewport
from deskhand.errors import SandboxError
from deskhand.perception.elements.accessibility import elements_of
from deskhand.perception.screen import Element, Screenshot
from deskhand.perception.widgets.bounds import visible
from deskhand.sandbox.desktop import ServedDesktop
from deskhand.sandbox.guest.accessibility import UNFINISHED
from deskhand.sandbox.protocol import Sandbox
from deskhand.screens.bounds import seen

ARRANGER = (files("deskhand.screens.forms") / "arrange.py").read_text(encoding="utf-8")
"""The program that asks the window manager inside the sandbox."""

TITLE_HEIGHTS = range(12, 80)
PART_SIDES = range(7, 64)
LEAST_MARK = 5
"""Pixels of a mark on a title bar's button; where it has less, it is a line, and its room is the button."""

_UNFINISHED, MOST_HEAD = f'{UNFINISHED}="true"', 1000
PATIENCE_SECONDS = 20.0
"""Longer than a policy would wait: what is reported late is still true."""

FILLED = 0.6
"""Share of an open list that its rows take, up, down and across."""

TALLEST_TIP = 90
SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class ShownWindow:
    """A window of the X server: ``parts`` is what the window manager painted around it."""

    id: int
    title: str
    box: tuple[int, int, int, int]
    popup: bool
    parts: list[tuple[int, int, int, int]]


_WINDOWS = TypeAdapter(list[ShownWindow])


def windows_of(sandbox: Sandbox) -> list[ShownWindow]:
    """Every window that is to be seen, the lowest first.

    Raises:
        SandboxError: this sandbox is none of those that know.
    """
    return _WINDOWS.validate_python(_served(sandbox).surfaces())


def _served(sandbox: Sandbox) -> ServedDesktop:
    if isinstance(sandbox, ServedDesktop):
        return sandbox
    raise SandboxError(f"{sandbox.name} does not report where its windows are: use lightbox or vm")


def arrange(sandbox: Sandbox, *words: str | int) -> None:
    """Have a window manager "maximize" ID, "place" ID X Y WIDTH HEIGHT, or "manage" with a configuration."""
    done = sandbox.run(["python3", "-c", ARRANGER, *map(str, words)], timeout=SECONDS)
    if done.returncode:
        raise SandboxError(f"{words[0]} failed: {done.stderr[-300:].decode(errors='replace')}")


def reported(sandbox: Sandbox, screenshot: Screenshot) -> tuple[Element, ...]:
    """What is to be seen on a screen, as its programs and its window manager report it.

    Nothing where something is there that no program reports: where the programs had not answered in
    time, or a menu is open of which they say nothing, as those of GTK 2 do.

    Raises:
        SandboxError: nothing is reported here.
    """
    windows = windows_of(sandbox)
    xml = _served(sandbox).accessibility(PATIENCE_SECONDS)
    if _UNFINISHED in xml[:MOST_HEAD]:
        return ()
    inside = [e for e in _elements(xml, screenshot.viewport, windows) if not _left_out(e)]
    hidden = _unreported(windows, inside)
    if any(box.height > TALLEST_TIP for box in hidden):
        return ()
    kept = [e for e in inside if not any(_covers(box, e.box) for box in hidden)]
    return (*_frames(windows, screenshot), *once(seen(screenshot.pixels, kept)))


def once(elements: Iterable[Element]) -> list[Element]:
    """Of elements that have the same box, the one that says more.

    A label that is a link is reported twice, so is an empty cell beside a full one, and a row that was
    scrolled under a header is reported in its place.
    """
    best: dict[Box, Element] = {}
    for element in elements:
        known = best.get(element.box)
        if known is None or _worth(element) > _worth(known):
            best[element.box] = element
    return list(best.values())


def _worth(element: Element) -> tuple[bool, bool, bool]:
    return element.role != "text", element.role != "row", bool(element.text)


def _elements(xml: str, screen: Viewport, windows: Sequence[ShownWindow]) -> list[Element]:
    """What the programs report, in pixels of the screen: scaled programs report units of their own."""
    stacking = [Box(*window.box) for window in windows if not window.popup]
    found = elements_of(xml, screen, stacking)
    scale = _scale(found, windows)
    if scale > 1:
        smaller = [Box(*(side // scale for side in window.box)) for window in windows if not window.popup]
        units = Viewport(screen.width // scale, screen.height // scale)
        found = tuple(_times(element, scale) for element in elements_of(xml, units, smaller))
    return list(found)


def _left_out(element: Element) -> bool:
    """Windows, which X knows better, and a sheet's empty cells, of which only some are reported."""
    return element.role == "window" or (element.role == "row" and not element.text and bool(element.label))


def _scale(elements: Sequence[Element], windows: Sequence[ShownWindow]) -> int:
    """How many pixels a program's unit has: how much wider its windows are than it reports."""
    reported = [element for element in elements if element.role == "window"]
    real = [window for window in windows if not window.popup]
    if len(reported) == len(real) == 1:
        pairs = [(reported[0], real[0])]
    else:
        pairs = [(one, other) for one in reported for other in real if one.text == other.title]
    wide = [(window.box[2] - window.box[0]) / element.box.width for element, window in pairs]
    return max(1, round(min(wide, default=1)))


def _times(element: Element, scale: int) -> Element:
    box = element.box
    return replace(element, box=Box(*(scale * side for side in (box.left, box.top, box.right, box.bottom))))


def _unreported(windows: Sequence[ShownWindow], elements: Sequence[Element]) -> list[Box]:
    """Popups of which no program reports, such as tips: what is under them cannot be seen."""
    popups = [Box(*window.box) for window in windows if window.popup]
    return [box for box in popups if not _is_reported(box, elements)]


def _is_reported(popup: Box, elements: Sequence[Element]) -> bool:
    """Whether a menu's entries or a list's rows fill a popup; rows of a list under it do not."""
    inside = [element for element in elements if _covers(popup, element.box, 0.95)]
    if any(element.role == "menuitem" for element in inside):
        return True
    rows = [e for e in inside if e.role == "row" and e.box.width > FILLED * popup.width]
    return sum(row.box.height for row in rows) > FILLED * popup.height


def _covers(box: Box, other: Box, share: float = 0.3) -> bool:
    return box.intersection(other).area > share * other.area


def _frames(windows: Sequence[ShownWindow], screenshot: Screenshot) -> Iterator[Element]:
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
            trimmed = visible(screenshot.pixels, box) if element.role == "icon" else box
            small = min(trimmed.width, trimmed.height) < LEAST_MARK
            yield replace(element, box=box if small else trimmed)


def _title_bar(window: ShownWindow) -> Iterator[Element]:
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
    """What a program reported by itself, as it is to be seen, and the windows around it."""
    return (*_frames(windows_of(sandbox), screenshot), *as_seen(screenshot, elements))


def as_seen(screenshot: Screenshot, elements: Sequence[Element]) -> Iterator[Element]:
    """What a program reported that knows its buttons from its icons, with the boxes that are to be seen."""
    for element in elements:
        for one in seen(screenshot.pixels, [element]):
            yield replace(element, box=one.box)
