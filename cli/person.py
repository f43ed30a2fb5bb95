"""The person at the terminal: their lines let a paused run go on, or answer a question."""

from __future__ import annotations

import contextlib
import queue
import sys
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rich.console import Console

from deskhand.text import clean
from deskhand.waiting import WaitTimeout, wait_until

if TYPE_CHECKING:
    from deskhand.agent.control import Control
    from deskhand.agent.rules.guard import RuleQuestion
    from deskhand.policies.protocol import Policy

ANSWER_SECONDS = 300.0
"""A question that nobody answers in this time is answered with no."""


@contextlib.contextmanager
def attended(
    control: Control, policy: Policy | None = None, console: Console | None = None
) -> Iterator[Person | None]:
    """While inside, a line on standard input lets a paused run go on, and answers questions.

    Gives the person, or None where standard input is no terminal: then nobody is asked.
    """
    from deskhand.policies.protocol import AsksFirst

    if sys.stdin is None or not sys.stdin.isatty():
        yield None
        return
    person = Person(control, console or Console())
    # A daemon: a thread that waits for a line that never comes must not hold the program up.
    threading.Thread(target=person.read, args=(sys.stdin,), daemon=True, name="resume").start()
    if isinstance(policy, AsksFirst):
        policy.confirm_with(person.agrees)
    yield person


class Person:
    """Who sits at the terminal. ``read`` runs in a thread of its own."""

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
        """Whether the person agrees to what a model's vendor warns of."""
        return bool(self._answer(f"The model's vendor warns: {warning}", ANSWER_SECONDS))

    def allows(self, question: RuleQuestion) -> bool | None:
        """Whether the person allows an action that a rule asks about; None where nobody answered."""
        by = f"rule {question.rule}" if question.rule else "the rules"
        what = question.words
        return self._answer(f"May it do this? {what} ({by}: {question.why})", question.seconds)

    def _answer(self, question: str, seconds: float) -> bool | None:
        """Ask, and wait for a line: y or yes is a yes, everything else a no."""
        self._asked.set()  # before it is asked: whoever is quick answers at once
        self._console.print(clean(question), style="yellow", markup=False)
        self._console.print("Type yes and Enter; anything else is a no.", markup=False)
        try:
            wait_until(
                lambda: not self._answers.empty() or self._control.stopping,
                timeout=seconds,
                what="an answer",
            )
        except WaitTimeout:
            return None
        finally:
            self._asked.clear()
        return self._answers.get().strip().lower() in ("y", "yes") if not self._answers.empty() else None
