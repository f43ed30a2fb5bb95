"""Reading a whole screen: text, widgets and what programs report, as one list of elements.

    reader = ScreenReader(detector=detector, tree=tree)
    elements = reader.read(screenshot)

Each source is asked only for what is new: a frame seen before asks none, and where a part of the screen
changed, only that part is read and looked at again.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from deskhand.actions.geometry import Box
from deskhand.errors import EnvironmentProblem, SandboxLost, UsageError
from deskhand.perception.elements.fusion import fuse
from deskhand.perception.elements.layout import part_of
from deskhand.perception.elements.rereading import read_again
from deskhand.perception.elements.tracking import Tracker
from deskhand.perception.memory import Recent
from deskhand.perception.pictures import load_picture
from deskhand.perception.regions import affected, grown, merged
from deskhand.perception.screen import Element, Screenshot
from deskhand.perception.text.lines import TextLine, TextReader
from deskhand.perception.watch.difference import difference
from deskhand.perception.watch.observe import Observation
from deskhand.perception.widgets.detector import Detector
from deskhand.perception.zoom import close_up, with_known_ids

log = logging.getLogger(__name__)

PIXELS = ("ocr", "detector")
EVERYTHING = (*PIXELS, "tree")

FRAMES_KEPT = 16

MOST_FAILURES = 3
"""A tree that fails so often in a row is not asked again."""

HOLDERS = frozenset({"window", "area"})
"""Roles in which something can change while they stay as they are."""

RIM = 6
"""Pixels inside a holder's edge where a change may be one of the holder: of its frame, its scroll bar."""

ROOM, GRID = 24, 64
"""Pixels around a region that a detector is shown, and the grid on which its part of the screen lies:
a network sees a thing differently near an edge, and on another grid."""

Tree = Callable[[], Sequence[Element]]
"""Asks the programs what they show now."""


class WidgetDetector(Protocol):
    """Whatever finds widgets on pixels."""

    def find(
        self, screenshot: Screenshot, regions: Sequence[Box] | None = None, texts: Sequence[Box] = ()
    ) -> tuple[Element, ...]:
        """The widgets, without text; only those in ``regions`` where these are given.

        Args:
            texts: where lines of text were read, each of which may be a widget.
        """
        ...


class ScreenReader:
    """Finds what is on the screenshots of one screen.

    Models are loaded by the first ``read``, or by ``load``. Ids stay from look to look. It may be shared
    between threads, which then wait for each other.

    Args:
        detector: finds widgets; the one that ships with deskhand if not given.
        tree: asks the programs what they show; asked when a frame is read that is newer than all before.
        sources: which of "ocr", "detector" and "tree" are used, of those that are there.

    Raises:
        UsageError: there is no such source.
    """

    def __init__(
        self,
        *,
        detector: WidgetDetector | None = None,
        tree: Tree | None = None,
        sources: Sequence[str] = EVERYTHING,
        text: TextReader | None = None,
    ) -> None:
        unknown = [source for source in sources if source not in EVERYTHING]
        if unknown:
            raise UsageError(f"no source {unknown[0][:40]!r}; there are {', '.join(EVERYTHING)}")
        self._text = (text or TextReader()) if "ocr" in sources else None
        self._widgets = _Widgets(detector or Detector()) if "detector" in sources else None
        self._tree = tree if "tree" in sources else None
        self._failures = 0
        self._newest = float("-inf")
        self._tracker = Tracker()
        self._frames: Recent[str, tuple[Element, ...]] = Recent(FRAMES_KEPT)
        self._last: tuple[Screenshot, tuple[Element, ...]] | None = None
        self._lock = threading.Lock()

    def load(self) -> None:
        """Load the models now.

        Raises:
            EnvironmentProblem: a package or its models are missing; says what to install.
        """
        if self._text is not None:
            self._text.load()
        if self._widgets is not None and isinstance(self._widgets.detector, Detector):
            self._widgets.detector.load()

    def read(self, screenshot: Screenshot) -> tuple[Element, ...]:
        """The elements in reading order: window by window, in each row by row.

        A picture with nothing on it gives an empty tuple.

        Raises:
            EnvironmentProblem: on first use, if a package or its models are missing.
            SandboxLost: from the tree's sandbox.
        """
        with self._lock:
            if self._last is not None and not difference(self._last[0], screenshot):
                return self._last[1]
            newest = screenshot.seconds >= self._newest
            name = screenshot.digest()
            elements = self._frames.get(name)
            if elements is None:
                elements = self._tracker.follow(screenshot, self._look(screenshot, newest), newest=newest)
                self._frames.put(name, elements)
            elif newest:
                self._tracker.return_to(screenshot, elements)
            if newest:
                self._newest = screenshot.seconds
                self._last = screenshot, elements
            return elements

    def zoom(self, screenshot: Screenshot, box: Box) -> tuple[Element, ...]:
        """What is in a region, from its pixels enlarged; what was known there before keeps its id."""
        near = close_up(screenshot, box)
        with self._lock:
            known = self._frames.get(screenshot.digest()) or ()
            lines = self._text.closer.lines(near.screenshot) if self._text is not None else ()
            widgets: Sequence[Element] = ()
            if self._widgets is not None:
                widgets = self._widgets.detector.find(near.screenshot, texts=_boxes(lines))
            found = self._fused(near.screenshot, lines, widgets)
        return with_known_ids(near.back(found), known)

    def _look(self, screenshot: Screenshot, newest: bool) -> tuple[Element, ...]:
        lines = self._text.lines(screenshot) if self._text is not None else ()
        widgets = self._widgets.find(screenshot, _boxes(lines)) if self._widgets is not None else ()
        return self._fused(screenshot, lines, widgets, self._reported() if newest else ())

    def _fused(
        self,
        screenshot: Screenshot,
        lines: Sequence[TextLine],
        widgets: Sequence[Element],
        reported: Sequence[Element] = (),
    ) -> tuple[Element, ...]:
        if self._text is not None:
            lines = read_again(lines, widgets, screenshot, self._text)
        return fuse(lines, widgets, reported)

    def _reported(self) -> Sequence[Element]:
        """What the programs report; nothing where they do not answer."""
        if self._tree is None or self._failures >= MOST_FAILURES:
            return ()
        try:
            reported = self._tree()
        except SandboxLost:
            raise
        except EnvironmentProblem as error:
            self._failures += 1
            log.warning("the programs report nothing of what they show: %s", error)
            return ()
        self._failures = 0
        return reported


def see(picture: str | Path | Screenshot) -> Observation:
    """What is on one picture, from its pixels: ``see("screen.png").elements``.

    Raises:
        UsageError: there is no such file, or it is no picture.
        EnvironmentProblem: when elements are asked for, if a package or its models are missing.
    """
    screenshot = picture if isinstance(picture, Screenshot) else load_picture(Path(picture))
    reader = ScreenReader(sources=PIXELS)
    return Observation(screenshot, reader.read, find_closely=reader.zoom)


def _boxes(lines: Sequence[TextLine]) -> list[Box]:
    return [line.element.box for line in lines]


class _Widgets:
    """A detector that is asked again only where the screen changed."""

    def __init__(self, detector: WidgetDetector) -> None:
        self.detector = detector
        self._last: tuple[Screenshot, tuple[Element, ...]] | None = None

    def find(self, screenshot: Screenshot, texts: Sequence[Box]) -> tuple[Element, ...]:
        """The widgets of a screen; looks only at what changed where that is sure, else at all of it."""
        found = self._changed(screenshot, texts)
        if found is None:
            found = self.detector.find(screenshot, texts=texts)
        self._last = screenshot, found
        return found

    def _changed(self, screenshot: Screenshot, texts: Sequence[Box]) -> tuple[Element, ...] | None:
        """What is there now, from what was there; None where it is better to look at everything."""
        if self._last is None or self._last[0].viewport != screenshot.viewport:
            return None
        before, known = self._last
        change = difference(before, screenshot)
        if not change:
            return known
        if change.share >= 0.5:
            return None
        holders = [one for one in known if _holds_on(one, change.boxes)]
        boxes = [one.box for one in known if one not in holders]
        regions, staying = affected(change.boxes, boxes, screenshot)
        view = screenshot.viewport
        if sum(region.area for region in regions) > 0.6 * view.width * view.height:
            return None
        stays = set(staying)
        kept = [*holders, *(one for one in known if one not in holders and one.box in stays)]
        around = merged([_surroundings(region, screenshot) for region in regions])
        fresh = [
            one
            for one in self.detector.find(screenshot, around, texts)
            if any(region.contains(one.box.centre) for region in regions) and not _piece_of(one, kept, around)
        ]
        return (*kept, *fresh)


def _surroundings(region: Box, screenshot: Screenshot) -> Box:
    """What is looked at for the sake of a region: with room, and as a look at the whole would divide it."""
    view = screenshot.viewport
    box = grown(region, ROOM)
    return Box(
        box.left // GRID * GRID,
        box.top // GRID * GRID,
        -(-box.right // GRID) * GRID,
        -(-box.bottom // GRID) * GRID,
    ).intersection(Box(0, 0, view.width, view.height))


def _holds_on(element: Element, changed: Sequence[Box]) -> bool:
    """Whether an element is as it was although something changed inside it, or over less than half of it."""
    if element.role not in HOLDERS:
        return False
    touching = [box for box in changed if box.intersection(element.box).area]
    if all(part_of(box, grown(element.box, -RIM), 0) for box in touching):
        return True
    covered = sum(box.intersection(element.box).area for box in touching)
    return element.role == "window" and covered < 0.5 * element.box.area


def _piece_of(element: Element, kept: Sequence[Element], regions: Sequence[Box]) -> bool:
    """Whether an element is only the part of a kept holder that lies in a region that was looked at."""
    if element.role not in HOLDERS or not any(_cut(element.box, region) for region in regions):
        return False
    return any(one.role == element.role and part_of(element.box, one.box) for one in kept)


def _cut(box: Box, region: Box) -> bool:
    inside = grown(region, -2)
    return bool(box.intersection(region).area) and not part_of(box, inside, 0)
