"""The detector that ships, on real windows and on pictures that are none."""

from __future__ import annotations

import numpy as np
import pytest

from deskhand.actions.geometry import Box
from deskhand.actions.vocabulary import Key
from deskhand.errors import EnvironmentProblem
from deskhand.perception.reader import PIXELS, ScreenReader
from deskhand.perception.screen import Screenshot
from deskhand.perception.watch.settle import settle
from deskhand.perception.widgets import refiner
from deskhand.perception.widgets.detector import WEIGHTS, Detector, as_candidates
from deskhand.sandbox.lightbox import Lightbox
from deskhand.screens.score import score
from deskhand.screens.sets import ScreenSet
from tests.conftest import REPOSITORY

MOST_BYTES = 8 << 20


@pytest.fixture(scope="module")
def detector():
    detector = Detector()
    detector.load()
    return detector


@pytest.fixture(scope="module")
def dialog():
    """An editor that asks under which name to save."""
    with Lightbox() as desktop:
        desktop.launch("mousepad")
        editor = settle(desktop.screenshot, quiet=0.4).screenshot
        desktop.perform(Key(keys=("ctrl", "s")))
        yield settle(desktop.screenshot, quiet=0.5, timeout=15, since=editor, answer=5).screenshot


def test_the_weights_are_small_and_no_pickle():
    assert {WEIGHTS.suffix, refiner.WEIGHTS.suffix} == {".safetensors"}
    assert WEIGHTS.stat().st_size + refiner.WEIGHTS.stat().st_size < MOST_BYTES


@pytest.mark.lightbox
def test_a_dialog_has_the_buttons_that_a_person_sees(dialog):
    found = ScreenReader(sources=PIXELS).read(dialog)
    buttons = {one.text for one in found if one.role == "button"}
    assert {"Cancel", "Save"} <= buttons, buttons


@pytest.mark.lightbox
def test_a_region_is_seen_as_it_is_in_the_whole_screen(detector, dialog):
    whole = [one for one in detector.find(dialog) if one.role in ("button", "icon", "field")]
    widest = max(whole, key=lambda one: one.box.top)
    region = Box(widest.box.left - 200, widest.box.top - 100, widest.box.right + 200, widest.box.bottom + 100)
    part = detector.find(dialog, [region])
    assert any(one.role == widest.role and one.box.overlap(widest.box) > 0.7 for one in part)


def test_a_plain_screen_has_nothing_on_it(detector):
    for shade in (0, 128, 255):
        assert detector.find(Screenshot(np.full((800, 1280, 3), shade, np.uint8))) == ()


@pytest.mark.parametrize("size", [(1, 1), (3, 500), (500, 3), (63, 65), (4320, 7680)])
def test_any_size_is_looked_at_within_bounds(detector, size):
    noise = np.random.default_rng(1).integers(0, 2, (*size, 1)).astype(np.uint8).repeat(3, axis=2) * 255
    found = detector.find(Screenshot(np.ascontiguousarray(noise)))
    screen = Box(0, 0, size[1], size[0])
    assert len(found) <= 1000
    assert all(one.box.intersection(screen) == one.box for one in found)


def test_a_region_off_the_screen_has_nothing_in_it(detector):
    assert detector.find(Screenshot(np.zeros((80, 80, 3), np.uint8)), [Box(100, 100, 200, 200)]) == ()


@pytest.mark.parametrize("content", [None, b"", b"no weights at all", b"\xff" * 100])
def test_weights_that_are_missing_or_damaged_are_said_to_be(tmp_path, content):
    path = tmp_path / "weights.safetensors"
    if content is not None:
        path.write_bytes(content)
    for broken in (Detector(path), Detector(refiner=refiner.Refiner(path))):
        with pytest.raises(EnvironmentProblem, match="install deskhand again"):
            broken.load()


def test_the_weights_of_another_network_are_said_to_be_wrong():
    with pytest.raises(EnvironmentProblem, match="c1"):
        Detector(refiner=refiner.Refiner(WEIGHTS)).load()


def test_an_entry_of_a_menu_and_its_shortcut_are_a_candidate_together():
    entry, shortcut, below = Box(40, 40, 90, 52), Box(260, 42, 300, 52), Box(40, 70, 120, 82)
    far = Box(900, 70, 960, 82)
    found = as_candidates([entry, shortcut, below, far])
    assert [one.box for one in found] == [entry, shortcut, below, far, entry.union(shortcut)]
    assert [one.role for one in found] == ["text"] * 4 + ["row"]


def test_texts_are_looked_at_closely_only_in_the_region(detector, monkeypatch):
    looked_at = []

    def refine(pixels, candidates, *, sure):
        looked_at.extend(one.box for one in candidates if one.role == "text")
        return []

    monkeypatch.setattr(detector._refiner, "refine", refine)
    plain = Screenshot(np.full((400, 600, 3), 200, np.uint8))
    detector.find(plain, [Box(100, 100, 300, 200)], [Box(110, 120, 180, 134), Box(400, 300, 480, 314)])
    assert looked_at == [Box(110, 120, 180, 134)]


SAMPLES = ScreenSet(REPOSITORY / "tests" / "screens" / "samples")
LEAST_RECALL = 0.5
"""Of the screens of programs that training saw: far below what was measured, far above chance."""


@pytest.mark.parametrize("sample", list(SAMPLES), ids=lambda sample: sample.name)
def test_screens_like_those_it_was_trained_on_are_seen(detector, sample):
    seen = score(detector.find(sample.screenshot()), sample.elements)
    assert (seen.recall() or 0) > LEAST_RECALL, seen
