"""Ids that stay while elements do, and looking again only where the screen changed."""

import pytest

from deskhand.actions.geometry import Box
from deskhand.perception.reader import ScreenReader
from tests.perception.drawn import FACE, INK, PAPER, Drawing, Given, find

pytestmark = pytest.mark.timeout(120)

GREEN, RED = (10, 120, 60), (150, 30, 20)


def editor(left=40, top=40, *, name="Ada", states=(), title="Notes", icons=(GREEN, RED)):
    drawing = Drawing().window(Box(left, top, left + 500, top + 320), title)
    drawing.write(left + 20, top + 50, "Name").field(Box(left + 90, top + 44, left + 300, top + 72), name)
    drawing.check(left + 20, top + 100, "Wrap", *states)
    for n, colour in enumerate(icons):
        box = Box(left + 20 + 40 * n, top + 140, left + 44 + 40 * n, top + 164)
        drawing.fill(box, colour).add("icon", box)
    drawing.button(Box(left + 20, top + 260, left + 120, top + 292), "Cancel")
    return drawing.button(Box(left + 140, top + 260, left + 240, top + 292), "Save")


def with_dialog(drawing, box=Box(150, 120, 430, 260)):
    drawing.window(box, "Really?")
    return drawing.button(Box(box.left + 20, box.bottom - 50, box.left + 100, box.bottom - 20), "Yes")


class Looking:
    """A reader that is shown one drawing after the other."""

    def __init__(self, reader):
        self.detector = Given()
        self.reader = ScreenReader(detector=self.detector, text=reader)
        self.looks = 0

    def at(self, drawing):
        self.detector.widgets = drawing.widgets
        self.looks += 1
        return self.reader.read(drawing.screenshot(self.looks))


@pytest.fixture
def looking(reader):
    return Looking(reader)


def ids(elements):
    return {(e.role, e.name, e.box): e.id for e in elements}


def test_a_change_of_content_or_state_leaves_every_id_as_it_was(looking):
    before = looking.at(editor())
    after = looking.at(editor(name="Grace", states=("checked",)))
    assert [e.id for e in after] == [e.id for e in before]
    assert find(after, "field").text == "Grace" and find(after, "checkbox").state == {"checked"}


def test_a_window_that_moves_takes_its_ids_along(looking):
    before = looking.at(editor())
    after = looking.at(editor(left=200, top=170))
    assert [(e.role, e.name, e.id) for e in after] == [(e.role, e.name, e.id) for e in before]
    assert {e.parent for e in after} == {0, find(after, "window").id}


def test_two_pictures_that_change_places_are_known_by_their_looks(looking):
    first, second = (e for e in looking.at(editor()) if e.role == "icon")
    left, right = (e for e in looking.at(editor(icons=(RED, GREEN))) if e.role == "icon")
    # Nothing else tells them apart, so the picture does.
    assert {left.id, right.id} == {first.id, second.id}
    assert left.id == second.id


def test_what_appears_gets_a_new_id_and_what_comes_back_its_own(looking):
    before = looking.at(editor())
    dialog = looking.at(with_dialog(editor()))
    fresh = {e.id for e in dialog} - {e.id for e in before}
    assert len(fresh) == 3 and min(fresh) > max(e.id for e in before)
    assert find(dialog, "button", "Yes").id in fresh
    again = looking.at(editor(name="changed"))
    assert [e.id for e in again] == [e.id for e in before]


def test_an_id_is_never_given_to_something_else(looking):
    given = {}
    for drawing in (editor(), with_dialog(editor()), editor(title="Letters", icons=()), editor(name="x")):
        for element in looking.at(drawing):
            kind = (
                element.role
                if element.role in ("window", "titlebar", "field")
                else (element.role, element.name)
            )
            assert given.setdefault(element.id, kind) == kind


def test_rows_that_are_scrolled_keep_their_ids_and_new_rows_get_new_ones(looking):
    def rows(first):
        drawing = Drawing()
        for n in range(8):
            box = Box(50, 50 + 30 * n, 300, 78 + 30 * n)
            drawing.fill(box, PAPER).add("row", box).write(60, 55 + 30 * n, f"entry {first + n}")
        return drawing

    before = {e.text: e.id for e in looking.at(rows(10))}
    after = {e.text: e.id for e in looking.at(rows(13))}
    assert all(after[text] == before[text] for text in set(before) & set(after))
    assert len(set(before) & set(after)) == 5
    assert not {after[text] for text in set(after) - set(before)} & set(before.values())


def test_the_same_looks_give_the_same_ids(reader):
    runs = []
    for _ in range(2):
        looking = Looking(reader)
        looks = [editor(), with_dialog(editor()), editor(left=100), editor()]
        runs.append([[(e.id, e.parent, e.name) for e in looking.at(drawing)] for drawing in looks])
    assert runs[0] == runs[1]


def test_a_screen_that_did_not_change_asks_nobody(looking):
    first = looking.at(editor())
    asked = len(looking.detector.asked)
    assert looking.at(editor()) is first
    looking.at(with_dialog(editor()))
    assert looking.at(editor()) is first, "a frame of before is known too"
    assert len(looking.detector.asked) == asked + 1


def test_a_dialog_is_looked_at_alone_and_gives_what_a_look_at_everything_gives(looking, reader):
    looking.at(editor())
    after = looking.at(with_dialog(editor()))
    regions = looking.detector.asked[-1]
    assert regions is not None
    assert sum(region.area for region in regions) < 800 * 600 / 3
    afresh = Looking(reader).at(with_dialog(editor()))
    assert [(e.role, e.name, e.box, e.state) for e in after] == [
        (e.role, e.name, e.box, e.state) for e in afresh
    ]


def test_a_dialog_that_closes_leaves_what_was_under_it(looking):
    before = looking.at(editor())
    looking.at(with_dialog(editor()))
    after = looking.at(editor(states=("checked",)))
    assert ids(after) == ids(before)
    assert all(regions is not None for regions in looking.detector.asked[1:])


def test_typing_into_an_area_does_not_look_at_the_window_again(looking):
    def page(text):
        drawing = Drawing().window(Box(20, 20, 700, 560), "Page")
        return drawing.field(Box(24, 60, 690, 550), role="area").write(40, 200, text)

    looking.at(page("deskhand"))
    after = looking.at(page("deskhand was here"))
    (region,) = looking.detector.asked[-1]
    assert region.area < 800 * 600 / 8
    assert find(after, "area").text == "deskhand was here"
    assert [e.role for e in after if e.role in ("window", "area")] == ["window", "area"]


def test_another_screen_is_looked_at_as_a_whole(looking):
    looking.at(editor())
    looking.at(Drawing(background=FACE).write(30, 40, "elsewhere"))
    looking.at(Drawing(640, 480, background=INK))
    assert looking.detector.asked == [None, None, None]
