"""Picture files of every kind, good and bad."""

import io
import os
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from deskhand.errors import UsageError
from deskhand.perception.pictures import load_picture
from deskhand.perception.screen import MOST_SCREEN_PIXELS


@pytest.fixture
def saved(tmp_path):
    def save(picture, name, **options):
        path = tmp_path / name
        picture.save(path, **options)
        return load_picture(path).pixels

    return save


def chunk(name, body):
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def bomb(width, height):
    """A small file that claims to be a large picture."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(100_000))) + chunk(b"IEND", b"")


def test_a_few_bytes_that_are_64_million_pixels_are_refused_by_their_head(tmp_path):
    """Half of what follows the head is missing (pillow wants a WebP whole), so it was not unpacked."""
    for kind, options in (("PNG", {}), ("GIF", {}), ("WEBP", {"lossless": True, "method": 0})):
        packed = io.BytesIO()
        Image.new("RGB" if kind == "WEBP" else "P", (8000, 8000)).save(packed, kind, **options)
        path = tmp_path / kind
        whole = packed.getvalue()
        path.write_bytes(whole if kind == "WEBP" else whole[: len(whole) // 2])
        with pytest.raises(UsageError, match="8000x8000 pixels; at most 34 million"):
            load_picture(path)


COLOURS = [
    ("L", 100, [100, 100, 100]),
    ("1", 1, [255, 255, 255]),
    ("RGB", (10, 20, 30), [10, 20, 30]),
    ("RGBA", (10, 20, 30, 255), [10, 20, 30]),
    ("RGBA", (0, 0, 0, 0), [255, 255, 255]),
    ("LA", (50, 255), [50, 50, 50]),
    ("I;16", 0x8000, [128, 128, 128]),
]


@pytest.mark.parametrize(("mode", "colour", "rgb"), COLOURS)
def test_every_kind_of_pixel_becomes_rgb(saved, mode, colour, rgb):
    pixels = saved(Image.new(mode, (5, 4), colour), "a.png")
    assert pixels.shape == (4, 5, 3) and pixels.dtype == np.uint8
    assert pixels[0, 0].tolist() == rgb


def test_palettes_with_and_without_a_clear_colour(saved):
    palette = Image.new("RGB", (4, 4), (200, 0, 0)).quantize(4)
    assert saved(palette, "a.png")[0, 0].tolist() == [200, 0, 0]
    assert saved(palette, "b.png", transparency=palette.getpixel((0, 0)))[0, 0].tolist() == [255, 255, 255]


def test_pictures_of_print_and_of_measurements(saved):
    assert saved(Image.new("CMYK", (4, 4), (0, 0, 0, 0)), "a.jpg")[0, 0].tolist() == [255, 255, 255]
    assert saved(Image.fromarray(np.full((4, 4), 0.5, np.float32)), "b.tiff")[0, 0].tolist() == [128] * 3
    assert saved(Image.fromarray(np.full((4, 4), np.nan, np.float32)), "c.tiff")[0, 0].tolist() == [0] * 3


@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (7680, 4320)])
def test_every_size_from_a_pixel_to_8k(saved, size):
    assert saved(Image.new("RGB", size, "navy"), "a.png", compress_level=1).shape == (size[1], size[0], 3)


def test_of_an_animation_the_first_picture_is_taken_and_that_is_said(saved, caplog):
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    assert saved(frames[0], "a.gif", save_all=True, append_images=frames[1:])[0, 0].tolist() == [255, 0, 0]
    assert "animated" in caplog.text


def test_a_turned_photograph_is_set_upright(saved):
    turned = Image.Exif()
    turned[0x0112] = 6
    assert saved(Image.new("RGB", (8, 4)), "a.jpg", exif=turned).shape == (8, 4, 3)


def bad_files(folder):
    """Every file, and what is to be said of it."""
    (folder / "empty.png").touch()
    (folder / "text.png").write_text("no picture")
    (folder / "page.html").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (folder / "bomb.png").write_bytes(bomb(60_000, 60_000))
    (folder / "large.png").write_bytes(bomb(8000, MOST_SCREEN_PIXELS // 8000 + 1))
    (folder / "program.eps").write_text("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n")
    noise = np.random.default_rng(1).integers(0, 255, (90, 90, 3), dtype=np.uint8)
    for kind in ("png", "jpg", "webp", "bmp", "tiff"):
        path = folder / f"cut.{kind}"
        Image.fromarray(noise).save(path)
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    os.mkfifo(folder / "pipe.png")
    return {
        "missing.png": "No such file",
        "empty.png": "0 bytes",
        "text.png": "not a picture",
        "page.html": "not a picture",
        "bomb.png": "pixels",
        "large.png": "at most 34 million",
        "program.eps": "not a picture",
        "pipe.png": "no regular file",
        ".": "a folder",
        "a\0b": "no path",
        **{f"cut.{kind}": "damaged|not a picture" for kind in ("png", "jpg", "webp", "bmp", "tiff")},
    }


def test_what_is_no_picture_is_said_in_a_sentence(tmp_path):
    for name, said in bad_files(tmp_path).items():
        with pytest.raises(UsageError, match=said):
            load_picture(tmp_path / name)


def test_damage_anywhere_is_an_error_or_a_picture(tmp_path):
    chance = np.random.default_rng(3)
    noise = chance.integers(0, 255, (40, 40, 3), dtype=np.uint8)
    for kind in ("png", "jpg", "webp", "gif", "bmp", "tiff", "ppm"):
        path = tmp_path / f"a.{kind}"
        Image.fromarray(noise).save(path)
        whole = path.read_bytes()
        for _ in range(150):
            broken = bytearray(whole)
            for at in chance.integers(0, min(len(whole), 400), 6):
                broken[at] = chance.integers(0, 256)
            path.write_bytes(bytes(broken))
            try:
                assert load_picture(path).pixels.ndim == 3
            except UsageError as error:
                assert path.name in str(error)
