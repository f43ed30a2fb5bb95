"""An image editor: mtPaint with a picture of coloured rectangles."""

from __future__ import annotations

import io
import random

from PIL import Image, ImageDraw, ImageOps

from deskhand.benchmarks.moves import (
    Draw,
    MakeFile,
    Moves,
    OracleMove,
    Parameters,
    click_text,
    done,
    infeasible,
    press,
    type_text,
)
from deskhand.screens.variation import nouns, number

CHANGES = {
    "mirrored left to right": ("Image", "Flip Horizontally"),
    "turned upside down by a vertical flip": ("Image", "Flip Vertically"),
    "rotated clockwise by a quarter": ("Image", "Rotate Clockwise"),
    "rotated anti-clockwise by a quarter": ("Image", "Rotate Anti-Clockwise"),
    "inverted in its colours": ("Effects", "Invert"),
}
"""What can be done to a picture, in words: the menu and the entry that do it."""

KINDS = (
    "Photoshop file (psd)",
    "GIMP file (xcf)",
    "PDF document",
    "Krita file (kra)",
    "Word document (docx)",
)
"""What mtPaint cannot save."""

BLOCK = (8, 5)
"""Sides of a picture are multiples of these, so that a scaled one has whole sides, too."""

_SETTINGS = {
    "window_x": "60", "window_y": "30", "window_w": "1000", "window_h": "680", "toolbar3": "false",
}  # fmt: skip


def _draw(chance: random.Random, seen: bool) -> Parameters:
    """A picture's name, size and content; another size."""
    file, other = nouns(chance, seen, 2)
    least = 30 + int(seen)
    blocks, wider = chance.sample(range(least, 60, 2), 2)
    return {
        "name": f"{file}.png",
        "new": f"{other}{number(chance, seen, 2, 99)}.png",
        "width": str(BLOCK[0] * blocks),
        "height": str(BLOCK[1] * blocks),
        "wider": str(BLOCK[0] * wider),
        "higher": str(BLOCK[1] * wider),
        "kind": chance.choice(KINDS),
        "how": chance.choice(tuple(CHANGES)),
        "colours": str(chance.randrange(1 << 30)),
    }


def _picture(p: Parameters) -> Image.Image:
    chance = random.Random(p["colours"])
    width, height = int(p["width"]), int(p["height"])

    def colour() -> tuple[int, int, int]:
        return chance.randrange(256), chance.randrange(256), chance.randrange(256)

    picture = Image.new("RGB", (width, height), colour())
    pen = ImageDraw.Draw(picture)
    for _ in range(5):
        left, top = chance.randrange(width - 40), chance.randrange(height - 40)
        pen.rectangle((left, top, left + chance.randint(20, 90), top + chance.randint(20, 70)), colour())
    return picture


def _changed(p: Parameters) -> Image.Image:
    picture, entry = _picture(p), CHANGES[p["how"]][1]
    match entry:
        case "Flip Horizontally":
            return ImageOps.mirror(picture)
        case "Flip Vertically":
            return ImageOps.flip(picture)
        case "Rotate Clockwise":
            return picture.transpose(Image.Transpose.ROTATE_270)
        case "Rotate Anti-Clockwise":
            return picture.transpose(Image.Transpose.ROTATE_90)
        case _:
            return ImageOps.invert(picture)


def _png(picture: Image.Image) -> bytes:
    written = io.BytesIO()
    picture.save(written, "PNG")
    return written.getvalue()


def _settings(p: Parameters) -> bytes:
    return "".join(f"{name} = {value}\n" for name, value in _SETTINGS.items()).encode()


_SAVE = press("ctrl+s", "Now I save the picture.", "It is changed, so I save.", "Next is saving.")


def _back(after: str) -> list[OracleMove]:
    """After a dialog the window may not have the keyboard; opening a menu of its gives it back."""
    return [
        click_text("Image", "The window needs the keyboard again.", "I click into the window.", after=after),
        press("esc", "I close the menu.", "The menu is not needed."),
    ]


def _scale_moves(p: Parameters) -> list[OracleMove]:
    return [
        click_text("Image", "The menu Image has the size.", "I open the menu Image."),
        click_text("Scale Canvas", "Scaling changes the size.", "I choose to scale.", when="Scale Canvas"),
        type_text(p["wider"], "I type the new width.", "The width is marked, I type over it.", when="Width"),
        press("enter", "The height goes with it, so enter.", "I confirm the size."),
        *_back(after="Aspect"),
        press("ctrl+s", "Now I save the picture.", "It is scaled, so I save."),
        done("The picture has its new size.", "The scaled picture is saved."),
    ]


def _change_moves(p: Parameters) -> list[OracleMove]:
    menu, entry = CHANGES[p["how"]]
    return [
        click_text(menu, f"The menu {menu} can do that.", f"I open the menu {menu}."),
        click_text(entry, f"I choose {entry}.", "This entry does it.", when=entry),
        _SAVE,
        done("The picture is changed and saved.", "The picture is saved."),
    ]


def _new_moves(p: Parameters) -> list[OracleMove]:
    return [
        press("ctrl+n", "I begin a new picture.", "A new picture comes first."),
        type_text(p["wider"], "I type the width.", "First the width.", when="New Image"),
        press("tab", "Next is the height.", "I go on to the height."),
        type_text(p["higher"], "I type the height.", "Now the height."),
        press("enter", "I confirm the size.", "The sizes are there, so enter."),
        *_back(after="New Image"),
        press("ctrl+s", "I save it.", "Now it needs a name."),
        type_text(p["new"], "I type its name.", "Now the name.", when="Cancel"),
        press("enter", "I confirm the name.", "The name is typed, so enter."),
        done("The new picture is saved.", "The picture lies in the home folder.", after="Cancel"),
    ]


def _kind_moves(p: Parameters) -> list[OracleMove]:
    return [
        press("ctrl+shift+s", "I look at how it can be saved.", "Saving shows what kinds there are."),
        infeasible(f"mtPaint saves no {p['kind']}", f"There is no {p['kind']} among the kinds."),
    ]


DRAWS: dict[str, Draw] = {"picture": _draw}
MOVES: dict[str, Moves] = {
    "picture-scale": _scale_moves,
    "picture-change": _change_moves,
    "picture-new": _new_moves,
    "picture-kind": _kind_moves,
}
FILES: dict[str, MakeFile] = {
    "picture": lambda p: _png(_picture(p)),
    "picture-scaled": lambda p: _png(_picture(p).resize((int(p["wider"]), int(p["higher"])))),
    "picture-changed": lambda p: _png(_changed(p)),
    "paint-settings": _settings,
}
