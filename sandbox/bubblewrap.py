"""The command line of the lightbox: what a sandbox sees of this machine, and under which limits.

The sandbox sees the machine's own /usr and a short list from /etc, or those of a guest's image, all
read-only; its home, /tmp,
/run and /var are memory of bounded size; it has namespaces of its own for users, processes,
network, IPC and host name, no capabilities and no way to gain any.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from deskhand.errors import EnvironmentProblem
from deskhand.sandbox.environment import find_program

HOME = "/home/agent"
GUEST_CODE = "/opt/deskhand"
INSIDE_ID = "1000"

HOST = Path("/")

PROGRAMS = {
    "bwrap": "bubblewrap",
    "Xvfb": "xvfb",
    "openbox": "openbox",
    "dbus-daemon": "dbus",
    "hsetroot": "hsetroot",
}
"""Programs that a lightbox needs -> the Debian package that has it."""

# Only what programs read to find fonts, themes and libraries: no host names, keys or accounts.
_ETC = (
    "alternatives chromium chromium.d dbus-1 dillo emacs firefox-esr fonts gimp glvnd gnucash gtk-2.0 "
    "gtk-3.0 gtk-4.0 ImageMagick-6 inkscape ld.so.cache ld.so.conf ld.so.conf.d libreoffice localtime "
    "mime.types mpv openal pango pcmanfm purple python3 python3.11 thunar thunderbird timezone "
    "vdpau_wrapper.cfg vulkan X11 xdg xfe xpdf"
).split()
SMALL_FILES = {
    "/etc/passwd": (
        f"root:x:0:0::/root:/usr/sbin/nologin\nagent:x:{INSIDE_ID}:{INSIDE_ID}:agent:{HOME}:/bin/bash\n"
    ),
    "/etc/group": f"root:x:0:\nagent:x:{INSIDE_ID}:\n",
    "/etc/machine-id": "0" * 31 + "1\n",
    "/etc/fstab": "",  # a file manager ends without it
    # What the kernel shows to everybody: how this machine was booted, and names of its keys.
    "/proc/cmdline": "",
    "/proc/keys": "",
    "/proc/key-users": "",
}
"""Files that a sandbox has of its own -> what is in them."""


@dataclass(frozen=True, slots=True)
class Confinement:
    """What one lightbox is given.

    Attributes:
        guest: folder of the guest's code and wheels; seen inside as /opt/deskhand, read-only.
        code: hash of the guest's code.
        home_bytes: size of the memory that home, /tmp, /run, /var and /dev/shm may take, each.
        seccomp: file descriptor of the system call filter.
        share: file descriptor of a folder seen inside as ~/shared, writable.
        root: folder whose usr and etc the sandbox sees: / or an image's.
    """

    guest: Path
    code: str
    home_bytes: int
    seccomp: int
    share: int | None = None
    root: Path = HOST


def command(confinement: Confinement, files: Sequence[int], program: list[str]) -> list[str]:
    """The bubblewrap command line that runs ``program`` confined.

    ``files`` are descriptors from which the contents of ``SMALL_FILES`` are read, in their order.
    """
    line = ["bwrap", "--unshare-user", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"]
    line += ["--unshare-cgroup-try", "--disable-userns", "--uid", INSIDE_ID, "--gid", INSIDE_ID]
    line += ["--hostname", "lightbox", "--new-session", "--die-with-parent", "--cap-drop", "ALL"]
    line += ["--seccomp", str(confinement.seccomp)]
    line += _environment(confinement.code)
    line += _system(confinement.root)
    line += ["--proc", "/proc", "--dev", "/dev"]
    for descriptor, place in zip(files, SMALL_FILES, strict=True):
        line += ["--ro-bind-data", str(descriptor), place]
    for place in ("/dev/shm", "/tmp", "/run", "/var", "/home"):
        line += ["--size", str(confinement.home_bytes), "--tmpfs", place]
    for place in ("/run/user/1000", "/var/tmp", "/var/lib", "/tmp/.X11-unix", HOME):
        line += ["--perms", "1777" if place in ("/var/tmp", "/tmp/.X11-unix") else "0700", "--dir", place]
    line += ["--ro-bind", str(confinement.guest), GUEST_CODE]
    if confinement.share is not None:
        line += ["--bind-fd", str(confinement.share), f"{HOME}/shared"]
    # What is not memory of a bounded size is not writable: these two would grow without a bound.
    line += ["--remount-ro", "/dev", "--remount-ro", "/"]
    return [*line, "--chdir", HOME, "--", *program]


def require_programs(root: Path = HOST) -> None:
    """Check that this machine, or an image's folder, has what a lightbox is made of.

    Raises:
        EnvironmentProblem: it names what is missing and the command that installs it.
    """
    inside = set(PROGRAMS) - {"bwrap"} | {"python3"}
    missing = [PROGRAMS["bwrap"]] if find_program("bwrap") is None else []
    if root == HOST:
        missing += [
            PROGRAMS[program] for program in PROGRAMS if program in inside and not shutil.which(program)
        ]
        if not Path("/usr/bin/python3").exists():
            missing.append("python3")
    elif lacking := sorted(program for program in inside if not os.path.lexists(root / "usr/bin" / program)):
        raise EnvironmentProblem(
            f"{root} has no {', '.join(lacking)}, so it is not the root folder of a guest's image: "
            "deskhand sandbox build makes one"
        )
    if missing:
        names = " ".join(missing)
        raise EnvironmentProblem(
            f"the lightbox needs {names}, which are not installed: apt-get install {names}"
        )


def _system(root: Path) -> list[str]:
    """The programs and settings that the sandbox sees."""
    line = ["--ro-bind", str(root / "usr"), "/usr"]
    for name in ("bin", "sbin", "lib", "lib32", "lib64", "libx32"):
        if (root / name).is_symlink():
            line += ["--symlink", f"usr/{name}", f"/{name}"]
    for name in _ETC:
        path = root / "etc" / name
        if root != HOST and path.is_symlink():
            # A bind would follow it on this machine, out of the image.
            line += ["--symlink", os.readlink(path), f"/etc/{name}"]
        else:
            line += ["--ro-bind-try", str(path), f"/etc/{name}"]
    return line


def _environment(code: str) -> list[str]:
    line = ["--clearenv"]
    for name, value in (
        ("PATH", "/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games"),
        ("HOME", HOME),
        ("USER", "agent"),
        ("LOGNAME", "agent"),
        ("SHELL", "/bin/bash"),
        ("LANG", "C.UTF-8"),
        ("XDG_RUNTIME_DIR", "/run/user/1000"),
        ("XDG_CURRENT_DESKTOP", "Openbox"),
        ("NO_AT_BRIDGE", "1"),
        ("GIO_USE_VFS", "local"),
        ("GSETTINGS_BACKEND", "keyfile"),
        # WebKit would start bubblewrap, which finds no namespaces in here.
        ("WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS", "1"),
        ("PYTHONPATH", GUEST_CODE),
        ("PYTHONDONTWRITEBYTECODE", "1"),
        ("DESKHAND_GUEST_CODE", code),
    ):
        line += ["--setenv", name, value]
    return line
