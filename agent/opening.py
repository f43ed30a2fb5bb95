"""Which programs may be opened: at the start of a stranger's trajectory, and by a policy."""

from __future__ import annotations

import re

from deskhand.errors import UsageError
from deskhand.knowledge.known import KnownMap
from deskhand.policies.protocol import OpensApplications, Policy, ReadsMap
from deskhand.sandbox.abilities import ListsWindows, applications_of
from deskhand.sandbox.guest.programs import is_application
from deskhand.sandbox.protocol import Sandbox
from deskhand.trajectories.records import Task

PLAIN = re.compile(r"[^-\x00-\x1f\x7f][^\x00-\x1f\x7f]{0,500}")
"""An argument that is a file's name, and no option."""
MOST_OFFERED = 80
"""How many applications a policy is given the names of, where none is open."""


def check_opening(task: Task, sandbox: str) -> None:
    """Whether the program that a recording began with may be opened again, with these arguments.

    A recording names it in words that may be a stranger's, and nothing on the screen can be verified before
    it is there. So it must be an application of this machine's menu, opened with plain names; a virtual
    machine, which is kept apart, may open what it has.

    Raises:
        UsageError: it may not; start it some other way, and replay with --no-launch.
    """
    if task.launch is None:
        return
    advice = "open it yourself where that is wanted, and use --no-launch"
    # What the recording brought along is opened by its whole path, so it is no option, however it is called.
    named = [one for one in task.arguments if one not in task.given]
    bad = next((one for one in named if not PLAIN.fullmatch(one)), None)
    if bad is not None:
        raise UsageError(
            f"the recording opens {task.launch[:40]!r} with {bad[:40]!r}, which is not a file name: {advice}"
        )
    if not sandbox.startswith("vm") and not is_application(task.launch):
        raise UsageError(
            f"the recording opens {task.launch[:40]!r}, which is not an application of the menu: {advice}"
        )


def offer(task: Task, sandbox: Sandbox, policy: Policy, known: KnownMap | None = None) -> str:
    """Tell the policy what it can begin with; returns a note of that.

    Where no application is open, those that it can open; and what the map of the application has.
    """
    notes: list[str] = []
    if isinstance(policy, ReadsMap):
        policy.know(known)
        lines = known.lines if known is not None else ()
        notes += [f"known of the application from its map: {line}" for line in lines]
    if isinstance(policy, OpensApplications):
        empty = task.launch is None and isinstance(sandbox, ListsWindows) and not sandbox.windows()
        names = tuple(applications_of(sandbox))[:MOST_OFFERED] if empty else ()
        policy.may_open(names)
        if names:
            notes.append(f"no application was opened; those that can be: {', '.join(names)}")
    return "; ".join(notes)
