"""Builds a guest's image from Debian's packages, without a loop mount and without a container engine.

mmdebstrap unpacks and configures the packages in a folder, mke2fs makes a disk of the folder. All
of it happens in a folder beside the images that gets its name only when it is whole; a build that
fails, is interrupted or killed leaves nothing that the next one does not remove.
"""

from __future__ import annotations

import contextlib
import logging
import os
import select
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from deskhand import paths
from deskhand.disk import take_lock
from deskhand.errors import EnvironmentProblem
from deskhand.progress import Progress, silent
from deskhand.sandbox.environment import find_program, plain, run_tool
from deskhand.sandbox.image import asroot, mirrors
from deskhand.sandbox.image.log import BuildLog
from deskhand.sandbox.image.recipe import SETUP, TREE, Recipe, excludes, files
from deskhand.sandbox.image.store import (
    DISK,
    INITRD,
    KERNEL,
    Image,
    Manifest,
    facts_of,
    images,
    remove_folder,
    write_manifest,
)
from deskhand.sandbox.instances import DYNAMIC_UIDS
from deskhand.sandbox.share import may_enter
from deskhand.waiting import WaitTimeout, wait_until

log = logging.getLogger(__name__)

PROGRAMS = {
    "mmdebstrap": "mmdebstrap",
    "mke2fs": "e2fsprogs",
    "unshare": "util-linux",
    "setpriv": "util-linux",
    "dpkg-query": "dpkg",
}
"""Programs that a build needs -> the Debian package that has it."""
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")

FREE_BYTES = 1 << 30
"""How much a disk has beyond its content."""
_OPEN_TO_ALL = frozenset(("bin", "etc", "lib", "lib32", "lib64", "libx32", "sbin", "usr"))
_MAKE_ROOM = "make room, or choose another folder with DESKHAND_IMAGES"
_SILENCE_SECONDS = 900.0
_LOCK_SECONDS = 3600.0
_PACKAGES_SHARE = 0.85
"""How much of a build is the packages; the rest is the disk."""


def build_image(recipe: Recipe, progress: Progress = silent, *, force: bool = False) -> Image:
    """Build the image of a recipe, or find that it is there already.

    Args:
        force: build it again even if it is there.

    Raises:
        EnvironmentProblem: this machine lacks something, or packages cannot be fetched or installed.
    """
    found = None if force else _existing(recipe)
    if found is not None:
        return found
    folder = paths.images_dir()
    _require(folder)
    with _only_builder(folder, progress):
        _reap(folder)
        found = None if force else _existing(recipe)  # another build may just have made it
        if found is not None:
            return found
        _require_room(folder, recipe)
        part = Path(tempfile.mkdtemp(prefix=".part-", dir=folder))
        try:
            part.chmod(0o755)
            manifest = _fill(part, recipe, progress)
            home = folder / recipe.folder_name
            if home.exists():
                remove_folder(home)
            part.rename(home)
        except BaseException as error:
            with contextlib.suppress(EnvironmentProblem):
                asroot.remove(part)
            if isinstance(error, OSError):
                raise EnvironmentProblem(f"the image cannot be written to {folder}: {error}") from error
            raise
    progress("done", 1.0)
    return Image(home, manifest)


def _existing(recipe: Recipe) -> Image | None:
    for image in images():
        if image.name == recipe.folder_name:
            with contextlib.suppress(EnvironmentProblem):
                image.check()
                return image
    return None


def _require(folder: Path) -> None:
    """Find out before a long build what would make it fail."""
    if os.uname().machine != "x86_64":
        raise EnvironmentProblem(
            f"guests are x86-64 machines and are built on one; this is {os.uname().machine}"
        )
    missing = {package for program, package in PROGRAMS.items() if find_program(program) is None}
    if not KEYRING.exists():
        missing.add("debian-archive-keyring")
    if missing:
        names = " ".join(sorted(missing))
        raise EnvironmentProblem(
            f"building an image needs {names}, which are not installed: apt-get install {names}"
        )
    asroot.require()
    _make_folder(folder)
    if os.geteuid() == 0 and not may_enter(folder, DYNAMIC_UIDS[0]):
        raise EnvironmentProblem(
            f"root's machines run as other users, who may not enter {folder}: choose a folder that everybody "
            "may enter with DESKHAND_IMAGES"
        )


def _require_room(folder: Path, recipe: Recipe) -> None:
    # The folder, the disk, and for a while the packages as they came.
    needed = (recipe.content_mb * 5 // 2) << 20
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise EnvironmentProblem(
            f"the image needs about {needed / 1e9:.1f} GB, and {folder} has {free / 1e9:.1f} GB free: "
            f"{_MAKE_ROOM}"
        )


def _make_folder(folder: Path) -> None:
    """Make the folder of all images, and those above it, so that other users may enter what was made."""
    try:
        for path in (*reversed(folder.parents), folder):
            if not path.exists():
                path.mkdir(exist_ok=True)
                path.chmod(0o755)
    except OSError as error:
        raise EnvironmentProblem(
            f"{folder} cannot be made ({error}): choose another folder with DESKHAND_IMAGES"
        ) from error


@contextlib.contextmanager
def _only_builder(folder: Path, progress: Progress) -> Iterator[None]:
    """Let no two builds write to the folder of images at once; the second waits and says so."""
    handle = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def taken() -> bool:
        if take_lock(handle):
            return True
        progress("waiting for another build", None)
        return False

    try:
        wait_until(
            taken, timeout=_LOCK_SECONDS, what=f"another build of an image in {folder}", longest_poll=1
        )
        yield
    except WaitTimeout as error:
        raise EnvironmentProblem(f"{error}; try again when it has ended") from error
    finally:
        os.close(handle)


def _reap(folder: Path) -> None:
    """Remove what killed builds and removals left; nobody else works on it while the lock is held."""
    for path in (*folder.glob(".part-*"), *folder.glob(".removed-*")):
        log.warning("removing %s, which a build or a removal that was ended has left", path)
        asroot.remove(path)


def _fill(part: Path, recipe: Recipe, progress: Progress) -> Manifest:
    """Make everything that an image consists of, in a folder that is to become one."""
    root = part / "root"
    _unpack(part, root, recipe, progress)
    progress("making the disk", _PACKAGES_SHARE)
    (root / "boot/vmlinuz").rename(part / KERNEL)
    (root / "boot/initrd.img").rename(part / INITRD)
    _make_disk(root, part / DISK)
    for path in root.iterdir():
        if path.name not in _OPEN_TO_ALL and not path.is_symlink():
            path.chmod(0o700)  # a lightbox over this folder has no use for it
    progress("hashing the disk", 0.95)
    for name in (DISK, KERNEL, INITRD):
        (part / name).chmod(0o644)
    (kernel,) = (root / "lib/modules").iterdir()
    manifest = Manifest(
        name=recipe.folder_name,
        recipe=recipe,
        kernel=kernel.name,
        packages=_packages(root),
        files={name: facts_of(part / name) for name in (DISK, KERNEL, INITRD)},
        made=datetime.now(UTC),
    )
    write_manifest(part, manifest)
    return manifest


def _unpack(part: Path, root: Path, recipe: Recipe, progress: Progress) -> None:
    """Unpack and configure the packages in a folder, with the files of root/ and what setup.sh does."""
    tree, setup = part / "tree", part / "setup.sh"
    # A checkout's modes are whatever its owner's mask made of them.
    for path in files():
        target = tree / path.relative_to(TREE)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    shutil.copyfile(SETUP, setup)
    for path in (tree, setup, *tree.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    line = ["mmdebstrap", "--verbose", "--mode=unshare", "--variant=apt", "--format=directory"]
    line += ["--aptopt=APT::Install-Recommends false", "--aptopt=Acquire::Retries 3"]
    line += ["--aptopt=Acquire::http::Timeout 30", "--aptopt=Acquire::https::Timeout 30"]
    line += ["--dpkgopt=force-unsafe-io", *(f"--dpkgopt={option}" for option in excludes())]
    line += [f"--essential-hook=sync-in {shlex.quote(str(tree))} /"]
    line += [f'--customize-hook=sh {shlex.quote(str(setup))} "$1"']
    line += [f"--include={','.join(recipe.packages)}", recipe.suite, str(root)]
    configured = mirrors.sources(recipe.suite)
    build_log = BuildLog()

    def read(text: str) -> None:
        log.debug("%s", text)
        build_log.read(text)
        progress(build_log.doing, build_log.share * _PACKAGES_SHARE)

    progress(build_log.doing, 0.0)
    ended = _run([*line, "-"] if configured else line, "\n".join(configured), read)
    if ended and build_log.disk_full:
        raise EnvironmentProblem(f"there is no room left in {part.parent}: {_MAKE_ROOM}")
    if ended:
        raise EnvironmentProblem(
            f"the packages of the image could not be fetched and installed ({build_log.reason()}): is there "
            f"a network, and a Debian release {recipe.suite}? DESKHAND_LOG=debug shows all that was printed"
        )
    shutil.rmtree(tree)
    setup.unlink()


def _run(line: list[str], text: str, read: Callable[[str], None]) -> int:
    """Run a program as root, hand each line that it prints to ``read``, and return its status.

    It ends with this function, however that ends: an interrupt from the keyboard reaches only us.
    """
    process = subprocess.Popen(
        asroot.command(line),
        env=_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    with process:
        assert process.stdin is not None
        try:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.write(text.encode())
                process.stdin.close()
            for line_read in _lines(process):
                read(line_read)
        except BaseException:
            process.kill()
            raise
    return process.returncode


def _lines(process: subprocess.Popen[bytes]) -> Iterator[str]:
    """The lines that a program prints. One that has been silent for a long time is given up."""
    assert process.stdout is not None
    handle = process.stdout.fileno()
    kept = b""
    while True:
        if not select.select([handle], [], [], _SILENCE_SECONDS)[0]:
            raise EnvironmentProblem(
                f"the build printed nothing for {_SILENCE_SECONDS:.0f} s and was stopped: try again"
            )
        read = os.read(handle, 1 << 16)
        *lines, kept = (kept + read).split(b"\n")
        for line in lines:
            yield line.decode(errors="replace").rstrip()
        if not read:
            return


def _environment() -> dict[str, str]:
    """The plain environment, with the proxy that this machine's apt uses, if any."""
    kept = {name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")}
    for kind in ("http", "https"):
        asked = ["apt-config", "dump", "--format", "%v%n", f"Acquire::{kind}::Proxy"]
        configured = run_tool(asked).stdout.strip()
        if configured and configured != "DIRECT":
            kept.setdefault(f"{kind}_proxy", configured)
    return {**plain(), "LC_ALL": "C.UTF-8", **kept}


def _make_disk(root: Path, disk: Path) -> None:
    """Make a raw ext4 disk of a folder, sparse, with some room beyond the folder's content."""
    content = int(_output(["du", "--summarize", "--block-size=1", str(root)]).split()[0])
    size = (content * 103 // 100 + FREE_BYTES) >> 20
    # No journal: a machine's disk is thrown away with the machine. Tables are written now, or every
    # machine would start with writing them.
    options = ["-t", "ext4", "-O", "^has_journal", "-m", "0", "-E", "root_owner=0:0,lazy_itable_init=0"]
    _output(["mke2fs", "-q", "-F", *options, "-d", str(root), str(disk), f"{size}M"])


def _packages(root: Path) -> dict[str, str]:
    """The packages installed in a folder, with their versions."""
    asked = [
        "dpkg-query",
        f"--admindir={root}/var/lib/dpkg",
        "--show",
        "--showformat=${Package} ${Version}\n",
    ]
    return dict(line.split(" ") for line in _output(asked).splitlines())


def _output(line: list[str]) -> str:
    """What a program prints that is run as root to its end."""
    done = run_tool(asroot.command(line))
    if done.returncode:
        said = " ".join(done.stderr.split())[-300:]
        raise EnvironmentProblem(f"{line[0]} ended with status {done.returncode}: {said}")
    return done.stdout
