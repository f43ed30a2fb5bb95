"""The person at the terminal: their lines let a paused run go on, or answer a question."""

from __future__ import annotations

import contextlib
import queue
import sys
import threading
from collections.abc import Iterator
from typing import Any

from rich.console import Console

from deskhand.agent.control import Control
from deskhand.policies.protocol import AsksFirst, Policy
from deskhand.text import clean
from deskhand.waiting import WaitTimeout, wait_until

ANSWER_SECONDS = 300.0
"""A question that nobody answers in this time is answered with no."""


@contextlib.contextmanager
def attended(
    control: Control, policy: Policy | None = None, console: Console | None = None
) -> Iterator[None]:
    """While inside, a line on standard input lets a paused run go on, and answers the policy's questions.

    Where standard input is no terminal nobody is asked.
    """
    if sys.stdin is not None and sys.stdin.isatty():
        person = _Person(control, console or Console())
        # A daemon: a thread that waits for a line that never comes must not hold the program up.
        threading.Thread(target=person.read, args=(sys.stdin,), daemon=True, name="resume").start()
        if isinstance(policy, AsksFirst):
            policy.confirm_with(person.agrees)
    yield


class _Person:
    def __init__(self, control: Control, console: Console) -> None:
        self._control, self._console = control, console
        self._asked = threading.Event()
        self._answers: queue.SimpleQueue[str] = queue.SimpleQueue()

    def read(self, stream: Any) -> None:
        """Take every line, to its end."""
        for line in stream:
            if self._asked.is_set():
                self._asked.clear()
                self._answers.put(line)
            else:
                self._control.resume()

    def agrees(self, warning: str) -> bool:
        """Ask, and wait for a line: y or yes is a yes, everything else a no."""
        self._console.print(f"The model's vendor warns: {clean(warning)}", style="yellow", markup=False)
        self._console.print("Do it all the same? Type yes and Enter; anything else is a no.", markup=False)
        self._asked.set()
        try:
            wait_until(
                lambda: not self._answers.empty() or self._control.stopping,
                timeout=ANSWER_SECONDS,
                what="an answer",
            )
        except WaitTimeout:
            pass
        finally:
            self._asked.clear()
        return not self._answers.empty() and self._answers.get().strip().lower() in ("y", "yes")
