"""One running QEMU: its confined process, its monitor, its screen and its forwarded port."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import threading
import time
from pathlib import Path
from typing import Literal

import numpy as np

from deskhand import paths
from deskhand.actions.geometry import ScreenPoint
from deskhand.errors import SandboxError, SandboxLost
from deskhand.perception.screen import Screenshot
from deskhand.sandbox.confined import Confined, using
from deskhand.sandbox.instances import new_instance
from deskhand.sandbox.vm import qemu
from deskhand.sandbox.vm.qmp import Monitor
from deskhand.waiting import WaitTimeout, wait_until

TEMPLATE_GROUP = 61183
"""Group of the machines that root starts: their templates are open to it and to nobody else. It lies
below the ids that systemd lends to passing services, and nobody else lends it."""

_DUMP_HEADER = re.compile(rb"P6\s+(\d{1,5})\s+(\d{1,5})\s+255\s")


class Emulator:
    """A QEMU that was started; closed by its owner.

    Args:
        hardware: what the machine is.
        image: folder of the image.
        template: folder that QEMU sees as its template.
        disk, memory_file, incoming, snapshot, talk: see ``qemu.Start``.
        undo: what must be undone when it ends or does not start.
    """

    def __init__(
        self,
        hardware: qemu.Hardware,
        image: Path,
        template: Path,
        *,
        disk: int | None = None,
        memory_file: Literal["write", "copy"] | None = None,
        incoming: bool = False,
        snapshot: str | None = None,
        talk: bool = False,
        undo: contextlib.ExitStack | None = None,
    ) -> None:
        with undo or contextlib.ExitStack() as undo, contextlib.ExitStack() as handed:
            base = paths.state_dir()
            with using(base):
                instance = new_instance(base, "vm")
            undo.callback(instance.remove)
            ours, theirs = socket.socketpair()
            undo.enter_context(ours)
            handed.enter_context(theirs)
            self._screen = os.memfd_create("screen")
            undo.callback(os.close, self._screen)
            self._writing = os.open(f"/proc/self/fd/{self._screen}", os.O_WRONLY)
            undo.callback(os.close, self._writing)
            start = qemu.Start(theirs.fileno(), self._writing, disk, memory_file, incoming, snapshot, talk)
            self.monitor = Monitor(ours)
            self._port = 0
            self._looking = threading.Lock()
            undo.callback(self.monitor.close)
            self.confined = Confined(
                qemu.command(hardware, start, image, template),
                instance,
                undo.pop_all(),
                pass_fds=start.descriptors(),
                groups=(TEMPLATE_GROUP, *qemu.kvm_groups()),
            )

    def run(self, timeout: float = 30.0) -> None:
        """Wait until an incoming state is there, and let the machine go on.

        Raises:
            SandboxLost: QEMU ended, for instance because it did not like the state.
        """
        try:
            status = wait_until(
                lambda: "" if (status := self._status()) == "inmigrate" else status,
                timeout=timeout,
                what="QEMU to take the template's state",
                poll=0.002,
                longest_poll=0.01,
            )
        except WaitTimeout as error:
            raise SandboxLost(str(error)) from error
        if status != "running":
            self.monitor.execute("cont")

    def write_state(self, path: Path, timeout: float) -> None:
        """Write the state of the devices of a machine that stands still and keeps its memory in a file."""
        with path.open("wb") as file:
            self._state("migrate", file.fileno())

            def ended() -> str:
                status = str(self.monitor.execute("query-migrate").get("status"))
                return status if status in ("completed", "failed", "cancelled") else ""

            status = wait_until(ended, timeout=timeout, what="QEMU to write the machine's state")
        if status != "completed":
            raise SandboxError(f"QEMU could not write the machine's state: {status}")

    def read_state(self, path: Path) -> None:
        """Read the state of the devices into a machine that waits for it."""
        with path.open("rb") as file:
            self._state("migrate-incoming", file.fileno())

    def _state(self, command: str, descriptor: int) -> None:
        leave_memory = {"capability": "x-ignore-shared", "state": True}
        self.monitor.execute("migrate-set-capabilities", {"capabilities": [leave_memory]})
        self.monitor.send_descriptor("state", descriptor)
        self.monitor.execute(command, {"uri": "fd:state"})

    def forward(self) -> int:
        """The port of the loopback that is forwarded to the guest server; a free one at first."""
        if self._port:
            return self._port
        said = ""
        for _ in range(20):
            with socket.create_server(("127.0.0.1", 0)) as free:
                port = int(free.getsockname()[1])
            rule = f"hostfwd_add {qemu.NETWORK} tcp:127.0.0.1:{port}-10.0.2.15:{qemu.GUEST_PORT}"
            said = self.monitor.human(rule)
            if not said:
                self._port = port
                return port
        raise SandboxError(f"no port of the loopback can be forwarded to the machine: {said}")

    def screenshot(self, cursor: ScreenPoint | None) -> Screenshot:
        """The screen as QEMU draws it: the guest can neither fake nor hold it up."""
        with self._looking:
            os.lseek(self._writing, 0, os.SEEK_SET)
            self.monitor.execute("screendump", {"filename": f"/dev/fdset/{qemu.SCREEN_SET}"})
            seconds = time.monotonic()
            header = _DUMP_HEADER.match(os.pread(self._screen, 64, 0))
            if header is None:
                raise SandboxLost("QEMU's picture of the screen has no size")
            width, height = int(header[1]), int(header[2])
            length = width * height * 3
            data = os.pread(self._screen, length, header.end())
        if not length or len(data) != length:
            raise SandboxLost(f"QEMU's picture of the screen is not a {width}x{height} picture")
        return Screenshot(np.frombuffer(data, np.uint8).reshape(height, width, 3), seconds, cursor)

    def said(self) -> str:
        """The end of what QEMU printed, up to 2000 bytes."""
        return self.confined.said(2000)

    def close(self) -> None:
        """End QEMU and undo what was made for it."""
        self.confined.close()

    def _status(self) -> str:
        try:
            return str(self.monitor.execute("query-status")["status"])
        except SandboxLost as error:
            self.confined.wait(1)
            raise SandboxLost(f"QEMU ended: {self.said()[-600:]}") from error
