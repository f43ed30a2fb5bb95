"""Our metrics on pictures and films beside OSWorld's own, on generated files."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageEnhance, ImageOps

from tests.benchmarks.osworld.upstream import PAIRS, Compared, module, needs_copy

pytestmark = [needs_copy, pytest.mark.filterwarnings("ignore")]  # OSWorld leaves files open
GIMP = ("skimage",)
VLC = ("librosa", "fastdtw", "imagehash", "scipy", "skimage")


def drawn(draw: random.Random, size: tuple[int, int]) -> Image.Image:
    """A picture with smooth colours, shapes and some noise."""
    width, height = size
    across, down = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    weights = np.array([[draw.random() for _ in range(3)] for _ in range(2)])
    pixels = (across[..., None] * weights[0] + down[..., None] * weights[1]) * 127
    noise = np.random.default_rng(draw.randint(0, 999)).normal(0, draw.choice((0, 4)), pixels.shape)
    picture = Image.fromarray(np.clip(pixels + noise, 0, 255).astype(np.uint8))
    pen = ImageDraw.Draw(picture)
    for _ in range(draw.randint(1, 5)):
        left, top = draw.randint(0, width - 2), draw.randint(0, height - 2)
        box = (left, top, left + draw.randint(1, width), top + draw.randint(1, height))
        colour = tuple(draw.randint(0, 255) for _ in range(3))
        draw.choice((pen.ellipse, pen.rectangle))(box, fill=colour)
    return picture


def changed(draw: random.Random, picture: Image.Image) -> Image.Image:
    """The same picture, or one with something done to it, or another."""
    strength = draw.choice((0.5, 0.9, 1.0, 1.05, 1.2, 1.6))
    return draw.choice(
        (
            picture.copy(),
            ImageEnhance.Color(picture).enhance(strength),
            ImageEnhance.Color(picture).enhance(strength),
            ImageEnhance.Brightness(picture).enhance(strength),
            ImageOps.mirror(picture),
            picture.resize((max(8, picture.width - draw.randint(0, 9)), picture.height)),
            drawn(draw, picture.size),
        )
    )


def saved(draw: random.Random, picture: Image.Image, path: Path) -> Path:
    """The picture as a file of some kind and mode."""
    mode = draw.choice(("RGB", "RGB", "RGB", "RGBA", "P", "L"))
    path = path.with_suffix(draw.choice((".png", ".png", ".gif")) if mode in ("P", "L") else ".png")
    picture.convert(mode).save(path)
    return path


def pair(
    tmp_path: Path, number: int, sizes: tuple[tuple[int, int], ...] = ((40, 40), (64, 30), (9, 33))
) -> Any:
    draw = random.Random(number)
    gold = drawn(draw, draw.choice(sizes))
    return draw, saved(draw, changed(draw, gold), tmp_path / "a"), saved(draw, gold, tmp_path / "b")


@pytest.mark.parametrize(
    "name", ["check_palette_and_structure_sim", "check_saturation_increase_and_structure_sim"]
)
def test_edited_pictures(tmp_path: Path, name: str) -> None:
    compared = Compared(module("gimp", *GIMP))
    for number in range(PAIRS):
        _, result, gold = pair(tmp_path, number)
        compared(name, result, gold)
    compared.are_of_both_kinds()


def test_pictures_with_a_threshold(tmp_path: Path) -> None:
    compared = Compared(module("gimp", *GIMP))
    for number in range(PAIRS):
        draw, result, gold = pair(tmp_path, number, ((40, 40), (30, 6), (5, 12), (2, 9), (2, 2)))
        compared(
            "check_structure_sim_with_threshold",
            result,
            gold,
            {"ssim_threshold": draw.choice((0.5, 0.85, 0.99))},
        )
    compared.are_of_both_kinds()


def test_how_alike_pictures_are(tmp_path: Path) -> None:
    compared = Compared(module("vlc", *VLC))
    for number in range(PAIRS):
        draw, result, gold = pair(tmp_path, number, ((40, 40), (64, 30), (9, 33), (6, 20)))
        compared("compare_images", result, gold, draw.choice(({}, {"reference_base_result": draw.random()})))
    compared.are_of_both_kinds()


def test_sizes_of_files(tmp_path: Path) -> None:
    compared = Compared(module("gimp", *GIMP))
    for number in range(PAIRS):
        path = tmp_path / "a.png"
        path.write_bytes(b"x" * random.Random(number).randint(0, 10))
        compared("check_image_file_size", path, {"max_size": 5})
    compared.are_of_both_kinds()


def test_green_backgrounds(tmp_path: Path) -> None:
    compared, one, other = Compared(module("gimp", *GIMP)), tmp_path / "a.png", tmp_path / "b.png"
    for number in range(PAIRS):
        draw = random.Random(number)
        size = draw.choice(((20, 20), (20, 20), (20, 20), (24, 20), (20, 24)))
        box = (draw.randint(1, 5), draw.randint(1, 5), draw.randint(7, 15), draw.randint(7, 15))
        gold = Image.new("RGB", size, "white")
        ImageDraw.Draw(gold).rectangle(box, fill="black")
        colour = draw.choice(((0, 255, 0), (10, 20, 5), (0, 200, 0), (20, 20, 5), (255, 255, 255)))
        found = Image.new("RGB", draw.choice((size, size, size, (18, 18))), colour)
        ImageDraw.Draw(found).rectangle(draw.choice((box, (0, 0, 3, 3))), fill="black")
        found.convert(draw.choice(("RGB", "RGBA"))).save(one)
        gold.convert(draw.choice(("RGB", "RGBA"))).save(other)
        compared("check_green_background", one, other)
    compared.are_of_both_kinds()


def test_texts_on_the_left(tmp_path: Path) -> None:
    compared, path = Compared(module("gimp", *GIMP)), tmp_path / "a.png"
    for number in range(PAIRS):
        draw = random.Random(number)
        width = draw.randint(20, 120)
        found = Image.new(draw.choice(("RGB", "RGBA", "L")), (width, 20), "white")
        left = draw.randint(0, width // 5)
        for _ in range(draw.randint(0, 2)):
            shade = draw.choice(("black", "#7f7f7f", "#808080"))
            ImageDraw.Draw(found).rectangle((left, 5, left + 9, 12), fill=shade)
        found.save(path)
        compared("check_textbox_on_leftside", path, None)
    compared.are_of_both_kinds()


def test_triangles_in_the_middle(tmp_path: Path) -> None:
    compared, path = Compared(module("gimp", *GIMP)), tmp_path / "a.png"
    for number in range(PAIRS):
        draw = random.Random(number)
        found = Image.new(draw.choice(("RGB", "RGBA", "RGBA", "L")), (80, 60), "white")
        pen, (x, y) = (
            ImageDraw.Draw(found),
            (draw.choice((40, 40, 25)) + draw.randint(-6, 6), draw.randint(24, 40)),
        )
        for _ in range(draw.choice((1, 1, 1, 0))):
            pen.polygon(((x - 12, y + 8), (x + 12, y + 8), (x, y - 16)), fill="yellow")
        if draw.random() < 0.7:
            pen.rectangle((2, 2, 4, 4), fill="red")
        found.save(path)
        compared("check_triangle_position", path, None)
    compared.are_of_both_kinds()


def film(path: Path, frames: list[np.ndarray[Any, Any]]) -> Path:
    height, width = frames[0].shape[:2]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, (width, height))
    for frame in frames:
        writer.write(frame)
    writer.release()
    return path


def test_films(tmp_path: Path) -> None:
    compared = Compared(module("vlc", *VLC))
    for number in range(PAIRS):
        draw = random.Random(number)
        scenes = [np.asarray(drawn(draw, (64, 48)))[..., ::-1] for _ in range(draw.randint(2, 9))]
        other = list(scenes)
        for _ in range(draw.choice((0, 0, 1, 4, 8))):
            other[draw.randrange(len(other))] = np.asarray(drawn(draw, (64, 48)))[..., ::-1]
        if draw.random() < 0.2:
            other.pop()
        if draw.random() < 0.2:
            other = [frame[::-1] for frame in other]
        options = draw.choice(({}, {}, {"max_frames_to_check": 3}, {"threshold": 0}))
        one, two = film(tmp_path / "a.avi", scenes), film(tmp_path / "b.avi", other)
        compared("compare_videos", one, two, options)
    compared.are_of_both_kinds()
