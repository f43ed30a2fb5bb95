"""The pages of MiniWoB++, from its Python package (MIT), as screens whose truth is known."""

from __future__ import annotations

from deskhand.benchmarks.miniwob import pages
from deskhand.benchmarks.miniwob.split import split

PREFIX = "miniwob"

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


def tasks() -> dict[str, str]:
    """Every task that is in a set, with its split."""
    names = [path.stem for path in (pages.installed() / "miniwob").glob("*.html")]
    return {name: kind for name in sorted(names) if (kind := split(name))}


def address(task: str, seed: int) -> str:
    """Where a task's page is, with an episode that follows from the seed."""
    return f"/{PREFIX}/{task}.html?seed={seed}"


def packed() -> bytes:
    """The pages and what they need, as a zip archive.

    Raises:
        EnvironmentProblem: the package is not installed.
    """
    return pages.packed(pages.installed())
