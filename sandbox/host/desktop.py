"""The machine's real desktop as a sandbox that protects nothing but what one chord of a person stops.

The same guest code as in a sandbox runs on the person's own display, in two processes: one looks, one
acts. The one that acts is killed when the stop key is pressed, in the middle of whatever it does; the
one that looks still shows how the desktop was left.
"""

from __future__ import annotations

from collections.abc import Callable

from deskhand import paths
from deskhand.actions.outcome import Outcome
from deskhand.actions.vocabulary import Action
from deskhand.errors import SandboxError, SandboxLost
from deskhand.perception.screen import Screenshot
from deskhand.sandbox.client import GuestClient
from deskhand.sandbox.confined import using
from deskhand.sandbox.desktop import ServedDesktop
from deskhand.sandbox.host.display import find_display
from deskhand.sandbox.host.process import DesktopProcess
from deskhand.sandbox.host.release import release_input
from deskhand.sandbox.host.stop_key import NAME, StopKey
from deskhand.sandbox.instances import Instance, new_instance
from deskhand.sandbox.protocol import GuestFile

_NOT_STARTED = "this desktop is not driven; call start()"


class HostDesktop(ServedDesktop):
    """The desktop of the X display that DISPLAY names: nothing is kept apart, nothing can be undone.

    While it is started, the stop key (``stop_key.NAME``) ends all acting for good: keys and buttons are
    released, later actions are refused, and looking stays possible. Applications that were launched
    stay open when it is closed. A home folder is a person's, so ``files`` finds nothing of a run's.

    Args:
        on_stop: called in another thread once the stop key was pressed and nothing is done any more.
    """

    name = "host"

    def __init__(self, on_stop: Callable[[], None] | None = None) -> None:
        self._on_stop = on_stop
        self._display = ""
        self._stopped = self._lost = ""
        self._instance: Instance | None = None
        self._stop_key: StopKey | None = None
        self._eye: DesktopProcess | None = None
        self._hand: DesktopProcess | None = None

    def start(self) -> None:
        """Reserve the stop key, then connect.

        Raises:
            EnvironmentProblem: there is no X display, it cannot be driven, or the stop key is taken.
        """
        if self._instance is not None:
            raise SandboxError("this desktop is already in use: close the other sandbox first")
        self._stopped = self._lost = ""
        self._display = find_display()
        try:
            self._start()
        except BaseException:
            self.close()
            raise

    def reset(self) -> None:
        """Refused: the real desktop has no clean state to go back to."""
        raise SandboxError("the real desktop cannot be reset: use --sandbox lightbox or vm for what needs it")

    def screenshot(self) -> Screenshot:
        """The whole display now, (H, W, 3) RGB; after the stop key too.

        Raises:
            SandboxLost: it is not started, or the process that acts is gone.
        """
        if self._eye is None:
            raise SandboxLost(_NOT_STARTED)
        if not self._stopped:
            self._guest()  # whose loss is the desktop's, although one could still look
        return self._eye.client.screenshot()

    def perform(self, action: Action) -> Outcome:
        """As the protocol has it; after the stop key everything is refused."""
        if self._stopped:
            return Outcome.refused(self._stopped)
        if self._hand is None:
            return Outcome.unknown(_NOT_STARTED)
        return super().perform(action)

    def files(self) -> tuple[GuestFile, ...]:
        """None: a person's home folder is not what a run made."""
        return ()

    def close(self) -> None:
        """End both processes and release what they held; launched applications stay open."""
        if self._stop_key is not None:
            self._stop_key.close()
            self._stop_key = None
        for process in (self._hand, self._eye):
            if process is not None:
                process.close()
        if self._hand is not None:
            release_input(self._display, self._hand.pid)
        self._hand = self._eye = None
        if self._instance is not None:
            self._instance.remove()
            self._instance = None

    def _start(self) -> None:
        self._stop_key = StopKey(self._display, self._press, self._lose)
        base = paths.state_dir()
        with using(base):
            self._instance = new_instance(base, self.name)
            self._hand = DesktopProcess(self._display, self._instance.folder / "hand.sock")
            self._eye = DesktopProcess(self._display, self._instance.folder / "eye.sock")
        self._instance.remember(self._hand.pid)
        for process in (self._hand, self._eye):
            process.check()
        self.viewport = self._eye.client.screenshot().viewport

    def _guest(self) -> GuestClient:
        if self._hand is None or self._stopped or self._lost:
            raise SandboxLost(self._stopped or self._lost or _NOT_STARTED)
        if not self._hand.running():
            raise SandboxLost("the process that acts on this desktop has ended")
        return self._hand.client

    def _perform(self, action: Action) -> Outcome:
        outcome = self._guest().perform(action)
        if self._stopped and outcome.status == "unknown":
            return Outcome.unknown(f"{NAME} was pressed while this was done")
        return outcome

    def _press(self) -> None:
        """The stop key was pressed; called in its thread."""
        self._stopped = f"{NAME} was pressed: nothing more is done on this desktop"
        self._end_hand(then=self._on_stop)

    def _lose(self, why: str) -> None:
        """The stop key can no longer be watched; called in its thread."""
        self._lost = why
        self._end_hand()

    def _end_hand(self, then: Callable[[], None] | None = None) -> None:
        """End the process that acts, at once, report it, and let go of what it held."""
        hand = self._hand
        try:
            if hand is not None:
                hand.end()
            if then is not None:
                then()
        finally:
            if hand is not None:
                release_input(self._display, hand.pid)
