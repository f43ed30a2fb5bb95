"""What a text editor on a sandbox's desktop holds."""

from __future__ import annotations

from deskhand.actions.vocabulary import Key, Type
from deskhand.perception.watch.settle import settle
from deskhand.sandbox.lightbox import Lightbox
from deskhand.waiting import wait_until


def saved(box: Lightbox, name: str, patience: float = 60.0) -> str:
    """The text of the editor in front, which saves it as ``name``."""
    box.perform(Key(keys=("ctrl", "s")))
    dialog = lambda: any("Save" in one["title"] for one in box.windows())  # noqa: E731
    wait_until(dialog, timeout=patience, what="the dialog, once the editor has taken in what was typed")
    # A dialog that is not drawn yet loses keys on a busy machine.
    settle(box.screenshot, quiet=0.5, timeout=patience)
    box.perform(Key(keys=("ctrl", "a")))
    box.perform(Type(text=name, submit=True))
    wait_until(lambda: name in {one.path for one in box.files()}, timeout=patience, what="the file")
    return box.read_file(name).decode()
