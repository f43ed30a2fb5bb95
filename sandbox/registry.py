"""Sandboxes by name: ``lightbox``, ``vm``, ``vm:IMAGE``, ``host``, ``http://HOST:PORT``, and other packages'.

A package offers sandboxes of its own through entry points of the group ``deskhand.sandboxes``. Each
names a function that takes the keywords ``argument`` (what stood behind the colon, or None), ``size``
(a Viewport, or None), ``share`` (a Path, or None) and ``on_progress`` (see ``deskhand.progress.Progress``, or
None) and returns a sandbox that is not started. ``check_sandbox`` checks whether it is one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from deskhand.actions.geometry import Viewport
from deskhand.errors import UsageError
from deskhand.plugins import Kind
from deskhand.progress import Progress
from deskhand.sandbox.protocol import Sandbox

SANDBOXES = Kind(
    "sandbox",
    "deskhand.sandboxes",
    Sandbox,
    "name, supported or a method of the protocol",
    {"lightbox": "lightbox", "vm": "vm[:IMAGE]", "host": "host", "http": "http[s]://HOST:PORT"},
)
DEFAULT_SIZE = Viewport(1280, 800)
ROOTS = ("host", "image")


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What was asked for; ``name`` and ``argument`` are the parts of ``spec``."""

    spec: str
    name: str
    argument: str | None
    size: Viewport | None
    share: Path | None
    root: str
    on_progress: Progress | None
    on_stop: Callable[[], None] | None
    may_use_host: bool
    accessible: bool
    reset: str | None = None

    def no_argument(self) -> None:
        """Refuse what stands behind a colon after the name. Raises UsageError."""
        if self.argument is not None:
            raise UsageError(f"the sandbox {self.name} takes nothing after its name: leave out the colon")

    def no_size(self) -> None:
        """Refuse a size of the screen. Raises UsageError."""
        if self.size is not None:
            raise UsageError(
                f"the screen of {self.name} has a fixed size: leave out --size, which is for lightbox and vm"
            )

    def no_share(self) -> None:
        """Refuse a shared folder. Raises UsageError."""
        if self.share is not None:
            raise UsageError(
                f"a shared folder is only for the lightbox, not for {self.name}: leave out --share"
            )

    def no_root(self) -> None:
        """Refuse any root but the host's. Raises UsageError."""
        if self.root != "host":
            raise UsageError(f"--root is only for the lightbox, not for {self.name}: leave it out")


def load_sandbox(
    spec: str,
    *,
    size: Viewport | None = None,
    share: Path | None = None,
    root: str = "host",
    on_progress: Progress | None = None,
    on_stop: Callable[[], None] | None = None,
    may_use_host: bool = False,
    accessible: bool = False,
    reset: str | None = None,
) -> Sandbox:
    """Make a sandbox from ``NAME`` or ``NAME:ARGUMENT``; it is not started.

    Args:
        spec: ``lightbox``, ``vm``, ``vm:IMAGE``, ``host``, ``http://HOST:PORT`` or
            ``http://desk:TOKEN@HOST:PORT`` (https too), or a name that another package offers.
        size: the screen in pixels, 1280x800 if it is None; for lightbox and vm.
        share: a folder that the desktop sees as ~/shared and may write; for lightbox.
        root: whose programs a lightbox has: this machine's ("host") or those of the newest "image".
        on_progress: called during a start that takes long; for vm.
        on_stop: called in another thread when a person pressed the stop key; for host.
        may_use_host: that a person agreed to have the machine's real desktop driven.
        accessible: programs are to report what they show, which costs them time; on desktops that are not
            started here they do as they are set up.
        reset: command of this machine that makes a remote machine clean; ``none`` takes it as it is, once.

    Raises:
        UsageError: the name is unknown, or that sandbox has no such option.
        EnvironmentProblem: an image is missing; another package's sandbox cannot be loaded.
    """
    name, colon, rest = spec.partition(":")
    if root not in ROOTS:
        raise UsageError(f"a lightbox has the programs of {' or '.join(ROOTS)}, not of {root[:40]!r}")
    wanted = _Wanted(
        spec,
        name,
        rest if colon else None,
        size,
        share,
        root,
        on_progress,
        on_stop,
        may_use_host,
        accessible,
        reset,
    )
    if reset is not None and name not in ("http", "https"):
        raise UsageError(f"{name[:40]} is reset by itself: leave out --reset, which is for a remote machine")
    own = _OWN.get(name)
    if own is not None:
        return own(wanted)
    wanted.no_root()
    made = SANDBOXES.make(name, argument=wanted.argument, size=size, share=share, on_progress=on_progress)
    return cast(Sandbox, made)


def sandbox_names() -> tuple[str, ...]:
    """Every name that ``load_sandbox`` knows on this machine, sorted."""
    return SANDBOXES.names()


def _lightbox(wanted: _Wanted) -> Sandbox:
    wanted.no_argument()
    from deskhand.sandbox.lightbox import Lightbox

    size = wanted.size or DEFAULT_SIZE
    if wanted.root == "host":
        return Lightbox(size, wanted.share, accessible=wanted.accessible)
    from deskhand.sandbox.image.store import find_image

    return Lightbox(size, wanted.share, root=find_image().root, accessible=wanted.accessible)


def _vm(wanted: _Wanted) -> Sandbox:
    wanted.no_share()
    wanted.no_root()
    if wanted.argument == "":
        raise UsageError("no image is named after vm: : write vm:IMAGE, or vm for the newest desktop image")
    from deskhand.sandbox.image.store import find_image
    from deskhand.sandbox.vm.machine import VirtualMachine

    image = None if wanted.argument is None else find_image(wanted.argument)
    return VirtualMachine(
        wanted.size or DEFAULT_SIZE, image, on_progress=wanted.on_progress, accessible=wanted.accessible
    )


def _host(wanted: _Wanted) -> Sandbox:
    wanted.no_argument()
    wanted.no_size()
    wanted.no_share()
    wanted.no_root()
    if not wanted.may_use_host:
        raise UsageError(
            "host is this machine's real desktop, and its use was not agreed to: "
            "pass agreed=True, or --yes-drive-my-desktop"
        )
    from deskhand.sandbox.host.desktop import HostDesktop

    return HostDesktop(wanted.on_stop)


def _remote(wanted: _Wanted) -> Sandbox:
    wanted.no_size()
    wanted.no_share()
    wanted.no_root()
    from deskhand.sandbox.remote import RemoteSandbox
    from deskhand.sandbox.resetting import reset_by

    return RemoteSandbox(
        wanted.spec, renew=None if wanted.reset is None else reset_by(wanted.reset, wanted.spec)
    )


_OWN: dict[str, Callable[[_Wanted], Sandbox]] = {
    "lightbox": _lightbox,
    "vm": _vm,
    "host": _host,
    "http": _remote,
    "https": _remote,
}
