"""One decision as the embedded reasoner sees it: the task, what was done, and every place, as numbers.

For learning and for deciding alike: whatever is computed here is computed once, in one way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import cv2
import numpy as np
from numpy.typing import NDArray

from deskhand.actions.geometry import ScreenPoint, Viewport
from deskhand.actions.vocabulary import Key, Type, points_of
from deskhand.errors import NotExpressible
from deskhand.perception.screen import ROLES, STATES, Pixels
from deskhand.policies.embedded.places import SQUARE, ScreenPlace
from deskhand.policies.embedded.pointed import VERBS, move_of
from deskhand.policies.embedded.textvectors import WIDTH, TextEncoder
from deskhand.text import joins
from deskhand.trajectories.records import Step

SIDE = 16
"""Every place is shown as a picture of so many pixels by so many, however it is shaped."""
MOST_DONE = 10
"""The steps that are seen one by one, the last ones."""
MOST_COUNTED = 23
"""More steps than this look alike when they are counted."""

PLACE_ROLES = (*ROLES, SQUARE)
_ROLE_NUMBERS = {role: number for number, role in enumerate(PLACE_ROLES)}
"""A role that somebody's own perception made up counts as the first: text."""
PLACE_CLUES, WORD_CLUES, DONE_CLUES = 16, 5, 4
"""Numbers that are told of a place, of a piece of the task, of a step that was done."""
BOX_NUMBERS = 6


@dataclass(frozen=True, slots=True)
class PastMove:
    """A step of the past, as it was decided.

    Attributes:
        verb: of ``VERBS``; empty for a step that could not be understood.
        text: what was typed, or what stood on the place that was pointed at.
        point: where, if anywhere.
        failed: whether it was refused or failed.
        changed: whether the screen changed; None where that is not known.
        warned: whether a note said that it was a repetition.
    """

    verb: str
    text: str = ""
    point: ScreenPoint | None = None
    failed: bool = False
    changed: bool | None = None
    warned: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """What goes into the network for one decision. T pieces of the task, D steps done, P places.

    Attributes:
        words: (T, WIDTH) float32; word_clues: (T, WORD_CLUES).
        spans: where each piece of the task stands in it.
        done_texts: (D, WIDTH); done_verbs: (D,) numbers of verbs, from 1; done_clues: (D, DONE_CLUES).
        place_texts: (P, WIDTH); roles: (P,); states: (P, STATES); boxes: (P, BOX_NUMBERS), shares of the
            screen; pictures: (P, SIDE, SIDE, 3) uint8; clues: (P, PLACE_CLUES).
        count: steps done.
    """

    words: NDArray[np.float32]
    word_clues: NDArray[np.float32]
    spans: tuple[tuple[int, int], ...]
    done_texts: NDArray[np.float32]
    done_verbs: NDArray[np.int64]
    done_clues: NDArray[np.float32]
    place_texts: NDArray[np.float32]
    roles: NDArray[np.int64]
    states: NDArray[np.float32]
    boxes: NDArray[np.float32]
    pictures: NDArray[np.uint8]
    clues: NDArray[np.float32]
    count: int


def see(
    instruction: str,
    places: Sequence[ScreenPlace],
    pictures: NDArray[np.uint8],
    viewport: Viewport,
    past: Sequence[PastMove],
    encoder: TextEncoder,
) -> Seen:
    """See a screen with a task in mind.

    Args:
        places: of this screen, from ``places_of``.
        pictures: of the places, from ``pictures_of``.
        viewport: the size of the screen.
        past: what was done, oldest first.
    """
    task = encoder.words(instruction)
    late = past[-MOST_DONE:]
    return Seen(
        words=task.states,
        word_clues=_word_clues(instruction, task.spans, places, past),
        spans=task.spans,
        done_texts=encoder.wholes([step.text for step in late]).reshape(-1, WIDTH),
        done_verbs=np.array([VERBS.index(step.verb) + 1 if step.verb else 0 for step in late], np.int64),
        done_clues=_done_clues(late),
        place_texts=encoder.wholes([place.text for place in places]).reshape(-1, WIDTH),
        roles=np.array([_ROLE_NUMBERS.get(place.role, 0) for place in places], np.int64),
        states=np.array([[s in place.state for s in STATES] for place in places], np.float32),
        boxes=_boxes(places, viewport),
        pictures=pictures,
        clues=_place_clues(instruction, places, past),
        count=min(len(past), MOST_COUNTED),
    )


def done_in(step: Step, instruction: str, places: Sequence[ScreenPlace]) -> list[PastMove]:
    """What was done in a step, as moves, on the places that were there then."""
    reply = step.decision.reply
    if reply is None:
        return [PastMove("", failed=True)]
    failed = any(not outcome.ok for outcome in step.outcomes)
    warned = any("already tried" in note for note in step.notes)
    found: list[PastMove] = []
    verb, text = "", ""
    for _, same in groupby(reply.actions):
        actions = list(same)
        points = points_of(actions[0])
        try:
            move = move_of(actions, instruction, places)
        except NotExpressible:
            verb, text = "", str(actions[0].kind)
        else:
            verb, text = move.verb, places[move.place].text if move.place >= 0 else ""
        if isinstance(actions[0], Type):
            text = actions[0].text
        elif isinstance(actions[0], Key):
            text = "+".join(actions[0].keys)
        found.append(PastMove(verb, text, points[0] if points else None, failed, step.changed, warned))
    return found


def stands_in(text: str, part: str) -> int:
    """Where ``part`` stands in ``text`` as whole words; -1 if it does not. Both in one case."""
    at = text.find(part) if part else -1
    while at >= 0:
        end = at + len(part)
        cut = at and joins(text[at - 1], part[0])
        if not cut and not (end < len(text) and joins(part[-1], text[end])):
            return at
        at = text.find(part, at + 1)
    return -1


def _word_clues(
    instruction: str,
    spans: Sequence[tuple[int, int]],
    places: Sequence[ScreenPlace],
    past: Sequence[PastMove],
) -> NDArray[np.float32]:
    """Of each piece of the task: whether it is on the screen, was acted on and how long ago, is quoted."""
    task = instruction.casefold()
    task = task if len(task) == len(instruction) else instruction  # a character may fold into two
    shown = {place.text.casefold() for place in places if place.text}
    on_screen = [(at, at + len(text)) for text in shown if (at := stands_in(task, text)) >= 0]
    acted = [
        (at, at + len(step.text), len(past) - number)
        for number, step in enumerate(past)
        if (at := stands_in(task, step.text.casefold())) >= 0
    ]
    quotes = 0
    found = np.zeros((len(spans), WORD_CLUES), np.float32)
    last = 0
    for number, (start, end) in enumerate(spans):
        quotes += sum(c in "\"'“”«»" for c in instruction[last:start])
        last = start
        found[number, 0] = any(a <= start and end <= b for a, b in on_screen)
        for a, b, ago in acted:
            if a <= start and end <= b:
                found[number, 1], found[number, 2] = 1, 1 / ago
        found[number, 3] = quotes % 2
        found[number, 4] = instruction[start:end].isdigit()
    return found


def _done_clues(past: Sequence[PastMove]) -> NDArray[np.float32]:
    clues = [[s.failed, s.changed is False, s.warned, s.point is not None] for s in past]
    return np.array(clues, np.float32).reshape(-1, DONE_CLUES)


def _boxes(places: Sequence[ScreenPlace], viewport: Viewport) -> NDArray[np.float32]:
    width, height = viewport.width, viewport.height
    numbers = [
        (
            place.box.left / width,
            place.box.top / height,
            place.box.right / width,
            place.box.bottom / height,
            place.box.width / width,
            place.box.height / height,
        )
        for place in places
    ]
    return np.array(numbers, np.float32).reshape(-1, BOX_NUMBERS)


def pictures_of(places: Sequence[ScreenPlace], pixels: Pixels) -> NDArray[np.uint8]:
    """Each place, shrunk or stretched to one small picture, (places, SIDE, SIDE, 3)."""
    found = np.zeros((len(places), SIDE, SIDE, 3), np.uint8)
    for number, place in enumerate(places):
        box = place.box
        part = pixels[max(0, box.top) : max(0, box.bottom), max(0, box.left) : max(0, box.right)]
        if part.size:
            found[number] = cv2.resize(part, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return found


def _place_clues(
    instruction: str, places: Sequence[ScreenPlace], past: Sequence[PastMove]
) -> NDArray[np.float32]:
    """Of each place: how its text meets the task and what was typed, its twins, what was done to it."""
    task = instruction.casefold()
    task_words = set(_words(task))
    texts = [place.text.casefold() for place in places]
    twins, before = Counter(texts), Counter[str]()
    typed = [step.text.casefold() for step in past if step.verb == "type" and step.text]
    found = np.zeros((len(places), PLACE_CLUES), np.float32)
    for number, (place, text) in enumerate(zip(places, texts, strict=True)):
        words = _words(text)
        at = stands_in(task, text)
        touched = [
            len(past) - n
            for n, step in enumerate(past)
            if step.point is not None and place.role != SQUARE and place.box.contains(step.point)
        ]
        found[number] = (
            at >= 0,
            at / max(1, len(task)) if at >= 0 else -1,
            sum(word in task_words for word in words) / max(1, len(words)),
            min(len(touched), 3) / 3,
            bool(touched) and touched[-1] == 1,
            1 / touched[-1] if touched else 0,
            bool(text) and twins[text] > 1,
            min(before[text], 5) / 5,
            min(len(text), 40) / 40,
            any(c.isdigit() for c in text),
            not text,
            number / len(places),
            any(one in text for one in typed),
            place.changed,
            place.actionable,
            place.role == SQUARE,
        )
        before[text] += 1
    return found


def _words(text: str) -> list[str]:
    return "".join(c if c.isalnum() else " " for c in text).split()
