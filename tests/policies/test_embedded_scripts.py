"""Texts are copied in whole words, whatever scripts a task mixes: a particle may follow a name at once."""

from __future__ import annotations

import pytest

from deskhand.policies.embedded.pointed import pieces_of
from deskhand.text import joins


@pytest.mark.parametrize(
    "task",
    ["'hello'라고 쓰고 note.txt로 저장해 줘", "写入“hello”并保存为note.txt", "schreib 'hello' in note.txt"],
)
def test_a_name_is_copied_from_between_words_of_another_script(task: str) -> None:
    for text in ("hello", "note.txt"):
        (piece,) = pieces_of(text, task, ())
        assert task[piece.start : piece.end] == text


def test_letters_inside_of_a_word_are_not_copied() -> None:
    assert [piece.written for piece in pieces_of("장해", "저장해 줘", ())] == ["장해"]


@pytest.mark.parametrize(
    ("before", "after", "one_word"),
    [
        ("a", "b", True),
        ("e", "_", True),
        ("t", "로", False),
        ("저", "장", True),
        ("保", "存", False),
        ("a", " ", False),
    ],
)
def test_a_word_ends_where_its_script_does(before: str, after: str, one_word: bool) -> None:
    assert joins(before, after) is one_word
