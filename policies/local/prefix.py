"""Keeps what a network computed of a conversation, so that the next step computes only what is new.

A step's question repeats the one before it and adds to it. What both begin with stays in the cache: keys
and values of its tokens. A cache that can be cut is cut to it. Networks with a state that cannot go back
(linear attention) keep a copy from the end of each question instead.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class TokenizedPrompt:
    """A conversation as a network takes it.

    Attributes:
        tokens: of the whole conversation, a picture's token repeated for each of its parts.
        pictures: the input of each picture, in order, with ``pixel_values`` and ``image_grid_thw``.
        hashes: one of each picture.
        starts: where each picture's first token stands.
        lengths: how many tokens each picture has.
    """

    tokens: list[int]
    pictures: list[dict[str, Any]]
    hashes: list[str]
    starts: list[int]
    lengths: list[int]

    def whole(self, length: int) -> tuple[int, int]:
        """The longest part up to ``length`` that ends in no picture, and how many pictures it has."""
        for number, (start, size) in enumerate(zip(self.starts, self.lengths, strict=True)):
            if start + size > length:
                return min(length, start), number
        return length, len(self.starts)


@dataclass(slots=True)
class KeptCache:
    """What was computed of the last question.

    Attributes:
        cache: transformers' own; None where nothing is kept.
        tokens: what it holds, in order.
        hashes: of the pictures in it.
        rolls_back: whether a cache can be cut; None until that is known.
        reused: tokens that need not be computed again, over all questions; ``computed``: those that were.
    """

    cache: Any = None
    tokens: list[int] = field(default_factory=list)
    hashes: list[str] = field(default_factory=list)
    rolls_back: bool | None = None
    reused: int = 0
    computed: int = 0

    def take(self, question: TokenizedPrompt) -> tuple[Any, int, int]:
        """The cache for a question: itself (None for none), how many tokens it holds, and how many pictures.

        At least one token is left to be computed, since an answer begins from it.
        """
        same = common(self.tokens, question.tokens)
        pictures = common(self.hashes, question.hashes)
        most = question.starts[pictures] if pictures < len(question.starts) else len(question.tokens)
        length, number = question.whole(min(same, most, len(question.tokens) - 1))
        kept, self.cache = self.cache, None
        if kept is None or length == 0 or (not self.rolls_back and length < len(self.tokens)):
            kept, length, number = None, 0, 0
        elif length < len(self.tokens):
            kept.crop(length - len(self.tokens))
        self.reused += length
        self.computed += len(question.tokens) - length
        return kept, length, number

    def keep(self, cache: Any, tokens: list[int], question: TokenizedPrompt) -> None:
        """Keep the cache of a question and what was answered; ``tokens`` is all that it holds."""
        self.cache, self.tokens, self.hashes = cache, tokens, list(question.hashes)

    def keep_copy(self, cache: Any, question: TokenizedPrompt) -> None:
        """Keep a copy from the end of a question, for a cache that cannot be cut."""
        self.keep(copy.deepcopy(cache), question.tokens[:-1], question)

    def forget(self) -> None:
        """Keep nothing."""
        self.cache, self.tokens, self.hashes = None, [], []


def common(one: list[Any], two: list[Any]) -> int:
    """How many items both begin with alike."""
    return next(
        (n for n, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), min(len(one), len(two))
    )


def can_roll_back(network: Any) -> bool:
    """Whether a network's cache can be cut to a shorter one: not where a layer keeps a running state."""
    text = network.config.get_text_config()
    kinds = getattr(text, "layer_types", None) or ()
    return not any("linear" in kind or "mamba" in kind or "conv" in kind for kind in kinds)
