"""What an engine and its workers say to each other, as JSON, and what is said of a worker that was lost."""

from __future__ import annotations

import contextlib
from typing import Literal

from pydantic import BaseModel

from deskhand import errors
from deskhand.benchmarks.runner.engines.worker import WorkerRecipe
from deskhand.benchmarks.runner.episodes import Episode, EpisodeKey
from deskhand.errors import DeskhandError, EnvironmentProblem


class Message(BaseModel):
    """What a worker says: an episode, or what ended it."""

    kind: Literal["episode", "stopped", "fault"]
    episode: Episode | None = None
    error: str = ""
    words: str = ""


class Order(BaseModel):
    """The next episode of a worker."""

    task: str
    seed: int
    attempt: int

    @property
    def key(self) -> EpisodeKey:
        """Which episode is wanted."""
        return EpisodeKey(self.task, self.seed, self.attempt)


def message_of(episode: Episode | None) -> Message:
    """What a worker says of an episode; None for one that was stopped."""
    return Message(kind="stopped" if episode is None else "episode", episode=episode)


def fault_of(error: Exception) -> Message:
    """What a worker says of what ended it."""
    kinds = [kind.__name__ for kind in type(error).__mro__ if getattr(errors, kind.__name__, None) is kind]
    return Message(kind="fault", error=next(iter(kinds), type(error).__name__), words=str(error))


def error_of(message: Message) -> DeskhandError:
    """The error that a worker ended with, of its own class where it is one of ours that words can make."""
    kind = getattr(errors, message.error, None)
    if isinstance(kind, type) and issubclass(kind, DeskhandError):
        return kind(message.words)
    return EnvironmentProblem(f"a worker failed: {message.error}: {message.words}")


def lost_episode(recipe: WorkerRecipe, key: EpisodeKey, words: str) -> Episode:
    """An episode that nobody can be blamed for: whoever ran it is gone."""
    suite = recipe.suite()
    with contextlib.closing(recipe.policy(suite, key)) as policy:
        return Episode(
            **key._asdict(),
            suite=suite.name,
            version=suite.version(key.task),
            category=suite.category(key.task),
            policy=policy.name,
            instruction="",
            status="error",
            success=False,
            error=words,
        )
