"""Screenshots on disk: whole when they must be, only the changed box when that is enough.

A frame is named by the hash of its raw pixels, so an unchanged screen costs nothing and a damaged
or forged file is noticed when it is read. Two forms stand side by side in the folder:

    HASH.webp   the whole frame, lossless WebP
    HASH.crop   one line, ``deskhand-crop 1 BASE LEFT TOP WIDTH HEIGHT``, then the changed box as
                lossless WebP; the other pixels are those of the frame BASE (sizes in pixels of the
                whole frame)

A chain of crops is at most ``LONGEST_CHAIN`` long, so that reading any frame stays fast.
"""

from __future__ import annotations

import io
import os
import re
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError, WebPImagePlugin

from deskhand.actions.geometry import Box
from deskhand.disk import read_regular_file, refuse_link, write_new_file
from deskhand.errors import TrajectoryError
from deskhand.perception.screen import MOST_SCREEN_PIXELS, Pixels, Screenshot

LONGEST_CHAIN = 16
"""Crops that may stand on each other before a whole frame is written again."""

CROP_SHARE = 0.6
"""A changed box over this share of the screen is not worth a crop."""

MOST_BYTES = 256 * 1024 * 1024
KEPT_IN_MEMORY = 4

WEBP = WebPImagePlugin.WebPImageFile.format
"""Named through its plugin: pillow then need not import every other plugin at the first frame."""

_DIGEST = re.compile(r"[0-9a-f]{32}")
_CROP_HEAD = re.compile(rb"deskhand-crop 1 ([0-9a-f]{32}) (\d{1,6}) (\d{1,6}) (\d{1,6}) (\d{1,6})")


def is_digest(text: str) -> bool:
    """Whether ``text`` is a frame's name and therefore safe as a file name."""
    return _DIGEST.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class _Crop:
    base: str
    left: int
    top: int
    width: int
    height: int
    body: bytes


@dataclass(frozen=True, slots=True)
class StoredFrame:
    """A frame as it lies on the disk, not decoded.

    Attributes:
        base: the frame whose pixels it has outside its box; None for a whole frame.
        left, top: where its box lies, in pixels; 0 for a whole frame.
        body: the box, or the whole frame, as lossless WebP.
    """

    base: str | None
    left: int
    top: int
    body: bytes


class FrameStore:
    """The frames of one trajectory.

    ``put`` is for the one writer; ``get`` may be called by any number of readers meanwhile, because
    a frame appears under its name only when it is complete.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._last: tuple[str, Screenshot] | None = None
        self._whole: tuple[str, Screenshot] | None = None
        self._depth: dict[str, int] = {}
        self._memory: OrderedDict[str, Screenshot] = OrderedDict()

    def put(self, screenshot: Screenshot) -> str:
        """Keep a screenshot and return its digest; one that is already kept costs no space.

        Raises:
            LogError: it cannot be written; nothing half-written is left under a frame's name.
        """
        digest = screenshot.digest()
        if digest not in self._depth:
            self._write(digest, screenshot)
        self._last = digest, screenshot
        return digest

    def get(self, digest: str) -> Screenshot:
        """Read a frame back; its pixels are checked against the digest. Clock and pointer are not kept.

        Raises:
            TrajectoryError: the frame is missing, damaged, hostile, or ``digest`` is not one.
        """
        self._check(digest)
        if digest in self._memory:
            self._memory.move_to_end(digest)
            return self._memory[digest]
        frame = self._assemble(digest)
        self._memory[digest] = frame
        if len(self._memory) > KEPT_IN_MEMORY:
            self._memory.popitem(last=False)
        return frame

    def files_of(self, digest: str) -> tuple[str, ...]:
        """The names of the files that a frame is put together from, its own first.

        Raises:
            TrajectoryError: one of them is missing or no head of a crop; pixels are not looked at.
        """
        self._check(digest)
        names: list[str] = []
        at = digest
        while len(names) <= 4 * LONGEST_CHAIN:
            if os.path.lexists(self.folder / f"{at}.webp"):
                return (*names, f"{at}.webp")
            names.append(f"{at}.crop")
            at = self._read_crop(at).base
        raise TrajectoryError(f"frame {digest}: its chain of crops is too long or goes in a circle")

    def stored(self, digest: str) -> StoredFrame:
        """A frame as it lies on the disk. Its pixels are not checked: only ``get`` does that.

        Raises:
            TrajectoryError: the frame is missing, its head is damaged or claims too many pixels, or
                ``digest`` is not one.
        """
        self._check(digest)
        whole = self.folder / f"{digest}.webp"
        if os.path.lexists(whole):
            body = read_regular_file(whole, MOST_BYTES)
            _check_size(body, digest)
            return StoredFrame(None, 0, 0, body)
        crop = self._read_crop(digest)
        _check_size(crop.body, digest)
        return StoredFrame(crop.base, crop.left, crop.top, crop.body)

    def _check(self, digest: str) -> None:
        if not is_digest(digest):
            raise TrajectoryError(f"{digest[:80]!r} is not the name of a frame: 32 hexadecimal digits are")
        refuse_link(self.folder)

    def _write(self, digest: str, screenshot: Screenshot) -> None:
        found = self._nearest(screenshot)
        if found is None:
            write_new_file(self.folder / f"{digest}.webp", _encode(screenshot.pixels))
            self._depth[digest] = 0
            self._whole = digest, screenshot
            return
        base, box = found
        size = screenshot.viewport
        head = f"deskhand-crop 1 {base} {box.left} {box.top} {size.width} {size.height}\n"
        write_new_file(self.folder / f"{digest}.crop", head.encode() + _encode(screenshot.crop(box)))
        self._depth[digest] = self._depth[base] + 1

    def _nearest(self, screenshot: Screenshot) -> tuple[str, Box] | None:
        """What a crop would stand on, of the last frame and the last whole one, and the box that changed.

        None if neither is near enough. The whole one begins a new chain, and is the nearer where something
        that lay over the screen is gone.
        """
        found: list[tuple[str, Box]] = []
        for digest, before in dict(one for one in (self._last, self._whole) if one is not None).items():
            box = (
                changed_box(before.pixels, screenshot.pixels) if self._depth[digest] < LONGEST_CHAIN else None
            )
            if box is not None and box.area <= CROP_SHARE * before.pixels[..., 0].size:
                found.append((digest, box))
        return min(found, key=lambda one: one[1].area, default=None)

    def _assemble(self, digest: str) -> Screenshot:
        """Follow the chain of crops down to a whole frame, then lay the crops on it."""
        crops: list[_Crop] = []
        at = digest
        while True:
            if at in self._memory:
                pixels = self._memory[at].pixels.copy()
                break
            whole = self.folder / f"{at}.webp"
            if os.path.lexists(whole):
                pixels = _decode(read_regular_file(whole, MOST_BYTES), digest).copy()
                break
            crop = self._read_crop(at)
            crops.append(crop)
            if len(crops) > 4 * LONGEST_CHAIN:
                raise TrajectoryError(f"frame {digest}: its chain of crops is too long or goes in a circle")
            at = crop.base
        for crop in reversed(crops):
            _lay(crop, pixels, digest)
        frame = Screenshot(pixels)
        if frame.digest() != digest:
            raise TrajectoryError(f"frame {digest} in {self.folder} is damaged: its pixels have another hash")
        return frame

    def _read_crop(self, digest: str) -> _Crop:
        data = read_regular_file(self.folder / f"{digest}.crop", MOST_BYTES)
        head, _, body = data.partition(b"\n")
        match = _CROP_HEAD.fullmatch(head)
        if match is None:
            raise TrajectoryError(
                f"frame {digest}: {head[:60]!r} is not the head of a crop that this version reads"
            )
        left, top, width, height = (int(number) for number in match.groups()[1:])
        return _Crop(match[1].decode(), left, top, width, height, body)


def changed_box(before: Pixels, after: Pixels) -> Box | None:
    """The smallest box around every differing pixel; None if the sizes differ or nothing does."""
    if before.shape != after.shape:
        return None
    differs = before != after
    rows = np.flatnonzero(differs.reshape(differs.shape[0], -1).any(axis=1))
    if rows.size == 0:
        return None
    top, bottom = int(rows[0]), int(rows[-1]) + 1
    columns = np.flatnonzero(differs[top:bottom].any(axis=0).any(axis=1))
    return Box(int(columns[0]), top, int(columns[-1]) + 1, bottom)


def _encode(pixels: Pixels) -> bytes:
    out = io.BytesIO()
    # Method 1 takes 15 ms for a desktop of 1280x800, and 160 ms where it shows a photograph; quality 75 gives
    # an eighth of method 0's bytes on an editor and a fifth less than quality 50 on a terminal, in the same
    # time. Higher methods save 1 % more; method 6 takes seconds.
    Image.fromarray(np.ascontiguousarray(pixels)).save(out, WEBP, lossless=True, method=1, quality=75)
    return out.getvalue()


def size_of_webp(data: bytes) -> tuple[int, int]:
    """Width and height as the head of a WebP says; it is not unpacked (RFC 9649, 2.5 to 2.7).

    Raises:
        ValueError: it is no WebP.
    """
    kind, place = data[12:16], data[20:30]
    if data[:4] != b"RIFF" or data[8:12] != WEBP.encode() or len(place) < 10:
        raise ValueError("it is no WebP")
    if kind == b"VP8L":
        both = int.from_bytes(place[1:5], "little")
        return 1 + (both & 0x3FFF), 1 + (both >> 14 & 0x3FFF)
    if kind == b"VP8X":
        return 1 + int.from_bytes(place[4:7], "little"), 1 + int.from_bytes(place[7:10], "little")
    if kind == b"VP8 ":
        return int.from_bytes(place[6:8], "little") & 0x3FFF, int.from_bytes(place[8:10], "little") & 0x3FFF
    raise ValueError("it is no WebP that shows a picture")


def _check_size(data: bytes, digest: str) -> tuple[int, int]:
    """The size in a frame's head, if a screen can have it; nothing is unpacked before.

    Raises:
        TrajectoryError: it cannot, or it is no head.
    """
    try:
        width, height = size_of_webp(data)
    except ValueError as error:
        raise TrajectoryError(f"frame {digest} is damaged: {error}") from error
    if not 0 < width * height <= MOST_SCREEN_PIXELS:
        raise TrajectoryError(f"frame {digest} claims {width}x{height} pixels: too many")
    return width, height


def _decode(data: bytes, digest: str) -> Pixels:
    """Lossless WebP as RGB (H, W, 3); the size is checked before any pixel is made."""
    size = _check_size(data, digest)
    try:
        with Image.open(io.BytesIO(data), formats=(WEBP,)) as picture:
            if picture.size != size:
                raise TrajectoryError(f"frame {digest} is damaged: it has two sizes")
            return np.asarray(picture.convert("RGB"))
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise TrajectoryError(f"frame {digest} is damaged: {error}") from error
    except Image.DecompressionBombWarning as error:  # where warnings are errors
        raise TrajectoryError(f"frame {digest} claims too many pixels: {error}") from error


def _lay(crop: _Crop, pixels: Pixels, digest: str) -> None:
    """Put a crop where it belongs, in place."""
    width, height = _check_size(crop.body, digest)
    fits = crop.left + width <= crop.width and crop.top + height <= crop.height
    if pixels.shape[:2] != (crop.height, crop.width) or not fits:
        raise TrajectoryError(f"frame {digest} is damaged: a crop does not fit on the frame that it names")
    pixels[crop.top : crop.top + height, crop.left : crop.left + width] = _decode(crop.body, digest)
