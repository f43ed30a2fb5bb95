"""What a GTK program reports: what its controls hold, and where they are on the screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Box = tuple[int, int, int, int]
Field = tuple[str, bool, bool]
END = 2
"""Units at each end of a slider's way in which a click may be none on it."""


class GtkReport:
    """What a program says of itself.

    Attributes:
        gtk: the binding.
        values: what a control holds, by its id.
        done: what no control holds: what was pressed, chosen, opened.
        fields: of a field its text, whether it has the keyboard, and whether all of it is marked.
        places: where something is, by its id; None where it is not shown.
        inside: the widget of such a place, whose scrolling boxes matter.
        live: what a control of a dialog holds that counts only once the dialog is confirmed.
        dialogs, menus: what may be open above the window, by id.
        under: over which row a context menu was opened, by the menu's id.
        first: what is done once the window is there: the keyboard, which begins somewhere, chooses a row.
        tell: writes a line at the window's foot.
    """

    def __init__(self, gtk: Any) -> None:
        self.gtk = gtk
        self.values: dict[str, Callable[[], Any]] = {}
        self.done: dict[str, Any] = {}
        self.fields: dict[str, Callable[[], Field]] = {}
        self.places: dict[str, Callable[[], Box | None]] = {}
        self.inside: dict[str, Any] = {}
        self.live: dict[str, Callable[[], Any]] = {}
        self.dialogs: dict[str, Any] = {}
        self.menus: dict[str, Any] = {}
        self.under: dict[str, Callable[[], str]] = {}
        self.first: list[Callable[[], Any]] = []
        self.tell: Callable[[str], None] = lambda words: None

    def add(self, own: str, widget: Any, place: Callable[[], Box | None] | None = None) -> None:
        """Report where a widget, or something in it, is."""
        self.places[own] = place or (lambda: box_of(widget))
        self.inside[own] = widget

    def press(self, own: str, words: str) -> None:
        """Something was pressed."""
        self.done[f"pressed {own}"] = True
        self.tell(f"Done: {words}")

    def as_json(self) -> dict[str, Any]:
        """Everything, as it is now."""
        scrolling: list[Any] = []
        places = {}
        for own, place in self.places.items():
            box = place()
            if box is not None:
                places[own] = {"box": box, "in": self._scrollers(self.inside[own], scrolling)}
        return {
            "state": {**{own: value() for own, value in self.values.items()}, **self.done},
            "live": {own: value() for own, value in self.live.items()},
            "fields": {own: look() for own, look in self.fields.items()},
            "places": places,
            "under": {own: row() for own, row in self.under.items()},
            "scrollers": [_scroller(one) for one in scrolling],
            "open": [
                own for own, shown in (*self.dialogs.items(), *self.menus.items()) if shown.get_mapped()
            ],
        }

    def _scrollers(self, widget: Any, scrolling: list[Any]) -> list[int]:
        """The scrolling boxes around a widget, the outermost first, as numbers of ``scrolling``."""
        found = []
        parent = widget.get_parent()
        while parent is not None:
            if isinstance(parent, self.gtk.ScrolledWindow):
                if parent not in scrolling:
                    scrolling.append(parent)
                found.append(scrolling.index(parent))
            parent = parent.get_parent()
        return found[::-1]


def field_of(entry: Any) -> Field:
    """What a field of one line holds, and whether it has the keyboard and is marked."""
    held, marked = entry.get_text(), entry.get_selection_bounds()
    return held, entry.has_focus(), tuple(marked or ()) == (0, len(held))


def box_of(widget: Any) -> Box | None:
    """Where a widget is on the screen, in pixels; None if it is not shown."""
    window = widget.get_window()
    if window is None or not widget.get_mapped():
        return None
    size = widget.get_allocation()
    own = widget.get_has_window()
    return placed(window, 0 if own else size.x, 0 if own else size.y, size.width, size.height)


def placed(window: Any, x: int, y: int, width: int, height: int) -> Box:
    """A part of a window of GDK, on the screen."""
    _, left, top = window.get_origin()
    scale = window.get_scale_factor()
    box = (left + x, top + y, left + x + width, top + y + height)
    return (box[0] * scale, box[1] * scale, box[2] * scale, box[3] * scale)


def cell(view: Any, row: Any, column: Any) -> Box | None:
    """Where a cell is; None where its row is folded away."""
    if row is None or not view.get_mapped():
        return None
    area = view.get_cell_area(row, column)
    if area.height <= 0:
        return None
    return placed(view.get_bin_window(), area.x, area.y, area.width, area.height)


def way_of(scale: Any) -> Box | None:
    """Where the middle of a slider's handle can be, from its least value to its most."""
    box = box_of(scale)
    if box is None:
        return None
    room, (first, last) = scale.get_range_rect(), scale.get_slider_range()
    half, size = (last - first) // 2 + END, scale.get_allocation()
    window = scale.get_window()
    return placed(window, size.x + room.x + half, size.y + room.y, room.width - 2 * half, room.height)


def _scroller(one: Any) -> dict[str, Any]:
    """Where a scrolling box is, and how many pixels a notch of the wheel scrolls it (GTK's own rule)."""
    page = one.get_vadjustment().get_page_size()
    scale = one.get_scale_factor()
    return {"box": box_of(one), "step": max(1.0, page ** (2 / 3)) * scale}
