"""What the checks share: to expect, to act and settle, to save the editor's text."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from deskhand.actions.vocabulary import Action, Key, Type
from deskhand.errors import SandboxError
from deskhand.perception.watch.settle import settle
from deskhand.sandbox.abilities import ListsWindows
from deskhand.sandbox.protocol import Sandbox
from deskhand.waiting import WaitTimeout, wait_until

MakeSandbox = Callable[[], Sandbox]
EDITOR = "mousepad"

SHOWN_SECONDS = 90.0
"""How long a busy machine may take to draw what was done: a look before that shows nothing of it."""


def expect(good: bool, what: str) -> None:
    """An assertion that stays when Python runs with -O."""
    if not good:
        raise AssertionError(what)


def do(sandbox: Sandbox, *actions: Action) -> None:
    """Perform actions one after another, and let the screen settle after each.

    Raises:
        AssertionError: one of them was not done.
    """
    for action in actions:
        outcome = sandbox.perform(action)
        expect(outcome.ok, f"{action} was {outcome.status}: {outcome.reason}")
        settle(sandbox.screenshot, quiet=0.2)


def saved(sandbox: Sandbox, path: str) -> str:
    """Save the editor's text under a name and read it back."""
    known = {window["id"] for window in sandbox.windows()} if isinstance(sandbox, ListsWindows) else set()

    def dialog() -> bool:
        """Whether it is there; of a sandbox that lists no windows it is taken to be, once all is still."""
        return not isinstance(sandbox, ListsWindows) or any(
            window["mapped"] and window["id"] not in known for window in sandbox.windows()
        )

    do(sandbox, Key(keys=("ctrl", "s")))
    wait_until(dialog, timeout=SHOWN_SECONDS, what="the editor's dialog", poll=0.1)
    settle(sandbox.screenshot, quiet=0.4)
    before = sandbox.screenshot()
    do(sandbox, Type(text=path))
    settle(sandbox.screenshot, quiet=0.4, since=before, answer=sandbox.answer_seconds)
    for _ in range(4):
        # While it completes a name, the dialog does not hear an enter; a person would press it again.
        if dialog():
            do(sandbox, Key(keys=("enter",)))
        with suppress(WaitTimeout):
            return content(sandbox, path)
    raise AssertionError(f"the editor did not save {path}")


def content(sandbox: Sandbox, path: str) -> str:
    """What a file that is about to be written holds. Raises WaitTimeout."""

    def read() -> bytes:
        with suppress(SandboxError):
            return sandbox.read_file(path)
        return b""

    return wait_until(read, timeout=10, what=path).decode().rstrip("\n")
