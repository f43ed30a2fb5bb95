"""Several episodes at once in one process: for policies that share a model which is loaded once a process."""

from __future__ import annotations

import logging
import queue
import threading
from collections import deque
from collections.abc import Callable, Generator, Sequence

from deskhand.agent.control import Control
from deskhand.benchmarks.runner.engines.local import LOOK_SECONDS, MOST_WORKERS
from deskhand.benchmarks.runner.engines.messages import error_of, fault_of
from deskhand.benchmarks.runner.engines.worker import Worker, WorkerRecipe, first_free, leave_out
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
        left, done = deque(keys), queue.Queue[tuple[int, Done]]()
        running: dict[int, tuple[threading.Thread, Control]] = {}
        unusable: set[int] = set()

        def start() -> None:
            place, own = first_free(running.keys() | unusable), Control()
            thread = threading.Thread(
                target=_work,
                args=(recipe.at(place), left, own, lambda found: done.put((place, found))),
                name=f"episodes-{place}",
            )
            running[place] = thread, own
            thread.start()

        try:
            for _ in range(min(self._count, len(keys))):
                start()
            while running and not control.stopping:
                try:
                    place, found = done.get(timeout=LOOK_SECONDS)
                except queue.Empty:
                    continue
                if isinstance(found, Episode):
                    yield found
                    continue
                running.pop(place)[0].join()
                if found is not None:
                    leave_out(recipe, unusable, place, error_of(fault_of(found)))
                if left and not running:  # what a worker that failed has put back when no other was left
                    start()
        finally:
            for _, own in running.values():
                own.stop()
            for thread, _ in running.values():
                thread.join()


def _work(
    recipe: WorkerRecipe, left: deque[EpisodeKey], control: Control, done: Callable[[Done], None]
) -> None:
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
                done(episode)
        done(None)
    except Exception as error:
        log.debug("a worker ends", exc_info=True)
        done(error)
