"""Training the detector on screens with known truth, on a processor.

A run is a function of its screens and settings. It writes a checkpoint every few minutes and goes on
from there when started again; the weights that it leaves are a running mean of those of late.
"""

from __future__ import annotations

import copy
import dataclasses
import json
import logging
import math
import os
import random
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import load_file, save_file
from torch import Tensor

from deskhand.benchmarks.screens.score import Score, score
from deskhand.benchmarks.screens.sets import TrueScreen
from deskhand.errors import UsageError
from deskhand.perception.detector import Detector
from deskhand.training.crops import Crop, Screens
from deskhand.training.widgets import WidgetNet, loss_of, role_weights, targets

log = logging.getLogger(__name__)

CHECKPOINT = "checkpoint.pt"
WEIGHTS = "detector.safetensors"
PIXELS = "screens.bin"
PARTS = {"heat": 1.0, "sides": 1.0, "overlap": 2.0, "states": 0.5}
"""How much each part of the loss matters."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How to train.

    Attributes:
        steps: updates, of about a million pixels each.
        rate: learning rate at its highest; it rises over ``warmup`` steps and falls to nearly nothing.
        decay: of the weights.
        average: of the running mean of the weights that is kept in the end.
        seed: of the first values and of what is drawn.
        checkpoint_seconds: how often a checkpoint is written.
    """

    steps: int = 6000
    rate: float = 2e-3
    warmup: int = 100
    decay: float = 0.02
    average: float = 0.998
    seed: int = 0
    checkpoint_seconds: float = 120.0


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run is: updates done and to do, mean loss of late by part, seconds an update."""

    step: int
    steps: int
    losses: dict[str, float]
    seconds: float


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
        start_from: a checkpoint of another run, or weights, to begin with.
        progress: is told after every tenth update.
        reading: is told how many screens were read, of how many.

    Raises:
        UsageError: there is nothing to train on, or ``out`` holds the checkpoint of another run.
    """
    if not screens:
        raise UsageError("there are no screens to train on: make some with `deskhand train screens`")
    run = _Run(Screens(screens, out / PIXELS, reading), out / CHECKPOINT, settings)
    if not run.resume() and start_from is not None:
        run.begin_with(start_from)
    run.go(progress)
    save_file(run.mean.weights(), out / WEIGHTS)
    (out / WEIGHTS).chmod(0o644)
    return out / WEIGHTS


def evaluate(weights: Path, screens: Sequence[TrueScreen]) -> Score:
    """How well a trained detector alone, without reading, finds what is on screens."""
    detector, total = Detector(weights), Score()
    for screen in screens:
        total += score(detector.find(screen.screenshot()), screen.elements)
    return total


class _Run:
    def __init__(self, screens: Screens, checkpoint: Path, settings: Settings) -> None:
        torch.manual_seed(settings.seed)
        self.screens, self.checkpoint, self.settings = screens, checkpoint, settings
        self.net = WidgetNet().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.mean = copy.deepcopy(self.net).eval()
        self.optimizer = torch.optim.AdamW(
            self.net.parameters(), lr=settings.rate, weight_decay=settings.decay
        )
        self.step = 0
        self._roles = role_weights(one for screen in screens.screens for one in screen.elements)
        self._losses: dict[str, float] = {}
        self._identity = json.dumps([dataclasses.asdict(settings), len(screens.screens)])

    def resume(self) -> bool:
        """Go on from the checkpoint, if there is one."""
        if not self.checkpoint.exists():
            return False
        saved = torch.load(self.checkpoint, weights_only=True)
        if saved["identity"] != self._identity:
            raise UsageError(
                f"{self.checkpoint} belongs to a run with other screens or settings: "
                "remove it or choose another --out"
            )
        self.net.load_state_dict(saved["net"])
        self.mean.load_state_dict(saved["mean"])
        self.optimizer.load_state_dict(saved["optimizer"])
        self.step = int(saved["step"])
        return True

    def begin_with(self, start: Path) -> None:
        """Begin with the mean weights of another run: its checkpoint, or the weights that it wrote."""
        if start.suffix == ".safetensors":
            weights = load_file(start)
            self.net.take(weights)
            self.mean.take(weights)
            return
        saved = torch.load(start, weights_only=True)
        self.net.load_state_dict(saved["mean"])
        self.mean.load_state_dict(saved["mean"])

    def go(self, progress: Callable[[Progress], None] | None) -> None:
        saved = begun = time.monotonic()
        first = self.step
        with ThreadPoolExecutor(1, "crops") as pool:
            for batch in self._batches(pool):
                self._update(*batch)
                self.step += 1
                now = time.monotonic()
                if self.step % 200 == 0:
                    log.info("step %d: %s", self.step, {n: round(x, 3) for n, x in self._losses.items()})
                if progress is not None and self.step % 10 == 0:
                    seconds = (now - begun) / (self.step - first)
                    progress(Progress(self.step, self.settings.steps, self._losses, seconds))
                if now - saved > self.settings.checkpoint_seconds:
                    self._save()
                    saved = now
        self._save()

    def _batches(self, pool: ThreadPoolExecutor) -> Iterator[tuple[Tensor, list[dict[str, Tensor]]]]:
        """The batches that are left, each made while the one before it is learnt from."""
        steps = range(self.step, self.settings.steps)
        coming = pool.submit(self._batch, steps[0]) if steps else None
        for step in steps:
            assert coming is not None
            batch = coming.result()
            coming = pool.submit(self._batch, step + 1)
            yield batch

    def _batch(self, step: int) -> tuple[Tensor, list[dict[str, Tensor]]]:
        return stacked(self.screens.batch(random.Random(f"{self.settings.seed} {step}")))

    def _update(self, pictures: Tensor, wanted: list[dict[str, Tensor]]) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] = self._rate()
        with torch.autocast("cpu", torch.bfloat16):
            outputs = self.net(pictures)
        parts = loss_of(outputs, wanted, self._roles)
        loss = torch.stack([parts[name] * weight for name, weight in PARTS.items()]).sum()
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 10.0)
        self.optimizer.step()
        self._remember(parts)

    def _rate(self) -> float:
        settings, step = self.settings, self.step
        if step < settings.warmup:
            return settings.rate * (step + 1) / settings.warmup
        share = (step - settings.warmup) / max(1, settings.steps - settings.warmup)
        return settings.rate * (0.01 + 0.99 * (1 + math.cos(math.pi * share)) / 2)

    def _remember(self, parts: dict[str, Tensor]) -> None:
        """Move the mean weights and the mean losses a little towards those of now."""
        keep = min(self.settings.average, (self.step + 1) / (self.step + 10))
        with torch.no_grad():
            late = self.net.state_dict()
            for name, value in self.mean.state_dict().items():
                if value.is_floating_point():
                    value.lerp_(late[name], 1 - keep)
        for name, part in parts.items():
            before = self._losses.get(name, float(part.detach()))
            self._losses[name] = 0.98 * before + 0.02 * float(part.detach())

    def _save(self) -> None:
        """Write the checkpoint so that a kill leaves the old or the new one."""
        state = {
            "identity": self._identity,
            "net": self.net.state_dict(),
            "mean": self.mean.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
        }
        whole = self.checkpoint.with_suffix(".new")
        torch.save(state, whole)
        os.replace(whole, self.checkpoint)


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
