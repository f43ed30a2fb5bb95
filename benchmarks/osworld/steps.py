"""What is done before an agent begins (``config``), and before its work is looked at (``postconfig``)."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from deskhand.actions.vocabulary import Key
from deskhand.benchmarks.osworld.place import NothingThere, Place, words_of
from deskhand.errors import SandboxError, UsageError

Path = Annotated[str, Field(min_length=1, max_length=1000)]


class Given(BaseModel):
    """Parameters of a step; those that are not named are left alone."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Command(Given):
    """A program with its words; with ``shell`` a line that the sandbox's shell reads."""

    command: tuple[str, ...]
    shell: bool = False

    @model_validator(mode="before")
    @classmethod
    def _words(cls, data: Any) -> Any:
        shell = bool(data.get("shell", False)) if isinstance(data, dict) else False
        if isinstance(data, dict) and "command" in data:
            return {**data, "shell": shell, "command": tuple(words_of(data["command"], shell=shell))}
        return data


def launch(place: Place, given: Command) -> None:
    """Start a program and wait for its window.

    Raises:
        SandboxError: there is no such program, or it shows no window.
    """
    if given.shell:
        _must(place, ["setsid", "-f", "sh", "-c", *map(place.word, given.command)])
        return
    program, *words = map(place.word, given.command)
    place.sandbox.launch(program, words)


class Execute(Command):
    """A program that is run to its end."""


def execute(place: Place, given: Execute) -> None:
    """Run a program to its end, in the sandbox; what it returns is not looked at, as in OSWorld."""
    try:
        place.run(given.command, shell=given.shell)
    except NothingThere as error:
        raise SandboxError(str(error)) from error


class DeskhandFile(Given):
    """A file: its text, or the name of what makes it.

    ``with`` are the parameters of the maker; what a seed drew where it is left out.
    """

    path: Path
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
    elif given.make is not None and place.make is not None:
        data = place.make(given.make, given.parameters)
    else:
        raise UsageError(f"the step deskhand_file for {given.path[:80]!r} has no text, and nothing makes it")
    place.sandbox.write_file(place.relative(given.path), data)


class Press(Given):
    """Keys that are pressed together."""

    keys: Annotated[tuple[str, ...], Field(min_length=1, max_length=5)]


def deskhand_press(place: Place, given: Press) -> None:
    """Press keys together, as a person would."""
    place.sandbox.perform(Key(keys=given.keys))


def _must(place: Place, words: list[str]) -> None:
    done = place.sandbox.run(words)
    if done.returncode:
        raise SandboxError(f"{words[0]} ended with status {done.returncode}: {done.stderr[-300:]!r}")
