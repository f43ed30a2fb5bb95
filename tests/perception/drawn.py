"""Screens drawn here, with widgets whose places are known, and a detector that is given them by hand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PIL import Image, ImageDraw, ImageFont

from deskhand.actions.geometry import Box
from deskhand.perception.screen import Element, Screenshot, as_pixels

INK = (20, 20, 20)
DESKTOP, FACE, PAPER, BAR = (60, 90, 120), (236, 236, 236), (255, 255, 255), (200, 205, 215)


class Drawing:
    """A screen in the making. Each method draws a widget and remembers where it is."""

    def __init__(
        self, width: int = 800, height: int = 600, background: tuple[int, int, int] = DESKTOP
    ) -> None:
        self.picture = Image.new("RGB", (width, height), background)
        self.widgets: list[Element] = []
        self._draw = ImageDraw.Draw(self.picture)
        self._font = ImageFont.load_default(size=15)

    def add(self, role: str, box: Box, *states: str) -> Drawing:
        """Something whose look does not matter."""
        element = Element(role, "", box, state=frozenset(states), sources=("detector",), confidence=0.9)
        self.widgets.append(element)
        return self

    def write(self, x: int, y: int, text: str) -> Drawing:
        self._draw.text((x, y), text, font=self._font, fill=INK)
        return self

    def fill(
        self, box: Box, colour: tuple[int, int, int], outline: tuple[int, int, int] | None = INK
    ) -> Drawing:
        self._draw.rectangle((box.left, box.top, box.right - 1, box.bottom - 1), fill=colour, outline=outline)
        return self

    def window(self, box: Box, title: str, *states: str) -> Drawing:
        self.fill(box, FACE).add("window", box, *states)
        bar = Box(box.left, box.top, box.right, box.top + 28)
        self.fill(bar, BAR).add("titlebar", bar)
        return self.write(box.left + 10, box.top + 5, title)

    def button(self, box: Box, text: str) -> Drawing:
        self.fill(box, BAR).add("button", box)
        return self.write(box.left + 14, box.top + (box.height - 18) // 2, text)

    def field(self, box: Box, text: str = "", role: str = "field") -> Drawing:
        self.fill(box, PAPER).add(role, box)
        return self.write(box.left + 6, box.top + 5, text)

    def check(self, x: int, y: int, text: str, *states: str, role: str = "checkbox") -> Drawing:
        box = Box(x, y, x + 16, y + 16)
        self.fill(box, PAPER).add(role, box, *states)
        if "checked" in states:
            self._draw.line((x + 3, y + 8, x + 7, y + 12, x + 12, y + 4), fill=INK, width=2)
        return self.write(x + 24, y - 1, text)

    def screenshot(self, seconds: float = 0.0) -> Screenshot:
        return Screenshot(as_pixels(self.picture), seconds)


class Given:
    """A detector that finds what it was given, and remembers where it was asked to look."""

    def __init__(self, widgets: Iterable[Element] = ()) -> None:
        self.widgets = list(widgets)
        self.asked: list[tuple[Box, ...] | None] = []

    def find(
        self, screenshot: Screenshot, regions: Sequence[Box] | None = None, texts: Sequence[Box] = ()
    ) -> tuple[Element, ...]:
        self.asked.append(None if regions is None else tuple(regions))
        if regions is None:
            return tuple(self.widgets)
        parts = (
            Element(w.role, "", w.box.intersection(region), "", w.state, w.sources, w.confidence)
            for w in self.widgets
            for region in regions
        )
        return tuple(part for part in parts if part.box.area)


def find(elements: Iterable[Element], role: str, name: str | None = None) -> Element:
    """The one element of that role and, if given, name."""
    found = [e for e in elements if e.role == role and name in (None, e.name)]
    assert len(found) == 1, f"{len(found)} of {role} {name!r} among {[(e.role, e.name) for e in elements]}"
    return found[0]
