"""Desktop programs started once each in a lightbox of their own: which come up, and why the others do not."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, TypeAdapter

from deskhand.errors import SandboxError, UsageError
from deskhand.perception.screen import Screenshot
from deskhand.sandbox.guest.windows import MOST_OF_A_BLANK
from deskhand.sandbox.lightbox import Lightbox
from deskhand.waiting import WaitTimeout, wait_until

Row = dict[str, Any]

LIST = "programs.json"
LOCK = "lock"
"""File that a lightbox over a folder holds, so that nobody removes the folder meanwhile."""
PAINT_SECONDS = 30.0
STAY_SECONDS = 2.0
LEAST_COLOURS = MOST_OF_A_BLANK + 2
LONGEST_REASON = 160

COLUMNS = {
    "comes up": "yes: a window is painted and stays; no; or absent: it is not installed",
    "s": "seconds from the start to a painted window",
    "window": "the first window's title",
    "why": "what it said, where it does not come up",
}

PAGE = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents 4 0 R>>endobj\n"
    b"4 0 obj<</Length 43>>stream\n1 0 0 rg 20 20 100 100 re f 0 0 1 rg 90 90 9 9 re f\nendstream endobj\n"
    b"trailer<</Root 1 0 R>>\n%%EOF\n"
)
"""What a program is opened with that starts with a file only."""


class DesktopProgram(BaseModel):
    """A program of the list.

    Attributes:
        package: the Debian package that has it.
        program: what it is launched as.
        made_with: the toolkit that paints its windows.
        file: the name of a page that it is opened with; empty if it needs none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    package: str
    program: str
    made_with: str
    file: str = ""


def programs(only: Sequence[str] = ()) -> tuple[DesktopProgram, ...]:
    """The programs of the list, all or those of some packages.

    Raises:
        UsageError: there is no such package in it.
    """
    text = (files(__package__) / LIST).read_text(encoding="utf-8")
    listed = TypeAdapter(tuple[DesktopProgram, ...]).validate_python(json.loads(text))
    unknown = sorted(set(only) - {one.package for one in listed})
    if unknown:
        names = ", ".join(one.package for one in listed)
        raise UsageError(f"the list has no package {unknown[0][:60]!r}; it has {names}")
    return tuple(one for one in listed if not only or one.package in only)


def rows(chosen: Sequence[DesktopProgram], folder: Path | None = None) -> Iterator[Row]:
    """A row for each program, each started on a desktop of its own.

    Args:
        folder: its ``root`` holds unpacked Debian packages, whose programs are started in place of this
            machine's own.

    Raises:
        UsageError: there is no such ``root``.
        EnvironmentProblem: what a lightbox is made of is missing.
    """
    root = None if folder is None else folder / "root"
    if folder is not None and root is not None:
        if not (root / "usr/bin").is_dir():
            raise UsageError(f"{folder} has no folder root with Debian's packages: see the help")
        (folder / LOCK).touch()
    for one in chosen:
        with Lightbox(root=root) as desktop:
            yield _row(one, desktop)


def _row(one: DesktopProgram, desktop: Lightbox) -> Row:
    row: Row = {"package": one.package, "made with": one.made_with, "comes up": "no", "s": None}
    row |= {"window": "", "why": ""}
    if desktop.run(["sh", "-c", 'command -v -- "$1"', "sh", one.program]).returncode:
        return row | {"comes up": "absent", "why": f"apt-get install {one.package}"}
    if one.file:
        desktop.write_file(one.file, PAGE)
    began = time.monotonic()
    try:
        desktop.launch(one.program, [one.file] if one.file else [])
        wait_until(lambda: painted(desktop), timeout=PAINT_SECONDS, what="a painted window")
        row["s"] = round(time.monotonic() - began, 1)
        if _ends(desktop):
            return row | {"why": "its window went again"}
    except WaitTimeout:
        return row | {"window": _title(desktop), "why": "its window stays blank"}
    except SandboxError as error:
        return row | {"why": " ".join(str(error).split())[-LONGEST_REASON:]}
    return row | {"comes up": "yes", "window": _title(desktop)}


def painted(desktop: Lightbox) -> bool:
    """Whether some window shows more than one colour and its edge."""
    screen = desktop.screenshot()
    return any(_colours(screen, surface["box"]) >= LEAST_COLOURS for surface in _windows(desktop))


def _windows(desktop: Lightbox) -> list[dict[str, Any]]:
    return [surface for surface in desktop.surfaces() if not surface["popup"]]


def _colours(screen: Screenshot, box: Sequence[int]) -> int:
    """How many colours a window shows inside its frame."""
    left, top, right, bottom = box
    inside = screen.pixels[max(0, top + 30) : max(0, bottom - 8), max(0, left + 8) : max(0, right - 8)]
    return len({tuple(pixel) for pixel in inside[::3, ::3].reshape(-1, 3).tolist()})


def _ends(desktop: Lightbox) -> bool:
    """Whether there is no window any more at some moment of a while."""
    with suppress(WaitTimeout):
        wait_until(lambda: not _windows(desktop), timeout=STAY_SECONDS, what="its end")
        return True
    return False


def _title(desktop: Lightbox) -> str:
    shown = [window.get("title", "") for window in desktop.windows()]
    return shown[0][:60] if shown else ""
