"""Frames of numbers and the pixels that they mean."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deskhand.actions.geometry import (
    CoordinateSystem,
    PerMille,
    ScreenPoint,
    SmartResized,
    UnitSquare,
    Viewport,
    from_screen,
    to_screen,
)

SCREEN = Viewport(1920, 1080)
FULL = settings(deadline=None, derandomize=True, max_examples=300)


@pytest.mark.parametrize(
    ("size", "coordinates", "resized"),
    [
        ((1920, 1080), SmartResized(), (1932, 1092)),
        ((3840, 2160), SmartResized(max_pixels=2700 * 28 * 28), (1932, 1064)),
        ((1522, 1022), SmartResized(), (1512, 1008)),  # 36.5 steps of 28 round to the even 36
        ((1932, 1092), SmartResized(), (1932, 1092)),
        ((28, 28), SmartResized(), (280, 280)),
        ((1280, 800), SmartResized(factor=32), (1280, 800)),
    ],
)
def test_smart_resize_gives_the_sizes_of_the_models_own(
    size: tuple[int, int], coordinates: SmartResized, resized: tuple[int, int]
) -> None:
    assert coordinates.resized(Viewport(*size)) == Viewport(*resized)


@FULL
@given(st.integers(60, 6000), st.integers(60, 6000), st.sampled_from([2700, 4096, 16384]))
def test_a_resized_image_is_resized_no_further(width: int, height: int, blocks: int) -> None:
    coordinates = SmartResized(max_pixels=blocks * 28 * 28)
    once = coordinates.resized(Viewport(width, height))
    assert coordinates.resized(once) == once
    assert once.width % 28 == once.height % 28 == 0
    assert once.width * once.height <= coordinates.max_pixels


def test_a_ribbon_of_a_screen_cannot_be_resized() -> None:
    with pytest.raises(ValueError, match="ratio over 200"):
        SmartResized().resized(Viewport(2010, 10))


def test_the_far_edge_is_the_last_pixel_and_halves_round_to_even() -> None:
    far = to_screen(1000, 1000, PerMille(), SCREEN)
    assert far is not None and (far.point, far.clamped) == (ScreenPoint(1919, 1079), False)
    halves = [to_screen(x, 0, PerMille(), Viewport(500, 500)) for x in (1, 3, 5)]
    assert [half.point.x for half in halves if half] == [0, 2, 2]


def test_a_little_outside_is_clamped_and_more_is_refused() -> None:
    near = to_screen(1020, -20, PerMille(), SCREEN)
    assert near is not None and (near.point, near.clamped) == (ScreenPoint(1919, 0), True)
    for x, y in ((1020.1, 5), (5, -20.1), (math.nan, 5), (5, math.inf), (-math.inf, 5)):
        assert to_screen(x, y, PerMille(), SCREEN) is None


@FULL
@given(st.data(), st.integers(1, 5000), st.integers(1, 5000))
def test_a_pixel_survives_the_journey_to_a_frame_and_back(
    data: st.DataObject, width: int, height: int
) -> None:
    screen = Viewport(width, height)
    point = ScreenPoint(data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1)))
    frames: list[CoordinateSystem] = [PerMille(), UnitSquare()]
    if max(width, height) <= 200 * min(width, height):
        frames.append(SmartResized())
    for coordinates in frames:
        back = to_screen(*from_screen(point, coordinates, screen), coordinates, screen)
        assert back is not None and back.point == point


def test_a_frame_says_in_words_what_its_numbers_are() -> None:
    assert PerMille().describe(SCREEN) == "integers from 0 to 1000 on each axis"
    assert "1932x1092" in SmartResized().describe(SCREEN)
    assert "0 to 1" in UnitSquare().describe(SCREEN)


def test_a_viewport_knows_its_own_points() -> None:
    assert ScreenPoint(0, 0) in SCREEN and ScreenPoint(1919, 1079) in SCREEN
    assert ScreenPoint(1920, 0) not in SCREEN and ScreenPoint(0, -1) not in SCREEN
    assert "a point" not in SCREEN
    with pytest.raises(ValueError, match="at least one pixel"):
        Viewport(0, 5)
