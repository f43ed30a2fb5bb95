"""The virtual machine: a desktop with a kernel of its own, cloned from a template in half a second."""

from __future__ import annotations

import contextlib
import logging
import secrets
import time
from typing import Literal

from deskhand.actions.geometry import Viewport
from deskhand.actions.outcome import Outcome
from deskhand.actions.vocabulary import Action
from deskhand.errors import SandboxError, SandboxLost, UsageError
from deskhand.perception.screen import Screenshot
from deskhand.progress import Progress, silent
from deskhand.sandbox.client import GuestClient
from deskhand.sandbox.desktop import GuestDesktop
from deskhand.sandbox.image.store import Image, find_image
from deskhand.sandbox.protocol import ANSWER_SECONDS
from deskhand.sandbox.vm import acceleration, qemu, template
from deskhand.sandbox.vm.emulator import Emulator
from deskhand.sandbox.vm.inputs import Inputs
from deskhand.sandbox.vm.template import Template

log = logging.getLogger(__name__)

Way = Literal["memory", "snapshot", "boot"]
"""How a machine started: from a template's memory, from its snapshot, or by booting."""

ALIVE_SECONDS = 5.0
SAVE_SECONDS = 120.0
MOST_NAME = 40


class VirtualMachine(GuestDesktop):
    """A sandboxed desktop inside QEMU.

    Screenshots come from QEMU. Actions go to the guest server, and through QEMU's own pointer and
    keyboard when that is dead.

    Args:
        size: the screen, in pixels.
        image: what it boots; the newest desktop image where it is None.
        memory_mb: the guest's memory in MiB; what the image wants where it is None.
        way: start this way only; where it is None, the fastest that works here.
        on_progress: called during what takes long: baking a template, booting.
        accessible: programs report what they show, so that ``accessibility`` answers.

    Attributes:
        started_by: how the machine that runs now was started.
    """

    name = "vm"

    def __init__(
        self,
        size: Viewport = Viewport(1280, 800),
        image: Image | None = None,
        memory_mb: int | None = None,
        *,
        way: Way | None = None,
        on_progress: Progress | None = None,
        accessible: bool = False,
    ) -> None:
        super().__init__(size, accessible)
        self._image = image
        self._memory_mb = memory_mb
        self._way = way
        self._progress: Progress = on_progress or silent
        self._hardware: qemu.Hardware | None = None
        self._emulator: Emulator | None = None
        self._inputs: Inputs | None = None
        self._tokens: dict[str, str] = {}
        self._token = ""
        self.started_by: Way | None = None

    @property
    def answer_seconds(self) -> float:
        """An emulated processor takes its time."""
        return ANSWER_SECONDS if self._hardware is None or self._hardware.slowness == 1 else 2.5

    def screenshot(self) -> Screenshot:
        """QEMU's picture of the screen, (H, W, 3) RGB, with the pointer where it was last moved to."""
        client, emulator = self._guest(), self._running()
        pointer = client.pointer if self._inputs is None else self._inputs.pointer
        return emulator.screenshot(pointer)

    def save(self, name: str) -> None:
        """Keep the machine as it is now, under a name, until it is closed or reset.

        Raises:
            UsageError: no name, or too long a one.
            SandboxError: QEMU could not keep it.
        """
        if not name or len(name) > MOST_NAME or not name.isprintable():
            raise UsageError(f"a checkpoint's name is 1 to {MOST_NAME} printable characters")
        tag = self._tag(name)
        emulator = self._running()
        options = {"tag": tag, "devices": [qemu.DISK]}
        if self._tokens.pop(name, None) is not None:
            emulator.monitor.job("snapshot-delete", options, timeout=SAVE_SECONDS)
        emulator.monitor.job("snapshot-save", options | {"vmstate": qemu.DISK}, timeout=SAVE_SECONDS)
        self._tokens[name] = self._token

    def restore(self, name: str) -> None:
        """Go back to a checkpoint of this run.

        Raises:
            UsageError: there is none of that name.
            SandboxLost: the machine did not come back.
        """
        if name not in self._tokens:
            have = ", ".join(sorted(self._tokens)) or "none"
            raise UsageError(f"there is no checkpoint {name[:MOST_NAME]!r}; there is {have}")
        emulator = self._running()
        options = {"tag": self._tag(name), "vmstate": qemu.DISK, "devices": [qemu.DISK]}
        emulator.monitor.job("snapshot-load", options, timeout=SAVE_SECONDS)
        emulator.run()
        self._connect(emulator, self._tokens[name])

    def close(self) -> None:
        """End QEMU; its checkpoints go with it."""
        super().close()
        self._emulator = self._inputs = None
        self._tokens.clear()

    def prepare(self) -> None:
        """Make the template now, so that the first start is as fast as the others."""
        image, hardware = self._chosen()
        template.ensure(image, hardware, self._progress)

    def _chosen(self) -> tuple[Image, qemu.Hardware]:
        """The image, and the hardware that fits it and this machine."""
        qemu.require_programs()
        qemu.require_namespaces()
        if self.viewport.width % 8:
            raise UsageError(
                f"the width of a virtual machine's screen is a multiple of 8, not {self.viewport.width}"
            )
        image = self._image = self._image or find_image()
        image.check()
        memory = self._memory_mb or image.manifest.recipe.memory_mb
        accelerated = acceleration.verdict(image, self._progress)
        self._hardware = qemu.Hardware(self.viewport, memory, accelerated)
        return image, self._hardware

    def _start(self) -> None:
        image, hardware = self._chosen()
        if self._way != "boot":
            kinds: tuple[template.Kind, ...] = template.KINDS if self._way is None else (self._way,)
            try:
                self._clone(image, hardware, kinds)
                return
            except template.DoesNotBoot:
                raise
            except SandboxError as error:
                if self._way is not None:
                    raise
                log.warning("the machine cannot be cloned and boots instead: %s", error)
                self.close()
        self._boot(image, hardware)

    def _clone(self, image: Image, hardware: qemu.Hardware, kinds: tuple[template.Kind, ...]) -> None:
        """Start from the template; one that does not work is made again, once."""
        made = template.ensure(image, hardware, self._progress, kinds)
        try:
            self._start_from(made, image, hardware)
        except (SandboxLost, FileNotFoundError) as error:
            log.warning("the template %s does not work (%s); it is made again", made.folder.name, error)
            self.close()
            template.discard_broken(image, made, self._progress)
            self._start_from(template.ensure(image, hardware, self._progress, kinds), image, hardware)

    def _start_from(self, made: Template, image: Image, hardware: qemu.Hardware) -> None:
        copy = made.facts.kind == "memory"
        with made.disk() as disk, contextlib.ExitStack() as undo:
            undo.enter_context(image.in_use())
            emulator = Emulator(
                hardware,
                image.folder,
                made.folder,
                disk=disk,
                memory_file="copy" if copy else None,
                incoming=copy,
                snapshot=None if copy else template.SNAPSHOT,
                undo=undo.pop_all(),
            )
        self._emulator, self._confined = emulator, emulator.confined
        if copy:
            emulator.read_state(made.folder / template.STATE)
        emulator.run()
        self._connect(emulator, made.facts.token)
        self.started_by = made.facts.kind

    def _boot(self, image: Image, hardware: qemu.Hardware) -> None:
        with contextlib.ExitStack() as undo:
            undo.enter_context(image.in_use())
            work, facts = undo.enter_context(template.workplace(image, hardware))
            emulator = Emulator(hardware, image.folder, work, talk=True, undo=undo.pop_all())
        self._emulator, self._confined = emulator, emulator.confined
        with contextlib.closing(template.wait_for_guest(emulator, hardware, facts, self._progress)):
            pass
        self._connect(emulator, facts.token)
        self.started_by = "boot"

    def _connect(self, emulator: Emulator, token: str) -> None:
        """Reach the guest and, before anything else, give it a token, a clock and a seed of its own."""
        if self._client is not None:
            self._client.close()
        self._client = client = GuestClient(emulator.forward(), token)
        fresh = secrets.token_hex(16)
        client.rekey(fresh, time.time(), secrets.token_bytes(64))
        self._token = fresh
        self._inputs = None

    def _perform(self, action: Action) -> Outcome:
        if self._inputs is not None:
            return self._inputs.perform(action)
        client = self._guest()
        outcome = client.perform(action)
        if outcome.status == "unknown" and not client.answers(ALIVE_SECONDS):
            log.warning("the machine's guest server does not answer; QEMU's pointer and keyboard are used")
            self._inputs = Inputs(self._running().monitor, self.viewport)
        return outcome

    def _running(self) -> Emulator:
        self._guest()
        if self._emulator is None:
            raise SandboxLost("this machine is not running; call start()")
        return self._emulator

    def _tag(self, name: str) -> str:
        """A snapshot's name on the disk: QEMU is given no words of others."""
        return "c-" + name.encode().hex()
