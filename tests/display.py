"""A real X server with real programs on it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import mss
import numpy as np
import pytest
from Xlib import XK, X
from Xlib.display import Display
from Xlib.ext import xtest

from deskhand.perception.screen import Screenshot, as_pixels
from deskhand.waiting import wait_until


class Desk:
    """An X display and a home folder in which programs can be started."""

    def __init__(self, display: str, home: Path, server: subprocess.Popen[bytes]) -> None:
        self.display, self.home, self._server = display, home, server
        self._started: list[subprocess.Popen[bytes]] = []

    def launch(self, *command: str) -> None:
        env = {**os.environ, "DISPLAY": self.display, "HOME": str(self.home), "LC_ALL": "C.UTF-8"}
        env |= {"NO_AT_BRIDGE": "1", "GTK_A11Y": "none", "XDG_RUNTIME_DIR": str(self.home)}
        quiet = subprocess.DEVNULL
        self._started.append(
            subprocess.Popen(
                command,
                env=env,
                cwd=self.home,
                stdout=quiet,
                stderr=quiet,
                stdin=quiet,
                start_new_session=True,
            )
        )

    def key(self, name: str, *, hold: str | None = None) -> None:
        """Press one key by its X name, as a keyboard would."""
        display = Display(self.display)
        codes = [display.keysym_to_keycode(XK.string_to_keysym(key)) for key in (hold, name) if key]
        for kind, order in ((X.KeyPress, codes), (X.KeyRelease, codes[::-1])):
            for code in order:
                xtest.fake_input(display, kind, code)
        display.sync()
        display.close()

    def wait_for_window(self, timeout: float = 20.0) -> None:
        """Until something is drawn on the black root."""
        with self.camera() as capture:
            wait_until(lambda: (capture().pixels > 200).mean() > 0.05, timeout=timeout, what="a window")

    @contextmanager
    def camera(self) -> Iterator[Callable[[], Screenshot]]:
        with mss.MSS(display=self.display, with_cursor=False) as camera:

            def capture() -> Screenshot:
                shot = camera.grab(camera.monitors[0])
                return Screenshot(
                    as_pixels(np.frombuffer(shot.rgb, np.uint8).reshape(shot.height, shot.width, 3))
                )

            yield capture

    def lose(self) -> None:
        """End the X server, as a person does who logs out."""
        self._server.terminate()
        self._server.wait(10)

    def close(self) -> None:
        for process in self._started:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    if not shutil.which("Xvfb"):
        pytest.skip("no Xvfb: apt-get install xvfb")
    reading, writing = os.pipe()
    server = subprocess.Popen(
        [
            *["Xvfb", "-displayfd", str(writing), "-screen", "0", "1280x800x24", "-dpi", "96"],
            *["-noreset", "-nolisten", "tcp", "-ac"],
        ],
        pass_fds=[writing],
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    with os.fdopen(reading) as answer:
        desk = Desk(":" + answer.readline().strip(), tmp_path, server)
    try:
        yield desk
    finally:
        desk.close()
        desk.lose()


@pytest.fixture
def person(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A person's desktop with a window manager, which this process finds in its environment."""
    for name in ("WAYLAND_DISPLAY", "XDG_SESSION_TYPE", "XAUTHORITY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DISPLAY", desk.display)
    monkeypatch.setenv("HOME", str(desk.home))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(desk.home))
    ready = desk.home / ".window-manager"
    desk.launch("openbox", "--config-file", "/etc/xdg/openbox/rc.xml", "--startup", f"touch {ready}")
    wait_until(ready.exists, timeout=20, what="the window manager")
    return desk
