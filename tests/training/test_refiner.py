"""The network that looks closely: what it is shown, what it learns, and that both its forms are one."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from deskhand.actions.geometry import Box
from deskhand.errors import UsageError
from deskhand.perception.screen import ROLES, STATES, Element
from deskhand.perception.widgets.detector import Detector
from deskhand.perception.widgets.refiner import (
    HIGH,
    NOTHING,
    NUMBERS,
    WIDE,
    Refiner,
    RefinerNetwork,
    as_prediction,
    moved_sides,
    numbers,
    padded,
    sides_between,
    views,
)
from deskhand.training.detector.refiner import (
    CANDIDATES,
    RefinerNet,
    _elements,
    _rows,
    _shaken,
    labelled,
    train,
)
from deskhand.training.runs import Settings
from tests.training.drawn import screens_in

pytestmark = pytest.mark.model

BUTTON = Element("button", "", Box(40, 40, 140, 70), confidence=0.5, state=frozenset({"focused"}))


@pytest.fixture
def screens(tmp_path):
    return screens_in(tmp_path / "set")


@pytest.fixture(scope="module")
def trained():
    """A network whose normalisations have seen something."""
    torch.manual_seed(1)
    net = RefinerNet().train()
    with torch.no_grad():
        for _ in range(3):
            net(torch.randn(8, 3, HIGH, WIDE), torch.randn(8, NUMBERS))
    return net.eval()


def test_both_forms_give_the_same_numbers(trained):
    chance = np.random.default_rng(2)
    shown = chance.integers(0, 256, (70, HIGH, WIDE, 3)).astype(np.uint8)
    known = chance.normal(size=(70, NUMBERS)).astype(np.float32)
    prediction = RefinerNetwork(
        {name: array.astype(np.float32) for name, array in trained.weights().items()}
    )(shown, known)
    with torch.no_grad():
        pictures = torch.from_numpy(shown).permute(0, 3, 1, 2).float() / 127.5 - 1
        wanted = as_prediction(trained(pictures, torch.from_numpy(known)).numpy())
    assert prediction.choices.shape == (70, NOTHING + 1) and np.allclose(
        prediction.choices.sum(axis=1), 1, atol=1e-4
    )
    assert np.abs(prediction.choices - wanted.choices).max() < 0.03  # the weights are stored in 16 bits
    assert np.abs(prediction.sides - wanted.sides).max() < 0.03
    assert prediction.states.shape == (70, len(STATES))


def test_weights_that_were_written_can_be_gone_on_from(trained):
    again = RefinerNet()
    again.take(trained.weights())
    shown, known = torch.randn(4, 3, HIGH, WIDE), torch.randn(4, NUMBERS)
    with torch.no_grad():
        one, other = trained(shown, known), again.eval()(shown, known)
    assert (one - other).abs().max() < 0.03 * max(1.0, float(one.abs().max()))


@pytest.mark.parametrize(
    "box", [Box(0, 0, 3, 3), Box(637, 477, 640, 480), Box(0, 0, 640, 480), Box(0, 100, 640, 104)]
)
def test_anything_on_a_screen_can_be_shown(box):
    pixels = np.random.default_rng(3).integers(0, 256, (480, 640, 3)).astype(np.uint8)
    one = Element("row", "", box)
    assert views(padded(pixels), [one]).shape == (1, HIGH, WIDE, 3)
    assert np.isfinite(numbers([one], pixels.shape)).all()


def test_the_whole_of_a_candidate_is_shown_first_and_its_ends_larger():
    pixels = np.zeros((100, 400, 3), np.uint8)
    pixels[40:60, 50:60] = 255  # a mark at the left end of something long
    shown = views(padded(pixels), [Element("checkbox", "", Box(50, 40, 250, 60))])[0]
    whole, left, right = shown[:, :96], shown[:, 96:128], shown[:, 128:160]
    assert (left > 128).mean() > 4 * (whole > 128).mean() > 0
    assert not right.any()


def test_a_candidate_is_what_it_overlaps_most():
    truth = (BUTTON, Element("text", "OK", Box(80, 50, 100, 60)))
    found = [
        Element("icon", "", Box(42, 42, 138, 71)),
        Element("text", "", Box(81, 50, 100, 60)),
        Element("row", "", Box(300, 40, 400, 60)),
    ]
    candidates = labelled(found, truth)
    assert candidates.roles.tolist() == [ROLES.index("button"), ROLES.index("text"), NOTHING]
    assert candidates.true[:2] == truth and candidates.true[2] is found[2]
    assert labelled(found, ()).roles.tolist() == [NOTHING] * 3


def test_a_text_that_stands_alone_in_something_is_that():
    one, two = Element("text", "", Box(50, 50, 70, 60)), Element("text", "", Box(80, 50, 100, 60))
    assert labelled([one], [BUTTON]).roles.tolist() == [ROLES.index("button")]
    assert labelled([one, two], [BUTTON]).roles.tolist() == [NOTHING, NOTHING]
    high = Element("button", "", Box(40, 10, 140, 110))
    assert labelled([one], [high]).roles.tolist() == [NOTHING]


def test_nothing_is_labelled_where_nothing_was_found():
    assert labelled((), [BUTTON]).found == ()


def test_sides_are_moved_to_where_the_truth_is():
    chance = random.Random(4)
    for _ in range(50):
        shaken = _shaken(BUTTON, Box(0, 0, 640, 480), chance).box
        assert moved_sides(shaken, sides_between(shaken, BUTTON.box)) == BUTTON.box
    text = Box(60, 48, 90, 60)
    assert moved_sides(text, sides_between(text, BUTTON.box)) == BUTTON.box
    nothing_left = np.array([9, 9, -9, -9], np.float32)
    assert moved_sides(BUTTON.box, nothing_left) == BUTTON.box


def test_candidates_are_written_down_whole():
    elements = (BUTTON, Element("window", "", Box(0, 0, 9, 9), confidence=0.25))
    assert _elements(_rows(elements)) == elements
    assert _elements(_rows(())) == ()


@pytest.mark.slow(reason="it trains twice")
def test_a_run_learns_and_goes_on_with_the_same_candidates(screens, tmp_path):
    sought, prediction = [], []
    run = tmp_path / "run"
    weights = train(
        screens,
        run,
        Settings(steps=10, warmup=1),
        progress=prediction.append,
        finding=lambda *n: sought.append(n),
    )
    assert [one.step for one in prediction] == [10] and sought[-1] == (len(screens), len(screens))
    assert set(load_file(weights)) > {"out.weight", "mixed.bias", "c1.norm"}
    found = Detector(refiner=Refiner(weights)).find(screens[0].screenshot())
    assert all(one.role in ROLES and one.state <= set(STATES) for one in found)
    train(screens, run, Settings(steps=10, warmup=1), finding=lambda *n: sought.append(n))
    assert len(sought) == len(screens)  # they were not sought again
    with pytest.raises(UsageError, match=CANDIDATES.replace(".", r"\.")):
        train(screens[:-1], run, Settings(steps=10, warmup=1))


def test_without_screens_nothing_is_trained(tmp_path):
    with pytest.raises(UsageError, match="train screens"):
        train([], tmp_path)
