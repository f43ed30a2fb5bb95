"""What the sessions of lightbox and virtual machine start alike: bus, window manager, background."""

from __future__ import annotations

import os
import resource
import shutil
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

from deskhand.waiting import wait_until

MOST_OPEN_FILES = 4096
MOST_DATA_BYTES = 8 << 30
"""Of each process. WebKit's JavaScript reserves 4 GiB of addresses before it begins, and uses few of them."""
MOST_FILE_BYTES = 1 << 30
START_TIMEOUT_SECONDS = 15.0
BACKGROUND = "#2e5a88"
OPENBOX = Path("/etc/xdg/openbox/rc.xml")
TERMINAL_KEYS = """<keybind key="C-A-t">
    <action name="Execute"><command>
      sh -c 'test -e $XDG_RUNTIME_DIR/programs-report &amp;&amp; unset NO_AT_BRIDGE; exec x-terminal-emulator'
    </command></action>
  </keybind>
"""
"""Ctrl+Alt+T opens a terminal, as on the desktops that agents know. Where there is none, nothing comes. The
file is ``MARK`` of accessibility.py."""
BUS_UPDATER = "dbus-update-activation-environment"
NOBODYS_KEY = struct.pack(">H", 256) + b"".join(
    struct.pack(">H", len(part)) + part for part in (b"nowhere", b"", b"MIT-MAGIC-COOKIE-1", bytes(16))
)
"""An entry for .Xauthority that fits no display: without any, python-xlib complains on the standard output
of every program that uses it. Our displays ask for no key."""


def limit_resources(processes: int) -> None:
    """Bound what a runaway program can take; the limits are inherited by all that is started here."""
    for kind, most in (
        (resource.RLIMIT_NPROC, processes),
        (resource.RLIMIT_NOFILE, MOST_OPEN_FILES),
        (resource.RLIMIT_DATA, MOST_DATA_BYTES),
        (resource.RLIMIT_FSIZE, MOST_FILE_BYTES),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(kind)
        bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (bound, bound))


def prepare_home() -> None:
    """Settings that make screens repeatable: no animations, no blinking, no recent files."""
    home = Path.home()
    (home / ".Xauthority").write_bytes(NOBODYS_KEY)
    for folder in (".config/gtk-3.0", ".local/share", ".cache"):
        (home / folder).mkdir(parents=True, exist_ok=True)
    (home / ".Xdefaults").write_text("XTerm*faceName: DejaVu Sans Mono\nXTerm*faceSize: 11\n")
    (home / ".config/gtk-3.0/settings.ini").write_text(
        "[Settings]\ngtk-enable-animations=0\ngtk-cursor-blink=0\ngtk-recent-files-enabled=0\n"
    )


def start_bus() -> Path:
    """Start the session bus that GTK programs want; returns its socket, which appears soon."""
    socket = Path(os.environ["XDG_RUNTIME_DIR"]) / "bus"
    os.environ["DBUS_SESSION_BUS_ADDRESS"] = f"unix:path={socket}"
    quietly(["dbus-daemon", "--session", "--nofork", "--nopidfile", f"--address=unix:path={socket}"])
    return socket


def start_window_manager() -> Path:
    """Start openbox; returns a file that appears when it is ready.

    A window that is mapped while openbox still starts may never be managed, and its properties on
    the root window are set long before it is ready; so it is asked to make a file afterwards.
    """
    runtime = Path(os.environ["XDG_RUNTIME_DIR"])
    ready, settings = runtime / "window-manager-ready", runtime / "openbox.xml"
    settings.write_text(OPENBOX.read_text().replace("</keyboard>", f"{TERMINAL_KEYS}</keyboard>", 1))
    quietly(["openbox", "--config-file", str(settings), "--startup", f"/usr/bin/touch {ready}"])
    return ready


def wait_for_desktop(bus: Path, manager: Path, timeout: float = START_TIMEOUT_SECONDS) -> None:
    """Paint the background and wait until bus, window manager and background are there."""
    background = quietly(["hsetroot", "-solid", BACKGROUND])
    started = [background]

    def started_bus() -> bool:
        """Whether the bus is there; it is given the display for the programs that it starts."""
        if bus.exists() and len(started) == 1 and shutil.which(BUS_UPDATER):
            started.append(quietly([BUS_UPDATER, "DISPLAY"]))
        return bus.exists()

    parts: tuple[tuple[Callable[[], object], str], ...] = (
        (started_bus, "the session bus"),
        (manager.exists, "the window manager"),
        (lambda: all(program.poll() is not None for program in started), "the background"),
    )
    for ready, what in parts:
        wait_until(ready, timeout=timeout, what=what, poll=0.003, longest_poll=0.02)


def start_beside(programs: list[list[str]], timeout: float) -> None:
    """Start programs that belong to the desktop, such as a panel, and wait until each shows a window."""
    # Imported here because it takes a while, in which the display starts.
    from deskhand.sandbox.guest.windows import windows

    for program in programs:
        quietly(program)

    def shown() -> bool:
        return len([window for window in windows(with_panels=True) if window["mapped"]]) >= len(programs)

    wait_until(shown, timeout=timeout, what="the desktop's own windows")


def display_name(reading: int) -> str:
    """The name of the display that an X server writes to the descriptor of its -displayfd.

    Raises:
        RuntimeError: the server ended first.
    """
    with os.fdopen(reading) as pipe:
        number = pipe.readline().strip()  # the whole line: the server dies if its reader leaves early
    if not number:
        raise RuntimeError("the X server ended before it named its display")
    return f":{number}"


def quietly(command: list[str], pass_fds: tuple[int, ...] = ()) -> subprocess.Popen[bytes]:
    null = subprocess.DEVNULL
    return subprocess.Popen(command, stdin=null, stdout=null, stderr=null, pass_fds=pass_fds)
