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
    "HOME USER LOGNAME SHELL PATH LANG LANGUAGE LC_ALL XAUTHORITY XDG_RUNTIME_DIR XDG_SESSION_TYPE "
    "XDG_CURRENT_DESKTOP XDG_DATA_DIRS DBUS_SESSION_BUS_ADDRESS PYTHONPATH"
).split()
"""What programs on a person's own desktop are given of the person's environment: who and where they are,
the language, the session, and where Python finds us. No name of a key is among them."""


def plain() -> dict[str, str]:
    """The environment of bubblewrap, of QEMU and of the tools around them: nothing of a person's."""
    return {"PATH": SYSTEM_PATH, "HOME": "/", "LANG": "C.UTF-8"}


def persons(**more: str) -> dict[str, str]:
    """The environment of what looks at and drives a person's own desktop, and of what is launched there."""
    return {name: os.environ[name] for name in PERSONS if name in os.environ} | more


def find_program(name: str) -> str | None:
    """A program by name, also where a plain user's search path leaves out the system's folders."""
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/local/sbin:/usr/sbin:/sbin")


def run_tool(line: Sequence[str], **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a program of this machine to its end, in the plain environment; its output is text."""
    options = {"stdin": subprocess.DEVNULL, "capture_output": True, "text": True} | options
    return subprocess.run(list(line), executable=find_program(line[0]), env=plain(), check=False, **options)
