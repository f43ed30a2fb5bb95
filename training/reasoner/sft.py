"""Supervised training of the embedded reasoner's adapter on a processor.

Only low-rank changes of the upper layers are trained: the lower layers run without gradients, the
weights stay as they are, and what comes out is a few megabytes. The loss is taken on the answer
alone, thought included: the thought comes first, so it is where the decision is made.

A run is a function of its samples and settings. It writes a checkpoint every few minutes and goes
on from there when started again.
"""

from __future__ import annotations

import dataclasses
import functools
import math
import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from deskhand.errors import UsageError
from deskhand.policies import models
from deskhand.policies.embedded import adapter as adapters
from deskhand.policies.embedded import llama
from deskhand.policies.embedded.adapter import Description
from deskhand.policies.embedded.decoding import Decoder, Speller
from deskhand.policies.embedded.llama import LINEARS, Adapter, Llama, LowRank
from deskhand.training.reasoner.samples import Sample, data_hash
from deskhand.training.runs import CHECKPOINT, Progress, Run, Settings, TrainedNet

LONGEST_SAMPLE = 640
"""Tokens; longer samples are left out."""


@dataclass(frozen=True, slots=True)
class SftSettings:
    """How to train.

    Attributes:
        rank, scale: of the low-rank changes.
        first_layer: the lowest layer that is changed.
        rate: learning rate at its highest; it rises over ``warmup`` steps and falls to nearly nothing.
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
    progress: Callable[[Progress], None] | None = None,
) -> Path:
    """Train an adapter and write it to ``out``; returns the folder.

    Args:
        samples: the demonstrations; the held-out ones are not among them.
        out: gets the checkpoint while it trains, and the adapter at the end.
        settings: how.
        start_from: folder of an adapter to go on from, instead of from nothing.
        progress: is called after every tenth update, and the last.

    Raises:
        BackendError: the weights are not on this machine.
        UsageError: there is nothing to train on, or ``out`` holds the checkpoint of another run.
    """
    folder = models.require()
    model, speller = llama.load(folder), Speller.read(folder)
    spelt = [s for s in (spell(sample, speller, settings) for sample in samples) if len(s) <= LONGEST_SAMPLE]
    if not spelt:
        raise UsageError("there are no samples to train on: make some with `deskhand train data`")
    first = functools.partial(_first_adapter, model, settings, start_from)
    run = _Run(model, spelt, out, settings, first, data_hash(samples) + str(start_from))
    run.learn(None, progress)
    facts = Description(
        base_sha256=models.SMOLLM2.member_sha256,
        data_sha256=data_hash(samples),
        scale=settings.scale,
        samples=len(spelt),
        steps=run.step,
    )
    adapters.save(out, run.mean.adapter(), facts)
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
    """Changes that change nothing yet, or those of an adapter to go on from."""
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
            adapter[layer, name] = LowRank(a, b, settings.scale)
    return adapter


class _AdapterNet(TrainedNet):
    """The matrices of an adapter, which are all that is trained."""

    def __init__(self, first: Adapter) -> None:
        super().__init__()
        self._scales = {key: change.scale for key, change in first.items()}
        self.matrices = nn.ParameterDict(
            {_name(*key, part): tensor for key, one in first.items() for part, tensor in _parts(one)}
        )

    def adapter(self) -> Adapter:
        """As the model takes it."""
        return {
            key: LowRank(self.matrices[_name(*key, "a")], self.matrices[_name(*key, "b")], scale)
            for key, scale in self._scales.items()
        }


def _parts(change: LowRank) -> tuple[tuple[str, Tensor], tuple[str, Tensor]]:
    return ("a", change.a), ("b", change.b)


def _name(layer: int, linear: str, part: str) -> str:
    return f"{layer}-{linear}-{part}".replace(".", "-")


class _Run(Run[_AdapterNet, list[_Spelt]]):
    """One training run. Its mean weights are those of its last update."""

    half = False
    longest_step = 1.0

    def __init__(
        self,
        model: Llama,
        spelt: Sequence[_Spelt],
        out: Path,
        settings: SftSettings,
        first: Callable[[], Adapter],
        identity: str,
    ) -> None:
        self._model, self._first_layer = model, settings.first_layer
        self._dealt = list(_batches(spelt, settings))
        wanted = Settings(
            steps=len(self._dealt),
            rate=settings.rate,
            warmup=settings.warmup,
            decay=0.0,
            average=0.0,
            seed=settings.seed,
            checkpoint_seconds=settings.checkpoint_seconds,
        )
        super().__init__(
            lambda: _AdapterNet(first()),
            out,
            wanted,
            f"{identity} {dataclasses.asdict(settings)}",
            {"loss": 1.0},
        )

    def batch(self, step: int) -> list[_Spelt]:
        """The samples of an update; none after the last."""
        return self._dealt[step] if step < len(self._dealt) else []

    def losses(self, batch: list[_Spelt]) -> dict[str, Tensor]:
        """Of the answers."""
        return {"loss": loss_of(self._model, self.net.adapter(), batch, self._first_layer)}


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
