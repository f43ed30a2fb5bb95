"""How well a screen was seen: what was found against what is there.

A find and a true element are matched one to one, the best overlaps first, if intersection over
union is at least ``OVERLAP``. Recall is the share of true elements that were found in their role,
precision the share of finds that are true in theirs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from deskhand.perception.screen import Element

OVERLAP = 0.5


@dataclass(slots=True)
class Score:
    """Counts over any number of screens; ``+=`` joins two.

    Attributes:
        there: true actionable elements, by role.
        found: of them those found in their role.
        placed: of them those found as something actionable, whichever role.
        told: finds with an actionable role, by role.
        right: of them those that are true.
    """

    there: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    placed: Counter[str] = field(default_factory=Counter)
    told: Counter[str] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)

    def __iadd__(self, other: Score) -> Score:
        for name in ("there", "found", "placed", "told", "right"):
            getattr(self, name).update(getattr(other, name))
        return self

    def recall(self, role: str | None = None) -> float | None:
        return _share(self.found, self.there, role)

    def precision(self, role: str | None = None) -> float | None:
        return _share(self.right, self.told, role)

    def placed_share(self, role: str | None = None) -> float | None:
        """Recall where a find of another actionable role counts too."""
        return _share(self.placed, self.there, role)


def score(found: Iterable[Element], true: Iterable[Element]) -> Score:
    """Compare the actionable elements of one screen."""
    finds, wanted = [one for one in found if one.actionable], [one for one in true if one.actionable]
    result = Score()
    result.there.update(one.role for one in wanted)
    result.told.update(one.role for one in finds)
    for find, truth in matches(finds, wanted, same_role=True):
        result.found[truth.role] += 1
        result.right[find.role] += 1
    result.placed.update(truth.role for _, truth in matches(finds, wanted))
    return result


def matches(
    finds: Sequence[Element], wanted: Sequence[Element], *, same_role: bool = False
) -> list[tuple[Element, Element]]:
    """Pairs of a find and a true element, one to one, the best overlaps first."""
    pairs = sorted(
        (
            (overlap, n, m)
            for n, find in enumerate(finds)
            for m, truth in enumerate(wanted)
            if (not same_role or find.role == truth.role)
            and (overlap := find.box.overlap(truth.box)) >= OVERLAP
        ),
        key=lambda pair: (-pair[0], pair[1], pair[2]),
    )
    left, taken, kept = set(range(len(finds))), set(range(len(wanted))), []
    for _, n, m in pairs:
        if n in left and m in taken:
            left.discard(n)
            taken.discard(m)
            kept.append((finds[n], wanted[m]))
    return kept


def _share(part: Counter[str], whole: Counter[str], role: str | None) -> float | None:
    """A share, of one role or of all; None where there is nothing."""
    total = whole.total() if role is None else whole[role]
    return (part.total() if role is None else part[role]) / total if total else None
