"""Whether KVM really works here, found out by booting a kernel with it.

/dev/kvm can exist and a machine can be made with it, and yet a stock kernel runs thousands of times
too slowly, for instance inside another virtual machine. So a verdict takes a boot: the kernel of an
image must say its first line within a few seconds. It is cached until kernel or QEMU change.
"""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import cast

from deskhand import paths
from deskhand.disk import replacing
from deskhand.progress import Progress
from deskhand.sandbox.confined import Confined, gate
from deskhand.sandbox.image.store import Image
from deskhand.sandbox.instances import new_instance
from deskhand.sandbox.vm import qemu
from deskhand.waiting import WaitTimeout, wait_until

PROBE_SECONDS = 5.0
_DEVICE = Path("/dev/kvm")


def verdict(image: Image, progress: Progress | None = None) -> qemu.Acceleration:
    """kvm if it boots the image's kernel, else tcg; from the cache where it is known."""
    known = _read()
    if known is not None:
        return known
    found: qemu.Acceleration = "tcg"
    if _DEVICE.exists():
        if progress is not None:
            progress("finding out whether KVM works", None)
        found = "kvm" if _boots(image) else "tcg"
    _write(found)
    return found


def verdict_text() -> str:
    """The verdict in words, for people; nothing is booted."""
    if not _DEVICE.exists():
        return "software emulation: there is no /dev/kvm"
    match _read():
        case "kvm":
            return "KVM: a kernel boots with it"
        case "tcg":
            seconds = f"{PROBE_SECONDS:g} s"
            return f"software emulation: /dev/kvm is there, but no kernel started with it within {seconds}"
        case _:
            return "not known yet: the first virtual machine finds out"


def _boots(image: Image) -> bool:
    with contextlib.ExitStack() as undo:
        instance = new_instance(paths.state_dir(), "probe")
        undo.callback(instance.remove)
        line = [*qemu.confined(image.folder, None), *gate(), qemu.QEMU, "-nodefaults", "-no-user-config"]
        line += ["-display", "none", "-machine", "q35", "-accel", "kvm", "-cpu", "host,-arch-capabilities"]
        line += ["-m", "128", "-kernel", f"{qemu.IMAGE}/vmlinuz", "-append", "console=ttyS0 panic=-1"]
        line += ["-serial", "stdio"]
        probe = Confined(line, instance, undo.pop_all(), groups=qemu.kvm_groups())
    try:
        return (
            wait_until(
                lambda: "Linux version" in probe.said(1 << 16) or (probe.returncode is not None and "no"),
                timeout=PROBE_SECONDS,
                what="a kernel's first line",
            )
            is True
        )
    except WaitTimeout:
        return False
    finally:
        probe.close()


def _circumstances() -> dict[str, str]:
    """What a verdict depends on."""
    system = os.uname()
    usable = "yes" if os.access(_DEVICE, os.R_OK | os.W_OK) else "no"
    return {"qemu": qemu.version(), "kernel": system.release, "machine": system.machine, "usable": usable}


def _file() -> Path:
    return paths.cache_dir() / "acceleration.json"


def _read() -> qemu.Acceleration | None:
    if not _DEVICE.exists():
        return "tcg"
    try:
        record = json.loads(_file().read_text(encoding="utf-8"))
        found = record.pop("verdict")
    except (OSError, ValueError, KeyError, AttributeError):
        return None
    return cast(qemu.Acceleration, found) if record == _circumstances() and found in ("kvm", "tcg") else None


def _write(found: qemu.Acceleration) -> None:
    path = _file()
    with contextlib.suppress(OSError):  # a verdict that cannot be kept is found out again
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as whole:
            whole.write_text(json.dumps({"verdict": found, **_circumstances()}), encoding="utf-8")
