"""QMP: how QEMU is controlled, as JSON lines over a socket pair that only we have."""

from __future__ import annotations

import json
import socket
import threading
from typing import Any

from deskhand.errors import SandboxError, SandboxLost
from deskhand.waiting import WaitTimeout, wait_until

ANSWER_SECONDS = 30.0


class MonitorError(SandboxError):
    """QEMU understood a command and refused it."""


class Monitor:
    """One QEMU's monitor; thread-safe, one command at a time.

    Args:
        connection: our end of the socket pair whose other end QEMU was started with.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._lines = connection.makefile("rb")
        self._lock = threading.Lock()
        self._greeted = False

    def execute(
        self,
        command: str,
        arguments: dict[str, Any] | None = None,
        *,
        timeout: float = ANSWER_SECONDS,
        descriptor: int | None = None,
    ) -> Any:
        """Send a command, with an open file where it takes one, and return what it returns.

        Raises:
            MonitorError: QEMU refused it.
            SandboxLost: QEMU is gone or silent for ``timeout`` seconds.
        """
        with self._lock:
            self._connection.settimeout(timeout)
            try:
                if not self._greeted:
                    self._read()
                    self._greeted = True
                    self._ask("qmp_capabilities", {})
                return self._ask(command, arguments or {}, descriptor)
            except (OSError, ValueError) as error:
                raise SandboxLost(f"QEMU does not answer ({type(error).__name__}: {error})") from error

    def human(self, line: str) -> str:
        """A command of the human monitor, for the few things that QMP has no command for."""
        return str(self.execute("human-monitor-command", {"command-line": line})).strip()

    def send_descriptor(self, name: str, descriptor: int) -> None:
        """Give QEMU an open file under a name."""
        self.execute("getfd", {"fdname": name}, descriptor=descriptor)

    def job(self, command: str, arguments: dict[str, Any], *, timeout: float) -> None:
        """Run a command that is a background job, to its end.

        Raises:
            MonitorError: the job failed.
        """
        name = f"deskhand-{command}"
        self.execute(command, {"job-id": name, **arguments})

        def ended() -> dict[str, Any] | None:
            jobs = [job for job in self.execute("query-jobs") if job["id"] == name]
            return jobs[0] if jobs and jobs[0]["status"] == "concluded" else None

        try:
            job = wait_until(ended, timeout=timeout, what=f"QEMU's job {command}")
        except WaitTimeout as error:
            raise SandboxLost(str(error)) from error
        self.execute("job-dismiss", {"id": name})
        if job and job.get("error"):
            raise MonitorError(f"QEMU could not do {command}: {job['error']}")

    def close(self) -> None:
        """Close our end of the socket pair."""
        self._lines.close()
        self._connection.close()

    def _ask(self, command: str, arguments: dict[str, Any], descriptor: int | None = None) -> Any:
        line = json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n"
        if descriptor is None:
            self._connection.sendall(line)
        else:
            socket.send_fds(self._connection, [line], [descriptor])
        while True:
            answer = self._read()
            if "error" in answer:
                raise MonitorError(f"QEMU refused {command}: {answer['error'].get('desc')}")
            if "return" in answer:
                return answer["return"]

    def _read(self) -> dict[str, Any]:
        line = self._lines.readline()
        if not line:
            raise ConnectionError("it ended")
        answer = json.loads(line)
        if not isinstance(answer, dict):
            raise ValueError("no object")
        return answer
