"""Several episodes at once in one process: for policies that share a model which is loaded once a process."""

from __future__ import annotations

import logging
import queue
import threading
from collections import deque
from collections.abc import Generator, Sequence

from deskhand.agent.control import Control
from deskhand.benchmarks.runner.engines.local import LOOK_SECONDS, MOST_WORKERS
from deskhand.benchmarks.runner.engines.messages import error_of, fault_of
from deskhand.benchmarks.runner.engines.worker import Worker, WorkerRecipe, is_machines
from deskhand.benchmarks.runner.episodes import Episode, EpisodeKey
from deskhand.errors import UsageError

log = logging.getLogger(__name__)

Done = Episode | Exception | None
"""An episode, what ended a worker, or that a worker has nothing left to do."""


class Threads:
    """Several threads of this process, each with its own suite, policies and sandbox."""

    def __init__(self, workers: int) -> None:
        if not 1 <= workers <= MOST_WORKERS:
            raise UsageError(f"workers are 1 to {MOST_WORKERS}, not {workers}")
        self._count = workers

    def run(
        self, recipe: WorkerRecipe, keys: Sequence[EpisodeKey], control: Control
    ) -> Generator[Episode, None, None]:
        """As the protocol has it; episodes come in the order in which they end, whoever ran them.

        Raises:
            DeskhandError: what ended a worker; the others are stopped.
        """
        left, done = deque(keys), queue.Queue[Done]()
        controls = [Control() for _ in range(min(self._count, len(keys)))]
        threads = [
            threading.Thread(
                target=_work, args=(recipe.at(number), left, own, done), name=f"episodes-{number}"
            )
            for number, own in enumerate(controls)
        ]
        failed: Exception | None = None
        for thread in threads:
            thread.start()
        running = len(threads)
        try:
            while running and not control.stopping:
                try:
                    found = done.get(timeout=LOOK_SECONDS)
                except queue.Empty:
                    continue
                if found is None:
                    running -= 1
                elif not isinstance(found, Exception):
                    yield found
                elif recipe.machines and is_machines(found):
                    log.warning("a machine is not used any more, others go on: %s", found)
                    running, failed = running - 1, found
                else:
                    raise error_of(fault_of(found)) from found
            if failed is not None and left and not control.stopping:
                raise error_of(fault_of(failed)) from failed
        finally:
            for own in controls:
                own.stop()
            for thread in threads:
                thread.join()


def _work(recipe: WorkerRecipe, left: deque[EpisodeKey], control: Control, done: queue.Queue[Done]) -> None:
    """A worker's life: episodes until none is left, or it is stopped."""
    try:
        with Worker(recipe, control) as worker:
            while left and not control.stopping:
                try:
                    key = left.popleft()
                except IndexError:  # another took the last one
                    break
                try:
                    episode = worker.episode(key)
                except Exception:
                    left.appendleft(key)
                    raise
                if episode is None:
                    break
                done.put(episode)
        done.put(None)
    except Exception as error:
        log.debug("a worker ends", exc_info=True)
        done.put(error)
