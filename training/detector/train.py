"""Training the detector's first network on screens with known truth, on a processor."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from deskhand.errors import UsageError
from deskhand.screens.sets import TrueScreen
from deskhand.training.detector.crops import Crop, Screens
from deskhand.training.detector.widgets import WidgetNet, loss_of, role_weights, targets
from deskhand.training.runs import Progress, Run, Settings

WEIGHTS = "detector.safetensors"
PIXELS = "screens.bin"
PARTS = {"heat": 1.0, "sides": 1.0, "overlap": 2.0, "states": 0.5}
"""How much each part of the loss matters."""

Batch = tuple[Tensor, list[dict[str, Tensor]]]


def train(
    screens: Sequence[TrueScreen],
    out: Path,
    settings: Settings = Settings(),
    *,
    start_from: Path | None = None,
    progress: Callable[[Progress], None] | None = None,
    reading: Callable[[int, int], None] | None = None,
) -> Path:
    """Train the network on screens and write ``detector.safetensors`` into ``out``; returns that file.

    Args:
        out: holds the checkpoint and the pixels of all screens too, some megabytes each.
        settings: an update is of about a million pixels.
        start_from: a checkpoint of another run, or weights, to begin with.
        progress: is called after every tenth update.
        reading: is called with how many screens were read, of how many.

    Raises:
        UsageError: there is nothing to train on, or ``out`` holds the checkpoint of another run.
    """
    if not screens:
        raise UsageError("there are no screens to train on: make some with `deskhand train screens`")
    run = _Run(Screens(screens, out / PIXELS, reading), out, settings)
    return run.trained(WEIGHTS, start_from, progress)


class _Run(Run[WidgetNet, Batch]):
    def __init__(self, screens: Screens, out: Path, settings: Settings) -> None:
        super().__init__(WidgetNet, out, settings, len(screens.screens), PARTS)
        self._screens = screens
        self._roles = role_weights(one for screen in screens.screens for one in screen.elements)

    def batch(self, step: int) -> Batch:
        """Parts of screens, altered at random."""
        return stacked(self._screens.batch(random.Random(f"{self.settings.seed} {step}")))

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        """As ``loss_of`` has it, with rare roles weighted up."""
        pictures, wanted = batch
        return loss_of(self.net(pictures), wanted, self._roles)


def stacked(crops: Sequence[Crop]) -> tuple[Tensor, list[dict[str, Tensor]]]:
    """A batch: pictures (B, 3, H, W) from -1 to 1, and for each level its targets by name."""
    pixels = np.stack([crop.pixels for crop in crops])
    pictures = torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 127.5 - 1
    height, width = pixels.shape[1:3]
    each = [targets(crop.elements, width, height) for crop in crops]
    names = ("heat", "sides", "states", "weight")
    wanted = [
        {name: torch.from_numpy(np.stack([getattr(target, name) for target in level])) for name in names}
        for level in zip(*each, strict=True)
    ]
    return pictures.contiguous(memory_format=torch.channels_last), wanted
