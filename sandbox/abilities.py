"""What a sandbox may be able to do beside what every sandbox must: each ability is a Protocol of its own.

Whoever needs one asks for it with the functions here, which say what is missing where it is not there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypedDict, runtime_checkable
from urllib.parse import urlencode

from deskhand.errors import EnvironmentProblem
from deskhand.sandbox.protocol import Sandbox

OSWORLD_FORMS = frozenset({"/window_size"})
"""Requests of OSWorld's guest protocol that take a form instead of JSON."""

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
class EndsRequests(Protocol):
    """What is asked of it can be broken off: it waits for another program or machine."""

    def break_off_when(self, over: Callable[[], bool]) -> None:
        """From now on end a request with ``SandboxLost`` soon after ``over`` has become true.

        ``over`` is asked from other threads, often. An action whose request is broken off is unknown.
        """
        ...


@runtime_checkable
class KnowsApplications(Protocol):
    """Knows which applications there are, and what each is for."""

    def applications(self) -> Sequence[str]:
        """The names of the applications that can be opened, as their menu entries give them, sorted."""
        ...

    def opener(self, target: str) -> str:
        """The application that opens a file of the home folder or an address, as ``launch`` takes it.

        Raises:
            SandboxError: none does; says which there are.
        """
        ...


@runtime_checkable
class ReportsPreparation(Protocol):
    """Starts programs with settings and flags of its own, and says which."""

    def prepared(self) -> Sequence[str]:
        """What was put in place for the programs that were started so far, a sentence for each."""
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


def break_off_when(sandbox: Sandbox, over: Callable[[], bool]) -> None:
    """End what is asked of a sandbox soon after ``over`` has become true, where it can be ended."""
    if isinstance(sandbox, EndsRequests):
        sandbox.break_off_when(over)


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


def applications_of(sandbox: Sandbox) -> Sequence[str]:
    """The names of the applications of a sandbox; none where it does not report them."""
    return sandbox.applications() if isinstance(sandbox, KnowsApplications) else ()


def opener_of(sandbox: Sandbox, target: str) -> str:
    """The application that opens a file of the home folder or an address, as ``launch`` takes it.

    Raises:
        SandboxError: none does.
        EnvironmentProblem: this kind of sandbox does not know.
    """
    if not isinstance(sandbox, KnowsApplications):
        raise _cannot(sandbox, "choose a program for a file")
    return sandbox.opener(target)


def prepared_in(sandbox: Sandbox) -> Sequence[str]:
    """What a sandbox put in place for the programs that were started; nothing where it does not report it."""
    return sandbox.prepared() if isinstance(sandbox, ReportsPreparation) else ()


def ask_osworld(sandbox: Sandbox, path: str, wanted: Mapping[str, Any] | None = None) -> bytes:
    """Send a request of OSWorld's guest protocol.

    Raises:
        SandboxError: it was refused.
        EnvironmentProblem: this kind of sandbox does not speak it.
    """
    if not isinstance(sandbox, SpeaksOSWorld):
        raise _cannot(sandbox, f"do {path}")
    return sandbox.ask_osworld(path, wanted)


def osworld_request(path: str, wanted: Mapping[str, Any] | None) -> tuple[str, bytes, str]:
    """Method, body and content type of a request of OSWorld's guest protocol with an object, or without."""
    if wanted is None:
        return "GET", b"", "application/json"
    if path in OSWORLD_FORMS:
        return "POST", urlencode(wanted).encode(), "application/x-www-form-urlencoded"
    return "POST", json.dumps(dict(wanted)).encode(), "application/json"


def _cannot(sandbox: Sandbox, what: str) -> EnvironmentProblem:
    return EnvironmentProblem(f"the sandbox {sandbox.name} cannot {what}: take lightbox or vm")
