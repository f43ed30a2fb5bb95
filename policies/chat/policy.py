"""A policy that asks a chat model which looks at pictures, however the model is reached."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from deskhand.actions.dialects import Dialect
from deskhand.errors import BackendError
from deskhand.knowledge.known import KnownMap
from deskhand.perception.watch.observe import Observation
from deskhand.policies.chat.client import Answer
from deskhand.policies.chat.conversation import Conversation, decision_of
from deskhand.policies.chat.stream import LONGEST_ANSWER
from deskhand.policies.profiles.profile import Profile
from deskhand.trajectories.records import Decision, Step, Task, Usage

Ask = Callable[[Sequence[dict[str, Any]]], Answer]
"""Asks the model with messages as OpenAI-compatible servers take them; raises BackendError."""


class ChatPolicy:
    """The prompt, the pictures and the profile of every chat model, over a way of asking that is given.

    ``decide`` has no effect on any desktop, so a question that is asked again repeats no action.

    Args:
        name: what the trajectory's header says.
        ask: asks the model; may take as long as it likes.
        profile: how the model is asked and understood.
        spoken: a dialect in place of the profile's.
        language: of the model's thoughts.
        marks: send pictures with numbered marks, and a list of what each stands for.

    Attributes:
        profile: how the model is asked.
        ask: asks it.
    """

    def __init__(
        self,
        name: str,
        ask: Ask,
        profile: Profile,
        *,
        spoken: Dialect | None = None,
        language: str = "English",
        marks: bool = False,
    ) -> None:
        self.name, self.ask, self.profile = name, ask, profile
        self._dialect = spoken or profile.spoken()
        self._talk = Conversation(profile, self._dialect, language=language, marks=marks)
        self._task: Task | None = None
        self._applications: tuple[str, ...] = ()
        self._known: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"

    def may_open(self, names: Sequence[str]) -> None:
        """Tell the model in the next run that no application is open, and which it can open."""
        self._applications = tuple(names)

    def know(self, known: KnownMap | None) -> None:
        """See ``deskhand.policies.protocol.ReadsMap``."""
        self._known = tuple(known.lines) if known is not None else ()

    def begin(self, task: Task) -> None:
        """Forget the run before. Asks nothing yet."""
        self._task = task
        self._talk.forget()

    def decide(self, observation: Observation, history: Sequence[Step]) -> Decision:
        """Ask the model.

        Raises:
            BackendError: there was no answer, or asking again cannot help.
        """
        if self._task is None:
            raise BackendError("begin(task) comes before decide()")
        messages = self._talk.messages(
            self._task.instruction, observation, history, applications=self._applications, known=self._known
        )
        began = time.monotonic()
        answer = self.ask(messages)
        seconds = answer.seconds or time.monotonic() - began
        if len(answer.text) > LONGEST_ANSWER:
            answer = Answer(answer.text[:LONGEST_ANSWER], cut=f"after {LONGEST_ANSWER} characters")
        usage = Usage(
            prompt_tokens=answer.prompt_tokens,
            completion_tokens=answer.completion_tokens,
            seconds=round(seconds, 3),
            cost=self.profile.prices.of(answer.prompt_tokens, answer.completion_tokens),
        )
        pointer = observation.screenshot.cursor
        return decision_of(answer, self._reader(observation), observation.viewport, usage, pointer)

    def _reader(self, observation: Observation) -> Dialect:
        """What reads the answer about a screen."""
        return self._dialect

    def close(self) -> None:
        """Nothing to let go of: the way of asking is the caller's."""
