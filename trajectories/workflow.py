"""A workflow: a trajectory with parameters, where the recording had constants.

The file is JSON and lies beside the trajectory's folder or above it; it holds no pictures of its own:

    {"format": 1, "instruction": "...", "trajectory": "FOLDER", "log": "HASH",
     "parameters": [{"name": "file", "type": "text", "constant": "note.txt",
                     "uses": [{"step": 3, "action": 0}]}]}
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping, Sequence
from datetime import date
from hashlib import blake2b
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from deskhand.actions.vocabulary import LONGEST_TEXT, Action, Finished, Type
from deskhand.disk import open_regular_file, read_regular_file, safe_relative, write_new_file
from deskhand.errors import TrajectoryError, UsageError
from deskhand.trajectories.reader import LOG_NAME, Trajectory
from deskhand.trajectories.records import HIDDEN_TEXT

FORMAT = 1
LARGEST_FILE = 4 << 20
NAME = re.compile(r"^[a-z][a-z0-9_]{0,39}$")
RESERVED = frozenset({*keyword.kwlist, *keyword.softkwlist, "help", "sandbox"})
"""Names that a script or a command line has another use for."""

Kind = Literal["text", "integer", "number", "date", "secret"]


class Use(BaseModel):
    """An action that types the constant, or a text with it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    step: int
    action: int = Field(ge=0)


class Parameter(BaseModel):
    """A constant of the recording that may be another one.

    Attributes:
        name: small letters, digits and underscores.
        type: what its values are; a secret is kept out of every file.
        constant: what was typed when it was recorded; empty for a secret, which nobody recorded.
        uses: where it is typed. It may also stand on the screens that are expected.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=NAME.pattern)
    type: Kind = "text"
    constant: str = Field(default="", max_length=LONGEST_TEXT)
    uses: tuple[Use, ...] = ()

    @field_validator("name")
    @classmethod
    def _is_free(cls, name: str) -> str:
        if name in RESERVED:
            raise ValueError(f"{name} is reserved: choose another name")
        return name

    def check(self, value: str) -> str:
        """The value as it is typed.

        Raises:
            UsageError: it is none of this type.
        """
        kept = value.strip() if self.type in ("integer", "number", "date") else value
        if _UNTYPED.search(kept):
            raise UsageError(
                f"{self.name} has a character that cannot be typed, or ends in a line end, which is enter"
            )
        if not _FITS[self.type](kept):
            shown = "the value given" if self.type == "secret" else repr(value[:60])
            raise UsageError(f"{self.name} is {_ARTICLES[self.type]}, and {shown} is not")
        return kept


class Workflow(BaseModel):
    """What ``workflow make`` writes and ``workflow run`` reads."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    format: int = FORMAT
    instruction: str = Field(min_length=1, max_length=20_000)
    trajectory: str
    log: str
    parameters: tuple[Parameter, ...] = ()

    @classmethod
    def open(cls, path: Path) -> Self:
        """Read a workflow file.

        Raises:
            TrajectoryError: it cannot be read, is of a newer format, or no workflow; it says where.
        """
        data = read_regular_file(path, LARGEST_FILE)
        try:
            found = cls.model_validate_json(data)
        except ValidationError as error:
            fault = error.errors(include_url=False, include_context=False, include_input=False)[0]
            place = ".".join(str(part)[:60] for part in fault["loc"]) or "the file"
            raise TrajectoryError(f"{path} is not a workflow: {place}: {fault['msg'][:200]}") from error
        if found.format > FORMAT:
            raise TrajectoryError(
                f"{path} is in format {found.format}, made by a newer deskhand; "
                f"this one reads formats up to {FORMAT}: update deskhand"
            )
        names = [parameter.name for parameter in found.parameters]
        if len(set(names)) < len(names):
            raise TrajectoryError(f"{path}: two parameters have the same name")
        return found

    def write(self, path: Path) -> None:
        """Write it to a new file.

        Raises:
            UsageError: something is there already.
            LogError: it cannot be written.
        """
        if path.exists():
            raise UsageError(f"{path} already exists and is not replaced: choose another --out")
        write_new_file(path, self.model_dump_json(indent=1).encode() + b"\n")

    def recording(self, path: Path) -> Trajectory:
        """The trajectory of a workflow that was read from ``path``.

        Raises:
            TrajectoryError: it is not there, or is another one than the workflow was made from.
        """
        try:
            folder = path.parent / safe_relative(self.trajectory)
        except UsageError as error:
            raise TrajectoryError(f"{path}: its trajectory: {error}") from error
        found = Trajectory.open(folder)
        if log_hash(folder) != self.log:
            raise TrajectoryError(f"{folder} is not the trajectory that {path} was made from: make it again")
        return found

    def values(self, given: Mapping[str, str]) -> dict[str, str]:
        """A value for every parameter, checked: those given, else the constants.

        Raises:
            UsageError: there is no such parameter, a value does not fit, or a secret is missing.
        """
        known = {parameter.name: parameter for parameter in self.parameters}
        unknown = sorted(set(given) - set(known))
        if unknown:
            has = ", ".join(known) or "none"
            raise UsageError(f"the workflow has no parameter {unknown[0][:40]!r}; its parameters: {has}")
        lacking = [p.name for p in self.parameters if p.type == "secret" and p.name not in given]
        if lacking:
            raise UsageError(
                f"{lacking[0]} is a secret and has no value: set DESKHAND_SECRET_{lacking[0].upper()}"
            )
        return {name: p.check(given[name]) if name in given else p.constant for name, p in known.items()}

    def typed(self, recording: Trajectory, values: Mapping[str, str]) -> dict[int, dict[int, Action]]:
        """The actions that type parameters, by step and index, with values in place of constants.

        Raises:
            UsageError: with these values a text would be too long to be typed.
        """
        steps: dict[int, dict[int, Action]] = {}
        for step in recording.steps:
            actions = step.decision.reply.actions if step.decision.reply is not None else ()
            for index, action in enumerate(actions):
                used = [p for p in self.parameters if Use(step=step.step, action=index) in p.uses]
                if used and isinstance(action, Type):
                    steps.setdefault(step.step, {})[index] = _with(action, used, values)
        return steps

    def shown(self, values: Mapping[str, str]) -> dict[str, str]:
        """Constants that stand on the recorded screens, and what stands there today."""
        return {
            p.constant: values[p.name]
            for p in self.parameters
            if p.constant and p.type != "secret" and p.constant != values[p.name]
        }

    def secret_uses(self) -> dict[int, set[int]]:
        """Steps and their actions that type secrets."""
        found: dict[int, set[int]] = {}
        for parameter in self.parameters:
            for use in parameter.uses if parameter.type == "secret" else ():
                found.setdefault(use.step, set()).add(use.action)
        return found

    def answer(self, ending: Action, values: Mapping[str, str]) -> Action:
        """A claim at the end without an answer that would be the recording's."""
        return Finished() if isinstance(ending, Finished) and self.shown(values) else ending


def log_hash(folder: Path) -> str:
    """A hash of a trajectory's log, which says whether it is still the same."""
    digest = blake2b(digest_size=16)
    with open_regular_file(folder / LOG_NAME) as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def whole(constant: str, loosely: bool = False) -> str:
    """A pattern for a constant where it is not a part of a longer word.

    Args:
        loosely: as it may be read on a screen, with a blank too few or too many.
    """
    before = r"(?<!\w)" if constant[:1].isalnum() else ""
    after = r"(?!\w)" if constant[-1:].isalnum() else ""
    spelled = (
        r"\s*".join(re.escape(c) for c in constant if not c.isspace()) if loosely else re.escape(constant)
    )
    return before + spelled + after


def with_values(text: str, values: Mapping[str, str]) -> str:
    """A text with other values in place of constants: all at once, the longest first, whole words only."""
    constants = sorted((one for one in values if one), key=len, reverse=True)
    if not constants:
        return text
    return re.sub("|".join(map(whole, constants)), lambda found: values[found[0]], text)


def _with(action: Type, used: Sequence[Parameter], values: Mapping[str, str]) -> Action:
    here = {HIDDEN_TEXT if p.type == "secret" else p.constant: values[p.name] for p in used}
    text = with_values(action.text, here)
    if len(text) > LONGEST_TEXT:
        raise UsageError(
            f"with these values a text of {len(text)} characters would be typed: at most {LONGEST_TEXT}"
        )
    return Type(text=text, submit=action.submit, clear=action.clear)


def _is_number(value: str) -> bool:
    return re.fullmatch(r"[+-]?([0-9]+([.,][0-9]*)?|[.,][0-9]+)", value) is not None


def _is_date(value: str) -> bool:
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


_UNTYPED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]|\n$")

_FITS = {
    "text": lambda value: len(value) <= LONGEST_TEXT,
    "secret": lambda value: 0 < len(value) <= LONGEST_TEXT,
    "integer": lambda value: re.fullmatch(r"[+-]?[0-9]{1,100}", value) is not None,
    "number": _is_number,
    "date": _is_date,
}
_ARTICLES = {
    "text": f"a text of at most {LONGEST_TEXT} characters",
    "secret": "a secret",
    "integer": "a whole number",
    "number": "a number",
    "date": "a date as 2026-11-27",
}
