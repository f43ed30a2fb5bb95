"""Metrics on pictures: their size, their pixels, and how alike they are."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps
from pydantic import BaseModel

from deskhand.benchmarks.suite import Score
from deskhand.benchmarks.task_files.metrics.common import file_of, must, rules_of
from deskhand.benchmarks.task_files.place import NothingThere, TooMuch
from deskhand.benchmarks.task_files.task import Object

MOST_PIXELS = 50_000_000
FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "PPM")
ALIKE = 0.9
MIRRORED = 0.99
SCALED = 0.9
CONTRASTED = 0.65
DIFFERENT = 0.03
WINDOW = 7
"""Pixels across the squares in which structures are compared."""

PRINT_SIDE, PRINT_KEPT = 32, 8

Pixels = NDArray[np.float64]


def picture(value: Any) -> Image.Image:
    """A picture that a getter gave.

    Raises:
        NothingThere: it is none.
        TooMuch: it has over 50 million pixels.
    """
    path = file_of(value)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our own bound is lower
            opened = Image.open(path, formats=FORMATS)
        with opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise TooMuch(f"{path.name} cannot be judged: it has over {MOST_PIXELS} pixels")
            opened.load()
            return opened.copy()
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
        raise NothingThere(f"{path.name} is not a picture: {str(error)[:200]}") from error


class _Size(BaseModel):
    width: int | None = None
    height: int | None = None
    ignore_transparent: bool = False


def check_image_size(result: Any, expected: Any, options: Object) -> Score:
    """A picture has this width or height or both; without its transparent edges, where these are ignored."""
    rule, found = rules_of(_Size, expected), picture(result)
    if rule.ignore_transparent:
        box = found.convert("RGBA").getchannel("A").getbbox()
        found = found.crop(box) if box is not None else found
    good = rule.width in (None, found.width) and rule.height in (None, found.height)
    return must(good, f"the picture is {found.width}x{found.height}")


def compare_image_list(result: Any, expected: Any, options: Object) -> Score:
    """The same pictures, pixel by pixel, in the same order."""
    one, other = (value if isinstance(value, list) else [value] for value in (result, expected))
    if len(one) != len(other):
        return Score(0.0, f"there are {len(one)} pictures and not {len(other)}")
    for number, pair in enumerate(zip(one, other, strict=True), 1):
        found, wanted = (np.asarray(picture(value).convert("RGBA")) for value in pair)
        if found.shape != wanted.shape or bool((found != wanted).any()):
            return Score(0.0, f"picture {number} is another")
    return Score(1.0)


def check_structure_sim(result: Any, expected: Any, options: Object) -> Score:
    """Two pictures of the same size are alike in their structure."""
    return _alike(picture(result), picture(expected), ALIKE)


def check_structure_sim_resized(result: Any, expected: Any, options: Object) -> Score:
    """Two pictures are alike once the first has the second's size; its transparent edges do not count."""
    found, wanted = picture(result), picture(expected)
    if found.mode in ("RGBA", "LA", "PA") or "transparency" in found.info:
        found = found.convert("RGBA")
        box = found.getchannel("A").getbbox()
        if box is None:
            return Score(0.0, "the picture is transparent all over")
        found = found.crop(box)
    return _alike(found.convert("RGB").resize(wanted.size), wanted, ALIKE)


def deskhand_picture(result: Any, expected: Any, options: Object) -> Score:
    """A picture shows what the expected one of its size shows; edges may be softer or harder.

    It must account for 90 % of the variance of the expected one's pixels: one colour accounts for none.
    """
    found, wanted = picture(result).convert("RGB"), picture(expected).convert("RGB")
    if found.size != wanted.size:
        return _other_size(found, wanted)
    one, other = (np.asarray(image, np.float64) for image in (found, wanted))
    varied = float(((other - other.mean(axis=(0, 1))) ** 2).sum())
    wrong = float(((one - other) ** 2).sum())
    return must(wrong <= (1 - SCALED) * varied, "the picture does not show the same")


def _other_size(found: Image.Image, wanted: Image.Image) -> Score:
    return Score(0.0, f"the picture is {found.width}x{found.height} and not {wanted.width}x{wanted.height}")


def check_image_mirror(result: Any, expected: Any, options: Object) -> Score:
    """A picture is the expected one's mirror image, left and right changed."""
    return _alike(ImageOps.mirror(picture(result)), picture(expected), MIRRORED)


class _Darker(BaseModel):
    """Mean square of the difference of pixels, 0 to 1, from which on pictures do not show the same."""

    threshold: float = DIFFERENT


def check_brightness_decrease(result: Any, expected: Any, options: Object) -> Score:
    """A picture is darker than the expected one, and shows the same; how nearly, ``threshold`` says."""
    different = rules_of(_Darker, options).threshold

    def same(found: Image.Image, wanted: Image.Image) -> bool:
        return _same_in_light(found, wanted, different)

    return _changed(result, expected, lambda one, other: one < other, "darker", np.mean, same)


def check_contrast_increase(result: Any, expected: Any, options: Object) -> Score:
    """A picture has more contrast than the expected one, and shows the same."""
    return _changed(
        result, expected, lambda one, other: one > other, "of more contrast", np.std, _same_in_kind
    )


def _changed(
    result: Any,
    expected: Any,
    better: Callable[[float, float], bool],
    what: str,
    measure: Callable[[Any], Any],
    same: Callable[[Image.Image, Image.Image], bool],
) -> Score:
    found, wanted = picture(result).convert("RGB"), picture(expected).convert("RGB")
    if found.size != wanted.size:
        return _other_size(found, wanted)
    one, other = (float(measure(np.asarray(image.convert("L"), np.float64))) for image in (found, wanted))
    if not better(one, other):
        return Score(0.0, f"the picture is not {what}: {one:.1f} where it was {other:.1f}")
    return must(same(found, wanted), "the picture does not show the same")


def _same_in_light(found: Image.Image, wanted: Image.Image, different: float) -> bool:
    """Whether pictures differ little once both are equally bright."""
    one, other = (_lit(np.asarray(image, np.float64)) for image in (found, wanted))
    return float(np.mean((one - other) ** 2)) < different


def _lit(pixels: Pixels) -> Pixels:
    mean = max(float(pixels.mean()), 1.0)
    return np.clip(pixels * (128 / mean), 0, 255) / 255


def _same_in_kind(found: Image.Image, wanted: Image.Image) -> bool:
    return structure(found, wanted) >= CONTRASTED


def _alike(found: Image.Image, wanted: Image.Image, least: float) -> Score:
    if found.size != wanted.size:
        return _other_size(found, wanted)
    likeness = structure(found, wanted)
    return must(likeness >= least, f"the pictures are alike by {likeness:.2f}, and {least:g} are wanted")


def structure(one: Image.Image, other: Image.Image) -> float:
    """The structural similarity of two pictures of one size, as the mean over colours (Wang et al., 2004)."""
    if min(one.size) < WINDOW:
        return float(np.array_equal(np.asarray(one.convert("RGB")), np.asarray(other.convert("RGB"))))
    pair = [np.asarray(image.convert("RGB"), np.float64) for image in (one, other)]
    return float(np.mean([similarity(pair[0][:, :, n], pair[1][:, :, n]) for n in range(3)]))


def similarity(x: Pixels, y: Pixels, window: int = WINDOW) -> float:
    """The structural similarity of one channel of two pictures, (H, W) from 0 to 255 each."""

    def mean(values: Pixels) -> Pixels:
        edge, (height, width) = window // 2, values.shape
        blurred = cv2.blur(values, (window, window))[edge : height - edge, edge : width - edge]
        return np.asarray(blurred, np.float64)

    sample = window**2 / (window**2 - 1)
    mx, my = mean(x), mean(y)
    vx, vy = sample * (mean(x * x) - mx * mx), sample * (mean(y * y) - my * my)
    vxy = sample * (mean(x * y) - mx * my)
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    top = (2 * mx * my + c1) * (2 * vxy + c2)
    return float(np.mean(top / ((mx * mx + my * my + c1) * (vx + vy + c2))))


def fingerprint(picture: Image.Image) -> NDArray[np.bool_]:
    """What a picture shows in 64 bits, (8, 8): its lowest frequencies above their median or not.

    Pictures that look alike differ in few of them (Zauner, 2010).
    """
    grey = picture.convert("L").resize((PRINT_SIDE, PRINT_SIDE), Image.Resampling.LANCZOS)
    place = np.arange(PRINT_SIDE)
    waves = 2 * np.cos(np.pi * np.outer(place[:PRINT_KEPT], 2 * place + 1) / (2 * PRINT_SIDE))
    low = waves @ np.asarray(grey, np.float64) @ waves.T
    return np.asarray(low > np.median(low))
