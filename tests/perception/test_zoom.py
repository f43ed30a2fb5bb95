"""A closer look at a region."""

import pytest
from PIL import ImageDraw, ImageFont

from deskhand.actions.geometry import Box
from deskhand.errors import UsageError
from deskhand.perception.reader import ScreenReader
from deskhand.perception.text.lines import TextReader
from deskhand.perception.watch.observe import Observation, Observer
from deskhand.perception.zoom import close_up
from tests.perception.drawn import FACE, Drawing, Given, find

pytestmark = pytest.mark.timeout(120)


def tiny(text, x, y, size=8):
    """A page with very small print."""
    drawing = Drawing(background=FACE)
    font = ImageFont.load_default(size=size)
    ImageDraw.Draw(drawing.picture).text((x, y), text, font=font, fill=(20, 20, 20))
    return drawing.screenshot()


@pytest.mark.parametrize("zooming", ["text", "screen"])
def test_what_is_found_lies_where_it_is_on_the_screen(reader, zooming):
    seeing = reader if zooming == "text" else ScreenReader(text=reader, detector=Given())
    page = Drawing().write(300, 200, "Target").write(30, 40, "Elsewhere").screenshot()
    observation = Observation(page, seeing.read, find_closely=seeing.zoom)
    (found,) = observation.zoom(Box(280, 180, 400, 240))
    known = find(observation.elements, "text", "Target")
    assert found.text == "Target"
    assert found.box.overlap(known.box) > 0.6


def test_small_print_is_read_better_when_enlarged(reader):
    region = Box(290, 190, 500, 220)
    for text, size in (("Ctrl+Shift+S", 7), ("Illinois", 8), ("7", 8)):
        page = tiny(text, 300, 200, size)
        assert [e.text for e in reader.zoom(page, region)] == [text]
        assert [e.text for e in TextReader(reader._models).read(page)] != [text]


def test_what_was_known_keeps_its_id_and_window(reader):
    drawing = Drawing().window(Box(40, 40, 560, 440), "Notes").button(Box(60, 380, 160, 412), "Save")
    detector = Given(drawing.widgets)
    seeing = ScreenReader(detector=detector, text=reader)
    button = find(seeing.read(drawing.screenshot()), "button")

    region = close_up(drawing.screenshot(), Box(50, 370, 180, 420))
    shown = Drawing().button(
        Box(
            *(
                round((side - origin) * region.scale)
                for side, origin in zip(
                    (60, 380, 160, 412), (region.region.left, region.region.top) * 2, strict=True
                )
            )
        ),
        "",
    )
    detector.widgets = shown.widgets
    near = find(seeing.zoom(drawing.screenshot(), Box(50, 370, 180, 420)), "button")
    assert (near.id, near.parent, near.text) == (button.id, button.parent, "Save")
    assert near.box == button.box


def test_zooming_leaves_the_memory_of_the_screen_as_it_was(reader):
    detector = Given()
    seeing = ScreenReader(detector=detector, text=reader)
    page = Drawing().write(300, 200, "Target").screenshot()
    before = seeing.read(page)
    seeing.zoom(page, Box(280, 180, 400, 240))
    asked = len(detector.asked)
    assert seeing.read(page) is before and len(detector.asked) == asked


@pytest.mark.parametrize(
    "box", [Box(900, 0, 950, 50), Box(10, 10, 10, 40), Box(50, 50, 20, 20), Box(-40, -40, 0, 0)]
)
def test_a_box_beside_the_screen_is_said(reader, box):
    with pytest.raises(UsageError, match="the screen is 800x600"):
        reader.zoom(Drawing().screenshot(), box)


@pytest.mark.parametrize("size", [(1, 1), (3, 900), (7680, 4320)])
def test_a_close_up_of_any_screen_is_bounded(size):
    page = Drawing(*size).screenshot()
    near = close_up(page, Box(0, 0, *size))
    assert near.region == Box(0, 0, *size)
    assert 1 <= near.scale <= 3
    if size[0] < 1000:
        assert near.screenshot.pixels.size <= 3 * 2_300_000


def test_an_observer_hands_the_closer_look_on(reader):
    page = Drawing().write(300, 200, "Target").screenshot()
    observation = Observer(lambda: page, reader, quiet=0.02, timeout=1.0).observe()
    assert [e.text for e in observation.zoom(Box(280, 180, 400, 240))] == ["Target"]
    assert Observation(page).zoom(Box(0, 0, 10, 10)) == ()
