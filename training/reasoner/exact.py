"""How often the embedded reasoner decides exactly as recorded runs did: a first measure of what it learnt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from deskhand.errors import ActionParseError
from deskhand.policies.embedded.deciding import decide
from deskhand.policies.embedded.network import ReasonerModel
from deskhand.policies.embedded.pointed import CLICKS, PointedMove, actions_of
from deskhand.policies.embedded.seeing import see
from deskhand.policies.embedded.textvectors import TextEncoder
from deskhand.training.reasoner.lessons import Lesson


@dataclass(frozen=True, slots=True)
class Exactness:
    """The lessons of one kind: how many there are, in how many the verb and the whole move were right."""

    kind: str
    lessons: int
    verbs: int
    moves: int


def exactness(model: ReasonerModel, lessons: Sequence[Lesson], encoder: TextEncoder) -> list[Exactness]:
    """Decide every lesson; one row for each kind, sorted by name.

    A move is right if it does what the recorded one did, see ``same``.
    """
    rows: dict[str, Exactness] = {}
    for lesson in lessons:
        view = see(lesson.instruction, lesson.places, lesson.pictures, lesson.viewport, lesson.past, encoder)
        found = decide(model, view, lesson.instruction, lesson.places, encoder).move
        row = rows.get(lesson.kind, Exactness(lesson.kind, 0, 0, 0))
        rows[lesson.kind] = Exactness(
            lesson.kind,
            row.lessons + 1,
            row.verbs + (found.verb == lesson.move.verb),
            row.moves + same(found, lesson.move, lesson),
        )
    return [rows[kind] for kind in sorted(rows)]


def same(found: PointedMove, wanted: PointedMove, lesson: Lesson) -> bool:
    """Whether a move does what is wanted on the screen of a lesson.

    Where the middle of a place is wanted, any point in it will do: a label in a button is the button. A
    turn of the wheel is right wherever it is done, as what scrolls there is not known.
    """
    places = lesson.places
    if wanted.verb == "scroll" and wanted.place >= 0 and found.place >= 0:
        return replace(found, place=0, cell=0) == replace(wanted, place=0, cell=0)
    try:
        actions = actions_of(found, lesson.instruction, places)
        if actions == actions_of(wanted, lesson.instruction, places):
            return True
    except ActionParseError:
        return False
    if wanted.verb not in CLICKS or wanted.cell or wanted.place < 0:
        return False
    alike = replace(found, place=wanted.place, cell=0) == wanted
    return alike and places[wanted.place].box.contains(places[found.place].point(found.cell))
