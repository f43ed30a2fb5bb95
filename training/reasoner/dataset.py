"""Demonstrations to train on: how many of which kind, in which order, from one seed."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from deskhand.training.reasoner.general import GENERAL_MAKERS
from deskhand.training.reasoner.samples import Sample
from deskhand.training.reasoner.synthetic import FAMILY_MAKERS

MAKERS = FAMILY_MAKERS | GENERAL_MAKERS

SHARES = {
    "editor-save": 16,
    "editor-append": 9,
    "editor-rewrite": 9,
    "calculator": 8,
    "terminal-folder": 7,
    "terminal-file": 9,
    "terminal-other": 3,
    "files-folder": 9,
    "files-rename": 12,
    "files-delete": 4,
    "click": 5,
    "intent": 4,
    "press": 6,
    "type": 2,
    "several": 5,
    "answer": 3,
    "fill": 8,
    "tick": 5,
    "infeasible": 4,
    "recover": 3,
}
"""Parts of the synthetic samples by kind."""

MOST_OF_AN_EPISODE = 3
"""Samples taken from one episode: another wording teaches more than another step of the same."""

Progress = Callable[[int, int], None]


def synthetic(count: int, seed: int, progress: Progress | None = None) -> list[Sample]:
    """``count`` synthetic samples, the same for the same seed, in random order.

    Args:
        count: how many.
        seed: of everything that is drawn.
        progress: is called with how many of how many exist.
    """
    chance = random.Random(f"synthetic:{seed}")
    whole, so_far = sum(SHARES.values()), 0
    samples: list[Sample] = []
    for kind, share in SHARES.items():
        so_far += share
        wanted = round(count * so_far / whole) - len(samples)
        samples += _of_kind(kind, wanted, random.Random(f"{kind}:{seed}"))
        if progress:
            progress(len(samples), count)
    chance.shuffle(samples)
    return samples


def _of_kind(kind: str, wanted: int, chance: random.Random) -> list[Sample]:
    found: list[Sample] = []
    while len(found) < wanted:
        steps = MAKERS[kind](chance).samples
        found += chance.sample(steps, min(MOST_OF_AN_EPISODE, len(steps)))
    return found[:wanted]


def build(
    count: int,
    seed: int,
    demonstrations: Sequence[Sample] = (),
    *,
    repeat: int = 1,
    progress: Progress | None = None,
) -> list[Sample]:
    """The data set: synthetic samples and recorded demonstrations, mixed.

    Args:
        count: synthetic samples.
        seed: of what is drawn, and of the order.
        demonstrations: samples from recorded runs; each stands ``repeat`` times.
        repeat: see there.
        progress: is called with how many of how many exist.
    """
    samples = [*synthetic(count, seed, progress), *(list(demonstrations) * repeat)]
    random.Random(f"order:{seed}").shuffle(samples)
    return samples


def counts(samples: Sequence[Sample]) -> Iterator[tuple[str, int]]:
    """Kinds and how many samples each has, most first."""
    yield from Counter(sample.kind for sample in samples).most_common()
