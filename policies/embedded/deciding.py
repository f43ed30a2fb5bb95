"""Decides a move with the network: the likeliest of everything, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from deskhand.errors import BackendError
from deskhand.policies.embedded.batches import batch_of
from deskhand.policies.embedded.network import ReasonerConfig, ReasonerModel, Understood
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
from deskhand.policies.embedded.spelling import COPY, END, LONGEST, TAKE, TOKENS, SpellingToken, pieces_from


@dataclass(frozen=True, slots=True)
class Decided:
    """A move and what the network thought of it.

    Attributes:
        verbs: how likely each verb is.
        places: how likely each place is, whether or not the verb points.
        sure: how likely verb and place are together.
    """

    move: PointedMove
    verbs: dict[str, float]
    places: tuple[float, ...]
    sure: float


def load(weights: Path, config: ReasonerConfig | None = None) -> ReasonerModel:
    """The network with these weights.

    Raises:
        BackendError: the file is not there, damaged, or of a network of other sizes.
    """
    model = ReasonerModel(config or ReasonerConfig())
    try:
        found = {name.removeprefix("model."): value.float() for name, value in load_file(weights).items()}
        model.load_state_dict(found)
    except (OSError, ValueError, RuntimeError, KeyError, SafetensorError) as error:
        words = str(error).strip().partition("\n")[0][:200]
        raise BackendError(f"the reasoner's weights {weights} cannot be used: {words}") from error
    model.eval()
    return model


@torch.inference_mode()
def decide(model: ReasonerModel, seen: Seen, places: Sequence[ScreenPlace]) -> Decided:
    """The likeliest move."""
    understood = model.understand(batch_of([seen]))
    heads = {name: scores[0].softmax(-1) for name, scores in model.choices(understood).items()}
    pointing = model.places(understood)[0].softmax(-1)[: len(places)]
    best = {name: int(shares.argmax()) for name, shares in heads.items()}
    verb = VERBS[best["verb"]]
    move = PointedMove(verb)
    if verb in POINTING:
        move = _pointing(model, understood, verb, pointing, best)
    elif verb in TEXTUAL:
        tokens = _spelled(model, understood, seen)
        move = PointedMove(
            verb,
            pieces=pieces_from(tokens, seen.spans, places),
            submit=verb == "type" and bool(best["submit"]),
        )
    elif verb == "key":
        key = KEYS[best["key"]]
        move = PointedMove(verb, modifiers=MODIFIERS[best["modifiers"]], key=key, times=best["times"] + 1)
    sure = float(heads["verb"].max()) * (float(pointing.max()) if verb in POINTING else 1.0)
    verbs = {name: float(share) for name, share in zip(VERBS, heads["verb"], strict=True)}
    return Decided(move, verbs, tuple(map(float, pointing)), sure)


def _pointing(
    model: ReasonerModel, understood: Understood, verb: str, pointing: Tensor, best: dict[str, int]
) -> PointedMove:
    place = pointing.argmax()[None]
    cell = int(model.cells(understood, place)[0].argmax())
    hold = HOLDS[best["hold"]]
    if verb == "drag":
        to = model.places(understood, place)[0].argmax()[None]
        to_cell = int(model.cells(understood, to, place)[0].argmax())
        return PointedMove(verb, int(place), cell, int(to), to_cell, hold=hold)
    if verb == "scroll":
        direction, notches = DIRECTIONS[best["direction"]], NOTCHES[best["notches"]]
        return PointedMove(verb, int(place), cell, hold=hold, direction=direction, notches=notches)
    times = best["times"] + 1 if verb == "click" else 1
    return PointedMove(verb, int(place), cell, hold=hold, times=times)


def _spelled(model: ReasonerModel, understood: Understood, seen: Seen) -> list[SpellingToken]:
    state = model.spelling_begins(understood)
    token, copied = torch.tensor([TOKENS]), torch.zeros_like(understood.decision)
    tokens: list[SpellingToken] = []
    while len(tokens) < LONGEST:
        state, scores = model.spell(understood, state, token, copied)
        if not seen.spans:
            scores[:, COPY] = -1e4
        token = scores.argmax(-1)
        first = model.first_piece(understood, state).argmax(-1)
        last = model.last_piece(understood, state, first).argmax(-1)
        taken = model.taken(understood, state).argmax(-1)
        number = int(token)
        if number == END:
            break
        one = SpellingToken(number)
        if number == COPY:
            one = SpellingToken(number, int(first), int(last))
        elif number == TAKE:
            one = SpellingToken(number, place=int(taken))
        tokens.append(one)
        copied = model.copied(understood, token, first, taken)
    return tokens
