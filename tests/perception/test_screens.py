"""Perception on a real X server with real programs."""

import shutil
from itertools import pairwise

import pytest

from deskhand.perception.screen import Screenshot
from deskhand.perception.text.lines import TextReader
from deskhand.perception.watch.difference import difference
from deskhand.perception.watch.observe import Observer
from deskhand.perception.watch.settle import settle

pytestmark = [pytest.mark.screen, pytest.mark.timeout(120)]

MENU_BAR = ["File", "Edit", "Search", "View", "Document", "Help"]


def needs(*programs):
    missing = [program for program in programs if not shutil.which(program)]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")


def texts(elements):
    return [element.text for element in elements]


def open_note(desk):
    needs("openbox", "mousepad", "dbus-run-session")
    desk.launch("openbox")
    (desk.home / "note.txt").write_text("deskhand was here\n12*34 408 alice@example.org\n")
    desk.launch("dbus-run-session", "--", "mousepad", "note.txt")
    desk.wait_for_window()


def test_an_editor_is_read_exactly_and_settles_although_its_caret_blinks(desk, reader):
    open_note(desk)
    with desk.camera() as capture:
        settled = settle(capture, timeout=10)
    assert settled.stable
    elements = reader.read(settled.screenshot)
    read = texts(elements)
    assert [text for text in read if text in MENU_BAR] == MENU_BAR
    assert "deskhand was here" in read
    assert "12*34 408 alice@example.org" in read
    bar = [element.box for element in elements if element.text in MENU_BAR]
    assert all(left.right < right.left for left, right in pairwise(bar))
    for element in elements:
        assert (element.role, element.sources) == ("text", ("ocr",))
        assert 0 < element.confidence <= 1 and element.box.area > 0


def test_an_opened_menu_is_a_change_and_reads_the_same_bit_by_bit_as_afresh(desk, reader, models):
    open_note(desk)
    with desk.camera() as capture:
        observer = Observer(capture, reader, timeout=10)
        before = observer.observe()
        assert "Save As..." not in texts(before.elements)
        desk.key("f", hold="Alt_L")
        after = observer.observe()
    assert observer.settled.stable
    assert after.change and not after.change.whole and not after.change.only_caret
    entries = {"New Window", "Open...", "Save", "Save As...", "Close Window", "Quit"}
    assert entries - set(texts(after.elements)) == set(), texts(after.elements)
    afresh = TextReader()
    afresh._models = models
    known = {"New", "Save", "Save As...", "Save All", "Print...", *MENU_BAR}
    assert known & set(texts(afresh.read(after.screenshot))) == known & set(texts(after.elements))


def test_a_terminal_is_read(desk, reader):
    needs("xterm")
    desk.launch(
        *["xterm", "-geometry", "80x24", "-fa", "DejaVu Sans Mono", "-fs", "11", "-e"],
        *["sh", "-c", "echo deskhand was here; echo note.txt; echo $((12*34)); exec sleep 60"],
    )
    desk.wait_for_window()
    with desk.camera() as capture:
        settled = settle(capture, timeout=10)
    assert settled.stable
    assert texts(reader.read(settled.screenshot))[:3] == ["deskhand was here", "note.txt", "408"]


def test_two_looks_at_a_resting_screen_are_equal(desk):
    needs("xterm")
    desk.launch("xterm", "-e", "sleep", "60")
    desk.wait_for_window()
    with desk.camera() as capture:
        first: Screenshot = settle(capture, timeout=10).screenshot
        assert not difference(first, capture())
