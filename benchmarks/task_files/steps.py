"""What is done before an agent begins (``config``), and before its work is looked at (``postconfig``)."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from deskhand.actions.vocabulary import Key
from deskhand.benchmarks.task_files import files
from deskhand.benchmarks.task_files.browser import program
from deskhand.benchmarks.task_files.place import NothingThere, Place, begun, path_of_home, words_of
from deskhand.errors import SandboxError, UsageError
from deskhand.perception.watch.settle import settle
from deskhand.waiting import WaitTimeout, wait_until

GuestPath = Annotated[str, AfterValidator(path_of_home)]
"""A path in the sandbox's home folder."""

UNTIL_SECONDS = 60.0
LONGEST_SLEEP = 30.0
QUIET_SECONDS = 0.5

_SHELL = TypeAdapter(bool)
_DETACHED = 'setsid -f sh -c "$@" </dev/null >/dev/null 2>&1'
"""Starts the words that it is given, as a line for a shell of their own."""


class GivenParameters(BaseModel):
    """Parameters of a step; those that are not named are left alone."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class CommandStep(GivenParameters):
    """A program with its words; with ``shell`` a line that the sandbox's shell reads."""

    command: tuple[str, ...]
    shell: bool = False

    @model_validator(mode="before")
    @classmethod
    def _words(cls, data: Any) -> Any:
        if not isinstance(data, dict) or "command" not in data:
            return data
        shell = _SHELL.validate_python(data.get("shell", False))
        return {**data, "command": tuple(words_of(data["command"], in_shell=shell))}


def launch(place: Place, given: CommandStep) -> None:
    """Start a program and wait for its window; with a shell, start it without waiting.

    Chromium stands in for Chrome where there is none. One that ends programs is waited for, and they too. In
    a sandbox of ours a program asks no questions of a first start.

    Raises:
        SandboxError: there is no such program, or it shows no window.
    """
    words = list(map(place.word, given.command))
    if given.shell:
        for name in begun(words[0]):
            place.prepare(name)
        place.sandbox.run(["sh", "-c", _DETACHED, "sh", *words])
        return
    if program.ends(place, words):
        return
    name, *rest = program.command(place, words)
    place.sandbox.launch(name, rest)


class Execute(CommandStep):
    """A program that is run to its end, again and again until it says what ``until`` names.

    ``stdout`` and ``stderr`` are names under which what it writes is kept for the getter ``cache_file``.
    """

    stdout: str = ""
    stderr: str = ""
    until: dict[str, Any] = {}


def execute(place: Place, given: Execute) -> None:
    """Run a program inside the sandbox; how it ends is not looked at, as in OSWorld.

    Raises:
        SandboxError: what it is to say is never said.
        EnvironmentProblem: the sandbox lacks the program.
    """

    def there() -> bool:
        done = place.run(given.command, in_shell=given.shell)
        for name, said in ((given.stdout, done.stdout), (given.stderr, done.stderr)):
            if name:
                place.copy(said, name)
        output = {"returncode": done.returncode, "stdout": done.stdout, "stderr": done.stderr}
        return not given.until or any(_matches(output, key, wanted) for key, wanted in given.until.items())

    what = f"{given.command[0][:60]} to say {str(given.until)[:100]}"
    try:
        wait_until(there, timeout=UNTIL_SECONDS, what=what, poll=0.1, longest_poll=0.5)
    except (NothingThere, WaitTimeout) as error:
        raise SandboxError(str(error)) from error


def _matches(output: dict[str, Any], key: str, wanted: Any) -> bool:
    found = output.get(key)
    return str(wanted).encode() in found if isinstance(found, bytes) else found == wanted


class Download(GivenParameters):
    """Files with the addresses that OSWorld gets them from."""

    class File(GivenParameters):
        url: str
        path: GuestPath

    files: Annotated[tuple[File, ...], Field(max_length=100)]


def download(place: Place, given: Download) -> None:
    """Put files into the sandbox that lie beside the task; nothing is downloaded."""
    for file in given.files:
        found = files.downloaded(place.beside, file.url, file.path)
        place.sandbox.write_file(place.relative(file.path), found.read_bytes())


class Upload(GivenParameters):
    """Files of this machine, with their paths in the sandbox."""

    class File(GivenParameters):
        local_path: str
        path: GuestPath

    files: Annotated[tuple[File, ...], Field(max_length=100)]


def upload_file(place: Place, given: Upload) -> None:
    """Put files into the sandbox that lie beside the task."""
    for file in given.files:
        found = files.uploaded(place.beside, file.local_path)
        place.sandbox.write_file(place.relative(file.path), found.read_bytes())


class Open(GivenParameters):
    """A file of the sandbox."""

    path: GuestPath


def open_file(place: Place, given: Open) -> None:
    """Open a file with the application for its kind, and wait for its window."""
    inside = place.relative(given.path)
    place.ask_osworld("/setup/open_file", {"path": f"{place.home}/{inside}"})


class Sleep(GivenParameters):
    """Seconds."""

    seconds: Annotated[float, Field(ge=0, le=3600, allow_inf_nan=False)]


def sleep(place: Place, given: Sleep) -> None:
    """Wait until the screen has settled, and not for longer than 30 seconds: what was slept for is done."""
    rest(place, min(given.seconds, LONGEST_SLEEP))


def rest(place: Place, seconds: float, quiet: float = QUIET_SECONDS) -> None:
    """Wait until nothing new has appeared on the screen for a while, ``seconds`` at most."""
    sandbox = place.sandbox
    answer = min(sandbox.answer_seconds, seconds)
    settle(sandbox.screenshot, quiet=quiet, timeout=seconds, since=sandbox.screenshot(), answer=answer)


class DeskhandFile(GivenParameters):
    """A file: its text, or the name of what makes it.

    ``with`` are the parameters of the maker; what a seed drew where it is left out.
    """

    path: GuestPath
    text: str | None = None
    make: str | None = None
    parameters: dict[str, str] | None = Field(default=None, alias="with")


def deskhand_file(place: Place, given: DeskhandFile) -> None:
    """Write a file into the sandbox.

    Raises:
        UsageError: nothing of ours makes such a file.
    """
    if given.text is not None:
        data = given.text.encode()
    elif given.make is not None:
        data = made(place, given.make, given.parameters)
    else:
        raise UsageError(f"the step deskhand_file for {given.path[:80]!r} has neither text nor make")
    place.sandbox.write_file(place.relative(given.path), data)


def made(place: Place, name: str, parameters: dict[str, str] | None) -> bytes:
    """A file that a task of the desk suite has.

    Raises:
        UsageError: it is not a task of that suite.
    """
    if place.make is None:
        raise UsageError(f"only tasks of the desk suite have files that are made: {name[:80]!r}")
    return place.make(name, parameters)


class Press(GivenParameters):
    """Keys that are pressed together."""

    keys: Annotated[tuple[str, ...], Field(min_length=1, max_length=5)]


def deskhand_press(place: Place, given: Press) -> None:
    """Press keys together, as a person would."""
    place.sandbox.perform(Key(keys=given.keys))
