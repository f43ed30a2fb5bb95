"""A real ``deskhand run`` in a process of its own, watched from outside."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from pathlib import Path
from typing import Any

from deskhand.waiting import wait_until
from tests.conftest import COMMAND, environment

LOOKS = 8


class Child:
    """A real ``deskhand run`` in a process of its own, on a terminal or with pipes."""

    def __init__(self, folder: Path, replies: list[str], *options: str, terminal: bool = False) -> None:
        script, self.out = folder / "script.json", folder / "run"
        script.write_text(json.dumps({"dialect": "ui-tars-1.0", "replies": replies}))
        command = [*COMMAND, "run", "a task", "--policy", f"scripted:{script}", "--out", str(self.out)]
        ours, theirs = pty.openpty() if terminal else (-1, subprocess.DEVNULL)
        self.terminal, self._shown = ours, b""
        self.process = subprocess.Popen(
            [*command, *options],
            stdin=theirs,
            stdout=theirs if terminal else subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment({"COLUMNS": "200", "TERM": "xterm"}),
            start_new_session=True,
        )
        if terminal:
            os.set_blocking(ours, False)
            os.close(theirs)

    def until(self, kind: str, count: int) -> None:
        """Until the log holds so many records of a kind."""
        wait_until(lambda: self.count(kind) >= count, timeout=40, what=f"{count} records of {kind}")

    def until_acting(self, number: int) -> None:
        """Until decision ``number`` is on record and its action has begun, which no record says.

        Then the process waits for the sandbox's answer: its first thread sleeps whenever it is looked at.
        One that is only kept from a busy processor would be ready to run.
        """
        self.until("decision", number)
        stat = Path(f"/proc/{self.process.pid}/stat")
        states: list[str] = []

        def waits() -> bool:
            states.append(stat.read_text().rpartition(") ")[2][0])
            return states[-LOOKS:] == ["S"] * LOOKS

        wait_until(waits, timeout=40, what="the action to begin", poll=0.02, longest_poll=0.02)

    def count(self, kind: str) -> int:
        if not (self.out / "trajectory.jsonl").exists():
            return 0
        text = (self.out / "trajectory.jsonl").read_text()
        return text.count(f'"type":"{kind}"')

    def shown(self) -> str:
        """What has appeared on the terminal so far."""
        try:
            while data := os.read(self.terminal, 65536):
                self._shown += data
        except (BlockingIOError, OSError):
            pass
        return self._shown.decode(errors="replace")

    def end(self) -> tuple[int, str, str]:
        out, error = self.process.communicate(timeout=40)
        return self.process.returncode, (out or b"").decode(), error.decode()

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()
        if self.terminal >= 0:
            os.close(self.terminal)


def told(output: str) -> dict[str, Any]:
    value = json.loads(output.strip().splitlines()[-1])
    assert set(value) == {"status", "answer", "steps", "seconds", "trajectory"}
    return value
