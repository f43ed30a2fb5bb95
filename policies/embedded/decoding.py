"""Greedy decoding in which every token is one that the small language allows.

The thought is free. The verb is one of a closed list, an element one that is on the screen, typed
text a piece of the instruction or the screen, byte by byte; only where text must be made up are
tokens free again, and then bounded. Tokens that leave no choice are not asked for: they are fed
together with the next ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import torch
from tokenizers import Tokenizer

from deskhand.policies.embedded.language import (
    ALONE,
    CHORDS,
    COPIED,
    FREE,
    ON_ELEMENT,
    LanguageMove,
    ScreenPage,
    head,
    is_end,
    is_start,
)
from deskhand.policies.embedded.llama import Cache, Llama
from deskhand.policies.embedded.threads import SpareProcessors

LONGEST_THOUGHT = 24
LONGEST_FREE = 32
LONGEST_COPY = 400
"""Tokens."""

_BEFORE_PAGE = "<|im_start|>user\n"
_BEFORE_ANSWER = "<|im_end|>\n<|im_start|>assistant\n"
_END = "<|im_end|>"


class Speller:
    """Text to tokens and back, and what each token is in bytes.

    What a task or a screen says is always spelt as plain text: the model's control tokens cannot be
    written by it.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._tokenizer.encode_special_tokens = True
        self.before_page = self._template(_BEFORE_PAGE)
        self.before_answer = self._template(_BEFORE_ANSWER)
        self.end = _id(tokenizer, _END)
        self.newline = self.spell("\n")[0]
        self.bytes_of = _token_bytes(tokenizer)
        self.token_of = {spelt: token for token, spelt in enumerate(self.bytes_of) if spelt}
        self.longest = max(map(len, self.token_of))
        breaking = [
            n for n, spelt in enumerate(self.bytes_of) if not spelt or b"\n" in spelt or b"\r" in spelt
        ]
        self.breaking = torch.tensor(breaking)
        """Control tokens and tokens with a line break, which no line of text may hold."""

    @classmethod
    def read(cls, folder: Path) -> Speller:
        """From ``tokenizer.json`` in the folder of the model."""
        return cls(Tokenizer.from_file(str(folder / "tokenizer.json")))

    def spell(self, text: str) -> list[int]:
        """The tokens of a plain text."""
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        return ids

    def text(self, tokens: Iterable[int]) -> str:
        """The text of tokens; bytes that are no text are left out."""
        return b"".join(self.bytes_of[token] for token in tokens).decode("utf-8", errors="ignore")

    def question(self, page: str) -> list[int]:
        """A page's text as the tokens that are put before the answer."""
        return [*self.before_page, *self.spell(page), *self.before_answer]

    def answer(self, thought: str, move: LanguageMove) -> list[int]:
        """An answer as the tokens that decoding would produce, its end included."""
        return [*self.spell(thought), self.newline, *self._spell_move(move), self.end]

    def _spell_move(self, move: LanguageMove) -> list[int]:
        # the argument is spelt apart from what is before it, as it stands alone on its line of the screen
        if move.verb == "key" or move.verb in ALONE:
            return self.spell(str(move))
        return self.spell(head(move.verb)) + self.spell(move.argument)

    def _template(self, text: str) -> list[int]:
        pieces: list[int] = []
        for part in text.replace("<|", "\0<|").replace("|>", "|>\0").split("\0"):
            pieces += (
                [_id(self._tokenizer, part)] if part.startswith("<|") else self.spell(part) if part else []
            )
        return pieces


class Grammar(Protocol):
    """A state of what may come next."""

    def allowed(self) -> Sequence[int] | None:
        """Tokens that may come now; None if any may that is not a line break; empty at the end."""
        ...

    def took(self, token: int) -> None:
        """Go on with a token that was allowed."""
        ...


@dataclass
class Literals:
    """One of several token sequences. Each ends with a token that no other goes on after."""

    sequences: Sequence[Sequence[int]]
    taken: list[int] = field(default_factory=list)

    def allowed(self) -> list[int]:
        """As the protocol has it: what goes on after the tokens so far in any of the sequences."""
        n = len(self.taken)
        return sorted({s[n] for s in self.sequences if len(s) > n and list(s[:n]) == self.taken})

    def took(self, token: int) -> None:
        """As the protocol has it."""
        self.taken.append(token)


class Spans:
    """A piece of one of several texts, from boundary to boundary, then the end token.

    Matched byte by byte, so that any spelling of the same bytes is found and the copy is exact.
    """

    def __init__(self, sources: Sequence[str], speller: Speller) -> None:
        self._speller = speller
        self._sources = [_Source.of(text) for text in dict.fromkeys(sources)]
        self._at = {(n, i) for n, source in enumerate(self._sources) for i in source.starts}
        self._tokens = 0
        self._ended = False

    def allowed(self) -> list[int]:
        """As the protocol has it; after ``LONGEST_COPY`` tokens only the end, where a span may end."""
        if self._ended:
            return []
        found = {token for n, i in self._at for token in self._next(self._sources[n].spelt, i)}
        can_end = self._tokens and any(i in self._sources[n].ends for n, i in self._at)
        if can_end and self._tokens >= LONGEST_COPY:
            found.clear()
        return sorted(found) + ([self._speller.end] if can_end else [])

    def took(self, token: int) -> None:
        """As the protocol has it; keeps the places in the texts where the token's bytes fit."""
        self._tokens += 1
        self._ended = token == self._speller.end
        spelt = self._speller.bytes_of[token]
        self._at = {(n, i + len(spelt)) for n, i in self._at if self._sources[n].spelt.startswith(spelt, i)}

    def _next(self, spelt: bytes, start: int) -> Iterator[int]:
        for stop in range(start + 1, min(start + self._speller.longest, len(spelt)) + 1):
            token = self._speller.token_of.get(spelt[start:stop])
            if token is not None:
                yield token


@dataclass
class Free:
    """Any text on one line, at most ``most`` tokens, not empty, then the end token."""

    end: int
    most: int
    tokens: int = 0

    def allowed(self) -> list[int] | None:
        """As the protocol has it; only the end after ``most`` tokens."""
        if self.tokens < 0:
            return []
        return [self.end] if self.tokens >= self.most else None

    def took(self, token: int) -> None:
        """As the protocol has it."""
        self.tokens = -1 if token == self.end else self.tokens + 1


@dataclass(frozen=True, slots=True)
class Decoded:
    """What was decoded, and how many tokens that took."""

    thought: str
    move: LanguageMove
    prompt_tokens: int
    completion_tokens: int


class Decoder:
    """Answers pages, one at a time."""

    def __init__(self, model: Llama, speller: Speller) -> None:
        self._model = model
        self._speller = speller
        self._most_threads = torch.get_num_threads()
        self._spare = SpareProcessors()

    @torch.inference_mode()
    def answer(self, page: ScreenPage, threads: int | None = None) -> Decoded:
        """The most likely answer, token by token; on as many threads as other work leaves processors."""
        torch.set_num_threads(threads or self._spare.threads(self._most_threads))
        spell = self._speller.spell
        question = self._speller.question(page.prompt())
        line = _Line(self._model, self._speller, question)
        thought = line.decode(_Thought(self._speller.newline, LONGEST_THOUGHT))[:-1]
        verb = self._verb(line, page)
        if verb in ALONE or verb.startswith("key "):
            name, _, argument = verb.partition(" ")
            move = LanguageMove(name, argument)
        else:
            tokens = line.decode(self._argument(verb, page))[:-1]
            text = self._speller.text(tokens)
            move = LanguageMove(verb, text)
        count = len(spell(str(move))) + len(thought) + 2
        return Decoded(self._speller.text(thought).strip(), move, len(question), count)

    def _verb(self, line: _Line, page: ScreenPage) -> str:
        spell, end = self._speller.spell, self._speller.end
        choices: dict[str, list[int]] = {verb: [*spell(verb), end] for verb in ALONE}
        choices |= {f"key {chord}": [*spell(f"key {chord}"), end] for chord in CHORDS}
        choices |= {verb: spell(head(verb)) for verb in (*COPIED, *FREE)}
        if page.labels:
            choices |= {verb: spell(head(verb)) for verb in (*ON_ELEMENT, "answer")}
        taken = line.decode(Literals(list(choices.values())))
        return next(name for name, tokens in choices.items() if tokens == taken)

    def _argument(self, verb: str, page: ScreenPage) -> Grammar:
        if verb in ON_ELEMENT:
            return Literals([[*self._speller.spell(label), self._speller.end] for label in page.labels])
        if verb in COPIED:
            return Spans(page.sources(), self._speller)
        if verb == "answer":
            return Spans(page.screen_texts(), self._speller)
        return Free(self._speller.end, LONGEST_FREE)


@dataclass
class _Thought:
    """Free text up to the end of the line."""

    newline: int
    most: int
    tokens: int = 0
    ended: bool = False

    def allowed(self) -> list[int] | None:
        """As the protocol has it; only the line break after ``most`` tokens."""
        if self.ended:
            return []
        return [self.newline] if self.tokens >= self.most else None

    def took(self, token: int) -> None:
        """As the protocol has it."""
        self.tokens += 1
        self.ended = token == self.newline


class _Line:
    """The tokens of one answer as they grow, and the model's state behind them."""

    def __init__(self, model: Llama, speller: Speller, question: list[int]) -> None:
        room = len(question) + LONGEST_THOUGHT + LONGEST_COPY + 64
        self._model = model
        self._speller = speller
        self._cache: Cache = model.new_cache(room)
        self._waiting = list(question)

    def decode(self, grammar: Grammar) -> list[int]:
        """Go on until the grammar is at its end; the tokens taken."""
        taken: list[int] = []
        while True:
            allowed = grammar.allowed()
            if allowed is not None and not allowed:
                return taken
            token = allowed[0] if allowed and len(allowed) == 1 else self._choose(allowed, grammar)
            grammar.took(token)
            taken.append(token)
            self._waiting.append(token)

    def _choose(self, allowed: Sequence[int] | None, grammar: Grammar) -> int:
        x = self._feed()
        if allowed is not None:
            among = torch.tensor(allowed)
            return allowed[int(self._model.logits(x, among).argmax())]
        scores = self._model.logits(x)
        ending = self._speller.newline if isinstance(grammar, _Thought) else self._speller.end
        kept = scores[ending].item()
        scores[self._speller.breaking] = -torch.inf
        if getattr(grammar, "tokens", 0):  # an empty text is no text
            scores[ending] = kept
        return int(scores.argmax())

    def _feed(self) -> torch.Tensor:
        """Give the model what is waiting; its last output (D)."""
        x = self._model.run(self._model.embed(torch.tensor([self._waiting])), cache=self._cache)
        self._waiting.clear()
        return x[0, -1]


@dataclass(frozen=True, slots=True)
class _Source:
    """A text in bytes, and the byte offsets where a span may begin and end."""

    spelt: bytes
    starts: frozenset[int]
    ends: frozenset[int]

    @classmethod
    def of(cls, text: str) -> _Source:
        """Of a text; what UTF-8 cannot write becomes a question mark."""
        starts, ends, at = set(), set(), 0
        for n, character in enumerate(text):
            if is_start(text, n):
                starts.add(at)
            if is_end(text, n):
                ends.add(at)
            at += len(character.encode("utf-8", errors="replace"))
        if is_end(text, len(text)):
            ends.add(at)
        return cls(text.encode("utf-8", errors="replace"), frozenset(starts), frozenset(ends))


def _id(tokenizer: Tokenizer, token: str) -> int:
    number = tokenizer.token_to_id(token)
    assert isinstance(number, int), f"the tokenizer has no {token}"
    return number


def _token_bytes(tokenizer: Tokenizer) -> list[bytes]:
    """What each token is in bytes; nothing for control tokens."""
    letters = _byte_letters()
    control = {number for number, token in tokenizer.get_added_tokens_decoder().items() if token.special}
    spelt: list[bytes] = [b""] * tokenizer.get_vocab_size(with_added_tokens=True)
    for token, number in tokenizer.get_vocab(with_added_tokens=True).items():
        if number not in control:
            spelt[number] = bytes(letters[c] for c in token if c in letters)
    return spelt


def _byte_letters() -> dict[str, int]:
    """The letter by which byte-level BPE (GPT-2's) writes each byte, to the byte."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [n for n in range(256) if n not in plain]
    return {chr(n): n for n in plain} | {chr(256 + i): n for i, n in enumerate(others)}
