"""Lists, tables and trees of a GTK program."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .gtk_report import Box, box_of, cell

Spec = dict[str, Any]
ARROW = 18
"""Units before a row's text in which its arrow stands."""
RIGHT = 3


def scrolled(parts: Any, widget: Any, spec: Spec) -> Any:
    """A widget in a box that scrolls up and down where the description gives it a height."""
    if not spec.get("height"):
        return widget
    scroller = parts.gtk.ScrolledWindow(shadow_type=1)
    scroller.set_policy(2, 1)
    scroller.set_size_request(spec["width"], spec["height"])
    scroller.add(widget)
    return scroller


def _arrow(view: Any, row: Any) -> Box | None:
    """Where the arrow is that unfolds a row."""
    found = cell(view, row, view.get_column(0))
    return None if found is None else (found[0] - ARROW, found[1], found[0], found[3])


def _chosen(parts: Any, view: Any, column: int) -> Callable[[], Any]:
    parts.report.first.append(view.get_selection().unselect_all)

    def chosen() -> Any:
        model, at = view.get_selection().get_selected()
        return None if at is None else model[at][column]

    return chosen


def _path_of(store: Any, own: str, column: int) -> Any:
    """The row of an id, wherever sorting put it."""
    for row in store:
        if row[column] == own:
            return row.path
        for leaf in row.iterchildren():
            if leaf[column] == own:
                return leaf.path
    return None


def _rows(parts: Any, spec: Spec) -> Any:
    """A list: boxes of labels, or rows of a tree view."""
    gtk, own = parts.gtk, spec["id"]
    if spec["manner"] == "tree":
        store = gtk.ListStore(str, str)
        for entry in spec["entries"]:
            store.append([entry["text"], entry["id"]])
        view = _view(parts, store, spec["entries"])
        parts.values[f"chosen {own}"] = _chosen(parts, view, 1)

        def at(event: Any) -> str | None:
            found = view.get_path_at_pos(int(event.x), int(event.y))
            return store[found[0]][1] if found and found[0] is not None else None

        _context_menu(parts, view, spec, at)
        return scrolled(parts, view, spec)
    view = gtk.ListBox()
    rows: dict[Any, str] = {}
    for entry in spec["entries"]:
        row = gtk.ListBoxRow()
        row.add(gtk.Label(label=entry["text"], xalign=0, margin=spec["margin"]))
        view.add(row)
        rows[row] = entry["id"]
        parts.report.add(entry["id"], row)
    parts.values[f"chosen {own}"] = lambda: rows.get(view.get_selected_row())
    parts.report.first.append(view.unselect_all)
    _context_menu(parts, view, spec, lambda event: rows.get(view.get_row_at_y(int(event.y))))
    return scrolled(parts, view, spec)


def _view(parts: Any, store: Any, entries: list[Spec]) -> Any:
    """A tree view of one column."""
    gtk = parts.gtk
    view = gtk.TreeView(model=store, headers_visible=False, enable_search=False)
    view.append_column(gtk.TreeViewColumn("", gtk.CellRendererText(), text=0))
    for entry in entries:
        _add_row(parts, view, store, entry["id"])
    return view


def _add_row(parts: Any, view: Any, store: Any, own: str) -> None:
    parts.report.add(own, view, lambda: cell(view, _path_of(store, own, 1), view.get_column(0)))


def _context_menu(parts: Any, view: Any, spec: Spec, at: Callable[[Any], str | None]) -> None:
    """What the right button opens over a row; it leaves the choice as it is."""
    gtk, own, under = parts.gtk, spec["id"], [""]
    if not spec["menu"]:
        return
    menu = gtk.Menu()

    def used(entry: Spec) -> None:
        parts.report.done[f"context {own}"] = f"{under[0]} {entry['id']}"
        parts.report.tell(f"Done: {entry['text']}")

    for entry in spec["menu"]:
        item = gtk.MenuItem(label=entry["text"], use_underline=False)
        item.connect("activate", lambda _, entry=entry: used(entry))
        menu.append(item)
        parts.report.add(entry["id"], item)
    menu.show_all()
    menu.attach_to_widget(view, None)
    parts.report.menus[f"{own} menu"] = menu

    def pressed(_: Any, event: Any) -> bool:
        row = at(event) if event.button == RIGHT else None
        if row is None:
            return bool(event.button == RIGHT)
        under[0] = row
        menu.popup_at_pointer(event)
        return True

    view.connect("button-press-event", pressed)
    parts.report.under[f"{own} menu"] = lambda: under[0]


def _table(parts: Any, spec: Spec) -> Any:
    """Rows with several cells, and a box to tick before them where the description wants one."""
    gtk, own, columns = parts.gtk, spec["id"], spec["columns"]
    store = gtk.ListStore(bool, str, *[str for _ in columns])
    for row in spec["rows"]:
        store.append([row["on"], row["id"], *[one["text"] for one in row["cells"]]])
    view = gtk.TreeView(model=store, enable_search=False)
    if spec["ticks"]:
        ticks = gtk.CellRendererToggle()

        def toggled(_: Any, path: str) -> None:
            store[path][0] = not store[path][0]

        ticks.connect("toggled", toggled)
        view.append_column(gtk.TreeViewColumn("", ticks, active=0))
    for number, column in enumerate(columns):
        shown = gtk.TreeViewColumn(column["text"], gtk.CellRendererText(xpad=6), text=number + 2)
        shown.set_sort_column_id(number + 2)
        view.append_column(shown)
        head = shown.get_button()
        parts.report.add(column["id"], head, lambda head=head: box_of(head))
    first = int(spec["ticks"])
    for row in spec["rows"]:
        _add_cells(parts, view, store, row, first)

    def sorted_by() -> Any:
        number = store.get_sort_column_id()[0]
        return columns[number - 2]["id"] if number is not None and number >= 2 else None

    parts.values[f"chosen {own}"] = _chosen(parts, view, 1)
    parts.values[f"sorted {own}"] = sorted_by
    return scrolled(parts, view, spec)


def _add_cells(parts: Any, view: Any, store: Any, row: Spec, first: int) -> None:
    def at(column: int) -> Callable[[], Box | None]:
        return lambda: cell(view, _path_of(store, row["id"], 1), view.get_column(column))

    for number, one in enumerate(row["cells"]):
        parts.report.add(one["id"], view, at(number + first))
    if first:
        parts.report.add(f"{row['id']} tick", view, at(0))
        parts.values[row["id"]] = lambda: store[_path_of(store, row["id"], 1)][0]


def _tree(parts: Any, spec: Spec) -> Any:
    """Branches that are folded, with leaves to choose."""
    gtk = parts.gtk
    store = gtk.TreeStore(str, str)
    view = _view(parts, store, [])
    for branch in spec["branches"]:
        top = store.append(None, [branch["text"], branch["id"]])
        _add_row(parts, view, store, branch["id"])
        for leaf in branch["leaves"]:
            store.append(top, [leaf["text"], leaf["id"]])
            _add_row(parts, view, store, leaf["id"])
        path = store.get_path(top)
        parts.report.add(f"{branch['id']} arrow", view, lambda path=path: _arrow(view, path))
    parts.values[f"chosen {spec['id']}"] = _chosen(parts, view, 1)
    return scrolled(parts, view, spec)


KINDS: dict[str, Callable[[Any, Spec], Any]] = {"rows": _rows, "table": _table, "tree": _tree}
