"""Pictures from files, as screenshots.

What is read is a stranger's file: kinds, size and pixels are bounded.
"""

from __future__ import annotations

import logging
import stat
import struct
import warnings
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from deskhand.errors import UsageError
from deskhand.perception.screen import MOST_SCREEN_PIXELS, Pixels, Screenshot, as_pixels

log = logging.getLogger(__name__)

KINDS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF", "PPM")
"""Read by pillow itself. Others start programs (EPS) or are no pictures of screens."""

MOST_BYTES = 256 << 20

_BROKEN = (OSError, SyntaxError, ValueError, EOFError, struct.error, IndexError, KeyError, TypeError)
"""What pillow's readers raise on damaged files, besides saying so."""


def load_picture(path: Path) -> Screenshot:
    """A picture file as a screenshot: grey, palettes, 16 bits, CMYK and alpha (on white) brought to RGB.

    Of an animation the first picture is taken, and a turned photograph is set upright.

    Raises:
        UsageError: there is no such file, or it is no picture, is damaged, or has too many pixels.
    """
    try:
        status = path.stat()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no path"
        raise UsageError(f"cannot read the picture {str(path)[:200]!r}: {reason}") from error
    name = repr(path.name[:100])
    if not stat.S_ISREG(status.st_mode):
        kind = "a folder" if stat.S_ISDIR(status.st_mode) else "no regular file"
        raise UsageError(f"{name} is {kind}, not a picture file")
    if not 0 < status.st_size <= MOST_BYTES:
        raise UsageError(f"{name} has {status.st_size} bytes; a picture has 1 to {MOST_BYTES >> 20} MiB")
    try:
        with path.open("rb") as file:
            return read_picture(file, name)
    except PermissionError as error:
        raise UsageError(f"cannot read the picture {name}: {error.strerror}") from error


def read_picture(file: BinaryIO, name: str) -> Screenshot:
    """As ``load_picture``, from an open file; ``name`` is what it is called in a complaint."""
    return Screenshot(_pixels(file, name))


def _pixels(file: BinaryIO, name: str) -> Pixels:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of sizes and of strange files; both are judged here
            with Image.open(file, formats=KINDS) as picture:
                width, height = picture.size
                if width * height > MOST_SCREEN_PIXELS:
                    raise UsageError(
                        f"{name} has {width}x{height} pixels; "
                        f"at most {MOST_SCREEN_PIXELS // 1_000_000} million are read"
                    )
                if getattr(picture, "n_frames", 1) > 1:
                    log.warning("%s is animated: only its first picture is used", name)
                    picture.seek(0)
                picture.load()
                return as_pixels(_rgb(picture))
    except UnidentifiedImageError as error:
        raise UsageError(f"{name} is not a picture of a known format ({', '.join(KINDS)})") from error
    except Image.DecompressionBombError as error:
        raise UsageError(f"{name} has too many pixels: {error}") from error
    except _BROKEN as error:
        raise UsageError(f"{name} is damaged: {error}") from error


def _rgb(picture: Image.Image) -> Image.Image:
    """Eight bits of red, green and blue."""
    if picture.mode.startswith("I") or picture.mode == "F":
        grey = np.asarray(picture, dtype=np.float64)
        # 16 bits, or floats from 0 to 1; more bits than these no screen has.
        whole = 1.0 if picture.mode == "F" and grey.max(initial=0) <= 1 else 65535.0
        scaled = np.nan_to_num(grey / whole * 255).clip(0, 255).round()
        picture = Image.fromarray(scaled.astype(np.uint8))
    upright = ImageOps.exif_transpose(picture)
    if upright.has_transparency_data:
        clear = upright.convert("RGBA")
        page = Image.new("RGBA", clear.size, (255, 255, 255, 255))
        return Image.alpha_composite(page, clear).convert("RGB")
    return upright.convert("RGB")
