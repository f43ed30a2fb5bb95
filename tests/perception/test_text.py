"""Reading text off pictures made here: order, parting, memory and hostile sizes."""

import subprocess
import sys

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from deskhand.actions.geometry import Box
from deskhand.errors import EnvironmentProblem
from deskhand.perception.screen import Screenshot, as_pixels
from deskhand.perception.text import ocr
from deskhand.perception.text.lines import TextReader, _without_frame

pytestmark = pytest.mark.timeout(120)


def page(*texts, size=(640, 400), font_size=15):
    """A light page with (x, y, text) on it."""
    picture = Image.new("RGB", size, (245, 245, 245))
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default(size=font_size)
    for x, y, text in texts:
        draw.text((x, y), text, font=font, fill=(20, 20, 20))
    return Screenshot(as_pixels(picture))


def texts(elements):
    return [element.text for element in elements]


@pytest.fixture
def fresh(models):
    reader = TextReader()
    reader._models = models
    return reader


def counted(models, monkeypatch):
    """Count what the networks are asked, while they do their work."""
    asked = {"lines": [], "text": 0}
    find, read = models.lines, models.text

    def lines(pixels, scale=1.0):
        asked["lines"].append(pixels.shape[:2])
        return find(pixels, scale)

    def text(crop):
        asked["text"] += 1
        return read(crop)

    monkeypatch.setattr(models, "lines", lines)
    monkeypatch.setattr(models, "text", text)
    return asked


def test_words_come_in_reading_order_with_their_boxes(fresh):
    elements = fresh.read(
        page((400, 40, "Second"), (30, 42, "First"), (30, 120, "Third"), (380, 118, "Fourth"))
    )
    assert texts(elements) == ["First", "Second", "Third", "Fourth"]
    for element, (x, y) in zip(elements, [(30, 42), (400, 40), (30, 120), (380, 118)], strict=True):
        assert abs(element.box.left - x) <= 4
        assert y - 6 <= element.box.centre.y <= y + 24


def test_entries_of_a_menu_bar_are_elements_of_their_own_and_a_sentence_is_one(fresh):
    bar = [(12, 10, "File"), (58, 10, "Edit"), (104, 10, "View"), (156, 10, "Help")]
    elements = fresh.read(page(*bar, (12, 60, "the quick brown fox jumps over the lazy dog")))
    assert texts(elements) == ["File", "Edit", "View", "Help", "the quick brown fox jumps over the lazy dog"]


def test_an_unchanged_screen_asks_the_networks_nothing(fresh, models, monkeypatch):
    first = fresh.read(page((30, 40, "Documents")))
    asked = counted(models, monkeypatch)
    assert fresh.read(page((30, 40, "Documents"))) == first
    assert asked == {"lines": [], "text": 0}


def test_a_small_change_is_looked_at_alone_and_only_new_lines_are_read(fresh, models, monkeypatch):
    rows = [(30, 20 + 30 * i, f"entry number {i}") for i in range(10)]
    fresh.read(page(*rows))
    asked = counted(models, monkeypatch)
    after = fresh.read(page(*rows, (400, 200, "Newcomer")))
    assert "Newcomer" in texts(after) and [t for t in texts(after) if t != "Newcomer"] == [r[2] for r in rows]
    assert asked["text"] == 1
    assert sum(height * width for height, width in asked["lines"]) < 640 * 400 / 5


def test_text_that_grows_and_text_that_goes_are_followed(fresh):
    assert texts(fresh.read(page((30, 40, "deskhand was"), (30, 90, "below")))) == ["deskhand was", "below"]
    assert texts(fresh.read(page((30, 40, "deskhand was here"), (30, 90, "below")))) == [
        "deskhand was here",
        "below",
    ]
    assert texts(fresh.read(page((30, 90, "below")))) == ["below"]


@pytest.mark.parametrize("size", [(1, 1), (2, 300), (300, 2), (31, 33), (640, 400)])
def test_a_picture_without_text_gives_an_honest_empty_tuple(fresh, size):
    assert fresh.read(page(size=size)) == ()
    noise = np.random.default_rng(4).integers(0, 255, (size[1], size[0], 3), dtype=np.uint8)
    assert isinstance(fresh.read(Screenshot(noise)), tuple)


def test_a_huge_picture_is_looked_at_in_bounded_detail(fresh, models, monkeypatch):
    noise = np.random.default_rng(5).integers(0, 255, (1080, 1920, 3), dtype=np.uint8)
    seen = []
    monkeypatch.setattr(
        models, "lines", lambda pixels, scale=1.0: seen.append(pixels.size / 3 * scale**2) or []
    )
    assert fresh.read(Screenshot(np.tile(noise, (4, 4, 1)))) == ()
    assert sum(seen) <= 2_200_001


def test_more_lines_than_can_be_read_in_time_are_cut_and_said(fresh, models, monkeypatch, caplog):
    boxes = [Box(0, 2 * i, 40, 2 * i + 2) for i in range(500)]
    monkeypatch.setattr(models, "lines", lambda pixels, scale=1.0: boxes)
    monkeypatch.setattr(models, "text", lambda crop: ocr.ReadLine("x", (1.0,), 0.9))
    noise = np.random.default_rng(6).integers(0, 255, (1000, 64, 3), dtype=np.uint8)
    assert len(fresh.read(Screenshot(noise))) == 400
    assert "500 lines" in caplog.text


def test_a_missing_package_is_a_sentence_with_the_command_that_helps(monkeypatch):
    monkeypatch.setattr(ocr.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(EnvironmentProblem, match=r"rapidocr.*pip install"):
        TextReader().load()


def test_importing_and_making_a_reader_loads_no_network_and_reading_prints_nothing():
    program = (
        "import sys, numpy as np\n"
        "from deskhand.perception.screen import Screenshot\n"
        "from deskhand.perception.text.lines import TextReader\n"
        "reader = TextReader()\n"
        "assert not {'onnxruntime', 'rapidocr', 'torch'} & set(sys.modules)\n"
        "reader.read(Screenshot(np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)))\n"
        "assert not {'rapidocr', 'torch'} & set(sys.modules)\n"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


def test_places_are_where_lines_are_read(fresh, models, monkeypatch):
    shown = page(
        (30, 42, "First line of a text"), (30, 120, "File"), (110, 120, "Edit"), (380, 118, "Fourth")
    )
    asked = counted(models, monkeypatch)
    found = fresh.places(shown)
    assert not asked["text"]
    assert sorted(found) == sorted(element.box for element in fresh.read(shown))


def test_the_line_of_a_frame_is_no_bracket(fresh):
    picture = Image.new("RGB", (400, 120), (245, 245, 245))
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default(size=15)
    draw.rectangle((40, 30, 300, 60), outline=(90, 90, 90))
    draw.text((45, 36), "Books to return", font=font, fill=(20, 20, 20))
    draw.text((45, 80), "[1] see below", font=font, fill=(20, 20, 20))
    assert texts(fresh.read(Screenshot(as_pixels(picture)))) == ["Books to return", "[1] see below"]


def test_only_a_line_as_high_as_the_crop_is_taken_off():
    crop = np.full((24, 60, 3), 255, np.uint8)
    crop[6:18, 5] = 0  # a bracket
    read = [("[", 5.0), ("a", 14.0), ("]", 50.0)]
    assert _without_frame(read, crop) == read
    crop[:, 5] = 0
    assert _without_frame(read, crop) == read[1:]
    crop[:, 52] = 0
    assert _without_frame(read, crop) == read[1:2]
    assert _without_frame([("[", 5.0)], crop) == [("[", 5.0)]
