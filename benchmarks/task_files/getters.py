"""What metrics look at: files and answers of the sandbox, and what the task's author wrote down.

A file is given as a copy on this machine.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from deskhand.benchmarks.task_files import files
from deskhand.benchmarks.task_files.place import NothingThere, Place
from deskhand.benchmarks.task_files.steps import CommandStep, GivenParameters, GuestPath, made
from deskhand.errors import SandboxError, SandboxLost, UsageError
from deskhand.sandbox.abilities import read_accessibility


class TaskRule(GivenParameters):
    """What is expected stands in the task itself."""

    rules: Any = None


def rule(place: Place, given: TaskRule) -> Any:
    return given.rules


class Files(GivenParameters):
    """A file, or with ``multi`` several, of which those numbered in ``gives`` are looked at.

    ``dest`` are the names of the copies.
    """

    path: str | tuple[str, ...]
    dest: str | tuple[str, ...] = ()
    multi: bool = False
    gives: tuple[int, ...] = (0,)

    def pairs(self) -> list[tuple[str, str]]:
        """Each path with the name of its copy."""
        paths = (self.path,) if isinstance(self.path, str) else self.path
        names = (self.dest,) if isinstance(self.dest, str) else self.dest
        if len(paths) > 100:
            raise UsageError(f"a getter asks for {len(paths)} files")
        return [(path, names[number] if number < len(names) else path) for number, path in enumerate(paths)]

    def chosen(self, copies: list[Any]) -> Any:
        if not self.multi:
            return copies[0]
        given = [copies[number] for number in self.gives if 0 <= number < len(copies)]
        return given[0] if len(given) == 1 else given


class GuestFiles(Files):
    """The same, in the sandbox's home folder."""

    path: GuestPath | tuple[GuestPath, ...]


def vm_file(place: Place, given: GuestFiles) -> Any:
    """A file of the sandbox; a list where several are asked for."""
    return given.chosen([place.copy(place.read(path), name) for path, name in given.pairs()])


def cloud_file(place: Place, given: Files) -> Any:
    """A file that OSWorld downloads, from beside the task."""
    found = [(files.downloaded(place.beside, url, name), name) for url, name in given.pairs()]
    return given.chosen([place.copy(path.read_bytes(), name) for path, name in found])


class File(GivenParameters):
    """One file, by its path."""

    path: str


def cache_file(place: Place, given: File) -> Any:
    """What a step has kept under a name, or a file that came with the task."""
    kept = place.scratch / "cache" / given.path
    if "/" not in given.path and given.path not in ("", "..") and kept.is_file():
        return kept
    return place.local(given.path)


def local_file(place: Place, given: File) -> Any:
    """A file that came with the task."""
    return files.uploaded(place.beside, given.path)


class Made(GivenParameters):
    """The name of what makes a file, and its parameters if not what a seed drew."""

    make: str
    dest: str = ""
    parameters: dict[str, str] | None = None


def deskhand_made(place: Place, given: Made) -> Any:
    """A file that a task of the desk suite makes, to compare with."""
    return place.copy(made(place, given.make, given.parameters), given.dest or given.make)


class Asked(CommandStep):
    """A program whose answer is looked at."""


def vm_command_line(place: Place, given: Asked) -> str:
    """What a program writes to its standard output."""
    said = place.run(given.command, in_shell=given.shell).stdout.decode(errors="replace")
    return place.as_written(said)


def vm_command_error(place: Place, given: Asked) -> str:
    """What a program writes to its standard error."""
    return place.run(given.command, in_shell=given.shell).stderr.decode(errors="replace")


class Nothing(GivenParameters):
    """No parameters."""


def accessibility_tree(place: Place, given: Nothing) -> str:
    """What the applications report of what they show, as XML."""
    return read_accessibility(place.sandbox)


def vm_terminal_output(place: Place, given: Nothing) -> str:
    """The text of the terminal that has the keyboard, if it reports its text; xterm does not."""
    try:
        output = json.loads(place.ask_osworld("/terminal")).get("output")
    except SandboxLost:
        raise
    except (SandboxError, ValueError, AttributeError, RecursionError) as error:
        raise NothingThere(f"no terminal reports its text: {error}") from error
    if not isinstance(output, str):
        raise NothingThere("no terminal that reports its text has the focus")
    return output


class Folder(GivenParameters):
    """A folder of the sandbox's home folder."""

    path: GuestPath


def list_directory(place: Place, given: Folder) -> Any:
    """A folder of the sandbox with all that is in it: {"type", "name", "children"}."""
    inside = place.relative(given.path)
    try:
        answer = place.ask_osworld("/list_directory", {"path": f"{place.home}/{inside}"})
        return json.loads(answer)["directory_tree"]
    except SandboxLost:
        raise
    except (SandboxError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise NothingThere(f"there is no folder {inside}") from error


class OnlyFile(Folder):
    """A folder of the sandbox, and the name of the copy."""

    dest: str


def deskhand_only_file(place: Place, given: OnlyFile) -> Path:
    """A copy of the one file of a folder, whatever its name; files whose names begin with a dot do not count.

    Some applications give a file another name each time that they save it.
    """
    inside = place.relative(given.path)
    line = ["find", f"./{inside}", "-mindepth", "1", "-maxdepth", "1", "-type", "f", "-not", "-name", ".*"]
    names = place.run([*line, "-printf", r"%f\0"]).stdout.decode(errors="replace").split("\0")[:-1]
    if len(names) != 1:
        raise NothingThere(f"{inside} contains {len(names)} files, but exactly one is expected")
    return place.copy(place.read(f"{inside}/{names[0]}"), given.dest)


def vm_screen_size(place: Place, given: Nothing) -> dict[str, int]:
    """The screen's width and height."""
    size = place.sandbox.screenshot().viewport
    return {"width": size.width, "height": size.height}


def deskhand_answer(place: Place, given: Nothing) -> str:
    """What the agent answered."""
    answer = place.result.answer if place.result is not None else None
    if answer is None:
        raise NothingThere("the agent gave no answer")
    return answer
