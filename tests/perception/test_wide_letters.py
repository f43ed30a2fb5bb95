"""Han and kana: each letter fills a square, so the ends of a line are missed and letters taken for icons."""

from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from deskhand.actions.geometry import Box
from deskhand.perception.elements.rereading import read_again
from deskhand.perception.screen import Element, Screenshot, as_pixels
from deskhand.perception.text.lines import TextReader

FONT = Path("/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc")
SIZE, LEFT, TOP = 18, 60, 40
pytestmark = [
    pytest.mark.timeout(120),
    pytest.mark.skipif(not FONT.exists(), reason="apt-get install fonts-wqy-zenhei"),
]


def drawn(text: str, *, box: int = 0) -> Screenshot:
    """A text, behind an empty square of a size."""
    picture = Image.new("RGB", (500, 120), (245, 245, 245))
    draw = ImageDraw.Draw(picture)
    draw.text((LEFT, TOP), text, font=ImageFont.truetype(str(FONT), SIZE), fill=(20, 20, 20))
    if box:
        draw.rectangle((LEFT - box - 5, TOP + 3, LEFT - 5, TOP + 3 + box), outline=(20, 20, 20))
    return Screenshot(as_pixels(picture))


def box_of(first: int, last: int) -> Box:
    """Around letters of the text, by number."""
    return Box(LEFT + first * SIZE - 2, TOP - 8, LEFT + last * SIZE + 4, TOP + SIZE + 12)


@pytest.mark.parametrize("text", ["パスワード", "新建文档", "保存更改"])
@pytest.mark.parametrize("missed", [(1, 0), (2, 0), (0, 1), (1, 1)], ids=str)
def test_letters_that_the_finding_missed_are_read(
    text: str, missed: tuple[int, int], reader: TextReader
) -> None:
    found = box_of(missed[0], len(text) - missed[1])
    [line] = reader.lines_in(drawn(text), [found])
    assert line.element.text == text
    assert line.element.box.left <= LEFT + 3 and line.element.box.right >= LEFT + len(text) * SIZE - 5


def test_a_box_beside_the_text_is_no_letter(reader: TextReader) -> None:
    [line] = reader.lines_in(drawn("文件", box=14), [box_of(0, 2)])
    assert line.element.text == "文件"


def test_another_line_is_not_taken_in(reader: TextReader) -> None:
    lines = reader.lines_in(drawn("新建文档"), [box_of(0, 2), box_of(2, 4)])
    assert [line.element.text for line in lines] == ["新建", "文档"]


@pytest.mark.parametrize("role", ["icon", "checkbox", "radio"])
def test_a_letter_that_looks_like_an_icon_stays_in_its_text(role: str, reader: TextReader) -> None:
    screen = drawn("更改设置")
    lines = reader.lines_in(screen, [box_of(0, 4)])
    mark = Element(role, "", box_of(0, 1), sources=("detector",), confidence=0.9)
    assert [line.element.text for line in read_again(lines, [mark], screen, reader)] == ["更改设置"]


def test_the_mark_of_a_check_box_is_read_away(reader: TextReader) -> None:
    screen = drawn("更改设置", box=14)
    lines = reader.lines_in(screen, [box_of(-1, 4)])
    mark = Element("checkbox", "", Box(LEFT - 20, TOP + 2, LEFT - 4, TOP + 19), confidence=0.9)
    [line] = read_again(lines, [mark], screen, reader)
    assert line.element.text == "更改设置"
