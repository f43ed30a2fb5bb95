"""The sandboxes side by side: what a fresh desktop, a look and an action cost in each, measured here."""

from __future__ import annotations

import contextlib
import itertools
import os
import statistics
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from deskhand.actions.geometry import ScreenPoint
from deskhand.actions.vocabulary import Click, Type
from deskhand.errors import EnvironmentProblem, SandboxError
from deskhand.sandbox.desktop import GuestDesktop
from deskhand.sandbox.lightbox import Lightbox
from deskhand.sandbox.processes import tree
from deskhand.sandbox.protocol import Sandbox
from deskhand.sandbox.remote import RemoteSandbox
from deskhand.sandbox.serve import Served
from deskhand.sandbox.vm.machine import VirtualMachine

Row = dict[str, Any]
KINDS = ("lightbox", "vm", "remote")
LINE = "The quick brown fox jumps over the lazy dog; 123."
_MEASURES = ("start_s", "reset_s", "screenshot_ms", "click_ms", "type_ms", "launch_s", "memory_mb")
COLUMNS = {
    "start_s": "from the call to the first screenshot of a desktop (vm: its template is there)",
    "reset_s": "back to a clean desktop, to its first screenshot",
    "screenshot_ms": "one look",
    "click_ms": "one click, of it 80 for hovering and pressing",
    "type_ms": f"{len(LINE)} characters",
    "launch_s": "mousepad, to its window; the first time on a desktop",
    "memory_mb": "of a fresh desktop, that no other sandbox shares",
}


def rows(kinds: tuple[str, ...] = KINDS, tries: int = 5) -> Iterator[Row]:
    """A row for each kind of sandbox, and under it how it compares with the first one.

    ``remote`` is a lightbox that is served on this machine's loopback. A kind that does not work here
    has no numbers, and a note that says why.
    """
    first: Row | None = None
    for kind in kinds:
        try:
            row = {"sandbox": kind, **_measure(kind, tries), "note": ""}
        except (EnvironmentProblem, SandboxError) as error:
            yield {"sandbox": kind, **dict.fromkeys(_MEASURES), "note": str(error)}
            continue
        row["note"] = _NOTES.get(kind, lambda: "")()
        yield row
        if first is None:
            first = row
            continue
        ratios = {name: round(row[name] / first[name], 2) for name in _MEASURES if row[name] and first[name]}
        yield {"sandbox": f"{kind} / {first['sandbox']}", **ratios, "note": "ratio"}


def _measure(kind: str, tries: int) -> Row:
    measured: dict[str, list[float]] = {name: [] for name in _MEASURES}
    with contextlib.ExitStack() as stack:
        if kind == "vm":
            VirtualMachine().prepare()
        for _ in range(tries):
            desktop, seconds = _started(kind, stack)
            measured["start_s"].append(seconds)
            measured["reset_s"].append(timed(desktop.reset) + timed(desktop.screenshot))
            if isinstance(desktop, GuestDesktop):
                measured["memory_mb"].append(own_megabytes(desktop.pid or 0))
            measured["launch_s"].append(timed(partial(desktop.launch, "mousepad")))
            measured["screenshot_ms"] += [timed(desktop.screenshot) * 1e3 for _ in range(5)]
            places = itertools.cycle((ScreenPoint(640, 400), ScreenPoint(600, 420)))
            measured["click_ms"] += [
                timed(partial(desktop.perform, Click(at=next(places)))) * 1e3 for _ in range(4)
            ]
            measured["type_ms"].append(timed(partial(desktop.perform, Type(text=LINE))) * 1e3)
            stack.close()
    return {
        name: round(statistics.median(values), 3 if name.endswith("_s") else 1) if values else None
        for name, values in measured.items()
    }


def _started(kind: str, stack: contextlib.ExitStack) -> tuple[Sandbox, float]:
    """A desktop that runs, and how long it took to its first screenshot."""
    desktop: Sandbox
    if kind == "remote":
        served = stack.enter_context(Served(stack.enter_context(Lightbox())))
        desktop = RemoteSandbox(served.url)
    else:
        desktop = {"lightbox": Lightbox, "vm": VirtualMachine}[kind]()
    began = time.perf_counter()
    stack.enter_context(desktop)
    desktop.screenshot()
    return desktop, time.perf_counter() - began


def own_megabytes(pid: int) -> float:
    """Memory of a process and all below it that is not a part of some file's content."""
    total = 0.0
    for number, _ in tree(pid):
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{number}/smaps_rollup").read_text().splitlines():
                if line.startswith(("Pss_Anon:", "Pss_Shmem:")):
                    total += int(line.split()[1]) / 1024
    return total


def timed(do: Callable[[], object]) -> float:
    """How many seconds something takes."""
    began = time.perf_counter()
    do()
    return time.perf_counter() - began


def _vm_note() -> str:
    from deskhand.sandbox.vm.acceleration import verdict_text

    return verdict_text()


_NOTES: dict[str, Callable[[], str]] = {
    "vm": _vm_note,
    "remote": lambda: f"a lightbox, served on the loopback; {os.cpu_count()} processors",
}
