"""Desktops in other fonts, for lessons: who has seen one font takes another for another program."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from PIL import ImageFont

from deskhand.actions.geometry import Viewport
from deskhand.errors import UsageError
from deskhand.sandbox.lightbox import Lightbox

KINDS = (".ttf", ".otf")
_FOLDER, _SETTINGS = ".local/share/fonts", ".config/fontconfig/fonts.conf"
_PREFERRED = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>{matches}</fontconfig>
"""
_MATCH = (
    '<match target="pattern"><test name="family"><string>{asked}</string></test>'
    '<edit name="family" mode="prepend" binding="strong"><string>{family}</string></edit></match>'
)
_ASKED = ("sans", "sans-serif")
"""What programs ask for when nobody chose a font."""


def fonts_in(folder: Path) -> tuple[Path, ...]:
    """The font files of a folder, sorted.

    Raises:
        UsageError: it has none.
    """
    found = tuple(sorted(path for path in folder.glob("*") if path.suffix.lower() in KINDS))
    if not found:
        raise UsageError(f"{folder} has no font: put .ttf or .otf files there")
    return found


class OtherFonts(Lightbox):
    """A lightbox whose programs write in another font each time that it starts.

    One time in so many, with as many as there are fonts, it is left as it is.

    Args:
        size: the screen, in pixels.
        fonts: font files, of which one is copied into the home and stands first for "sans".
        seed: of the order of fonts.
    """

    def __init__(self, size: Viewport, fonts: Sequence[Path], seed: int = 0) -> None:
        super().__init__(size)
        self._fonts = (None, *fonts)
        self._chance = random.Random(seed)

    def start(self) -> None:
        """Start, and have one of the fonts preferred."""
        super().start()
        font = self._chance.choice(self._fonts)
        if font is None:
            return
        family = ImageFont.truetype(str(font)).getname()[0] or font.stem
        self.write_file(f"{_FOLDER}/{font.name}", font.read_bytes())
        matches = "".join(_MATCH.format(asked=asked, family=escape(family)) for asked in _ASKED)
        self.write_file(_SETTINGS, _PREFERRED.format(matches=matches).encode())
