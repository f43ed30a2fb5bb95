"""Supervised training of the embedded reasoner's adapter on a processor.

Only low-rank changes of the upper layers are trained: the lower layers run without gradients, the
weights stay as they are, and what comes out is a few megabytes. The loss is taken on the answer
alone, thought included: the thought comes first, so it is where the decision is made.

A run is a function of its samples and settings. It writes a checkpoint every few minutes and goes
on from there when started again.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import math
import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from deskhand.disk import replacing
from deskhand.errors import UsageError
from deskhand.policies import models
from deskhand.policies.embedded import adapter as adapters
from deskhand.policies.embedded import llama
from deskhand.policies.embedded.adapter import Description
from deskhand.policies.embedded.decoding import Decoder, Speller
from deskhand.policies.embedded.llama import LINEARS, Adapter, Llama, LowRank
from deskhand.training.reasoner.samples import Sample, data_hash

log = logging.getLogger(__name__)

CHECKPOINT = "checkpoint.pt"
LONGEST_SAMPLE = 640
"""Tokens; longer samples are left out."""


@dataclass(frozen=True, slots=True)
class SftSettings:
    """How to train.

    Attributes:
        rank, scale: of the low-rank changes.
        first_layer: the lowest layer that is changed.
        rate: learning rate at its highest; it rises over ``warmup`` steps and falls to a twentieth.
        batch: samples of one update.
        epochs: how often every sample is seen.
        thought_weight: of a token of the thought, beside 1 for one of the move.
        seed: of the first values and the order.
        checkpoint_seconds: how often a checkpoint is written.
    """

    rank: int = 16
    scale: float = 2.0
    first_layer: int = 15
    rate: float = 1.2e-3
    warmup: int = 30
    batch: int = 8
    epochs: int = 1
    thought_weight: float = 1.0
    seed: int = 0
    checkpoint_seconds: float = 180.0


@dataclass(frozen=True, slots=True)
class SftProgress:
    """Where a run is: updates done and to do, mean loss of late, tokens a second."""

    step: int
    steps: int
    loss: float
    tokens_per_second: float


@dataclass(frozen=True, slots=True)
class _Spelt:
    """A sample in tokens; ``weights`` are of the tokens of the answer."""

    question: list[int]
    answer: list[int]
    weights: list[float]

    def __len__(self) -> int:
        return len(self.question) + len(self.answer)


def train(
    samples: Sequence[Sample],
    out: Path,
    settings: SftSettings = SftSettings(),
    *,
    start_from: Path | None = None,
    progress: Callable[[SftProgress], None] | None = None,
) -> Path:
    """Train an adapter and write it to ``out``; returns the folder.

    Args:
        samples: the demonstrations; the held-out ones are not among them.
        out: gets the checkpoint while it trains, and the adapter at the end.
        settings: how.
        start_from: folder of an adapter to go on from, instead of from nothing.
        progress: is called after every tenth update.

    Raises:
        BackendError: the weights are not on this machine.
        UsageError: there is nothing to train on, or ``out`` holds the checkpoint of another run.
    """
    folder = models.require()
    model, speller = llama.load(folder), Speller.read(folder)
    spelt = [s for s in (spell(sample, speller, settings) for sample in samples) if len(s) <= LONGEST_SAMPLE]
    if not spelt:
        raise UsageError("there are no samples to train on: make some with `deskhand train data`")
    identity = json.dumps([data_hash(samples), dataclasses.asdict(settings), str(start_from)], sort_keys=True)
    run = _Run(
        model, spelt, settings, _first_adapter(model, settings, start_from), out / CHECKPOINT, identity
    )
    run.resume()
    run.go(progress)
    facts = Description(
        base_sha256=models.SMOLLM2.member_sha256,
        data_sha256=data_hash(samples),
        scale=settings.scale,
        samples=len(spelt),
        steps=run.step,
    )
    adapters.save(out, run.adapter, facts)
    (out / CHECKPOINT).unlink(missing_ok=True)
    return out


def spell(sample: Sample, speller: Speller, settings: SftSettings = SftSettings()) -> _Spelt:
    """A sample in tokens."""
    answer = speller.answer(sample.thought, sample.move)
    thought = answer.index(speller.newline) + 1
    weights = [settings.thought_weight] * thought + [1.0] * (len(answer) - thought)
    return _Spelt(speller.question(sample.page.prompt()), answer, weights)


def loss_of(model: Llama, adapter: Adapter, batch: Sequence[_Spelt], first_layer: int) -> Tensor:
    """Weighted mean cross entropy of the answers' tokens."""
    width = max(map(len, batch))
    ids = torch.zeros(len(batch), width, dtype=torch.long)
    weights = torch.zeros(len(batch), width)
    for row, spelt in enumerate(batch):
        asked, whole = len(spelt.question), len(spelt)
        ids[row, :whole] = torch.tensor(spelt.question + spelt.answer)
        weights[row, asked:whole] = torch.tensor(spelt.weights)
    with torch.no_grad():
        x = model.run(model.embed(ids), 0, first_layer)
    x = model.run(x, first_layer, adapter=adapter)
    asked_for = weights[:, 1:] > 0  # a position predicts the next token
    scores = model.logits(x[:, :-1][asked_for])
    losses = F.cross_entropy(scores, ids[:, 1:][asked_for], reduction="none")
    heavy = weights[:, 1:][asked_for]
    return (losses * heavy).sum() / heavy.sum()


def evaluate(
    samples: Sequence[Sample], adapter: Path | None = None, progress: Callable[[int, int], None] | None = None
) -> dict[str, float]:
    """Share of samples whose move is decided exactly, by kind and for ``all``.

    Decoded as in a run, thought included; ``adapter`` None takes the one that ships.
    """
    decoder = decoder_with(adapter)
    right: dict[str, list[bool]] = defaultdict(list)
    for n, sample in enumerate(samples, 1):
        good = decoder.answer(sample.page).move == sample.move
        right[sample.kind].append(good)
        right["all"].append(good)
        if progress:
            progress(n, len(samples))
    return {kind: round(sum(found) / len(found), 3) for kind, found in sorted(right.items())}


def decoder_with(adapter: Path | None) -> Decoder:
    """A decoder with an adapter merged in."""
    folder = models.require()
    changes, _ = adapters.load(adapter or adapters.packaged(), models.SMOLLM2.member_sha256)
    model = llama.load(folder)
    model.merge(changes)
    return Decoder(model, Speller.read(folder))


def _first_adapter(model: Llama, settings: SftSettings, start_from: Path | None) -> Adapter:
    """Changes that change nothing yet, or those of an adapter to go on from; ready for gradients."""
    chance = torch.Generator().manual_seed(settings.seed)
    found: Adapter = {}
    if start_from is not None:
        found, _ = adapters.load(start_from, models.SMOLLM2.member_sha256)
    adapter: Adapter = {}
    for layer in range(settings.first_layer, len(model.layers)):
        for name in LINEARS:
            outputs, inputs = model.layers[layer].linear[name].shape
            a = torch.randn(settings.rank, inputs, generator=chance) / math.sqrt(inputs)
            b = torch.zeros(outputs, settings.rank)
            if (layer, name) in found:
                a, b = found[layer, name].a.float().clone(), found[layer, name].b.float().clone()
            adapter[layer, name] = LowRank(a.requires_grad_(), b.requires_grad_(), settings.scale)
    return adapter


class _Run:
    """One training run: where it is, and how it goes on."""

    def __init__(
        self,
        model: Llama,
        spelt: Sequence[_Spelt],
        settings: SftSettings,
        adapter: Adapter,
        checkpoint: Path,
        identity: str,
    ) -> None:
        self.model, self.settings, self.adapter = model, settings, adapter
        self.step = 0
        self._batches = list(_batches(spelt, settings))
        self._checkpoint, self._identity = checkpoint, identity
        tensors = [t for change in adapter.values() for t in (change.a, change.b)]
        self._tensors = tensors
        self._optimizer = torch.optim.AdamW(tensors, lr=settings.rate, betas=(0.9, 0.98), weight_decay=0.0)

    def go(self, progress: Callable[[SftProgress], None] | None) -> None:
        """Train to the end."""
        saved = began = time.monotonic()
        tokens, late = 0, 0.0
        for batch in self._batches[self.step :]:
            loss = self._update(batch)
            late = loss if not late else 0.9 * late + 0.1 * loss
            tokens += sum(map(len, batch))
            if progress and (self.step % 10 == 0 or self.step == len(self._batches)):
                progress(
                    SftProgress(self.step, len(self._batches), late, tokens / (time.monotonic() - began))
                )
            if time.monotonic() - saved > self.settings.checkpoint_seconds:
                self._save()
                saved = time.monotonic()

    def _update(self, batch: Sequence[_Spelt]) -> float:
        for group in self._optimizer.param_groups:
            group["lr"] = self._rate()
        loss = loss_of(self.model, self.adapter, batch, self.settings.first_layer)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self._tensors, 1.0)
        self._optimizer.step()
        self._optimizer.zero_grad()
        self.step += 1
        return loss.item()

    def _rate(self) -> float:
        done = self.step / len(self._batches)
        rising = min(1.0, (self.step + 1) / self.settings.warmup)
        return self.settings.rate * rising * max(0.05, 0.5 * (1 + math.cos(math.pi * done)))

    def _save(self) -> None:
        self._checkpoint.parent.mkdir(parents=True, exist_ok=True)
        state = {
            "identity": self._identity,
            "step": self.step,
            "tensors": [t.detach() for t in self._tensors],
            "optimizer": self._optimizer.state_dict(),
        }
        with replacing(self._checkpoint) as whole:
            torch.save(state, whole)

    def resume(self) -> None:
        """Go on from the checkpoint, if there is one.

        Raises:
            UsageError: it belongs to other samples or settings.
        """
        if not self._checkpoint.exists():
            return
        state = torch.load(self._checkpoint, weights_only=True)
        if state["identity"] != self._identity:
            raise UsageError(
                f"{self._checkpoint} belongs to a run with other samples or settings: "
                "give another folder or remove it"
            )
        self.step = state["step"]
        with torch.no_grad():
            for tensor, stored in zip(self._tensors, state["tensors"], strict=True):
                tensor.copy_(stored)
        self._optimizer.load_state_dict(state["optimizer"])
        log.info("going on from step %d of %d", self.step, len(self._batches))


def _batches(spelt: Sequence[_Spelt], settings: SftSettings) -> Iterator[list[_Spelt]]:
    """Every sample once an epoch, those of like length together, in an order that the seed gives."""
    chance = random.Random(settings.seed)
    for _ in range(settings.epochs):
        order = list(spelt)
        chance.shuffle(order)
        window = settings.batch * 32
        batches: list[list[_Spelt]] = []
        for start in range(0, len(order), window):
            near = sorted(order[start : start + window], key=len)
            few = [near[n : n + settings.batch] for n in range(0, len(near), settings.batch)]
            chance.shuffle(few)
            batches += few
        yield from batches
