"""What a sandbox may be able to do beside what every sandbox must: each ability is a Protocol of its own.

Whoever needs one asks for it with the functions here, which say what is missing where it is not there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypedDict, runtime_checkable

from deskhand.errors import EnvironmentProblem
from deskhand.sandbox.protocol import Sandbox

Window = TypedDict(
    "Window",
    {"id": int, "title": str, "class": str, "instance": str, "pid": int, "active": bool, "mapped": bool},
    total=False,
)
"""A window that a task list would show. All of it is what programs say of themselves."""


@runtime_checkable
class ListsWindows(Protocol):
    """Knows which windows there are."""

    def windows(self) -> Sequence[Window]:
        """The windows that a task list would show, the oldest first."""
        ...


@runtime_checkable
class ReportsAccessibility(Protocol):
    """Its programs report what they show: with this a sandbox takes ``--tree``."""

    def accessibility(self) -> str:
        """What the applications report of what they show, as XML in the form of OSWorld's guest server.

        ``perception.elements.accessibility.elements_of`` reads it. It is a stranger's data.

        Raises:
            SandboxError: nothing can be read here; the message says what is missing.
        """
        ...


@runtime_checkable
class EnablesAccessibility(Protocol):
    """Its programs report what they show once they are asked to, which costs them time."""

    def enable_accessibility(self) -> None:
        """Have programs that are started from now on report what they show."""
        ...


@runtime_checkable
class SpeaksOSWorld(Protocol):
    """Answers requests of OSWorld's guest protocol."""

    def ask_osworld(self, path: str, wanted: Mapping[str, Any] | None = None) -> bytes:
        """Send a request, once, with an object if it takes one.

        Raises:
            SandboxError: it was refused; says why.
        """
        ...


def list_windows(sandbox: Sandbox) -> Sequence[Window]:
    """The windows of a sandbox.

    Raises:
        EnvironmentProblem: this kind of sandbox does not list them.
    """
    if not isinstance(sandbox, ListsWindows):
        raise _cannot(sandbox, "list its windows")
    return sandbox.windows()


def read_accessibility(sandbox: Sandbox) -> str:
    """What the programs of a sandbox report of what they show.

    Raises:
        EnvironmentProblem: programs of this kind of sandbox report nothing, or not now.
    """
    if not isinstance(sandbox, ReportsAccessibility):
        raise _cannot(sandbox, "report what its programs show")
    return sandbox.accessibility()


def enable_accessibility(sandbox: Sandbox) -> None:
    """Have programs that are started from now on report what they show, where they do not do so anyway."""
    if isinstance(sandbox, EnablesAccessibility):
        sandbox.enable_accessibility()


def ask_osworld(sandbox: Sandbox, path: str, wanted: Mapping[str, Any] | None = None) -> bytes:
    """Send a request of OSWorld's guest protocol.

    Raises:
        SandboxError: it was refused.
        EnvironmentProblem: this kind of sandbox does not speak it.
    """
    if not isinstance(sandbox, SpeaksOSWorld):
        raise _cannot(sandbox, f"do {path}")
    return sandbox.ask_osworld(path, wanted)


def _cannot(sandbox: Sandbox, what: str) -> EnvironmentProblem:
    return EnvironmentProblem(f"the sandbox {sandbox.name} cannot {what}: take lightbox or vm")
