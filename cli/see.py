"""``deskhand see``: what is on a screen, as a table, as JSON, or as a picture with numbered marks."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from deskhand.cli import completion
from deskhand.cli.console import print_rows
from deskhand.cli.opening import read_opened
from deskhand.cli.options import OpenOption, taking
from deskhand.cli.sandboxes import ChosenSandbox, ConsentOption, RootOption, SizeOption
from deskhand.credentials import SANDBOX
from deskhand.errors import UsageError
from deskhand.text import clean

if TYPE_CHECKING:
    from deskhand.actions.geometry import Box
    from deskhand.perception.screen import Element
    from deskhand.perception.watch.observe import Observation

LONGEST_SHOWN = 60


@dataclass(frozen=True, slots=True)
class SeeOptions:
    """What is looked at, and how it is shown; as typed on the command line."""

    sandbox: Annotated[
        str | None,
        typer.Option(
            help="A running desktop instead: lightbox, vm, vm:IMAGE, host (your real desktop) or "
            f"http://HOST:PORT; without a picture the default is ${SANDBOX}, else lightbox.",
            autocompletion=completion.sandboxes,
        ),
    ] = None
    launch: Annotated[
        str | None,
        typer.Option(
            help="Program to open first on that desktop; default: none.",
            autocompletion=completion.applications,
        ),
    ] = None
    open: OpenOption = None
    size: SizeOption = None
    root: RootOption = "host"
    yes_drive_my_desktop: ConsentOption = False
    pixels_only: Annotated[
        bool, typer.Option("--pixels-only", help="Do not read the accessibility tree (AT-SPI).")
    ] = False
    role: Annotated[
        list[str] | None, typer.Option(help="Print only elements of this role; repeatable; default: all.")
    ] = None
    zoom: Annotated[
        str | None,
        typer.Option(metavar="L,T,R,B", help="Read this region enlarged: left,top,right,bottom in pixels."),
    ] = None
    marks: Annotated[
        Path | None,
        typer.Option(help="Write the picture with numbered marks to this PNG file.", dir_okay=False),
    ] = None
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line instead of a table.")] = (
        False
    )


@taking(SeeOptions)
def see(
    picture: Annotated[
        Path | None,
        typer.Argument(
            help="Picture file: PNG, JPEG, WebP, BMP, GIF or TIFF; default: a desktop.", show_default=False
        ),
    ] = None,
    *,
    options: SeeOptions,
) -> None:
    """Print the elements on a screen: role, text, label, state and box of each.

    A box is left,top,right,bottom in pixels; right and bottom are the first pixel outside. Elements are
    printed in reading order, window by window. Nothing is clicked or typed.

    Roles: text, button, icon, field, area, checkbox, radio, combo, tab, menuitem, row, slider, scrollbar,
    link, titlebar, window. States: checked, selected, focused, disabled. Sources: ocr (text recognition),
    detector (from the pixels), tree (accessibility tree of the program; desktops only).

    Example: deskhand see --launch mousepad --marks marks.png

    Example: deskhand see --open letter.odt

    Example: deskhand see screenshot.png --role button --role field --json

    Exit codes: 0 done, also if nothing was found; 2 usage, or a picture that cannot be read; 3
    environment.
    """
    wanted, region = _roles(options.role or ()), None if options.zoom is None else box_of(options.zoom)
    if picture is not None and (
        options.sandbox
        or options.launch
        or options.open
        or options.size
        or options.root != "host"
        or options.yes_drive_my_desktop
    ):
        raise UsageError(
            "give a picture file or a desktop, not both: leave out the file, or "
            "--sandbox, --launch, --open and the other options of a desktop"
        )
    if options.marks is not None:
        _check_target(options.marks, picture)
    with _observed(picture, options) as seen:
        found = seen.zoom(region) if region is not None else seen.elements
        elements = _numbered([one for one in found if not wanted or one.role in wanted])
        if options.marks is not None:
            _write(options.marks, seen, elements)
    view = seen.viewport
    name = clean(picture.name if picture is not None else "desktop", LONGEST_SHOWN)
    title = f"{escape(name)}, {view.width}x{view.height}: {len(elements) or 'no'} elements"
    print_rows(title, [(_record if options.json else _row)(one) for one in elements], as_json=options.json)


@contextlib.contextmanager
def _observed(picture: Path | None, options: SeeOptions) -> Iterator[Observation]:
    """One look at a file or at a desktop, which runs while inside."""
    from deskhand.agent.given import Opening
    from deskhand.perception.reader import ScreenReader, see
    from deskhand.perception.watch.observe import Observer
    from deskhand.sandbox.tree import tree_of
    from deskhand.trajectories.records import Task

    if picture is not None:
        yield see(picture)
        return
    spec = options.sandbox or os.environ.get(SANDBOX) or "lightbox"
    if options.open and spec == "host":
        raise UsageError("--open gives a file to a sandbox: on your real desktop, open it yourself")
    opening = Opening(Task(instruction="look", launch=options.launch), read_opened(options.open))
    chosen = ChosenSandbox(
        spec,
        size=options.size,
        root=options.root,
        agreed=options.yes_drive_my_desktop,
        accessible=not options.pixels_only,
    )
    with chosen.open(Console(stderr=True), quiet=options.json) as desktop:
        opening.lay(desktop, Path)
        opening.launch(desktop)
        reader = ScreenReader(tree=None if options.pixels_only else tree_of(desktop))
        yield Observer(desktop.screenshot, reader).observe()


def _roles(roles: Sequence[str]) -> frozenset[str]:
    from deskhand.perception.screen import ROLES

    for role in roles:
        if role not in ROLES:
            raise UsageError(f"there is no role {role[:40]!r}. Known: {', '.join(ROLES)}")
    return frozenset(roles)


def box_of(text: str) -> Box:
    """A region as a person writes it.

    Raises:
        UsageError: it is none.
    """
    from deskhand.actions.geometry import Box

    found = re.fullmatch(r"\s*(\d{1,6})\s*,\s*(\d{1,6})\s*,\s*(\d{1,6})\s*,\s*(\d{1,6})\s*", text, re.ASCII)
    box = Box(*(int(side) for side in found.groups())) if found else None
    if box is None or box.width <= 0 or box.height <= 0:
        raise UsageError(
            f"a region must be LEFT,TOP,RIGHT,BOTTOM in pixels, such as 0,0,200,100, not {text[:40]!r}"
        )
    return box


def _numbered(elements: Sequence[Element]) -> list[Element]:
    """The elements, those without an id numbered after the others."""
    last = max((one.id for one in elements), default=0)
    fresh = iter(range(last + 1, last + len(elements) + 1))
    return [one if one.id else replace(one, id=next(fresh)) for one in elements]


def _check_target(marks: Path, picture: Path | None) -> None:
    """Before any work: whether the marked picture can be written.

    Raises:
        UsageError: its folder is missing, or it would replace the picture that is looked at.
    """
    if not marks.parent.is_dir():
        raise UsageError(f"cannot write {str(marks)[:200]!r}: there is no such folder")
    if picture is not None and marks.exists() and picture.exists() and marks.samefile(picture):
        raise UsageError("--marks would overwrite the picture: choose another file")


def _write(marks: Path, seen: Observation, elements: Sequence[Element]) -> None:
    from PIL import Image

    from deskhand.disk import replacing
    from deskhand.perception.marks import marked

    try:
        with replacing(marks) as whole:
            Image.fromarray(marked(seen.screenshot, elements)).save(whole, "PNG")
    except OSError as error:
        raise UsageError(f"cannot write {str(marks)[:200]!r}: {error.strerror or error}") from error


def _record(element: Element) -> dict[str, Any]:
    box = element.box
    return {
        "id": element.id,
        "role": element.role,
        "text": element.text,
        "label": element.label,
        "state": sorted(element.state),
        "box": [box.left, box.top, box.right, box.bottom],
        "confidence": round(element.confidence, 3),
        "sources": list(element.sources),
        "parent": element.parent,
    }


def _row(element: Element) -> dict[str, Any]:
    """The same for people: short, and boxes as ``--zoom`` takes them."""
    record = _record(element)
    for name in ("text", "label"):
        record[name] = clean(record[name], LONGEST_SHOWN)
    for name, between in (("state", " "), ("box", ","), ("sources", " ")):
        record[name] = between.join(str(part) for part in record[name])
    del record["parent"]
    return record
