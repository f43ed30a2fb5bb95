"""A text is cut into the pieces of a vocabulary as the library tokenizers cuts it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from tokenizers import Tokenizer
from tokenizers.models import Unigram
from tokenizers.normalizers import NFKC
from tokenizers.pre_tokenizers import Metaspace

from deskhand.policies.embedded.wordpieces import Vocabulary, packed

PIECES = (
    ("<s>", 0.0), ("<unk>", 0.0), ("▁", -3.0), ("a", -4.0), ("b", -4.5), ("ab", -5.0), ("▁ab", -4.2),
    ("abb", -6.1), ("▁a", -3.5), ("ba", -5.2), ("é", -7.0), ("ü", -6.0), ("문", -6.5), ("문서", -7.5),
    (".", -3.2), ("▁bab", -8.0), ("1", -4.0), ("fi", -5.5), ("f", -6.0), ("i", -6.0), ("abab", -9.0),
)  # fmt: skip
UNKNOWN = 1
ALPHABET = "ab é.ü문서1fixﬁ \n\tz😀"


def vocabulary() -> Vocabulary:
    pieces, scores = zip(*PIECES, strict=True)
    return Vocabulary(packed(pieces, scores, {0, UNKNOWN}), UNKNOWN)


def library() -> Tokenizer:
    # The marks are no pieces of a text; here they are worth so little that none is taken.
    pieces = [(piece, -99.0 if number <= UNKNOWN else score) for number, (piece, score) in enumerate(PIECES)]
    found = Tokenizer(Unigram(pieces, unk_id=UNKNOWN))
    found.normalizer = NFKC()
    found.pre_tokenizer = Metaspace(split=False)
    return found


@given(some.text(alphabet=ALPHABET, max_size=30))
@settings(max_examples=300, deadline=None)
def test_the_pieces_are_those_of_the_library(text: str) -> None:
    text = " ".join(text.split())  # it keeps spaces that are beside each other; we do not
    found = vocabulary().pieces(text)
    wanted = library().encode(text)
    costs = {number: PIECES[number][1] for number in range(len(PIECES))}
    known = [number for number in wanted.ids if number != UNKNOWN]
    assert sum(costs[piece.number] for piece in found if piece.number != UNKNOWN) == pytest.approx(
        sum(costs[number] for number in known)
    ), "as good a cut, where two are equal"
    assert [p.number for p in found].count(UNKNOWN) == wanted.ids.count(UNKNOWN)


@given(some.text(alphabet=ALPHABET, max_size=30))
@settings(max_examples=300, deadline=None)
def test_spans_are_in_order_and_leave_out_nothing_but_spaces(text: str) -> None:
    found = [piece for piece in vocabulary().pieces(text) if piece.start < piece.end]
    covered = {at for piece in found for at in range(piece.start, piece.end)}
    assert {at for at, letter in enumerate(text) if not letter.isspace()} <= covered
    assert [piece.start for piece in found] == sorted(piece.start for piece in found)
    assert all(not text[piece.start].isspace() for piece in found)


def test_spans_say_where_a_piece_stands_in_the_text_as_it_was_written() -> None:
    text = " ab  ﬁ bab\n문서 é."
    pieces = vocabulary().pieces(text)
    assert [text[p.start : p.end] for p in pieces if p.start < p.end] == [
        "ab", "ﬁ", "bab", "문서", "é", ".",
    ]  # fmt: skip
    assert vocabulary().pieces("") == vocabulary().pieces(" \n ") == []
    assert [p.number for p in vocabulary().pieces("zz😀")].count(UNKNOWN) == 1, (
        "those beside each other are one"
    )


def test_no_text_has_a_mark() -> None:
    assert 0 not in {piece.number for piece in vocabulary().pieces("<s> a <s>")}


def test_a_vocabulary_is_a_few_bytes_a_piece() -> None:
    tensors = packed(["▁", *map(chr, range(0x4E00, 0x5E00))], [-1.0] * 4097, ())
    assert sum(np.asarray(tensor).nbytes for tensor in tensors.values()) < 17 * 4098
