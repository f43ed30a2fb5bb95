"""Which words of a text on the screen are meant: an answer is seldom the whole of a line.

The text that was taken is read again, word piece by word piece, with the task's words before it. One more
choice, after its pieces, means the whole text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from deskhand.policies.embedded.speller import Sources, not_before, picked, pointing
from deskhand.policies.embedded.spelling import WHOLE
from deskhand.policies.embedded.textvectors import MOST_PIECES, WIDTH

HEADS = 4


@dataclass(frozen=True, slots=True)
class Excerpted:
    """Texts as they were read for a task: (texts, pieces + 1, width), the last of each for the whole."""

    pieces: Tensor
    mask: Tensor


class ExcerptReader(nn.Module):
    """Reads texts of the screen for what a task asks.

    Args:
        width: of a token of the network.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.word, self.place = nn.Linear(WIDTH, width), nn.Embedding(MOST_PIECES, width)
        self.whole = nn.Parameter(torch.zeros(width))
        self.ask = nn.Linear(width, width)
        self.attend = nn.MultiheadAttention(width, HEADS, batch_first=True)
        self.near = nn.Conv1d(width, width, 5, padding=2)
        self.norm, self.between = nn.RMSNorm(width), nn.RMSNorm(width)
        self.ask_first, self.ask_last = nn.Linear(width, width), nn.Linear(2 * width, width)
        self.first_key, self.last_key = nn.Linear(width, width), nn.Linear(width, width)

    def read(self, state: Tensor, texts: Sequence[NDArray[np.float32]], sources: Sources) -> Excerpted:
        """Read one text for each row of a line's state (texts, width).

        Args:
            texts: (pieces, WIDTH) each, see ``textvectors.TaskWords``.
            sources: of the same rows.
        """
        sizes = torch.tensor([len(text) for text in texts])
        filled = torch.zeros(len(texts), int(sizes.max()) + 1, WIDTH)
        for row, text in enumerate(texts):
            filled[row, : len(text)] = torch.from_numpy(text)
        at = torch.arange(filled.shape[1])
        x = self.word(filled) + self.place(at.clamp(max=MOST_PIECES - 1)) + self.ask(state)[:, None]
        asked, _ = self.attend(
            self.norm(x),
            sources.words,
            sources.words,
            key_padding_mask=~sources.word_mask,
            need_weights=False,
        )
        mask = at[None] < sizes[:, None]
        x = (x + asked) * mask[..., None]
        x = x + self.near(self.between(x).transpose(1, 2)).transpose(1, 2)
        end = at[None] == sizes[:, None]
        return Excerpted(torch.where(end[..., None], self.whole + state[:, None], x), mask | end)

    def first(self, state: Tensor, read: Excerpted) -> Tensor:
        """Where the excerpt begins, (texts, pieces + 1); its last for the whole text."""
        return pointing(self.ask_first(state), self.first_key(read.pieces), read.mask)

    def last(self, state: Tensor, read: Excerpted, first: Tensor) -> Tensor:
        """Where an excerpt that begins at ``first`` (texts,) ends, not before it."""
        ask = self.ask_last(torch.cat([state, picked(read.pieces, first)], -1))
        return pointing(ask, self.last_key(read.pieces), read.mask & not_before(read.pieces, first))

    def likeliest(
        self, state: Tensor, text: NDArray[np.float32], sources: Sources, begins: Tensor, ends: Tensor
    ) -> tuple[int, int]:
        """The first and the last piece of the likeliest excerpt of one text; WHOLE twice for all of it.

        Args:
            begins, ends: added to the scores, see ``deciding``.
        """
        if not len(text):
            return WHOLE, WHOLE
        read = self.read(state, [text], sources)
        scores = self.first(state, read)
        scores[:, : len(text)] += begins
        first = scores.argmax(-1)
        if int(first) == len(text):
            return WHOLE, WHOLE
        last = self.last(state, read, first)[:, : len(text)] + ends[first]
        return int(first), int(last.argmax(-1))
