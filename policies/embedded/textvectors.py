"""What texts mean, as vectors of a frozen encoder: one for a whole text, one for each word piece of a task.

The encoder is all-MiniLM-L6-v2, read with transformers' own class; see ``policies.models`` for where its
weights come from. Whole texts are remembered, since a screen shows most of them again and again.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from tokenizers import Tokenizer
from transformers import BertConfig, BertModel

from deskhand.errors import BackendError

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
        folder: with ``model.safetensors``, ``config.json`` and ``tokenizer.json``.
    """

    def __init__(self, folder: Path) -> None:
        self._model = BertModel(BertConfig.from_pretrained(folder), add_pooling_layer=False)
        weights = load_file(folder / "model.safetensors")
        # The file also has numbers of positions and a layer that this form of the model does without.
        lacking = self._model.load_state_dict(weights, strict=False, assign=True).missing_keys
        if lacking:
            raise BackendError(
                f"the text encoder in {folder} lacks {lacking[0]}: run `deskhand models pull` again"
            )
        self._model.eval()
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
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
                self._tasks[text] = TaskWords(states[1:-1].numpy().copy(), pieces[text][1])
        for text in texts:
            self._tasks.move_to_end(text)
        while len(self._tasks) > TASKS_REMEMBERED:
            self._tasks.popitem(last=False)

    def spans(self, text: str) -> tuple[tuple[int, int], ...]:
        """First and last character (exclusive) of each word piece, as ``words`` has them, at a small cost."""
        return self._pieces(text)[1]

    def _pieces(self, text: str) -> tuple[list[int], tuple[tuple[int, int], ...]]:
        """The tokens of a text, the encoder's marks around them, and the spans of those between the marks."""
        encoding = self._tokenizer.encode(text)
        ids, spans = list(encoding.ids), [(int(start), int(end)) for start, end in encoding.offsets]
        if len(ids) > MOST_PIECES + 2:
            half = MOST_PIECES // 2 + 1
            ids, spans = ids[:half] + ids[-half:], spans[:half] + spans[-half:]
        return ids, tuple(spans[1:-1])

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
        encoded = self._tokenizer.encode_batch([text[:LONGEST_TEXT] for text in texts])
        ids = [encoding.ids[: MOST_PIECES + 2] for encoding in encoded]
        for text, states in zip(texts, self._states(ids), strict=True):
            mean = states.mean(0)
            self._known[text] = (mean / mean.norm().clamp(min=1e-6)).numpy()

    @torch.inference_mode()
    def _states(self, ids: Sequence[Sequence[int]]) -> list[torch.Tensor]:
        """The states of the tokens of each text."""
        longest = max(map(len, ids))
        padded = torch.zeros(len(ids), longest, dtype=torch.long)
        mask = torch.zeros(len(ids), longest, dtype=torch.long)
        for row, tokens in enumerate(ids):
            padded[row, : len(tokens)] = torch.tensor(tokens)
            mask[row, : len(tokens)] = 1
        states = self._model(input_ids=padded, attention_mask=mask).last_hidden_state
        return [states[row, : len(tokens)] for row, tokens in enumerate(ids)]


@lru_cache(maxsize=1)
def shared_encoder(folder: Path) -> TextEncoder:
    """The encoder that all of this process use."""
    return TextEncoder(folder)
