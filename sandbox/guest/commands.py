"""Runs programs to their end for hosts and harnesses: bounded time, bounded output, no shell."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass

LARGEST_OUTPUT = 8 << 20


@dataclass(frozen=True)
class Done:
    """A program that ended, and what it wrote."""

    returncode: int
    stdout: bytes
    stderr: bytes


def run(
    command: list[str],
    timeout: float,
    stdin: bytes = b"",
    *,
    most: int = LARGEST_OUTPUT,
    env: dict[str, str] | None = None,
) -> Done:
    """Run a program in the home folder.

    Args:
        most: bytes after which each of its outputs is cut.
        env: its environment; this one's own where it is None.

    Raises:
        OSError: there is no such program.
        TimeoutError: it did not end within ``timeout`` seconds, and was killed.
    """
    try:
        done = subprocess.run(
            command,
            input=stdin,
            capture_output=True,
            timeout=timeout,
            cwd=os.path.expanduser("~"),
            env=env,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise TimeoutError(f"{command[0][:100]} did not end within {timeout:g} s and was killed") from error
    return Done(done.returncode, done.stdout[:most], done.stderr[:most])
