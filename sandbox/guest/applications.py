"""Installed applications: by program name for harnesses, by .desktop entry for agents.

Nothing here takes a command line. A program is a name that must be found on the search path; an
entry's command is a constant of the installed file, split without a shell. An application counts as there
when its window is painted, not when it is mapped: what is done before goes astray.
"""

from __future__ import annotations

import difflib
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from deskhand.sandbox.guest.busy import work_of
from deskhand.sandbox.guest.kinds import kind_of, program_for
from deskhand.sandbox.guest.programs import command_of, entries, entry_command, prepared, words_of
from deskhand.sandbox.guest.windows import MOST_OF_A_BLANK, activate, sample, windows
from deskhand.waiting import WaitTimeout, wait_until

_SLOWNESS = float(os.environ.get("DESKHAND_SLOWNESS", "1"))
"""An emulated processor needs several times as long; the session of such a machine says so."""
WINDOW_TIMEOUT_SECONDS = 30.0 * _SLOWNESS
PAINT_TIMEOUT_SECONDS = 3.0 * _SLOWNESS
STILL_SECONDS = 0.12 * _SLOWNESS
IDLE_SECONDS = 0.015
"""Processor time between two looks that is no work: a caret blinks."""

MOST_PREPARED = 100

PREPARED: list[str] = []
"""What was put in place for the programs that were started here, in words, each once."""

Shown = TypeVar("Shown")


class LaunchError(LookupError):
    """There is no such application; nothing was started."""


class NoWindow(OSError):
    """An application was started, and ended or showed no window in time."""


def launch(
    program: str, arguments: list[str], *, prepare: bool = True, env: Mapping[str, str] | None = None
) -> None:
    """Start an installed application and wait until it shows a new window.

    Args:
        program: a program on the search path, the path of one, or a menu entry by its name or file.
        prepare: with what ``deskhand.sandbox.guest.programs`` knows of it; not on a person's desktop.
        env: its environment; this one's own where it is None.

    Raises:
        LaunchError: there is no such application.
        NoWindow: it ended, or showed no window in time.
    """
    command = command_of(program)
    if command is None:
        raise LaunchError(f"there is no program named {program[:60]!r} on this desktop{_hint(program)}")
    _start(ready([*command, *arguments], prepare), env)


def open_entry(name: str, *, prepare: bool = True) -> None:
    """Start an application by the name, the file name or the program of its .desktop entry."""
    command = entry_command(name)
    if command is None:
        raise LaunchError(f"no application named {name[:60]!r} is installed on this desktop{_hint(name)}")
    _start(ready(command, prepare))


def _hint(name: str) -> str:
    """What may be meant by a name that nothing has; what else there is, where nothing is near."""
    first, _, rest = name.partition(" ")
    if rest and command_of(first) is not None:
        return f": a name comes without arguments; {first} has it, and a file is handed over by --open"
    known = {one.casefold(): one for one in (*names(), *(place.stem for place, _ in entries()))}
    near = difflib.get_close_matches(name.casefold(), known, 1, 0.6)
    if near:
        return f". Did you mean {known[near[0]]!r}?"
    return f"; there are: {', '.join(names()[:40]) or 'none'}"


def names() -> list[str]:
    """The applications of the menu, as ``open_entry`` knows them: sorted, each once."""
    return sorted({entry["name"] for _, entry in entries() if entry["name"]}, key=str.casefold)


def opener(target: str) -> str:
    """The application that opens a file of the home folder or an address, as ``launch`` takes it.

    Raises:
        LaunchError: none does; says which applications there are.
    """
    kind, shown = kind_of(target), os.path.basename(target)[:100]
    found = program_for(kind)
    if found is None:
        known = ", ".join(names()[:40]) or "none"
        raise LaunchError(f"no application on this desktop opens {kind} ({shown}); there are: {known}")
    return found.stem


def ready(command: list[str], prepare: bool) -> list[str]:
    """The command as it is started; what was prepared for it is remembered."""
    if not prepare:
        return command
    command, words = prepared(command)
    if words and words not in PREPARED and len(PREPARED) < MOST_PREPARED:
        PREPARED.append(words)
    return command


def open_file(path: Path, *, prepare: bool = True, env: Mapping[str, str] | None = None) -> None:
    """Open a file or folder with the desktop's application for its kind.

    It waits for a window with the file's name in its title, and gives that window the keyboard.

    Raises:
        LaunchError: no application opens such files.
        NoWindow: no such window appeared in time.
    """
    chosen = opener(str(path))
    entry = next(entry for place, entry in entries() if place.stem == chosen)
    activate(_open_with(ready(words_of(entry, path), prepare), path, env))


def _open_with(command: list[str], path: Path, env: Mapping[str, str] | None) -> int:
    """Start an application for a file; returns the number of the window with the file's name in its title."""
    before = _titled(path)

    def appeared(handed_over: bool) -> set[tuple[int, str]]:
        found = _titled(path)
        return found - before or (found if handed_over else set())

    return max(_begin(command, appeared, f"a window of {path.name}", env))[0]


def _titled(path: Path) -> set[tuple[int, str]]:
    """Windows with a file's name in their titles."""
    names = (path.name, path.stem)
    return {(w["id"], w["title"]) for w in windows() if w["mapped"] and any(n in w["title"] for n in names)}


def _start(command: list[str], env: Mapping[str, str] | None = None) -> None:
    known = {window["id"] for window in windows()}

    def appeared(handed_over: bool) -> set[int]:
        return {w["id"] for w in windows() if w["mapped"] and w["id"] not in known}

    _painted(_begin(command, appeared, f"a window of {command[0]}", env))


def _painted(found: set[int]) -> None:
    """Wait until these windows show more than a blank face and stand still; a while, since some never do.

    An office suite stands still half-painted while it loads, so it must be at rest too. What it waited for
    a processor is no time that it had.
    """
    pids = [int(window["pid"]) for window in windows() if window["id"] in found and window["pid"]]
    seen: dict[int, tuple[bytes, ...] | None] = {}
    begun = since = time.monotonic()
    first = before = work_of(pids)

    def done() -> bool:
        nonlocal seen, since, before
        now, work, at = {number: sample(number) for number in found}, work_of(pids), time.monotonic()
        if now != seen or work.wants or work.wanted - before.wanted > IDLE_SECONDS:
            since = at
        seen, before = now, work
        faces = [face for face in now.values() if face is not None]
        blank = bool(faces) and all(len(set(face)) <= MOST_OF_A_BLANK for face in faces)
        late = at - begun - (work.starved - first.starved) >= PAINT_TIMEOUT_SECONDS
        return late or (not blank and at - since >= STILL_SECONDS)

    with suppress(WaitTimeout):
        wait_until(done, timeout=WINDOW_TIMEOUT_SECONDS, what="a window to be painted", longest_poll=0.04)


def _begin(
    command: list[str], appeared: Callable[[bool], Shown], what: str, env: Mapping[str, str] | None
) -> Shown:
    """Start a program, wait for what shows that it is there, and return that.

    ``appeared`` is called with whether the program has handed over to an instance that ran already.
    """
    null = subprocess.DEVNULL
    with tempfile.TemporaryFile() as complaints:
        process = subprocess.Popen(
            command,
            stdin=null,
            stdout=null,
            stderr=complaints,
            cwd=os.path.expanduser("~"),
            env=env,
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
