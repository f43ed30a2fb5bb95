"""The lightbox: a desktop of its own in about half a second, over this machine's programs or an image's.

bubblewrap, Xvfb, openbox and the guest server. It keeps a run's files, processes, network and
clipboard apart from the machine's, but it shares the machine's kernel: it protects against
mistakes, not against an attacker with a kernel exploit. See docs/security.md.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
from collections.abc import Iterator
from pathlib import Path

from deskhand import paths
from deskhand.actions.geometry import Viewport
from deskhand.errors import EnvironmentProblem, SandboxError, SandboxLost
from deskhand.sandbox import bubblewrap
from deskhand.sandbox.bundle import bundle
from deskhand.sandbox.client import GuestClient
from deskhand.sandbox.confined import Confined, unnamed_file, using, without_namespaces
from deskhand.sandbox.desktop import GuestDesktop
from deskhand.sandbox.image.store import holding
from deskhand.sandbox.instances import new_instance
from deskhand.sandbox.seccomp import write_filter
from deskhand.sandbox.share import lend_folder, may_enter

START_TIMEOUT_SECONDS = 30.0


class Lightbox(GuestDesktop):
    """A sandboxed desktop over this machine's own /usr, or over that of a guest's image.

    Args:
        size: the screen, in pixels.
        share: a folder of this machine that the sandbox sees as ~/shared and may write.
        home_bytes: how much the home folder may hold; it is memory.
        root: an image's root folder (``Image.root``), whose programs it has in place of this machine's.
            The image is in use for as long as the lightbox runs.
        accessible: programs report what they show, so that ``accessibility`` answers.
    """

    name = "lightbox"

    def __init__(
        self,
        size: Viewport = Viewport(1280, 800),
        share: Path | None = None,
        home_bytes: int = 512 << 20,
        root: Path | None = None,
        *,
        accessible: bool = False,
    ) -> None:
        super().__init__(size, accessible)
        self._root = root
        self._share = share
        self._home_bytes = home_bytes

    def _start(self) -> None:
        root = bubblewrap.HOST if self._root is None else self._root.resolve()
        bubblewrap.require_programs(root)
        base, token = paths.state_dir(), secrets.token_hex(16)
        with contextlib.ExitStack() as undo:
            if self._root is not None:
                undo.enter_context(holding(root.parent))
            with using(base):
                guest, code = bundle(base)
                instance = new_instance(base, "lightbox")
                undo.callback(instance.remove)
            share = None
            if self._share is not None:
                instance.remember_share(self._share)
                share = undo.enter_context(lend_folder(self._share, instance.uid))
            path = instance.folder / "guest.sock"
            with using(base), _listening(path) as listener, _descriptors() as (small, filter_fd):
                confinement = bubblewrap.Confinement(guest, code, self._home_bytes, filter_fd, share, root)
                self._confined = Confined(
                    bubblewrap.command(confinement, small, self._program(listener)),
                    instance,
                    undo.pop_all(),
                    pass_fds=(*small, filter_fd, listener, *([share] if share is not None else [])),
                    opened_by_caller=True,
                )
        self._confined.write_stdin(token.encode() + b"\n")
        self._client = GuestClient(path, token)
        try:
            self._client.check(code, timeout=START_TIMEOUT_SECONDS)
        except SandboxLost as error:
            raise _explained(error, self._confined, (guest, root), instance.uid) from error

    def _program(self, listener: int) -> list[str]:
        size = f"{self.viewport.width}x{self.viewport.height}"
        return ["/usr/bin/python3", "-m", "deskhand.sandbox.guest.session", size, str(listener)]


def _explained(
    error: SandboxLost, confined: Confined, needed: tuple[Path, Path], uid: int
) -> EnvironmentProblem:
    """Why the desktop did not come up, from what bubblewrap and the session printed."""
    confined.wait(1)
    said = confined.said()
    for folder, variable in zip(needed, ("DESKHAND_STATE", "DESKHAND_IMAGES"), strict=True):
        if not may_enter(folder, uid):
            return EnvironmentProblem(
                f"root's sandboxes run as other users, who may not enter {folder}: choose a place that "
                f"everybody may enter with {variable}"
            )
    if any(word in said for word in ("namespace", "Operation not permitted", "uid map", "Permission denied")):
        return without_namespaces("the lightbox", said)
    return SandboxError(f"the lightbox's desktop did not come up ({error}); it said: {said}")


@contextlib.contextmanager
def _listening(path: Path) -> Iterator[int]:
    """A unix socket that the guest will answer on; the host's copy is closed once the guest has its own."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen(32)
        yield listener.fileno()


@contextlib.contextmanager
def _descriptors() -> Iterator[tuple[list[int], int]]:
    """Descriptors that hold the contents of ``bubblewrap.SMALL_FILES``, and one of the system call filter."""
    with contextlib.ExitStack() as stack:
        filter_fd = unnamed_file("filter")
        stack.callback(os.close, filter_fd)
        with os.fdopen(filter_fd, "wb", closefd=False) as file:
            write_filter(file)
        small = []
        for place, content in bubblewrap.SMALL_FILES.items():
            small.append(unnamed_file(place.replace("/", "."), content.encode()))
            stack.callback(os.close, small[-1])
        yield small, filter_fd
