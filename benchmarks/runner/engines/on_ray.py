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
from deskhand.benchmarks.runner.engines.worker import Worker, WorkerRecipe
from deskhand.benchmarks.runner.episodes import Episode, EpisodeKey, trajectory_folder
from deskhand.disk import write_new_file
from deskhand.errors import EnvironmentProblem, TrajectoryError, UsageError
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
            crew = _Crew(ray, recipe, token, deque(keys), limits.seconds + PATIENCE)
            try:
                crew.hire(min(self._count, len(keys)))
                while crew.hands and not control.stopping:
                    yield from crew.heard()
            finally:
                crew.dismiss()


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
            episode, parcel = self._parcel(self._worker.episode(Order.model_validate_json(order).key))
            return message_of(episode).model_dump_json(), parcel
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

    def _parcel(self, episode: Episode | None) -> tuple[Episode | None, bytes]:
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
class _Hand:
    actor: Any
    key: EpisodeKey | None = None
    said: Any = None
    deadline: Deadline | None = None


@dataclass(slots=True)
class _Crew:
    ray: Any
    recipe: WorkerRecipe
    token: str
    left: deque[EpisodeKey]
    patience: float
    hands: list[_Hand] = field(default_factory=list)
    lost: int = 0

    def hire(self, count: int) -> None:
        """Start ``count`` actors, spread over the nodes, and give each its first episode."""
        kind = self.ray.remote(
            num_cpus=1, max_restarts=0, max_task_retries=0, concurrency_groups={CALLS: 1},
            scheduling_strategy="SPREAD",
        )(Actor)  # fmt: skip
        for _ in range(count):
            hand = _Hand(kind.remote(self.recipe, self.token, deskhand.__version__))
            self.hands.append(hand)
            self._give(hand)

    def heard(self) -> Iterator[Episode]:
        """What the actors have finished since the last look; each of them gets its next episode."""
        ready, _ = self.ray.wait([hand.said for hand in self.hands], timeout=LOOK_SECONDS)
        for hand in list(self.hands):
            if hand.said in ready:
                yield from self._hear(hand)
            elif hand.deadline is not None and hand.deadline.passed():
                yield from self._replaced(hand, f"no result within {self.patience:.0f} s")

    def dismiss(self) -> None:
        """Stop every actor and wait until its sandbox is removed."""
        closing = []
        for hand in self.hands:
            hand.actor.stop.options(concurrency_group=CALLS).remote()
            closing.append(hand.actor.close.remote())  # after its episode: they share a thread
        if closing:
            _, late = self.ray.wait(closing, num_returns=len(closing), timeout=CLOSE_SECONDS)
            if late:
                log.warning("%d workers did not end and are killed", len(late))
        for hand in self.hands:
            self.ray.kill(hand.actor)
        self.hands.clear()

    def _hear(self, hand: _Hand) -> Iterator[Episode]:
        try:
            text, parcel = self.ray.get(hand.said)
        except self.ray.exceptions.RayError as error:  # nothing of ours comes out of an actor as an exception
            yield from self._replaced(hand, str(error).strip().partition("\n")[0][:300])
            return
        message = Message.model_validate_json(text)
        if message.kind == "fault":
            raise error_of(message)
        if message.episode is None or hand.key is None:
            yield from self._replaced(hand, "it was stopped from outside")
            return
        if parcel:
            unpack(parcel, trajectory_folder(self.recipe.out, *hand.key))
        self.lost = 0
        self._give(hand)
        yield message.episode

    def _give(self, hand: _Hand) -> None:
        """The next episode, or the evening off."""
        if self.left:
            hand.key = self.left.popleft()
            hand.deadline = Deadline(self.patience)
            hand.said = hand.actor.episode.remote(Order(**hand.key._asdict()).model_dump_json())
            return
        self.hands.remove(hand)
        with contextlib.suppress(self.ray.exceptions.RayError):
            self.ray.get(hand.actor.close.remote(), timeout=CLOSE_SECONDS)
        self.ray.kill(hand.actor)

    def _replaced(self, hand: _Hand, words: str) -> Iterator[Episode]:
        self.hands.remove(hand)
        self.ray.kill(hand.actor)
        self.lost += 1
        if self.lost > MOST_LOST:
            raise EnvironmentProblem(
                f"{self.lost} workers in a row were lost, the last one: {words}. See whether every node has "
                "deskhand and its sandbox, and memory enough; the same command goes on from here"
            )
        if hand.key is not None:
            yield lost_episode(self.recipe, hand.key, f"its worker was lost ({words})")
        if self.left:
            self.hire(1)


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
