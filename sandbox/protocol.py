"""The seam between a run and the place where its actions happen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self, runtime_checkable

from deskhand.actions.outcome import Outcome
from deskhand.actions.vocabulary import Action
from deskhand.perception.screen import Screenshot

ANSWER_SECONDS = 0.8
"""Measured: a dialog of GTK can take that long to close or to appear."""


@dataclass(frozen=True, slots=True)
class Completed:
    """A program that ran to its end inside a sandbox."""

    returncode: int
    stdout: bytes
    stderr: bytes


@dataclass(frozen=True, slots=True)
class GuestFile:
    """A regular file inside a sandbox; ``path`` is relative to the guest's home folder."""

    path: str
    size: int


@runtime_checkable
class Sandbox(Protocol):
    """A desktop of its own. A context manager: entering starts it, leaving removes it.

    What only some can do beside this stands in ``abilities``.

    Every method raises ``SandboxLost`` if the sandbox is gone, except ``perform``, which then says
    ``unknown``, and ``close``, which never fails.
    """

    name: str
    supported: frozenset[str]

    @property
    def answer_seconds(self) -> float:
        """How long a program may take to begin to show what an action did to it."""
        ...

    def start(self) -> None:
        """Start and wait for a usable desktop. Raises SandboxError, EnvironmentProblem."""
        ...

    def reset(self) -> None:
        """Back to the clean desktop it started with."""
        ...

    def screenshot(self) -> Screenshot:
        """The screen now."""
        ...

    def perform(self, action: Action) -> Outcome:
        """Do one action at most once and say what became of it. Never raises for the action's sake."""
        ...

    def launch(self, application: str, arguments: Sequence[str] = ()) -> None:
        """Start an installed program by name, without a shell, and wait for its window.

        Raises:
            SandboxError: there is no such program, or no window appeared in time.
        """
        ...

    def run(self, command: Sequence[str], *, timeout: float = 30.0, stdin: bytes = b"") -> Completed:
        """Run a program to its end. For harnesses and checks; never given a model's words as a program."""
        ...

    def read_file(self, path: str) -> bytes:
        """A file of the guest's home, by relative path."""
        ...

    def write_file(self, path: str, data: bytes) -> None:
        """Write a file of the guest's home, by relative path; folders are made."""
        ...

    def files(self) -> tuple[GuestFile, ...]:
        """The regular files that the run made in the guest's home, links and settings left out."""
        ...

    def close(self) -> None:
        """Remove everything. May be called twice and at any time."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...
