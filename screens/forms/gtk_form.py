"""A window of GTK with drawn widgets and words, for screens whose truth is to be known.

    python3 gtk_form.py form.json

The file has "seed", "words" (single ones) and "phrases"; the same file gives the same window. F5 draws
another window in place of this one. It runs inside the sandbox, under its python3 with python3-gi.
"""

from __future__ import annotations

import importlib
import json
import random
import sys
from pathlib import Path
from typing import Any

ICONS = (
    "document-new document-open document-save edit-cut edit-copy edit-paste edit-undo edit-redo "
    "edit-delete edit-find list-add list-remove go-up go-down go-previous go-next go-home view-refresh "
    "process-stop zoom-in zoom-out media-playback-start media-playback-pause media-skip-forward "
    "user-trash folder folder-new help-about preferences-system printer mail-send system-search "
    "window-close open-menu-symbolic view-list-symbolic view-grid-symbolic mail-unread starred "
    "bookmark-new system-shutdown dialog-information dialog-warning edit-clear format-text-bold "
    "format-text-italic format-justify-left insert-image"
).split()

F5 = 0xFFC2


class GtkForm:
    """Draws and builds the window."""

    def __init__(self, gtk: Any, wanted: dict[str, Any]) -> None:
        self.gtk, self.chance = gtk, random.Random(wanted["seed"])
        self._words, self._phrases = wanted["words"], wanted["phrases"]
        self.first: Any = None

    def word(self) -> str:
        return str(self.chance.choice(self._words))

    def words(self, most: int = 3) -> str:
        text = " ".join(self.word() for _ in range(self.chance.randint(1, most)))
        return text[:1].upper() + text[1:] if self.chance.random() < 0.7 else text

    def phrase(self) -> str:
        return str(self.chance.choice(self._phrases))

    def icon(self) -> str:
        name = self.chance.choice(ICONS)
        plain = name.endswith("-symbolic") or self.chance.random() < 0.6
        return name if plain else f"{name}-symbolic"

    def likely(self, share: float) -> bool:
        return self.chance.random() < share

    def image(self, size: int = 2) -> Any:
        return self.gtk.Image.new_from_icon_name(self.icon(), size)

    # What follows makes one widget each.

    def button(self) -> Any:
        button = self.gtk.Button(label=self.words(2))
        if self.likely(0.2):
            button.set_image(self.image())
            button.set_always_show_image(True)
        if self.likely(0.15):
            button.get_style_context().add_class(
                self.chance.choice(("suggested-action", "destructive-action", "flat"))
            )
        return button

    def icon_button(self) -> Any:
        button = self.gtk.Button.new_from_icon_name(self.icon(), self.chance.choice((1, 2, 3, 4)))
        if self.likely(0.5):
            button.set_relief(self.gtk.ReliefStyle.NONE)
        if self.likely(0.5):
            button.set_tooltip_text(self.words(2))
        return button

    def buttons(self) -> Any:
        row = self.gtk.Box(spacing=self.chance.choice((0, 0, 4, 8)))
        for _ in range(self.chance.randint(2, 5)):
            row.add(self.icon_button() if self.likely(0.5) else self.button())
        if self.likely(0.3):
            row.get_style_context().add_class("linked")
        return row

    def toggle(self) -> Any:
        button = self.gtk.ToggleButton(label=self.words(2))
        button.set_active(self.likely(0.4))
        return button

    def check(self) -> Any:
        button = self.gtk.CheckButton(label=self.words())
        button.set_active(self.likely(0.5))
        return button

    def checks(self) -> Any:
        column = self.gtk.Box(orientation=1, spacing=self.chance.choice((0, 4)))
        for _ in range(self.chance.randint(2, 5)):
            column.add(self.check())
        return column

    def radios(self) -> Any:
        column = self.gtk.Box(orientation=self.chance.choice((0, 1, 1)), spacing=self.chance.choice((2, 8)))
        first = None
        for _ in range(self.chance.randint(2, 4)):
            radio = self.gtk.RadioButton.new_with_label_from_widget(first, self.words(2))
            first = first or radio
            radio.set_active(self.likely(0.4))
            column.add(radio)
        return column

    def switch(self) -> Any:
        row = self.gtk.Box(spacing=12)
        switch = self.gtk.Switch(halign=self.gtk.Align.START, valign=self.gtk.Align.CENTER)
        switch.set_active(self.likely(0.5))
        row.add(self.gtk.Label(label=self.words()))
        row.add(switch)
        return row

    def labelled(self, widget: Any) -> Any:
        """A widget with its label before or above it."""
        above = self.likely(0.3)
        row = self.gtk.Box(orientation=int(above), spacing=self.chance.choice((4, 8, 12)))
        end = ":" if self.likely(0.6) else ""
        label = self.gtk.Label(label=self.words(2) + end, xalign=0)
        label.set_mnemonic_widget(widget)
        if not above and self.likely(0.6):
            label.set_width_chars(self.chance.randint(8, 16))
        row.add(label)
        row.pack_start(widget, True, True, 0)
        return row

    def entry(self) -> Any:
        entry = self.gtk.SearchEntry() if self.likely(0.15) else self.gtk.Entry()
        kind = self.chance.random()
        if kind < 0.45:
            entry.set_text(self.phrase() if self.likely(0.4) else self.words())
        elif kind < 0.65:
            entry.set_placeholder_text(self.words())
        elif kind < 0.75:
            entry.set_visibility(False)
            entry.set_text(self.word())
        if self.likely(0.15):
            entry.set_icon_from_icon_name(1, self.icon())
        entry.set_width_chars(self.chance.randint(6, 26))
        self.first = self.first or entry
        return self.labelled(entry) if self.likely(0.75) else entry

    def spin(self) -> Any:
        spin = self.gtk.SpinButton.new_with_range(0, 1000, 1)
        spin.set_value(self.chance.randint(0, 1000))
        return self.labelled(spin)

    def combo(self) -> Any:
        combo = self.gtk.ComboBoxText.new_with_entry() if self.likely(0.25) else self.gtk.ComboBoxText()
        for _ in range(self.chance.randint(2, 8)):
            combo.append_text(self.words(2))
        if self.likely(0.85):
            combo.set_active(0)
        return self.labelled(combo) if self.likely(0.7) else combo

    def scale(self) -> Any:
        upright = self.likely(0.15)
        scale = self.gtk.Scale.new_with_range(int(upright), 0, 100, 1)
        scale.set_value(self.chance.randint(0, 100))
        scale.set_draw_value(self.likely(0.4))
        if self.likely(0.2):
            for mark in (0, 50, 100):
                scale.add_mark(mark, 1, None)
        scale.set_size_request(*((-1, 110) if upright else (self.chance.randint(90, 260), -1)))
        return scale

    def progress(self) -> Any:
        bar = self.gtk.ProgressBar(fraction=self.chance.random())
        bar.set_show_text(self.likely(0.4))
        return bar

    def link(self) -> Any:
        label, link = self.gtk.Label(), f'<a href="about:blank">{self.words(3)}</a>'
        label.set_markup(link if self.likely(0.5) else f"{self.words(2)} {link} {self.words(1)}")
        label.set_xalign(0)
        return label

    def paragraph(self) -> Any:
        text = " ".join(self.phrase() for _ in range(self.chance.randint(1, 3)))
        label = self.gtk.Label(label=text, xalign=0, wrap=True, max_width_chars=40)
        if self.likely(0.2):
            label.set_selectable(True)
        return label

    def heading(self) -> Any:
        label = self.gtk.Label(xalign=0)
        size = self.chance.choice(("large", "x-large", "medium", "small"))
        label.set_markup(f'<span size="{size}" weight="bold">{self.words()}</span>')
        return label

    def separator(self) -> Any:
        return self.gtk.Separator(orientation=0)

    def scrolled(self, widget: Any, height: int) -> Any:
        window = self.gtk.ScrolledWindow()
        window.set_shadow_type(self.chance.choice((0, 1, 1)))
        window.set_policy(1, self.chance.choice((0, 1, 1)))
        window.set_size_request(self.chance.randint(140, 320), height)
        window.add(widget)
        return window

    def area(self) -> Any:
        view = self.gtk.TextView()
        view.set_wrap_mode(2)
        if self.likely(0.7):
            view.get_buffer().set_text("\n".join(self.phrase() for _ in range(self.chance.randint(1, 14))))
        return self.scrolled(view, self.chance.randint(60, 180))

    def table(self) -> Any:
        columns = self.chance.randint(1, 4)
        kinds = [self.chance.choice((str, str, str, bool)) for _ in range(columns)]
        nested = columns > 1 and self.likely(0.3)
        store = self.gtk.TreeStore(*kinds)
        for _ in range(self.chance.randint(0, 14)):
            values = [self.likely(0.5) if kind is bool else self.words(2) for kind in kinds]
            row = store.append(None, values)
            for _ in range(self.chance.randint(0, 3) if nested else 0):
                store.append(row, [self.likely(0.5) if kind is bool else self.words(2) for kind in kinds])
        view = self.gtk.TreeView(model=store)
        for number, kind in enumerate(kinds):
            view.append_column(self._column(kind, number))
        view.set_headers_visible(self.likely(0.7))
        view.set_enable_tree_lines(self.likely(0.2))
        view.set_grid_lines(self.chance.choice((0, 0, 0, 1, 3)))
        if self.likely(0.5):
            view.expand_all()
        if len(store) and self.likely(0.6):
            view.get_selection().select_path(self.gtk.TreePath.new_from_string(str(len(store) // 2)))
        return self.scrolled(view, self.chance.randint(80, 240))

    def _column(self, kind: type, number: int) -> Any:
        if kind is bool:
            return self.gtk.TreeViewColumn(self.word(), self.gtk.CellRendererToggle(), active=number)
        column = self.gtk.TreeViewColumn(self.word())
        if self.likely(0.25):
            picture = self.gtk.CellRendererPixbuf(icon_name=self.icon())
            column.pack_start(picture, False)
        text = self.gtk.CellRendererText()
        column.pack_start(text, True)
        column.add_attribute(text, "text", number)
        column.set_resizable(True)
        return column

    def rows(self) -> Any:
        box = self.gtk.ListBox()
        for _ in range(self.chance.randint(2, 9)):
            row = self.gtk.Box(spacing=8, margin=self.chance.choice((2, 4, 8)))
            if self.likely(0.4):
                row.add(self.image())
            row.add(self.gtk.Label(label=self.words(), xalign=0))
            if self.likely(0.15):
                row.pack_end(self.gtk.Switch(), False, False, 0)
            box.add(row)
        if self.likely(0.6):
            box.select_row(box.get_row_at_index(0))
        return self.scrolled(box, self.chance.randint(80, 220))

    def pictures(self) -> Any:
        pixbufs = importlib.import_module("gi.repository.GdkPixbuf")
        theme, store = self.gtk.IconTheme.get_default(), self.gtk.ListStore(str, pixbufs.Pixbuf)
        for _ in range(self.chance.randint(3, 14)):
            name = self.icon()
            name = name if theme.has_icon(name) else "image-missing"
            store.append([self.words(2), theme.load_icon(name, self.chance.choice((24, 32, 48)), 0)])
        view = self.gtk.IconView(model=store, text_column=0, pixbuf_column=1, item_width=80)
        if self.likely(0.5):
            view.select_path(self.gtk.TreePath.new_from_string("1"))
        return self.scrolled(view, self.chance.randint(120, 240))

    def frame(self) -> Any:
        frame = self.gtk.Frame(label=self.words(2))
        frame.add(self.column(self.chance.randint(1, 3), margin=6))
        return frame

    def expander(self) -> Any:
        expander = self.gtk.Expander(label=self.words(2))
        expander.add(self.column(1, margin=4))
        expander.set_expanded(self.likely(0.5))
        return expander

    def notebook(self) -> Any:
        book = self.gtk.Notebook(tab_pos=self.chance.choice((2, 2, 2, 0, 3)))
        for _ in range(self.chance.randint(2, 5)):
            label: Any = self.gtk.Label(label=self.words(2))
            if self.likely(0.15):
                text, label = label, self.gtk.Box(spacing=4)
                label.add(self.image(1))
                label.add(text)
                label.show_all()
            book.append_page(self.column(self.chance.randint(2, 5), margin=8), label)
        book.set_scrollable(True)
        return book

    KINDS = (
        *"button buttons buttons icon_button toggle check checks checks radios switch".split(),
        *"entry entry entry entry spin combo combo scale progress link link paragraph heading".split(),
        *"separator area table table rows pictures frame expander".split(),
    )

    def widget(self) -> Any:
        widget = getattr(self, self.chance.choice(self.KINDS))()
        if self.likely(0.1):
            widget.set_sensitive(False)
        if self.likely(0.5):
            widget.set_halign(self.gtk.Align.START)
        return widget

    def column(self, count: int, margin: int = 0) -> Any:
        box = self.gtk.Box(orientation=1, spacing=self.chance.choice((2, 4, 6, 10)), margin=margin)
        for _ in range(count):
            box.add(self.widget())
        return box

    def menu_bar(self) -> Any:
        bar = self.gtk.MenuBar()
        for _ in range(self.chance.randint(3, 7)):
            item = self.gtk.MenuItem(label=self.word().capitalize(), use_underline=False)
            item.set_submenu(self._menu(depth=1))
            bar.append(item)
        return bar

    def _menu(self, depth: int) -> Any:
        menu = self.gtk.Menu()
        for _ in range(self.chance.randint(3, 12)):
            kind = self.chance.random()
            if kind < 0.15:
                item = self.gtk.SeparatorMenuItem()
            elif kind < 0.3:
                item = self.gtk.CheckMenuItem(label=self.words())
                item.set_active(self.likely(0.5))
                item.set_draw_as_radio(self.likely(0.4))
            else:
                item = self.gtk.MenuItem(label=self.words() + ("..." if self.likely(0.2) else ""))
                if depth and kind > 0.85:
                    item.set_submenu(self._menu(depth - 1))
            item.set_sensitive(self.likely(0.85))
            menu.append(item)
        return menu

    def tool_bar(self) -> Any:
        bar = self.gtk.Toolbar()
        bar.set_style(self.chance.choice((0, 0, 0, 2, 3, 1)))
        bar.set_icon_size(self.chance.choice((1, 2, 3)))
        for _ in range(self.chance.randint(4, 12)):
            kind = self.chance.random()
            if kind < 0.12:
                item = self.gtk.SeparatorToolItem()
            else:
                make = self.gtk.ToggleToolButton if kind < 0.25 else self.gtk.ToolButton
                item = make(icon_name=self.icon(), label=self.word().capitalize())
                item.set_tooltip_text(self.words(2))
                item.set_sensitive(self.likely(0.85))
            bar.insert(item, -1)
        return bar

    def header_bar(self) -> Any:
        bar = self.gtk.HeaderBar(title=self.words(), show_close_button=True)
        if self.likely(0.3):
            bar.set_subtitle(self.words())
        for _ in range(self.chance.randint(0, 4)):
            item = self.icon_button() if self.likely(0.7) else self.button()
            (bar.pack_start if self.likely(0.5) else bar.pack_end)(item)
        return bar

    def window(self) -> Any:
        """A window with drawn content; F5 draws another one into it."""
        window = self.gtk.Window()
        if self.likely(0.3):
            window.set_titlebar(self.header_bar())
        window.set_default_size(self.chance.randint(380, 1260), self.chance.randint(320, 740))
        window.connect("key-press-event", self._redraw)
        self._fill(window)
        return window

    def _redraw(self, window: Any, event: Any) -> bool:
        if event.keyval != F5:
            return False
        window.get_child().destroy()
        self.first = None
        self._fill(window)
        return True

    def _fill(self, window: Any) -> None:
        window.set_title(self.words())
        outer = self.gtk.Box(orientation=1)
        if self.likely(0.5):
            outer.add(self.menu_bar())
        if self.likely(0.5):
            outer.add(self.tool_bar())
        inner = self.gtk.Box(spacing=self.chance.choice((8, 16)), margin=self.chance.choice((4, 8, 16)))
        for _ in range(self.chance.choice((1, 2, 2, 3))):
            if self.likely(0.35):
                inner.pack_start(self.notebook(), True, True, 0)
            else:
                inner.pack_start(self.column(self.chance.randint(3, 9)), self.likely(0.6), True, 0)
        scroller = self.gtk.ScrolledWindow()
        scroller.add(inner)
        outer.pack_start(scroller, True, True, 0)
        if self.likely(0.4):
            outer.add(self._ending())
        window.add(outer)
        outer.show_all()
        if self.first is not None and self.likely(0.7):
            self.first.grab_focus()

    def _ending(self) -> Any:
        """The row of buttons at a dialog's foot, or a status bar."""
        row = self.gtk.Box(spacing=6, margin=8)
        if self.likely(0.6):
            for text in self.chance.choice(
                (("OK", "Cancel"), ("Apply", "Close"), ("Save", "Cancel", "Help"))
            ):
                row.pack_end(self.gtk.Button(label=text), False, False, 0)
        else:
            row.add(self.gtk.Label(label=self.phrase()))
        return row


def main(path: str) -> None:
    gi = importlib.import_module("gi")
    gi.require_version("Gtk", "3.0")
    gtk = importlib.import_module("gi.repository.Gtk")
    form = GtkForm(gtk, json.loads(Path(path).read_text(encoding="utf-8")))
    window = form.window()
    window.connect("destroy", gtk.main_quit)
    window.show_all()
    gtk.main()


if __name__ == "__main__":
    main(sys.argv[1])
