"""Runs episodes on a Ray cluster: one actor a worker, each with its own suite, policies and sandbox."""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import shutil
import tempfile
import time
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import deskhand
from deskhand.agent.control import Control
from deskhand.benchmarks.runner.engines.archive import pack, unpack
from deskhand.benchmarks.runner.engines.cluster import cluster, imported
from deskhand.benchmarks.runner.engines.local import (
    CLOSE_SECONDS,
    LOOK_SECONDS,
    MOST_LOST,
    MOST_WORKERS,
    PATIENCE,
)
from deskhand.benchmarks.runner.engines.messages import (
    Message,
    Order,
    error_of,
    fault_of,
    lost_episode,
    message_of,
)
from deskhand.benchmarks.runner.engines.worker import Worker, WorkerRecipe, first_free, leave_out
from deskhand.benchmarks.runner.episodes import Episode, EpisodeKey, trajectory_folder
from deskhand.disk import write_new_file
from deskhand.errors import DeskhandError, EnvironmentProblem, TrajectoryError, UsageError
from deskhand.waiting import Deadline

log = logging.getLogger(__name__)

CALLS = "calls"
"""The group of an actor's calls that are answered while an episode runs."""


class Ray:
    """Episodes on a cluster.

    Args:
        workers: how many actors; each takes one processor of the cluster.
        address: HOST:PORT of a cluster that runs, or ``auto``; by default RAY_ADDRESS, and without that a
            cluster is started here.
        send: send every trajectory back with its episode, also from nodes that see the run's folder;
            by default only those that do not see it send theirs.

    Raises:
        UsageError: as many workers make no sense.
        EnvironmentProblem: Ray is not installed.
    """

    def __init__(self, workers: int, address: str | None = None, *, send: bool = False) -> None:
        if not 1 <= workers <= MOST_WORKERS:
            raise UsageError(f"workers are 1 to {MOST_WORKERS}, not {workers}")
        self._count, self._send = workers, send
        self._address = address or os.environ.get("RAY_ADDRESS") or None
        imported(self._address is None)

    def run(
        self, recipe: WorkerRecipe, keys: Sequence[EpisodeKey], control: Control
    ) -> Generator[Episode, None, None]:
        """As the protocol has it; episodes come in the order in which they end, wherever they ran."""
        limits = recipe.limits or recipe.suite().limits
        with cluster(self._address, self._count) as ray, _seen(recipe.out, self._send) as token:
            pool = _RayPool(ray, recipe, token, deque(keys), limits.seconds + PATIENCE)
            try:
                pool.start(min(self._count, len(keys)))
                while pool.workers and not control.stopping:
                    yield from pool.finished()
            finally:
                pool.stop()


class Actor:
    """A worker at some node. Of its calls ``episode`` runs in one thread, ``stop`` in another."""

    def __init__(self, recipe: WorkerRecipe, token: str, version: str) -> None:
        self._control = Control()
        self._recipe, self._version = recipe, version
        self._scratch: Path | None = None
        if not (token and (recipe.out / token).is_file()):
            self._scratch = Path(tempfile.mkdtemp(prefix="deskhand-ray-"))
            self._recipe = replace(recipe, out=self._scratch)
        self._worker: Worker | None = None

    def episode(self, order: str) -> tuple[str, bytes]:
        """Run one; what is said of it, and its trajectory where the run's folder is not seen from here."""
        try:
            if deskhand.__version__ != self._version:
                raise EnvironmentProblem(
                    f"the cluster's nodes have deskhand {deskhand.__version__}, this machine "
                    f"{self._version}: install the same everywhere"
                )
            if self._worker is None:
                self._worker = Worker(self._recipe, self._control)
            episode, packed = self._packed(self._worker.episode(Order.model_validate_json(order).key))
            return message_of(episode).model_dump_json(), packed
        except Exception as error:
            log.debug("a worker ends", exc_info=True)
            return fault_of(error).model_dump_json(), b""

    def stop(self) -> None:
        """Let the episode end at its next action."""
        self._control.stop()

    def close(self) -> None:
        """Remove the sandbox and what is left of the trajectories."""
        try:
            if self._worker is not None:
                self._worker.close()
        finally:
            if self._scratch is not None:
                shutil.rmtree(self._scratch, ignore_errors=True)

    def _packed(self, episode: Episode | None) -> tuple[Episode | None, bytes]:
        """The episode with its trajectory packed, or without one where that is too large to be sent."""
        if self._scratch is None or episode is None or not episode.trajectory:
            return episode, b""
        folder = trajectory_folder(self._scratch, *episode.key)
        try:
            return episode, pack(folder)
        except TrajectoryError as error:
            log.warning("the trajectory of %s is not sent: %s", folder.name, error)
            return episode.model_copy(update={"trajectory": ""}), b""
        finally:
            shutil.rmtree(folder)


@dataclass(slots=True, eq=False)
class _RayWorker:
    actor: Any
    place: int
    key: EpisodeKey | None = None
    said: Any = None
    deadline: Deadline | None = None


@dataclass(slots=True)
class _RayPool:
    ray: Any
    recipe: WorkerRecipe
    token: str
    left: deque[EpisodeKey]
    patience: float
    workers: list[_RayWorker] = field(default_factory=list)
    lost: int = 0
    unusable: set[int] = field(default_factory=set)
    """Places whose machine cannot be used any more."""

    def start(self, count: int) -> None:
        """Start ``count`` actors, spread over the nodes, and give each its first episode."""
        kind = self.ray.remote(
            num_cpus=1, max_restarts=0, max_task_retries=0, concurrency_groups={CALLS: 1},
            scheduling_strategy="SPREAD",
        )(Actor)  # fmt: skip
        for _ in range(count):
            place = first_free({worker.place for worker in self.workers} | self.unusable)
            actor = kind.remote(self.recipe.at(place), self.token, deskhand.__version__)
            worker = _RayWorker(actor, place)
            self.workers.append(worker)
            self._give(worker)

    def finished(self) -> Iterator[Episode]:
        """What the actors have finished since the last look; each of them gets its next episode."""
        ready, _ = self.ray.wait([worker.said for worker in self.workers], timeout=LOOK_SECONDS)
        for worker in list(self.workers):
            if worker.said in ready:
                yield from self._result_of(worker)
            elif worker.deadline is not None and worker.deadline.passed():
                yield from self._replaced(worker, f"no result within {self.patience:.0f} s")

    def stop(self) -> None:
        """Stop every actor and wait until its sandbox is removed."""
        closing = []
        for worker in self.workers:
            worker.actor.stop.options(concurrency_group=CALLS).remote()
            closing.append(worker.actor.close.remote())  # after its episode: they share a thread
        if closing:
            _, late = self.ray.wait(closing, num_returns=len(closing), timeout=CLOSE_SECONDS)
            if late:
                log.warning("%d workers did not end and are killed", len(late))
        for worker in self.workers:
            self.ray.kill(worker.actor)
        self.workers.clear()

    def _result_of(self, worker: _RayWorker) -> Iterator[Episode]:
        try:
            text, packed = self.ray.get(worker.said)
        except self.ray.exceptions.RayError as error:  # nothing of ours comes out of an actor as an exception
            yield from self._replaced(worker, str(error).strip().partition("\n")[0][:300])
            return
        message = Message.model_validate_json(text)
        if message.kind == "fault":
            self._do_without(worker, error_of(message))
            return
        if message.episode is None or worker.key is None:
            yield from self._replaced(worker, "it was stopped from outside")
            return
        if packed:
            unpack(packed, trajectory_folder(self.recipe.out, *worker.key))
        self.lost = 0
        self._give(worker)
        yield message.episode

    def _give(self, worker: _RayWorker) -> None:
        """The next episode, or the end of the worker where none is left."""
        if self.left:
            worker.key = self.left.popleft()
            worker.deadline = Deadline(self.patience)
            worker.said = worker.actor.episode.remote(Order(**worker.key._asdict()).model_dump_json())
            return
        self._end(worker)

    def _do_without(self, worker: _RayWorker, error: DeskhandError) -> None:
        """Leave the episodes of a worker that failed to other machines.

        Raises:
            DeskhandError: its error, where it concerns all, or there is no other machine.
        """
        leave_out(self.recipe, self.unusable, worker.place, error)
        self.left.extendleft([worker.key] if worker.key is not None else [])
        self._end(worker)
        if self.left and not self.workers:
            self.start(1)

    def _end(self, worker: _RayWorker) -> None:
        self.workers.remove(worker)
        with contextlib.suppress(self.ray.exceptions.RayError):
            self.ray.get(worker.actor.close.remote(), timeout=CLOSE_SECONDS)
        self.ray.kill(worker.actor)

    def _replaced(self, worker: _RayWorker, words: str) -> Iterator[Episode]:
        self.workers.remove(worker)
        self.ray.kill(worker.actor)
        self.lost += 1
        if self.lost > MOST_LOST:
            raise EnvironmentProblem(
                f"{self.lost} workers in a row were lost, the last one: {words}. See whether every node has "
                "deskhand and its sandbox, and enough memory; the same command continues this run"
            )
        if worker.key is not None:
            yield lost_episode(self.recipe, worker.key, f"its worker was lost ({words})")
        if self.left:
            self.start(1)


@contextlib.contextmanager
def _seen(out: Path, send: bool) -> Iterator[str]:
    """A file by which an actor knows the run's folder; its name is empty if none is to know it."""
    if send:
        yield ""
        return
    name = f".seen-{secrets.token_hex(8)}"
    write_new_file(out / name, str(time.time()).encode())
    try:
        yield name
    finally:
        (out / name).unlink(missing_ok=True)
