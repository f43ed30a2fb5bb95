"""The parts of a GTK program: each is built as its description says, and reports its state and places."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from . import gtk_dialogs, gtk_drawn, gtk_lists
from .gtk_report import Box, Field, GtkReport, box_of, field_of, way_of

Spec = dict[str, Any]


class GtkParts:
    """Builds parts.

    Args:
        gtk: the binding.
        report: gets what the parts say of themselves.
        window: the window that they stand in.
        values: gets what controls hold; by default those of the report.
    """

    def __init__(
        self, gtk: Any, report: GtkReport, window: Any, values: dict[str, Callable[[], Any]] | None = None
    ) -> None:
        self.gtk, self.report, self.window = gtk, report, window
        self.values = report.values if values is None else values
        self.setters: dict[str, Callable[[Any], None]] = {}

    def build(self, spec: Spec) -> Any:
        """A part by its description."""
        return KINDS[spec["kind"]](self, spec)

    def holds(self, own: str, widget: Any, get: Callable[[], Any], set_: Callable[[Any], None]) -> None:
        """A control with a value."""
        self.values[own], self.setters[own] = get, set_
        self.report.add(own, widget)

    def labelled(self, text: str, widget: Any, manner: str = "left") -> Any:
        """A widget with its label before or above it."""
        box = self.gtk.Box(orientation=int(manner == "above"), spacing=4 if manner == "above" else 10)
        label = self.gtk.Label(label=text, xalign=0)
        label.set_mnemonic_widget(widget)
        box.pack_start(label, False, False, 0)
        box.pack_start(widget, False, False, 0)
        return box

    def entry(self, own: str, text: str, width: int) -> Any:
        """A field of one line."""
        entry = self.gtk.Entry(text=text, width_chars=width)
        self.report.fields[own] = lambda: field_of(entry)
        self.holds(own, entry, entry.get_text, entry.set_text)
        return entry


def _fields(parts: GtkParts, spec: Spec) -> Any:
    grid = parts.gtk.Grid(row_spacing=6, column_spacing=10)
    manner = spec["manner"]
    for number, line in enumerate(spec["lines"]):
        entry = parts.entry(line["id"], line["value"], spec["width"])
        if manner == "inside":
            entry.set_placeholder_text(line["label"])
            grid.attach(entry, 0, number, 1, 1)
            continue
        label = parts.gtk.Label(label=line["label"], xalign=0)
        label.set_mnemonic_widget(entry)
        grid.attach(label, 0, number * 2, 1, 1)
        grid.attach(entry, *((0, number * 2 + 1) if manner == "above" else (1, number * 2)), 1, 1)
    return grid


def _area(parts: GtkParts, spec: Spec) -> Any:
    gtk, own = parts.gtk, spec["id"]
    view = gtk.TextView(wrap_mode=2)
    buffer = view.get_buffer()
    buffer.set_text(spec["value"])
    scroller = gtk.ScrolledWindow(shadow_type=1)
    scroller.set_size_request(spec["width"], spec["height"])
    scroller.add(view)

    def text() -> str:
        return str(buffer.get_text(*buffer.get_bounds(), False))

    def look() -> Field:
        marked = buffer.get_selection_bounds()
        whole = bool(marked) and marked[0].is_start() and marked[1].is_end()
        return text(), view.has_focus(), whole

    parts.report.fields[own] = look
    parts.holds(own, scroller, text, buffer.set_text)
    return parts.labelled(spec["label"], scroller, "above")


def _checks(parts: GtkParts, spec: Spec) -> Any:
    gtk = parts.gtk
    box = gtk.Box(orientation=1, spacing=spec["spacing"])
    for line in spec["lines"]:
        widget: Any
        if spec["look"] == "switch":
            switch = widget = gtk.Switch(active=line["on"], halign=gtk.Align.START)
            row = gtk.Box(spacing=12)
            row.add(switch)
            row.add(gtk.Label(label=line["text"]))
            box.add(row)
        else:
            make = gtk.ToggleButton if spec["look"] == "toggle" else gtk.CheckButton
            widget = make(label=line["text"], active=line["on"], halign=gtk.Align.START)
            box.add(widget)
        parts.holds(line["id"], widget, widget.get_active, widget.set_active)
    return box


def _radios(parts: GtkParts, spec: Spec) -> Any:
    gtk = parts.gtk
    box, first = gtk.Box(orientation=int(not spec["across"]), spacing=6), None
    for line in spec["lines"]:
        radio = gtk.RadioButton.new_with_label_from_widget(first, line["text"])
        first = first or radio
        radio.set_active(line["on"])
        parts.holds(line["id"], radio, radio.get_active, radio.set_active)
        box.add(radio)
    return box


def _combo(parts: GtkParts, spec: Spec) -> Any:
    own, entries = spec["id"], spec["entries"]
    combo = parts.gtk.ComboBoxText()
    for entry in entries:
        combo.append_text(entry)
    combo.set_active(entries.index(spec["value"]))
    parts.holds(own, combo, combo.get_active_text, lambda text: combo.set_active(entries.index(text)))
    menu = combo.get_popup_accessible().get_widget()

    def item(number: int) -> Box | None:
        items = menu.get_children()
        return box_of(items[number]) if number < len(items) and menu.get_mapped() else None

    def look() -> Field:
        focus = combo.get_toplevel().get_focus()
        return combo.get_active_text(), focus is not None and focus.is_ancestor(combo), False

    parts.report.fields[own] = look
    parts.report.menus[f"{own} list"] = menu
    for number in range(len(entries)):
        parts.report.add(f"{own} {number}", menu, partial(item, number))
    return parts.labelled(spec["label"], combo)


def _slider(parts: GtkParts, spec: Spec) -> Any:
    own = spec["id"]
    scale = parts.gtk.Scale.new_with_range(0, 0, 100, 1)
    scale.set_value(spec["value"])
    scale.set_draw_value(spec["number"])
    scale.set_size_request(spec["width"], -1)
    parts.holds(own, scale, scale.get_value, scale.set_value)
    parts.report.add(f"{own} way", scale, lambda: way_of(scale))
    return parts.labelled(spec["label"], scale)


def _spin(parts: GtkParts, spec: Spec) -> Any:
    own = spec["id"]
    spin = parts.gtk.SpinButton.new_with_range(spec["least"], spec["most"], 1)
    spin.set_value(spec["value"])
    parts.report.fields[own] = lambda: field_of(spin)
    parts.holds(own, spin, spin.get_value_as_int, spin.set_value)
    return parts.labelled(spec["label"], spin)


def _buttons(parts: GtkParts, spec: Spec) -> Any:
    gtk = parts.gtk
    box = gtk.Box(spacing=spec["spacing"])
    for one in spec["buttons"]:
        button = gtk.Button(label=one["text"])
        button.connect("clicked", lambda _, one=one: parts.report.press(one["id"], one["text"]))
        parts.report.add(one["id"], button)
        box.add(button)
    return box


def _toolbar(parts: GtkParts, spec: Spec) -> Any:
    gtk = parts.gtk
    bar = gtk.Toolbar(icon_size=spec["size"], show_arrow=False)
    bar.set_style(gtk.ToolbarStyle.ICONS)
    for one in spec["buttons"]:
        button = gtk.ToolButton(icon_name=one["icon"], label=one["text"])
        if spec["tips"]:
            button.set_tooltip_text(one["text"])
        button.connect("clicked", lambda _, one=one: parts.report.press(one["id"], one["text"]))
        parts.report.add(one["id"], button)
        bar.insert(button, -1)
    return bar


def _menu_bar(parts: GtkParts, spec: Spec) -> Any:
    gtk = parts.gtk
    bar = gtk.MenuBar()
    for one in spec["menus"]:
        top, menu = gtk.MenuItem(label=one["text"], use_underline=False), gtk.Menu()
        top.set_submenu(menu)
        bar.append(top)
        parts.report.add(one["id"], top)
        parts.report.menus[f"{one['id']} menu"] = menu
        for entry in one["entries"]:
            menu.append(_entry(parts, entry))
    return bar


def _entry(parts: GtkParts, entry: Spec) -> Any:
    gtk, own = parts.gtk, entry["id"]
    if "on" in entry:
        item = gtk.CheckMenuItem(label=entry["text"], use_underline=False, active=entry["on"])
        parts.holds(own, item, item.get_active, item.set_active)
        return item
    item = gtk.MenuItem(label=entry["text"], use_underline=False)
    item.connect("activate", lambda _: parts.report.press(own, entry["text"]))
    parts.report.add(own, item)
    return item


def _facts(parts: GtkParts, spec: Spec) -> Any:
    grid = parts.gtk.Grid(row_spacing=6, column_spacing=18)
    for number, line in enumerate(spec["lines"]):
        grid.attach(parts.gtk.Label(label=line["label"], xalign=0), 0, number, 1, 1)
        value = parts.gtk.Label(label=line["value"], xalign=0)
        grid.attach(value, 1, number, 1, 1)
        parts.report.add(line["id"], value)
    return grid


def _tabs(parts: GtkParts, spec: Spec) -> Any:
    book = parts.gtk.Notebook(scrollable=False)
    for page in spec["pages"]:
        label = parts.gtk.Label(label=page["text"])
        inside = parts.gtk.Box(margin=12)
        inside.add(parts.build(page["part"]))
        book.append_page(inside, label)
        parts.report.add(page["id"], label)
        parts.report.add(f"{page['id']} page", inside)
    return book


KINDS: dict[str, Callable[[GtkParts, Spec], Any]] = {
    "fields": _fields,
    "area": _area,
    "checks": _checks,
    "radios": _radios,
    "combo": _combo,
    "slider": _slider,
    "spin": _spin,
    "buttons": _buttons,
    "toolbar": _toolbar,
    "menu_bar": _menu_bar,
    "facts": _facts,
    "tabs": _tabs,
    **gtk_lists.KINDS,
    **gtk_dialogs.KINDS,
    **gtk_drawn.KINDS,
}
