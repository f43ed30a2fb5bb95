"""Metrics on pictures that were edited: what changed, and that they still show the same."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydantic import BaseModel, Field

from deskhand.benchmarks.suite import Score
from deskhand.benchmarks.task_files.metrics.common import file_of, must, rules_of
from deskhand.benchmarks.task_files.metrics.pictures import ALIKE, WINDOW, picture, similarity, structure
from deskhand.benchmarks.task_files.place import LARGEST_LOCAL, NothingThere
from deskhand.benchmarks.task_files.task import Object

LEAST_GAIN = 0.01
LEFT = 0.05
MIDDLE = 0.05
DARK = 128


def _same_structure(found: Image.Image, wanted: Image.Image) -> bool:
    """Whether two pictures of one size, seven pixels across at least, are alike in their structure."""
    large = min(*found.size, *wanted.size) >= WINDOW
    return large and found.size == wanted.size and structure(found, wanted) >= ALIKE


def check_palette_and_structure_sim(result: Any, expected: Any, options: Object) -> Score:
    """A picture has a palette, and shows the same."""
    found, wanted = picture(result), picture(expected)
    if found.mode != "P":
        return Score(0.0, f"the picture has no palette: it is of the mode {found.mode}")
    return must(_same_structure(found, wanted), "the picture does not show the same")


def check_saturation_increase_and_structure_sim(result: Any, expected: Any, options: Object) -> Score:
    """A picture has stronger colours than the expected one, of the same hues and values."""
    one, other = (picture(value).convert("HSV").split() for value in (result, expected))
    found, wanted = (float(np.mean(np.asarray(parts[1]))) for parts in (one, other))
    if not wanted < found:
        return Score(0.0, f"the colours are not stronger: {found:.1f} where it was {wanted:.1f}")
    same = _same_structure(one[0], other[0]) and _same_structure(one[2], other[2])
    return must(same, "the picture does not show the same")


class _Threshold(BaseModel):
    ssim_threshold: float = 0.85


def check_structure_sim_with_threshold(result: Any, expected: Any, options: Object) -> Score:
    """A picture is alike in its structure once it has the expected one's size; how nearly, a rule says."""
    least = rules_of(_Threshold, options).ssim_threshold
    found, wanted = picture(result), picture(expected)
    if found.size != wanted.size:
        found = found.resize(wanted.size, Image.Resampling.LANCZOS)
    smallest = min(wanted.size)
    window = WINDOW if smallest >= WINDOW else smallest - 1 + smallest % 2
    if window <= 1:
        raise NothingThere(f"the picture is {wanted.width}x{wanted.height}: too small to be compared")
    one, other = (np.asarray(image.convert("RGB"), np.float64) for image in (found, wanted))
    likeness = float(np.mean([similarity(one[:, :, n], other[:, :, n], window) for n in range(3)]))
    return must(likeness >= least, f"the pictures are alike by {likeness:.2f}, and {least:g} are wanted")


class _Base(BaseModel):
    """What a picture that was not edited has for its likeness."""

    reference_base_result: Annotated[float, Field(lt=1)] | None = None


def compare_images(result: Any, expected: Any, options: Object) -> Score:
    """How alike two pictures are in grey and at the smaller one's size, as a reward.

    With ``reference_base_result`` it is what they are more alike than that, as a part of what they can be.
    """
    base = rules_of(_Base, options).reference_base_result
    found, wanted = picture(result).convert("L"), picture(expected).convert("L")
    size = min(found.size, wanted.size)
    if min(size) < WINDOW:
        raise NothingThere(f"a picture is {size[0]}x{size[1]}: too small to be compared")
    one, other = (
        np.asarray(image.resize(size, Image.Resampling.LANCZOS), np.float64) for image in (found, wanted)
    )
    likeness = similarity(one, other)
    if base is not None:
        likeness = (likeness - base) / (1 - base) if likeness >= base + LEAST_GAIN else 0.0
    return Score(likeness, "" if likeness >= 1 else f"the pictures are alike by {likeness:.2f}")


def check_green_background(result: Any, expected: Any, options: Object) -> Score:
    """Where the expected picture, a square one, is not black, the picture is more green than red or blue."""
    found, wanted = _colours(result), _colours(expected)
    height, width = wanted.shape[:2]
    if height != width or found.shape[0] < height or found.shape[1] < width:
        return Score(0.0, f"the pictures are {found.shape[1]}x{found.shape[0]} and {width}x{height}")
    part = found[:height, :width]
    green = (part[..., 1] > part[..., 0]) & (part[..., 1] > part[..., 2])
    background = (wanted[..., :3] != 0).any(axis=2)
    return must(bool(green[background].all()), "the background is not green all over")


def check_textbox_on_leftside(result: Any, expected: Any, options: Object) -> Score:
    """Something dark stands in the left twentieth of a picture."""
    dark = np.asarray(picture(result).convert("L")) < DARK
    columns = np.flatnonzero(dark.any(axis=0))
    left = int(columns[0]) if columns.size else dark.shape[1]
    return must(left < dark.shape[1] * LEFT, f"the first dark pixel from the left is at {left}")


def check_triangle_position(result: Any, expected: Any, options: Object) -> Score:
    """The second rarest colour of a picture has its centre in the picture's middle, by a twentieth of it."""
    pixels = _colours(result)
    numbers: NDArray[Any] = np.zeros(pixels.shape[:2], np.uint32)
    for channel in range(pixels.shape[2]):
        numbers = numbers << 8 | pixels[..., channel]
    colours, counts = np.unique(numbers, return_counts=True)
    if colours.size < 2:
        return Score(0.0, "the picture has one colour")
    rows, columns = np.nonzero(numbers == colours[np.argsort(counts)][1])
    centre, size = np.array([rows.mean(), columns.mean()]), np.array(pixels.shape[:2])
    good = bool(np.all(np.abs(centre - size / 2) < MIDDLE * size))
    return must(good, f"the centre is at {centre[1]:.0f},{centre[0]:.0f} of {size[1]}x{size[0]}")


def _colours(value: Any) -> NDArray[np.uint8]:
    """The pixels of a picture in colour, (H, W, 3 or 4).

    Raises:
        NothingThere: it is grey, or has a palette.
    """
    found = picture(value)
    if found.mode not in ("RGB", "RGBA"):
        raise NothingThere(f"the picture is of the mode {found.mode}, and neither RGB nor RGBA")
    return np.asarray(found)


class _FileSize(BaseModel):
    max_size: int


def check_image_file_size(result: Any, expected: Any, options: Object) -> Score:
    """A file has fewer bytes than that."""
    most, size = rules_of(_FileSize, expected).max_size, file_of(result, LARGEST_LOCAL).stat().st_size
    return must(size < most, f"the file has {size} bytes, and not fewer than {most}")
