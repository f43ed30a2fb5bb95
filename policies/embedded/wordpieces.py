"""Cuts a text into the pieces of a vocabulary: the pieces whose scores add up to the most.

The vocabulary is sorted by a hash of each piece, so that a quarter of a million pieces are four megabytes of
a mapped file; as a tree in memory, as libraries keep it, they would be three hundred.

Source: Kudo, "Subword Regularization" (2018), section 3.2: the unigram language model and its best
segmentation, found as Viterbi does.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

SPACE = "▁"
"""What pieces have for the space before a word; a text begins with one."""
UNKNOWN_COSTS = 10.0
"""How much less than the worst piece a letter scores that is in no piece."""
Tensors = dict[str, NDArray[Any]]
_FACTOR, _BITS = 0x9E3779B97F4A7C15, 29


@dataclass(frozen=True, slots=True)
class WordPiece:
    """A piece: its number in the vocabulary, and first and last character (exclusive) of it in the text."""

    number: int
    start: int
    end: int


class Vocabulary:
    """The pieces that a text is cut into.

    Args:
        tensors: as ``packed`` makes them.
        unknown: the number of what is in no piece.
    """

    def __init__(self, tensors: Mapping[str, NDArray[Any]], unknown: int) -> None:
        self._hashes, self._numbers = tensors["hashes"], tensors["numbers"]
        self._scores = tensors["scores"]
        self._longest = int(tensors["longest"][0])
        self._unknown, self._unknown_score = unknown, float(self._scores.min()) - UNKNOWN_COSTS

    def pieces(self, text: str) -> list[WordPiece]:
        """The pieces of a text, in order; spaces beside each other count as one."""
        letters, spans = _normal(text)
        if not letters:
            return []
        found = self._known(letters)
        best, came = [0.0], [(0, self._unknown)]
        for end in range(1, len(letters) + 1):
            choices = [(best[start] + score, start, number) for start, score, number in found[end]]
            # A letter that is in no piece is passed over alone.
            choices.append((best[end - 1] + self._unknown_score, end - 1, self._unknown))
            score, start, number = max(choices)
            best.append(score)
            came.append((start, number))
        return self._walked(came, letters, spans)

    def _known(self, letters: str) -> list[list[tuple[int, float, int]]]:
        """By where it ends: start, score and number of each piece of the vocabulary that is in a text."""
        hashes = _hashes(letters, self._longest)
        starts, lengths = np.nonzero(hashes)
        wanted = hashes[starts, lengths]
        at = np.searchsorted(self._hashes, wanted).clip(max=len(self._hashes) - 1)
        hit = self._hashes[at] == wanted
        found: list[list[tuple[int, float, int]]] = [[] for _ in range(len(letters) + 1)]
        scores, numbers = self._scores[at[hit]].tolist(), self._numbers[at[hit]].tolist()
        for start, length, score, number in zip(
            starts[hit].tolist(), lengths[hit].tolist(), scores, numbers, strict=True
        ):
            found[start + length + 1].append((start, score, number))
        return found

    def _walked(
        self, came: Sequence[tuple[int, int]], letters: str, spans: Sequence[tuple[int, int]]
    ) -> list[WordPiece]:
        found: list[WordPiece] = []
        end = len(letters)
        while end:
            start, number = came[end]
            there = start + (letters[start] == SPACE)  # the space is no part of the word
            first, last = (spans[there][0], spans[end - 1][1]) if there < end else (spans[start][1],) * 2
            if number == self._unknown and found and found[-1].number == number:
                last = found.pop().end  # unknown letters beside each other are one piece
            found.append(WordPiece(number, first, last))
            end = start
        return found[::-1]


def packed(
    pieces: Sequence[str], scores: Sequence[float] | NDArray[np.float32], apart: Collection[int]
) -> Tensors:
    """A vocabulary as tensors: its pieces' hashes, sorted, their numbers and scores, and the longest piece.

    Args:
        pieces, scores: by number.
        apart: numbers of marks, which no text has.
    """
    kept = [number for number, piece in enumerate(pieces) if piece and number not in apart]
    hashes = np.array([_hash(pieces[number]) for number in kept], np.uint64)
    order = np.argsort(hashes, kind="stable")
    numbers = np.array(kept, np.int32)[order]
    return {
        "hashes": hashes[order],
        "numbers": numbers,
        "scores": np.asarray(scores, np.float32)[numbers],
        "longest": np.array([max(len(pieces[number]) for number in kept)], np.int32),
    }


def _hash(piece: str) -> int:
    found = 0
    for letter in piece:
        found = (found * _FACTOR + ord(letter) + 1) & 0xFFFFFFFFFFFFFFFF
    return found ^ (found >> _BITS)


def _hashes(letters: str, longest: int) -> NDArray[np.uint64]:
    """Of each part of a text as of a piece, (first letter, letters less one); 0 for those beyond its end."""
    codes = np.array([ord(letter) + 1 for letter in letters], np.uint64)
    count = len(codes)
    found = np.zeros((count, min(longest, count)), np.uint64)
    now = np.zeros(count, np.uint64)
    for length in range(found.shape[1]):
        now = now[: count - length] * np.uint64(_FACTOR) + codes[length:]  # whole numbers overflow alike
        found[: count - length, length] = now ^ (now >> np.uint64(_BITS))
    return found


def _normal(text: str) -> tuple[str, list[tuple[int, int]]]:
    """The letters that pieces are of, and where each stands in the text.

    A letter and the marks that combine with it are brought into one form together (NFKC).
    """
    letters, spans = [SPACE], [(0, 0)]
    at = 0
    while at < len(text):
        end = at + 1
        while end < len(text) and unicodedata.combining(text[end]):
            end += 1
        for letter in unicodedata.normalize("NFKC", text[at:end]):
            if not letter.isspace():
                letters.append(letter)
            elif letters[-1] == SPACE:
                continue
            else:
                letters.append(SPACE)
            spans.append((at, end))
        at = end
    if letters[-1] == SPACE:
        del letters[-1], spans[-1]
    return "".join(letters), spans
