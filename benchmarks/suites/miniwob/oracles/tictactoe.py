"""The game of tic-tac-toe. The page plays by chance half of the time; the oracle knows what it will draw."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from deskhand.benchmarks.browsing.moves import Moves, TaskPage, css
from deskhand.benchmarks.suites.miniwob.oracles.registry import does

Board = tuple[int, ...]
"""Nine fields: 1 for mine, -1 for the page's, 0 for free."""

ROWS, COLUMNS = ((0, 1, 2), (3, 4, 5), (6, 7, 8)), ((0, 3, 6), (1, 4, 7), (2, 5, 8))
DIAGONALS = ((0, 4, 8), (2, 4, 6))
WON = (*ROWS, *COLUMNS, *DIAGONALS)
DRAWS = 24
CHANCE = 55


@does("tic-tac-toe")
def tic_tac_toe(page: TaskPage, instruction: str) -> Moves:
    """Plays the best field each turn, knowing what the page will draw by chance."""
    for _ in range(5):
        board: Board = tuple(int(one) for one in page.js("gameState"))
        if page.js("WOB_DONE_GLOBAL"):
            return
        draws = [float(one) for one in page.js(f"deskhandNext({DRAWS})")]
        field = best(board, draws)
        yield page.click(css(f"#ttt-{field}"), f"field {field + 1}")


def best(board: Board, draws: Sequence[float]) -> int:
    """The field that leads to a win, or else one that does not lose at once."""
    free = _free(board)
    values = {field: value(put(board, field, 1), draws) for field in free}
    return max(free, key=lambda field: values[field])


def value(board: Board, draws: Sequence[float]) -> float:
    """How the game ends after a move of mine, when I then play as well as can be."""
    if won(board, 1):
        return 1.0
    if not _free(board):
        return 0.0
    reply, left = answer(board, draws)
    board = put(board, reply, -1)
    if won(board, -1):
        return -1.0
    free = _free(board)
    return max((value(put(board, field, 1), left) for field in free), default=0.0)


def answer(board: Board, draws: Sequence[float]) -> tuple[int, Sequence[float]]:
    """Where the page plays, and the draws that are left."""
    free, drawn = _free(board), iter(draws)
    used = 1
    chosen = None
    if int(next(drawn) * 100) >= CHANCE and len(free) < 9:
        chosen = _last(board, -1)
        chosen = _last(board, 1) if chosen is None else chosen
    if chosen is None:
        chosen, used = free[int(next(drawn) * len(free))], 2
    return chosen, draws[used:]


def _last(board: Board, side: int) -> int | None:
    """The last field, in the page's order, that completes a line of a side."""
    fields: list[int] = []
    for place in range(3):
        fields += list(_completing(board, side, tuple((row, place) for row in ROWS)))[:1]
    whole = [(line, place) for line in DIAGONALS for place in range(3)]
    fields += list(_completing(board, side, tuple(whole)))[:1]
    for column in COLUMNS:
        fields += list(_completing(board, side, tuple((column, place) for place in range(3))))[:1]
    return fields[-1] if fields else None


def _completing(
    board: Board, side: int, tries: tuple[tuple[tuple[int, int, int], int], ...]
) -> Iterator[int]:
    for line, place in tries:
        others = [board[field] for number, field in enumerate(line) if number != place]
        if board[line[place]] == 0 and others == [side, side]:
            yield line[place]


def won(board: Board, side: int) -> bool:
    """Whether a side, 1 or -1, has three in a line."""
    return any(all(board[field] == side for field in line) for line in WON)


def put(board: Board, field: int, side: int) -> Board:
    """The board after a side, 1 or -1, has taken a field, 0 to 8."""
    return (*board[:field], side, *board[field + 1 :])


def _free(board: Board) -> list[int]:
    return [field for field in range(9) if not board[field]]
