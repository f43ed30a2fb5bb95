"""How often a network decides as recorded runs did: counted by kind, and what counts as the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from deskhand.actions.geometry import Box, Viewport
from deskhand.policies.embedded.network import ReasonerModel
from deskhand.policies.embedded.places import ScreenPlace
from deskhand.policies.embedded.pointed import Piece, PointedMove
from deskhand.training.reasoner import clone
from deskhand.training.reasoner.exact import exactness, same
from deskhand.training.reasoner.lessons import Lesson
from deskhand.training.runs import Settings
from tests.training.test_clone import READS, SMALL

PLACES = (
    ScreenPlace("button", "Save", Box(10, 10, 90, 40), actionable=True),
    ScreenPlace("text", "Save", Box(30, 15, 60, 35)),
    ScreenPlace("button", "Cancel", Box(110, 10, 190, 40), actionable=True),
)

PLAN = Piece(start=8, end=12)


def lesson(kind: str, move: PointedMove) -> Lesson:
    pictures = np.zeros((len(PLACES), 16, 16, 3), np.uint8)
    return Lesson(f"save as plan, {kind}", PLACES, pictures, Viewport(200, 100), (), move, True, "", kind)


@pytest.mark.parametrize(
    ("found", "wanted", "right"),
    [
        (PointedMove("click", 0), PointedMove("click", 0), True),
        (PointedMove("click", 1), PointedMove("click", 0), True),  # the label lies in the button
        (PointedMove("click", 2), PointedMove("click", 0), False),
        (PointedMove("click", 0, 64), PointedMove("click", 0), True),  # its lower right corner
        (PointedMove("click", 0), PointedMove("click", 0, 64), False),
        (PointedMove("double", 0), PointedMove("click", 0), False),
        (PointedMove("click", 0, times=2), PointedMove("click", 0), False),
        (PointedMove("finished"), PointedMove("click", 0), False),
        (PointedMove("drag", 0, 0, 2), PointedMove("drag", 0, 0, 1), False),
        (PointedMove("type", pieces=(Piece("plan"),)), PointedMove("type", pieces=(PLAN,)), True),
        (PointedMove("key", key="enter"), PointedMove("key", key="tab"), False),
        (PointedMove("scroll", 0), PointedMove("scroll", 2), True),
        (PointedMove("scroll", 0), PointedMove("scroll", 0, direction=(0, -1)), False),
        (PointedMove("scroll", 0), PointedMove("scroll", 0, notches=10), False),
    ],
)  # fmt: skip
def test_what_does_the_same_is_right(found: PointedMove, wanted: PointedMove, right: bool) -> None:
    assert same(found, wanted, lesson("kind", wanted)) is right


def test_a_forbidden_chord_is_wrong() -> None:
    wanted = PointedMove("key", key="enter")
    found = replace(wanted, modifiers=("ctrl", "alt"), key="backspace")
    assert not same(found, wanted, lesson("kind", wanted))


def test_rows_count_what_a_trained_network_gets_right(tmp_path: Path) -> None:
    learnt = [lesson("save", PointedMove("click", 0)), lesson("stop", PointedMove("key", key="esc"))]
    settings = Settings(steps=80, rate=3e-3, warmup=5, average=0.9)
    clone.train(learnt, READS, tmp_path, settings, config=SMALL, batch=4)  # type: ignore[arg-type]
    from deskhand.policies.embedded.deciding import load

    model: ReasonerModel = load(tmp_path / clone.REASONER)
    other = lesson("stop", PointedMove("key", key="tab"))
    rows = exactness(model, [*learnt, other], READS)  # type: ignore[arg-type]
    assert [(row.kind, row.lessons, row.verbs, row.moves) for row in rows] == [
        ("save", 1, 1, 1),
        ("stop", 2, 2, 1),
    ]
