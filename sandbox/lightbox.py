"""The lightbox: a desktop of its own in about half a second, over this machine's installed programs.

bubblewrap, Xvfb, openbox and the guest server. It keeps a run's files, processes, network and
clipboard apart from the machine's, but it shares the machine's kernel: it protects against
mistakes, not against an attacker with a kernel exploit. See docs/security.md.
"""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import weakref
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

from deskhand import paths
from deskhand.actions.geometry import Viewport
from deskhand.actions.vocabulary import DESKTOP_KINDS
from deskhand.errors import EnvironmentProblem, SandboxError, SandboxLost
from deskhand.sandbox import bubblewrap
from deskhand.sandbox.bundle import bundle
from deskhand.sandbox.client import GuestClient
from deskhand.sandbox.desktop import GuestDesktop
from deskhand.sandbox.instances import Instance, new_instance
from deskhand.sandbox.seccomp import write_filter
from deskhand.sandbox.share import lend_folder, may_enter
from deskhand.waiting import WaitTimeout, wait_until

log = logging.getLogger(__name__)

START_TIMEOUT_SECONDS = 30.0


class Lightbox(GuestDesktop):
    """A sandboxed desktop over this machine's own /usr.

    Args:
        size: the screen, in pixels.
        share: a folder of this machine that the sandbox sees as ~/shared and may write.
        home_bytes: how much the home folder may hold; it is memory.
    """

    name = "lightbox"
    supported = DESKTOP_KINDS

    def __init__(
        self, size: Viewport = Viewport(1280, 800), share: Path | None = None, home_bytes: int = 512 << 20
    ) -> None:
        self.viewport = size
        self._share = share
        self._home_bytes = home_bytes
        self._instance: Instance | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._client: GuestClient | None = None
        self._undo = contextlib.ExitStack()
        self._finalizer: weakref.finalize[Any, Any] | None = None

    def start(self) -> None:
        if self._client is not None:
            raise SandboxError("this lightbox runs already; reset() makes it new")
        bubblewrap.require_programs()
        try:
            self._start()
        except BaseException:
            self.close()
            raise

    def reset(self) -> None:
        """Back to a clean desktop: this one is removed and a new one started."""
        self.close()
        self.start()

    @property
    def pid(self) -> int | None:
        """Process id of the sandbox's outermost process on this machine; None when it does not run."""
        return None if self._process is None else self._process.pid

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None
        if self._process is not None:
            _end(self._process)
            self._process = None
        self._undo.close()
        if self._instance is not None:
            self._instance.remove()
            self._instance = None
        if self._finalizer is not None:
            self._finalizer.detach()
            self._finalizer = None

    def _guest(self) -> GuestClient:
        if self._client is None:
            raise SandboxLost("this lightbox is not running; call start()")
        if self._process is not None and self._process.poll() is not None:
            raise SandboxLost(f"the lightbox ended with status {self._process.returncode}")
        return self._client

    def _start(self) -> None:
        base = paths.state_dir()
        with _using(base):
            guest, code = bundle(base)
            instance = self._instance = new_instance(base)
        share = None
        if self._share is not None:
            instance.remember_share(self._share)
            share = self._undo.enter_context(lend_folder(self._share, instance.uid))
        token = secrets.token_hex(16)
        log_file = self._undo.enter_context(tempfile.TemporaryFile())  # noqa: SIM115
        path = instance.folder / "guest.sock"
        with _using(base), _listening(path) as listener:
            self._process = self._spawn(listener, instance, guest, code, share, log_file)
        # Whoever forgets to close leaves nothing behind either: this also runs at interpreter exit.
        self._finalizer = weakref.finalize(self, _abandon, self._process, instance, self._undo)
        instance.remember(self._process.pid)
        with contextlib.suppress(BrokenPipeError):
            assert self._process.stdin is not None
            self._process.stdin.write(token.encode() + b"\n")
            self._process.stdin.close()
        self._client = GuestClient(path, token)
        try:
            self._client.check(code, timeout=START_TIMEOUT_SECONDS)
        except SandboxLost as error:
            raise self._explained(error, _said(log_file), guest, instance.uid) from error

    def _spawn(
        self, listener: int, instance: Instance, guest: Path, code: str, share: int | None, log_file: Any
    ) -> subprocess.Popen[bytes]:
        with _descriptors(bubblewrap.small_files()) as (small, filter_fd):
            confinement = bubblewrap.Confinement(
                guest, code, self._home_bytes, seccomp=filter_fd, share=share
            )
            size = f"{self.viewport.width}x{self.viewport.height}"
            program = ["/usr/bin/python3", "-m", "deskhand.sandbox.guest.session", size, str(listener)]
            other_user: dict[str, Any] = {}
            if instance.uid != os.geteuid():
                other_user = {"user": instance.uid, "group": instance.uid, "extra_groups": []}
            return _start_process(
                bubblewrap.command(confinement, small, program),
                stdin=subprocess.PIPE,
                stdout=log_file,
                stderr=subprocess.STDOUT,
                cwd="/",
                start_new_session=True,
                pass_fds=(*small, filter_fd, listener, *([share] if share is not None else [])),
                **other_user,
            )

    def _explained(self, error: SandboxLost, said: str, guest: Path, uid: int) -> EnvironmentProblem:
        """Why the desktop did not come up, from what bubblewrap and the session printed."""
        assert self._process is not None
        with contextlib.suppress(WaitTimeout):
            wait_until(
                lambda: self._process is None or self._process.poll() is not None, timeout=1, what="its end"
            )
        if not may_enter(guest, uid):
            return EnvironmentProblem(
                f"root's sandboxes run as other users, who may not enter {guest}: choose a state folder "
                "with DESKHAND_STATE that everybody may enter"
            )
        if any(
            word in said for word in ("namespace", "Operation not permitted", "uid map", "Permission denied")
        ):
            return EnvironmentProblem(
                f"this machine does not let the lightbox make user namespaces ({said}): sysctl -w "
                "kernel.unprivileged_userns_clone=1 kernel.apparmor_restrict_unprivileged_userns=0"
            )
        return SandboxError(f"the lightbox's desktop did not come up ({error}); it said: {said}")


@contextlib.contextmanager
def _using(base: Path) -> Iterator[None]:
    """Say of a state folder that cannot be used how to choose another."""
    try:
        yield
    except OSError as error:
        raise EnvironmentProblem(
            f"the state folder {base} cannot be used ({error}): choose another with DESKHAND_STATE"
        ) from error


@contextlib.contextmanager
def _listening(path: Path) -> Iterator[int]:
    """A unix socket that the guest will answer on; the host's copy is closed once the guest has its own."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen(32)
        yield listener.fileno()


@contextlib.contextmanager
def _descriptors(contents: tuple[str, str, str]) -> Iterator[tuple[tuple[int, int, int], int]]:
    """Descriptors that hold the small files' contents and the system call filter."""
    with contextlib.ExitStack() as stack:
        files = [stack.enter_context(tempfile.TemporaryFile()) for _ in (*contents, "filter")]
        for file, content in zip(files, contents, strict=False):
            file.write(content.encode())
            file.seek(0)
        write_filter(files[3])
        yield (files[0].fileno(), files[1].fileno(), files[2].fileno()), files[3].fileno()


@cache
def _starter() -> ThreadPoolExecutor:
    """The one thread that starts sandboxes, and lives as long as the program.

    The kernel ends a sandbox (die-with-parent) when the thread that started it ends, so a caller's
    own thread, a pool's worker say, must not be that thread.
    """
    os.register_at_fork(after_in_child=_starter.cache_clear)
    return ThreadPoolExecutor(1, "lightbox-starter")


def _start_process(command: list[str], **options: Any) -> subprocess.Popen[bytes]:
    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(command, **options)

    future = _starter().submit(start)
    try:
        return future.result()
    except (KeyboardInterrupt, SystemExit):
        _end(future.result())  # interrupted while it started: nobody else knows of it
        raise


def _said(log_file: Any) -> str:
    log_file.seek(0)
    return log_file.read()[-800:].decode(errors="replace").strip() or "nothing"


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the sandbox: the guest's first process goes, and its pid namespace with it."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGKILL)
    process.wait()
    if process.stdin is not None:
        with contextlib.suppress(OSError):
            process.stdin.close()


def _abandon(process: subprocess.Popen[bytes], instance: Instance, undo: contextlib.ExitStack) -> None:
    if not sys.is_finalizing():
        log.debug("closing a lightbox that was not closed")
    _end(process)
    undo.close()
    instance.remove()
