"""The detector's network in torch: its loss, and what a screen's truth asks of it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from deskhand.actions.geometry import Box
from deskhand.perception.screen import ROLES, STATES, Element
from deskhand.perception.widgets.network import LAYERS, OUTPUTS, STRIDES
from deskhand.training.detector.layered import LayeredNet

SHORT_SIDES = (13.0, 32.0, 100.0)
"""The level for an element follows from its shorter side: up to so many pixels it is the first, and so on."""
LONG = 6
"""What is so many times longer than its shorter side needs more surroundings: not the first level."""
WIDEST = 8.0
"""Cells of the widest bell; the centre of something long cannot be given to the pixel."""
RARE = 0.01
"""How likely the untrained network thinks that a cell is a centre; keeps the first steps calm."""
EPSILON = 1e-4


class WidgetNet(LayeredNet):
    """Takes (B, 3, H, W) floats from -1 to 1, gives (B, OUTPUTS, H/s, W/s) for each of ``STRIDES``."""

    def __init__(self) -> None:
        super().__init__(LAYERS, unnormalised=[f"out{stride}" for stride in STRIDES])
        for stride in STRIDES:
            bias = self.convolutions[f"out{stride}"].bias
            assert isinstance(bias, Tensor)
            with torch.no_grad():
                bias.zero_()
                bias[: len(ROLES)] = math.log(RARE / (1 - RARE))
                bias[len(ROLES) : len(ROLES) + 4] = 1.0

    def forward(self, picture: Tensor) -> list[Tensor]:
        """The result of each level, the finest first."""
        results = self.results(picture)
        return [results[f"out{stride}"] for stride in STRIDES]


@dataclass(slots=True)
class TrainingTarget:
    """What one level should say of one picture.

    Attributes:
        heat: (roles, rows, columns) from 0 to 1, 1 at the centre of each element.
        sides: (4, rows, columns): logarithms of the distances, in cells.
        states: (states, rows, columns) 0 or 1.
        weight: (rows, columns): how much sides and states matter there; 0 where nothing is.
    """

    heat: NDArray[np.float32]
    sides: NDArray[np.float32]
    states: NDArray[np.float32]
    weight: NDArray[np.float32]


def level_of(box: Box) -> int:
    """Which of ``STRIDES`` answers for an element."""
    short, long = sorted((box.width, box.height))
    level = next((n for n, most in enumerate(SHORT_SIDES) if short < most), len(SHORT_SIDES))
    return max(level, 1) if long > LONG * short else level


def targets(elements: Sequence[Element], width: int, height: int) -> list[TrainingTarget]:
    """What each level should say of a picture of that size, which multiples of every stride are."""
    made = []
    for stride in STRIDES:
        rows, columns = height // stride, width // stride
        made.append(
            TrainingTarget(
                np.zeros((len(ROLES), rows, columns), np.float32),
                np.zeros((4, rows, columns), np.float32),
                np.zeros((len(STATES), rows, columns), np.float32),
                np.zeros((rows, columns), np.float32),
            )
        )
    for element in sorted(elements, key=lambda one: -one.box.area):  # what is small is written last
        level = level_of(element.box)
        _mark(made[level], STRIDES[level], element)
    return made


def _mark(target: TrainingTarget, stride: int, element: Element) -> None:
    """Draw one element into the target of its level: a bell over its centre."""
    box = element.box
    rows, columns = target.weight.shape
    x, y = (box.left + box.right) / 2 / stride, (box.top + box.bottom) / 2 / stride
    wide = min(WIDEST, max(0.45, box.width / stride / 8))
    high = min(WIDEST, max(0.45, box.height / stride / 8))
    left, right = max(0, math.floor(x - 3 * wide)), min(columns, math.ceil(x + 3 * wide) + 1)
    top, bottom = max(0, math.floor(y - 3 * high)), min(rows, math.ceil(y + 3 * high) + 1)
    if left >= right or top >= bottom:
        return
    across = (np.arange(left, right) + 0.5 - x) / wide
    down = (np.arange(top, bottom) + 0.5 - y) / high
    bell = np.exp(-(across[None, :] ** 2 + down[:, None] ** 2) / 2).astype(np.float32)
    bell /= max(float(bell.max()), EPSILON)  # the cell nearest to the centre is the centre
    heat = target.heat[ROLES.index(element.role), top:bottom, left:right]
    np.maximum(heat, bell, out=heat)
    for row, column in np.argwhere(bell > 0.5).tolist():
        _say(target, stride, element, top + row, left + column, float(bell[row, column]))


def _say(target: TrainingTarget, stride: int, element: Element, row: int, column: int, weight: float) -> None:
    box = element.box
    x, y = (column + 0.5) * stride, (row + 0.5) * stride
    sides = np.array([x - box.left, y - box.top, box.right - x, box.bottom - y]) / stride
    if (sides <= 0).any():
        return
    target.sides[:, row, column] = np.log(sides)
    target.states[:, row, column] = [state in element.state for state in STATES]
    target.weight[row, column] = weight


def role_weights(elements: Iterable[Element]) -> Tensor:
    """How much a centre of each role matters: more where there are few, (roles, 1, 1)."""
    counts = Counter(element.role for element in elements)
    usual = float(np.median([counts[role] for role in ROLES])) or 1.0
    each = [min(4.0, max(0.5, (usual / max(1, counts[role])) ** 0.5)) for role in ROLES]
    return torch.tensor(each).reshape(-1, 1, 1)


def loss_of(
    outputs: Sequence[Tensor], wanted: Sequence[dict[str, Tensor]], roles: Tensor | float = 1.0
) -> dict[str, Tensor]:
    """Loss by part: "heat", "sides", "overlap", "states".

    Args:
        wanted: a batch's targets by level.
        roles: from ``role_weights``.
    """
    parts = {name: torch.zeros((), dtype=torch.float32) for name in ("heat", "sides", "overlap", "states")}
    count = sum((level["heat"] == 1).sum() for level in wanted)
    weights = sum(level["weight"].sum() for level in wanted)
    for output, level in zip(outputs, wanted, strict=True):
        heat = output[:, : len(ROLES)].float()
        parts["heat"] = parts["heat"] + _focal(heat, level["heat"], roles) / max(1, int(count))
        at = level["weight"] > 0
        if not at.any():
            continue
        cells = output.float().permute(0, 2, 3, 1)[at]  # (n, OUTPUTS)
        sides = level["sides"].permute(0, 2, 3, 1)[at]
        states = level["states"].permute(0, 2, 3, 1)[at]
        share = level["weight"][at] / weights
        sides_predicted = cells[:, len(ROLES) : len(ROLES) + 4].clamp(-6, 7)
        parts["sides"] = (
            parts["sides"]
            + (F.smooth_l1_loss(sides_predicted, sides, reduction="none", beta=0.2).mean(1) * share).sum()
        )
        parts["overlap"] = (
            parts["overlap"] + ((1 - _overlap(sides_predicted.exp(), sides.exp())) * share).sum()
        )
        logits = cells[:, OUTPUTS - len(STATES) :]
        parts["states"] = (
            parts["states"]
            + (F.binary_cross_entropy_with_logits(logits, states, reduction="none").mean(1) * share).sum()
        )
    return parts


def _focal(logits: Tensor, heat: Tensor, roles: Tensor | float) -> Tensor:
    """The penalty-reduced focal loss of "Objects as Points", summed."""
    odds = logits.sigmoid()
    centre = (heat == 1).float()
    hit = roles * centre * (1 - odds) ** 2 * F.logsigmoid(logits)
    miss = (1 - centre) * (1 - heat) ** 4 * odds**2 * F.logsigmoid(-logits)
    return -(hit + miss).sum()


def _overlap(sides_predicted: Tensor, sides: Tensor) -> Tensor:
    """Intersection over union of boxes around the same cell, given as distances (n, 4)."""
    low = torch.minimum(sides_predicted, sides)
    common = (low[:, 0] + low[:, 2]) * (low[:, 1] + low[:, 3])
    predicted_area = (sides_predicted[:, 0] + sides_predicted[:, 2]) * (
        sides_predicted[:, 1] + sides_predicted[:, 3]
    )
    area = (sides[:, 0] + sides[:, 2]) * (sides[:, 1] + sides[:, 3])
    return common / (predicted_area + area - common + EPSILON)
