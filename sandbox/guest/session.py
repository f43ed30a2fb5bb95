"""First program of the lightbox: starts the display, the window manager and the guest server.

    python3 -m deskhand.sandbox.guest.session WIDTHxHEIGHT DESCRIPTOR < token

The host listens on a unix socket and hands its descriptor down; requests that come early wait in
its queue. The token is one line on standard input, so that it is in no process's arguments.
Everything runs under the sandbox's pid namespace: when this program ends, so does all else.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

from deskhand.waiting import WaitTimeout, wait_until

MOST_PROCESSES = 400
MOST_OPEN_FILES = 4096
MOST_DATA_BYTES = 4 << 30
MOST_FILE_BYTES = 1 << 30
START_TIMEOUT_SECONDS = 15.0


def main(arguments: list[str]) -> None:
    size, descriptor = arguments
    width, height = (int(side) for side in size.split("x"))
    token = sys.stdin.readline().strip()
    _limit_resources()
    _prepare_home()
    bus = _start_bus()
    display = _start_display(width, height)
    # Imported here because it takes a while, in which the display starts.
    from deskhand.sandbox.guest.server import Desk, serve

    os.environ["DISPLAY"] = _name_of(display)
    manager = _start_window_manager()
    background = _quietly(["hsetroot", "-solid", "#2e5a88"])
    desk = Desk()
    for ready, what in (
        (manager.exists, "the window manager"),
        (bus.exists, "the session bus"),
        (lambda: background.poll() is not None, "the background"),
    ):
        wait_until(ready, timeout=START_TIMEOUT_SECONDS, what=what, poll=0.003, longest_poll=0.02)
    serve(int(descriptor), token, desk)


def _limit_resources() -> None:
    """Bound what a runaway program can take; the limits are inherited by all that is started here."""
    for kind, most in (
        (resource.RLIMIT_NPROC, MOST_PROCESSES),
        (resource.RLIMIT_NOFILE, MOST_OPEN_FILES),
        (resource.RLIMIT_DATA, MOST_DATA_BYTES),
        (resource.RLIMIT_FSIZE, MOST_FILE_BYTES),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(kind)
        bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (bound, bound))


def _prepare_home() -> None:
    home = Path.home()
    (home / ".Xauthority").touch()  # pyautogui wants it to exist
    for folder in (".config/gtk-3.0", ".local/share", ".cache"):
        (home / folder).mkdir(parents=True, exist_ok=True)
    (home / ".Xdefaults").write_text("XTerm*faceName: DejaVu Sans Mono\nXTerm*faceSize: 11\n")
    (home / ".config/gtk-3.0/settings.ini").write_text(
        "[Settings]\ngtk-enable-animations=0\ngtk-cursor-blink=0\ngtk-recent-files-enabled=0\n"
    )


def _start_display(width: int, height: int) -> int:
    """Start Xvfb; returns the descriptor from which its display's number can be read."""
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", f"{width}x{height}x24"]
    command += ["-nolisten", "tcp", "-noreset", "-ac", "-dpi", "96"]
    _quietly(command, pass_fds=(writing,))
    os.close(writing)
    return reading


def _name_of(reading: int) -> str:
    with os.fdopen(reading) as told:
        number = told.readline().strip()  # the whole line: Xvfb dies if its reader leaves early
    if not number:
        raise WaitTimeout("Xvfb ended before it named its display")
    return f":{number}"


def _start_window_manager() -> Path:
    """Start openbox; returns a file that appears when it is ready.

    A window that is mapped while openbox still starts may never be managed, and its properties on
    the root window are set long before it is ready; so it is asked to make a file afterwards.
    """
    ready = Path(os.environ["XDG_RUNTIME_DIR"]) / "window-manager-ready"
    _quietly(["openbox", "--config-file", "/etc/xdg/openbox/rc.xml", "--startup", f"/usr/bin/touch {ready}"])
    return ready


def _start_bus() -> Path:
    """Start the session bus that GTK programs want; returns its socket, which appears soon."""
    socket = Path(os.environ["XDG_RUNTIME_DIR"]) / "bus"
    os.environ["DBUS_SESSION_BUS_ADDRESS"] = f"unix:path={socket}"
    _quietly(["dbus-daemon", "--session", "--nofork", "--nopidfile", f"--address=unix:path={socket}"])
    return socket


def _quietly(command: list[str], pass_fds: tuple[int, ...] = ()) -> subprocess.Popen[bytes]:
    null = subprocess.DEVNULL
    return subprocess.Popen(command, stdin=null, stdout=null, stderr=null, pass_fds=pass_fds)


if __name__ == "__main__":
    main(sys.argv[1:])
