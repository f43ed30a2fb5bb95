"""The layers of a network of perception, in torch: to be learnt, written as weights and taken up again.

Behind each convolution stands a batch normalisation while training; it is folded into the weights when
they are written.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from deskhand.perception.widgets.network import PICTURE, GraphLayer
from deskhand.training.runs import TrainedNet

EPSILON = 1e-4

Arrays = dict[str, NDArray[Any]]


class LayeredNet(TrainedNet):
    """Convolutions as ``Layer`` describes them.

    Args:
        unnormalised: names of the layers that give results, as they are.
    """

    def __init__(self, layers: Sequence[GraphLayer], unnormalised: Collection[str] = ()) -> None:
        super().__init__()
        self._layers = layers
        self.convolutions = nn.ModuleDict()
        self.norms = nn.ModuleDict()
        for layer in layers:
            plain = layer.name in unnormalised
            self.convolutions[layer.name] = nn.Conv2d(
                layer.inputs, layer.outputs, layer.kernel, layer.stride, layer.kernel // 2, bias=plain
            )
            if not plain:
                self.norms[layer.name] = nn.BatchNorm2d(layer.outputs, momentum=0.03)

    def results(self, picture: Tensor) -> dict[str, Tensor]:
        """What each layer makes of pictures (B, 3, H, W) from -1 to 1."""
        found = {PICTURE: picture}
        for layer in self._layers:
            found[layer.name] = self._result(layer, found)
        return found

    def _result(self, layer: GraphLayer, results: dict[str, Tensor]) -> Tensor:
        value: Tensor = self.convolutions[layer.name](results[layer.source])
        if layer.name in self.norms:
            value = self.norms[layer.name](value)
        if layer.add:
            value = value + results[layer.add]
        if layer.enlarge:
            value = value + F.interpolate(results[layer.enlarge], scale_factor=2.0, mode="nearest")
        return F.relu(value) if layer.relu else value

    def weights(self) -> Arrays:
        """What perception reads, normalisation folded in; and NAME.norm, from which ``take`` can unfold
        it: weight, bias, mean and variance, (4, channels)."""
        found: Arrays = {}
        for layer in self._layers:
            convolution = self.convolutions[layer.name]
            assert isinstance(convolution, nn.Conv2d)
            weight = convolution.weight.detach().float()
            if layer.name in self.norms:
                norm, factor = self._norm(layer.name)
                assert norm.running_mean is not None and norm.running_var is not None
                weight, bias = weight * factor[:, None, None, None], norm.bias - norm.running_mean * factor
                parts = (norm.weight, norm.bias, norm.running_mean, norm.running_var)
                found[f"{layer.name}.norm"] = torch.stack([part.detach() for part in parts]).numpy()
            else:
                assert convolution.bias is not None
                bias = convolution.bias
            found |= written(layer.name, weight, bias)
        return found

    def take(self, weights: Mapping[str, NDArray[Any]]) -> None:
        """Go on from what ``weights`` gave; what was rounded to 16 bits stays rounded."""
        with torch.no_grad():
            for layer in self._layers:
                convolution = self.convolutions[layer.name]
                assert isinstance(convolution, nn.Conv2d)
                weight = torch.from_numpy(weights[f"{layer.name}.weight"].astype(np.float32))
                if layer.name in self.norms:
                    parts = torch.from_numpy(weights[f"{layer.name}.norm"].astype(np.float32))
                    norm, _ = self._norm(layer.name)
                    assert norm.running_mean is not None and norm.running_var is not None
                    mine = (norm.weight, norm.bias, norm.running_mean, norm.running_var)
                    for own, given in zip(mine, parts, strict=True):
                        own.copy_(given)
                    factor = self._norm(layer.name)[1]
                    safe = torch.where(factor.abs() < EPSILON, torch.ones_like(factor), factor)
                    weight = weight / safe[:, None, None, None]
                else:
                    assert convolution.bias is not None
                    convolution.bias.copy_(torch.from_numpy(weights[f"{layer.name}.bias"].astype(np.float32)))
                convolution.weight.copy_(weight)

    def _norm(self, name: str) -> tuple[nn.BatchNorm2d, Tensor]:
        """A layer's normalisation, and by what it multiplies."""
        norm = self.norms[name]
        assert isinstance(norm, nn.BatchNorm2d) and norm.running_var is not None
        return norm, norm.weight / torch.sqrt(norm.running_var + norm.eps)


def written(name: str, weight: Tensor, bias: Tensor) -> Arrays:
    """A layer's weight and bias in 16 bits, under their names."""
    return {
        # safetensors writes memory as it lies; trained weights lie with their channels last.
        f"{name}.weight": np.ascontiguousarray(weight.detach().numpy(), np.float16),
        f"{name}.bias": bias.detach().numpy().astype(np.float16),
    }
