"""Processes as the kernel lists them, to see what a sandbox leaves behind."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

Process = tuple[int, str]
"""A process id and when it began, in clock ticks: together they are never used again."""


def tree(pid: int) -> set[Process]:
    """A process and everything below it."""
    parents = {number: parent for number, parent, _ in _all()}
    began = {number: ticks for number, _, ticks in _all()}
    found = {pid} & set(parents)
    while True:
        more = {number for number, parent in parents.items() if parent in found} - found
        if not more:
            return {(number, began.get(number, "")) for number in found}
        found |= more


def alive(processes: Iterable[Process]) -> set[Process]:
    """Those that still run; a zombie does not."""
    running = {(number, ticks) for number, _, ticks in _all()}
    return set(processes) & running


def _all() -> list[tuple[int, int, str]]:
    """Id, parent and beginning of every process that is not a zombie."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended while we looked
        if fields[0] != "Z":
            found.append((int(path.parent.name), int(fields[1]), fields[19]))
    return found
