"""The network that training learns is the network that looks at screens."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from deskhand.perception.widgets.network import COARSEST, LAYERS, OUTPUTS, STRIDES, Network
from deskhand.training.detector.widgets import WidgetNet

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def trained():
    """A torch network whose normalisations have seen something."""
    torch.manual_seed(1)
    net = WidgetNet().train()
    with torch.no_grad():
        for _ in range(3):
            net(torch.randn(2, 3, 128, 128))
    return net.eval()


def test_both_give_the_same_numbers(trained):
    pixels = np.random.default_rng(2).integers(0, 256, (2 * COARSEST, 3 * COARSEST, 3)).astype(np.uint8)
    weights = {name: array.astype(np.float32) for name, array in trained.weights().items()}
    seen = Network(weights)(pixels)
    with torch.no_grad():
        picture = torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 127.5 - 1
        wanted = trained(picture)
    assert len(seen) == len(STRIDES)
    for stride, one, other in zip(STRIDES, seen, wanted, strict=True):
        assert one.shape == (OUTPUTS, 2 * COARSEST // stride, 3 * COARSEST // stride)
        # The weights are stored in 16 bits.
        assert np.abs(one - other[0].numpy()).max() < 0.05 * max(1.0, float(other.abs().max()))


def test_a_missing_weight_is_named(trained):
    weights = {name: array.astype(np.float32) for name, array in trained.weights().items()}
    del weights["p8.bias"]
    with pytest.raises(ValueError, match=r"p8\.bias"):
        Network(weights)


def test_a_layer_reads_only_what_stands_before_it():
    known = {"picture"}
    for layer in LAYERS:
        assert {layer.source, *filter(None, (layer.add, layer.enlarge))} <= known, layer.name
        known.add(layer.name)
