"""A thing is found again where it is now, by the surest sign there is, or not at all."""

from __future__ import annotations

import pytest

from deskhand.actions.geometry import Box, ScreenPoint
from deskhand.perception.match.likeness import Likeness, compare
from deskhand.perception.match.locate import Located, Wanted, locate
from deskhand.perception.screen import Screenshot
from deskhand.perception.text.lines import TextReader
from deskhand.perception.text.wording import Words, words_of
from tests.perception.drawn import BAR, FACE, Drawing

pytestmark = pytest.mark.timeout(120)

AT = ScreenPoint(120, 396)
BUTTON = Box(60, 380, 180, 412)
ICON = Box(400, 330, 432, 362)


def notes(
    right: int = 0, down: int = 0, *, save: str = "Save", face: tuple[int, int, int] = FACE, icon: bool = True
) -> Drawing:
    """A window with some words, a button and an icon."""
    drawing = Drawing().window(Box(40 + right, 40 + down, 560 + right, 440 + down), "Notes")
    drawing.fill(Box(41 + right, 69 + down, 559 + right, 439 + down), face, outline=None)
    for n, words in enumerate(("Name of the file", "Folder to keep it", "Encoding", "Line endings")):
        drawing.write(60 + right, 90 + 50 * n + down, words)
    drawing.button(Box(60 + right, 380 + down, 180 + right, 412 + down), save)
    drawing.button(Box(220 + right, 380 + down, 340 + right, 412 + down), "Cancel")
    if icon:
        x, y = ICON.left + right, ICON.top + down
        drawing.fill(Box(x, y, x + 32, y + 32), BAR)
        drawing.fill(Box(x + 6, y + 6, x + 26, y + 14), (200, 40, 40)).fill(
            Box(x + 12, y + 14, x + 20, y + 28), (20, 20, 90)
        )
    return drawing


def lines(reader: TextReader, screenshot: Screenshot) -> tuple[Words, ...]:
    return tuple(words_of(line) for line in reader.lines(screenshot))


def likeness(reader: TextReader, was: Screenshot, now: Screenshot) -> Likeness:
    words = [[word for line in lines(reader, one) for word in line] for one in (was, now)]
    return compare(*words)


def find(
    reader: TextReader,
    now: Drawing,
    *,
    at: ScreenPoint = AT,
    box: Box = BUTTON,
    text: str = "Save",
    control: bool = True,
) -> Located | None:
    was, then = notes().screenshot(), now.screenshot()
    wanted = Wanted(was, at, box, text, control=control)
    return locate(wanted, then, lines(reader, then), likeness(reader, was, then))


def test_where_nothing_changed_it_is_at_its_place(reader: TextReader) -> None:
    found = find(reader, notes())
    assert found is not None
    assert (found.how, found.point) == ("same", AT)


def test_in_a_moved_window_its_pixels_are_elsewhere(reader: TextReader) -> None:
    found = find(reader, notes(150, 90))
    assert found is not None
    assert (found.how, found.point) == ("moved", ScreenPoint(AT.x + 150, AT.y + 90))


def test_in_other_colours_it_is_known_by_its_text(reader: TextReader) -> None:
    dark = notes(30, 20, face=(120, 150, 170))
    dark.fill(Box(90, 400, 210, 432), (150, 220, 150)).write(104, 407, "Save")
    found = find(reader, dark)
    assert found is not None
    assert found.how == "text"
    assert Box(90, 400, 210, 432).contains(found.point)


def test_a_part_of_a_longer_text_is_another_thing(reader: TextReader) -> None:
    gone = notes(save="").write(300, 200, "Save All Copies")
    assert find(reader, gone) is None


def test_names_in_a_row_are_found_though_they_are_read_as_one_line(reader: TextReader) -> None:
    def files(right: int, gap: int) -> Screenshot:
        drawing = Drawing()
        for n, name in enumerate(("cactus.dat", "ribbon.txt", "tunnel.rst")):
            drawing.write(100 + right + gap * n, 200, name)
        return drawing.screenshot()

    was, now = files(0, 150), files(60, 82)
    wanted = Wanted(was, ScreenPoint(120, 208), Box(95, 180, 180, 222), "cactus.dat")
    found = locate(wanted, now, lines(reader, now), likeness(reader, was, now))
    assert found is not None
    assert Box(160, 195, 240, 222).contains(found.point)


def test_under_another_name_it_is_known_by_its_place_among_the_rest(reader: TextReader) -> None:
    found = find(reader, notes(save="Store"))
    assert found is not None
    assert found.how == "renamed"
    assert BUTTON.contains(found.point)
    assert find(reader, notes(save="Store"), control=False) is None, "a thing known by its name is no control"


def test_an_icon_in_another_size_is_known_by_its_drawing(reader: TextReader) -> None:
    large = notes(icon=False)
    picture = notes().picture.crop((ICON.left - 3, ICON.top - 3, ICON.right + 3, ICON.bottom + 3))
    large.picture.paste(picture.resize((57, 57)), (440, 180))
    found = find(reader, large, at=ICON.centre, box=ICON, text="")
    assert found is not None
    assert found.how == "scaled"
    assert Box(440, 180, 497, 237).contains(found.point)


def test_of_two_that_look_the_same_the_one_among_the_same_words_is_taken(reader: TextReader) -> None:
    two = notes(150, 90).button(Box(600, 20, 720, 52), "Save")
    found = find(reader, two)
    assert found is not None
    assert found.point == ScreenPoint(AT.x + 150, AT.y + 90)


def test_of_two_without_anything_to_tell_them_apart_none_is_taken(reader: TextReader) -> None:
    two = Drawing().button(Box(100, 100, 220, 132), "Save").button(Box(500, 300, 620, 332), "Save")
    assert find(reader, two) is None


def test_what_is_not_there_is_not_found(reader: TextReader) -> None:
    assert find(reader, Drawing().window(Box(40, 40, 560, 440), "Something else")) is None


def test_an_empty_place_is_known_by_what_is_around_it(reader: TextReader) -> None:
    empty = Box(300, 240, 360, 270)
    moved = find(reader, notes(150, 90), at=empty.centre, box=empty, text="")
    assert moved is not None
    assert moved.how == "around"
    assert abs(moved.point.x - empty.centre.x - 150) <= 3
    assert abs(moved.point.y - empty.centre.y - 90) <= 3
    assert find(reader, Drawing(), at=empty.centre, box=empty, text="") is None


def test_words_are_compared_and_not_lines(reader: TextReader) -> None:
    apart = Drawing().write(40, 40, "File").write(100, 40, "Edit").write(160, 40, "Search")
    joined = Drawing().write(80, 90, "File Edit Search")
    found = likeness(reader, apart.screenshot(), joined.screenshot())
    assert (len(found.pairs), found.missing, found.unexpected) == (3, (), ())
    assert found.share == 1


def test_a_new_dialog_is_what_was_not_expected(reader: TextReader) -> None:
    dialog = notes().window(Box(200, 150, 500, 300), "Updates").write(220, 220, "Restart this computer now")
    found = likeness(reader, notes().screenshot(), dialog.screenshot())
    assert {one.text for one in found.unexpected} >= {"Updates", "Restart", "computer"}


def test_a_screen_of_another_size_says_where_things_should_be(reader: TextReader) -> None:
    was = notes().screenshot()
    large = notes().picture.resize((1600, 1200))
    now = Drawing(1600, 1200)
    now.picture.paste(large)
    prediction = likeness(reader, was, now.screenshot()).predict(AT)
    assert prediction is not None
    assert prediction.scale == pytest.approx(2, abs=0.15)
    assert abs(prediction.point.x - 2 * AT.x) < 20
    assert abs(prediction.point.y - 2 * AT.y) < 20


NAMES = ("apple.txt", "report.txt", "summer.png", "zebra.ods")


def folder(
    names: tuple[str, ...], *, down: int = 0, icons: bool = False, under: bool = False
) -> tuple[Drawing, list[Box]]:
    """A list of files, or icons with their names below."""
    drawing = Drawing(background=FACE)
    boxes = []
    for n, name in enumerate(names):
        x, y = (80 + 130 * n, 120 + down) if under else (100, 120 + 30 * n + down)
        if icons:
            drawing.fill(Box(x, y, x + 20, y + 20), BAR).fill(
                Box(x + 4, y + 4, x + 16, y + 10), (200, 40, 40)
            )
        drawing.write(*((x - 20, y + 26) if under else (x + 30, y + 1)), name)
        boxes.append(Box(x, y, x + 20, y + 20) if under else Box(x, y - 2, x + 150, y + 22))
    drawing.write(100, 420, "Four things are kept in this place").write(100, 480, "Nothing is selected now")
    return drawing, boxes


OTHERS = (
    "reports.txt", "report1.txt", "Report.txt", "export.txt", "report (copy).txt", "report.text",
    "rep0rt.txt",
)  # fmt: skip


@pytest.mark.parametrize("down", [0, 40])
@pytest.mark.parametrize("icons", [False, True])
@pytest.mark.parametrize("other", [*OTHERS, None])
def test_a_file_is_itself_or_nothing(reader: TextReader, other: str | None, icons: bool, down: int) -> None:
    """Its place, its icon and the names around it are as they were; only the file is another one."""
    before, boxes = folder(NAMES, icons=icons)
    names = tuple(other if name == "report.txt" else name for name in NAMES)
    after, _ = folder(tuple(name for name in names if name), icons=icons, down=down)
    was, now = before.screenshot(), after.screenshot()
    wanted = Wanted(was, boxes[1].centre, boxes[1], "report.txt", boxes[1])
    assert locate(wanted, now, lines(reader, now), likeness(reader, was, now)) is None


@pytest.mark.parametrize("other", ["reports.txt", "Report.txt", "report2.txt"])
def test_it_is_found_beside_one_with_a_near_name(reader: TextReader, other: str) -> None:
    before, boxes = folder(NAMES, icons=True)
    after, now_boxes = folder((NAMES[0], other, *NAMES[1:]), icons=True)
    was, now = before.screenshot(), after.screenshot()
    wanted = Wanted(was, boxes[1].centre, boxes[1], "report.txt", boxes[1])
    found = locate(wanted, now, lines(reader, now), likeness(reader, was, now))
    assert found is not None and now_boxes[2].contains(found.point)


@pytest.mark.parametrize("other", ["reports.txt", "report1.txt", "Report.txt", None])
def test_an_icon_is_known_by_the_name_below_it(reader: TextReader, other: str | None) -> None:
    before, boxes = folder(NAMES, icons=True, under=True)
    names = tuple(other if name == "report.txt" else name for name in NAMES)
    after, _ = folder(tuple(name for name in names if name), icons=True, under=True)
    was, now = before.screenshot(), after.screenshot()
    wanted = Wanted(was, boxes[1].centre, boxes[1], called="report.txt")
    assert locate(wanted, now, lines(reader, now), likeness(reader, was, now)) is None
    same = before.screenshot()
    found = locate(wanted, same, lines(reader, same), likeness(reader, was, same))
    assert found is not None and found.point == boxes[1].centre


def test_a_word_in_the_place_of_another_one_is_noticed(reader: TextReader) -> None:
    was, now = (folder((one, *NAMES[2:]))[0].screenshot() for one in ("report.txt", "reports.txt"))
    assert [(a.text, b.text) for a, b in likeness(reader, was, now).swapped()] == [
        ("report.txt", "reports.txt")
    ]
