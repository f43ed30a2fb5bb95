"""The difference of two screens, on pictures whose difference is known."""

import numpy as np
import pytest

from deskhand.actions.geometry import Box
from deskhand.perception.screen import Screenshot
from deskhand.perception.watch.difference import difference
from deskhand.perception.watch.observe import Observation


def screen(width=1280, height=800, seed=None):
    if seed is None:
        return np.full((height, width, 3), 40, np.uint8)
    return np.random.default_rng(seed).integers(0, 255, (height, width, 3), dtype=np.uint8)


def with_box(pixels, box, colour=200):
    changed = pixels.copy()
    changed[box.top : box.bottom, box.left : box.right] = colour
    return changed


def change_of(before, after, **options):
    return difference(Screenshot(before), Screenshot(after), **options)


def test_equal_screens_differ_in_nothing():
    change = change_of(screen(seed=1), screen(seed=1))
    assert not change
    assert change.boxes == () and change.pixels == 0 and change.box is None
    assert change.describe() == "nothing changed"


def test_a_dialog_is_one_exact_box():
    box = Box(341, 203, 940, 601)
    change = change_of(screen(), with_box(screen(), box))
    assert change.boxes == (box,)
    assert change.pixels == box.area
    assert change.share == pytest.approx(box.area / (1280 * 800))
    assert change.describe() == "a 599x398 region at (341, 203) changed"


def test_a_change_of_one_step_in_one_channel_of_one_pixel_is_seen():
    after = screen()
    after[799, 1279, 2] += 1
    assert change_of(screen(), after).boxes == (Box(1279, 799, 1280, 800),)


def test_changes_far_apart_are_boxes_of_their_own_from_top_to_bottom():
    low, high = Box(10, 700, 60, 720), Box(900, 20, 1000, 50)
    change = change_of(screen(), with_box(with_box(screen(), low), high))
    assert change.boxes == (high, low)
    assert change.box == Box(10, 20, 1000, 720)
    assert change.describe() == "2 regions changed, the largest a 100x30 region at (900, 20)"


def test_a_hollow_frame_around_another_change_does_not_swallow_it():
    frame, inside = Box(100, 100, 500, 500), Box(290, 290, 310, 310)
    after = with_box(with_box(screen(), frame), Box(104, 104, 496, 496), 40)
    change = change_of(screen(), with_box(after, inside))
    assert set(change.boxes) == {frame, inside}


def test_scattered_specks_stay_a_readable_number_of_boxes():
    after = screen()
    after[np.random.default_rng(2).random((800, 1280)) > 0.999] = 99
    change = change_of(screen(), after)
    assert 1 <= len(change.boxes) <= 32
    covered = np.zeros((800, 1280), bool)
    for box in change.boxes:
        covered[box.top : box.bottom, box.left : box.right] = True
    assert covered[(after != 40).any(axis=2)].all()


def test_another_size_is_another_screen():
    change = change_of(screen(), screen(640, 480))
    assert change.describe() == "the whole screen changed"
    assert change.share == 1.0 and change.boxes == (Box(0, 0, 640, 480),)


def test_an_inverted_screen_changed_wholly():
    assert change_of(screen(seed=3), 255 - screen(seed=3)).describe() == "the whole screen changed"


def test_a_caret_is_told_from_a_letter():
    caret = change_of(screen(), with_box(screen(), Box(50, 100, 52, 117)))
    assert caret and caret.only_caret
    assert caret.describe() == "nothing but a text caret changed"
    assert not change_of(screen(), with_box(screen(), Box(50, 100, 58, 117))).only_caret


def test_ignored_regions_count_as_equal():
    clock = Box(1200, 0, 1280, 20)
    assert not change_of(screen(), with_box(screen(), Box(1210, 4, 1270, 16)), ignore=[clock])


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (7, 9), (1283, 801)])
def test_sizes_that_fit_no_grid_are_compared_to_the_last_pixel(size):
    before = screen(*size)
    after = before.copy()
    after[-1, -1] = 0
    assert change_of(before, after).boxes == (Box(size[0] - 1, size[1] - 1, size[0], size[1]),)


def test_an_observation_says_what_changed_since_the_one_before():
    box = Box(8, 8, 88, 48)
    first = Screenshot(screen())
    assert Observation(first).change is None
    assert Observation(Screenshot(with_box(screen(), box)), previous=first).change.boxes == (box,)
