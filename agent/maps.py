"""Which map of an application a policy reads, and what it has for a task: one way for every command."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from deskhand import paths
from deskhand.disk import read_below
from deskhand.errors import UsageError
from deskhand.knowledge.known import KnownMap
from deskhand.knowledge.map import MAP, MOST_BYTES, read_map
from deskhand.policies.embedded.meaning import vectors_if_there
from deskhand.policies.protocol import Policy, ReadsMap
from deskhand.sandbox.abilities import ListsWindows
from deskhand.sandbox.protocol import Sandbox
from deskhand.trajectories.folders import slug
from deskhand.trajectories.records import Task


@dataclass(frozen=True, slots=True)
class ChosenMap:
    """The map that was asked for; it can be sent to another process.

    Attributes:
        name: ``auto`` for that of the program that a task launches, or whose window is open where it launches
            none, if there is one and the policy reads maps; ``none``; or a folder.
    """

    name: str = "auto"

    def known(self, task: Task, policy: Policy, sandbox: Sandbox | None = None) -> KnownMap | None:
        """The map, read for a task, for a policy that reads maps; None where there is none.

        Args:
            sandbox: whose windows are looked at where the task launches nothing.

        Raises:
            UsageError: a map was named that is not there, or that the policy does not read.
            TrajectoryError: it is damaged, or of another version.
        """
        folder = self._folder
        if folder is None:
            return None
        if self.name != "auto":
            self.check(policy)
            return KnownMap(folder, task.instruction, vectors_if_there())
        if not isinstance(policy, ReadsMap) or not folder.is_dir():
            return None
        names = (task.launch,) if task.launch else _open_in(sandbox)
        places = [folder / slug(one) for one in names if slug(one)]
        own = next((one for one in places if (one / MAP).is_file()), None)
        return KnownMap(own, task.instruction, vectors_if_there()) if own is not None else None

    def check(self, policy: Policy) -> None:
        """Raise a UsageError where a map was named that is not there, or that the policy does not read."""
        folder = self._folder
        if folder is None or self.name == "auto":
            return
        if not isinstance(policy, ReadsMap):
            raise UsageError(f"the policy {policy.name} reads no map: leave out --map")
        read_map(folder)

    def used(self, policy: Policy) -> dict[str, str]:
        """The maps that a policy may read, by the names of their folders, each with a digest of the map."""
        folder = self._folder
        if folder is None or not isinstance(policy, ReadsMap):
            return {}
        every = sorted(folder.glob(f"*/{MAP}")) if self.name == "auto" else [folder / MAP]
        return {path.parent.name: _digest(path) for path in every}

    @property
    def _folder(self) -> Path | None:
        """The folder of the map, or of all maps for ``auto``."""
        if self.name == "none":
            return None
        return paths.maps_dir() if self.name == "auto" else Path(self.name).expanduser().absolute()


NO_MAP = ChosenMap("none")


def _open_in(sandbox: Sandbox | None) -> list[str]:
    """What the programs whose windows are open call themselves, the active one first."""
    if not isinstance(sandbox, ListsWindows):
        return []
    windows = sorted(sandbox.windows(), key=lambda one: not one.get("active", False))
    return [name for one in windows for name in (one.get("instance", ""), one.get("class", ""))]


def _digest(path: Path) -> str:
    return hashlib.sha256(read_below(path.parent, path.name, MOST_BYTES)).hexdigest()[:12]
