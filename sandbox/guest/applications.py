"""Installed applications: by program name for harnesses, by .desktop entry for agents.

Nothing here takes a command line. A program is a name that must be found on the search path; an
entry's command is a constant of the installed file, split without a shell.
"""

from __future__ import annotations

import configparser
import os
import re
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

from deskhand.sandbox.guest.windows import windows
from deskhand.waiting import WaitTimeout, wait_until

PROGRAM = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,100}")
WINDOW_TIMEOUT_SECONDS = 30.0
ENTRY_FOLDERS = ("/usr/local/share/applications", "/usr/share/applications")


class LaunchError(LookupError):
    """There is no such application; nothing was started."""


class NoWindow(OSError):
    """An application was started, and ended or showed no window in time."""


def launch(program: str, arguments: list[str]) -> None:
    """Start an installed program and wait until it shows a new window."""
    if not PROGRAM.fullmatch(program) or shutil.which(program) is None:
        raise LaunchError(f"there is no program named {program[:60]!r} on this desktop")
    _start([program, *arguments])


def open_entry(name: str) -> None:
    """Start an application by the name or the file name of its .desktop entry."""
    wanted = name.strip().casefold()
    for folder in ENTRY_FOLDERS:
        for path in sorted(Path(folder).glob("*.desktop")):
            entry = _read_entry(path)
            if entry is None or wanted not in (entry["name"].casefold(), path.stem.casefold()):
                continue
            _start(_command(entry))
            return
    raise LaunchError(f"no application named {name[:60]!r} is installed on this desktop")


def _read_entry(path: Path) -> dict[str, str] | None:
    parser = configparser.RawConfigParser(strict=False, delimiters=("=",), comment_prefixes=("#",))
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    try:
        parser.read_string(path.read_text(encoding="utf-8", errors="replace"))
        section = parser["Desktop Entry"]
    except (OSError, KeyError, configparser.Error):
        return None
    hidden = "true" in (section.get("NoDisplay"), section.get("Hidden"))
    if hidden or "Exec" not in section or section.get("Type") != "Application":
        return None
    return {
        "name": section.get("Name", ""),
        "exec": section["Exec"],
        "terminal": section.get("Terminal", "false"),
    }


def _command(entry: dict[str, str]) -> list[str]:
    words = [word for word in shlex.split(entry["exec"]) if not re.fullmatch(r"%[a-zA-Z]", word)]
    return ["xterm", "-e", *words] if entry["terminal"] == "true" else words


def _start(command: list[str]) -> None:
    known = {window["id"] for window in windows()}
    null = subprocess.DEVNULL
    with tempfile.TemporaryFile() as complaints:
        process = subprocess.Popen(
            command,
            stdin=null,
            stdout=null,
            stderr=complaints,
            cwd=os.path.expanduser("~"),
            start_new_session=True,
        )

        def appeared() -> bool:
            if process.poll() not in (None, 0):  # 0: it handed over to a running instance
                complaints.seek(0)
                said = complaints.read()[-500:].decode(errors="replace").strip()
                raise NoWindow(f"{command[0]} ended with status {process.returncode}: {said}")
            return any(w["mapped"] and w["id"] not in known for w in windows())

        try:
            wait_until(appeared, timeout=WINDOW_TIMEOUT_SECONDS, what=f"a window of {command[0]}", poll=0.02)
        except WaitTimeout as error:
            raise NoWindow(str(error)) from error
