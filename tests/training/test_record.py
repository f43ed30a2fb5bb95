"""Recording a suite's oracles: only what training may see, with seeds of its own, each once."""

from __future__ import annotations

from pathlib import Path

import pytest

from deskhand.errors import UsageError
from deskhand.screens.variation import FIRST_TRAINING_SEED
from deskhand.training.reasoner import record as recording
from deskhand.training.reasoner.record import record
from deskhand.trajectories.reader import Trajectory
from tests.benchmarks.test_suite import offered  # noqa: F401

pytestmark = [pytest.mark.lightbox, pytest.mark.usefixtures("offered")]


def test_what_training_may_see_is_recorded_once(tmp_path: Path) -> None:
    made = list(record("tiny", tmp_path, 2))
    assert [count for count, _ in made] == [2, 2]
    folders = [folder for _, folder in made if folder is not None]
    runs = [Trajectory.open(folder) for folder in folders]
    assert {run.task.seed for run in runs} == {FIRST_TRAINING_SEED, FIRST_TRAINING_SEED + 1}
    assert all(run.task.instruction.startswith("ask-two:") for run in runs)
    times = [folder.stat().st_mtime_ns for folder in folders]
    assert {folder for _, folder in record("tiny", tmp_path, 2)} == set(folders)
    assert [folder.stat().st_mtime_ns for folder in folders] == times


def test_a_suite_that_has_nothing_for_training_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "SUBSET", "learnt")
    with pytest.raises(UsageError, match="no subset 'learnt'"):
        next(record("tiny", tmp_path, 1))
