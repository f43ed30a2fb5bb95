"""What desktops with a guest server of ours have in common: requests to it, and entering and leaving."""

from __future__ import annotations

import contextlib
import socket
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self, cast

from deskhand.actions import gate
from deskhand.actions.geometry import Viewport
from deskhand.actions.outcome import Outcome
from deskhand.actions.vocabulary import DESKTOP_KINDS, Action
from deskhand.errors import SandboxError, SandboxLost
from deskhand.perception.screen import Screenshot
from deskhand.sandbox.abilities import Window, osworld_request
from deskhand.sandbox.client import UNPREPARED, GuestClient, prepares
from deskhand.sandbox.confined import Confined
from deskhand.sandbox.osworld import complaint
from deskhand.sandbox.protocol import ANSWER_SECONDS, Completed, GuestFile

OSWORLD_SECONDS = 180.0
"""The guest gives up first: see ``guest.applications``."""


class ServedDesktop(ABC):
    """A desktop on which the guest server runs; ``viewport`` is its screen in pixels."""

    name: str
    supported = DESKTOP_KINDS
    viewport: Viewport

    @property
    def answer_seconds(self) -> float:
        """The same for every desktop that is not emulated."""
        return ANSWER_SECONDS

    @abstractmethod
    def start(self) -> None:
        """Start the desktop and its guest server, and wait until both can be used."""
        ...

    @abstractmethod
    def close(self) -> None:
        """Remove all that was started; may be called twice and at any time."""
        ...

    @abstractmethod
    def _guest(self) -> GuestClient:
        """The guest server of the desktop that runs now. Raises SandboxLost if none does."""

    def screenshot(self) -> Screenshot:
        """As the guest server sees it, (H, W, 3) RGB."""
        return self._guest().screenshot()

    def perform(self, action: Action) -> Outcome:
        """As the protocol has it; what the gate refuses never gets to the guest."""
        refusal = gate.check(action, self.viewport, self.supported)
        if refusal is not None:
            return refusal
        try:
            return self._perform(action)
        except SandboxLost as error:
            return Outcome.unknown(str(error))

    def _perform(self, action: Action) -> Outcome:
        """Do what the gate let through."""
        return self._guest().perform(action)

    def launch(self, application: str, arguments: Sequence[str] = ()) -> None:
        """As the protocol has it; the guest waits for the window."""
        self._guest().launch(application, list(arguments))

    def run(self, command: Sequence[str], *, timeout: float = 30.0, stdin: bytes = b"") -> Completed:
        """As the protocol has it; ``timeout`` in seconds."""
        return self._guest().run(list(command), timeout, stdin)

    def windows(self) -> list[Window]:
        """The windows that a task list would show: id, title, class, pid, active, mapped."""
        return cast(list[Window], self._guest().windows())

    def surfaces(self) -> list[dict[str, Any]]:
        """All that lies on the screen, menus and tips too, the lowest first: id, title, box, popup, parts.

        ``parts`` are the boxes of what the window manager painted around a window.
        """
        return self._guest().surfaces()

    def accessibility(self, seconds: float | None = None) -> str:
        """As every sandbox's; ``seconds`` is how long to read, if not as long as usual."""
        return self._guest().accessibility(seconds)

    def enable_accessibility(self) -> None:
        """Have programs that are started from now on report what they show, for ``accessibility``."""
        self._guest().enable_accessibility()

    def applications(self) -> tuple[str, ...]:
        """The names of the menu's applications, sorted."""
        return self._guest().applications()

    def opener(self, target: str) -> str:
        """The program that opens a file of the home folder, or an address, as ``launch`` takes it."""
        return self._guest().opener(target)

    def prepared(self) -> tuple[str, ...]:
        """What was put in place for the programs that were started, in words."""
        return self._guest().prepared() if prepares() else (UNPREPARED,)

    def ask_osworld(self, path: str, wanted: Mapping[str, Any] | None = None) -> bytes:
        """Send a request of OSWorld's guest protocol, once, with an object if it takes one.

        Raises:
            SandboxError: it was refused; says why.
        """
        method, body, content_type = osworld_request(path, wanted)
        status, answer, _ = self.forward(method, path, body, content_type, OSWORLD_SECONDS)
        if status != 200:
            raise SandboxError(complaint(answer))
        return answer

    def read_file(self, path: str) -> bytes:
        """As the protocol has it."""
        return self._guest().read_file(path)

    def write_file(self, path: str, data: bytes) -> None:
        """As the protocol has it."""
        self._guest().write_file(path, data)

    def files(self) -> tuple[GuestFile, ...]:
        """As the protocol has it."""
        return self._guest().files()

    def forward(
        self, method: str, path: str, body: bytes, content_type: str, timeout: float
    ) -> tuple[int, bytes, str]:
        """Pass somebody else's request on to the guest server; returns status, body, content type."""
        return self._guest().forward(method, path, body, content_type, timeout)

    def connect(self, port: int) -> socket.socket:
        """A connection to what listens on a port of the desktop's own loopback; the caller closes it.

        Raises:
            SandboxError: nothing listens there.
        """
        return self._guest().connect(port)

    def hang_up(self) -> None:
        """Close this thread's connection to the guest server: for threads that end soon, or look seldom."""
        with contextlib.suppress(SandboxLost):
            self._guest().hang_up()

    def break_off_when(self, over: Callable[[], bool]) -> None:
        """As ``abilities.EndsRequests`` has it, for the desktop that runs now."""
        with contextlib.suppress(SandboxLost):
            self._guest().over = over

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class GuestDesktop(ServedDesktop):
    """A sandbox that is a confined program of this machine, with the guest server inside.

    Args:
        size: the screen, in pixels.
        accessible: programs report what they show, which costs each of them time, so that
            ``accessibility`` answers.
    """

    def __init__(self, size: Viewport, accessible: bool = False) -> None:
        self.viewport = size
        self._accessible = accessible
        self._confined: Confined | None = None
        self._client: GuestClient | None = None

    @abstractmethod
    def _start(self) -> None:
        """Start a desktop, set ``_confined`` and ``_client``, and wait until the guest answers."""

    def start(self) -> None:
        """Start it; what was begun is removed again if that fails.

        Raises:
            SandboxError: it runs already, or does not start.
        """
        if self._client is not None:
            raise SandboxError(f"this {self.name} is already running: call reset() for a fresh desktop")
        try:
            self._start()
            if self._accessible:
                self._guest().enable_accessibility()
        except BaseException:
            self.close()
            raise

    @property
    def pid(self) -> int | None:
        """Process id of the sandbox's outermost process on this machine; None when it does not run."""
        return None if self._confined is None else self._confined.pid

    def close(self) -> None:
        """End the confined program, with everything that runs in it."""
        if self._client is not None:
            self._client.close()
            self._client = None
        if self._confined is not None:
            self._confined.close()
            self._confined = None

    def _guest(self) -> GuestClient:
        if self._client is None or self._confined is None:
            raise SandboxLost(f"this {self.name} is not running; call start()")
        if self._confined.returncode is not None:
            raise SandboxLost(f"the {self.name} ended with status {self._confined.returncode}")
        return self._client

    def reset(self) -> None:
        """Back to a clean desktop: this one is removed and a new one started."""
        self.close()
        self.start()
