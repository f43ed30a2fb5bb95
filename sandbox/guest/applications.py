"""Installed applications: by program name for harnesses, by .desktop entry for agents.

Nothing here takes a command line. A program is a name that must be found on the search path; an
entry's command is a constant of the installed file, split without a shell.
"""

from __future__ import annotations

import configparser
import mimetypes
import os
import re
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from deskhand.sandbox.guest.windows import activate, windows
from deskhand.waiting import WaitTimeout, wait_until

PROGRAM = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,100}")
WINDOW_TIMEOUT_SECONDS = 30.0 * float(os.environ.get("DESKHAND_SLOWNESS", "1"))
"""An emulated processor needs several times as long; the session of such a machine says so."""
ENTRY_FOLDERS = ("/usr/local/share/applications", "/usr/share/applications")

Shown = TypeVar("Shown")


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
    for path, entry in entries():
        if wanted in (entry["name"].casefold(), path.stem.casefold()):
            _start(_command(entry))
            return
    raise LaunchError(f"no application named {name[:60]!r} is installed on this desktop")


def entries() -> Iterator[tuple[Path, dict[str, str]]]:
    """The entries of the desktop's menu with their files: name, exec, terminal, kinds."""
    for folder in ENTRY_FOLDERS:
        for path in sorted(Path(folder).glob("*.desktop")):
            entry = _read_entry(path)
            if entry is not None:
                yield path, entry


def open_file(path: Path) -> None:
    """Open a file or folder with the first installed application that says it can open its kind.

    It waits for a window with the file's name in its title, and gives that window the keyboard.

    Raises:
        LaunchError: no application opens such files.
        NoWindow: no such window appeared in time.
    """
    kind = _kind_of(path)
    for _, entry in entries():
        if kind in entry["kinds"].split(";"):
            activate(_open_with(_command(entry, path), path))
            return
    raise LaunchError(f"no application on this desktop opens {kind}: {path.name[:100]}")


def _kind_of(path: Path) -> str:
    """The media type of a file, by its name; of one without a known name, whether it is text."""
    if path.is_dir():
        return "inode/directory"
    kind, packed = mimetypes.guess_type(path.name)
    if kind is not None and packed is None:
        return kind
    with path.open("rb") as file:
        return "application/octet-stream" if b"\0" in file.read(4096) else "text/plain"


def _open_with(command: list[str], path: Path) -> int:
    """Start an application for a file; returns the number of the window with the file's name in its title."""
    before = _titled(path)

    def appeared(handed_over: bool) -> set[tuple[int, str]]:
        found = _titled(path)
        return found - before or (found if handed_over else set())

    return max(_begin(command, appeared, f"a window of {path.name}"))[0]


def _titled(path: Path) -> set[tuple[int, str]]:
    """Windows with a file's name in their titles."""
    names = (path.name, path.stem)
    return {(w["id"], w["title"]) for w in windows() if w["mapped"] and any(n in w["title"] for n in names)}


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
        "kinds": section.get("MimeType", ""),
    }


def _command(entry: dict[str, str], file: Path | None = None) -> list[str]:
    """An entry's command; its codes for a file stand for ``file``, all others are left out."""
    words = []
    for word in shlex.split(entry["exec"]):
        if not re.fullmatch(r"%[a-zA-Z]", word):
            words.append(word)
        elif file is not None and word in ("%f", "%F", "%u", "%U"):
            words.append(str(file))
    return ["xterm", "-e", *words] if entry["terminal"] == "true" else words


def _start(command: list[str]) -> None:
    known = {window["id"] for window in windows()}

    def appeared(handed_over: bool) -> bool:
        return any(w["mapped"] and w["id"] not in known for w in windows())

    _begin(command, appeared, f"a window of {command[0]}")


def _begin(command: list[str], appeared: Callable[[bool], Shown], what: str) -> Shown:
    """Start a program, wait for what shows that it is there, and return that.

    ``appeared`` is told whether the program has handed over to an instance that ran already.
    """
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

        def there() -> Shown:
            if process.poll() not in (None, 0):  # 0: it handed over to a running instance
                complaints.seek(0)
                said = complaints.read()[-500:].decode(errors="replace").strip()
                raise NoWindow(f"{command[0]} ended with status {process.returncode}: {said}")
            return appeared(process.returncode == 0)

        try:
            return wait_until(there, timeout=WINDOW_TIMEOUT_SECONDS, what=what, poll=0.02)
        except WaitTimeout as error:
            raise NoWindow(str(error)) from error
