"""Decides a move with the network: the likeliest of everything, and how sure that is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from torch import Tensor

from deskhand.errors import BackendError
from deskhand.policies.embedded.batches import batch_of
from deskhand.policies.embedded.network import ReasonerModel, Understood
from deskhand.policies.embedded.places import ScreenPlace
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
from deskhand.policies.embedded.seeing import Seen
from deskhand.policies.embedded.speller import FAR, LineSpeller, Sources
from deskhand.policies.embedded.spelling import COPY, END, LONGEST, TAKE, WHOLE, SpellingToken, pieces_from
from deskhand.policies.embedded.textvectors import TextEncoder
from deskhand.policies.embedded.thinking import LONGEST_THOUGHT, thought_from
from deskhand.text import joins

Pick = Callable[[Tensor], Tensor]
"""Chooses by scores (rows, choices); which of them, (rows,)."""

_JOINS = "-./@:"
"""Signs that join the parts of a name."""


@dataclass(frozen=True, slots=True)
class Decided:
    """A move and what the network thought of it.

    Attributes:
        thought: a line of words; empty for a network without words.
        part: the first and the last character (exclusive) of the part of the task that is at hand.
        verbs: how likely each verb is.
        places: how likely each place is, whether or not the verb points.
        sure: how likely verb and place are together.
        spelt: how likely the tokens of its text are together; 1 without one.
        changes: how likely the move changes the screen.
    """

    move: PointedMove
    thought: str
    part: tuple[int, int]
    verbs: dict[str, float]
    places: tuple[float, ...]
    sure: float
    spelt: float
    changes: float


def load(folder: Path) -> ReasonerModel:
    """The network that `deskhand train clone` wrote: ``config.json`` and ``model.safetensors``.

    Raises:
        BackendError: the files are not there, damaged, or do not fit together.
    """
    try:
        network = ReasonerModel.from_pretrained(folder).float()
    except (OSError, ValueError, RuntimeError, KeyError, TypeError, AssertionError, SafetensorError) as error:
        words = " ".join(str(error).split())[:200]
        raise BackendError(f"the reasoner in {folder} cannot be used: {words}") from error
    network.eval()
    return network


def likeliest(scores: Tensor) -> Tensor:
    """The highest of each row."""
    return scores.argmax(-1)


def drawn(generator: torch.Generator, temperature: float) -> Pick:
    """Draws by chance: the lower the temperature, the more often what is likely."""

    def pick(scores: Tensor) -> Tensor:
        return torch.multinomial((scores.float() / temperature).softmax(-1), 1, generator=generator)[:, 0]

    return pick


@torch.inference_mode()
def decide(
    model: ReasonerModel,
    seen: Seen,
    instruction: str,
    places: Sequence[ScreenPlace],
    encoder: TextEncoder,
    pick: Pick = likeliest,
) -> Decided:
    """The likeliest move, or with another ``pick`` a move that is drawn; the thought is the likeliest."""
    understood = model.understand(batch_of([seen]))
    sources, bounds = model.sources(understood), _bounds(instruction, seen.spans)
    scores = model.choices(understood)
    heads = {name: one[0].softmax(-1) for name, one in scores.items()}
    pointing = model.places(understood)[0].softmax(-1)[: len(places)]
    best = {name: int(pick(one)) for name, one in scores.items()}
    verb = VERBS[best["verb"]]
    move, spelt = PointedMove(verb), 1.0
    if verb in POINTING:
        move = _pointing(model, understood, verb, best, pick)
    elif verb in TEXTUAL:

        def excerpt(state: Tensor, place: int) -> tuple[int, int]:
            words = encoder.words(places[place].text)
            inside = _bounds(places[place].text, words.spans)
            return model.excerpts.likeliest(state, words.states, sources, inside.begins, inside.ends)

        state = model.speller.begin(understood.decision)
        tokens, spelt = _composed(model.speller, state, sources, bounds, LONGEST, excerpt, pick)
        move = PointedMove(
            verb,
            pieces=pieces_from(tokens, seen.spans, places, encoder.spans),
            submit=verb == "type" and bool(best["submit"]),
        )
    elif verb == "key":
        key = KEYS[best["key"]]
        move = PointedMove(verb, modifiers=MODIFIERS[best["modifiers"]], key=key, times=best["times"] + 1)
    return Decided(
        move,
        _thought(model, understood, sources, bounds, seen, move, instruction, places),
        _part(model, understood, bounds, seen),
        verbs={name: float(share) for name, share in zip(VERBS, heads["verb"], strict=True)},
        places=tuple(map(float, pointing)),
        sure=float(heads["verb"].max()) * (float(pointing.max()) if verb in POINTING else 1.0),
        spelt=spelt,
        changes=float(heads["changes"][1]),
    )


@dataclass(frozen=True, slots=True)
class _Bounds:
    """What is added to the scores of pieces where no copy may begin or end.

    A copy is of whole words. It begins neither with a quotation mark nor in the middle of a quotation, and
    one that begins right after a quotation mark ends right before its other one.

    Attributes:
        begins: (1, pieces).
        ends: (pieces, pieces), a row for each piece that a copy may begin at.
    """

    begins: Tensor
    ends: Tensor


_QUOTES = {"'": "'", '"': '"', "“": "”", "‘": "’", "«": "»", "`": "`"}


def _bounds(instruction: str, spans: Sequence[tuple[int, int]]) -> _Bounds:
    def inside(at: int) -> bool:
        return _is_joined(instruction, at)

    closings = [_closing(instruction, start) for start, _ in spans]
    quotations = [(start, end) for (start, _), end in zip(spans, closings, strict=True) if end is not None]
    opens = {start for start, _ in quotations}

    def may_begin(at: int) -> bool:
        within = any(start < at < end for start, end in quotations)
        return at in opens or not (inside(at) or within or at + 1 in opens)

    begins = [0.0 if may_begin(start) else FAR for start, _ in spans]
    # What begins outside of a quotation does not end within one.
    words = [
        FAR if inside(end) or any(first < end <= last for first, last in quotations) else 0.0
        for _, end in spans
    ]
    ends = []
    for closing in closings:
        last = next((n for n, (_, end) in enumerate(spans) if end == closing), None)
        ends.append(words if last is None else [0.0 if n == last else FAR for n in range(len(spans))])
    size = len(spans)
    return _Bounds(torch.tensor(begins).reshape(1, size), torch.tensor(ends).reshape(size, size))


def _is_joined(text: str, at: int) -> bool:
    """Whether a place in a text lies inside a word or a name: in `old-plan.txt` or `7:30`, not in `0-9`.

    Of 605 copies in lessons none begins or ends there.
    """
    before, after = text[:at][-2:], text[at : at + 2]
    if not before or not after:
        return False
    if joins(before[-1], after[0]):
        return True
    if before[-1] in _JOINS:
        sign, left, right = before[-1], before[:-1], after[0]
    elif after[0] in _JOINS:
        sign, left, right = after[0], before[-1], after[1:]
    else:
        return False
    if not (left and right and joins(left, right)):
        return False
    digits = left.isdigit() and right.isdigit()
    return digits if sign == ":" else not (sign == "-" and digits)


def _closing(text: str, start: int) -> int | None:
    """Where the quotation ends that begins right before ``start``; None where none does."""
    opening = text[start - 1] if start else ""
    if opening not in _QUOTES or (start > 1 and text[start - 2].isalnum()):
        return None
    end = text.find(_QUOTES[opening], start)
    while end >= 0 and text[end + 1 : end + 2].isalnum():
        end = text.find(_QUOTES[opening], end + 1)  # an apostrophe
    whole = start == 1 and not text[end + 1 :].strip()  # then it quotes nothing
    return end if end > start and not whole else None


def _part(model: ReasonerModel, understood: Understood, bounds: _Bounds, seen: Seen) -> tuple[int, int]:
    if not seen.spans:
        return (0, 0)
    first = (model.part(understood) + bounds.begins).argmax(-1)
    last = (model.part_end(understood, first) + bounds.ends[first]).argmax(-1)
    return seen.spans[int(first)][0], seen.spans[int(last)][1]


def _thought(
    model: ReasonerModel,
    understood: Understood,
    sources: Sources,
    bounds: _Bounds,
    seen: Seen,
    move: PointedMove,
    instruction: str,
    places: Sequence[ScreenPlace],
) -> str:
    words = model.config.words
    if not words:
        return ""
    state = model.thought_begins(understood, torch.tensor([move.place]))
    tokens, _ = _composed(model.thinker, state, sources, bounds, LONGEST_THOUGHT)
    return thought_from(tokens, instruction, seen.spans, places, words)


def _pointing(
    model: ReasonerModel, understood: Understood, verb: str, best: dict[str, int], pick: Pick
) -> PointedMove:
    place = pick(model.places(understood))
    cell = int(pick(model.cells(understood, place)))
    hold = HOLDS[best["hold"]]
    if verb == "drag":
        to = pick(model.places(understood, place))
        to_cell = int(pick(model.cells(understood, to, place)))
        return PointedMove(verb, int(place), cell, int(to), to_cell, hold=hold)
    if verb == "scroll":
        direction, notches = DIRECTIONS[best["direction"]], NOTCHES[best["notches"]]
        return PointedMove(verb, int(place), hold=hold, direction=direction, notches=notches)
    times = best["times"] + 1 if verb == "click" else 1
    return PointedMove(verb, int(place), cell, hold=hold, times=times)


def _composed(
    speller: LineSpeller,
    state: Tensor,
    sources: Sources,
    bounds: _Bounds,
    longest: int,
    excerpt: Callable[[Tensor, int], tuple[int, int]] = lambda state, place: (WHOLE, WHOLE),
    pick: Pick = likeliest,
) -> tuple[list[SpellingToken], float]:
    """A line, token by token, and how likely they are together; its END is left out.

    Args:
        excerpt: chooses what is taken of the text of a place.
    """
    token, copied, likely = torch.tensor([speller.tokens]), torch.zeros_like(state), 1.0
    tokens: list[SpellingToken] = []
    while len(tokens) < longest:
        state, scores = speller.next(state, token, copied)
        pieces = bounds.begins.shape[1]
        if not pieces:
            scores[:, COPY] = FAR
        token = pick(scores)
        likely *= _share(scores, token)
        first = last = torch.zeros_like(token)
        number = int(token)
        if number == END:
            break
        one = SpellingToken(number)
        if pieces:
            begins = speller.first_piece(state, sources) + bounds.begins
            first = pick(begins)
            ends = speller.last_piece(state, sources, first) + bounds.ends[first]
            last = pick(ends)
        places = speller.taken(state, sources)
        taken = pick(places)
        if number == COPY:
            one = SpellingToken(number, int(first), int(last))
            likely *= _share(begins, first) * _share(ends, last)
        elif number == TAKE:
            one = SpellingToken(number, *excerpt(state, int(taken)), int(taken))
            likely *= _share(places, taken)
        tokens.append(one)
        copied = speller.copied(sources, token, first, taken)
    return tokens, likely


def _share(scores: Tensor, chosen: Tensor) -> float:
    """How likely a choice is by its scores, (1, choices)."""
    return float(scores.float().softmax(-1)[0, chosen])
