"""A closer look at each candidate: what it is, in which state, and where it ends.

The detector looks at everything at once and knows well where something is, less well what it is:
whether the mark at the far end of a line is round or square does not reach the line's middle. So every
candidate, and every line of text, is looked at once more by a small network, which is shown the whole
of it, both its ends and what is around it, each at a size of its own.

Source: Girshick, "Fast R-CNN" (2015), for looking at candidates a second time.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from deskhand.actions.geometry import Box
from deskhand.perception.regions import grown
from deskhand.perception.screen import ROLES, STATES, Element, Pixels
from deskhand.perception.text.ocr import THREADS, Session, session_of
from deskhand.perception.widgets.network import PICTURE, GraphBuilder, GraphLayer, Weights, with_weights

WEIGHTS = Path(__file__).parent / "refiner.safetensors"

HIGH = 32
WHOLE, END, AROUND, FAR = 96, 32, 64, 64
WIDE = WHOLE + 2 * END + AROUND + FAR
"""A candidate is shown as one picture of ``WIDE`` by ``HIGH``: the whole, its two ends, its surroundings
near and far."""
RIM, LEAST_RIM = 0.25, 2
"""Room around the whole and its ends, as a share of an end's side and in pixels."""
LARGEST_END = 64
"""Pixels of an end's side, at most, without its rim; what is larger has no marks at its ends."""
SURROUNDINGS, MOST_SURROUNDINGS = 2.5, 150
"""Room for the surroundings: so many shorter sides, but not more pixels."""
FAR_SIDES, FAR_LEAST, FAR_MOST = 8.0, 100, 240
"""The far surroundings reach so many shorter sides to the left and right, so many pixels at least and at
most, and half as far up and down: what stands in a list or a bar is known by its neighbours."""
MARGIN = FAR_MOST + 8
"""What a screen is padded with, so that all room is there."""

NOTHING = len(ROLES)
"""The number of a role that is none: a candidate on nothing, or on a part of something."""
CHOICES = len(ROLES) + 1
NUMBERS = len(ROLES) + len(STATES) + 5
"""What is known of a candidate beforehand: its role as sure as it is, its states, its size and place."""
FARTHEST = 3.0
"""A side is moved by no more than so many units, see ``units``: far enough from a text to the end of the
row or the frame that it stands in."""
FINE = 3.0
"""Moves are given as logarithms, of 1 and so many times the units: small ones exactly, large ones roughly."""
PAIR, ENTRY = "row", "menuitem"
PANEL = "window"
WINDOW_SURE = 0.5
"""Least probability of a window, whatever is asked: one that is not there misleads more than one missed."""
AT_ONCE = 64
"""Candidates shown to the network in one go."""

LAYERS = (
    GraphLayer("c1", PICTURE, 3, 16, stride=2),
    GraphLayer("c2", "c1", 16, 24, stride=2),
    GraphLayer("c2a", "c2", 24, 24, add="c2"),
    GraphLayer("c3", "c2a", 24, 48, stride=2),
    GraphLayer("c3a", "c3", 48, 48, add="c3"),
    GraphLayer("c4", "c3a", 48, 64, stride=2),
)
KNOWN, SEEN, HIDDEN = "known", "seen", 128
FLAT = 64 * (HIGH // 16) * (WIDE // 16) + NUMBERS
OUTPUTS = CHOICES + len(STATES) + 4


@dataclass(frozen=True, slots=True)
class CandidatePrediction:
    """What the network says of n candidates.

    Attributes:
        choices: (n, CHOICES) how likely each role is, and the last: nothing; rows add up to 1.
        states: (n, states) how likely each state is.
        sides: (n, 4) where left, top, right and bottom go, as ``moved_sides`` takes it.
    """

    choices: NDArray[np.float32]
    states: NDArray[np.float32]
    sides: NDArray[np.float32]


class Refiner:
    """Says of candidates what they are. The network is loaded by the first use, or by ``load``.

    Args:
        weights: a safetensors file; the one that ships with deskhand if not given.
    """

    def __init__(self, weights: Path = WEIGHTS) -> None:
        self._weights = weights
        self._lock = threading.Lock()

    @cached_property
    def _network(self) -> RefinerNetwork:
        return with_weights(RefinerNetwork, self._weights)

    def load(self) -> None:
        """Load the network now. Raises EnvironmentProblem if a package or the weights are missing."""
        with self._lock:
            _ = self._network

    def refine(self, pixels: Pixels, candidates: Sequence[Element], *, sure: float) -> list[Element]:
        """The candidates that are something, as what they are; texts are left out, as reading finds them.

        Args:
            pixels: (height, width, 3), on which the candidates lie.
            candidates: with role, state and confidence as they were found; a line of text has the role
                "text"; two of them together have ``PAIR`` and no confidence: they are an entry of a menu
                or nothing; a rectangle of edges has ``PANEL`` and none: it is a window, as it stands, or
                nothing.
            sure: least probability of a role.

        Raises:
            EnvironmentProblem: on first use, if a package or the weights are missing.
        """
        if not candidates:
            return []
        shown, known = views(padded(pixels), candidates), numbers(candidates, pixels.shape)
        with self._lock:
            prediction = self._network(shown, known)
        choices = prediction.choices[:, :NOTHING].copy()
        choices[:, ROLES.index("text")] = 0
        pairs, framed = (
            [n for n, one in enumerate(candidates) if one.role == role and not one.confidence]
            for role in (PAIR, PANEL)
        )
        choices[np.ix_(pairs, [role != ENTRY for role in ROLES])] = 0
        choices[np.ix_(framed, [role != PANEL for role in ROLES])] = 0
        best = choices.argmax(axis=1)
        height, width = pixels.shape[:2]
        screen = Box(0, 0, width, height)
        refined: list[Element] = []
        for n, (candidate, role) in enumerate(zip(candidates, best.tolist(), strict=True)):
            box = candidate.box if n in framed else moved_sides(candidate.box, prediction.sides[n])
            box = box.intersection(screen)
            least = max(sure, WINDOW_SURE) if ROLES[role] == PANEL else sure
            if choices[n, role] < least or min(box.width, box.height) < 3:
                continue
            states = zip(STATES, prediction.states[n].tolist(), strict=True)
            refined.append(
                replace(
                    candidate,
                    role=ROLES[role],
                    text="",
                    box=box,
                    state=frozenset(state for state, odds in states if odds >= 0.5),
                    sources=("detector",),
                    confidence=round(float(choices[n, role]), 3),
                )
            )
        return refined


class RefinerNetwork:
    """The network with its weights, ready to run.

    Args:
        weights: for each layer NAME its NAME.weight and NAME.bias.

    Raises:
        EnvironmentProblem: onnx or onnxruntime is not installed.
        ValueError: a weight is missing or of another shape.
    """

    def __init__(self, weights: Weights) -> None:
        builder = GraphBuilder(weights)
        builder.picture(("n", HIGH, WIDE, 3))
        builder.input(KNOWN, ("n", NUMBERS))
        for layer in LAYERS:
            builder.layer(layer)
        builder.joined((LAYERS[-1].name, KNOWN), SEEN)
        builder.dense("mixed", SEEN, FLAT, HIDDEN, relu=True)
        builder.dense("out", "mixed", HIDDEN, OUTPUTS, relu=False)
        builder.result("out", ("n", OUTPUTS))
        self._session: Session = session_of(builder.model(), THREADS)

    def __call__(self, shown: Pixels, known: NDArray[np.float32]) -> CandidatePrediction:
        """What it says of candidates.

        Args:
            shown: (n, HIGH, WIDE, 3) uint8, from ``views``.
            known: (n, NUMBERS), from ``numbers``.
        """
        parts = [
            self._session.run(None, {PICTURE: shown[at : at + AT_ONCE], KNOWN: known[at : at + AT_ONCE]})[0]
            for at in range(0, len(shown), AT_ONCE)
        ]
        return as_prediction(np.concatenate(parts))


def as_prediction(outputs: NDArray[np.float32]) -> CandidatePrediction:
    """The network's numbers (n, OUTPUTS) as what they mean."""
    logits = outputs[:, :CHOICES]
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    states = np.asarray(1 / (1 + np.exp(-outputs[:, CHOICES : CHOICES + len(STATES)])), np.float32)
    return CandidatePrediction(odds / odds.sum(axis=1, keepdims=True), states, outputs[:, -4:])


def padded(pixels: Pixels) -> Pixels:
    """A screen with ``MARGIN`` pixels of its own rim on each side."""
    return np.asarray(
        cv2.copyMakeBorder(pixels, MARGIN, MARGIN, MARGIN, MARGIN, cv2.BORDER_REPLICATE), np.uint8
    )


def views(screen: Pixels, candidates: Sequence[Element]) -> Pixels:
    """What the network is shown of candidates: (n, HIGH, WIDE, 3).

    Args:
        screen: from ``padded``.
    """
    shown = np.empty((len(candidates), HIGH, WIDE, 3), np.uint8)
    for picture, candidate in zip(shown, candidates, strict=True):
        box = candidate.box
        side = min(box.width, box.height)
        around = grown(box, min(round(SURROUNDINGS * side), MOST_SURROUNDINGS))
        mark = min(side, LARGEST_END)
        rim = round(RIM * mark) + LEAST_RIM
        end, top = mark + 2 * rim, (box.top + box.bottom - mark) // 2 - rim
        left, right = box.left - rim, box.right + rim
        left_end, right_end = Box(left, top, left + end, top + end), Box(right - end, top, right, top + end)
        whole, far = grown(box, rim), _far(box)
        at = 0
        for part, wide in (
            (whole, WHOLE),
            (left_end, END),
            (right_end, END),
            (around, AROUND),
            (far, FAR),
        ):
            picture[:, at : at + wide] = _resized(screen, part, wide)
            at += wide
    return shown


def _far(box: Box) -> Box:
    reach = round(min(FAR_MOST, max(FAR_LEAST, FAR_SIDES * min(box.width, box.height))))
    x, y = box.centre.x, box.centre.y
    return Box(x - reach, y - reach // 2, x + reach, y + reach // 2)


def _resized(screen: Pixels, box: Box, wide: int) -> Pixels:
    height, width = screen.shape[:2]
    part = screen[
        max(0, box.top + MARGIN) : min(height, box.bottom + MARGIN),
        max(0, box.left + MARGIN) : min(width, box.right + MARGIN),
    ]
    smaller = part.shape[0] * part.shape[1] > HIGH * wide
    how = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(part, (wide, HIGH), interpolation=how), np.uint8)


def numbers(candidates: Sequence[Element], shape: Sequence[int]) -> NDArray[np.float32]:
    """What is known of candidates beforehand, (n, NUMBERS).

    Args:
        shape: of the screen: height, width.
    """
    known = np.zeros((len(candidates), NUMBERS), np.float32)
    height, width = shape[0], shape[1]
    for row, one in zip(known, candidates, strict=True):
        box = one.box
        row[ROLES.index(one.role)] = one.confidence
        row[len(ROLES) : len(ROLES) + len(STATES)] = [state in one.state for state in STATES]
        row[-5:] = (
            np.log2(box.width) / 8,
            np.log2(box.height) / 8,
            np.log2(box.width / box.height) / 4,
            box.centre.x / width,
            box.centre.y / height,
        )
    return known


def units(box: Box) -> NDArray[np.float32]:
    """Pixels by which a unit moves left, top, right and bottom."""
    side = min(box.width, box.height)
    across, down = (box.width + side) / 2, (box.height + side) / 2
    return np.array([across, down, across, down], np.float32)


def sides_between(box: Box, true: Box) -> NDArray[np.float32]:
    """What moves the sides of a box onto those of another, as far as ``FARTHEST`` lets it; (4,)."""
    by = np.array(
        [true.left - box.left, true.top - box.top, true.right - box.right, true.bottom - box.bottom]
    )
    by = (by / units(box)).clip(-FARTHEST, FARTHEST)
    return np.asarray(np.sign(by) * np.log1p(FINE * np.abs(by)), np.float32)


def moved_sides(box: Box, sides: NDArray[np.float32]) -> Box:
    """A box with its sides where ``sides_between`` says that they are."""
    by = np.sign(sides) * np.expm1(np.minimum(np.abs(sides), np.log1p(FINE * FARTHEST))) / FINE
    left, top, right, bottom = np.round(by * units(box)).astype(int).tolist()
    moved = Box(box.left + left, box.top + top, box.right + right, box.bottom + bottom)
    return moved if moved.width > 0 and moved.height > 0 else box
