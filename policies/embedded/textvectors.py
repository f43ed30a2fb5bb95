"""What texts mean, as vectors of a frozen encoder: one for a whole text, one for each word piece of a task.

The encoder is multilingual-e5-small, in the files that ``policies.e5`` makes. It is computed here, in forty
lines, since to import a library of models for it would take a hundred megabytes. Whole texts are remembered,
since a screen shows most of them again and again.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import functional

from deskhand.errors import BackendError
from deskhand.policies.e5 import SIZES, WEIGHTS, unpacked
from deskhand.policies.embedded.wordpieces import Vocabulary

WIDTH = 384
"""Numbers of a vector."""
MOST_PIECES = 128
"""Word pieces of a task that are read; of one that is longer, the beginning and the end."""
LONGEST_TEXT = 200
"""Characters of a whole text that are read."""
REMEMBERED, TASKS_REMEMBERED = 20_000, 2_000
"""Whole texts and tasks whose vectors are kept; a task has up to 0.2 MB of them."""
AT_ONCE, TASKS_AT_ONCE = 64, 8
"""Whole texts, and tasks, that are read together."""


class _Network:
    """A transformer as in BERT, with its vocabulary: layers that attend, then compute, a norm after each.

    Source: Devlin et al., "BERT: Pre-training of Deep Bidirectional Transformers" (2018).
    """

    def __init__(self, folder: Path) -> None:
        sizes = json.loads((folder / SIZES).read_text(encoding="utf-8"))
        self._layers, self._heads, self._eps = int(sizes["layers"]), int(sizes["heads"]), float(sizes["eps"])
        self._weights = load_file(folder / WEIGHTS)
        self._scales = self._weights["vocabulary.scales"].numpy()
        self._numbers = self._weights["vocabulary.numbers"].numpy()
        pieces = ("hashes", "numbers", "scores", "longest")
        tensors = {name: self._weights[f"pieces.{name}"].numpy() for name in pieces}
        self.vocabulary = Vocabulary(tensors, int(sizes["unknown"]))
        self.begin, self.end = int(sizes["begin"]), int(sizes["end"])

    def states(self, ids: NDArray[np.int64], real: Tensor) -> Tensor:
        """The state of each token, (texts, tokens, WIDTH).

        Args:
            ids: (texts, tokens); real: (texts, tokens), False where a text is filled up.
        """
        texts, tokens = ids.shape
        rows = unpacked(self._scales[ids.ravel()], self._numbers[ids.ravel()])
        x = torch.from_numpy(rows).view(texts, tokens, -1) + self._weights["positions"][:tokens]
        x = self._norm(x, "begin")
        mask = real[:, None, None, :]
        for n in range(self._layers):
            parts = self._linear(x, f"layers.{n}.attend").view(texts, tokens, 3, self._heads, -1)
            query, key, value = parts.permute(2, 0, 3, 1, 4)
            found = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
            found = self._linear(found.transpose(1, 2).reshape(texts, tokens, -1), f"layers.{n}.out")
            x = self._norm(x + found, f"layers.{n}.attended")
            thought = self._linear(functional.gelu(self._linear(x, f"layers.{n}.up")), f"layers.{n}.down")
            x = self._norm(x + thought, f"layers.{n}.thought")
        return x

    def _linear(self, x: Tensor, name: str) -> Tensor:
        return functional.linear(x, self._weights[f"{name}.weight"], self._weights[f"{name}.bias"])

    def _norm(self, x: Tensor, name: str) -> Tensor:
        weight, bias = self._weights[f"{name}.weight"], self._weights[f"{name}.bias"]
        return functional.layer_norm(x, (x.shape[-1],), weight, bias, self._eps)


@dataclass(frozen=True, slots=True)
class TaskWords:
    """The word pieces of a task.

    Attributes:
        states: (pieces, WIDTH) float32, what each means where it stands.
        spans: first and last character (exclusive) of each in the task.
    """

    states: NDArray[np.float32]
    spans: tuple[tuple[int, int], ...]


class TextEncoder:
    """Turns texts into vectors; the same text gives the same vector.

    Args:
        folder: what ``models pull`` made.

    Raises:
        BackendError: the files are not what they should be.
    """

    def __init__(self, folder: Path) -> None:
        try:
            self._network = _Network(folder)
        except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
            raise BackendError(
                f"the text encoder in {folder} cannot be read ({error}): run `deskhand models pull` again"
            ) from error
        self._known: OrderedDict[str, NDArray[np.float32]] = OrderedDict()
        self._tasks: OrderedDict[str, TaskWords] = OrderedDict()

    def words(self, text: str) -> TaskWords:
        """The word pieces of a task, without the encoder's own marks; none for a text without any."""
        self.prepare([text])
        return self._tasks[text]

    def prepare(self, texts: Sequence[str]) -> None:
        """Read the words of many tasks together, which is faster than one by one."""
        pieces = {text: self._pieces(text) for text in texts if text not in self._tasks}
        new = sorted(pieces, key=lambda text: len(pieces[text][0]))
        for start in range(0, len(new), TASKS_AT_ONCE):
            part = new[start : start + TASKS_AT_ONCE]
            for text, states in zip(part, self._states([pieces[text][0] for text in part]), strict=True):
                spans = pieces[text][1]
                # The mark of a word's beginning may be a piece of its own, which is nowhere in the text.
                there = [number for number, (start, end) in enumerate(spans) if start < end]
                kept = tuple(spans[number] for number in there)
                self._tasks[text] = TaskWords(states[1:-1][there].numpy().copy(), kept)
        for text in texts:
            self._tasks.move_to_end(text)
        while len(self._tasks) > TASKS_REMEMBERED:
            self._tasks.popitem(last=False)

    def spans(self, text: str) -> tuple[tuple[int, int], ...]:
        """First and last character (exclusive) of each word piece, as ``words`` has them, at a small cost."""
        return tuple((start, end) for start, end in self._pieces(text)[1] if start < end)

    def _pieces(self, text: str) -> tuple[list[int], tuple[tuple[int, int], ...]]:
        """The tokens of a text, the encoder's marks around them, and the spans of those between the marks."""
        pieces = self._network.vocabulary.pieces(text)
        if len(pieces) > MOST_PIECES:
            pieces = pieces[: MOST_PIECES // 2] + pieces[-MOST_PIECES // 2 :]
        ids = [self._network.begin, *(piece.number for piece in pieces), self._network.end]
        return ids, tuple((piece.start, piece.end) for piece in pieces)

    def wholes(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One vector of length 1 for each text, (texts, WIDTH); zeros for an empty one."""
        new = [text for text in dict.fromkeys(texts) if text and text not in self._known]
        new.sort(key=len)  # texts that are read together are filled up to the longest
        for start in range(0, len(new), AT_ONCE):
            self._learn(new[start : start + AT_ONCE])
        found = np.zeros((len(texts), WIDTH), np.float32)
        for number, text in enumerate(texts):
            if text:
                found[number] = self._known[text]
                self._known.move_to_end(text)
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return found

    def _learn(self, texts: Sequence[str]) -> None:
        ids = [self._pieces(text[:LONGEST_TEXT])[0] for text in texts]
        for text, states in zip(texts, self._states(ids), strict=True):
            mean = states.mean(0)
            self._known[text] = (mean / mean.norm().clamp(min=1e-6)).numpy()

    @torch.inference_mode()
    def _states(self, ids: Sequence[Sequence[int]]) -> list[Tensor]:
        """The states of the tokens of each text."""
        longest = max(map(len, ids))
        padded = np.zeros((len(ids), longest), np.int64)
        real = torch.zeros(len(ids), longest, dtype=torch.bool)
        for row, tokens in enumerate(ids):
            padded[row, : len(tokens)] = tokens
            real[row, : len(tokens)] = True
        states = self._network.states(padded, real)
        return [states[row, : len(tokens)] for row, tokens in enumerate(ids)]


@lru_cache(maxsize=1)
def shared_encoder(folder: Path) -> TextEncoder:
    """The encoder that all of this process use."""
    return TextEncoder(folder)
