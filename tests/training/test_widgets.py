"""What a screen's truth asks of the network, and that the network can learn it."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from deskhand.actions.geometry import Box
from deskhand.errors import UsageError
from deskhand.perception.screen import ROLES, STATES, Element
from deskhand.perception.widgets.detector import Detector, decoded
from deskhand.perception.widgets.network import OUTPUTS, STRIDES
from deskhand.screens.score import score
from deskhand.training.detector.crops import Screens
from deskhand.training.detector.train import stacked, train
from deskhand.training.detector.widgets import WidgetNet, level_of, loss_of, role_weights, targets
from deskhand.training.runs import CHECKPOINT, Settings
from tests.training.drawn import screens_in

pytestmark = pytest.mark.model

ELEMENTS = (
    Element("window", "", Box(10, 10, 470, 440)),
    Element("button", "", Box(40, 40, 140, 70), state=frozenset({"focused"})),
    Element("icon", "", Box(200, 40, 211, 51)),
    Element("checkbox", "", Box(40, 100, 160, 118), state=frozenset({"checked"})),
    Element("field", "", Box(40, 150, 440, 180)),
)


def said(elements, size=512):
    """The network's numbers if it were as sure as its targets."""
    levels = []
    for target in targets(elements, size, size):
        heat = np.where(target.heat > 0.99, 6.0, -6.0)
        states = np.where(target.states > 0.5, 5.0, -5.0)
        levels.append(np.concatenate([heat, target.sides, states]).astype(np.float32))
    return levels


def test_what_the_targets_say_is_what_is_there():
    found = decoded(said(ELEMENTS), (512, 512))
    assert {(one.role, one.box, one.state) for one in found} == {
        (one.role, one.box, one.state) for one in ELEMENTS
    }


@pytest.mark.parametrize(
    ("width", "height", "stride"), [(40, 8, 4), (400, 20, 8), (400, 60, 16), (400, 300, 32), (8, 400, 8)]
)
def test_the_shorter_side_chooses_the_level_but_a_long_bar_is_not_on_the_first(width, height, stride):
    assert STRIDES[level_of(Box(0, 0, width, height))] == stride


def test_what_is_rare_weighs_more():
    weights = role_weights([*ELEMENTS, *[Element("row", "", Box(0, 0, 9, 9))] * 400]).flatten()
    assert weights[ROLES.index("slider")] > weights[ROLES.index("row")]


def test_two_elements_of_a_kind_side_by_side_are_two():
    row = [Element("icon", "", Box(20 + 30 * n, 20, 44 + 30 * n, 44)) for n in range(6)]
    assert len(decoded(said(row), (512, 512))) == 6


def test_the_loss_is_least_where_the_network_says_what_is_there():
    right = [torch.from_numpy(level)[None] for level in said(ELEMENTS)]
    wanted = [
        {
            name: torch.from_numpy(getattr(target, name))[None]
            for name in ("heat", "sides", "states", "weight")
        }
        for target in targets(ELEMENTS, 512, 512)
    ]
    wrong = [level.roll(3, dims=3) for level in right]
    good, bad = loss_of(right, wanted), loss_of(wrong, wanted)
    assert float(good["sides"]) < 1e-3
    assert all(float(good[name]) < float(bad[name]) for name in ("heat", "overlap", "states"))


@pytest.fixture
def screens(tmp_path):
    return screens_in(tmp_path / "set")


def test_parts_of_screens_hold_what_lies_in_them(screens, tmp_path):
    chance, parts = random.Random(1), Screens(screens, tmp_path / "bin")
    for _ in range(20):
        for crop in parts.batch(chance):
            height, width = crop.pixels.shape[:2]
            assert height % 64 == width % 64 == 0
            whole = Box(0, 0, width, height)
            assert all(one.box.intersection(whole) == one.box and one.box.area for one in crop.elements)


def test_a_part_that_is_not_altered_is_cut_out_of_the_screen(screens, tmp_path):
    class Plain(random.Random):
        def choice(self, options):
            return 1.0 if options[0] == 1.0 else options[0]

        def random(self):
            return 0.0

    crop = Screens(screens, tmp_path / "bin").crop(0, 512, 448, Plain(3))
    pixels = screens[0].screenshot().pixels
    frames = [one for one in crop.elements if one.role == "field"]
    true = {(one.box.width, one.box.height) for one in screens[0].elements}
    assert frames and all((one.box.width, one.box.height) in true or one.box.left == 0 for one in frames)
    assert np.isin(np.unique(crop.pixels), np.unique(pixels)).all()


@pytest.mark.slow(reason="it trains a detector twice")
def test_a_step_learns_and_a_killed_run_goes_on(screens, tmp_path):
    told = []
    weights = train(screens, tmp_path / "run", Settings(steps=10, warmup=1), progress=told.append)
    assert [one.step for one in told] == [10]
    found = Detector(weights).find(screens[0].screenshot())
    assert all(one.role in ROLES and one.state <= set(STATES) for one in found)
    assert score(found, screens[0].elements).there.total() == len(screens[0].elements)
    saved = torch.load(tmp_path / "run" / CHECKPOINT, weights_only=True)
    assert saved["step"] == 10
    written = load_file(weights)
    last = "convolutions.out8.weight"  # no normalisation is folded into it
    assert np.allclose(written["out8.weight"], saved["mean"][last].numpy(), atol=1e-3)
    first = saved["mean"]["convolutions.s4.weight"].numpy()
    ratio = written["s4.weight"] / np.where(np.abs(first) < 1e-3, np.nan, first)
    assert np.nanstd(ratio, axis=(1, 2, 3)).max() < 0.05  # one factor for each channel
    again = train(screens, tmp_path / "run", Settings(steps=10, warmup=1), progress=told.append)
    assert len(told) == 1 and again == weights


def test_weights_that_were_written_can_be_gone_on_from():
    torch.manual_seed(3)
    first, second = WidgetNet().train(), WidgetNet()
    with torch.no_grad():
        first(torch.randn(2, 3, 128, 128))
    first.eval()
    second.take(first.weights())
    second.eval()
    picture = torch.randn(1, 3, 128, 128)
    with torch.no_grad():
        for one, other in zip(first(picture), second(picture), strict=True):
            assert (one - other).abs().max() < 0.02 * max(1.0, float(one.abs().max()))


def test_another_run_s_checkpoint_is_not_gone_on_with(screens, tmp_path):
    train(screens, tmp_path / "run", Settings(steps=1))
    with pytest.raises(UsageError, match="another"):
        train(screens, tmp_path / "run", Settings(steps=2))


def test_without_screens_nothing_is_trained(tmp_path):
    with pytest.raises(UsageError, match="train screens"):
        train([], tmp_path)


def test_a_batch_has_the_networks_shape(screens, tmp_path):
    crops = Screens(screens, tmp_path / "bin").batch(random.Random(0))
    pictures, wanted = stacked(crops)
    assert pictures.shape[0] == len(crops) and len(wanted) == len(STRIDES)
    for stride, level in zip(STRIDES, wanted, strict=True):
        assert level["heat"].shape[1:] == (
            len(ROLES),
            pictures.shape[2] // stride,
            pictures.shape[3] // stride,
        )
    assert len(ROLES) + 4 + len(STATES) == OUTPUTS
    assert replace(ELEMENTS[0], role="row").role in ROLES
