"""What the shell offers when tab is pressed: names that are known on this machine, and trajectories here.

Each function is given what is typed so far; what it offers begins with that. Nothing is started to find out.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

MOST = 200


def policies(incomplete: str) -> list[str]:
    """Policies by name."""
    from deskhand.policies.registry import policy_names

    return _beginning(incomplete, policy_names())


def deciders(incomplete: str) -> list[str]:
    """Policies by name, and those that a suite brings."""
    return _beginning(incomplete, ("oracle", "idle", "random", *policies("")))


def dialects(incomplete: str) -> list[str]:
    """Dialects by name."""
    from deskhand.actions import dialects

    return _beginning(incomplete, dialects.names())


def profiles(incomplete: str) -> list[str]:
    """Profiles of model families by name."""
    from deskhand.policies.profiles.profile import shipped

    return _beginning(incomplete, tuple(shipped()))


def sandboxes(incomplete: str) -> list[str]:
    """Sandboxes by name, and virtual machines by their images."""
    from deskhand.sandbox.registry import sandbox_names

    return _beginning(incomplete, (*(name for name in sandbox_names() if name != "http"), *_machines()))


def servable_sandboxes(incomplete: str) -> list[str]:
    """Sandboxes that ``deskhand sandbox serve`` takes."""
    return _beginning(incomplete, ("lightbox", "vm", *_machines()))


def _machines() -> list[str]:
    from deskhand.sandbox.image.store import images

    return [f"vm:{image.name}" for image in images()]


def suites(incomplete: str) -> list[str]:
    """Suites by name."""
    from deskhand.benchmarks.registry import suite_names

    return _beginning(incomplete, suite_names())


def applications(incomplete: str) -> list[str]:
    """Programs of this machine's menu, by the name of their command."""
    from deskhand.sandbox.guest.programs import entries

    commands = {entry["exec"].split()[0] for _, entry in entries() if entry["exec"].split()}
    return _beginning(incomplete, sorted(Path(one).name for one in commands if shutil.which(one)))


def trajectories(incomplete: str) -> list[str]:
    """Folders that hold a trajectory, below what is typed and below the folder of runs."""
    from deskhand import paths

    typed = Path(incomplete) if incomplete.endswith("/") else Path(incomplete).parent
    places = [typed, paths.runs_dir()]
    found = {str(log.parent) for place in places for log in list(place.glob("*/trajectory.jsonl"))[:MOST]}
    return _beginning(incomplete, sorted(found))


def _beginning(incomplete: str, names: Iterable[str]) -> list[str]:
    return [name for name in names if name.startswith(incomplete)][:MOST]
