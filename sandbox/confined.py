"""A confined program with all that belongs to its life: its process, its output, its folder.

bubblewrap is the first process of every sandbox that this machine runs; it ends when the controller
does (die-with-parent), and its process namespace with it. What runs inside can read bubblewrap's
environment, command line and descriptors, so these hold nothing of the controller's: the environment is
``environment.plain``, options come through a descriptor, and what it prints goes to memory without a name.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import subprocess
import sys
import weakref
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

from deskhand.errors import EnvironmentProblem
from deskhand.sandbox.environment import executable, plain
from deskhand.sandbox.instances import Instance
from deskhand.waiting import WaitTimeout, wait_until

log = logging.getLogger(__name__)


def gate(passed: Sequence[int] = ()) -> list[str]:
    """Stands inside the confinement before a program that reads nothing, and waits for a word to become it.

    bubblewrap ends with its controller, but not in its first moments, before both of its processes have
    asked the kernel for that. A controller that is killed then leaves a gate whose input ends, and so does
    the gate; if it had said the word already, a second process of the gate's, which reads on, ends the
    program.

    Args:
        passed: descriptors that the program inherits, which the gate must leave alone.
    """
    ours = next(number for number in range(3, 10) if number not in passed)  # a shell knows one digit
    watch = f"{{ read -r end <&{ours}; kill -KILL $$; }} &"
    program = f'exec "$@" </dev/null {ours}<&-'
    return ["/bin/sh", "-c", f"read -r go || exit; exec {ours}<&0; {watch} {program}", "gate"]


class Confined:
    """A running confined program.

    Args:
        command: bubblewrap's command line: its options, "--", and the program that it confines.
        instance: the sandbox's folder and user id.
        undo: what must be undone when it ends or does not start: the instance at least. It is this
            object's own from now on.
        pass_fds: descriptors that it inherits.
        groups: group ids that it is given beside its own, where root starts it.
        opened_by_caller: it waits for what ``write_stdin`` writes, and ends when that input ends; else it
            stands behind a ``gate``, which is opened here.
    """

    def __init__(
        self,
        command: Sequence[str],
        instance: Instance,
        undo: contextlib.ExitStack,
        *,
        pass_fds: Sequence[int] = (),
        groups: Sequence[int] = (),
        opened_by_caller: bool = False,
    ) -> None:
        self._undo = undo
        self.instance = instance
        other_user: dict[str, Any] = {}
        if instance.uid != os.geteuid():
            other_user = {"user": instance.uid, "group": instance.uid, "extra_groups": list(groups)}
        try:
            self._output = undo.enter_context(os.fdopen(unnamed_file("output"), "rb"))
            with _options(command) as options:
                self._process = _start(
                    [command[0], "--args", str(options), *command[command.index("--") :]],
                    executable=executable(command[0]),
                    stdin=subprocess.PIPE,
                    stdout=self._output,
                    stderr=subprocess.STDOUT,
                    cwd="/",
                    start_new_session=True,
                    pass_fds=(*pass_fds, options),
                    **other_user,
                )
        except BaseException:
            undo.close()
            raise
        # Whoever forgets to close leaves nothing behind either: this also runs at interpreter exit.
        self._finalizer = weakref.finalize(self, _abandon, self._process, undo)
        instance.remember(self._process.pid)
        if not opened_by_caller:
            self.write_stdin(b"go\n")

    @property
    def pid(self) -> int:
        """The outermost process on this machine."""
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """What it ended with; None while it runs."""
        return self._process.poll()

    def write_stdin(self, data: bytes) -> None:
        """Write to its standard input, which stays open for as long as this process lives."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(data)
            self._process.stdin.flush()

    def wait(self, timeout: float) -> bool:
        """Give it time to end by itself; whether it did."""
        with contextlib.suppress(WaitTimeout):
            wait_until(lambda: self.returncode is not None, timeout=timeout, what="its end")
        return self.returncode is not None

    def said(self, most: int = 800) -> str:
        """The end of what it printed, in printable text; of one that was closed nothing is kept."""
        if self._output.closed:
            return "nothing"
        size = os.fstat(self._output.fileno()).st_size
        tail = os.pread(self._output.fileno(), most, max(0, size - most)).decode(errors="replace")
        return "".join(c if c.isprintable() or c == "\n" else " " for c in tail).strip() or "nothing"

    def close(self) -> None:
        """End it and remove all that belongs to it. May be called twice."""
        self._finalizer.detach()
        _end(self._process)
        self._undo.close()


def unnamed_file(name: str, content: bytes = b"") -> int:
    """A descriptor of a file in memory, at its beginning; what sees it sees no place of this machine's.

    Nobody but this user can open it again by its place in /proc.

    Args:
        name: what it is called in /proc.
    """
    descriptor = os.memfd_create(name)
    os.fchmod(descriptor, 0o600)
    with os.fdopen(descriptor, "wb", closefd=False) as file:
        file.write(content)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


@contextlib.contextmanager
def _options(command: Sequence[str]) -> Iterator[int]:
    """A descriptor from which bubblewrap reads the options of its command line, as --args wants them."""
    options = command[1 : command.index("--")]
    descriptor = unnamed_file("options", b"".join(option.encode() + b"\0" for option in options))
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def using(base: Path, variable: str = "DESKHAND_STATE") -> Iterator[None]:
    """Say of a folder that cannot be used how to choose another."""
    try:
        yield
    except OSError as error:
        raise EnvironmentProblem(
            f"the folder {base} cannot be used ({error}): choose another with {variable}"
        ) from error


def without_namespaces(who: str, said: str) -> EnvironmentProblem:
    """What to say where bubblewrap may make no user namespaces; ``said`` is what it said itself."""
    return EnvironmentProblem(
        f"this machine does not let {who} make user namespaces ({said}): sysctl -w "
        "user.max_user_namespaces=10000 kernel.unprivileged_userns_clone=1 "
        "kernel.apparmor_restrict_unprivileged_userns=0"
    )


@cache
def _starter() -> ThreadPoolExecutor:
    """The one thread that starts sandboxes, and lives as long as the program.

    The kernel ends a sandbox (die-with-parent) when the thread that started it ends, so a caller's
    own thread, a pool's worker say, must not be that thread.
    """
    os.register_at_fork(after_in_child=_starter.cache_clear)
    return ThreadPoolExecutor(1, "sandbox-starter")


def _start(command: list[str], **options: Any) -> subprocess.Popen[bytes]:
    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(command, env=plain(), **options)

    future = _starter().submit(start)
    try:
        return future.result()
    except (KeyboardInterrupt, SystemExit):
        _end(future.result())  # interrupted while it started: nobody else knows of it
        raise


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the sandbox: its first process goes, and its process namespace with it."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGKILL)
    process.wait()
    if process.stdin is not None:
        with contextlib.suppress(OSError):
            process.stdin.close()


def _abandon(process: subprocess.Popen[bytes], undo: contextlib.ExitStack) -> None:
    if not sys.is_finalizing():
        log.debug("closing a sandbox that was not closed")
    _end(process)
    undo.close()
