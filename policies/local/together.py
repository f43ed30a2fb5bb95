"""Questions that wait for one network at the same time are answered together.

Several episodes of an evaluation share a network. Whoever gets it takes along all who wait: each question's
new tokens are computed alone, on what is kept of its own conversation, then all answers are written side by
side, a token of each at a time, which is what takes long. Nobody waits for others to come.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from deskhand.errors import BackendError
from deskhand.policies.local.prefix import TokenizedPrompt

MOST_TOGETHER = 16
LOOKS_UP_SECONDS = 0.1
"""How often a question that waits for another's answer asks whether it is still wanted."""


@dataclass(slots=True, eq=False)
class LocalQuestion:
    """A question that waits for its answer.

    Attributes:
        asker: whose it is, a ``LocalModel``.
        prompt: the conversation.
        options: of ``LocalModel.ask``.
        tokens: of the answer; None until it is there.
        whole: whether the answer came to its end.
        error: why there is none.
    """

    asker: Any
    prompt: TokenizedPrompt
    options: dict[str, Any]
    tokens: list[int] | None = None
    whole: bool = False
    error: BaseException | None = None

    @property
    def answered(self) -> bool:
        """Whether nothing more comes."""
        return self.tokens is not None or self.error is not None


@dataclass(slots=True)
class Turns:
    """Who asks a network when.

    Attributes:
        lock: is held while the network answers.
    """

    lock: threading.Lock = field(default_factory=threading.Lock)
    _waiting: list[LocalQuestion] = field(default_factory=list)

    @property
    def waiting(self) -> int:
        """How many questions wait."""
        return len(self._waiting)

    def answer(self, question: LocalQuestion, answer: Callable[[Sequence[LocalQuestion]], None]) -> None:
        """Have a question answered, by this thread or by that of another question.

        Args:
            answer: gives each question its tokens or its error; the questions have the same options, but for
            their seeds.

        Raises:
            BackendError: nobody waits for the answer any more.
            BaseException: the question's own error.
        """
        self._waiting.append(question)
        while not self.lock.acquire(timeout=LOOKS_UP_SECONDS):
            if question.asker.is_over():
                with contextlib.suppress(ValueError):  # it may have been taken along just now
                    self._waiting.remove(question)
                raise BackendError("the question was broken off")
        try:
            if not question.answered:
                answer(self._taken(question))
        finally:
            self.lock.release()
        if question.error is not None:
            raise question.error

    def _taken(self, first: LocalQuestion) -> list[LocalQuestion]:
        """The first question and those that can be answered with it; who holds the lock takes them.

        Their seeds may differ: what is drawn for several is drawn with the first one's.
        """
        wanted = {**first.options, "seed": None}
        alike = [one for one in self._waiting if one is not first and {**one.options, "seed": None} == wanted]
        taken = [first, *alike[: MOST_TOGETHER - 1]]
        for one in taken:
            with contextlib.suppress(ValueError):  # its asker may have gone just now
                self._waiting.remove(one)
        return taken


def joined(caches: Sequence[Any], lengths: Sequence[int]) -> Any:
    """One cache with a row for each of several; shorter ones are filled up at the left.

    Args:
        caches: of one row each.
        lengths: how many tokens each holds.
    """
    import torch
    from torch.nn import functional
    from transformers import DynamicCache

    longest, whole = max(lengths), DynamicCache()
    for number in range(len(caches[0].layers)):
        layers = [cache.layers[number] for cache in caches]

        def row(parts: Sequence[Any]) -> Any:
            filled = [
                functional.pad(part, (0, 0, longest - length, 0))
                for part, length in zip(parts, lengths, strict=True)
            ]
            return torch.cat(filled)

        whole.update(row([one.keys for one in layers]), row([one.values for one in layers]), number)
    return whole


def row_of(cache: Any, row: int, first: int, last: int) -> Any:
    """One row of a joined cache, from a token to before another."""
    from transformers import DynamicCache

    own = DynamicCache()
    for number, layer in enumerate(cache.layers):
        own.update(
            layer.keys[row : row + 1, :, first:last].clone(),
            layer.values[row : row + 1, :, first:last].clone(),
            number,
        )
    return own


def can_be_joined(cache: Any) -> bool:
    """Whether every layer of a network's cache keeps the keys and values of all tokens, and nothing else."""
    from transformers.cache_utils import DynamicLayer

    return all(type(layer) is DynamicLayer for layer in cache.layers)
