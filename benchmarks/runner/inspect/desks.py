"""Desks for inspect-ai's samples: episodes run in threads that stay, while the model is asked from outside.

Nothing here needs inspect-ai: it is what its tasks share.
"""

from __future__ import annotations

import contextlib
import queue
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from deskhand.agent.control import Control
from deskhand.benchmarks.runner.engines.worker import Worker, WorkerRecipe
from deskhand.benchmarks.runner.episodes import Episode, EpisodeKey
from deskhand.policies.chat.client import Answer
from deskhand.policies.chat.policy import Ask
from deskhand.policies.protocol import Policy

LOOK_SECONDS = 0.25
"""How long to listen at once, so that who listens can be stopped."""

Messages = Sequence[dict[str, Any]]


@dataclass(slots=True, eq=False)
class Question:
    """Messages for the model, and where its answer is waited for."""

    messages: Messages
    answer: Future[Answer]


class Job:
    """One episode under way. Its result is the episode, or None if it was stopped."""

    def __init__(self) -> None:
        self.result: Future[Episode | None] = Future()
        self.questions: queue.SimpleQueue[Question | None] = queue.SimpleQueue()

    @property
    def over(self) -> bool:
        """Whether the result is there, be it an episode, None or an error."""
        return self.result.done()

    def heard(self) -> Question | None:
        """What the model is asked next; None if for a while nothing is, or never again."""
        with contextlib.suppress(queue.Empty):
            return self.questions.get(timeout=LOOK_SECONDS)
        return None


class WorkerThread:
    """A worker with a thread of its own: what is started by a thread may end with it.

    Args:
        recipe: suite, sandbox and folder; and the policy, if no model is asked.
        asking: makes the policy that asks the model, from the way to ask it.
    """

    def __init__(self, recipe: WorkerRecipe, asking: Callable[[Ask], Policy] | None = None) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="deskhand-desk")
        self._control = Control()
        self._recipe = recipe
        if asking is not None:
            self._recipe = replace(recipe, policy=lambda suite, key: asking(self._ask))
        self._worker: Worker | None = None
        self._job = Job()

    @property
    def stopped(self) -> bool:
        """Whether it was stopped; then it is of no more use than to be closed."""
        return self._control.stopping

    def begin(self, key: EpisodeKey) -> Job:
        """Begin an episode."""
        self._job = job = Job()
        self._thread.submit(self._episode, job, key)
        return job

    def stop(self) -> None:
        """Let the episode end at its next action."""
        self._control.stop()

    def close(self) -> None:
        """Remove the sandbox; waits for it."""
        worker, self._worker = self._worker, None
        if worker is not None:
            self._thread.submit(worker.close).result()
        self._thread.shutdown()

    def _episode(self, job: Job, key: EpisodeKey) -> None:
        try:
            if self._worker is None:
                self._worker = Worker(self._recipe, self._control)
            job.result.set_result(self._worker.episode(key))
        except Exception as error:  # noqa: BLE001 it is raised where the result is asked for
            job.result.set_exception(error)
        finally:
            job.questions.put(None)  # so that nobody waits any longer

    def _ask(self, messages: Messages) -> Answer:
        question = Question(messages, Future())
        self._job.questions.put(question)
        return question.answer.result()
