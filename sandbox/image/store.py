"""The images of this machine: a folder each, found by name, checked before use, removed when nobody uses it.

images/desktop-1a2b3c4d/
    manifest.json   what it is made of, with sizes and hashes
    root/           the unpacked system: a lightbox can run over it
    disk.raw        the same as an ext4 disk, sparse
    vmlinuz, initrd.img
    templates/      memories of booted machines, one folder each (sandbox/vm)
    lock            held shared by whoever uses the image, exclusively by whoever removes it
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from deskhand import paths
from deskhand.disk import take_lock
from deskhand.errors import EnvironmentProblem, UsageError
from deskhand.sandbox.image import asroot
from deskhand.sandbox.image.recipe import SUITE, Recipe

DISK, KERNEL, INITRD = "disk.raw", "vmlinuz", "initrd.img"
_LOCK, _MANIFEST, _ROOT, _TEMPLATES = "lock", "manifest.json", "root", "templates"


class FileFacts(BaseModel):
    """What a file of an image must be: its size in bytes and the sha256 of its content."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: int
    sha256: str


class Manifest(BaseModel):
    """What an image is: ``kernel`` is the kernel's version, ``packages`` those installed, with theirs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    name: str
    recipe: Recipe
    kernel: str
    packages: dict[str, str]
    files: dict[str, FileFacts]
    made: AwareDatetime


@dataclass(frozen=True, slots=True)
class Image:
    """A guest's image on this machine."""

    folder: Path
    manifest: Manifest

    @property
    def name(self) -> str:
        """What it is asked for by, from its manifest."""
        return self.manifest.name

    @property
    def root(self) -> Path:
        """The unpacked system, for a lightbox."""
        return self.folder / _ROOT

    @property
    def disk(self) -> Path:
        """The system as a raw ext4 disk without partitions. Never written to: machines use overlays."""
        return self.folder / DISK

    @property
    def kernel(self) -> Path:
        """The file of the kernel that the machine boots."""
        return self.folder / KERNEL

    @property
    def initrd(self) -> Path:
        """The file of the first root file system of that kernel."""
        return self.folder / INITRD

    @property
    def templates(self) -> Path:
        """Folder of the memories of booted machines; removed with the image. May not exist."""
        return self.folder / _TEMPLATES

    def disk_bytes(self) -> int:
        """How much the disk takes of this machine's; it is sparse."""
        return self.disk.stat().st_blocks * 512

    def template_folders(self) -> list[Path]:
        """The templates that are there."""
        return sorted(path for path in self.templates.glob("[!.]*") if path.is_dir())

    def template_bytes(self) -> int:
        """How much all templates take of this machine's disk."""
        files = (path for path in self.templates.rglob("*") if path.is_file())
        return sum(path.stat().st_blocks * 512 for path in files)

    def check(self) -> None:
        """Look quickly whether the image is whole: its files are there and of the right size.

        Raises:
            EnvironmentProblem: it is not; the message says how to build it again.
        """
        for name, facts in self.manifest.files.items():
            path = self.folder / name
            size = path.stat().st_size if path.is_file() else None
            if size != facts.size:
                found = "is missing" if size is None else f"has {size} bytes, not {facts.size}"
                raise self._damaged(f"{path} {found}")
        if not (self.root / "usr").is_dir():
            raise self._damaged(f"{self.root}/usr is missing")

    def verify(self) -> None:
        """Read all of the disk, kernel and initial ramdisk and compare them with what was built.

        Raises:
            EnvironmentProblem: they differ; the message says how to build the image again.
        """
        self.check()
        for name, facts in self.manifest.files.items():
            if facts_of(self.folder / name) != facts:
                raise self._damaged(f"{self.folder / name} is not what was built")

    @contextlib.contextmanager
    def in_use(self) -> Iterator[None]:
        """While inside, the image cannot be removed or replaced.

        Raises:
            EnvironmentProblem: it was removed before.
        """
        with holding(self.folder):
            yield

    def _damaged(self, what: str) -> EnvironmentProblem:
        return EnvironmentProblem(
            f"the image {self.name} is damaged ({what}): {build_command(self.manifest.recipe)} --force"
        )


@contextlib.contextmanager
def holding(folder: Path) -> Iterator[None]:
    """While inside, the image in ``folder`` cannot be removed or replaced. See ``Image.in_use``."""
    gone = EnvironmentProblem(f"the image {folder.name} was removed meanwhile: deskhand sandbox build")
    try:
        handle = os.open(folder / _LOCK, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        raise gone from None
    try:
        if not take_lock(handle, shared=True) or not _is_still(folder / _LOCK, handle):
            raise gone
        yield
    finally:
        os.close(handle)


def images() -> list[Image]:
    """The images of this machine, newest first. What cannot be read as an image is left out."""
    found = []
    for path in paths.images_dir().glob(f"[!.]*/{_MANIFEST}"):
        with contextlib.suppress(ValidationError, OSError):
            found.append(Image(path.parent, Manifest.model_validate_json(path.read_bytes())))
    return sorted(found, key=lambda image: image.manifest.made, reverse=True)


def find_image(name: str | None = None) -> Image:
    """An image by its name, or the newest of a kind, or without a name the newest desktop, else the newest.

    Raises:
        EnvironmentProblem: there is none, or it is damaged; the message says how to build one.
    """
    known = images()
    wanted = [image for image in known if name in (image.name, image.manifest.recipe.name)]
    if name is None:
        wanted = [image for image in known if image.manifest.recipe.name == "desktop"] or known
    if not wanted:
        what = "no image of a guest" if name is None else f"no image {name}"
        have = f" (there is {', '.join(image.name for image in known)})" if known else ""
        raise EnvironmentProblem(f"there is {what} in {paths.images_dir()}{have}: deskhand sandbox build")
    wanted[0].check()
    return wanted[0]


def remove_image(name: str) -> None:
    """Remove an image with its templates.

    Raises:
        UsageError: there is none of that name.
        EnvironmentProblem: a running sandbox uses it.
    """
    folder = paths.images_dir() / name
    if Path(name).name != name or name.startswith(".") or not (folder / _MANIFEST).is_file():
        have = ", ".join(image.name for image in images()) or "none"
        raise UsageError(f"there is no image {name!r} in {paths.images_dir()}; there is {have}")
    remove_folder(folder)


def remove_folder(folder: Path) -> None:
    """Remove an image's folder if nobody uses it. It is gone in one step, whatever happens then."""
    handle = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if not take_lock(handle):
            raise EnvironmentProblem(
                f"the image {folder.name} is used by a running sandbox: deskhand sandbox list shows which, "
                "deskhand sandbox stop ends it"
            )
        grave = folder.with_name(f".removed-{secrets.token_hex(4)}")
        folder.rename(grave)
        asroot.remove(grave)
    finally:
        os.close(handle)


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest and the lock, which make a folder an image."""
    os.close(os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    path = folder / _MANIFEST
    path.write_text(manifest.model_dump_json(indent=1) + "\n", encoding="utf-8")
    path.chmod(0o644)


def facts_of(path: Path) -> FileFacts:
    """Size and hash of a file."""
    with path.open("rb") as file:
        return FileFacts(size=path.stat().st_size, sha256=hashlib.file_digest(file, "sha256").hexdigest())


def build_command(recipe: Recipe) -> str:
    """What a person types to build an image of a recipe."""
    words = ["deskhand sandbox build"]
    if recipe.name == "small":
        words.append("--small")
    if recipe.extras:
        words.append(f"--with {','.join(recipe.extras)}")
    if recipe.suite != SUITE:
        words.append(f"--suite {recipe.suite}")
    return " ".join(words)


def _is_still(path: Path, handle: int) -> bool:
    """Whether an open file is still the one at a path."""
    try:
        return os.path.samestat(os.stat(path), os.fstat(handle))
    except FileNotFoundError:
        return False
