"""How much of a program's menus exploring finds by pixels alone, against what the program reports."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from deskhand.errors import SandboxError
from deskhand.knowledge.exploring import Budget, Explorer
from deskhand.knowledge.map import AppMap
from deskhand.knowledge.materials import materials
from deskhand.perception.reader import PIXELS, ScreenReader
from deskhand.perception.text.similarity import letters, nearly_same
from deskhand.sandbox.lightbox import Lightbox
from deskhand.waiting import WaitTimeout, wait_until

Row = dict[str, Any]
Path_ = tuple[str, ...]
REPORT_SECONDS = 20.0
"""How long an application may take to report its menus."""

COLUMNS = {
    "reported": "commands in the menus of the program, as it reports them (AT-SPI)",
    "found": "of those, how many the map has",
    "%": "the share",
    "tried": "commands of the map that were operated, of all kinds",
}


def rows(applications: Sequence[str], minutes: float, steps: int = 5_000, workers: int = 1) -> Iterator[Row]:
    """Explore each application for so long, or for so many steps; a row each, as it is done.

    Raises:
        SandboxError: an application does not start.
    """
    for application in applications:
        reported = menu_commands(application)
        with tempfile.TemporaryDirectory() as folder:
            explorer = Explorer(
                Lightbox,
                lambda _: ScreenReader(sources=PIXELS),
                application,
                Path(folder) / "map",
                budget=Budget(minutes * 60, steps),
                files=materials(),
                workers=workers,
            )
            found = explorer.explore()
        known = sum(is_in(path, found) for path in reported)
        yield {
            "program": application,
            "reported": len(reported),
            "found": known,
            "%": round(100 * known / len(reported), 1) if reported else None,
            "states": len(found.states),
            "commands": len(found.commands),
            "tried": sum(1 for _ in found.tried()),
            "steps": found.steps,
            "minutes": round(found.seconds / 60, 1),
        }


def menu_commands(application: str) -> list[Path_]:
    """The commands in the menus of an application, each with the names of the menus that lead to it.

    Raises:
        SandboxError: it does not start.
    """
    program = (files("deskhand.benchmarks.speed") / "menus.py").read_text()
    with Lightbox(accessible=True) as sandbox:
        for path, data in materials().items():
            sandbox.write_file(path, data)
        sandbox.launch(application)

        def reported() -> list[Path_]:
            done = sandbox.run(["python3", "-c", program], timeout=60)
            if done.returncode:
                raise SandboxError(f"the menus cannot be read: {done.stderr.decode(errors='replace')[-200:]}")
            return [tuple(path) for path in json.loads(done.stdout)]

        try:
            return wait_until(reported, timeout=REPORT_SECONDS, longest_poll=1.0, what="a reported menu")
        except WaitTimeout:
            return []


def is_in(path: Path_, found: AppMap) -> bool:
    """Whether a map has a command of a menu: under the same names, but for what OCR confuses."""
    for state in found.states:
        names = [deed.on.name for deed in state.path if deed.way != "scroll"]
        if state.kind != "menu" or len(names) != len(path) - 1:
            continue
        if all(nearly_same(one, other) for one, other in zip(names, path, strict=False)):
            here = [one.deed.on.name for one in found.commands if one.state == state.id]
            if any(letters(name) and nearly_same(name, path[-1]) for name in here):
                return True
    return False
