"""Settling, on captures that move by the clock as real screens do."""

import time

import numpy as np

from deskhand.actions.geometry import Box
from deskhand.perception.screen import Element, Screenshot
from deskhand.perception.watch.observe import Observer
from deskhand.perception.watch.settle import settle
from deskhand.waiting import pause


def moving(draw, width=640, height=400):
    """A capture of a screen on which ``draw(pixels, seconds since the first look)`` draws."""
    began = None

    def capture():
        nonlocal began
        began = began or time.monotonic()
        pixels = np.full((height, width, 3), 40, np.uint8)
        draw(pixels, time.monotonic() - began)
        return Screenshot(pixels)

    return capture


def still(pixels, seconds):
    pixels[50:100, 50:300] = 90


def blinking(width, height, hertz):
    def draw(pixels, seconds):
        if int(seconds * 2 * hertz) % 2:
            pixels[100 : 100 + height, 200 : 200 + width] = 255

    return draw


def sliding_square(pixels, seconds):
    left = int(seconds * 400) % 500
    pixels[150:250, left : left + 100] = 255


def test_a_still_screen_is_stable_after_more_than_one_look():
    settled = settle(moving(still), quiet=0.05)
    assert settled.stable and settled.looks > 1


def test_a_caret_blinking_at_2_hz_does_not_hold_it_up():
    assert settle(moving(blinking(1, 17, 2)), quiet=0.6, timeout=1.5).stable


def test_a_caret_blinking_at_every_look_does_not_hold_it_up():
    assert settle(moving(blinking(2, 30, 25)), timeout=1.0).stable


def test_a_block_caret_that_toggles_does_not_hold_it_up():
    assert settle(moving(blinking(9, 18, 12)), timeout=1.5).stable


def test_a_spinner_that_comes_round_does_not_hold_it_up():
    def spinner(pixels, seconds):
        phase = int(seconds * 30) % 8
        pixels[20:36, 20 + 2 * phase : 24 + 2 * phase] = 255

    assert settle(moving(spinner), timeout=3.0).stable


def test_a_moving_square_is_never_stable_and_ends_at_the_timeout():
    settled = settle(moving(sliding_square), timeout=0.5)
    assert not settled.stable
    assert settled.looks > 2 and settled.seconds >= 0.5


def test_a_movement_in_an_ignored_region_does_not_hold_it_up():
    assert settle(moving(sliding_square), timeout=1.0, ignore=[Box(0, 150, 640, 250)]).stable


def test_a_window_that_appears_late_restarts_the_quiet_time():
    def late_window(pixels, seconds):
        if seconds > 0.1:
            pixels[100:300, 100:500] = 220

    settled = settle(moving(late_window), quiet=0.2)
    assert settled.stable
    assert (settled.screenshot.pixels[200, 300] == 220).all()
    assert settled.seconds >= 0.3


def test_a_program_that_answers_late_is_waited_for_and_one_that_answered_is_not():
    def late_dialog(pixels, seconds):
        if seconds > 0.3:
            pixels[100:300, 100:500] = 220

    before = Screenshot(np.full((400, 640, 3), 40, np.uint8))
    waited = settle(moving(late_dialog), quiet=0.05, since=before, answer=0.6)
    assert waited.stable and (waited.screenshot.pixels[200, 300] == 220).all()
    answered = settle(moving(still), quiet=0.05, since=before, answer=2.0)
    assert answered.stable and answered.seconds < 2.0
    silent = settle(lambda: before, quiet=0.05, since=before, answer=0.2)
    assert silent.stable and silent.seconds >= 0.2


def test_a_screen_that_changes_its_size_while_settling_is_followed():
    small, large = moving(still), moving(still, 800, 600)
    looks = iter([small, small])

    settled = settle(lambda: next(looks, large)(), quiet=0.05)
    assert settled.stable and settled.screenshot.viewport.width == 800


def test_a_slow_capture_needs_only_two_looks():
    def slow():
        pause(0.06, why="a virtual machine takes this long to take a screenshot")
        return Screenshot(np.zeros((40, 60, 3), np.uint8))

    settled = settle(slow, quiet=0.05)
    assert settled.stable and settled.looks == 2


def test_without_time_there_is_one_look_and_no_claim():
    settled = settle(moving(still), timeout=0.0)
    assert settled.looks == 1 and not settled.stable


class CountingReader:
    def __init__(self):
        self.read_count = 0

    def read(self, screenshot):
        self.read_count += 1
        return (Element("text", "hello", Box(0, 0, 10, 10)),)

    def zoom(self, screenshot, box):
        return ()


def test_an_observer_reads_only_when_asked_and_remembers_the_last_screenshot():
    colour = [10]
    reader = CountingReader()
    observer = Observer(
        lambda: Screenshot(np.full((40, 60, 3), colour[0], np.uint8)), reader, quiet=0.02, timeout=1.0
    )
    assert observer.settled is None
    first = observer.observe()
    assert first.change is None and reader.read_count == 0
    assert observer.settled is not None and observer.settled.stable
    colour[0] = 20
    second = observer.observe()
    assert second.change.describe() == "the whole screen changed"
    assert [element.text for element in second.elements] == ["hello"]
    assert second.elements and reader.read_count == 1
    observer.forget()
    assert observer.observe().change is None
