"""Distillation learns from the shortest attempts that the checkers passed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from deskhand.benchmarks.runner.engines.local import LocalProcesses
from deskhand.benchmarks.runner.episodes import Episode
from deskhand.errors import UsageError
from deskhand.policies.embedded.network import ReasonerConfig, ReasonerModel
from deskhand.policies.embedded.pointed import PointedMove
from deskhand.training.reasoner.attempts import NOTES
from deskhand.training.reasoner.distilling import SIZES, attempted, facts_of, passed
from deskhand.training.reasoner.lessons import read_lessons, write_lessons
from tests.policies.test_embedded import SMALL, WordByWord
from tests.training.test_grpo import lesson, offered  # noqa: F401


def attempt(folder: Path, task: str, steps: int, *, success: bool) -> tuple[Episode, Path]:
    folder.mkdir(parents=True)
    write_lessons(folder / NOTES, [lesson(PointedMove("click", 0))] * steps)
    episode = Episode(
        suite="tiny", task=task, version="1", seed=1, attempt=1, policy="embedded", category="",
        instruction="x", status="finished", success=success, steps=steps,
    )  # fmt: skip
    return episode, folder


def test_the_shortest_successes_of_a_task_are_learnt(tmp_path: Path) -> None:
    tried = [
        attempt(tmp_path / "a", "one", 5, success=True),
        attempt(tmp_path / "b", "one", 2, success=True),
        attempt(tmp_path / "c", "one", 3, success=True),
        attempt(tmp_path / "d", "one", 1, success=False),
        attempt(tmp_path / "e", "two", 4, success=True),
    ]
    found = passed(tried)
    assert [one.kind for one in found] == ["one"] * 5 + ["two"] * 4
    with pytest.raises(UsageError, match="no attempt succeeded"):
        passed(tried[3:4])


@pytest.mark.lightbox
@pytest.mark.model
@pytest.mark.usefixtures("offered")
def test_each_teacher_tries_and_what_it_did_is_kept(tmp_path: Path) -> None:
    torch.manual_seed(0)
    ReasonerModel(SMALL).save_pretrained(tmp_path / "teacher")
    options = {"episodes": 1, "attempts": 3, "temperature": 1.0, "engine": LocalProcesses(1)}
    tried = list(attempted("onestep", [tmp_path / "teacher"] * 2, tmp_path / "out", **options))  # type: ignore[arg-type]
    assert [total for total, _, _ in tried] == [6] * 6
    notes = [read_lessons(folder / NOTES) for _, _, folder in tried]
    assert all(found is not None and len(found) == 1 for found in notes)
    moves = [found[0].move for found in notes if found]
    assert moves[:3] != moves[3:], "each teacher draws for itself"


def test_sizes_differ_and_are_told() -> None:
    told = {}
    for name, size in SIZES.items():
        model = ReasonerModel(ReasonerConfig(words=SMALL.words, **size)).eval()
        told[name] = facts_of(model, [replace(lesson(PointedMove("finished")))], WordByWord())  # type: ignore[arg-type]
    counts = [told[name]["parameters, millions"] for name in ("small", "medium", "large")]
    assert counts == sorted(set(counts)) and told["medium"]["MB"] < 40
