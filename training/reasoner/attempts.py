"""Attempts: episodes in which the reasoner draws its decisions by chance, and keeps what each saw and did."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deskhand.benchmarks.runner.episodes import EpisodeKey
from deskhand.benchmarks.suite import Suite
from deskhand.perception.watch.observe import Observation
from deskhand.policies.embedded.deciding import Decided
from deskhand.policies.embedded.places import ScreenPlace
from deskhand.policies.embedded.policy import EmbeddedPolicy
from deskhand.policies.embedded.seeing import PastMove
from deskhand.policies.protocol import Policy
from deskhand.training.reasoner.lessons import Lesson, write_lessons
from deskhand.trajectories.records import Task

NOTES = "lessons.npz"
"""What an episode's decisions saw and did, beside its trajectory."""


class DrawnPolicy(EmbeddedPolicy):
    """The reasoner that draws its decisions, and keeps what each saw and did."""

    def __init__(self, folder: Path, temperature: float, seed: int) -> None:
        super().__init__(folder, temperature=temperature, seed=seed)
        self._lessons: list[Lesson] = []

    def begin(self, task: Task) -> None:
        """See ``EmbeddedPolicy``."""
        super().begin(task)
        self._instruction, self._lessons = task.instruction, []

    def decided(
        self,
        observation: Observation,
        places: tuple[ScreenPlace, ...],
        pictures: NDArray[np.uint8],
        past: Sequence[PastMove],
        decided: Decided,
    ) -> None:
        """Keep a decision as a lesson."""
        view, task = observation.viewport, self._instruction
        self._lessons.append(
            Lesson(task, places, pictures, view, tuple(past), decided.move, None, decided.thought, "drawn")
        )

    def leave_notes(self, folder: Path) -> None:
        """Write the decisions beside the trajectory."""
        write_lessons(folder / NOTES, self._lessons)


@dataclass(frozen=True, slots=True)
class Draws:
    """Makes the policy of an episode; it can be sent to another process."""

    reasoner: Path
    temperature: float
    seed: int

    def __call__(self, suite: Suite, key: EpisodeKey) -> Policy:
        seed = random.Random(f"{self.seed}:{key.task}:{key.seed}:{key.attempt}").getrandbits(40)
        return DrawnPolicy(self.reasoner, self.temperature, seed)
