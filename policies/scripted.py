"""A policy whose replies are read from a file: for tests, golden runs and demonstrations.

The file is JSON, ``{"dialect": "ui-tars-2", "replies": ["...", "..."]}``: raw texts as a model
would write them. Each is read by the dialect against the screen of the moment, so a run passes
through the same parser, gate and executor as with a model behind it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError

from deskhand.actions import dialects
from deskhand.actions.reply import Reply
from deskhand.actions.vocabulary import Infeasible
from deskhand.errors import ActionParseError, UsageError
from deskhand.perception.watch.observe import Observation
from deskhand.text import first_fault, printable
from deskhand.trajectories.records import Decision, Step, Task

LARGEST_SCRIPT = 16 * 1024 * 1024
SCRIPT_ENDED = "the script has ended"


class ReplyScript(BaseModel):
    """What the file holds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    dialect: str
    replies: tuple[str, ...]


class ScriptedPolicy:
    """Gives one reply of its script a decision, whatever is on the screen.

    A script that ends without a claim of its own ends the run as infeasible, with the reason "the
    script has ended": it claims neither success nor that a person is needed.
    """

    def __init__(self, script: ReplyScript, name: str = "scripted") -> None:
        """Raises UsageError if there is no such dialect."""
        self.name = name
        self._script = script
        self._dialect = dialects.get(script.dialect)
        self._said = 0

    @classmethod
    def from_file(cls, path: Path | str) -> Self:
        """Read a script.

        Raises:
            UsageError: the file is missing or is no script; the message says where.
        """
        path = Path(path)
        try:
            with path.open("rb") as file:
                data = file.read(LARGEST_SCRIPT + 1)
        except OSError as error:
            raise UsageError(f"the script {path} cannot be read: {error.strerror or error}") from error
        if len(data) > LARGEST_SCRIPT:
            raise UsageError(f"the script {path} is over {LARGEST_SCRIPT} bytes: split it")
        try:
            script = ReplyScript.model_validate_json(data)
        except ValidationError as error:
            form = '{"dialect": NAME, "replies": [TEXT, ...]}'
            raise UsageError(f"the script {path} is not {form}: {first_fault(error)}") from error
        name = printable(path.name)[:150]
        return cls(script, f"scripted:{name}")

    def begin(self, task: Task) -> None:
        """Start the script from its first reply."""
        self._said = 0

    def decide(self, observation: Observation, history: Sequence[Step]) -> Decision:
        """The next reply of the script, read against this screen."""
        if self._said >= len(self._script.replies):
            return Decision(reply=Reply(actions=(Infeasible(reason=SCRIPT_ENDED),)))
        raw = self._script.replies[self._said]
        self._said += 1
        try:
            return Decision(reply=self._dialect.parse(raw, observation.viewport), raw=raw)
        except ActionParseError as error:
            return Decision(reply=None, raw=raw, error=str(error))

    def close(self) -> None:
        """Nothing to let go of."""
