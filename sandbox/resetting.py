"""Makes a remote machine clean by a command of this machine: a container is restarted, a snapshot restored.

The command is the user's own, given as words; no shell reads it, and nothing that a model or a screen wrote
goes into it.
"""

from __future__ import annotations

import shlex
import subprocess
import tempfile
from collections.abc import Callable
from typing import ClassVar

from deskhand.errors import EnvironmentProblem, SandboxError, UsageError
from deskhand.sandbox.environment import persons
from deskhand.text import printable
from deskhand.waiting import WaitTimeout, wait_until

COMMAND_SECONDS = 900.0
ANSWER_SECONDS = 300.0
"""How long the machine may take to answer after the command has ended: it may be booting."""
LONGEST_SAID, MOST_OUTPUT = 500, 1 << 20


class ResetCommand:
    """Runs a command, and waits until the machine answers again.

    Args:
        line: the command's words, with quotes as a shell has them.

    Raises:
        UsageError: there are no words, or a quote does not end.
    """

    def __init__(self, line: str) -> None:
        try:
            self._words = shlex.split(line)
        except ValueError as error:
            raise UsageError(f"the reset command {printable(line)[:80]!r} cannot be read: {error}") from error
        if not self._words:
            raise UsageError("the reset command is empty: give a program and its arguments")

    def __call__(self, answers: Callable[[], bool]) -> None:
        """Run it.

        Args:
            answers: whether the machine can be used again.

        Raises:
            EnvironmentProblem: there is no such program.
            SandboxError: it failed, or the machine did not answer afterwards.
        """
        name = printable(self._words[0])[:80]
        try:
            # A file, not a pipe: what the command leaves running in the background keeps it open.
            with tempfile.TemporaryFile() as output:
                done = subprocess.run(
                    self._words,
                    env=persons(),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    timeout=COMMAND_SECONDS,
                    check=False,
                )
                output.seek(0)
                said = printable(output.read(MOST_OUTPUT).decode(errors="replace").strip())[-LONGEST_SAID:]
        except OSError as error:
            raise EnvironmentProblem(f"the reset command {name!r} cannot be run: {error.strerror}") from error
        except subprocess.TimeoutExpired as error:
            raise SandboxError(
                f"the reset command {name!r} took longer than {COMMAND_SECONDS:g} s"
            ) from error
        if done.returncode:
            raise SandboxError(f"the reset command {name!r} ended with status {done.returncode}: {said}")
        try:
            wait_until(
                answers,
                timeout=ANSWER_SECONDS,
                longest_poll=1.0,
                what="the machine to answer after its reset",
            )
        except WaitTimeout as error:
            raise SandboxError(str(error)) from error


class CleanOnce:
    """Takes a machine to be clean as it is, once: for one episode a machine."""

    _used: ClassVar[set[str]] = set()

    def __init__(self, address: str) -> None:
        self._address = address

    def __call__(self, answers: Callable[[], bool]) -> None:
        """Do nothing the first time.

        Raises:
            SandboxError: the machine was used before.
        """
        if self._address in self._used:
            raise SandboxError(
                "the machine was used by an episode already, and --reset none does not make it clean: give "
                "--limit 1, or a command for --reset"
            )
        self._used.add(self._address)


def reset_by(line: str, address: str) -> ResetCommand | CleanOnce:
    """What makes a machine clean: a command, or nothing where the line is ``none``."""
    return CleanOnce(address) if line == "none" else ResetCommand(line)
