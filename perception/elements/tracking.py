"""Numbers that elements keep from look to look, while they stay what they are.

An element is known again, in this order: by role, name and place; by the same in a window that has moved;
by role and name in the same window (it was scrolled, or shifted); by place, where the content is what changes
(a field, an area); by the picture on it, where it has no name. One that was gone and comes back exactly
as it was gets its number back; no number is ever given to anything else.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterator, Sequence
from dataclasses import dataclass, replace

from deskhand.actions.geometry import Box
from deskhand.perception.memory import Recent, crop_name
from deskhand.perception.regions import moved
from deskhand.perception.screen import Element, Screenshot
from deskhand.perception.text.similarity import nearly_same

GONE_KEPT = 4000

SAME_PLACE = dict.fromkeys(("field", "area", "combo", "slider", "scrollbar"), 0.5)
SAME_PLACE |= {"window": 0.8, "titlebar": 0.8}
"""Roles that stay the same thing while what is in them changes, and how much both looks overlap at least. A
dialog that opens over a window has much of its place too."""

LARGEST_LOOK = 128 * 128
"""Pixels of the largest picture that is compared; what is larger is known by its place."""

MOST_PAIRS = 10_000
"""Among more pairs than this of one name (the cells of an empty sheet) none is sought: order decides."""

Key = Callable[["_Seen"], Hashable | None]
Fits = Callable[["_Seen", "_Seen"], bool]


@dataclass(frozen=True, slots=True)
class _Seen:
    """An element at one look; ``parent`` is its window's lasting number, ``look`` a hash of its picture."""

    element: Element
    parent: int
    look: bytes

    @property
    def identity(self) -> tuple[Hashable, ...]:
        """Role, name (or picture, where there is none) and box: equal for what stayed as and where it was."""
        return self.element.role, self.element.name or self.look, self.element.box


class Tracker:
    """Gives out the numbers of one screen. The same looks in the same order give the same numbers."""

    def __init__(self) -> None:
        self._last: tuple[_Seen, ...] = ()
        self._gone: Recent[tuple[Hashable, ...], int] = Recent(GONE_KEPT)
        self._given = 0

    def follow(
        self, screenshot: Screenshot, elements: Sequence[Element], *, newest: bool = True
    ) -> tuple[Element, ...]:
        """The elements with lasting numbers, in the order given.

        Args:
            elements: numbered from 1, parents being such numbers, as ``fuse`` gives them.
            newest: False for a look from before the last one: the next look is not compared with it.
        """
        looks = _looks(screenshot, elements)
        numbers: dict[int, int] = {}  # an element's own number to its lasting one
        shifts: dict[int, tuple[int, int]] = {}
        for windows in (True, False):
            fresh = [
                _Seen(element, numbers.get(element.parent, 0), look)
                for element, look in zip(elements, looks, strict=True)
                if (element.role == "window") == windows
            ]
            known = [seen for seen in self._last if (seen.element.role == "window") == windows]
            matching = _Matching(known, fresh, shifts)
            matching.run()
            for n, seen in enumerate(fresh):
                old = matching.found.get(n)
                numbers[seen.element.id] = self._number(seen, old, numbers.values())
                if windows and old is not None:
                    shifts[old.element.id] = _shift(old.element.box, seen.element.box)
        result = tuple(
            replace(element, id=numbers[element.id], parent=numbers.get(element.parent, 0))
            for element in elements
        )
        if newest:
            self.return_to(screenshot, result)
        return result

    def return_to(self, screenshot: Screenshot, elements: Sequence[Element]) -> None:
        """Take these, which have lasting numbers, for the last look."""
        looks = _looks(screenshot, elements)
        self._last = tuple(_Seen(e, e.parent, look) for e, look in zip(elements, looks, strict=True))
        for seen in self._last:
            self._gone.put(seen.identity, seen.element.id)

    def _number(self, seen: _Seen, old: _Seen | None, taken: Collection[int]) -> int:
        if old is not None:
            return old.element.id
        before = self._gone.get(seen.identity)
        if before is not None and before not in taken and not any(s.element.id == before for s in self._last):
            return before
        self._given += 1
        return self._given


class _Matching:
    """Pairs of the last look and this one; each step pairs what the steps before left over."""

    def __init__(
        self, known: Sequence[_Seen], fresh: Sequence[_Seen], shifts: dict[int, tuple[int, int]]
    ) -> None:
        self.found: dict[int, _Seen] = {}
        self._known, self._fresh, self._shifts = list(known), list(fresh), shifts
        self._used: set[int] = set()

    def run(self) -> None:
        """Pair in six steps, from what is the same in every respect to what hardly changed."""
        self._pair(lambda s: s.identity)
        self._pair(lambda s: (*s.identity[:2], self._there(s)), lambda s: s.identity)
        self._pair(lambda s: (s.element.role, s.element.name, s.parent) if s.element.name else None)
        self._pair(
            lambda s: s.element.role if s.element.role in SAME_PLACE else None,
            fits=lambda old, new: self._there(old).overlap(new.element.box) >= SAME_PLACE[old.element.role],
        )
        self._pair(lambda s: (s.element.role, s.look, s.parent) if s.look else None)
        self._pair(lambda s: s.element.role, fits=self._hardly_changed)

    def _there(self, old: _Seen) -> Box:
        """Where an element is now if it moved with its window."""
        return moved(old.element.box, *self._shifts.get(old.parent, (0, 0)))

    def _hardly_changed(self, old: _Seen, new: _Seen) -> bool:
        """A picture that lights up under the pointer; a letter that is read differently this time."""
        same = nearly_same(old.element.name, new.element.name)
        return same and self._there(old).overlap(new.element.box) >= 0.7

    def _pair(self, key: Key, key_now: Key | None = None, fits: Fits | None = None) -> None:
        """Pair what has the same key, nearest first; a key of None pairs with nothing."""
        known = self._grouped(self._known, self._used, key)
        fresh = self._grouped(self._fresh, self.found, key_now or key)
        for name, olds in known.items():
            news = fresh.get(name, [])
            pairs = self._nearest(olds, news, fits)
            for old, new in pairs:
                if old not in self._used and new not in self.found:
                    self._used.add(old)
                    self.found[new] = self._known[old]

    def _nearest(
        self, olds: Sequence[int], news: Sequence[int], fits: Fits | None
    ) -> Iterator[tuple[int, int]]:
        if len(olds) * len(news) > MOST_PAIRS:
            close = ((old, new) for old, new in zip(olds, news, strict=False))
        else:
            distances = sorted(
                (_distance(self._there(self._known[old]), self._fresh[new].element.box), old, new)
                for old in olds
                for new in news
            )
            close = ((old, new) for _, old, new in distances)
        return (pair for pair in close if fits is None or fits(self._known[pair[0]], self._fresh[pair[1]]))

    @staticmethod
    def _grouped(seen: Sequence[_Seen], without: object, key: Key) -> dict[Hashable, list[int]]:
        assert isinstance(without, set | dict)
        groups: dict[Hashable, list[int]] = {}
        for n, one in enumerate(seen):
            name = None if n in without else key(one)
            if name is not None:
                groups.setdefault(name, []).append(n)
        return groups


def _looks(screenshot: Screenshot, elements: Sequence[Element]) -> list[bytes]:
    """A hash of the picture of each element that has no name; empty for others."""
    return [
        b"" if one.name or one.box.area > LARGEST_LOOK else crop_name(screenshot.crop(one.box))
        for one in elements
    ]


def _shift(before: Box, after: Box) -> tuple[int, int]:
    return after.left - before.left, after.top - before.top


def _distance(one: Box, other: Box) -> int:
    return abs(one.left - other.left) + abs(one.top - other.top)
