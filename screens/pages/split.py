"""Which tasks of MiniWoB++ training may see: a task's pages are for training, or for measuring, never both.

The same split serves perception (pictures of the pages) and the reasoner (what its oracles do on them).
"""

from __future__ import annotations

from collections.abc import Sequence

UNFIT = (
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
AKIN = (
    "book-flight", "choose-date", "choose-date-medium", "choose-date-nodelay", "click-collapsible",
    "copy-paste-2", "email-inbox-delete", "email-inbox-forward", "email-inbox-forward-nl",
    "email-inbox-forward-nl-turk", "email-inbox-important", "email-inbox-nl-turk", "email-inbox-reply",
    "email-inbox-star-reply", "use-slider-2", "click-menu-2",
)  # fmt: skip
"""Tasks on the pages of others that are not for training: the same application, so left out."""


COPIES = ("click-tab-2-easy", "social-media-some")
"""Tasks whose pages are nearly those of tasks for training; results on them would mean little."""


def split(task: str) -> str | None:
    """Which set a task's screens belong to; None for one that is in none."""
    if task in UNFIT or task in AKIN:
        return None
    return "dev" if task in DEV else "test" if task in TEST else "train"


def parts(tasks: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Tasks that training may see, and those that it may not; near copies of the first are in neither."""
    trained = tuple(task for task in tasks if split(task) == "train")
    return {"trained": trained, "untrained": tuple(t for t in tasks if t not in (*trained, *COPIES))}
