"""A calculator."""

from __future__ import annotations

import random

from deskhand.benchmarks.moves import Draw, Moves, OracleMove, Parameters, done, press, type_text

OPERATORS = {
    "+": ("plus", "increased by"),
    "-": ("minus",),
    "*": ("times", "multiplied by"),
}
"""Signs, and the words for each: the first, and those that are kept for measuring."""


def _draw_sum(chance: random.Random, seen: bool) -> Parameters:
    sign = chance.choice("+-*")
    # Odd and even first numbers keep what training sees apart from what is measured.
    first = chance.randrange(10 + int(seen), 400, 2)
    second = chance.randint(2, 60) if sign != "-" else chance.randint(2, first)
    words_for = OPERATORS[sign]
    word = words_for[0] if seen else words_for[-1] if chance.random() < 0.3 else words_for[0]
    value = {"+": first + second, "-": first - second, "*": first * second}[sign]
    return {
        "a": str(first),
        "op": word,
        "b": str(second),
        "typed": f"{first}{sign}{second}",
        "result": str(value),
    }


def _sum_moves(p: Parameters) -> list[OracleMove]:
    return [
        type_text(
            p["typed"], "I type the calculation.", "First I enter the numbers.", "I enter it as a formula."
        ),
        press(
            "enter", "Enter gives the result.", "Now I ask for the result.", "The formula is there, so enter."
        ),
        done("The display shows the result.", "The result is on the display.", answer=p["result"]),
    ]


DRAWS: dict[str, Draw] = {"sum": _draw_sum}
MOVES: dict[str, Moves] = {"sum": _sum_moves}
