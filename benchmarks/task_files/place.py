"""Where a task is set up and looked at: the sandbox, its home, and the files that came with the task."""

from __future__ import annotations

import logging
import os
import posixpath
import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deskhand.agent.result import RunResult
from deskhand.benchmarks.task_files.filling import filled
from deskhand.errors import EnvironmentProblem, SandboxError, SandboxLost, UsageError
from deskhand.sandbox import abilities
from deskhand.sandbox.client import prepares
from deskhand.sandbox.protocol import Completed, Sandbox

log = logging.getLogger(__name__)

OSWORLD_HOME = "/home/user"
"""The home folder of OSWorld's machines. Where a file names it, the sandbox's home is meant."""

LARGEST_LOCAL = 64 << 20
LONGEST_PATH = 1000
LONGEST_NAME = 200
MOST_WORDS = 200
LONGEST_WORD = 100_000
COMMAND_SECONDS = 120.0
"""As long as OSWorld's own server gives a program."""

MakeFile = Callable[[str, Mapping[str, str] | None], bytes]

PASSWORD_VARIABLE = "DESKHAND_OSWORLD_PASSWORD"
"""Names the password of the machine's user; OSWorld's own machines have "password"."""
PROXY_VARIABLE = "DESKHAND_OSWORLD_PROXY"
"""Names the proxy through which the browser opens the pages of tasks that ask for one."""

_PROXY = re.compile(r"(?:https?|socks[45])://[A-Za-z0-9.-]{1,253}:\d{1,5}")
_HOME = re.compile(r"/home/user(?![\w.-])")
_PLACEHOLDER = re.compile(r"\{(CLIENT_PASSWORD|SCREEN_(?:WIDTH|HEIGHT)(?:_HALF)?)\}")
_INSTALL = re.compile(r"echo \S+ \| sudo -S apt(?:-get)? (?:update|install)((?: [\w.+-]+)*)")
"""How task files install Debian's packages; those that are named have programs of the same name."""
PLAIN = re.compile(r"[A-Za-z][\w.+-]{0,99}")
"""The name of a program without its folder."""
_ASSIGNED = re.compile(r"\w+=.*", re.DOTALL)
_PREPARE = """
import sys
try:
    from deskhand.sandbox.guest.programs import prepared
except ImportError:
    sys.exit()
prepared(sys.argv[1:])
"""
_PROGRAMS = {"python": "python3"}
"""OSWorld's machines have a program python; Debian has only this name."""


class NothingThere(Exception):
    """A getter found nothing to look at, or a metric something that it cannot read: the task is not done.

    The message says what was looked for.
    """


class TooMuch(EnvironmentProblem):
    """A file takes more room or time to be read than there is.

    That is nobody's failure where the file came with the task, and the agent's where it made the file.
    """


def begun(text: str) -> Iterator[str]:
    """The programs that the lines of a shell begin with; none where one text goes over several lines."""
    try:
        lines = [] if "<<" in text else [shlex.split(line, comments=True) for line in text.splitlines()]
    except ValueError:
        return
    for words in lines:
        name = next((word for word in words if not _ASSIGNED.fullmatch(word)), "")
        if PLAIN.fullmatch(name):
            yield name


def _password() -> str:
    return os.environ.get(PASSWORD_VARIABLE, "password")


def proxy_in(variables: Mapping[str, str]) -> str:
    """The proxy that the environment names; empty if it names none.

    Raises:
        UsageError: it is no address of a proxy. Chrome takes none with a password.
    """
    given = variables.get(PROXY_VARIABLE, "")
    if given and not _PROXY.fullmatch(given):
        raise UsageError(
            f"{PROXY_VARIABLE} must be the address of a proxy as the sandbox reaches it, such as "
            "http://127.0.0.1:18888, without a name or a password"
        )
    return given


@dataclass(slots=True)
class Place:
    """What steps, getters and metrics get to work with.

    Attributes:
        sandbox: where the task is.
        scratch: an empty folder of this machine, for copies of files that metrics read.
        beside: the folder with the files that came with the task, if there is one.
        result: how the agent's run ended, once it has.
        make: makes the files that a task of the desk suite has at the start, by name.
        side: what is copied now is kept apart under this name: "result", "expected".
        brought: the files that the set-up put into the sandbox, by their paths in the home folder.
        proxy: the address through which the browser reaches the internet; empty: it does so itself.
    """

    sandbox: Sandbox
    scratch: Path
    beside: Path | None = None
    result: RunResult | None = None
    make: MakeFile | None = None
    side: str = "cache"
    brought: Mapping[str, Path] = field(default_factory=dict)
    proxy: str = ""
    _home: str = field(default="", init=False)
    _warned: set[str] = field(default_factory=set, init=False)
    _why_not_root: str | None = field(default=None, init=False)

    @property
    def home(self) -> str:
        """The sandbox's home folder."""
        if not self._home:
            done = self.sandbox.run(["printenv", "HOME"], timeout=10)
            self._home = done.stdout.decode(errors="replace").strip() or OSWORLD_HOME
        return self._home

    def relative(self, path: str) -> str:
        """A path of a task as one inside the sandbox's home.

        Raises:
            UsageError: it leads out of there.
        """
        return home_path(path, self.home)

    def word(self, text: str) -> str:
        """A word of a command, with the sandbox's home for OSWorld's, and its screen's size and password."""
        if names := set(_PLACEHOLDER.findall(text)):
            text = filled(text, self._facts(names))
        return _HOME.sub(lambda found: self.home, text)

    def _facts(self, names: Set[str]) -> dict[str, str]:
        """What placeholders of these names stand for."""
        facts = {"CLIENT_PASSWORD": _password()}
        if names - facts.keys():
            size = self.sandbox.screenshot().viewport
            for side, length in (("WIDTH", size.width), ("HEIGHT", size.height)):
                facts |= {f"SCREEN_{side}": str(length), f"SCREEN_{side}_HALF": str(length // 2)}
        return facts

    def as_written(self, text: str) -> str:
        """What a program of the sandbox says, with OSWorld's home where it names the sandbox's."""
        own = re.escape(self.home)
        return re.sub(rf"{own}(?![\w.-])", lambda found: OSWORLD_HOME, text)

    def run(
        self,
        command: Sequence[str],
        *,
        in_shell: bool = False,
        timeout: float = COMMAND_SECONDS,
        stdin: bytes = b"",
    ) -> Completed:
        """Run a task's command inside the sandbox; with ``in_shell`` by the shell in there, as files ask.

        Raises:
            NothingThere: it took too long, or is a file of the home folder that is not there.
            EnvironmentProblem: the sandbox lacks this program.
            SandboxLost: the sandbox is gone.
        """
        words = [self.word(word) for word in command]
        line = (
            ["sh", "-c", *map(self.without_installs, words)]
            if in_shell
            else [_PROGRAMS.get(words[0], words[0]), *words[1:]]
        )
        try:
            return self.sandbox.run(line, timeout=timeout, stdin=stdin)
        except SandboxLost:
            raise
        except SandboxError as error:
            if self.lacks(line[0]):
                raise EnvironmentProblem(self.has_no(line[0])) from error
            raise NothingThere(str(error)) from error

    def prepare(self, program: str) -> None:
        """Lay the settings for a program's first start, as a launch does, in a sandbox of ours.

        Other machines know of none, and are left as they are; so are all with ``DESKHAND_PREPARE=0``.
        """
        if prepares():
            self.sandbox.run(["python3", "-c", _PREPARE, program], timeout=COMMAND_SECONDS)

    def has_no(self, program: str) -> str:
        """What to say of a program that the sandbox lacks."""
        what = f"the sandbox {self.sandbox.name} has no program {program[:80]!r}, which the task runs"
        return f"{what}: install it where the sandbox runs"

    @property
    def why_not_root(self) -> str:
        """Why sudo with the password does not make the user the administrator; empty where it does."""
        if self._why_not_root is None:
            self._why_not_root = self._sudo_fails()
        return self._why_not_root

    def without_installs(self, line: str) -> str:
        """A shell line without installing what is there already, where nobody can install anything."""
        if not _INSTALL.search(line) or not self.why_not_root:
            return line

        def there(found: re.Match[str]) -> str:
            names = [word for word in found[1].split() if not word.startswith("-")]
            return found[0] if any(map(self.lacks, names)) else "true"

        return _INSTALL.sub(there, line)

    def lacks(self, program: str) -> bool:
        """Whether the sandbox lacks a program. One that is named by its path may be the agent's to make."""
        if "/" in program:
            return False
        try:
            asked = self.sandbox.run(["sh", "-c", 'command -v -- "$1"', "sh", program], timeout=10)
        except SandboxLost:
            raise
        except SandboxError:
            return False  # nothing can be run there any more, say because its home folder is gone
        return asked.returncode != 0

    def ask_osworld(self, path: str, wanted: Mapping[str, Any] | None = None) -> bytes:
        """Send a request of OSWorld's guest protocol, with an object if it takes one.

        Raises:
            SandboxError: it was refused.
            EnvironmentProblem: this kind of sandbox does not speak it.
        """
        return abilities.ask_osworld(self.sandbox, path, wanted)

    def enable_accessibility(self) -> None:
        """Have programs started from now on report what they show, where they do not do so anyway."""
        abilities.enable_accessibility(self.sandbox)

    def _sudo_fails(self) -> str:
        asked = ["sh", "-c", "command -v sudo >/dev/null || exit 127; exec sudo -S -k -p '' true"]
        try:
            done = self.sandbox.run(asked, timeout=30, stdin=f"{_password()}\n".encode())
        except SandboxLost:
            raise
        except SandboxError as error:
            return str(error)
        if done.returncode == 127:
            return "it has no sudo"
        said = done.stderr.decode(errors="replace").splitlines() or [f"sudo ends with {done.returncode}"]
        return said[0][:200] if done.returncode else ""

    def read(self, path: str) -> bytes:
        """A file of the sandbox.

        Raises:
            NothingThere: it is not there.
            UsageError: the path leads out of the sandbox's home.
        """
        inside = self.relative(path)
        try:
            return self.sandbox.read_file(inside)
        except SandboxLost:
            raise
        except SandboxError as error:
            raise NothingThere(f"there is no file {inside}") from error

    def warn(self, text: str) -> None:
        """Log a warning, once: a check is asked again and again while a program may still be writing."""
        if text not in self._warned:
            self._warned.add(text)
            log.warning("%s", text)

    def copy(self, data: bytes, name: str) -> Path:
        """Keep bytes in the scratch folder, under the last part of ``name``.

        Raises:
            UsageError: that names no file.
        """
        folder = self.scratch / self.side
        folder.mkdir(exist_ok=True)
        copied = folder / file_name(name)
        copied.write_bytes(data)
        return copied

    def local(self, path: str) -> Path:
        """A file that came with the task; links are not followed out of its folder.

        Raises:
            UsageError: there is no such folder or file, or the path leads out.
        """
        return local_file(self.beside, path)


def file_name(path: str) -> str:
    """The last part of a path, as the name of a file of ours.

    Raises:
        UsageError: it is none.
    """
    name = path.replace("\\", "/").rsplit("/", 1)[-1]
    if not name or name in (".", "..") or len(name.encode()) > LONGEST_NAME or not name.isprintable():
        raise UsageError(f"{path[:200]!r} does not end in a file's name")
    return name


def home_path(path: str, home: str) -> str:
    """A task's path, relative to the home folder: "/home/user/a", "~/a" and "a" are all "a".

    Raises:
        UsageError: it is no path inside there.
    """
    given = path
    for prefix in ("~", OSWORLD_HOME, home):
        if path == prefix or path.startswith(f"{prefix}/"):
            path = path[len(prefix) :].lstrip("/") or "."
            break
    inside = posixpath.normpath(path)
    bad = not path or len(path) > LONGEST_PATH or "\0" in path
    if bad or inside.startswith("/") or inside == ".." or inside.startswith("../"):
        raise UsageError(f"{given[:200]!r} is not in the sandbox's home folder")
    return inside


def path_of_home(path: str) -> str:
    """A task's path as it stands, if it can be one inside a home folder, whatever that is called.

    Raises:
        ValueError: it cannot.
    """
    owner = re.match(r"/home/[^/]+", path)
    try:
        home_path(path, owner[0] if owner is not None else OSWORLD_HOME)
    except UsageError as error:
        raise ValueError(str(error)) from error
    return path


def local_file(folder: Path | None, path: str) -> Path:
    """A regular file in ``folder``.

    Raises:
        UsageError: it is not there, larger than 64 MiB, or its path leads out of the folder.
    """
    if folder is None:
        raise UsageError(f"the task wants the file {path[:200]!r}, but it came without files")
    bad = not path or len(path) > LONGEST_PATH or "\0" in path
    place = folder if bad else (folder / path).resolve()
    if bad or not place.is_relative_to(folder.resolve()):
        raise UsageError(f"{path[:200]!r} is not in {folder}, where the task's files are")
    if not place.is_file():
        raise UsageError(f"the task wants the file {path[:200]!r}, which is not in {folder}")
    if place.stat().st_size > LARGEST_LOCAL:
        raise UsageError(f"{place} is larger than {LARGEST_LOCAL >> 20} MiB")
    return place


def words_of(command: Any, *, in_shell: bool = False) -> list[str]:
    """A command's words as OSWorld reads them: a text is split at its spaces, unless a shell gets it.

    Raises:
        ValueError: it is no command.
    """
    if isinstance(command, str):
        command = [command] if in_shell else shlex.split(command)
    if not isinstance(command, list | tuple) or not 0 < len(command) <= MOST_WORDS:
        raise ValueError("a command is a list of words")
    if not all(isinstance(word, str) and len(word) <= LONGEST_WORD and "\0" not in word for word in command):
        raise ValueError("a command's words are texts")
    return list(command)
