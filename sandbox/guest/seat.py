"""A seat: the one screen, pointer and keyboard of a desktop."""

from __future__ import annotations

import threading
from typing import Any

import mss
from Xlib import display

from deskhand.actions.executor import Executor
from deskhand.sandbox.guest import applications


class Seat:
    """The seat of the display that the environment names; input happens one action at a time."""

    prepares = True
    """Whether programs are started with what ``deskhand.sandbox.guest.programs`` knows of them."""

    def __init__(self) -> None:
        self._input = threading.Lock()
        self._look = threading.Lock()
        self._camera = mss.MSS(with_cursor=False)
        self._screen = display.Display()
        self._preparing = True
        self.executor = Executor(open_app=self._open_app)

    def perform(self, action: dict[str, Any], *, prepare: bool = True) -> dict[str, Any]:
        """Do one action; ``prepare``: as for a launch, if it opens an application."""
        with self._input:
            self._preparing = prepare
            return self.executor.perform(action)

    def stop(self) -> None:
        """End the action that is being done now, if one is."""
        if self._input.locked():
            self.executor.stop()

    def screenshot(self) -> tuple[bytes, int, int]:
        """Raw BGRX pixels, width and height. The pointer is not in them: it would hide text, and a mere
        movement would pass for a change; its place is reported apart."""
        with self._look:
            shot = self._camera.grab(self._camera.monitors[0])
        return bytes(shot.raw), shot.width, shot.height

    def pointer(self) -> tuple[int, int]:
        """Where the pointer is. Asked on a connection of its own: the executor's serves one thread, and
        an action may take minutes."""
        with self._look:
            found = self._screen.screen().root.query_pointer()
        return int(found.root_x), int(found.root_y)

    def park_pointer(self) -> None:
        """Put it beside the last corner. Where an X server first puts it, in the middle, it lights what opens
        there, and a tooltip comes up by itself after a while: no two first screens would be alike. In the
        corner itself pyautogui's fail-safe would end scripts."""
        width, height = self.size()
        with self._look:
            self._screen.screen().root.warp_pointer(width - 2, height - 2)
            self._screen.sync()

    def size(self) -> tuple[int, int]:
        """Width and height of the screen in pixels."""
        with self._look:
            found = self._screen.screen().root.get_geometry()
        return int(found.width), int(found.height)

    def close(self) -> None:
        self.executor.close()

    def _open_app(self, name: str) -> None:
        applications.open_entry(name, prepare=self.prepares and self._preparing)
