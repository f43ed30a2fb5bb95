"""How well a screen was seen: what was found against what is there.

A find and a true element are matched one to one, the best overlaps first, if intersection over
union is at least ``OVERLAP``. Recall is the share of true actionable elements that were found in their
role, precision the share of actionable finds that are true in theirs. Texts and states are compared
wherever something was found, whatever its role; what was not found has no text, but a text of several
lines is what was read of its lines.

A named element is clicked as an agent would: the find whose name is most like the wanted one is
chosen among all, and the click lands inside the true box or does not. Names that stand on a screen
twice are left out: nobody could say which is meant.
"""

from __future__ import annotations

import difflib
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from deskhand.perception.screen import Element

OVERLAP = 0.5


@dataclass(slots=True)
class DetectionScore:
    """Counts over any number of screens; ``+=`` joins two.

    Attributes:
        there: true actionable elements, by role.
        found: of them those found in their role.
        placed: of them those found as something actionable, whichever role.
        predicted: finds with an actionable role, by role.
        right: of them those that are true.
        frames, frames_found, frames_predicted: windows and title bars, by role: true ones, of them those
            found, and all finds. Nobody clicks them, so they are in no number above.
        texts, exact: true elements of any role with a text to be seen; of them those read exactly.
        letters, wrong: letters of the texts that were found; how many of them must be changed, left
            out or put in to make them right.
        states, known: true elements found that can be checked, selected or focused; of them those
            of which that is known.
        names, clicked: true actionable elements with a name of their own; of them those hit by a click.
        shown_names, shown_clicked: the same of those whose name stands on the screen. Most icons have
            a name that only their program knows.
    """

    there: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    placed: Counter[str] = field(default_factory=Counter)
    predicted: Counter[str] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)
    frames: Counter[str] = field(default_factory=Counter)
    frames_found: Counter[str] = field(default_factory=Counter)
    frames_predicted: Counter[str] = field(default_factory=Counter)
    texts: int = 0
    exact: int = 0
    letters: int = 0
    wrong: int = 0
    states: int = 0
    known: int = 0
    names: int = 0
    clicked: int = 0
    shown_names: int = 0
    shown_clicked: int = 0

    def __iadd__(self, other: DetectionScore) -> DetectionScore:
        for name in _COUNTERS:
            getattr(self, name).update(getattr(other, name))
        for name in _COUNTS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        return self

    def recall(self, role: str | None = None) -> float | None:
        """Share of the true elements that were found, 0 to 1, of one role or all; None where none are."""
        return _share(self.found, self.there, role)

    def precision(self, role: str | None = None) -> float | None:
        """Share of the finds that are true, 0 to 1, of one role or all; None where none are."""
        return _share(self.right, self.predicted, role)

    def placed_share(self, role: str | None = None) -> float | None:
        """Recall where a find of another actionable role counts too."""
        return _share(self.placed, self.there, role)


_COUNTERS = (
    *("there", "found", "placed", "predicted", "right"),
    *("frames", "frames_found", "frames_predicted"),
)
FRAMES = ("window", "titlebar")
_COUNTS = (
    *("texts", "exact", "letters", "wrong", "states", "known"),
    *("names", "clicked", "shown_names", "shown_clicked"),
)
_MANY_LINES = frozenset({"area", "window"})
"""Roles whose text is that of what lies in them."""
_SHOWS = {
    **dict.fromkeys(("checkbox", "radio"), "checked"),
    **dict.fromkeys(("tab", "row"), "selected"),
    **dict.fromkeys(("field", "area"), "focused"),
}
"""The state that matters most of each role that has one."""

LIKE = 0.75
"""A find whose name is less like the wanted one than this is not clicked."""


def score(found: Iterable[Element], true: Iterable[Element]) -> DetectionScore:
    """Compare what was found on one screen with what is there."""
    everything, truth = list(found), list(true)
    result = DetectionScore()
    _score_places(result, [one for one in everything if one.actionable], [t for t in truth if t.actionable])
    _score_frames(result, everything, truth)
    pairs = {id(true): find for find, true in matches(everything, truth)}
    for element in truth:
        find = pairs.get(id(element))
        if element.text and element.role not in _MANY_LINES:
            read = find.text if find else _lines_in(everything, element)
            _score_text(result, plain(read), plain(element.text))
        state = _SHOWS.get(element.role)
        if state is not None and find is not None:
            result.states += 1
            result.known += (state in find.state) == (state in element.state)
    _score_clicks(result, everything, truth)
    return result


def _lines_in(finds: Sequence[Element], paragraph: Element) -> str:
    """What was read in the place of a text of several lines, which no one find is."""
    if paragraph.role != "text":
        return ""
    inside = [one for one in finds if one.text and paragraph.box.contains(one.box.centre)]
    return " ".join(one.text for one in sorted(inside, key=lambda one: (one.box.top, one.box.left)))


def plain(text: str) -> str:
    """A text as it is compared: one kind of space, dots and quotes, composed letters."""
    composed = unicodedata.normalize("NFKC", text).translate(_PLAIN)
    return " ".join(composed.split())


_PLAIN = str.maketrans({"…": "...", "‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-"})


def _score_places(result: DetectionScore, finds: Sequence[Element], wanted: Sequence[Element]) -> None:
    result.there.update(one.role for one in wanted)
    result.predicted.update(one.role for one in finds)
    for find, truth in matches(finds, wanted, same_role=True):
        result.found[truth.role] += 1
        result.right[find.role] += 1
    result.placed.update(truth.role for _, truth in matches(finds, wanted))


def _score_frames(result: DetectionScore, finds: Sequence[Element], true: Sequence[Element]) -> None:
    seen, there = ([one for one in some if one.role in FRAMES] for some in (finds, true))
    result.frames.update(one.role for one in there)
    result.frames_predicted.update(one.role for one in seen)
    result.frames_found.update(one.role for _, one in matches(seen, there, same_role=True))


def _score_text(result: DetectionScore, read: str, there: str) -> None:
    result.texts += 1
    result.exact += read == there
    if read:
        result.letters += len(there)
        result.wrong += min(len(there), edits(read, there))


def edits(one: str, other: str) -> int:
    """How many letters must be changed, left out or put in to make one text of the other."""
    row = list(range(len(other) + 1))
    for n, letter in enumerate(one, 1):
        before, row[0] = row[0], n
        for m, wanted in enumerate(other, 1):
            before, row[m] = row[m], min(row[m] + 1, row[m - 1] + 1, before + (letter != wanted))
    return row[-1]


def _score_clicks(result: DetectionScore, finds: Sequence[Element], true: Sequence[Element]) -> None:
    names = Counter(plain(one.name).casefold() for one in true)
    for element in true:
        name = plain(element.name).casefold()
        if element.actionable and name and names[name] == 1:
            chosen = by_name(finds, name)
            hit = chosen is not None and element.box.contains(chosen.box.centre)
            result.names += 1
            result.clicked += hit
            result.shown_names += bool(element.text)
            result.shown_clicked += hit and bool(element.text)


def by_name(finds: Sequence[Element], name: str) -> Element | None:
    """The find that somebody would click who is given a name; None if none is like it."""
    ranked = [
        (_likeness(plain(one.name).casefold(), name), one.actionable, -n) for n, one in enumerate(finds)
    ]
    best = max(ranked, default=(0.0, False, 0))
    return finds[-best[2]] if best[0] >= LIKE else None


def _likeness(one: str, other: str) -> float:
    if one == other:
        return 1.0
    lengths = sorted((len(one), len(other)))
    if 2 * lengths[0] < LIKE * sum(lengths):  # cannot be alike enough: one is too short
        return 0.0
    return difflib.SequenceMatcher(None, one, other, autojunk=False).ratio()


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
