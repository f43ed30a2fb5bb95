"""What the embedded reasoner thinks beside a move: a line of words, copies of the task and texts of places.

The words are those that the thoughts it learnt from have often; names, numbers and what else is rare are
copied from where they stand. So a thought is composed anew for each screen.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from deskhand.errors import NotExpressible
from deskhand.policies.embedded.places import ScreenPlace
from deskhand.policies.embedded.spelling import COPY, END, TAKE, WHOLE, SpellingToken

MOST_WORDS, LEAST_OFTEN = 500, 8
"""Words of the vocabulary, and how often a word occurs that belongs to it."""
LONGEST_THOUGHT = 20
"""Tokens of a thought, at most, its END included."""
FIRST_WORD = 3
"""The number of the vocabulary's first word; END, COPY and TAKE come before it."""
_WORD = re.compile(r"\s?(?:\w+|[^\w\s])|\s")


def vocabulary(thoughts: Iterable[str]) -> tuple[str, ...]:
    """The words that thoughts are made of, each with the space before it; the most frequent first."""
    counts = Counter(word for thought in thoughts for word in _WORD.findall(thought))
    often = [word for word, count in counts.most_common(MOST_WORDS) if count >= LEAST_OFTEN]
    return (" ", *(word for word in often if word != " "))


def thought_tokens(
    thought: str,
    instruction: str,
    spans: Sequence[tuple[int, int]],
    places: Sequence[ScreenPlace],
    words: Sequence[str],
) -> tuple[SpellingToken, ...]:
    """The tokens of a thought.

    Args:
        spans: where the word pieces of the task stand in it.
        words: the vocabulary.

    Raises:
        NotExpressible: a word is neither known nor to be copied, or it is too long.
    """
    known = {word: number for number, word in enumerate(words, FIRST_WORD)}
    parts = _WORD.findall(thought)
    tokens: list[SpellingToken] = []
    at = 0
    while at < len(parts):
        if parts[at] in known:
            tokens.append(SpellingToken(known[parts[at]]))
            at += 1
            continue
        if parts[at][0] == " " and " " in known:
            tokens.append(SpellingToken(known[" "]))
        copy, length = _copied(parts, at, instruction, spans, places)
        tokens.append(copy)
        at += length
    if len(tokens) >= LONGEST_THOUGHT:
        raise NotExpressible(f"a thought of {len(tokens)} tokens")
    return (*tokens, SpellingToken(END))


def thought_from(
    tokens: Sequence[SpellingToken],
    instruction: str,
    spans: Sequence[tuple[int, int]],
    places: Sequence[ScreenPlace],
    words: Sequence[str],
) -> str:
    """The line that tokens stand for; what follows END is ignored."""
    parts: list[str] = []
    for token in tokens:
        if token.token == END:
            break
        if token.token == COPY:
            parts.append(instruction[spans[token.first][0] : spans[max(token.first, token.last)][1]])
        elif token.token == TAKE:
            parts.append(places[token.place].text)
        else:
            parts.append(words[token.token - FIRST_WORD])
    return "".join(parts).strip()


def _copied(
    parts: Sequence[str],
    at: int,
    instruction: str,
    spans: Sequence[tuple[int, int]],
    places: Sequence[ScreenPlace],
) -> tuple[SpellingToken, int]:
    """The longest copy that begins with a word, and how many words it has."""
    begins = {start: number for number, (start, _) in reversed(list(enumerate(spans)))}
    ends = {end: number for number, (_, end) in enumerate(spans)}
    for length in range(len(parts) - at, 0, -1):
        text = "".join(parts[at : at + length]).strip()
        start = instruction.find(text)
        while start >= 0:
            if start in begins and start + len(text) in ends:
                return SpellingToken(COPY, begins[start], ends[start + len(text)]), length
            start = instruction.find(text, start + 1)
        place = next((n for n, one in enumerate(places) if one.text == text), None)
        if place is not None:
            return SpellingToken(TAKE, WHOLE, WHOLE, place), length
    raise NotExpressible(f"nothing says {parts[at]!r}")
