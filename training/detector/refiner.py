"""Training the network that looks closely at candidates: on what the first one finds on true screens.

candidates   the first network and the finding of lines are asked once about every screen
labelled     each candidate is what it overlaps most, or nothing
a batch      candidates of a few screens, their boxes shaken, their colours altered
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from deskhand.actions.geometry import Box
from deskhand.disk import replacing
from deskhand.errors import UsageError
from deskhand.perception.elements.fusion import SINGLE
from deskhand.perception.regions import areas, common_areas, overlaps
from deskhand.perception.screen import ROLES, STATES, Element, Pixels
from deskhand.perception.text.lines import TextReader
from deskhand.perception.text.ocr import Models
from deskhand.perception.widgets.detector import Detector
from deskhand.perception.widgets.refiner import (
    CHOICES,
    FINE,
    FLAT,
    HIDDEN,
    LAYERS,
    NOTHING,
    OUTPUTS,
    moved_sides,
    numbers,
    padded,
    sides_between,
    views,
)
from deskhand.screens.sets import TrueScreen
from deskhand.training.detector.crops import Screens, recoloured
from deskhand.training.detector.layered import Arrays, LayeredNet, written
from deskhand.training.runs import Progress, Run, Settings

WEIGHTS = "refiner.safetensors"
PIXELS = "screens.bin"
CANDIDATES = "candidates.npz"
PARTS = {"roles": 1.0, "states": 0.5, "sides": 0.7}
"""How much each part of the loss matters."""

SAME = 0.4
"""A candidate that overlaps something so much (intersection over union) is it; its sides can be moved."""
INSIDE, LINES = 0.9, 3.5
"""A text of which so much lies in something no higher than so many of it may be all that stands there."""
HOLDERS = SINGLE | {"field", "combo"}
SCREENS, EACH = 8, 32
"""Screens in a batch, and candidates of each."""
UNKNOWN = 0.3
"""Share of the candidates of which nothing is known beforehand: the first network is surer of the screens
that it learnt from than of others."""
SHAKEN = 0.08
"""How far sides are moved at random, in ``units``."""
WORKERS = 2


@dataclass(frozen=True, slots=True)
class Candidates:
    """What was found on one screen, and what it is.

    Attributes:
        found: as the detector gave it.
        roles: (n,) the number of each one's role; ``NOTHING`` for none.
        true: what each one is; itself where it is nothing.
    """

    found: tuple[Element, ...]
    roles: NDArray[np.int64]
    true: tuple[Element, ...]


class RefinerNet(LayeredNet):
    """Takes pictures (B, 3, HIGH, WIDE) and what is known (B, NUMBERS), gives (B, OUTPUTS)."""

    def __init__(self) -> None:
        super().__init__(LAYERS)
        self.mixed = nn.Linear(FLAT, HIDDEN)
        self.out = nn.Linear(HIDDEN, OUTPUTS)

    def forward(self, shown: Tensor, known: Tensor) -> Tensor:
        """Logits of roles and states, and moves of the sides, for each candidate."""
        # As the file has it: channel by channel, row by row.
        seen = self.results(shown)[LAYERS[-1].name].contiguous().flatten(1)
        hidden = F.relu(self.mixed(torch.cat([seen, known.to(seen.dtype)], dim=1)))
        prediction: Tensor = self.out(hidden)
        return prediction

    def weights(self) -> Arrays:
        """As the layers have it, with those of the two last, fully connected layers."""
        found = super().weights()
        for name, layer in (("mixed", self.mixed), ("out", self.out)):
            found |= written(name, layer.weight, layer.bias)
        return found

    def take(self, weights: Arrays) -> None:  # type: ignore[override]
        """As the layers have it, with those of the two last, fully connected layers."""
        super().take(weights)
        with torch.no_grad():
            for name, layer in (("mixed", self.mixed), ("out", self.out)):
                layer.weight.copy_(torch.from_numpy(weights[f"{name}.weight"].astype(np.float32)))
                layer.bias.copy_(torch.from_numpy(weights[f"{name}.bias"].astype(np.float32)))


def train(
    screens: Sequence[TrueScreen],
    out: Path,
    settings: Settings = Settings(),
    *,
    detector: Detector | None = None,
    start_from: Path | None = None,
    progress: Callable[[Progress], None] | None = None,
    reading: Callable[[int, int], None] | None = None,
    finding: Callable[[int, int], None] | None = None,
) -> Path:
    """Train the network on screens and write ``refiner.safetensors`` into ``out``; returns that file.

    Args:
        out: holds the checkpoint and the pixels of all screens too, some megabytes each.
        settings: an update is of ``SCREENS`` x ``EACH`` candidates.
        detector: gives the candidates; the one that ships if not given.
        start_from: a checkpoint of another run, or weights, to begin with.
        progress: is called after every tenth update.
        reading: is called with how many screens were read, of how many.
        finding: is called with how many of them candidates were sought.

    Raises:
        UsageError: there is nothing to train on, or ``out`` holds the checkpoint of another run.
    """
    if not screens:
        raise UsageError("there are no screens to train on: make some with `deskhand train screens`")
    shown = Screens(screens, out / PIXELS, reading)
    kept = out / CANDIDATES
    if not kept.exists():
        _keep(kept, screens, candidates_of(shown, detector or Detector(), finding))
    candidates = _kept(kept, screens)
    return _Run(shown, candidates, out, settings).trained(WEIGHTS, start_from, progress)


def candidates_of(
    screens: Screens, detector: Detector, progress: Callable[[int, int], None] | None = None
) -> list[Candidates]:
    """What is found on every screen."""

    def of(number: int) -> Candidates:
        screen = screens.screens[number]
        texts = TextReader(models).places(screen.screenshot())
        return labelled(detector.candidates(screens.pixels(number), texts), screen.elements)

    models = Models()
    models.load()
    made = []
    with ThreadPoolExecutor(WORKERS, "candidates") as pool:
        for number, candidates in enumerate(pool.map(of, range(len(screens.screens))), 1):
            made.append(candidates)
            if progress is not None:
                progress(number, len(screens.screens))
    return made


def labelled(found: Sequence[Element], truth: Sequence[Element]) -> Candidates:
    """Candidates with what they are: of what overlaps one, that which does most, and rather a widget than a
    text. A text that stands alone in something is that: from it the network learns to find its sides."""
    roles, true = np.full(len(found), NOTHING, np.int64), list(found)
    if found and truth:
        boxes, there = [one.box for one in found], [one.box for one in truth]
        shared = overlaps(boxes, there)
        shared = np.where(shared >= SAME, shared + [0.05 * one.actionable for one in truth], 0)
        shared += 0.1 * _stands_in(found, truth)
        for n, best in enumerate(shared.argmax(axis=1).tolist()):
            if shared[n, best]:
                true[n] = truth[best]
                roles[n] = ROLES.index(truth[best].role)
    return Candidates(tuple(found), roles, tuple(true))


def _stands_in(found: Sequence[Element], truth: Sequence[Element]) -> NDArray[np.bool_]:
    """(found, truth): which texts stand, alone of all texts, in which widgets that are a line high."""
    common = common_areas([one.box for one in found], [one.box for one in truth])
    within = common >= INSIDE * areas([one.box for one in found])[:, None]
    heights = np.array([[one.box.height for one in found]]).T
    line = np.array([[one.box.height for one in truth]]) <= LINES * heights
    role = np.array([one.role in HOLDERS for one in truth])
    texts = np.array([one.role == "text" for one in found])[:, None]
    stands = within & line & role & texts
    return np.asarray(stands & (stands.sum(axis=0) == 1), np.bool_)


def _keep(file: Path, screens: Sequence[TrueScreen], candidates: Sequence[Candidates]) -> None:
    """Write candidates down, so that a run that goes on need not seek them again."""
    with replacing(file) as whole:
        np.savez_compressed(
            whole,
            names=np.array([screen.name for screen in screens]),
            counts=np.array([len(one.found) for one in candidates]),
            roles=np.concatenate([one.roles for one in candidates]),
            found=np.concatenate([_rows(one.found) for one in candidates]),
            true=np.concatenate([_rows(one.true) for one in candidates]),
        )


def _kept(file: Path, screens: Sequence[TrueScreen]) -> list[Candidates]:
    """What ``_keep`` wrote. Raises UsageError if it is of other screens."""
    with np.load(file) as kept:
        names, roles, found, true = (kept[name] for name in ("names", "roles", "found", "true"))
        cuts = np.cumsum(kept["counts"])[:-1]
    if names.tolist() != [screen.name for screen in screens]:
        raise UsageError(f"{file} was made from other screens: remove it or choose another --out")
    parts = (np.split(array, cuts) for array in (found, roles, true))
    return [Candidates(_elements(a), b, _elements(c)) for a, b, c in zip(*parts, strict=True)]


def _rows(elements: Sequence[Element]) -> NDArray[np.float32]:
    """Elements as numbers, (n, 6 + states): box, role, confidence, states."""
    rows = [
        (*astuple(one.box), ROLES.index(one.role), one.confidence, *(state in one.state for state in STATES))
        for one in elements
    ]
    return np.array(rows, np.float32).reshape(-1, 6 + len(STATES))


def _elements(rows: NDArray[np.float32]) -> tuple[Element, ...]:
    return tuple(
        Element(
            ROLES[int(row[4])],
            "",
            Box(*(int(side) for side in row[:4])),
            state=frozenset(state for state, on in zip(STATES, row[6:], strict=True) if on),
            confidence=row[5],
        )
        for row in rows.tolist()
    )


@dataclass(frozen=True, slots=True)
class Batch:
    """What is learnt from in one step: pictures, what is known, and what is to be said."""

    shown: Tensor
    known: Tensor
    roles: Tensor
    states: Tensor
    sides: Tensor


class _Run(Run[RefinerNet, Batch]):
    def __init__(
        self, screens: Screens, candidates: Sequence[Candidates], out: Path, settings: Settings
    ) -> None:
        super().__init__(RefinerNet, out, settings, len(candidates), PARTS)
        self._screens, self._candidates = screens, candidates

    def batch(self, step: int) -> Batch:
        """Some candidates of some screens, shaken and recoloured."""
        chance = random.Random(f"{self.settings.seed} {step}")
        shown, known, roles, true, boxes = [], [], [], [], []
        for number in self._screens.some(chance, SCREENS):
            of = self._candidates[number]
            chosen = chance.sample(range(len(of.found)), min(EACH, len(of.found)))
            if not chosen:
                continue
            pixels = self._screens.pixels(number)
            some = [_shaken(of.found[n], _all_of(pixels), chance) for n in chosen]
            shown += [recoloured(picture, chance) for picture in views(padded(pixels), some)]
            known.append(_half_known(numbers(some, pixels.shape), chance))
            roles.append(of.roles[chosen])
            true += [of.true[n] for n in chosen]
            boxes += [one.box for one in some]
        pictures = torch.from_numpy(np.stack(shown)).permute(0, 3, 1, 2).float() / 127.5 - 1
        return Batch(
            pictures.contiguous(memory_format=torch.channels_last),
            torch.from_numpy(np.concatenate(known)),
            torch.from_numpy(np.concatenate(roles)),
            torch.tensor([[float(state in one.state) for state in STATES] for one in true]),
            torch.from_numpy(np.stack([sides_between(a, b.box) for a, b in zip(boxes, true, strict=True)])),
        )

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        """Of roles over all candidates; of states and sides over those that are something."""
        prediction = self.net(batch.shown, batch.known).float()
        something = (batch.roles != NOTHING).float()
        count = something.sum().clamp(min=1)
        logits = prediction[:, CHOICES : CHOICES + len(STATES)]
        states = F.binary_cross_entropy_with_logits(logits, batch.states, reduction="none").mean(1)
        sides = F.smooth_l1_loss(prediction[:, -4:], batch.sides, reduction="none", beta=0.1).sum(1)
        return {
            "roles": F.cross_entropy(prediction[:, :CHOICES], batch.roles),
            "states": (states * something).sum() / count,
            "sides": (sides * something).sum() / count,
        }


def _half_known(known: NDArray[np.float32], chance: random.Random) -> NDArray[np.float32]:
    """What is known of candidates, but of some only their size and place."""
    for row in known:
        if chance.random() < UNKNOWN:
            row[: len(ROLES) + len(STATES)] = 0
    return known


def _all_of(pixels: Pixels) -> Box:
    return Box(0, 0, pixels.shape[1], pixels.shape[0])


def _shaken(one: Element, screen: Box, chance: random.Random) -> Element:
    """A candidate with its sides a little elsewhere on the screen, or as it is."""
    if chance.random() < 0.5:
        return one
    by = np.log1p(FINE * SHAKEN) * np.array([chance.uniform(-1, 1) for _ in range(4)], np.float32)
    box = moved_sides(one.box, by).intersection(screen)
    return replace(one, box=box) if min(box.width, box.height) >= 3 else one
