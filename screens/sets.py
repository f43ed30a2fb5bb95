"""A set of screens with their truth, as a folder: ``screens.jsonl`` and a picture for each line.

The list is append only and each line is written whole, after its picture, so a set that was cut off
holds every screen that its readable lines name, and making it goes on where it stopped.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from PIL import Image
from pydantic import BaseModel, ConfigDict

from deskhand.actions.geometry import Box
from deskhand.disk import replacing
from deskhand.errors import UsageError
from deskhand.perception.screen import ROLES, STATES, Element, Pixels, Screenshot

FORMAT = 1
LIST = "screens.jsonl"
SPLITS = ("train", "dev", "test")
"""Which applications a screen comes from: those learnt from, those choices are made on, those reported."""


@dataclass(frozen=True, slots=True)
class TrueScreen:
    """One screen and what is on it.

    Attributes:
        name: unique in its set; also the name of the picture's file, without its ending.
        split: one of ``SPLITS``; it follows from the application.
        application: the program, or the page in a browser.
        toolkit: "gtk", "qt", "tk", "web" or "office".
        look: theme, font, scale and size, in a few words.
        scene: what was done to the program before the look: "start", "menu File".
        elements: everything that is to be seen, in no order.
        folder: where the picture lies.
        accessible: what the application reports through AT-SPI, unchanged; nothing where
            it reports nothing or the truth is from elsewhere.
    """

    name: str
    split: str
    application: str
    toolkit: str
    look: str
    scene: str
    elements: tuple[Element, ...]
    folder: Path = field(repr=False, default=Path())
    accessible: tuple[Element, ...] = field(repr=False, default=())

    def screenshot(self) -> Screenshot:
        """The picture, read from its file."""
        pixels = cv2.imread(str(self.folder / f"{self.name}.webp"), cv2.IMREAD_COLOR)
        if pixels is None:
            raise UsageError(
                f"{self.folder / self.name}.webp is missing or not a picture: make the set again"
            )
        return Screenshot(np.ascontiguousarray(pixels[:, :, ::-1], dtype=np.uint8))


class _Line(BaseModel):
    """An element as it is written."""

    model_config = ConfigDict(extra="forbid")

    role: str
    box: tuple[int, int, int, int]
    text: str = ""
    label: str = ""
    state: list[str] = []

    @classmethod
    def of(cls, element: Element) -> _Line:
        """An element as a line has it, its states in order."""
        box = element.box
        return cls(
            role=element.role,
            box=(box.left, box.top, box.right, box.bottom),
            text=element.text,
            label=element.label,
            state=sorted(element.state),
        )

    def element(self) -> Element:
        """The element of a line.

        Raises:
            ValueError: it has a role that is not known.
        """
        if self.role not in ROLES:
            raise ValueError(f"no role {self.role[:40]!r}")
        return Element(self.role, self.text, Box(*self.box), self.label, frozenset(self.state))


def element_of(found: object) -> Element:
    """An element as it is written in a set, and as programs report it: role, box, text, label, state.

    Raises:
        ValueError: it is none.
    """
    element = _Line.model_validate(found).element()
    if not element.state <= frozenset(STATES):
        raise ValueError(f"no state {min(element.state - frozenset(STATES))[:40]!r}")
    return element


class _Record(BaseModel):
    """A screen as it is written."""

    model_config = ConfigDict(extra="forbid")

    format: int = FORMAT
    name: str
    split: str
    application: str
    toolkit: str
    look: str
    scene: str
    elements: list[_Line]
    told: list[_Line] = []  # the name in files of format 1 is older than the word


class ScreenSet:
    """A folder of screens; reading and adding."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(self, screen: TrueScreen, pixels: Pixels) -> None:
        """Write the picture, then the line that names it. ``screen.folder`` does not matter."""
        self.folder.mkdir(parents=True, exist_ok=True)
        picture = self.folder / f"{screen.name}.webp"
        with replacing(picture) as whole:
            Image.fromarray(np.asarray(pixels)).save(whole, lossless=True, quality=20, method=1)
        record = _Record(
            name=screen.name,
            split=screen.split,
            application=screen.application,
            toolkit=screen.toolkit,
            look=screen.look,
            scene=screen.scene,
            elements=[_Line.of(element) for element in screen.elements],
            told=[_Line.of(element) for element in screen.accessible],
        )
        with (self.folder / LIST).open("a", encoding="utf-8") as file:
            file.write(record.model_dump_json() + "\n")

    def names(self) -> frozenset[str]:
        """The screens that are there already."""
        return frozenset(screen.name for screen in self)

    def __iter__(self) -> Iterator[TrueScreen]:
        """Every screen whose line is whole, in the order they were added.

        Raises:
            UsageError: there is no such set, or a newer deskhand made it.
        """
        path = self.folder / LIST
        if not path.exists():
            return
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                if line.endswith("\n"):
                    yield self._read(line, number)

    def _read(self, line: str, number: int) -> TrueScreen:
        where = f"{self.folder / LIST}, line {number}"
        try:
            found = json.loads(line)
            if found.get("format") != FORMAT:
                raise UsageError(f"{where}: format {found.get('format')!r}; this deskhand reads {FORMAT}")
            record = _Record.model_validate(found)
            elements = tuple(one.element() for one in record.elements)
            accessible = tuple(one.element() for one in record.told)
        except (ValueError, AttributeError) as error:
            raise UsageError(f"{where} is not a screen: {error}") from error
        if "/" in record.name or record.name.startswith("."):
            raise UsageError(f"{where}: the name points outside the folder: {record.name[:60]!r}")
        return TrueScreen(
            record.name,
            record.split,
            record.application,
            record.toolkit,
            record.look,
            record.scene,
            elements,
            self.folder,
            accessible,
        )
