"""Names of icons that stand side by side are names, and a sentence under pictures stays one."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from deskhand.perception.screen import Screenshot
from deskhand.perception.text.lines import TextReader

FONT = ImageFont.load_default(size=13)


@pytest.fixture(scope="module")
def reader() -> TextReader:
    return TextReader()


def desktop(
    names: tuple[str, ...], step: int, *, lift: int = 6, shade: int = 60, picture: int = 40
) -> Screenshot:
    """Icons on a plain ground, ``step`` pixels from one to the next, each with its name centred below it."""
    image = Image.new("RGB", (900, 300), (shade, shade + 20, shade + 60))
    draw = ImageDraw.Draw(image)
    for number, name in enumerate(names):
        middle = 100 + number * step
        draw.rectangle(
            (middle - picture // 2, 60, middle + picture // 2, 60 + picture), (230, 200, 90), (40, 40, 40)
        )
        draw.text((middle, 60 + picture + lift), name, "white", FONT, anchor="ma")
    return Screenshot(np.asarray(image))


def texts(reader: TextReader, screenshot: Screenshot) -> list[str]:
    return sorted(element.text for element in reader.read(screenshot))


@pytest.mark.parametrize("step", [76, 84, 96])
@pytest.mark.parametrize(
    "names",
    [
        ("Old papers", "Travel 2026", "budget.xlsx"),
        ("My files", "Recycle bin", "Word list"),
        ("Lesson 12", "Lesson 13", "Lesson 14", "Lesson 15"),
        ("a b c d e f", "to do list", "no"),
    ],
)
def test_names_of_neighbouring_icons_are_texts_of_their_own(
    reader: TextReader, names: tuple[str, ...], step: int
) -> None:
    assert texts(reader, desktop(names, step)) == sorted(names)


def test_a_sentence_under_a_row_of_pictures_is_one_text(reader: TextReader) -> None:
    image = Image.new("RGB", (900, 300), (245, 245, 245))
    draw = ImageDraw.Draw(image)
    for left in range(60, 400, 44):
        draw.rectangle((left, 60, left + 24, 84), (80, 120, 200))
    sentence = "Every tool of this bar can be moved to another place"
    draw.text((60, 92), sentence, "black", FONT)
    assert texts(reader, Screenshot(np.asarray(image))) == [sentence]


def test_a_name_of_several_words_under_one_picture_is_one_text(reader: TextReader) -> None:
    assert texts(reader, desktop(("Plan of the old house",), 80)) == ["Plan of the old house"]


def test_a_second_line_of_text_is_not_parted_by_the_words_above_it(reader: TextReader) -> None:
    image = Image.new("RGB", (900, 300), (255, 255, 255))
    draw = ImageDraw.Draw(image)
    lines = ("The museum opens at ten", "and is closed on Mondays")
    for number, line in enumerate(lines):
        draw.text((60, 60 + number * 22), line, "black", ImageFont.load_default(size=18))
    assert texts(reader, Screenshot(np.asarray(image))) == sorted(lines)
