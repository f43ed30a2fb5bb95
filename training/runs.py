"""A training run of a network on a processor: it can be killed, and goes on where it was.

A run is a function of what it learns from and its settings. It writes a checkpoint every few minutes;
the weights that it leaves are a running mean of those of late.
"""

from __future__ import annotations

import copy
import dataclasses
import json
import logging
import math
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Generic, TypeVar

import torch
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file
from torch import Tensor, nn

from deskhand.disk import replacing
from deskhand.errors import UsageError

log = logging.getLogger(__name__)

CHECKPOINT = "checkpoint.pt"

Weights = dict[str, NDArray[Any]]


class TrainedNet(nn.Module):
    """A network that is trained by a ``Run``: it says what is kept of it, and takes that up again."""

    def weights(self) -> Weights:
        """What is kept of it, by name."""
        raise NotImplementedError

    def take(self, weights: Weights) -> None:
        """Take up what was kept."""
        raise NotImplementedError


Net = TypeVar("Net", bound=TrainedNet)
Batch = TypeVar("Batch")


MOST_STEPS = 1_000_000
"""More than the updates of any run: so far apart are the numbers from which chance begins."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How to train.

    Attributes:
        steps: updates.
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


@cache
def _multiplies_halves() -> bool:
    """Whether the processor has instructions for products of 16-bit numbers: without them an update of
    convolutions took eight times as long."""
    return "bf16" in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")


class Run(ABC, Generic[Net, Batch]):
    """One run. A subclass of products of small matrices is faster with ``half`` off, one of convolutions
    with it on, where the processor has instructions for products of 16-bit numbers.

    Args:
        net: to be trained; it is seeded before.
        out: the folder of the checkpoint.
        amount: of what is learnt from, or its hash; a checkpoint belongs to one.
        parts: how much each part of the loss matters.
    """

    half = True
    """Whether the losses are computed with 16-bit numbers, where the processor multiplies them."""
    longest_step = 10.0
    """Gradients that are longer are shortened to this."""

    def __init__(
        self,
        make: Callable[[], Net],
        out: Path,
        settings: Settings,
        amount: int | str,
        parts: dict[str, float],
    ) -> None:
        torch.manual_seed(settings.seed)
        self.net: Net = make().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.mean: Net = copy.deepcopy(self.net).eval()
        self.settings = settings
        self.step = 0
        self._out, self._parts = out, parts
        self._optimizer = torch.optim.AdamW(
            self.net.parameters(), lr=settings.rate, weight_decay=settings.decay
        )
        self._losses: dict[str, float] = {}
        self._identity = json.dumps([dataclasses.asdict(settings), amount])

    @abstractmethod
    def batch(self, step: int) -> Batch:
        """What is learnt from in a step, a function of the step alone."""

    @abstractmethod
    def losses(self, batch: Batch) -> dict[str, Tensor]:
        """The loss of the network on a batch, by part."""

    def trained(
        self, name: str, start_from: Path | None, progress: Callable[[Progress], None] | None
    ) -> Path:
        """Train to the end, from the checkpoint if there is one; the weights' file, ``name`` in ``out``.

        Args:
            start_from: a checkpoint of another run, or weights, to begin with.
            progress: is called after every tenth update, and the last.

        Raises:
            UsageError: ``out`` holds the checkpoint of another run.
        """
        self.learn(start_from, progress)
        path = self._out / name
        save_file(self.mean.weights(), path)
        path.chmod(0o644)
        return path

    def learn(self, start_from: Path | None, progress: Callable[[Progress], None] | None) -> None:
        """The same without the weights' file; ``mean`` is what was learnt."""
        if not self._resumed() and start_from is not None:
            self._begin_with(start_from)
        self._go(progress)

    @property
    def _checkpoint(self) -> Path:
        return self._out / CHECKPOINT

    def _resumed(self) -> bool:
        if not self._checkpoint.exists():
            return False
        saved = torch.load(self._checkpoint, weights_only=True)
        if saved["identity"] != self._identity:
            raise UsageError(
                f"{self._checkpoint} belongs to a run with other data or settings: "
                "remove it or choose another --out"
            )
        self.net.load_state_dict(saved["net"])
        self.mean.load_state_dict(saved["mean"])
        self._optimizer.load_state_dict(saved["optimizer"])
        self.step = int(saved["step"])
        return True

    def _begin_with(self, start: Path) -> None:
        """Begin with the mean weights of another run: its checkpoint, or the weights that it wrote."""
        if start.suffix == ".safetensors":
            weights = load_file(start)
            self.net.take(weights)
            self.mean.take(weights)
            return
        saved = torch.load(start, weights_only=True)
        self.net.load_state_dict(saved["mean"])
        self.mean.load_state_dict(saved["mean"])

    def _go(self, progress: Callable[[Progress], None] | None) -> None:
        saved = begun = time.monotonic()
        first = self.step
        with ThreadPoolExecutor(1, "batches") as pool:
            for batch in self._batches(pool):
                self._update(batch)
                self.step += 1
                now = time.monotonic()
                if self.step % 200 == 0:
                    log.info("step %d: %s", self.step, {n: round(x, 3) for n, x in self._losses.items()})
                if progress is not None and (self.step % 10 == 0 or self.step == self.settings.steps):
                    seconds = (now - begun) / (self.step - first)
                    progress(Progress(self.step, self.settings.steps, self._losses, seconds))
                if now - saved > self.settings.checkpoint_seconds:
                    self._save()
                    saved = now
        self._save()

    def _batches(self, pool: ThreadPoolExecutor) -> Iterator[Batch]:
        """The batches that are left, each made while the one before it is learnt from."""
        steps = range(self.step, self.settings.steps)
        coming = pool.submit(self.batch, steps[0]) if steps else None
        for step in steps:
            assert coming is not None
            batch = coming.result()
            coming = pool.submit(self.batch, step + 1)
            yield batch

    def _update(self, batch: Batch) -> None:
        for group in self._optimizer.param_groups:
            group["lr"] = self._rate()
        # What an update leaves out by chance depends on its number alone, so that a run can go on.
        torch.manual_seed(self.settings.seed * MOST_STEPS + self.step)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.half and _multiplies_halves()):
            parts = self.losses(batch)
        loss = torch.stack([parts[name] * weight for name, weight in self._parts.items()]).sum()
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), self.longest_step)
        self._optimizer.step()
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
            "optimizer": self._optimizer.state_dict(),
            "step": self.step,
        }
        self._out.mkdir(parents=True, exist_ok=True)
        with replacing(self._checkpoint) as whole:
            torch.save(state, whole)
