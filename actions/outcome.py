"""What became of one action. There is always an outcome; it is never None."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

OutcomeStatus = Literal["ok", "refused", "failed", "unknown"]


class Outcome(BaseModel):
    """What became of one action.

    ``ok``: it was done. ``refused``: nothing was done, and ``reason`` says why. ``failed``: it was
    begun and went wrong. ``unknown``: the answer was lost; it may have been done, so it is never
    done again.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    status: OutcomeStatus
    reason: str = ""
    milliseconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether the action was done."""
        return self.status == "ok"

    @classmethod
    def done(cls, milliseconds: float = 0.0) -> Outcome:
        """What is said of an action that took this many milliseconds."""
        return cls(status="ok", milliseconds=milliseconds)

    @classmethod
    def refused(cls, reason: str) -> Outcome:
        """What is said of an action that was not begun."""
        return cls(status="refused", reason=reason)

    @classmethod
    def failed(cls, reason: str) -> Outcome:
        """What is said of an action that was begun and went wrong."""
        return cls(status="failed", reason=reason)

    @classmethod
    def unknown(cls, reason: str) -> Outcome:
        """What is said of an action whose answer was lost."""
        return cls(status="unknown", reason=reason)
