"""What a task's commands need of a sandbox, looked for before the task begins.

A command that sets or reads a setting of GNOME does nothing where that setting is not known, and a shell line
goes on without a program that it calls: either would be taken for an agent that did not do the task.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from deskhand.benchmarks.task_files.place import NothingThere, Place
from deskhand.benchmarks.task_files.task import Object, OsworldTask
from deskhand.errors import EnvironmentProblem

_SETTING = re.compile(r"\bgsettings\s+(?:get|set|reset)\s+(\w[\w.:/-]{0,199})\s+(\w[\w-]{0,99})")
_PROGRAMS = {
    re.compile(r"\|\s*bc\b"): ("bc", "--version"),
    re.compile(r"\btimedatectl\b"): ("timedatectl", "show"),
    re.compile(r"\bxsel\b"): ("xsel", "--version"),
}
"""What a shell line may use, and how it is asked whether it works: the line goes on without it."""
PACKAGES = {
    "org.gnome.desktop.": "gsettings-desktop-schemas",
    "org.gnome.settings-daemon.": "gnome-settings-daemon-common",
    "org.gnome.shell": "gnome-shell-common",
}
"""Debian's packages with the settings whose names begin so."""


def require_needs(task: OsworldTask, place: Place) -> None:
    """See that a sandbox has the settings and the programs that a task's commands use.

    Of checks of which one is enough, one has to be possible.

    Raises:
        EnvironmentProblem: it has not; says what is missing and what to install.
    """
    evaluator = task.evaluator
    steps = (step.parameters for step in (*task.config, *evaluator.postconfig))
    if missing := next(_missing(steps, place), ""):
        raise EnvironmentProblem(missing)
    pairs = ((check.result, check.expected) for check in evaluator.checks())
    found = [next(_missing(filter(None, pair), place), "") for pair in pairs]
    if any(found) and (evaluator.conj == "and" or all(found)):
        raise EnvironmentProblem(next(filter(None, found)))


def _missing(parts: Iterable[Object], place: Place) -> Iterator[str]:
    """What the sandbox lacks of what the commands of some steps or getters name."""
    for text in map(_command, parts):
        for pattern, command in _PROGRAMS.items():
            if pattern.search(text) and (reason := _ask(place, list(command))):
                yield (
                    f"{command[0]} does not work in the sandbox {place.sandbox.name}, and the task's "
                    f"commands use it ({reason}): take a machine where it does"
                )
        for schema, key in dict.fromkeys(_SETTING.findall(text)):
            if reason := _ask(place, ["gsettings", "get", schema, key]):
                yield (
                    f"the sandbox {place.sandbox.name} does not know the setting {schema} {key}, which the "
                    f"task's commands use ({reason}): install {_package(schema)} where the sandbox runs"
                )


def _command(part: Object) -> str:
    command = part.get("command", "")
    return " ".join(map(str, command)) if isinstance(command, list) else str(command)


def _ask(place: Place, command: list[str]) -> str:
    """Why a program fails; an empty text if it does not.

    Raises:
        EnvironmentProblem: it is not there, or does not end.
    """
    try:
        done = place.run(command, timeout=30)
    except NothingThere as error:
        raise EnvironmentProblem(f"{command[0]} cannot be run in the sandbox: {error}") from error
    return done.stderr.decode(errors="replace").strip()[:200] if done.returncode else ""


def _package(schema: str) -> str:
    found = (package for start, package in PACKAGES.items() if schema.startswith(start))
    return next(found, "the program that it belongs to")
