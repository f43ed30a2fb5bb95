"""The pages of MiniWoB++, from its Python package (MIT), as screens whose truth is known."""

from __future__ import annotations

import io
import zipfile
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from deskhand.errors import EnvironmentProblem
from deskhand.screens.pages.split import split

PREFIX = "miniwob"
SHARED = ("core", "common")
EMPTY = b"<!doctype html><meta charset=utf-8><title>empty</title>"

SCALES = (2.0, 3.0)
"""Pixels of the screen for one of the page: its tasks are drawn on 160 by 210."""

HINTS = (
    (".alink", "link"),
    ("h3.ui-accordion-header", "button"),
    (":not(h3).ui-accordion-header", "text"),
    (
        "#area .star, #area .trash, #open-search, #close-email, #close-reply, #close-forward, #search-cancel",
        "icon",
    ),
    ("#send-reply, #send-forward", "icon"),
    (".email-reply, .email-forward", "button"),
    (".controls .reply, .controls .retweet, .controls .like, .controls .share, .controls .more", "icon"),
    (".controls ul li", "menuitem"),
    (".ql-picker-label", "icon"),
    (".ql-picker-options span", "icon"),
    (".selectric", "combo"),
    (".selectric-hide-select", "none"),
    (".selectric-scroll li", "row"),
    (".food-item .add, .food-item .remove", "button"),
    ("#tree .folder, #tree .file", "row"),
    (".hitarea", "icon"),
    ("#sortable > li", "row"),
    (".card", "icon"),
    (".color", "icon"),
    ("#area svg rect, #area svg circle, #area svg polygon, #area svg ellipse, #area [data-color]", "icon"),
    (".ui-slider", "slider"),
    (".ui-dialog-titlebar", "titlebar"),
    (".ui-datepicker-prev, .ui-datepicker-next, .ui-spinner-button", "icon"),
    (".ui-datepicker td a", "button"),
    (".ui-menu-item-wrapper", "menuitem"),
    (".ui-menu-item", "text"),
    ("#click-canvas", "none"),
)
"""What looks like a role that the pages' HTML does not say."""


def installed() -> Path:
    """The folder of the installed package's pages.

    Raises:
        EnvironmentProblem: the package is not installed.
    """
    found = find_spec("miniwob")
    if found is None or not found.submodule_search_locations:
        raise EnvironmentProblem("the pages of MiniWoB++ are missing: pip install 'miniwob==1.1.0'")
    return Path(next(iter(found.submodule_search_locations))) / "html"


def tasks() -> dict[str, str]:
    """Every task that is in a set, with its split."""
    names = [path.stem for path in (installed() / "miniwob").glob("*.html")]
    return {name: kind for name in sorted(names) if (kind := split(name))}


def address(task: str, seed: int) -> str:
    """Where a task's page is, with an episode that follows from the seed."""
    return f"/{PREFIX}/{task}.html?seed={seed}"


@cache
def packed(html: Path) -> bytes:
    """All pages and what they need, as a zip archive."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("empty.html", EMPTY)
        for folder in (*SHARED, "miniwob"):
            for path in files(html / folder):
                archive.write(path, path.relative_to(html).as_posix())
    return data.getvalue()


def files(folder: Path) -> list[Path]:
    """Every file below a folder, in order."""
    return [path for path in sorted(folder.rglob("*")) if path.is_file()]
