"""Whether agents notice that an action failed: counted in the trajectories of episodes.

An action failed if its outcome was not ok, or if it was to do something and the screen stayed as it was.
It was noticed if something else was done next that was no claim to have finished; repaired if the episode
then succeeded; missed if the same was done again, or the task was called finished, or nothing followed. An
action after which the suite or a limit ended the episode is not counted: nothing could follow.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from deskhand.actions.vocabulary import CallUser, Finished, Infeasible, Move, Wait
from deskhand.benchmarks.runner.episodes import Episode
from deskhand.benchmarks.runner.tables import Row
from deskhand.errors import TrajectoryError
from deskhand.trajectories.reader import Trajectory
from deskhand.trajectories.records import Step

Noticing = Literal["repaired", "noticed", "missed"]
CUT_SHORT = ("ended", "limit")
"""Statuses of episodes that the suite or a limit ended."""
_WITHOUT_EFFECT = (Wait, Move, Finished, Infeasible, CallUser)
"""Actions after which the screen may well be as it was."""


def noticing_rows(episodes: Sequence[Episode], folder: Path) -> list[Row]:
    """One row: failed actions of all episodes, and what came of them; none where no action failed.

    Args:
        folder: of the results; the trajectories are below it.
    """
    found: Counter[str] = Counter()
    for episode in episodes:
        if episode.error or not episode.trajectory:
            continue
        try:
            steps = Trajectory.open(folder / episode.trajectory).steps
        except TrajectoryError:
            continue
        found.update(noticed(steps, success=episode.success, cut_short=episode.status in CUT_SHORT).values())
    failed = sum(found.values())
    if not failed:
        return []
    shares = {f"{name}, %": round(100 * found[name] / failed) for name in ("repaired", "noticed", "missed")}
    return [{"failed actions": failed, **shares}]


def noticed(steps: Sequence[Step], *, success: bool, cut_short: bool = False) -> dict[int, Noticing]:
    """What came of each failed step of an episode, by its place in ``steps``, in order.

    Args:
        cut_short: whether it was not the agent that ended the episode.
    """
    found: dict[int, Noticing] = {}
    for at, step in enumerate(steps):
        if not failed(step) or (cut_short and at == len(steps) - 1):
            continue
        after = steps[at + 1] if at + 1 < len(steps) else None
        reply = after.decision.reply if after is not None else None
        again = (
            reply is not None
            and step.decision.reply is not None
            and reply.actions == step.decision.reply.actions
        )
        if after is None or again or (reply is not None and isinstance(reply.actions[0], Finished)):
            found[at] = "missed"
        else:
            found[at] = "repaired" if success else "noticed"
    return found


def failed(step: Step) -> bool:
    """Whether a step did not do what it was to do."""
    reply = step.decision.reply
    if reply is None:
        return False
    if any(not outcome.ok for outcome in step.outcomes):
        return True
    return step.changed is False and not all(isinstance(action, _WITHOUT_EFFECT) for action in reply.actions)
