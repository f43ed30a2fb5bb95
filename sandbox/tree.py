"""A desktop's accessibility tree as a source of elements for a screen reader."""

from __future__ import annotations

from collections.abc import Callable

from deskhand.perception.elements.accessibility import elements_of
from deskhand.perception.screen import Element
from deskhand.sandbox.abilities import read_accessibility
from deskhand.sandbox.protocol import Sandbox


def tree_of(desktop: Sandbox) -> Callable[[], tuple[Element, ...]]:
    """Asks a desktop's programs what they show, whenever called: ``ScreenReader(tree=tree_of(desktop))``.

    In a sandbox that is started here they only answer if it was made with ``accessible``. What is returned
    raises SandboxError where nothing is reported, SandboxLost if the desktop is gone.
    """
    return lambda: elements_of(read_accessibility(desktop), desktop.screenshot().viewport)
