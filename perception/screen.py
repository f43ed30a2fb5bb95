"""The types of perception: a screenshot, and the elements on it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deskhand.actions.geometry import Box, ScreenPoint, Viewport

Pixels = NDArray[np.uint8]

MOST_SCREEN_PIXELS = 34_000_000
"""No picture of a screen has more: an 8K screen has 33 million. A few bytes of a file can claim far more, and
each pixel takes some ten bytes while it is unpacked, so whoever unpacks one looks at its head first."""

PAINT = (0, 0, 0)
"""What lies over regions that are to be kept secret."""


@dataclass(frozen=True, slots=True, eq=False)
class Screenshot:
    """One look at a screen.

    Attributes:
        pixels: RGB, uint8, (height, width, 3), C-contiguous, not writable.
        seconds: monotonic clock of the host when it was taken.
        cursor: where the pointer is, if the source knows.
    """

    pixels: Pixels
    seconds: float = 0.0
    cursor: ScreenPoint | None = None

    def __post_init__(self) -> None:
        if self.pixels.ndim != 3 or self.pixels.shape[2] != 3 or self.pixels.dtype != np.uint8:
            raise ValueError(
                f"a screenshot is RGB uint8 (height, width, 3), not {self.pixels.dtype} {self.pixels.shape}"
            )
        self.pixels.setflags(write=False)

    @property
    def viewport(self) -> Viewport:
        """The size of the picture, in pixels."""
        return Viewport(int(self.pixels.shape[1]), int(self.pixels.shape[0]))

    def digest(self) -> str:
        """Hash of the raw pixels and their size, as hexadecimal: the name of the frame on disk."""
        height, width, _ = self.pixels.shape
        h = hashlib.blake2b(f"{width}x{height}:".encode(), digest_size=16)
        h.update(np.ascontiguousarray(self.pixels).data)
        return h.hexdigest()

    def painted(self, boxes: Iterable[Box]) -> Screenshot:
        """The same with regions painted over, so that nothing of them is left; itself if there are none."""
        regions = [box for box in boxes if box.area]
        if not regions:
            return self
        pixels = self.pixels.copy()
        for box in regions:
            pixels[max(0, box.top) : max(0, box.bottom), max(0, box.left) : max(0, box.right)] = PAINT
        return Screenshot(pixels, self.seconds, self.cursor)

    def crop(self, box: Box) -> Pixels:
        """A view of the pixels inside ``box``, cut at the screen's edges."""
        return self.pixels[max(0, box.top) : max(0, box.bottom), max(0, box.left) : max(0, box.right)]


ACTIONABLE = (
    "button",
    "icon",
    "field",
    "area",
    "checkbox",
    "radio",
    "combo",
    "tab",
    "menuitem",
    "row",
    "slider",
    "scrollbar",
    "link",
)
"""Roles of what a person would click, drag or type into.

A button shows text, an icon only a picture; a field takes one line, an area many; a switch is a checkbox; a
combo opens a list; a menuitem stands in a menu bar or an open menu; a row is what can be selected in a
list, a table (one cell of it), a tree or among a folder's icons.
"""

ROLES = ("text", *ACTIONABLE, "titlebar", "window")
"""Every role. A text is what is only read; a window is a box that holds others, a dialog too."""

STATES = ("checked", "selected", "focused", "disabled")
"""Every state. One that is not in an element's set is not known to hold, which is not the same as known
not to: pixels show few of them."""


@dataclass(frozen=True, slots=True)
class Element:
    """Something on the screen that a person would name.

    Attributes:
        role: what it is, one of ``ROLES``.
        text: the text on it, as read.
        box: where it is, in pixels of the screenshot: what is to be seen of it, without what is
            invisible (the empty rest of a check box's line, the air around a flat button's icon).
        label: the text that belongs to it but stands beside it, or the name that its program reports.
        state: what is known of its state, of ``STATES``.
        sources: what found it, of "ocr", "detector" and "tree".
        confidence: 0 to 1.
        id: a number that stays the same from look to look while the element does; 0 if it has none.
        parent: the id of the window that it lies in; 0 for none.
    """

    role: str
    text: str
    box: Box
    label: str = ""
    state: frozenset[str] = frozenset()
    sources: tuple[str, ...] = ()
    confidence: float = 1.0
    id: int = 0
    parent: int = 0

    @property
    def name(self) -> str:
        """What a person would call it: its text, else its label."""
        return self.text or self.label

    @property
    def actionable(self) -> bool:
        """Whether something can be done with it."""
        return self.role in ACTIONABLE


def as_pixels(array: Any) -> Pixels:
    """Any array-like picture as screenshot pixels; grey and alpha are brought to RGB.

    Raises:
        ValueError: it has no pixels, or no shape that is a picture's.
    """
    pixels = np.asarray(array)
    if pixels.size == 0:
        raise ValueError("the picture has no pixels")
    if pixels.ndim == 2:
        pixels = np.stack([pixels] * 3, axis=2)
    if pixels.ndim != 3 or pixels.shape[2] not in (3, 4):
        raise ValueError(f"not a picture: an array of shape {pixels.shape}")
    return np.ascontiguousarray(pixels[:, :, :3], dtype=np.uint8)
