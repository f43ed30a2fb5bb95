"""First program of deskhand inside a virtual machine: the display, the keeper, and the session.

    python3 -m deskhand.sandbox.guest.machine /opt/deskhand/machine.json

systemd starts it as root. It starts the X server, then forks: the child becomes the plain user
``agent`` and runs desktop and guest server; the parent stays root and keeps two things that only
root can change, the clock and the kernel's random pool. It is asked for them through a socket pair
that nobody else has. A machine that was restored from memory must get both anew (``rekey``): they
are those of the moment at which the memory was saved, the same in every clone.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import pwd
import socket
import struct
import sys
import time
from pathlib import Path
from typing import Any

from deskhand.sandbox.guest.desktop import (
    display_name,
    limit_resources,
    prepare_home,
    quietly,
    start_beside,
    start_bus,
    start_window_manager,
    wait_for_desktop,
)

USER = "agent"
PORT = 5000
MOST_PROCESSES = 200
START_TIMEOUT_SECONDS = 120.0
_ADD_ENTROPY, _RESEED = 0x40085203, 0x5207
"""ioctls of /dev/random (linux/random.h)."""


def main(arguments: list[str]) -> None:
    settings = json.loads(Path(arguments[0]).read_text())
    display = _start_display()
    keeper, asker = socket.socketpair()
    if os.fork():
        asker.close()
        keep(keeper)
    else:
        keeper.close()
        _become(USER)
        session(settings, display, asker)


def keep(asked: socket.socket) -> None:
    """Set clock and random pool whenever asked, until the session ends."""
    with asked.makefile("rwb", buffering=0) as lines:
        for line in lines:
            wanted = json.loads(line)
            time.clock_settime(time.CLOCK_REALTIME, float(wanted["seconds"]))
            seed_kernel(base64.b64decode(wanted["seed"]))
            lines.write(b"done\n")


def seed_kernel(seed: bytes) -> None:
    """Mix a secret into the kernel's random pool and draw its generator anew from the pool."""
    with open("/dev/random", "wb") as pool:
        fcntl.ioctl(pool, _ADD_ENTROPY, struct.pack("ii", len(seed) * 8, len(seed)) + seed)
        fcntl.ioctl(pool, _RESEED)


def session(settings: dict[str, Any], display: str, keeper: socket.socket) -> None:
    """The desktop and the guest server, as the plain user."""
    os.environ |= {
        "DISPLAY": display,
        "DESKHAND_GUEST_CODE": settings["code"],
        "DESKHAND_SLOWNESS": str(float(settings["slowness"])),
    }
    limit_resources(MOST_PROCESSES)
    prepare_home()
    bus = start_bus()
    manager = start_window_manager()
    from deskhand.sandbox.guest.http import AccessToken, Request, Response
    from deskhand.sandbox.guest.seat import Seat
    from deskhand.sandbox.guest.server import serve

    seat, key = Seat(), AccessToken(settings["token"])
    wait_for_desktop(bus, manager, START_TIMEOUT_SECONDS)
    start_beside([list(map(str, program)) for program in settings.get("start", ())], START_TIMEOUT_SECONDS)

    def rekey(request: Request) -> Response:
        wanted = request.json()
        keeper.sendall(json.dumps({name: wanted[name] for name in ("seconds", "seed")}).encode() + b"\n")
        if keeper.recv(16) != b"done\n":
            raise OSError("the machine's keeper is gone")
        key.token = str(wanted["token"])
        return Response.of({})

    listener = socket.create_server(("0.0.0.0", PORT), backlog=32)
    serve(listener, key, seat, {("POST", "/desk/rekey"): rekey})


def _start_display() -> str:
    """Start Xorg without a pointer picture (it would hide text); returns the display's name."""
    reading, writing = os.pipe()
    command = ["Xorg", ":0", "vt7", "-displayfd", str(writing), "-nolisten", "tcp", "-noreset", "-ac"]
    command += ["-nocursor", "-s", "0", "-dpms", "-dpi", "96"]
    quietly(command, pass_fds=(writing,))
    os.close(writing)
    return display_name(reading)


def _become(user: str) -> None:
    """Give up root for good and take on a plain user's place and environment."""
    who = pwd.getpwnam(user)
    runtime = Path(f"/run/user/{who.pw_uid}")
    runtime.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.chown(runtime, who.pw_uid, who.pw_gid)
    os.setsid()
    os.initgroups(user, who.pw_gid)
    os.setresgid(who.pw_gid, who.pw_gid, who.pw_gid)
    os.setresuid(who.pw_uid, who.pw_uid, who.pw_uid)
    os.chdir(who.pw_dir)
    os.environ |= {
        "HOME": who.pw_dir,
        "USER": user,
        "LOGNAME": user,
        "SHELL": who.pw_shell,
        "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games",
        "LANG": "C.UTF-8",
        "XDG_RUNTIME_DIR": str(runtime),
        "XDG_CURRENT_DESKTOP": "Openbox",
        "NO_AT_BRIDGE": "1",
        "GIO_USE_VFS": "local",
        "GSETTINGS_BACKEND": "keyfile",
    }


if __name__ == "__main__":
    main(sys.argv[1:])
