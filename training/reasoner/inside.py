"""Decisions of the embedded reasoner, looked into: where its tokens were sent, how sure and how right it was.

What comes of it is counted elsewhere: ``experts`` and ``calibration``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray

from deskhand.benchmarks.suites.desk.suite import DeskSuite
from deskhand.policies.embedded.deciding import decide
from deskhand.policies.embedded.network import ReasonerModel
from deskhand.policies.embedded.pointed import POINTING
from deskhand.policies.embedded.seeing import PLACE_ROLES, Seen, see
from deskhand.policies.embedded.textvectors import TextEncoder
from deskhand.training.reasoner.exact import same
from deskhand.training.reasoner.lessons import Lesson

TOKENS = ("the decision", "words of the task", "steps done", *PLACE_ROLES)
"""What a token can be; from ``FIRST_ROLE`` on it is a place, by its role."""
FIRST_ROLE = 3


@dataclass(frozen=True, slots=True)
class InsideView:
    """One recorded decision, decided anew.

    Attributes:
        episode: its run.
        kind: its task.
        application: see ``application_of``.
        verb: what was decided.
        tokens: (tokens,), numbers in ``TOKENS``; the decision's own is the first.
        sent: by layer, (tokens, chosen): the experts that each token was sent to.
        verbs: how likely each verb was.
        places: how likely each place was; empty if the verb does not point.
        right: whether the whole move does what the recorded one did.
        target_right: whether its verb does, and the place that it points at.
    """

    episode: str
    kind: str
    application: str
    verb: str
    tokens: NDArray[np.int8]
    sent: dict[int, NDArray[np.int8]]
    verbs: NDArray[np.float64]
    places: NDArray[np.float64]
    right: bool
    target_right: bool


def look_inside(
    model: ReasonerModel, episodes: Iterable[tuple[str, str, Iterable[Lesson]]], encoder: TextEncoder
) -> Iterator[InsideView]:
    """Decide every lesson, and keep what was seen of it.

    Args:
        episodes: for each its name, the name of its folder, and its lessons.
    """
    with model.watching() as sent:
        for episode, folder, lessons in episodes:
            for lesson in lessons:
                yield _view(model, sent, f"{folder}/{episode}", folder, lesson, encoder)


def application_of(kind: str, folder: str) -> str:
    """The application that a task is about: as the suite desk has it, else the name of its folder."""
    return _applications().get(kind, folder)


@cache
def _applications() -> dict[str, str]:
    suite = DeskSuite()
    return {task: suite.category(task) for task in suite.tasks()}


def _view(
    model: ReasonerModel,
    sent: dict[int, torch.Tensor],
    episode: str,
    folder: str,
    lesson: Lesson,
    encoder: TextEncoder,
) -> InsideView:
    seen = see(lesson.instruction, lesson.places, lesson.pictures, lesson.viewport, lesson.past, encoder)
    found = decide(model, seen, lesson.instruction, lesson.places, encoder)
    move, wanted = found.move, lesson.move
    cell = wanted.cell if move.place == wanted.place else move.cell
    pointed = replace(wanted, verb=move.verb, place=move.place, cell=cell)
    rows, tokens = _tokens(seen)
    return InsideView(
        episode,
        lesson.kind,
        application_of(lesson.kind, folder),
        move.verb,
        tokens,
        {layer: picked[rows].numpy().astype(np.int8) for layer, picked in sent.items()},
        np.array(list(found.verbs.values())),
        np.array(found.places if move.verb in POINTING else ()),
        same(move, wanted, lesson),
        move.verb == wanted.verb and same(pointed, wanted, lesson),
    )


def _tokens(seen: Seen) -> tuple[NDArray[np.int64], NDArray[np.int8]]:
    """The rows of a batch of one that are no filling, and what each of them is."""
    sizes = (1, len(seen.words), len(seen.done_texts), len(seen.place_texts))
    starts = np.cumsum([0, *(max(1, size) for size in sizes)])
    rows = [np.arange(start, start + size) for start, size in zip(starts, sizes, strict=False)]
    kinds = [np.full(size, number) for number, size in enumerate(sizes[:FIRST_ROLE])]
    return np.concatenate(rows), np.concatenate([*kinds, FIRST_ROLE + seen.roles]).astype(np.int8)
