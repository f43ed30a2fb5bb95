"""QEMU's command line, confined: the machine that every image, template and clone is made for.

QEMU sees a read-only /usr, the image, one template and nothing else of this machine. All files that
it writes come to it as open descriptors. Its own seccomp filter is on and starting programs is
denied; root's machines run as passing user ids. The guest's network ends in QEMU: it is restricted
to the one port that is forwarded from the loopback.
"""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from deskhand.actions.geometry import Viewport
from deskhand.errors import EnvironmentProblem
from deskhand.sandbox.confined import gate, without_namespaces
from deskhand.sandbox.environment import find_program, run_tool
from deskhand.sandbox.instances import DYNAMIC_UIDS

Acceleration = Literal["kvm", "tcg"]

QEMU = "qemu-system-x86_64"
GUEST_PORT = 5000
NETWORK, DISK = "net0", "disk0"
SCREEN_SET = 2
"""Set of the descriptor that screen dumps are written to."""

IMAGE, TEMPLATE = "/image", "/template"
"""Where QEMU sees the folders of its image and its template."""

_DISK_SET = 1
_KERNEL_LINE = (
    "root=/dev/vda rw console=ttyS0 quiet loglevel=3 mitigations=off nokaslr audit=0 "
    "net.ifnames=0 systemd.show_status=0"
)
PROGRAMS = {QEMU: "qemu-system-x86", "qemu-img": "qemu-utils", "bwrap": "bubblewrap", "mke2fs": "e2fsprogs"}
"""Programs that a virtual machine needs -> the Debian package that has it."""


@dataclass(frozen=True, slots=True)
class Hardware:
    """What the machine is. A template only fits the hardware it was made on.

    Attributes:
        size: the screen, in pixels.
        memory_mb: the guest's memory, in MiB.
        acceleration: kvm, or software emulation (tcg).
    """

    size: Viewport
    memory_mb: int
    acceleration: Acceleration

    @property
    def slowness(self) -> float:
        """How many times as long programs take as on this machine itself, roughly."""
        return 1.0 if self.acceleration == "kvm" else 5.0

    def options(self) -> list[str]:
        """QEMU's options for it: the part of the command line that a template depends on."""
        accelerator = "kvm" if self.acceleration == "kvm" else "tcg,tb-size=128"
        model = "host,-arch-capabilities" if self.acceleration == "kvm" else "max"
        pixels_mb = (self.size.width * self.size.height * 4 >> 20) + 1
        video = max(16, 1 << (pixels_mb - 1).bit_length())
        screen = f"VGA,edid=on,xres={self.size.width},yres={self.size.height},vgamem_mb={video}"
        line = ["-nodefaults", "-no-user-config", "-display", "none", "-vga", "none"]
        line += ["-machine", "q35,usb=off,memory-backend=ram", "-accel", accelerator, "-cpu", model]
        line += ["-smp", "1", "-m", str(self.memory_mb)]
        line += ["-kernel", f"{IMAGE}/vmlinuz", "-initrd", f"{IMAGE}/initrd.img", "-append", _KERNEL_LINE]
        line += ["-device", screen, "-device", "qemu-xhci,id=usb"]
        line += ["-device", "usb-tablet,bus=usb.0", "-device", "usb-kbd,bus=usb.0"]
        line += ["-device", f"virtio-blk-pci,drive={DISK}", "-device", "virtio-blk-pci,drive=guest"]
        line += ["-device", "virtio-rng-pci", "-device", f"virtio-net-pci,netdev={NETWORK},romfile="]
        line += ["-netdev", f"user,id={NETWORK},restrict=on,ipv6=off"]
        return line


@dataclass(frozen=True, slots=True)
class Start:
    """How one QEMU starts, beside its hardware.

    Attributes:
        monitor: descriptor of a socket for QMP.
        screen: descriptor, open for writing only, that screen dumps go to.
        disk: descriptor of the disk's overlay; None to write the template's own disk.
        memory_file: keep the guest's memory in the template's file ``memory``: "write" changes the
            file, "copy" leaves it as it is (changed pages are this machine's own).
        incoming: wait for the state of the devices before the machine runs.
        snapshot: name of the snapshot on the disk to start from.
        talk: let the guest's serial line go to QEMU's standard output.
    """

    monitor: int
    screen: int
    disk: int | None = None
    memory_file: Literal["write", "copy"] | None = None
    incoming: bool = False
    snapshot: str | None = None
    talk: bool = False

    def descriptors(self) -> tuple[int, ...]:
        """What QEMU must inherit."""
        return tuple(fd for fd in (self.monitor, self.screen, self.disk) if fd is not None)

    def options(self, hardware: Hardware) -> list[str]:
        """The part of QEMU's command line that says how it starts."""
        line = ["-add-fd", f"fd={self.screen},set={SCREEN_SET}"]
        disk = f"{TEMPLATE}/disk.qcow2"
        if self.disk is not None:
            line += ["-add-fd", f"fd={self.disk},set={_DISK_SET}"]
            disk = f"/dev/fdset/{_DISK_SET}"
        line += ["-blockdev", f"driver=qcow2,node-name={DISK},discard=unmap,{_file(disk)}"]
        line += ["-blockdev", f"driver=raw,node-name=guest,read-only=on,{_file(TEMPLATE + '/guest.ext4')}"]
        memory = f"id=ram,size={hardware.memory_mb}M"
        if self.memory_file is None:
            line += ["-object", f"memory-backend-ram,{memory}"]
        else:
            share = "on" if self.memory_file == "write" else "off"
            line += ["-object", f"memory-backend-file,{memory},mem-path={TEMPLATE}/memory,share={share}"]
        line += ["-chardev", f"socket,id=monitor,fd={self.monitor}", "-mon", "chardev=monitor,mode=control"]
        line += ["-serial", "stdio" if self.talk else "null"]
        if self.incoming:
            line += ["-incoming", "defer"]
        if self.snapshot is not None:
            line += ["-loadvm", self.snapshot]
        return line


def command(hardware: Hardware, start: Start, image: Path, template: Path) -> list[str]:
    """The whole command line: bubblewrap, QEMU, its own seccomp filter."""
    filters = "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"
    emulator = [QEMU, *hardware.options(), *start.options(hardware), "-sandbox", filters]
    return [*confined(image, template, own_disk=start.disk is None), *gate(start.descriptors()), *emulator]


def confined(image: Path, template: Path | None, *, own_disk: bool = False) -> list[str]:
    """bubblewrap's part: what QEMU sees of this machine. It keeps the network, for the one port.

    The memory's file is bound writable because QEMU opens it so even to copy from it (see ``template``);
    the template's disk only where the machine writes it (``own_disk``). Other disks come as descriptors.
    """
    line = ["bwrap", "--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts"]
    line += ["--unshare-cgroup-try", "--new-session", "--die-with-parent", "--cap-drop", "ALL"]
    line += ["--clearenv", "--setenv", "PATH", "/usr/bin:/bin", "--ro-bind", "/usr", "/usr"]
    for name in ("bin", "sbin", "lib", "lib32", "lib64", "libx32"):
        if os.path.islink(f"/{name}"):
            line += ["--symlink", f"usr/{name}", f"/{name}"]
    line += ["--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache"]
    line += ["--proc", "/proc", "--dev", "/dev", "--dev-bind-try", "/dev/kvm", "/dev/kvm"]
    line += ["--size", str(64 << 20), "--tmpfs", "/tmp"]
    for name in ("vmlinuz", "initrd.img", "disk.raw"):
        line += ["--ro-bind", str(image / name), f"{IMAGE}/{name}"]
    if template is not None:
        for name, how in (("memory", "bind"), ("disk.qcow2", "bind" if own_disk else "ro-bind")):
            line += [f"--{how}", str(template / name), f"{TEMPLATE}/{name}"]
        line += ["--ro-bind", str(template / "guest.ext4"), f"{TEMPLATE}/guest.ext4"]
    return [*line, "--chdir", "/", "--"]


def kvm_groups() -> Sequence[int]:
    """Groups that may open /dev/kvm, for a machine that root starts as another user."""
    try:
        facts = os.stat("/dev/kvm")
    except OSError:
        return ()
    return () if facts.st_gid == 0 else (facts.st_gid,)


def require_programs() -> None:
    """Check that this machine has what virtual machines need.

    Raises:
        EnvironmentProblem: it names what is missing and the command that installs it.
    """
    missing = sorted({package for program, package in PROGRAMS.items() if find_program(program) is None})
    if missing:
        names = " ".join(missing)
        raise EnvironmentProblem(
            f"virtual machines need {names}, which are not installed: apt-get install {names}"
        )


@functools.cache
def require_namespaces() -> None:
    """Check that QEMU can be confined here, as the user that it would run as; asked once where it can.

    Otherwise every template would seem not to work, and be thrown away.

    Raises:
        EnvironmentProblem: this machine lets that user make no user namespaces.
    """
    other_user: dict[str, Any] = {}
    if os.geteuid() == 0:
        other_user = {"user": DYNAMIC_UIDS[0], "group": DYNAMIC_UIDS[0], "extra_groups": []}
    line = ["bwrap", "--unshare-user", "--unshare-pid", "--cap-drop", "ALL", "--ro-bind", "/", "/", "true"]
    done = run_tool(line, cwd="/", **other_user)
    if done.returncode:
        raise without_namespaces("QEMU's confinement", done.stderr.strip()[-300:])


@functools.cache
def version() -> str:
    """QEMU's version, as it says it."""
    said = run_tool([QEMU, "--version"]).stdout
    found = re.search(r"version (\S+(?: \([^)]*\))?)", said)
    return found.group(1) if found else "unknown"


def _file(path: str) -> str:
    return f"file.driver=file,file.filename={path}"
