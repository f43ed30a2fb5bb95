"""The seam between the loop and whoever decides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

from deskhand.knowledge.known import KnownMap
from deskhand.perception.watch.observe import Observation
from deskhand.trajectories.records import Decision, Step, Task


@runtime_checkable
class Policy(Protocol):
    """Who decides what to do next. One policy object serves one run at a time.

    ``name`` is what the trajectory's header says; it never holds a secret.
    """

    name: str

    def begin(self, task: Task) -> None:
        """Forget everything and get ready for ``task``.

        Raises:
            BackendError: the model is missing or unreachable.
        """
        ...

    def decide(self, observation: Observation, history: Sequence[Step]) -> Decision:
        """Decide the next step.

        ``history`` holds every finished step of this run, oldest first; its notes carry what the
        loop wants the policy to know (a repeated action, a reply that could not be read). Text that
        is no action is not an exception: it is a Decision without a reply, with the error in words.

        Raises:
            BackendError: the backend failed for good; retries were the policy's own business.
        """
        ...

    def close(self) -> None:
        """Let go of connections and memory. May be called twice."""
        ...


@runtime_checkable
class OpensApplications(Protocol):
    """A policy that opens applications by name; it is given the names."""

    def may_open(self, names: Sequence[str]) -> None:
        """Before ``begin``: no application is open, and these can be opened. Empty where one is open.

        The names are what programs say of themselves.
        """
        ...


@runtime_checkable
class ReadsMap(Protocol):
    """A policy that reads what is known of an application."""

    def know(self, known: KnownMap | None) -> None:
        """Before ``begin``: the map of the application, read for the next task; None where there is none.

        Its texts were read from screens: a stranger's words. ``known.lines`` is what a prompt may have.
        """
        ...


@runtime_checkable
class AsksFirst(Protocol):
    """A policy whose model may want a person to agree before something is done."""

    def confirm_with(self, ask: Callable[[str], bool]) -> None:
        """From now on ask a person: ``ask`` is given the warning and says whether they agree.

        Without it, or where they do not agree, the run ends with the warning as a question.
        """
        ...


@runtime_checkable
class BreaksOff(Protocol):
    """A policy whose decision can be broken off: one that waits for somebody else's computer."""

    def break_off_when(self, over: Callable[[], bool]) -> None:
        """From now on end a decision with a BackendError soon after ``over`` has become true.

        ``over`` is asked from other threads, often.
        """
        ...


@runtime_checkable
class ThinksAloud(Protocol):
    """A policy whose model's words can be read while it writes them."""

    def think_aloud(self, tell: Callable[[str], None]) -> None:
        """From now on give ``tell`` what the model has written of the decision that it is at.

        That is not yet a decision: nothing of it is done, and it may be asked for anew. ``tell`` may be
        called from another thread, some ten times a second.
        """
        ...
