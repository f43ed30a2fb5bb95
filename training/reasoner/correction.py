"""The learner acts, and an oracle says at each step what would have been right: DAgger.

What the oracle says is kept beside the trajectories, one file an episode, and is never done, except in the
share of the steps in which it takes over so that an episode gets somewhere, and where the learner would end
a run too early: what comes after is worth more than one wrong end.

Source: Ross, Gordon and Bagnell, "A Reduction of Imitation Learning and Structured Prediction to No-Regret
Online Learning" (2011).
"""

from __future__ import annotations

import contextlib
import functools
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from deskhand.actions.reply import Reply
from deskhand.actions.vocabulary import TERMINAL_KINDS
from deskhand.benchmarks.registry import load_suite
from deskhand.benchmarks.runner.engines.local import LocalProcesses
from deskhand.benchmarks.runner.engines.worker import WorkerRecipe
from deskhand.benchmarks.runner.episodes import EpisodeKey, keys, trajectory_folder
from deskhand.benchmarks.runner.run import evaluate
from deskhand.benchmarks.suite import Suite, Teaches, choose_tasks, teacher
from deskhand.disk import replacing
from deskhand.errors import TrajectoryError, UsageError
from deskhand.perception.watch.observe import Observation
from deskhand.policies.embedded.policy import EmbeddedPolicy
from deskhand.policies.protocol import Policy
from deskhand.sandbox.lightbox import Lightbox
from deskhand.sandbox.registry import DEFAULT_SIZE
from deskhand.screens.variation import FIRST_TRAINING_SEED
from deskhand.text import did_you_mean
from deskhand.training.reasoner.record import SUBSET
from deskhand.trajectories.records import Decision, Step, Task

CORRECTIONS = "corrections"
FIRST_SEED = FIRST_TRAINING_SEED + 50_000
"""Rounds of correction have seeds from here on, which no recording of oracles has."""
SEEDS_A_ROUND = 1_000


class CorrectedPolicy:
    """A learner whose every step an oracle comments on.

    Args:
        learner: decides.
        oracle: says from any state what would be right.
        share: of the steps in which the oracle's decision is done instead.
        seed: of the choice of these steps.
        path: file that gets the oracle's replies.
    """

    def __init__(self, learner: Policy, oracle: Policy, share: float, seed: int, path: Path) -> None:
        self.name = "corrected"
        self._learner, self._oracle = learner, oracle
        self._share, self._seed, self._path = share, seed, path
        self._chance = random.Random(seed)
        self._said: list[str] = []

    def begin(self, task: Task) -> None:
        """Get both ready."""
        self._chance = random.Random(self._seed)
        self._said = []
        self._learner.begin(task)
        self._oracle.begin(task)

    def decide(self, observation: Observation, history: Sequence[Step]) -> Decision:
        """The learner's decision; the oracle's by chance, or for an end that comes too early.

        The oracle's reply is kept in any case.
        """
        right = self._oracle.decide(observation, history)
        own = self._learner.decide(observation, history)
        self._said.append(right.reply.model_dump_json() if right.reply is not None else "null")
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(self._path) as whole:
            whole.write_text("".join(f"{line}\n" for line in self._said), encoding="utf-8")
        turn = self._chance.random() < self._share
        return right if turn or (_ends(own) and not _ends(right)) else own

    def close(self) -> None:
        """Close both."""
        self._learner.close()
        self._oracle.close()


def _ends(decision: Decision) -> bool:
    return decision.reply is None or any(a.kind in TERMINAL_KINDS for a in decision.reply.actions)


@dataclass(frozen=True, slots=True)
class _Makes:
    """Makes the policy of an episode; it can be sent to another process."""

    reasoner: Path
    share: float
    out: Path

    def __call__(self, suite: Suite, key: EpisodeKey) -> Policy:
        oracle = teacher(suite, key.task, key.seed)
        path = corrections_file(self.out, key.task, key.seed)
        return CorrectedPolicy(EmbeddedPolicy(self.reasoner), oracle, self.share, key.seed, path)


def corrections_file(out: Path, task: str, seed: int) -> Path:
    """Where the oracle's replies to the steps of an episode are."""
    return out / CORRECTIONS / f"{trajectory_folder(out, task, seed).name}.jsonl"


def corrected(
    suite: str,
    reasoner: Path,
    out: Path,
    episodes: int,
    number: int,
    *,
    tasks: Sequence[str] = (),
    share: float = 0.3,
    workers: int = 1,
) -> Iterator[tuple[int, Path]]:
    """Let the learner act in every task that training may see and whose oracle can correct it.

    Episodes that are already in ``out`` are not run again.

    Args:
        suite: its name.
        reasoner: folder of the learner's network.
        out: folder of the episodes, as `deskhand eval` writes it.
        episodes: how many of each task.
        number: of the round, from 1; each has seeds of its own.
        tasks: some of those; by default all.
        share: of the steps in which the oracle acts.
        workers: processes with a sandbox each.

    Yields:
        how many there will be, and the folder of one.

    Raises:
        UsageError: no oracle corrects the suite or one of the tasks, or a round has too many episodes.
    """
    if not 0 < episodes <= SEEDS_A_ROUND:
        raise UsageError(f"a round has 1 to {SEEDS_A_ROUND} episodes of each task")
    loaded = load_suite(suite)
    with contextlib.closing(loaded):
        known = taught(loaded)
        screen = loaded.screen or DEFAULT_SIZE
    unknown = [task for task in tasks if task not in known]
    if unknown:
        raise UsageError(
            f"no oracle corrects {unknown[0][:80]!r}: {did_you_mean(unknown[0], known) or known[0]}"
        )
    first = FIRST_SEED + SEEDS_A_ROUND * number
    recipe = WorkerRecipe(
        functools.partial(load_suite, suite),
        _Makes(reasoner.resolve(), share, out.resolve()),
        functools.partial(Lightbox, screen),
        out,
    )
    wanted = keys(list(tasks) or known, range(first, first + episodes))
    with contextlib.closing(
        evaluate(recipe, wanted, engine=LocalProcesses(workers), rerun_errors=True)
    ) as run:
        for episode in run:
            yield len(wanted), trajectory_folder(out, *episode.key)


def taught(suite: Suite) -> list[str]:
    """The tasks that training may see and that the suite's oracle does from any state.

    Raises:
        UsageError: there is none.
    """
    tasks = choose_tasks(suite, subset=SUBSET)
    found = [task for task in tasks if isinstance(suite, Teaches) and suite.teacher(task, 0) is not None]
    if not found:
        raise UsageError(f"no oracle of the suite {suite.name} acts from any state, so none can correct")
    return found


def corrections_of(folder: Path) -> list[Reply | None]:
    """The oracle's replies to the steps of an episode, by the folder of its trajectory.

    Raises:
        TrajectoryError: as ``read_corrections``.
    """
    return read_corrections(folder.parent.parent / CORRECTIONS / f"{folder.name}.jsonl")


def read_corrections(path: Path) -> list[Reply | None]:
    """The oracle's replies, one a step; None where it had none.

    Raises:
        TrajectoryError: the file is missing or damaged.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        return [None if json.loads(line) is None else Reply.model_validate_json(line) for line in lines]
    except (OSError, ValueError, ValidationError) as error:
        raise TrajectoryError(f"{path}: the corrections cannot be read: {str(error)[:200]}") from error
