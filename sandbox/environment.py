"""What programs of a sandbox are started with: named variables, and nothing else that this process has.

A program's neighbours can read the environment that it was started with (/proc/PID/environ), whatever it
does to it later, and bubblewrap is a neighbour of everything inside a sandbox. This process's own
environment holds keys. So every program that the sandbox room starts is given one of these two
environments and inherits no other; tests/test_house.py sees to it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from typing import Any

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

PERSONS = (
    "HOME USER LOGNAME SHELL PATH TMPDIR TZ LANG LANGUAGE LC_ALL LC_CTYPE LC_MESSAGES LC_TIME "
    "LC_NUMERIC XAUTHORITY DBUS_SESSION_BUS_ADDRESS DESKTOP_SESSION XDG_RUNTIME_DIR XDG_SESSION_TYPE "
    "XDG_CURRENT_DESKTOP XDG_CONFIG_HOME XDG_DATA_HOME XDG_CACHE_HOME XDG_STATE_HOME XDG_CONFIG_DIRS "
    "XDG_DATA_DIRS XMODIFIERS GTK_IM_MODULE QT_IM_MODULE GDK_SCALE GDK_DPI_SCALE QT_SCALE_FACTOR "
    "QT_QPA_PLATFORMTHEME KDE_FULL_SESSION KDE_SESSION_VERSION LD_LIBRARY_PATH PYTHONPATH"
).split()
"""What programs on a person's own desktop are given of the person's environment: who and where they are,
the language, the session, input methods and scale, and where Python finds us. Nothing in which a key may
stand is among them; addresses of proxies, which may hold one, are not."""


def plain() -> dict[str, str]:
    """The environment of bubblewrap, of QEMU and of the tools around them: nothing of a person's."""
    return {"PATH": SYSTEM_PATH, "HOME": "/", "LANG": "C.UTF-8"}


def persons(**more: str) -> dict[str, str]:
    """The environment of what looks at and drives a person's own desktop, and of what is launched there."""
    return {name: os.environ[name] for name in PERSONS if name in os.environ} | more


def executable(name: str) -> str | None:
    """The system's program of a name, else the person's: root's sandboxes run as users who may not enter
    what stands in a person's search path."""
    return shutil.which(name, path=SYSTEM_PATH) or find_program(name)


def find_program(name: str) -> str | None:
    """A program by name, also where a plain user's search path leaves out the system's folders."""
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/local/sbin:/usr/sbin:/sbin")


def run_tool(line: Sequence[str], **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a program of this machine to its end, in the plain environment; its output is text."""
    options = {"stdin": subprocess.DEVNULL, "capture_output": True, "text": True} | options
    return subprocess.run(list(line), executable=executable(line[0]), env=plain(), check=False, **options)
