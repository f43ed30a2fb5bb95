"""What metrics look at: files and answers of the sandbox, and what the task's author wrote down."""

from __future__ import annotations

from typing import Any

from deskhand.benchmarks.osworld.place import NothingThere, Place
from deskhand.benchmarks.osworld.steps import Command, Given


class Rule(Given):
    """What is expected stands in the task itself."""

    rules: Any = None


def rule(place: Place, given: Rule) -> Any:
    return given.rules


class VmFile(Given):
    """A file of the sandbox, or with ``multi`` several, of which ``gives`` are looked at."""

    path: str | tuple[str, ...]
    dest: str | tuple[str, ...] = ""
    multi: bool = False
    gives: tuple[int, ...] = (0,)


def vm_file(place: Place, given: VmFile) -> Any:
    """A copy of a file; a list of copies where several are asked for."""
    paths = (given.path,) if isinstance(given.path, str) else given.path
    copies = [place.copy(place.read(path), path) for path in paths]
    if not given.multi:
        return copies[0]
    chosen = [copies[index] for index in given.gives if 0 <= index < len(copies)]
    return chosen[0] if len(chosen) == 1 else chosen


class Asked(Command):
    """A program whose answer is looked at."""


def vm_command_line(place: Place, given: Asked) -> str:
    """What a program writes to its standard output."""
    return place.run(given.command, shell=given.shell).stdout.decode(errors="replace")


def vm_command_error(place: Place, given: Asked) -> str:
    """What a program writes to its standard error."""
    return place.run(given.command, shell=given.shell).stderr.decode(errors="replace")


class Nothing(Given):
    """No parameters."""


def deskhand_answer(place: Place, given: Nothing) -> str:
    """What the agent answered."""
    answer = place.result.answer if place.result is not None else None
    if answer is None:
        raise NothingThere("the agent gave no answer")
    return answer
