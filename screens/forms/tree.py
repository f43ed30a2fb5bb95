"""The widgets of a Tk program as Tcl knows them.

It asks Tcl itself, not tkinter, so that what Tcl's own dialogs are made of is known too. It runs beside
the program, under the sandbox's python3.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Rectangle = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels of the screen; right and bottom are outside."""

GRIP = 6
"""About how high the part of a window's frame below it is, in pixels."""


class Tree:
    """The widgets of one program, by path.

    Args:
        root: the program's tkinter root, of which only the interpreter is used.
    """

    def __init__(self, root: Any) -> None:
        self.tk = root.tk
        self._frames: dict[str, Rectangle] | None = None

    def ask(self, *words: Any) -> Any:
        """What Tcl answers to a command."""
        return self.tk.call(*words)

    def several(self, *words: Any) -> tuple[Any, ...]:
        """The same, where the answer is a list."""
        found: tuple[Any, ...] = self.tk.splitlist(self.tk.call(*words))
        return found

    def option(self, path: str, name: str, fallback: str = "") -> str:
        """An option of a widget as text; ``fallback`` for one that it does not have."""
        try:
            return str(self.ask(path, "cget", f"-{name}"))
        except Exception as error:
            if type(error).__name__ != "TclError":
                raise
            return fallback

    def number(self, path: str, name: str) -> int:
        """An option of a widget in pixels, whatever unit it is given in; 0 for one that it does not have."""
        try:
            return int(float(self.option(path, name, "0") or 0))
        except ValueError:
            return round(float(self.ask("winfo", "pixels", path, self.option(path, name))))

    def kind(self, path: str) -> str:
        """The class of a widget, as ``TButton``."""
        return str(self.ask("winfo", "class", path))

    def children(self, path: str) -> list[str]:
        """The paths of the widgets right inside one."""
        return [str(child) for child in self.several("winfo", "children", path)]

    def shown(self, path: str) -> bool:
        """Whether a widget and all around it are mapped."""
        return bool(int(self.ask("winfo", "viewable", path)))

    def room(self, path: str) -> Rectangle:
        """Left, top, right and bottom of a widget, in pixels of the screen."""
        left, top, width, height = (
            int(self.ask("winfo", what, path)) for what in ("rootx", "rooty", "width", "height")
        )
        return left, top, left + width, top + height

    def every(self, path: str = ".") -> Iterator[str]:
        """A widget and all that it holds, the holder first."""
        yield path
        for child in self.children(path):
            yield from self.every(child)

    def variable(self, path: str, name: str = "variable") -> str:
        """What the variable that a widget shows holds."""
        variable = self.option(path, name)
        if not variable or not int(self.ask("info", "exists", f"::{variable}")):
            return ""
        return str(self.ask("set", f"::{variable}"))

    def frames(self) -> dict[str, Rectangle]:
        """Every window of its own besides the first, with the room of the frame that its title stands in."""
        if self._frames is None:
            tops = [
                path for path in self.every() if path != "." and self.kind(path) in ("Toplevel", "Dialog")
            ]
            self._frames = {path: self._frame(path) for path in tops if self.shown(path)}
        return self._frames

    def _frame(self, path: str) -> Rectangle:
        left, top, right, bottom = self.room(path)
        edge = left - int(self.ask("winfo", "x", path))
        title = top - int(self.ask("winfo", "y", path))
        grip = GRIP if title > 0 else 0
        return left - edge, top - title, right + edge, bottom + edge + grip

    def in_state(self, path: str, state: str) -> bool:
        """Whether a widget, themed or not, is in a state."""
        if self.kind(path).startswith("T") and self.kind(path) not in ("Text", "Toplevel", "Tk"):
            return bool(int(self.ask(path, "instate", state)))
        return self.option(path, "state") == state
