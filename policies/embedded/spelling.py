"""Texts as the embedded reasoner composes them: copies, and tokens of what it writes itself.

A text is a row of tokens. COPY copies a span of the task, TAKE the text of a place or a part of it, the
others are characters and a few strings that are written often; END ends it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from deskhand.errors import NotExpressible
from deskhand.policies.embedded.places import ScreenPlace
from deskhand.policies.embedded.pointed import Piece

END, COPY, TAKE = range(3)
_STRINGS = (
    "mkdir ", "touch ", "echo ", "cat ", "ls ", "rm ", "cp ", "mv ", "cd ", "pwd", "wc -l ", " > ", " >> ",
    " -r ", ".txt", ".odt", ".ods", ".csv", "=SUM(", "=AVERAGE(", "https://", "www.", ".com", "the ", " and ",
)  # fmt: skip
_CHARACTERS = "".join(map(chr, range(32, 127))) + "\n\täöüßéèáàçñ€–"
WRITTEN = (*_STRINGS, *_CHARACTERS)
"""What is written by one token, from number 3."""
TOKENS = 3 + len(WRITTEN)
LONGEST = 32
"""Tokens of a text, at most, its END included."""
WHOLE = -1
"""Stands where a TAKE has no first piece: it takes the whole text."""
Spans = Sequence[tuple[int, int]]
SpansOf = Callable[[str], Spans]
"""Where the word pieces of a text stand in it."""
_NUMBER = {text: number for number, text in enumerate(WRITTEN, 3)}


@dataclass(frozen=True, slots=True)
class SpellingToken:
    """One token; COPY has word pieces ``first`` to ``last`` of the task, TAKE those of a ``place``'s text."""

    token: int
    first: int = 0
    last: int = 0
    place: int = 0


def tokens_of(
    pieces: Sequence[Piece], spans: Spans, places: Sequence[ScreenPlace], spans_of: SpansOf
) -> tuple[SpellingToken, ...]:
    """The tokens of a text.

    Args:
        spans: where the word pieces of the task stand in it.
        spans_of: the same of a text of the screen.

    Raises:
        NotExpressible: it is too long, or needs a character or a span that no token stands for.
    """
    tokens: list[SpellingToken] = []
    for piece in pieces:
        if piece.written:
            tokens += [SpellingToken(number) for number in _written(piece.written)]
        elif piece.source >= 0:
            text = places[piece.source].text
            whole = (piece.start, piece.end) == (0, len(text))
            first, last = (WHOLE, WHOLE) if whole else _bounding(piece, spans_of(text))
            tokens.append(SpellingToken(TAKE, first, last, piece.source))
        else:
            tokens.append(SpellingToken(COPY, *_bounding(piece, spans)))
    if len(tokens) >= LONGEST:
        raise NotExpressible(f"a text of {len(tokens)} tokens")
    return (*tokens, SpellingToken(END))


def pieces_from(
    tokens: Sequence[SpellingToken], spans: Spans, places: Sequence[ScreenPlace], spans_of: SpansOf
) -> tuple[Piece, ...]:
    """The pieces that tokens stand for; what follows END is ignored."""
    pieces: list[Piece] = []
    for token in tokens:
        if token.token == END:
            break
        if token.token == COPY:
            pieces.append(Piece(start=spans[token.first][0], end=spans[max(token.first, token.last)][1]))
        elif token.token == TAKE:
            text = places[token.place].text
            start, end = 0, len(text)
            if token.first != WHOLE:
                inside = spans_of(text)
                start, end = inside[token.first][0], inside[max(token.first, token.last)][1]
            pieces.append(Piece(source=token.place, start=start, end=end))
        else:
            pieces.append(Piece(written=WRITTEN[token.token - 3]))
    return tuple(pieces)


def _bounding(piece: Piece, spans: Spans) -> tuple[int, int]:
    """The first and the last word piece of a span."""
    first = next((n for n, span in enumerate(spans) if span[0] == piece.start), None)
    last = next((n for n, span in enumerate(spans) if span[1] == piece.end), None)
    if first is None or last is None or last < first:
        raise NotExpressible("a span that no word pieces bound")
    return first, last


def _written(text: str) -> list[int]:
    numbers: list[int] = []
    at = 0
    while at < len(text):
        found = next((s for s in _STRINGS if text.startswith(s, at)), text[at])
        if found not in _NUMBER:
            raise NotExpressible(f"no token writes {found!r}")
        numbers.append(_NUMBER[found])
        at += len(found)
    return numbers
