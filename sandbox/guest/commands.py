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
    folder: str | None = None,
    one_output: bool = False,
) -> Done:
    """Run a program.

    Args:
        most: bytes after which each of its outputs is cut.
        env: its environment; this one's own where it is None.
        folder: where it runs; the home folder where it is None.
        one_output: what it complains of is a part of its output, in the order in which it came.

    Raises:
        OSError: there is no such program.
        TimeoutError: it did not end within ``timeout`` seconds, and was killed.
    """
    try:
        done = subprocess.run(
            command,
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if one_output else subprocess.PIPE,
            timeout=timeout,
            cwd=folder or os.path.expanduser("~"),
            env=env,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise TimeoutError(f"{command[0][:100]} did not end within {timeout:g} s and was killed") from error
    return Done(done.returncode, done.stdout[:most], (done.stderr or b"")[:most])
