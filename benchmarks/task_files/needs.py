"""What a task's commands need of a sandbox, looked for before the task begins.

A command that sets or reads a setting of GNOME does nothing where that setting is not known, and a shell line
goes on without a program that it calls, or starts none: each would be taken for an agent that did not do the
task. So would a page of the internet that does not come.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from urllib.parse import urlsplit

from deskhand.benchmarks.task_files.place import PLAIN, NothingThere, Place, begun
from deskhand.benchmarks.task_files.program_getters import NoDetails, default_video_player
from deskhand.benchmarks.task_files.task import Object, OsworldTask
from deskhand.errors import EnvironmentProblem

_SETTING = re.compile(r"\bgsettings\s+(?:get|set|reset)\s+(\w[\w.:/-]{0,199})\s+(\w[\w-]{0,99})")
_PROGRAMS = {
    re.compile(r"\|\s*bc\b"): ("bc", "--version"),
    re.compile(r"\btimedatectl\b"): ("timedatectl", "show"),
    re.compile(r"\bxsel\b"): ("xsel", "--version"),
    re.compile(r"\bpactl\b"): ("pactl", "info"),
}
"""What a shell line may use, and how it is asked whether it works: the line goes on without it."""
TERMINALS = ("gnome-terminal", "xfce4-terminal", "mate-terminal", "lxterminal")
"""Terminals that report their text; xterm does not."""
OFFICE = ("writer", "calc", "impress", "draw", "base", "math")
"""LibreOffice's parts. Debian has a program for each (lowriter); without it a start centre comes instead."""
_OFFICE = re.compile(rf"\b(?:libreoffice|soffice)\b.{{0,300}}?\s--?({'|'.join(OFFICE)})(?!\S)")
_ROOT = re.compile(r"\bsudo\b")
_SITE = re.compile(r"https?://(?:[^\s/@]{0,200}@)?([A-Za-z0-9][A-Za-z0-9.-]{0,252})")
_OWN = re.compile(r"localhost|127(?:\.\d+){3}|.*\.(?:local|localhost|internal)")
"""Hosts that are not on the internet."""
PACKAGES = {
    "org.gnome.desktop.": "gsettings-desktop-schemas",
    "org.gnome.settings-daemon.": "gnome-settings-daemon-common",
    "org.gnome.shell": "gnome-shell-common",
}
"""Debian's packages with the settings whose names begin so."""


def require_needs(task: OsworldTask, place: Place) -> None:
    """See that a sandbox has the settings and programs that a task's commands use, and reaches its pages.

    Of checks of which one is enough, one has to be possible.

    Raises:
        EnvironmentProblem: it has not; says what is missing and what to install.
    """
    evaluator = task.evaluator
    if not evaluator.infeasible:
        _reach(task, place)
    steps = (step.parameters for step in (*task.config, *evaluator.postconfig))
    if missing := next(_missing(steps, place), ""):
        raise EnvironmentProblem(missing)
    lines = (_command(step.parameters) for step in task.config if step.parameters.get("shell"))
    for name in dict.fromkeys(name for line in lines for name in begun(place.without_installs(line))):
        if place.lacks(name):
            raise EnvironmentProblem(place.has_no(name))
    pairs = ((check.result, check.expected) for check in evaluator.checks())
    found = [next(chain(_missing(filter(None, pair), place), _unseen(*pair, place)), "") for pair in pairs]
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
        for name in _OFFICE.findall(text):
            if place.lacks(f"lo{name}") and not all(place.lacks(f"lo{other}") for other in OFFICE):
                yield (
                    f"LibreOffice in the sandbox {place.sandbox.name} has no {name.capitalize()}, which the "
                    f"task starts: install libreoffice-{name} where the sandbox runs"
                )
        text = place.without_installs(text)
        if _ROOT.search(text) and (why := place.why_not_root):
            yield (
                f"the sandbox {place.sandbox.name} lets nobody become its administrator ({why}), which the "
                f"task's command needs: {text[:200]!r}"
            )
        for schema, key in dict.fromkeys(_SETTING.findall(text)):
            if reason := _ask(place, ["gsettings", "get", schema, key]):
                yield (
                    f"the sandbox {place.sandbox.name} does not know the setting {schema} {key}, which the "
                    f"task's commands use ({reason}): install {_package(schema)} where the sandbox runs"
                )


def _unseen(result: Object | None, expected: Object | None, place: Place) -> Iterator[str]:
    """What the sandbox lacks of the programs that a check is about."""
    kind = (result or {}).get("type")
    if kind == "vm_terminal_output" and all(map(place.lacks, TERMINALS)):
        yield (
            f"the sandbox {place.sandbox.name} has no terminal that reports its text, which the task "
            f"looks at: install {TERMINALS[0]} where the sandbox runs"
        )
    elif kind == "default_video_player":
        rules = (expected or {}).get("rules")
        names = rules.get("include") if isinstance(rules, dict) else None
        for name in map(str, names if isinstance(names, list) else ()):
            player = name.removesuffix(".desktop")
            if player == name or not PLAIN.fullmatch(player):
                continue
            if place.lacks(player):
                yield place.has_no(player)
            elif default_video_player(place, NoDetails()).strip() == name:
                yield (
                    f"{player} opens films already in the sandbox {place.sandbox.name}, as the task is to "
                    "make it: install a second player where the sandbox runs, and have that one open them"
                )


def sites(task: OsworldTask) -> tuple[str, ...]:
    """The hosts of the internet that a task opens or speaks of, each once."""
    urls = [task.instruction]
    for step in task.config:
        if step.type == "chrome_open_tabs":
            urls += [str(url) for url in step.parameters.get("urls_to_open", ())]
        elif step.type == "launch":
            urls.append(_command(step.parameters))
    hosts = (host.lower().rstrip(".") for url in urls for host in _SITE.findall(url))
    return tuple(dict.fromkeys(host for host in hosts if not _OWN.fullmatch(host)))


def _reach(task: OsworldTask, place: Place) -> None:
    """See that the sandbox finds the first of a task's hosts, or the proxy that is asked for them.

    Raises:
        EnvironmentProblem: it does not.
    """
    for site in sites(task)[:1]:
        host = urlsplit(place.proxy).hostname or site
        try:
            found = place.run(["getent", "ahosts", host], timeout=30).returncode == 0
        except NothingThere:
            found = False
        if not found:
            raise EnvironmentProblem(
                f"the task needs the internet: {host} is not found from the sandbox {place.sandbox.name}"
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
