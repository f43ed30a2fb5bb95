"""Where episodes are run: in this process, or in several with a sandbox each.

An engine is given keys and yields finished episodes in the order in which they finish. It writes no
results: that is done in one place, by the runner.
"""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import FrameType
from typing import Protocol

from deskhand.agent.control import Control, Interrupted
from deskhand.benchmarks.runner.engines.messages import (
    Message,
    Order,
    error_of,
    fault_of,
    lost_episode,
    message_of,
)
from deskhand.benchmarks.runner.engines.worker import Worker, WorkerRecipe, first_free, leave_out
from deskhand.benchmarks.runner.episodes import Episode, EpisodeKey
from deskhand.errors import DeskhandError, EnvironmentProblem, UsageError
from deskhand.waiting import Deadline

log = logging.getLogger(__name__)

MOST_WORKERS = 256
LOOK_SECONDS = 0.25
"""How often the engine looks whether a person wants it to stop."""

CLOSE_SECONDS = 30.0
"""How long a worker may take to remove its sandbox before it is killed."""

PATIENCE = 600.0
"""Seconds beyond an episode's own limit after which a worker hangs: a machine may have to start first."""

MOST_LOST = 3
"""Workers that may be lost one after another; the next ends the run."""


class Engine(Protocol):
    """Runs episodes somewhere."""

    def run(self, recipe: WorkerRecipe, keys: Sequence[EpisodeKey], control: Control) -> Generator[Episode]:
        """Run the episodes; yields each when it is finished, and ends early once ``control`` is stopping.

        An episode that was stopped is not yielded. Leaving the iterator stops what still runs.

        Raises:
            DeskhandError: what made going on senseless: no sandbox starts, no model, a full disk.
        """
        ...


class ThisProcess:
    """One episode after another, here."""

    def run(
        self, recipe: WorkerRecipe, keys: Sequence[EpisodeKey], control: Control
    ) -> Generator[Episode, None, None]:
        """As the protocol has it; the one sandbox is kept from episode to episode."""
        with Worker(recipe, control) as worker:
            for key in keys:
                if control.stopping:
                    return
                episode = worker.episode(key)
                if episode is None:
                    return
                yield episode


class LocalProcesses:
    """Several processes of this machine, each with its own suite, policies and sandbox.

    They are spawned, so that none inherits threads, locks or files, and they speak JSON with this one.
    One that dies is replaced, and its episode counts as an error of the environment.
    """

    def __init__(self, workers: int) -> None:
        if not 1 <= workers <= MOST_WORKERS:
            raise UsageError(f"workers are 1 to {MOST_WORKERS}, not {workers}")
        self._count = workers

    def run(
        self, recipe: WorkerRecipe, keys: Sequence[EpisodeKey], control: Control
    ) -> Generator[Episode, None, None]:
        """As the protocol has it; episodes come in the order in which they end, whoever ran them."""
        threads = max(1, (os.cpu_count() or 1) // self._count)
        limits = recipe.limits or recipe.suite().limits
        pool = _LocalPool(recipe, deque(keys), threads, limits.seconds + PATIENCE)
        try:
            pool.start(min(self._count, len(keys)))
            while pool.workers and not control.stopping:
                yield from pool.finished()
        finally:
            pool.stop()


@dataclass(slots=True, eq=False)
class _LocalWorker:
    process: BaseProcess
    line: Connection
    place: int
    key: EpisodeKey | None = None
    deadline: Deadline | None = None
    hung: bool = False


@dataclass(slots=True)
class _LocalPool:
    recipe: WorkerRecipe
    left: deque[EpisodeKey]
    threads: int
    patience: float
    workers: list[_LocalWorker] = field(default_factory=list)
    lost: int = 0
    unusable: set[int] = field(default_factory=set)
    """Places whose machine cannot be used any more."""

    def start(self, count: int) -> None:
        """Start ``count`` processes and give each its first episode."""
        for _ in range(count):
            place = first_free({worker.place for worker in self.workers} | self.unusable)
            ours, theirs = multiprocessing.get_context("spawn").Pipe()
            process = multiprocessing.get_context("spawn").Process(
                target=_work, args=(self.recipe.at(place), theirs, self.threads), name="deskhand-worker"
            )
            # Until it has its own handlers, a worker must not get the Ctrl-C that is meant for all.
            before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
            try:
                process.start()
            finally:
                signal.pthread_sigmask(signal.SIG_SETMASK, before)
                theirs.close()
            worker = _LocalWorker(process, ours, place)
            self.workers.append(worker)
            self._give(worker)

    def finished(self) -> Iterator[Episode]:
        """What the workers have finished since the last look; each of them gets its next episode."""
        ready = wait([worker.line for worker in self.workers], LOOK_SECONDS)
        self._kill_hung(ready)
        for worker in [worker for worker in self.workers if worker.line in ready]:
            try:
                message = Message.model_validate_json(worker.line.recv_bytes())
            except (EOFError, OSError):
                yield from self._replaced(worker)
                continue
            if message.kind == "fault":
                self._do_without(worker, error_of(message))
                continue
            key, worker.key = worker.key, None
            if message.episode is None:  # stopped from outside, not by us: its episode is run again
                self.left.extend([key] if key is not None else [])
                yield from self._replaced(worker)
                continue
            self.lost = 0
            self._give(worker)
            yield message.episode

    def stop(self) -> None:
        """Stop every worker and wait until its sandbox is removed."""
        for worker in self.workers:
            worker.line.close()  # an idle worker ends by this
            if worker.key is not None and worker.process.is_alive():
                worker.process.terminate()
        deadline = Deadline(CLOSE_SECONDS)
        for worker in self.workers:
            worker.process.join(deadline.left())
            if worker.process.is_alive():
                log.warning("worker %s did not end and is killed", worker.process.pid)
                worker.process.kill()
                worker.process.join()
        self.workers.clear()

    def _give(self, worker: _LocalWorker) -> None:
        """The next episode, or the end of the worker where none is left."""
        if self.left:
            worker.key = self.left.popleft()
            worker.deadline = Deadline(self.patience)
            with contextlib.suppress(OSError):  # one that has died is found by the next wait
                worker.line.send_bytes(Order(**worker.key._asdict()).model_dump_json().encode())
            return
        self._end(worker)

    def _kill_hung(self, ready: Sequence[object]) -> None:
        """Kill workers that are past their deadline; the next wait finds them gone."""
        for worker in self.workers:
            if worker.line not in ready and worker.deadline is not None and worker.deadline.passed():
                worker.hung = True
                worker.process.kill()

    def _do_without(self, worker: _LocalWorker, error: DeskhandError) -> None:
        """Leave the episodes of a worker that failed to other machines.

        Raises:
            DeskhandError: its error, where it concerns all, or there is no other machine.
        """
        leave_out(self.recipe, self.unusable, worker.place, error)
        self.left.extendleft([worker.key] if worker.key is not None else [])
        self._end(worker)
        if self.left and not self.workers:
            self.start(1)

    def _end(self, worker: _LocalWorker) -> None:
        self.workers.remove(worker)
        worker.line.close()
        worker.process.join(CLOSE_SECONDS)
        if worker.process.is_alive():
            worker.process.kill()
            worker.process.join()

    def _replaced(self, worker: _LocalWorker) -> Iterator[Episode]:
        self.workers.remove(worker)
        worker.line.close()
        worker.process.join(CLOSE_SECONDS)
        words = f"its worker was lost ({self._fate(worker)})"
        self.lost += 1
        if self.lost > MOST_LOST:
            raise EnvironmentProblem(
                f"{self.lost} workers in a row were lost, the last by {words}: take fewer --workers, and "
                "check the free memory; the same command continues this run"
            )
        if worker.key is not None:
            yield lost_episode(self.recipe, worker.key, words)
        if self.left:
            self.start(1)

    def _fate(self, worker: _LocalWorker) -> str:
        code = worker.process.exitcode
        if worker.hung:
            return f"no result within {self.patience:.0f} s"
        return f"signal {-code}" if code is not None and code < 0 else f"exit {code}"


def _work(recipe: WorkerRecipe, line: Connection, threads: int) -> None:
    """A worker's life: episodes until the other end of the line is closed."""
    # Read when torch is loaded; as many threads as cores in every worker would take turns on them.
    os.environ.setdefault("OMP_NUM_THREADS", str(threads))
    control = Control()

    def stop(number: int, frame: FrameType | None) -> None:
        control.stopping = True
        raise Interrupted

    signal.signal(signal.SIGTERM, stop)
    # A handler, not SIG_IGN: that one would be inherited by every program in the sandbox.
    signal.signal(signal.SIGINT, lambda number, frame: None)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    threading.Thread(target=_watch_parent, daemon=True, name="parent").start()
    with contextlib.suppress(KeyboardInterrupt, EOFError, OSError):
        _episodes(recipe, line, control)


def _episodes(recipe: WorkerRecipe, line: Connection, control: Control) -> None:
    try:
        with Worker(recipe, control) as worker:
            while True:
                episode = worker.episode(Order.model_validate_json(line.recv_bytes()).key)
                line.send_bytes(message_of(episode).model_dump_json().encode())
                if episode is None:
                    return
    except EOFError:
        return
    except Exception as error:
        log.debug("a worker ends", exc_info=True)
        line.send_bytes(fault_of(error).model_dump_json().encode())


def _watch_parent() -> None:
    """Stop when the process that wants the episodes is gone, by whatever killed it."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)
