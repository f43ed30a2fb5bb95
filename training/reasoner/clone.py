"""Teaches the embedded reasoner to decide as recorded runs did: behaviour cloning.

Each update learns from lessons drawn anew, seen as the policy sees them, half of them with the elements in
another order. A run is a function of the lessons and its settings; see ``training.runs``.
"""

from __future__ import annotations

import logging
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from deskhand.errors import NotExpressible, UsageError
from deskhand.policies.embedded.batches import batch_of
from deskhand.policies.embedded.excerpts import ExcerptReader
from deskhand.policies.embedded.network import ReasonerConfig, ReasonerModel, SeenBatch, Understood
from deskhand.policies.embedded.places import SQUARE
from deskhand.policies.embedded.pointed import (
    DIRECTIONS,
    HOLDS,
    KEYS,
    MODIFIERS,
    NOTCHES,
    POINTING,
    TEXTUAL,
    VERBS,
    PointedMove,
)
from deskhand.policies.embedded.seeing import Seen, see, stands_in
from deskhand.policies.embedded.speller import LineSpeller, Sources
from deskhand.policies.embedded.spelling import COPY, TAKE, WHOLE, SpellingToken, tokens_of
from deskhand.policies.embedded.textvectors import TextEncoder
from deskhand.policies.embedded.thinking import thought_tokens, vocabulary
from deskhand.training.reasoner.lessons import Lesson
from deskhand.training.reasoner.looks import elsewhere, is_prompt, look
from deskhand.training.reasoner.rewording import relabelled, renamed, revalued, reworded
from deskhand.training.runs import Progress, Run, Settings, TrainedNet

log = logging.getLogger(__name__)

REASONER = "reasoner"
"""The folder that a run leaves beside its checkpoint: what a policy reads, in 16-bit numbers."""
NONE = -100
"""Stands where a lesson says nothing of a choice."""
SHUFFLED = 0.5
"""Share of lessons whose elements are put into another order."""
REWORDED, WORDINGS = 0.7, 80
"""Share of lessons that are told in other words, and how many of them there are for each kind of task."""
REVALUED = 0.5
"""Share of lessons whose texts to copy are other ones."""
RELABELLED = 0.35
"""Share of lessons in which one of the places that the task names has another name."""
RENAMED = 0.3
"""Share of lessons whose program has another name."""
LOOKS, LOOKS_OF_PROMPTS, PROMPTS = 0.35, 0.75, 8
"""Share of lessons that are about the screen alone (``looks``), that of prompts, and how much more often
prompts are drawn."""
DRAWN_AT_ONCE = 8
"""Updates whose lessons are drawn together."""
PARTS = {
    "verb": 1.0,
    "place": 1.0,
    "cell": 0.5,
    "choices": 0.5,
    "text": 1.0,
    "changes": 0.2,
    "part": 0.3,
    "thought": 0.2,
}
"""How much each part of the loss matters."""


@dataclass(frozen=True, slots=True)
class MoveNumbers:
    """A move as numbers of choices; NONE where it has none.

    Attributes:
        choices: by head, see ``network.CHOICES``.
        place, cell, to, to_cell: what is pointed at.
        tokens: of the text, ending in END; empty where there is none.
        taken: (pieces, WIDTH) of each text of the screen that it takes, in order.
        part: first and last word piece of the part of the task that is at hand.
        thought: its tokens, likewise.
    """

    choices: dict[str, int]
    place: int
    cell: int
    to: int
    to_cell: int
    tokens: tuple[SpellingToken, ...]
    taken: tuple[NDArray[np.float32], ...]
    part: tuple[int, int]
    thought: tuple[SpellingToken, ...]


class LearningReasoner(TrainedNet):
    """The network while it learns."""

    def __init__(self, config: ReasonerConfig) -> None:
        super().__init__()
        self.model = ReasonerModel(config)

    def weights(self) -> dict[str, NDArray[Any]]:
        """The network's, as 32-bit numbers."""
        return {name: value.contiguous().float().numpy() for name, value in self.model.state_dict().items()}

    def take(self, weights: dict[str, NDArray[Any]]) -> None:
        """Take up weights of a network of the same sizes; parts that it did not have yet begin as they are.

        Raises:
            UsageError: the weights are of another network.
        """
        given = {name: torch.from_numpy(value) for name, value in weights.items()}
        try:
            found = self.model.load_state_dict(given, strict=False)
        except RuntimeError as error:
            raise UsageError(f"these weights are of another network: {str(error)[:200]}") from error
        if found.unexpected_keys or len(found.missing_keys) > len(given):
            wrong = (*found.unexpected_keys, *found.missing_keys)[0]
            raise UsageError(f"these weights are of another network: see {wrong}")
        if found.missing_keys:
            log.info("new parts: %s", ", ".join(found.missing_keys))


def answer_of(
    move: PointedMove, seen: Seen, lesson: Lesson, encoder: TextEncoder, words: Sequence[str] = ()
) -> MoveNumbers:
    """The numbers of a move.

    Args:
        words: the vocabulary of thoughts.

    Raises:
        NotExpressible: its text cannot be composed of tokens.
    """
    clicks = move.verb in POINTING
    chord, wheel = move.verb == "key", move.verb == "scroll"
    choices = {
        "verb": VERBS.index(move.verb),
        "hold": HOLDS.index(move.hold) if clicks else NONE,
        "times": move.times - 1 if chord or move.verb == "click" else NONE,
        "modifiers": MODIFIERS.index(move.modifiers) if chord else NONE,
        "key": KEYS.index(move.key) if chord else NONE,
        "direction": DIRECTIONS.index(move.direction) if wheel else NONE,
        "notches": NOTCHES.index(move.notches) if wheel else NONE,
        "submit": int(move.submit) if move.verb == "type" else NONE,
        "changes": NONE if lesson.changed is None else int(lesson.changed),
    }
    tokens: tuple[SpellingToken, ...] = ()
    if move.verb in TEXTUAL:
        tokens = tokens_of(move.pieces, seen.spans, lesson.places, encoder.spans)
    pointed, dragged = clicks and move.place >= 0, move.verb == "drag"
    return MoveNumbers(
        choices,
        move.place if pointed else NONE,
        move.cell if pointed and not wheel else NONE,
        move.to if dragged else NONE,
        move.to_cell if dragged else NONE,
        tokens,
        tuple(encoder.words(lesson.places[t.place].text).states for t in tokens if t.token == TAKE),
        _part_of(move, tokens, seen, lesson),
        _thought_of(lesson, seen, words),
    )


def _part_of(
    move: PointedMove, tokens: Sequence[SpellingToken], seen: Seen, lesson: Lesson
) -> tuple[int, int]:
    """The pieces of the task that a move is about: what it copies, or what stands where it points."""
    copied = next((token for token in tokens if token.token == COPY), None)
    if copied is not None:
        return copied.first, copied.last
    text = lesson.places[move.place].text.casefold() if move.place >= 0 else ""
    at = stands_in(lesson.instruction.casefold(), text)
    covered = [n for n, (start, end) in enumerate(seen.spans) if at <= start and end <= at + len(text)]
    return (covered[0], covered[-1]) if at >= 0 and covered else (NONE, NONE)


def _thought_of(lesson: Lesson, seen: Seen, words: Sequence[str]) -> tuple[SpellingToken, ...]:
    """The thought's tokens; none where it has words that are neither known nor to be copied."""
    if not words or not lesson.thought:
        return ()
    try:
        return thought_tokens(lesson.thought, lesson.instruction, seen.spans, lesson.places, words)
    except NotExpressible:
        return ()


def shuffled(lesson: Lesson, chance: random.Random) -> Lesson:
    """The same with its elements in another order; squares stay where they are."""
    elements = [n for n, place in enumerate(lesson.places) if place.role != SQUARE]
    order = chance.sample(elements, len(elements)) + list(range(len(elements), len(lesson.places)))
    new = {old: number for number, old in enumerate(order)}
    move = lesson.move
    pieces = tuple(replace(p, source=new[p.source]) if p.source >= 0 else p for p in move.pieces)
    moved = replace(
        move,
        place=new.get(move.place, -1),
        to=new.get(move.to, -1),
        pieces=pieces,
    )
    return replace(
        lesson, places=tuple(lesson.places[n] for n in order), pictures=lesson.pictures[order], move=moved
    )


def usable(lessons: Sequence[Lesson], encoder: TextEncoder) -> list[Lesson]:
    """The lessons whose texts can be composed of tokens."""
    found = []
    for lesson in lessons:
        spans = encoder.spans(lesson.instruction)
        try:
            tokens_of(lesson.move.pieces, spans, lesson.places, encoder.spans)
        except NotExpressible as error:
            log.info("%s: %s", lesson.kind, error)
        else:
            found.append(lesson)
    return found


class CloneRun(Run[LearningReasoner, tuple[SeenBatch, list[MoveNumbers]]]):
    """Learns moves from lessons.

    Args:
        config: sizes of the network, and the vocabulary of thoughts.
        batch: lessons an update.
        make: makes the network; by default one of random weights.
    """

    half = False

    def __init__(
        self,
        lessons: Sequence[Lesson],
        encoder: TextEncoder,
        out: Path,
        settings: Settings,
        config: ReasonerConfig,
        batch: int,
        make: Callable[[], LearningReasoner] | None = None,
    ) -> None:
        super().__init__(make or (lambda: LearningReasoner(config)), out, settings, len(lessons), PARTS)
        self.encoder = encoder
        self._lessons, self._size = lessons, batch
        counts = Counter(lesson.kind for lesson in lessons)
        self._weights = [
            counts[lesson.kind] ** -0.5 * (PROMPTS if is_prompt(lesson) else 1) for lesson in lessons
        ]
        self._elsewhere = elsewhere(lessons)

    def batch(self, step: int) -> tuple[SeenBatch, list[MoveNumbers]]:
        """Lessons drawn so that kinds with many of them do not crowd out the others.

        Those of a few updates are drawn at once and dealt out by size: a batch is filled up to its longest.
        """
        block, turn = divmod(step, DRAWN_AT_ONCE)
        chance = random.Random(f"clone:{self.settings.seed}:{block}")
        drawn = chance.choices(self._lessons, self._weights, k=self._size * DRAWN_AT_ONCE)
        drawn.sort(key=lambda one: len(one.places))
        turn = chance.sample(range(DRAWN_AT_ONCE), DRAWN_AT_ONCE)[turn]
        drawn = drawn[turn * self._size : (turn + 1) * self._size]
        chance = random.Random(f"clone:{self.settings.seed}:{block}:{turn}")
        drawn = [
            self._looked(one, chance)
            if chance.random() < (LOOKS_OF_PROMPTS if is_prompt(one) else LOOKS)
            else self.varied(one, chance)
            for one in drawn
        ]
        drawn = [renamed(one, chance) if chance.random() < RENAMED else one for one in drawn]
        self.encoder.prepare([one.instruction for one in drawn])
        views = [
            see(one.instruction, one.places, one.pictures, one.viewport, one.past, self.encoder)
            for one in drawn
        ]
        words = self.net.model.config.words
        answers = [
            answer_of(one.move, seen, one, self.encoder, words)
            for one, seen in zip(drawn, views, strict=True)
        ]
        return batch_of(views), answers

    def varied(self, lesson: Lesson, chance: random.Random) -> Lesson:
        """The lesson in other words and another order, each by chance."""
        order = chance.random() < SHUFFLED
        if chance.random() < REWORDED:
            # Few wordings a lesson, so that the encoder has most of them already.
            other = reworded(lesson, random.Random(f"{lesson.kind}:{chance.randrange(WORDINGS)}"))
            lesson = other if usable([other], self.encoder) else lesson
        if chance.random() < REVALUED:
            other = revalued(lesson, chance)
            lesson = other if usable([other], self.encoder) else lesson
        if chance.random() < RELABELLED:
            other = relabelled(lesson, chance)
            lesson = other if usable([other], self.encoder) else lesson
        return shuffled(lesson, chance) if order else lesson

    def _looked(self, lesson: Lesson, chance: random.Random) -> Lesson:
        """A lesson about the same screen; as it is where none can be made."""
        other = look(lesson, self._elsewhere, chance)
        if other is None or not usable([other], self.encoder):
            return lesson
        return shuffled(other, chance) if chance.random() < SHUFFLED else other

    def losses(self, batch: tuple[SeenBatch, list[MoveNumbers]]) -> dict[str, Tensor]:
        """By part."""
        return {name: rows.mean() for name, rows in losses_of(self.net.model, *batch).items()}


def losses_of(model: ReasonerModel, seen: SeenBatch, answers: Sequence[MoveNumbers]) -> dict[str, Tensor]:
    """How unlikely each move is to a network, by part, (moves,): nothing for what a move does not have."""
    understood = model.understand(seen)
    scores = model.choices(understood)
    found = {name: _loss(scores[name], [answer.choices[name] for answer in answers]) for name in scores}
    others = [value for name, value in found.items() if name not in ("verb", "changes")]
    return {
        "verb": found["verb"],
        "changes": found["changes"],
        "choices": torch.stack(others).sum(0),
        **_pointing_losses(model, understood, answers),
        "text": _line_loss(
            model.speller,
            model.speller.begin(understood.decision),
            model.sources(understood),
            [answer.tokens for answer in answers],
            (model.excerpts, [answer.taken for answer in answers]),
        ),
        "thought": _line_loss(
            model.thinker,
            model.thought_begins(understood, torch.tensor([answer.place for answer in answers])),
            model.sources(understood),
            [answer.thought for answer in answers],
        ),
    }


def _pointing_losses(
    model: ReasonerModel, understood: Understood, answers: Sequence[MoveNumbers]
) -> dict[str, Tensor]:
    places, to = [answer.place for answer in answers], [answer.to for answer in answers]
    at = torch.tensor([max(0, number) for number in places])
    end = torch.tensor([max(0, number) for number in to])
    place = _loss(model.places(understood), places) + _loss(model.places(understood, at), to)
    cells = _loss(model.cells(understood, at), [answer.cell for answer in answers])
    to_cells = _loss(model.cells(understood, end, at), [answer.to_cell for answer in answers])
    first, last = [answer.part[0] for answer in answers], [answer.part[1] for answer in answers]
    begins = torch.tensor([max(0, number) for number in first])
    part = _loss(model.part(understood), first) + _loss(model.part_end(understood, begins), last)
    return {"place": place, "cell": cells + to_cells, "part": part}


def _line_loss(
    speller: LineSpeller,
    state: Tensor,
    sources: Sources,
    lines: Sequence[Sequence[SpellingToken]],
    excerpts: tuple[ExcerptReader, Sequence[Sequence[NDArray[np.float32]]]] | None = None,
) -> Tensor:
    """Of lines, token by token, each after those before it, (rows,); nothing of rows without a line.

    Args:
        excerpts: what reads the texts of the screen that the lines take, and those texts, by row.
    """
    rows = [number for number, line in enumerate(lines) if line]
    whole = state.sum(-1) * 0
    if not rows:
        return whole
    index = torch.tensor(rows)
    part = _rows(sources, rows)
    taking: list[tuple[int, Tensor, SpellingToken]] = []
    state, texts = state[index], [lines[number] for number in rows]
    total = whole[index]
    token, copied = torch.full((len(rows),), speller.tokens), torch.zeros_like(state)
    for at in range(max(map(len, texts))):
        now = [text[at] if at < len(text) else None for text in texts]
        state, logits = speller.next(state, token, copied)
        first = [t.first if t is not None and t.token == COPY else NONE for t in now]
        last = [t.last if t is not None and t.token == COPY else NONE for t in now]
        take = [t.place if t is not None and t.token == TAKE else NONE for t in now]
        known = torch.tensor([max(0, number) for number in first])
        total = total + _loss(logits, [NONE if t is None else t.token for t in now])
        total = total + _loss(speller.first_piece(state, part), first)
        total = total + _loss(speller.last_piece(state, part, known), last)
        total = total + _loss(speller.taken(state, part), take)
        taking += [(row, state[row], t) for row, t in enumerate(now) if t is not None and t.token == TAKE]
        token = torch.tensor([speller.tokens if t is None else t.token for t in now])
        copied = speller.copied(part, token, known, torch.tensor([max(0, number) for number in take]))
    if excerpts is not None and taking:
        loss = _excerpt_loss(excerpts[0], taking, [excerpts[1][row] for row in rows], part)
        total = total.index_add(0, torch.tensor([row for row, _, _ in taking]), loss)
    return whole.index_add(0, index, total)


def _excerpt_loss(
    reader: ExcerptReader,
    taking: Sequence[tuple[int, Tensor, SpellingToken]],
    texts: Sequence[Sequence[NDArray[np.float32]]],
    sources: Sources,
) -> Tensor:
    """Of what is taken of texts of the screen, (times that one is taken,).

    Args:
        taking: row, state and token of each time that a text is taken.
        texts: those of each row, in the order in which it takes them.
    """
    rows, states, tokens = zip(*taking, strict=True)
    turn = [rows[:n].count(row) for n, row in enumerate(rows)]
    taken = [texts[row][n] for row, n in zip(rows, turn, strict=True)]
    state = torch.stack(states)
    read = reader.read(state, taken, _rows(sources, rows))
    first = [t.first if t.first != WHOLE else len(text) for t, text in zip(tokens, taken, strict=True)]
    last = [t.last if t.first != WHOLE else NONE for t in tokens]
    found = _loss(reader.first(state, read), first)
    return found + _loss(reader.last(state, read, torch.tensor(first)), last)


def _rows(sources: Sources, rows: Sequence[int]) -> Sources:
    index = torch.tensor(rows)
    return Sources(*(getattr(sources, field.name)[index] for field in fields(Sources)))


def _loss(scores: Tensor, wanted: Sequence[int]) -> Tensor:
    """The cross entropy of each row, nothing for rows without a wish."""
    target = torch.tensor(wanted)
    return functional.cross_entropy(scores.float(), target, ignore_index=NONE, reduction="none")


def train(
    lessons: Sequence[Lesson],
    encoder: TextEncoder,
    out: Path,
    settings: Settings,
    *,
    config: ReasonerConfig | None = None,
    batch: int = 32,
    start_from: Path | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Path:
    """Train to the end, from the checkpoint in ``out`` if there is one.

    Args:
        config: sizes, and the vocabulary of thoughts; by default that of the lessons' own.
        start_from: a checkpoint, or a folder that this returned.

    Returns:
        the folder of the network, as transformers writes it.
    """
    out.mkdir(parents=True, exist_ok=True)
    if start_from is not None and start_from.is_dir():
        config = ReasonerConfig.from_pretrained(start_from)
        start_from = start_from / "model.safetensors"
    config = config or ReasonerConfig(words=vocabulary(lesson.thought for lesson in lessons))
    run = CloneRun(usable(lessons, encoder), encoder, out, settings, config, batch)
    run.learn(start_from, progress)
    folder = out / REASONER
    run.mean.model.half().save_pretrained(folder)
    return folder
