"""What a policy is given of a map for one task, and what it found out about the map while it did the task."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from deskhand.disk import take_lock, writing
from deskhand.errors import LogError
from deskhand.knowledge.map import AppMap, MapCommand, read_map, write_map
from deskhand.knowledge.planning import plan_of
from deskhand.knowledge.retrieval import MOST_LINES, Vectors, lines_for
from deskhand.text import clean
from deskhand.waiting import WaitTimeout, wait_until

LONGEST_WAY = 300
MOST_WAYS = 4
LOCK_SECONDS = 10.0
"""So long others may take to write into a map."""


class KnownMap:
    """A map, and the task that it is read for.

    Args:
        folder: of the map.
        vectors: tells what texts mean; without it words are compared.
    """

    def __init__(self, folder: Path, task: str, vectors: Vectors | None = None) -> None:
        self.found: AppMap = read_map(folder)
        self.folder, self.task, self.vectors = folder, task, vectors
        self.plan = plan_of(self.found, task)
        self._walked: list[tuple[MapCommand, bool]] = []

    @property
    def lines(self) -> list[str]:
        """What a model is told: the ways to what the task names, then what fits it, a line each."""
        ways = [f"The task names {aim.words}: go there step by step" for aim in self.plan.aims[:MOST_WAYS]]
        if ways:
            ways.append("Where the screen is in the way of that: Escape leaves menus and dialogs")
        fitting = lines_for(self.found, self.task, MOST_LINES - len(ways), vectors=self.vectors)
        return [*(clean(way)[:LONGEST_WAY] for way in ways), *fitting]

    def walked(self, command: MapCommand, *, led: bool) -> None:
        """Note that a command was used, and whether it did what the map says."""
        self._walked.append((command, led))

    def renew(self) -> int:
        """Write into the map what was found out of its commands; returns of how many.

        What others wrote meanwhile stays.

        Raises:
            TrajectoryError: the map was damaged meanwhile.
            LogError: it cannot be written, or another run does not let go of it.
        """
        walked, self._walked = self._walked, []
        if not walked:
            return 0
        with writing("the map", self.folder), _locked(self.folder):
            write_map(_renewed(read_map(self.folder), walked), self.folder)
        return len({id(command) for command, _ in walked})


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Nobody else renews the map meanwhile."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        wait_until(lambda: take_lock(descriptor), timeout=LOCK_SECONDS, what="the map to be free")
        yield
    except WaitTimeout as error:
        raise LogError(f"another run holds the map {folder}: end it, and run again") from error
    finally:
        os.close(descriptor)


def _renewed(found: AppMap, walked: Sequence[tuple[MapCommand, bool]]) -> AppMap:
    """The map with the tries and the failures of commands counted up."""
    tries: dict[object, list[bool]] = {}
    for command, led in walked:
        tries.setdefault((command.state, command.deed), []).append(led)

    def counted(command: MapCommand) -> MapCommand:
        new = tries.get((command.state, command.deed), ())
        failures = command.failures + sum(not led for led in new)
        return command.model_copy(update={"tries": command.tries + len(new), "failures": failures})

    return found.model_copy(update={"commands": tuple(map(counted, found.commands))})
