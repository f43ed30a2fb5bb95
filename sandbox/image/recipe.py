"""What goes into a guest's image, as data: packages of Debian, and the programs that its session starts.

A recipe has a key, the hash of everything that decides what the image holds, so that an image that
is there already need not be built again and an old one is not taken for a new one.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from deskhand.errors import UsageError

SUITE = "bookworm"
SETUP = Path(__file__).with_name("setup.sh")
TREE = Path(__file__).with_name("root")
"""Files that are copied into every image, at the same places."""

BASE = (
    "linux-image-amd64 systemd-sysv udev dbus dbus-x11 kmod iproute2 initramfs-tools lz4 "
    "xserver-xorg-core xserver-xorg-input-libinput xvfb x11-xserver-utils openbox hsetroot python3"
).split()
"""What boots to an empty desktop, and what a lightbox over the same folder is made of."""

APPLICATIONS = {
    "small": "mousepad galculator xterm adwaita-icon-theme fonts-dejavu-core".split(),
    "desktop": (
        "mousepad galculator xterm thunar pcmanfm l3afpad ristretto tint2 adwaita-icon-theme "
        "fonts-dejavu fonts-noto-cjk fonts-noto-color-emoji "
        "at-spi2-core gir1.2-atspi-2.0 python3-gi python3-pyatspi libatk-adaptor"
    ).split(),
}
"""An image's kind -> what a person finds on its desktop."""

SESSION = {"small": (), "desktop": (("tint2", "-c", "/etc/xdg/tint2/deskhand.tint2rc"),)}
"""An image's kind -> the programs that its session starts beside the window manager."""

EXTRAS = {
    "chromium": ("chromium",),
    "firefox": ("firefox-esr",),
    "gimp": ("gimp",),
    "libreoffice": ("libreoffice-writer", "libreoffice-calc", "libreoffice-impress", "libreoffice-gtk3"),
    "vlc": ("vlc", "vlc-plugin-base"),
}
"""What ``--with`` adds -> its packages."""

_MEMORY_MB = {"small": 512, "desktop": 512, "chromium": 1536, "firefox": 1536, "gimp": 1024, "vlc": 1024}
_CONTENT_MB = {"small": 900, "desktop": 1050, "chromium": 400, "libreoffice": 450}

# Never read by a program of the desktop. Of the kernel's drivers, those of hardware that a virtual
# machine has not: they are four fifths of it.
_LEFT_OUT = (
    "/usr/share/doc/* /usr/share/man/* /usr/share/info/* /usr/share/locale/* /usr/share/lintian/* "
    "/usr/share/help/* /lib/modules/*/kernel/sound/* /lib/modules/*/kernel/net/wireless/* "
    "/lib/modules/*/kernel/net/bluetooth/* /lib/modules/*/kernel/net/mac80211/*"
).split()
_LEFT_OUT += [
    f"/lib/modules/*/kernel/drivers/{kind}/*"
    for kind in (
        "gpu/drm/amd gpu/drm/i915 gpu/drm/nouveau gpu/drm/radeon bluetooth crypto/qat edac hwmon iio "
        "infiniband isdn leds media mtd net/can net/ethernet net/usb net/wireless staging thermal "
        "usb/serial scsi/lpfc scsi/qla2xxx"
    ).split()
]
_KEPT = ("/usr/share/doc/*/copyright",)

_FORMAT = 1
_SUITE_NAME = re.compile(r"[a-z][a-z-]{1,30}")


class Recipe(BaseModel):
    """What one image is made of.

    Attributes:
        name: the image's kind: small or desktop.
        suite: the name of a Debian release.
        extras: what was asked for with ``--with``.
        packages: all that is installed beside what they depend on.
        start: programs, with their arguments, that the session starts beside the window manager.
        memory_mb: how much memory a machine should have to run it all.
        content_mb: about how much is unpacked, to see beforehand whether there is room.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    suite: str
    extras: tuple[str, ...]
    packages: tuple[str, ...]
    start: tuple[tuple[str, ...], ...]
    memory_mb: int
    content_mb: int

    @property
    def key(self) -> str:
        """Hash of all that decides what the image holds: what is named here, and setup.sh and root/."""
        h = hashlib.sha256()
        content = self.model_dump(mode="json", exclude={"content_mb"})
        parts = [json.dumps([_FORMAT, content, excludes()]).encode()]
        for path in (SETUP, *files()):
            parts += [path.relative_to(SETUP.parent).as_posix().encode(), path.read_bytes()]
        for part in parts:
            h.update(len(part).to_bytes(8, "big") + part)
        return h.hexdigest()[:8]

    @property
    def folder_name(self) -> str:
        """What the image's folder is called."""
        return f"{self.name}-{self.key}"


def recipe(kind: str = "desktop", extras: Iterable[str] = (), suite: str = SUITE) -> Recipe:
    """The recipe of a kind of image with extras.

    Raises:
        UsageError: there is no such kind or extra, or the suite is no name of a release.
    """
    wanted = tuple(sorted(set(extras)))
    if kind not in APPLICATIONS:
        raise UsageError(f"there is no kind of image {kind!r}. Known: {', '.join(APPLICATIONS)}")
    for extra in wanted:
        if extra not in EXTRAS:
            raise UsageError(f"{extra!r} cannot be added to an image; {', '.join(EXTRAS)} can")
    if not _SUITE_NAME.fullmatch(suite):
        raise UsageError(f"{suite!r} is not the name of a Debian release; bookworm is one")
    packages = [*BASE, *APPLICATIONS[kind]]
    for extra in wanted:
        packages += EXTRAS[extra]
    return Recipe(
        name=kind,
        suite=suite,
        extras=wanted,
        packages=tuple(sorted(set(packages))),
        start=SESSION[kind],
        memory_mb=max(_MEMORY_MB.get(part, 1024) for part in (kind, *wanted)),
        content_mb=sum(_CONTENT_MB.get(part, 300) for part in (kind, *wanted)),
    )


def excludes() -> list[str]:
    """dpkg's options for what is not unpacked."""
    return [f"path-exclude={path}" for path in _LEFT_OUT] + [f"path-include={path}" for path in _KEPT]


def files() -> list[Path]:
    """The files of root/, in order."""
    return sorted(path for path in TREE.rglob("*") if path.is_file())
