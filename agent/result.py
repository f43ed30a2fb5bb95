"""How a run ends: its status, the exit code that goes with it, and what a caller gets back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Status = Literal[
    "finished",
    "ended",
    "infeasible",
    "limit",
    "stuck",
    "stopped",
    "needs_user",
    "format_error",
    "backend_error",
    "sandbox_lost",
    "log_error",
]

EXIT_CODES: dict[Status, int] = {
    "finished": 0,
    "ended": 0,
    "infeasible": 1,
    "needs_user": 1,
    "sandbox_lost": 3,
    "log_error": 3,
    "format_error": 4,
    "backend_error": 4,
    "limit": 5,
    "stuck": 5,
    "stopped": 130,
}
"""0 done, 1 not done, 2 usage, 3 environment, 4 model or backend, 5 limit or stuck, 130 interrupted."""


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a run left behind.

    Attributes:
        status: how it ended. ``finished`` is the policy's own claim; a check decides success.
            ``ended``: what was operated takes nothing more, whatever the policy would say.
        answer: what the policy answered, if the task asked for something.
        reason: why it ended, in words; empty where the status says it all.
        steps: decisions made.
        seconds: wall time of the run, without starting the sandbox.
        trajectory: the folder of the run's log.
        files: what the run made, relative to the trajectory's ``files`` folder.
    """

    status: Status
    answer: str | None
    reason: str
    steps: int
    seconds: float
    trajectory: Path
    files: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """What the command line exits with for this status."""
        return EXIT_CODES[self.status]

    def _repr_html_(self) -> str:
        """What a notebook shows: the status and the run's film strip."""
        from html import escape

        from deskhand.errors import DeskhandError
        from deskhand.trajectories.reader import Trajectory
        from deskhand.trajectories.viewer.strip import film_strip

        try:
            strip = film_strip(Trajectory.open(self.trajectory))
        except DeskhandError as error:
            strip = f"<p>{escape(str(error))}</p>"
        words = f"{self.status} after {self.steps} steps, {self.seconds:.1f} s"
        return f"<p><b>{escape(words)}</b> {escape(self.reason)}</p>{strip}"

    def as_json(self) -> dict[str, Any]:
        """What a command prints with --json."""
        return {
            "status": self.status,
            "answer": self.answer,
            "steps": self.steps,
            "seconds": round(self.seconds, 3),
            "trajectory": str(self.trajectory),
        }
