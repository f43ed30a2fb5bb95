"""What the oracles work out for themselves."""

from __future__ import annotations

import pytest

from deskhand.benchmarks.browsing.moves import NotThere, found, nth, quoted, reading
from deskhand.benchmarks.suites.miniwob.oracles.dragging import turn
from deskhand.benchmarks.suites.miniwob.oracles.entering import result
from deskhand.benchmarks.suites.miniwob.oracles.tictactoe import answer, best, put, won

EMPTY = (0,) * 9


def test_names_on_a_page_are_never_code() -> None:
    assert reading("b", '"); alert("').count('\\"); alert(\\"') == 1
    assert nth('a["x"]', 2) == 'document.querySelectorAll("a[\\"x\\"]")[2]'


def test_an_instruction_is_taken_apart_or_refused() -> None:
    assert quoted('Click "Yes" and "No".') == ["Yes", "No"]
    assert found(r"Tab #(\d)", "Click Tab #2.")[1] == "2"
    with pytest.raises(NotThere):
        found(r"Tab #(\d)", "Click it.")


def test_angles_go_the_shorter_way() -> None:
    assert turn(350, 10) == 20
    assert turn(10, 350) == -20


def test_sums() -> None:
    assert [result(6, sign, 3) for sign in "+-x/"] == [9, 3, 18, 2]


def test_the_page_plays_as_it_drew() -> None:
    board = put(put(put(EMPTY, 0, 1), 4, -1), 1, 1)
    assert answer(board, [0.9, 0.5])[0] == 2  # it closes my row
    assert answer(board, [0.1, 0.0]) == (2, [])  # by chance, the first free field
    assert answer(put(board, 8, -1), [0.9, 0.5])[0] == 2


def test_a_game_that_can_be_won_at_once_is() -> None:
    board = put(put(put(put(EMPTY, 0, 1), 4, -1), 1, 1), 8, -1)
    field = best(board, [0.0] * 20)
    assert won(put(board, field, 1), 1)
