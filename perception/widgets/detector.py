"""Finding widgets and icons on a screen: what a person would click, with its role and state.

candidates   the network predicts for every cell of a region what may have its centre there; lines of text,
             where some were read, and rectangles of straight edges (panels.py) are candidates too
refined      a second network looks at each of them closely (refiner.py)
distinct     what is found twice is kept once
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import astuple, replace
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from deskhand.actions.geometry import Box
from deskhand.perception.regions import moved
from deskhand.perception.screen import ROLES, STATES, Element, Pixels, Screenshot
from deskhand.perception.widgets.bounds import tightened
from deskhand.perception.widgets.edges import Edges
from deskhand.perception.widgets.network import COARSEST, STRIDES, Network
from deskhand.perception.widgets.panels import panels
from deskhand.perception.widgets.refiner import PAIR, PANEL, Refiner

WEIGHTS = Path(__file__).parent / "detector.safetensors"

SURE = 0.3
"""Least probability of an element; chosen on the development screens."""
MAYBE = 0.08
"""Least probability of a candidate for a closer look."""
LEVEL, APART = 0.6, 45.0
"""Two texts on one line are a candidate together: so much of the lower one's height in common, and no
farther apart than so many heights. An entry of a menu has its shortcut at its other end."""
MOST_CANDIDATES = 400
"""The surest of a region are looked at closely, and as many lines of text."""
STATE_SURE = 0.5
SAME = 0.5
"""Two finds whose boxes overlap this much (intersection over union) are one."""
MOST_FINDS = 1000
"""The surest of a look are kept; a screen has some hundred."""
MOST_PIXELS = 2_400_000
"""A larger picture is shrunk for the network: bounded time matters more than the smallest icons."""
PART = 0.6
"""A find of which so much lies in another of its role is a part of that, found twice."""
HOLDING = frozenset({"window", "area"})
"""Roles that may lie in another of their own."""
CONTAINERS = frozenset({"window", "area", "row", "titlebar"})
"""Roles that may well lie under an element of another role with nearly the same box."""
WHOLE = frozenset({"window", "area", "field", "titlebar", "scrollbar"})
"""Roles that are all their room, empty or not."""
READ = ROLES[:1]
"""Roles that are found by reading: text."""
FARTHEST = 7.0
"""Logarithm of the largest distance that is believed, in cells."""

Arrays = tuple[NDArray[np.float32], NDArray[np.intp], NDArray[np.float32], NDArray[np.float32]]


class Detector:
    """Finds elements by their looks. The networks are loaded by the first ``find``, or by ``load``.

    Args:
        weights: of the first network, a safetensors file; the one that ships with deskhand if not given.
        refiner: looks closely.
    """

    def __init__(self, weights: Path = WEIGHTS, refiner: Refiner | None = None) -> None:
        self._weights = weights
        self._refiner = refiner or Refiner()
        self._lock = threading.Lock()

    @cached_property
    def _network(self) -> Network:
        return Network.read(self._weights)

    def load(self) -> None:
        """Load the networks now. Raises EnvironmentProblem if a package or the weights are missing."""
        with self._lock:
            _ = self._network
        self._refiner.load()

    def find(
        self, screenshot: Screenshot, regions: Sequence[Box] | None = None, texts: Sequence[Box] = ()
    ) -> tuple[Element, ...]:
        """Elements with role, state and confidence, in no order; no text.

        Args:
            regions: where to look; the whole screen if not given. An element that is cut by a region's
                edge is not found well, so give some room.
            texts: where lines of text stand: each may be a row, a link, an entry of a menu.

        Raises:
            EnvironmentProblem: on first use, if a package or the weights are missing.
        """
        view = screenshot.viewport
        wanted = [Box(0, 0, view.width, view.height)] if regions is None else regions
        candidates = [one for region in wanted for one in self._look(screenshot, region, texts)]
        return tuple(distinct(self._refiner.refine(screenshot.pixels, candidates, sure=SURE)))

    def candidates(self, part: Pixels, texts: Sequence[Box] = ()) -> list[Element]:
        """What may be something on a picture: the finds of the first network, lines of text, and panels."""
        if not part.size:
            return []
        scale = min(1.0, (MOST_PIXELS / (part.shape[0] * part.shape[1])) ** 0.5)
        picture = part if scale == 1.0 else _smaller(part, scale)
        with self._lock:
            levels = self._network(padded(picture))
        found = decoded(levels, (picture.shape[1], picture.shape[0]), enlarged=1 / scale, sure=MAYBE)
        edges = Edges(part)
        meant = [replace(one, box=_meant(part, edges, one)) for one in found[:MOST_CANDIDATES]]
        framed = [Element(PANEL, "", box, confidence=0.0) for box in panels(part)]
        return [*meant, *as_candidates(texts[:MOST_CANDIDATES]), *framed]

    def _look(self, screenshot: Screenshot, region: Box, texts: Sequence[Box]) -> list[Element]:
        """The candidates in a region, where they lie on the screen."""
        left, top = max(0, region.left), max(0, region.top)
        inside = [moved(box, -left, -top) for box in texts if region.contains(box.centre)]
        found = self.candidates(screenshot.crop(region), inside)
        return [replace(one, box=moved(one.box, left, top)) for one in found]


def as_candidates(texts: Sequence[Box]) -> list[Element]:
    """Lines of text as candidates, and each with its neighbour to the right on the same line."""
    alone = [Element("text", "", box, confidence=1.0) for box in texts]
    if not texts:
        return []
    left, top, right, bottom = np.array([astuple(box) for box in texts]).T
    lower = np.minimum.outer(bottom - top, bottom - top)
    shared = np.minimum.outer(bottom, bottom) - np.maximum.outer(top, top)
    gap = left[None, :] - right[:, None]
    beside = np.where((shared >= LEVEL * lower) & (gap >= 0) & (gap <= APART * lower), gap, np.inf)
    pairs = ((n, m) for n, m in enumerate(beside.argmin(axis=1).tolist()) if np.isfinite(beside[n, m]))
    return alone + [Element(PAIR, "", texts[n].union(texts[m]), confidence=0.0) for n, m in pairs]


def distinct(elements: Sequence[Element]) -> list[Element]:
    """What stays when of elements with nearly the same box only the surest is kept."""
    surest = sorted(elements, key=lambda one: (-one.confidence, one.box, one.role))
    boxes = np.array([astuple(one.box) for one in surest], np.float32).reshape(-1, 4)
    roles = np.array([ROLES.index(one.role) for one in surest], np.intp)
    return [surest[n] for n in _distinct(boxes, roles, part=PART)]


def _smaller(pixels: Pixels, scale: float) -> Pixels:
    return np.asarray(cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)


def _meant(pixels: Pixels, edges: Edges, element: Element) -> Box:
    """The box that a find means: its frame, or what is to be seen of it."""
    if element.role in WHOLE:
        return edges.snapped(element.box)[0]
    return tightened(pixels, edges, element.box)


def padded(crop: Pixels) -> Pixels:
    """The picture with its last row and column repeated until its sides suit the network."""
    height, width = crop.shape[:2]
    down, across = -height % COARSEST, -width % COARSEST
    picture = cv2.copyMakeBorder(crop, 0, down, 0, across, cv2.BORDER_REPLICATE)
    return np.ascontiguousarray(picture, dtype=np.uint8)


def decoded(
    levels: Sequence[NDArray[np.float32]],
    size: tuple[int, int],
    *,
    enlarged: float = 1.0,
    sure: float = SURE,
) -> list[Element]:
    """The network's numbers as elements.

    Args:
        levels: its results, an array (OUTPUTS, rows, columns) for each of ``STRIDES``.
        size: width and height of the picture in pixels; boxes are cut there.
        enlarged: pixels of the screen to one of the picture.
        sure: least probability.
    """
    boxes, roles, scores, states = _candidates(levels, sure)
    boxes[:, 0::2] = boxes[:, 0::2].clip(0, size[0])
    boxes[:, 1::2] = boxes[:, 1::2].clip(0, size[1])
    found = []
    for n in _distinct(boxes, roles):
        left, top, right, bottom = (round(float(side) * enlarged) for side in boxes[n])
        if right - left < 3 or bottom - top < 3:
            continue
        found.append(
            Element(
                ROLES[roles[n]],
                "",
                Box(left, top, right, bottom),
                state=frozenset(
                    state for state, odds in zip(STATES, states[n], strict=True) if odds >= STATE_SURE
                ),
                sources=("detector",),
                confidence=round(float(scores[n]), 3),
            )
        )
    return found


def _candidates(levels: Sequence[NDArray[np.float32]], sure: float) -> Arrays:
    """Cells that may be the centre of something: boxes (n, 4), roles (n,), scores (n,), states (n, 4)."""
    parts = [_peaks(level, stride, sure) for level, stride in zip(levels, STRIDES, strict=True)]
    boxes, roles, scores, states = (np.concatenate([part[at] for part in parts]) for at in range(4))
    best = np.argsort(-scores, kind="stable")[:MOST_FINDS]
    return boxes[best], roles[best], scores[best], states[best]


def _peaks(level: NDArray[np.float32], stride: int, sure: float) -> Arrays:
    """The cells of one level that are surer than those around them."""
    count, first = len(ROLES), len(READ)  # what reading finds is not sought here
    role, best = level[first:count].argmax(axis=0) + first, level[first:count].max(axis=0)
    around = np.asarray(cv2.dilate(best, np.ones((3, 3), np.uint8)))
    rows, columns = np.nonzero((best >= np.log(sure / (1 - sure))) & (best >= around))
    sides = np.exp(np.minimum(level[count : count + 4, rows, columns].T, FARTHEST)) * stride
    x, y = (columns + 0.5) * stride, (rows + 0.5) * stride
    boxes = np.stack([x - sides[:, 0], y - sides[:, 1], x + sides[:, 2], y + sides[:, 3]], axis=1)
    states = _odds(level[count + 4 :, rows, columns].T)
    return boxes.astype(np.float32), role[rows, columns], _odds(best[rows, columns]), states


def _odds(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(1 / (1 + np.exp(-logits)), dtype=np.float32)


def _distinct(boxes: NDArray[np.float32], roles: NDArray[np.intp], part: float = 1.0) -> list[int]:
    """What stays when of finds with nearly the same box only the surest is kept; they come surest first.

    A window may have nearly the box of the text area in it, so containers only rule out their like. Of
    two of one role, one mostly in the other, only one is meant, but for windows and areas.
    """
    containers = np.array([role in CONTAINERS for role in ROLES])[roles]
    whole = ~np.array([role in HOLDING for role in ROLES])[roles]
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    left = np.ones(len(boxes), np.bool_)
    kept = []
    for n in range(len(boxes)):
        if not left[n]:
            continue
        kept.append(n)
        low, high = np.maximum(boxes[:, :2], boxes[n, :2]), np.minimum(boxes[:, 2:], boxes[n, 2:])
        common = np.prod(np.maximum(high - low, 0), axis=1)
        overlap = common / np.maximum(areas + areas[n] - common, 1e-6)
        within = common / np.maximum(np.minimum(areas, areas[n]), 1e-6)
        alike = roles == roles[n]
        rivals = alike if containers[n] else (alike | ~containers)
        left &= ~((overlap > SAME) & rivals) & ~((within > part) & alike & whole)
    return kept
