"""Wait until the screen is stable, bounded, and say whether it is.

A screen is stable when nothing new has appeared for a while. A blinking caret is nothing new, nor is
a small region that returns to a look it already had (a block caret, a spinner that came round). A
video or a long animation is new at every look, and holds settling up until the timeout.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

from deskhand.actions.geometry import Box
from deskhand.perception.screen import Screenshot
from deskhand.perception.watch.difference import Change, difference, is_caret
from deskhand.waiting import Deadline, pause

LOOKS_A_QUIET = 5
"""How often to look within one quiet time, so that something short is not slept through."""

SMALL = 64
"""Largest side in pixels of a region that may repeat itself unnoticed: a spinner, not a dialog."""

MOST_LOOKS_KEPT = 64
"""Looks remembered for each small region; a spinner has 8 to 36."""


@dataclass(frozen=True, slots=True)
class Settled:
    """How settling ended.

    Attributes:
        screenshot: the last look.
        stable: False if something new was still appearing when time ran out.
        seconds: how long it took.
        looks: how many screenshots were taken.
    """

    screenshot: Screenshot
    stable: bool
    seconds: float
    looks: int


def settle(
    capture: Callable[[], Screenshot],
    *,
    quiet: float = 0.15,
    timeout: float = 3.0,
    ignore: Sequence[Box] = (),
    since: Screenshot | None = None,
    answer: float = 0.0,
    arrived: Callable[[Screenshot], bool] | None = None,
) -> Settled:
    """Look at the screen until nothing new has appeared on it for ``quiet`` seconds.

    Times are taken between the starts of captures, so that a slow capture needs no third look. A
    program that has not answered yet looks just like one that is done: ``since`` and ``answer`` give
    it time to begin.

    Args:
        capture: takes a screenshot; what it raises passes through.
        quiet: seconds without anything new that make a screen stable.
        timeout: seconds after which the last look is returned as it is.
        ignore: regions that may change as they like (a clock).
        since: the screen before an action that was just done.
        answer: seconds to wait for the first difference from ``since``.
        arrived: says of a look that it is the one waited for, so that no time need pass.
    """
    deadline = Deadline(timeout)
    began = last_news = time.monotonic()
    screenshot, looks, repeats = capture(), 1, _Repeats()
    while not deadline.passed():
        if arrived is not None and arrived(screenshot):
            return Settled(screenshot, True, time.monotonic() - began, looks)
        due = last_news + quiet - time.monotonic()
        interval = min(due, quiet / LOOKS_A_QUIET) if due > 0 else quiet / LOOKS_A_QUIET
        pause(min(interval, deadline.left()), why="the screen needs time to change")
        looked = time.monotonic()
        newer, looks = capture(), looks + 1
        change = difference(screenshot, newer, ignore=ignore)
        if repeats.news(change, screenshot, newer):
            last_news = looked
        screenshot = newer
        rested = looked - last_news >= quiet
        if rested and (looked - began >= answer or _answered(since, newer, ignore)):
            return Settled(screenshot, True, time.monotonic() - began, looks)
    return Settled(screenshot, False, time.monotonic() - began, looks)


def _answered(since: Screenshot | None, now: Screenshot, ignore: Sequence[Box]) -> bool:
    if since is None:
        return True
    change = difference(since, now, ignore=ignore)
    return bool(change) and not change.only_caret


@dataclass(slots=True)
class _Repeats:
    """The small regions that changed while settling, and the looks that each has had."""

    seen: dict[Box, set[bytes]] = field(default_factory=dict)

    def news(self, change: Change, before: Screenshot, after: Screenshot) -> bool:
        """Whether a change is more than carets and repetitions."""
        fresh = [self._fresh(box, before, after) for box in change.boxes if not is_caret(box)]
        return any(fresh)

    def _fresh(self, box: Box, before: Screenshot, after: Screenshot) -> bool:
        region = self._region(box)
        if region.width > SMALL or region.height > SMALL:
            return True
        looks = self.seen.setdefault(region, {_look(before, region)})
        look = _look(after, region)
        fresh = look not in looks
        if len(looks) < MOST_LOOKS_KEPT:
            looks.add(look)
        return fresh

    def _region(self, box: Box) -> Box:
        """The known region that this change belongs to, grown around it; growing forgets its looks."""
        touching = [known for known in self.seen if known.intersection(box).area]
        if len(touching) == 1 and touching[0].union(box) == touching[0]:
            return touching[0]
        for known in touching:
            del self.seen[known]
            box = box.union(known)
        return box


def _look(screenshot: Screenshot, box: Box) -> bytes:
    return blake2b(screenshot.crop(box).tobytes(), digest_size=16).digest()
