"""The pages of MiniWoB++, from its Python package (MIT), split by task."""

from __future__ import annotations

import io
import zipfile
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from deskhand.errors import EnvironmentProblem

PREFIX = "miniwob"
_FOLDERS = ("core", "common", "miniwob")

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

_UNFIT = (
    "chase-circle",
    "click-pie",
    "click-pie-nodelay",
    "drag-cube",
    "hover-shape",
    "moving-items",
    "simon-says",
)
"""Tasks that move by themselves, or whose parts have no name."""

DEV = (
    "click-checkboxes-soft", "click-dialog", "click-option", "choose-list", "click-tab-2-easy",
    "email-inbox-noscroll", "enter-date", "form-sequence", "login-user", "multi-orderings", "phone-book",
    "read-table", "scroll-text", "social-media-some", "use-spinner",
)  # fmt: skip
TEST = (
    "book-flight-nodelay", "buy-ticket", "choose-date-easy", "click-collapsible-nodelay", "click-link",
    "click-menu", "click-scroll-list", "click-widget", "copy-paste", "daily-calendar", "email-inbox",
    "enter-time", "find-word", "form-sequence-3", "login-user-popup", "navigate-tree", "order-food",
    "search-engine", "sign-agreement", "terminal", "text-editor", "use-slider",
)  # fmt: skip
_AKIN = (
    "book-flight", "choose-date", "choose-date-medium", "choose-date-nodelay", "click-collapsible",
    "copy-paste-2", "email-inbox-delete", "email-inbox-forward", "email-inbox-forward-nl",
    "email-inbox-forward-nl-turk", "email-inbox-important", "email-inbox-nl-turk", "email-inbox-reply",
    "email-inbox-star-reply", "use-slider-2", "click-menu-2",
)  # fmt: skip
"""Tasks on the pages of others that are not for training: the same application, so left out."""


def split(task: str) -> str | None:
    """Which set a task's screens belong to; None for one that is in none."""
    if task in _UNFIT or task in _AKIN:
        return None
    return "dev" if task in DEV else "test" if task in TEST else "train"


def tasks() -> dict[str, str]:
    """Every task that is in a set, with its split."""
    with zipfile.ZipFile(io.BytesIO(packed())) as archive:
        names = [
            Path(name).stem
            for name in archive.namelist()
            if name.startswith("miniwob/") and name.endswith(".html")
        ]
    return {name: kind for name in sorted(names) if (kind := split(name))}


@cache
def packed() -> bytes:
    """The pages and what they need, as a zip archive.

    Raises:
        EnvironmentProblem: the package is not installed.
    """
    found = find_spec("miniwob")
    if found is None or not found.submodule_search_locations:
        raise EnvironmentProblem("the pages of MiniWoB++ are missing: pip install 'miniwob==1.1.0'")
    html = Path(next(iter(found.submodule_search_locations))) / "html"
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_STORED) as archive:
        for folder in _FOLDERS:
            for path in sorted((html / folder).rglob("*")):
                if path.is_file():
                    archive.write(path, path.relative_to(html).as_posix())
    return data.getvalue()


def address(task: str, seed: int) -> str:
    """Where a task's page is, with an episode that follows from the seed."""
    return f"/{PREFIX}/{task}.html?seed={seed}"
