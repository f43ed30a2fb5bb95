"""A policy that asks any chat model which looks at pictures, however its caller reaches it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from deskhand.actions import dialects
from deskhand.errors import BackendError
from deskhand.perception.watch.observe import Observation
from deskhand.policies.chat.client import LONGEST_ANSWER, Answer
from deskhand.policies.chat.conversation import Conversation, decision_of
from deskhand.policies.chat.openai_server import SCREENSHOTS
from deskhand.trajectories.records import Decision, Step, Task, Usage

Ask = Callable[[Sequence[dict[str, Any]]], Answer]
"""Asks the model with messages as OpenAI-compatible servers take them; raises BackendError."""


class AskingPolicy:
    """The prompt, the pictures and the dialect of the ``openai`` policy, over a way of asking that is given.

    Args:
        name: what the trajectory's header says.
        ask: asks the model; may take as long as it likes.
        dialect: how the model speaks.
        screenshots: how many stay in the conversation, the newest included.
        language: of the model's thoughts.
    """

    def __init__(
        self,
        name: str,
        ask: Ask,
        dialect: str,
        *,
        screenshots: int = SCREENSHOTS,
        language: str = "English",
    ) -> None:
        self.name, self._ask = name, ask
        self._dialect = dialects.get(dialect)
        self._talk = Conversation(self._dialect, screenshots=screenshots, language=language)
        self._task: Task | None = None

    def begin(self, task: Task) -> None:
        """Forget the run before. Asks nothing yet."""
        self._task = task
        self._talk.forget()

    def decide(self, observation: Observation, history: Sequence[Step]) -> Decision:
        """Ask the model.

        Raises:
            BackendError: there is no answer.
        """
        if self._task is None:
            raise BackendError("begin(task) comes before decide()")
        began = time.monotonic()
        answer = self._ask(self._talk.messages(self._task.instruction, observation, history))
        if len(answer.text) > LONGEST_ANSWER:
            answer = Answer(answer.text[:LONGEST_ANSWER], cut=f"after {LONGEST_ANSWER} characters")
        usage = Usage(
            prompt_tokens=answer.prompt_tokens,
            completion_tokens=answer.completion_tokens,
            seconds=round(time.monotonic() - began, 3),
        )
        return decision_of(answer, self._dialect, observation.viewport, usage)

    def close(self) -> None:
        """Nothing to let go of: the way of asking is the caller's."""
