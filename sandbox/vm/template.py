"""Templates: a machine that has booted to its desktop, kept so that others start where it stood.

A template is baked once, where it is used: the image boots, its desktop comes up, and the machine is
stopped and kept in one of two ways.

- ``memory``: the guest's memory is a file, and the state of the devices another. A clone maps the
  file copy-on-write, so it starts in half a second and its own memory is only what it changes.
- ``snapshot``: memory and devices are a snapshot on the disk, which each clone copies and loads. It
  is slower and takes the guest's whole memory; it is for machines where ``memory`` does not work.

A template only fits the same image, QEMU, hardware and guest code, so its folder's name is the hash
of all of these. A clone cannot change the files of its template but one, the memory, which QEMU will
not open for reading alone; the time at which that file was last changed is written down beside it,
and a template of which it has moved is thrown away.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from deskhand import paths
from deskhand.actions.geometry import ScreenPoint
from deskhand.actions.vocabulary import Move
from deskhand.disk import take_lock
from deskhand.errors import EnvironmentProblem, SandboxError, SandboxLost, UsageError
from deskhand.perception.watch.settle import settle
from deskhand.progress import Progress
from deskhand.sandbox.bundle import bundle
from deskhand.sandbox.client import GuestClient
from deskhand.sandbox.environment import run_tool
from deskhand.sandbox.image.store import Image
from deskhand.sandbox.vm import inputs, qemu
from deskhand.sandbox.vm.emulator import TEMPLATE_GROUP, Emulator
from deskhand.waiting import WaitTimeout, wait_until

log = logging.getLogger(__name__)

Kind = Literal["memory", "snapshot"]
KINDS: tuple[Kind, ...] = ("memory", "snapshot")
"""The fastest first."""

BOOT_SECONDS = 300.0
TYPICAL_BOOT_SECONDS = 40.0
SAVE_SECONDS = 120.0
LOCK_SECONDS = 900.0
MOST_TEMPLATES = 4
"""Templates kept of one image, 300 MB and more each."""

SNAPSHOT, STATE = "desk", "state"
_FORMAT = 1
_GUEST_DISK_MB = 16


class DoesNotBoot(SandboxError):
    """The image does not come up to its desktop; no other way of starting would help."""


class Facts(BaseModel):
    """What is written beside a template."""

    model_config = ConfigDict(frozen=True)

    format: int = _FORMAT
    kind: Kind
    token: str
    code: str
    memory: tuple[int, int, int] = (0, 0, 0)
    """Size, time of last change of content, time of last change of anything, of the memory's file."""


@dataclass(frozen=True, slots=True)
class Template:
    """A baked template."""

    folder: Path
    facts: Facts

    @contextlib.contextmanager
    def disk(self) -> Iterator[int]:
        """A fresh disk for one clone, without a name, so that nothing of it can be left behind."""
        source = "overlay.qcow2" if self.facts.kind == "memory" else "disk.qcow2"
        with tempfile.TemporaryFile(dir=self.folder.parent) as made, (self.folder / source).open("rb") as old:
            shutil.copyfileobj(old, made, 1 << 20)
            made.flush()
            yield made.fileno()


def key(image: Image, hardware: qemu.Hardware, code: str) -> str:
    """Hash of all that a template depends on."""
    parts = [image.manifest.files["disk.raw"].sha256, qemu.version(), *hardware.options(), code, str(_FORMAT)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def find(image: Image, hardware: qemu.Hardware, kinds: tuple[Kind, ...] = KINDS) -> Template | None:
    """The first template that fits, is there and is whole."""
    _, code = bundle(paths.state_dir())
    name = key(image, hardware, code)
    found = (_read(image.templates / f"{name}-{kind}") for kind in kinds)
    return next((template for template in found if template is not None), None)


def ensure(
    image: Image, hardware: qemu.Hardware, progress: Progress, kinds: tuple[Kind, ...] = KINDS
) -> Template:
    """The template that fits; it is baked if there is none, by one process at a time.

    Args:
        kinds: those that will do, the best first.

    Raises:
        EnvironmentProblem: the image does not boot, or there is no space.
    """
    found = find(image, hardware, kinds)
    if found is not None:
        return found
    parent = image.templates
    parent.mkdir(exist_ok=True)
    with image.in_use(), _only_one(parent / "lock", progress):
        found = find(image, hardware, kinds)
        if found is not None:
            return found
        _remove_leftovers(parent)
        _remove_unused(parent)
        image.verify()
        errors: list[str] = []
        for kind in kinds:
            try:
                return _bake(image, hardware, kind, progress)
            except DoesNotBoot:
                raise
            except (SandboxError, WaitTimeout) as error:
                log.warning("no template of the kind %s: %s", kind, error)
                errors.append(f"{kind}: {error}")
    raise SandboxError("no template could be made; " + "; ".join(errors))


def discard(folder: Path) -> None:
    """Remove a template in one step; clones that run keep what they have open."""
    gone = folder.with_name(f".gone-{secrets.token_hex(4)}")
    with contextlib.suppress(FileNotFoundError):
        folder.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)


def discard_broken(image: Image, broken: Template, progress: Progress) -> None:
    """Remove a template that did not start, unless another process has made it anew meanwhile."""
    with _only_one(image.templates / "lock", progress), contextlib.suppress(OSError, ValueError):
        facts = Facts.model_validate_json((broken.folder / "template.json").read_bytes())
        if facts == broken.facts:
            discard(broken.folder)


@contextlib.contextmanager
def workplace(image: Image, hardware: qemu.Hardware) -> Iterator[tuple[Path, Facts]]:
    """A folder with the guest's code and a fresh disk over the image, for a machine that boots."""
    home, code = bundle(paths.state_dir())
    facts = Facts(kind="memory", token=secrets.token_hex(16), code=code)
    parent = image.templates
    parent.mkdir(exist_ok=True)
    _require_space(parent, hardware)
    made = Path(tempfile.mkdtemp(prefix=".work-", dir=parent))
    lock = (made / "lock").open("w")
    take_lock(lock)
    try:
        _make_guest_disk(made, home, facts, image, hardware)
        size = str(image.disk.stat().st_size)
        _overlay(made / "disk.qcow2", f"{qemu.IMAGE}/disk.raw", "raw", size)
        _overlay(made / "overlay.qcow2", f"{qemu.TEMPLATE}/disk.qcow2", "qcow2", size)
        with (made / "memory").open("wb") as memory:
            memory.truncate(hardware.memory_mb << 20)
        _open_to_machines(made, writable=("disk.qcow2", "memory"))
        yield made, facts
    finally:
        discard(made)
        lock.close()


def wait_for_guest(
    emulator: Emulator, hardware: qemu.Hardware, facts: Facts, progress: Progress
) -> GuestClient:
    """Wait until a machine that boots answers.

    Raises:
        DoesNotBoot: with what it said on its serial line.
        UsageError: its screen cannot have the size that was asked for.
    """
    rounds = 0

    def answers() -> bool:
        nonlocal rounds
        rounds += 1
        progress("booting the machine", min(0.95, rounds / (2 * TYPICAL_BOOT_SECONDS)))
        if emulator.confined.returncode is not None:
            raise SandboxLost("QEMU ended")
        with contextlib.suppress(SandboxLost):
            client.check(facts.code, timeout=2.0)
            return True
        return False

    with contextlib.ExitStack() as undo:
        try:
            client = GuestClient(emulator.forward(), facts.token)
            undo.callback(client.close)
            wait_until(answers, timeout=BOOT_SECONDS, what="its desktop", poll=0.5, longest_poll=0.5)
        except (SandboxLost, WaitTimeout) as error:
            emulator.confined.wait(1)
            raise DoesNotBoot(
                f"the machine does not boot ({error}); it said: {emulator.said()[-800:]}"
            ) from error
        _check_screen(emulator, hardware)
        undo.pop_all()
    return client


def _check_screen(emulator: Emulator, hardware: qemu.Hardware) -> None:
    """A guest whose display cannot have the size that was asked for takes the nearest."""
    found, wanted = emulator.screenshot(None).viewport, hardware.size
    if found != wanted:
        raise UsageError(
            f"a virtual machine's screen cannot be {wanted.width}x{wanted.height}; the nearest is "
            f"{found.width}x{found.height}"
        )


def _read(folder: Path) -> Template | None:
    try:
        facts = Facts.model_validate_json((folder / "template.json").read_bytes())
        if facts.kind == "memory" and _identity(folder / "memory") != facts.memory:
            raise ValueError("its memory was changed")
    except FileNotFoundError:
        return None
    except (OSError, ValueError, ValidationError) as error:
        log.warning("the template %s is damaged (%s); it is made again", folder.name, error)
        discard(folder)
        return None
    with contextlib.suppress(OSError):
        os.utime(folder / "template.json")  # it was used now
    return Template(folder, facts)


def _bake(image: Image, hardware: qemu.Hardware, kind: Kind, progress: Progress) -> Template:
    with workplace(image, hardware) as (work, facts):
        emulator = Emulator(
            hardware, image.folder, work, memory_file="write" if kind == "memory" else None, talk=True
        )
        try:
            client = wait_for_guest(emulator, hardware, facts, progress)
            with contextlib.closing(client):
                _warm_up(emulator, client)
            progress("keeping the machine", 0.97)
            emulator.monitor.execute("stop")
            if kind == "memory":
                emulator.write_state(work / STATE, SAVE_SECONDS)
            else:
                options = {"tag": SNAPSHOT, "vmstate": qemu.DISK, "devices": [qemu.DISK]}
                emulator.monitor.job("snapshot-save", options, timeout=SAVE_SECONDS)
            emulator.monitor.execute("quit")
            emulator.confined.wait(30)
        except SandboxLost as error:
            emulator.confined.wait(1)
            raise SandboxError(f"{error}; QEMU said: {emulator.said()[-800:]}") from error
        finally:
            emulator.close()
        _open_to_machines(work, writable=("memory",))
        identity = _identity(work / "memory")
        facts = facts.model_copy(update={"kind": kind, "memory": identity})
        target = image.templates / f"{key(image, hardware, facts.code)}-{kind}"
        (work / "template.json").write_text(facts.model_dump_json(), encoding="utf-8")
        (work / "template.json").chmod(0o600)
        discard(target)  # what an interrupted removal may have left
        os.rename(work, target)
    progress("the machine is ready to be cloned", 1.0)
    return Template(target, facts)


def _warm_up(emulator: Emulator, client: GuestClient) -> None:
    """Let the machine come to rest, so that clones start from a desktop on which nothing is left to do."""
    client.run(["systemctl", "is-system-running", "--wait"], timeout=BOOT_SECONDS, stdin=b"")
    # The first event of a virtual pointer is lost, and so is the first of pyautogui's.
    screen = client.screenshot().viewport
    inputs.move(emulator.monitor, ScreenPoint(5, 5), screen)
    # Beside the last corner it lights nothing and opens no tooltip, as in a lightbox.
    client.perform(Move(at=ScreenPoint(screen.width - 2, screen.height - 2)))
    settle(lambda: emulator.screenshot(None), quiet=1.0)
    client.run(["sync"], timeout=60, stdin=b"")


def _make_guest_disk(work: Path, home: Path, facts: Facts, image: Image, hardware: qemu.Hardware) -> None:
    """The small disk with the guest's code and what only its root may know."""
    tree = work / "guest"
    shutil.copytree(home, tree)
    settings = {
        "token": facts.token,
        "code": facts.code,
        "start": image.manifest.recipe.start,
        "slowness": hardware.slowness,
    }
    (tree / "machine.json").write_text(json.dumps(settings), encoding="utf-8")
    (tree / "machine.json").chmod(0o600)
    disk = work / "guest.ext4"
    with disk.open("wb") as file:
        file.truncate(_GUEST_DISK_MB << 20)
    line = ["-q", "-F", "-t", "ext4", "-L", "deskhand", "-O", "^has_journal", "-m", "0"]
    _tool("mke2fs", *line, "-E", "root_owner=0:0", "-d", str(tree), str(disk))
    shutil.rmtree(tree)


def _overlay(path: Path, base: str, base_format: str, size: str) -> None:
    """A disk that holds changes to another, named as QEMU will see it."""
    _tool("qemu-img", "create", "-q", "-u", "-f", "qcow2", "-b", base, "-F", base_format, str(path), size)


def _tool(name: str, *arguments: str) -> None:
    done = run_tool([name, *arguments])
    if done.returncode:
        raise EnvironmentProblem(f"{name} failed: {done.stderr.strip()[-400:]}")


def _open_to_machines(folder: Path, writable: tuple[str, ...]) -> None:
    """Let the machines that root starts use a template's files; a plain user's are the user's own."""
    if os.geteuid() != 0:
        return
    for path in (folder, *folder.iterdir()):
        os.chown(path, 0, TEMPLATE_GROUP)
        path.chmod(0o750 if path.is_dir() else 0o660 if path.name in writable else 0o640)


def _require_space(folder: Path, hardware: qemu.Hardware) -> None:
    needed = (hardware.memory_mb + 300) << 20
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise EnvironmentProblem(
            f"a template needs {needed >> 20} MB below {folder}, and {free >> 20} MB are free: make space, "
            "or choose another place with DESKHAND_IMAGES"
        )


@contextlib.contextmanager
def _only_one(path: Path, progress: Progress) -> Iterator[None]:
    """Let one process at a time bake; the others wait for it."""
    with path.open("a") as lock:

        def locked() -> bool:
            if take_lock(lock):
                return True
            progress("waiting for another process that makes the same template", None)
            return False

        try:
            wait_until(locked, timeout=LOCK_SECONDS, what="another process that makes a template", poll=0.1)
        except WaitTimeout as error:
            raise EnvironmentProblem(f"{error}: deskhand sandbox list shows what runs") from error
        yield


def _remove_leftovers(parent: Path) -> None:
    """Remove the workplaces of processes that were killed: nobody holds their locks any more."""
    for path in parent.glob(".gone-*"):
        shutil.rmtree(path, ignore_errors=True)
    for path in parent.glob(".work-*"):
        with contextlib.suppress(OSError), (path / "lock").open() as lock:
            if take_lock(lock):
                discard(path)


def _remove_unused(parent: Path) -> None:
    """Keep the templates that were used last; those of older code or other screens go."""
    found = [path for path in parent.glob("[!.]*/template.json") if path.is_file()]
    found.sort(key=lambda path: path.stat().st_mtime_ns, reverse=True)
    for path in found[MOST_TEMPLATES - 1 :]:
        discard(path.parent)


def _identity(path: Path) -> tuple[int, int, int]:
    facts = path.stat()
    return facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns
