"""Files and addresses that a run is given: read here, laid on its desktop, kept with its trajectory.

The original is read once and never touched. A desktop of its own gets a copy in its home folder; on a
person's real desktop, whose home is no run's, the copy lies in the run's own folder.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from deskhand.disk import read_below, read_regular_file, safe_relative, write_new_file, writing
from deskhand.errors import SandboxError, SandboxLost, TrajectoryError, UsageError
from deskhand.sandbox.abilities import opener_of
from deskhand.sandbox.protocol import Sandbox
from deskhand.trajectories.reader import Trajectory
from deskhand.trajectories.records import GIVEN_FOLDER, Task
from deskhand.trajectories.writer import TrajectoryWriter

OPENED = "opened"
"""Folder in a run's own, with the copies that programs of the real desktop open."""
MOST_GIVEN = 20
MOST_BYTES = 64 << 20
"""Of all files of a run together: as much as a trajectory keeps of what a run made."""
LONGEST_ADDRESS = 2000
WITHOUT_NETWORK = ("lightbox", "vm")
"""Sandboxes from which no page of the web can be reached."""

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_UNTYPED = re.compile(r"[\x00-\x20\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class GivenFile:
    """A file that a run is given: its name on the desktop, and what is in it."""

    name: str
    content: bytes = field(repr=False)


Openable = str | Path | GivenFile
"""A file's path on this machine, an address of the web, or a file that was read already."""


def read_openable(wanted: Sequence[Openable]) -> tuple[GivenFile | str, ...]:
    """Read the files, and check the addresses; what was read already stays as it is.

    Raises:
        UsageError: one is no plain file or no address of the web, has a name that another has or that
            no desktop can be given, or all together are too many or too large.
    """
    if len(wanted) > MOST_GIVEN:
        raise UsageError(f"{len(wanted)} files and addresses are to be opened: at most {MOST_GIVEN} can be")
    found: list[GivenFile | str] = []
    left = MOST_BYTES
    for one in wanted:
        if isinstance(one, str) and _ADDRESS.match(one):
            found.append(_address(one))
            continue
        made = one if isinstance(one, GivenFile) else _read(Path(one), left)
        if any(isinstance(other, GivenFile) and other.name == made.name for other in found):
            raise UsageError(
                f"two files to be opened are called {made.name[:80]!r}: the desktop has one folder for them, "
                "so give one another name"
            )
        left -= len(made.content)
        found.append(made)
    return tuple(found)


def addresses(opened: Sequence[GivenFile | str]) -> tuple[str, ...]:
    """The addresses among what is opened."""
    return tuple(one for one in opened if isinstance(one, str))


def given_in(recorded: Trajectory) -> tuple[GivenFile, ...]:
    """The files that a recorded run was given, as they were.

    Raises:
        TrajectoryError: one of them is not there any more; give it again with --open.
    """
    try:
        folder = recorded.folder / "files"
        return tuple(
            GivenFile(name, read_below(folder, f"{GIVEN_FOLDER}/{name}", MOST_BYTES))
            for name in recorded.task.given
        )
    except TrajectoryError as error:
        raise TrajectoryError(
            f"a file that the recording was given is not in it any more ({error}): give it with --open"
        ) from error


def given_again(recorded: Trajectory, wanted: Sequence[Openable] = ()) -> tuple[GivenFile, ...]:
    """The files for another run of a recording: its own, or others in their order and under their names.

    Raises:
        UsageError: they are not as many as the recording was given, or as ``read_openable``.
        TrajectoryError: as ``given_in``.
    """
    if not wanted:
        return given_in(recorded)
    names, files = recorded.task.given, read_openable(wanted)
    if addresses(files):
        raise UsageError(
            f"the recording was given files, so it is given no address: {addresses(files)[0][:80]}"
        )
    if len(files) != len(names):
        had = ", ".join(names) or "none"
        raise UsageError(f"the recording was given {len(names)} files ({had}), and --open names {len(files)}")
    contents = [file.content for file in files if isinstance(file, GivenFile)]
    return tuple(GivenFile(name, content) for name, content in zip(names, contents, strict=True))


class Opening:
    """What is opened before the first look, from the task and from what the run is given beside it.

    Args:
        task: its program, if any, opens all of it. Files that it names as given are not opened twice.
        opened: as ``read_openable`` returns it.
    """

    def __init__(self, task: Task, opened: Sequence[GivenFile | str] = ()) -> None:
        self.files = tuple(one for one in opened if isinstance(one, GivenFile))
        names = [one.name if isinstance(one, GivenFile) else one for one in opened]
        lacking = [name for name in task.given if name not in names]
        if lacking:
            raise UsageError(f"the task is given {lacking[0][:80]!r}, and no such file came with it")
        new = [name for name in names if name not in task.given]
        self.task = task.model_copy(
            update={
                "arguments": (*task.arguments, *new),
                "given": tuple(one.name for one in self.files),
            }
        )
        self._new = new
        self._places: dict[str, str] = {}
        self._copies: dict[str, Path] = {}

    def lay(self, sandbox: Sandbox, folder: Callable[[], Path]) -> Task:
        """Put the files where programs of the desktop can open them; the task, with the program that does.

        Args:
            folder: makes or names the run's own folder.

        Raises:
            UsageError: the files are opened by several programs, or one would be written over.
            SandboxError: no program opens one, or it cannot be written.
            LogError: the run's folder cannot be written.
        """
        for file in self.files:
            if sandbox.name == "host":
                self._places[file.name] = str(self._copy(file, folder()))
            else:
                _write(sandbox, file)
        if self.files and not self._places:
            home = sandbox.run(["pwd"]).stdout.decode(errors="replace").strip()
            self._places = {
                one.name: f"{home if home.startswith('/') else '.'}/{one.name}" for one in self.files
            }
        if self.task.launch is None and self._new:
            program = self._program(sandbox)
            self.task = self.task.model_copy(update={"launch": program})
        return self.task

    def launch(self, sandbox: Sandbox) -> None:
        """Start the task's program, if it has one, with all that it opens.

        Raises:
            SandboxError: there is no such program, or no window appeared in time.
        """
        if self.task.launch is not None:
            words = [self._places.get(word, word) for word in self.task.arguments]
            sandbox.launch(self.task.launch, words)

    def keep(self, writer: TrajectoryWriter) -> None:
        """Keep the files as they were with the trajectory, so that it can be done again."""
        for file in self.files:
            writer.add_file(f"{GIVEN_FOLDER}/{file.name}", file.content)

    def keep_changed(
        self,
        writer: TrajectoryWriter,
        note: Callable[[str], None],
        may_keep: Callable[[str, bytes], bool] = lambda path, content: True,
    ) -> None:
        """Keep, at the end of a run on the real desktop, the copies as they are now."""
        for name, place in self._copies.items():
            try:
                content = read_regular_file(place, MOST_BYTES)
                if may_keep(name, content):
                    writer.add_file(name, content)
                else:
                    note("a file was not kept: something hidden stands in it")
            except (TrajectoryError, UsageError) as error:
                note(f"{name} was not kept: {error}")

    def _copy(self, file: GivenFile, folder: Path) -> Path:
        place = folder / OPENED / file.name
        with writing(f"{OPENED}/{file.name}", folder):
            place.parent.mkdir(parents=True, exist_ok=True)
        if os.path.lexists(place):
            raise UsageError(f"{place} is there already: choose another folder with --out")
        write_new_file(place, file.content)
        self._copies[file.name] = place
        return place.absolute()

    def _program(self, sandbox: Sandbox) -> str:
        """The one program that opens all of it."""
        found: dict[str, str] = {}
        for name in self._new:
            found.setdefault(opener_of(sandbox, self._places.get(name, name)), name)
        if len(found) > 1:
            said = ", ".join(f"{name[:80]} by {program}" for program, name in found.items())
            raise UsageError(
                f"what is to be opened is opened by several programs ({said}): name one with --launch"
            )
        return next(iter(found))


def made_files(writer: TrajectoryWriter) -> tuple[str, ...]:
    """The files that a run made, among those that were kept with its trajectory."""
    return tuple(name for name in writer.files if not name.startswith(f"{GIVEN_FOLDER}/"))


def _write(sandbox: Sandbox, file: GivenFile) -> None:
    """Write a file into the desktop's home, over none of a machine that is not ours."""
    if sandbox.name == "remote":
        there = None
        try:
            there = sandbox.read_file(file.name)
        except SandboxLost:
            raise
        except SandboxError:
            pass  # it is not there
        if there is not None and there != file.content:
            raise UsageError(
                f"the machine has another file {file.name[:80]!r} in its home folder, which is not written "
                "over: give yours another name"
            )
    try:
        sandbox.write_file(file.name, file.content)
    except SandboxLost:
        raise
    except SandboxError as error:
        raise SandboxError(f"{file.name[:80]!r} cannot be given to the desktop: {error}") from error


def _address(text: str) -> str:
    try:
        parts = urlsplit(text)
        known = parts.scheme.lower() in ("http", "https") and bool(parts.hostname)
        secret = parts.username is not None or parts.password is not None
    except ValueError as error:
        raise UsageError(f"{text[:80]!r} is no address of the web: {error}") from error
    if not known:
        raise UsageError(f"{text[:80]!r} cannot be opened: an address begins with http:// or https://")
    if secret:
        raise UsageError("an address with a name or a password in it would be written down: leave them out")
    if len(text) > LONGEST_ADDRESS or _UNTYPED.search(text):
        raise UsageError(
            f"{text[:80]!r} is no address: at most {LONGEST_ADDRESS} characters, and no blanks among them"
        )
    return text


def _read(path: Path, left: int) -> GivenFile:
    """A file of this machine; of a link, what it leads to, under the link's name."""
    shown = str(path)[:200]
    try:
        facts = path.stat()
        if stat.S_ISDIR(facts.st_mode):
            raise UsageError(f"{shown} is a folder: --open takes files; --share lends a folder to a lightbox")
        if not stat.S_ISREG(facts.st_mode):
            raise UsageError(f"{shown} is no plain file, so it cannot be copied to the desktop")
        if facts.st_size > left:
            raise UsageError(
                f"{shown} has {facts.st_size} bytes: files to be opened have at most {MOST_BYTES >> 20} MiB "
                "together; --share lends a folder to a lightbox"
            )
        with path.open("rb") as file:
            content = file.read(left + 1)
    except OSError as error:
        raise UsageError(f"{shown} cannot be opened: {error.strerror or error}") from error
    except ValueError as error:
        raise UsageError(f"{shown!r} is no file's name: {error}") from error
    if len(content) > left:
        raise UsageError(
            f"{shown} grew while it was read: files have at most {MOST_BYTES >> 20} MiB together"
        )
    name = path.name
    safe_relative(name)
    if name.startswith("."):
        raise UsageError(
            f"{shown} is a hidden file, which would be taken for settings and not come back: copy it under a "
            "name without the dot"
        )
    return GivenFile(name, content)
