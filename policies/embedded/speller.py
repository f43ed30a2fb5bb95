"""The small decoder that composes a line, token by token: of a text that is typed, or of a thought.

A token is written, or copies: a span of the task, or the text of a place. See ``spelling`` and ``thinking``
for what the tokens stand for.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from deskhand.policies.embedded.spelling import COPY, TAKE

FAR = -1e4
"""Added to what must not be chosen; a 16-bit number can hold it."""


@dataclass(frozen=True, slots=True)
class Sources:
    """What a line may copy from: the pieces of the task and the places, as the network understood them.

    Attributes:
        keys: of the places, by which they are pointed at.
    """

    words: Tensor
    places: Tensor
    keys: Tensor
    word_mask: Tensor
    place_mask: Tensor


class LineSpeller(nn.Module):
    """Composes lines of tokens.

    Args:
        width: of a token of the network.
        tokens: how many there are.
        begins: width of what a line begins from.
    """

    def __init__(self, width: int, tokens: int, begins: int) -> None:
        super().__init__()
        self.tokens = tokens
        self.cell = nn.GRUCell(width, width)
        self.token = nn.Embedding(tokens + 1, width)
        self.start, self.written = nn.Linear(begins, width), nn.Linear(width, tokens)
        self.ask_first, self.ask_last = nn.Linear(width, width), nn.Linear(2 * width, width)
        self.ask_take = nn.Linear(width, width)
        self.first_key, self.last_key = nn.Linear(width, width), nn.Linear(width, width)

    def begin(self, from_: Tensor) -> Tensor:
        """The state in which a line begins, (batch, width)."""
        return torch.tanh(self.start(from_))

    def next(self, state: Tensor, token: Tensor, copied: Tensor) -> tuple[Tensor, Tensor]:
        """The next state and the logits of the next token, after ``token`` (``tokens`` for none).

        Args:
            copied: (batch, width) what was copied by it; zeros where nothing was.
        """
        state = self.cell(self.token(token) + copied, state)
        return state, self.written(state)

    def first_piece(self, state: Tensor, sources: Sources) -> Tensor:
        """Where a copy of the task begins, (batch, pieces)."""
        return pointing(self.ask_first(state), self.first_key(sources.words), sources.word_mask)

    def last_piece(self, state: Tensor, sources: Sources, first: Tensor) -> Tensor:
        """Where a copy that begins at ``first`` (batch,) ends, not before it."""
        words = sources.words
        ask = self.ask_last(torch.cat([state, picked(words, first)], -1))
        return pointing(ask, self.last_key(words), sources.word_mask & not_before(words, first))

    def taken(self, state: Tensor, sources: Sources) -> Tensor:
        """Which place's text is taken, (batch, places)."""
        return pointing(self.ask_take(state), sources.keys, sources.place_mask)

    def copied(self, sources: Sources, token: Tensor, first: Tensor, place: Tensor) -> Tensor:
        """What a token copied, as ``next`` takes it, (batch, width); zeros where it copied nothing."""
        words, places = picked(sources.words, first), picked(sources.places, place)
        copy, take = (token == COPY)[:, None], (token == TAKE)[:, None]
        return torch.where(copy, words, torch.where(take, places, torch.zeros_like(words)))


def not_before(words: Tensor, first: Tensor) -> Tensor:
    """Which pieces of the task do not lie before ``first`` (batch,), (batch, pieces)."""
    return torch.arange(words.shape[1], device=first.device)[None] >= first[:, None]


def picked(tokens: Tensor, number: Tensor) -> Tensor:
    """One token of each row, (batch, width)."""
    return tokens[torch.arange(len(tokens), device=tokens.device), number]


def pointing(ask: Tensor, keys: Tensor, mask: Tensor) -> Tensor:
    """How well each key answers, (batch, keys); FAR where the mask is False."""
    scores = (keys @ ask[..., None])[..., 0] * keys.shape[-1] ** -0.5
    found: Tensor = scores.float().masked_fill(~mask, FAR)
    return found
