"""A process that looks at the real desktop or acts on it, and that can be ended at any moment."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import deskhand
from deskhand.errors import EnvironmentProblem, SandboxLost
from deskhand.sandbox.client import GuestClient
from deskhand.sandbox.environment import persons

START_TIMEOUT_SECONDS = 30.0
LEAVE_SECONDS = 10.0


class DesktopProcess:
    """The guest's server on a display of this machine.

    Args:
        display: the display's name.
        path: where its unix socket will be.

    Attributes:
        client: asks it.
    """

    def __init__(self, display: str, path: Path) -> None:
        token = secrets.token_hex(16)
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(path))
            listener.listen(32)
            self._output = tempfile.TemporaryFile()  # noqa: SIM115 (closed in close)
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "deskhand.sandbox.host.program", str(listener.fileno())],
                stdin=subprocess.PIPE,
                stdout=self._output,
                stderr=subprocess.STDOUT,
                cwd="/",
                env=persons(DISPLAY=display, DESKHAND_GUEST_CODE=deskhand.__version__),
                pass_fds=[listener.fileno()],
                # Ctrl-C is for the controller, which pauses.
                start_new_session=True,
            )
        assert self._process.stdin is not None
        os.write(self._process.stdin.fileno(), token.encode() + b"\n")
        self.client = GuestClient(path, token)

    @property
    def pid(self) -> int:
        """Its number, also after it ended."""
        return self._process.pid

    def check(self) -> None:
        """Wait until it answers.

        Raises:
            EnvironmentProblem: it does not; says what it said.
        """
        try:
            self.client.check(deskhand.__version__, timeout=START_TIMEOUT_SECONDS)
        except SandboxLost as error:
            self.end()
            said = os.pread(self._output.fileno(), 4096, 0).decode(errors="replace").strip()[-600:]
            raise EnvironmentProblem(
                f"the desktop cannot be driven ({error}); it said: {said or 'nothing'}"
            ) from error

    def running(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.poll() is None

    def leave(self) -> None:
        """Have it let go of everything and end; one that does not is ended."""
        self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(LEAVE_SECONDS)
        self.end()

    def end(self) -> None:
        """End it in the middle of whatever it does, with what it runs for harnesses; applications that it
        launched are the person's and stay. May be called twice, from any thread."""
        if self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def close(self) -> None:
        """Have it leave and close all that belongs to it."""
        self.client.close()
        self.leave()
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._output.close()
