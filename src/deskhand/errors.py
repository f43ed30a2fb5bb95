"""Everything that deskhand raises on purpose, in one small tree.

    DeskhandError                     exit code 1
    ├── UsageError                    2   what was asked for makes no sense as asked
    ├── EnvironmentProblem            3   this machine lacks something; says how to get it
    │   └── SandboxError              3   a sandbox did not start, or refused a request
    │       └── SandboxLost           3   a sandbox that was running is gone
    ├── BackendError                  4   a model is missing, unreachable or answered nonsense
    ├── ActionParseError              4   a model's text is not an action
    ├── NotExpressible                2   an action for which a dialect has no words
    └── TrajectoryError               3   a trajectory cannot be read
        └── LogError                  3   a trajectory cannot be written: no action without a record

A message says what happened, where, and what to do next. An outcome of a single action (refused,
failed) is not an error: it is an ``Outcome``.
"""

from __future__ import annotations


class DeskhandError(Exception):
    """Root of the tree. ``exit_code`` is what the command line ends with when nothing catches it."""

    exit_code = 1


class UsageError(DeskhandError):
    """What was asked for makes no sense as asked: an unknown name, a value out of range."""

    exit_code = 2


class EnvironmentProblem(DeskhandError):
    """This machine lacks something that is needed. The message carries the command that helps."""

    exit_code = 3


class SandboxError(EnvironmentProblem):
    """A sandbox did not start, or refused a request that its contract allows it to refuse."""


class SandboxLost(SandboxError):
    """A sandbox that was running is gone or no longer answers. What it was doing is unknown."""


class BackendError(DeskhandError):
    """A model is missing, unreachable after bounded retries, or answered nonsense."""

    exit_code = 4


class ActionParseError(DeskhandError):
    """A model's text is not an action.

    Args:
        reason: what is wrong, in words that can be shown to the model.
        position: offset into ``text`` in characters where reading stopped.
        text: what was read; only a short piece around ``position`` is kept in the message.
    """

    exit_code = 4

    def __init__(self, reason: str, position: int = 0, text: str = "") -> None:
        self.reason = reason
        self.position = position
        near = text[max(0, position - 20) : position + 40]
        place = f" at character {position}" if text else ""
        self.near = near
        super().__init__(f"{reason}{place}" + (f", near {near!r}" if near else ""))


class NotExpressible(DeskhandError):
    """An action for which a dialect has no words, so that it cannot be rendered."""

    exit_code = 2


class TrajectoryError(DeskhandError):
    """A trajectory cannot be read: missing, hostile, damaged beyond repair, or of a newer format."""

    exit_code = 3


class LogError(TrajectoryError):
    """A trajectory cannot be written (a full disk, a second writer). Nothing may be done unrecorded."""
